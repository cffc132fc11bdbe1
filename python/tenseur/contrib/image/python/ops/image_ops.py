"""Images turned, moved and seen in perspective: `tf.contrib.image`.

A projective transform is eight numbers (a₀, a₁, a₂, b₀, b₁, b₂, c₀, c₁). What is at (x, y) of the result was at (x′, y′) of the
image: x′ = (a₀x + a₁y + a₂) / k, y′ = (b₀x + b₁y + b₂) / k, k = c₀x + c₁y + 1. What was outside of it is zero.
"""

from tenseur.python.framework import dtypes, ops, tensor_util
from tenseur.python.ops import array_ops, math_ops

__all__ = [
    "rotate", "translate", "transform", "angles_to_projective_transforms", "translations_to_projective_transforms",
    "matrices_to_flat_transforms", "flat_transforms_to_matrices", "compose_transforms",
]


def rotate(images, angles, interpolation="NEAREST", name=None):
    """Images turned about their centres, counterclockwise.

    Args:
      images: (images, height, width, channels), (height, width, channels) or (height, width).
      angles: in radians, one for all images or one for each.
      interpolation: "NEAREST" or "BILINEAR".

    Returns:
      Images of the same shape and type.
    """
    with ops.name_scope(name, "rotate"):
        images = ops.convert_to_tensor(images)
        shape = array_ops.shape(_batch(images))
        height, width = math_ops.cast(shape[1], dtypes.float32), math_ops.cast(shape[2], dtypes.float32)
        return transform(images, angles_to_projective_transforms(angles, height, width), interpolation=interpolation)


def translate(images, translations, interpolation="NEAREST", name=None):
    """Images moved by (dx, dy): to the right and down.

    Args:
      images: as for `rotate`.
      translations: (2,) or (images, 2).
      interpolation: "NEAREST" or "BILINEAR".
    """
    with ops.name_scope(name, "translate"):
        return transform(images, translations_to_projective_transforms(translations), interpolation=interpolation)


def angles_to_projective_transforms(angles, image_height, image_width, name=None):
    """The transforms, (images, 8), that turn images of this size about their centres, counterclockwise."""
    with ops.name_scope(name, "angles_to_projective_transforms"):
        angles = ops.convert_to_tensor(angles, name="angles", dtype=dtypes.float32)
        angles = angles[None] if angles.shape.ndims == 0 else angles
        cosines, sines = math_ops.cos(angles), math_ops.sin(angles)
        right, bottom = image_width - 1, image_height - 1
        # The centre stays where it is.
        x_offset = (right - (cosines * right - sines * bottom)) / 2.0
        y_offset = (bottom - (sines * right + cosines * bottom)) / 2.0
        zeros = array_ops.zeros_like(angles)
        return array_ops.stack([cosines, -sines, x_offset, sines, cosines, y_offset, zeros, zeros], axis=1)


def translations_to_projective_transforms(translations, name=None):
    """The transforms, (images, 8), that move images by (dx, dy)."""
    with ops.name_scope(name, "translations_to_projective_transforms"):
        moves = ops.convert_to_tensor(translations, name="translations", dtype=dtypes.float32)
        moves = moves[None] if moves.shape.ndims == 1 else moves
        ones, zeros = array_ops.ones_like(moves[:, 0]), array_ops.zeros_like(moves[:, 0])
        return array_ops.stack([ones, zeros, -moves[:, 0], zeros, ones, -moves[:, 1], zeros, zeros], axis=1)


def matrices_to_flat_transforms(transform_matrices, name=None):
    """Matrices, (…, 3, 3), as transforms, (matrices, 8); the last number of each becomes one."""
    with ops.name_scope(name, "matrices_to_flat_transforms"):
        matrices = ops.convert_to_tensor(transform_matrices, name="transform_matrices")
        flat = array_ops.reshape(matrices, [-1, 9])
        return (flat / flat[:, 8:9])[:, :8]


def flat_transforms_to_matrices(transforms, name=None):
    """Transforms, (8,) or (transforms, 8), as matrices, (transforms, 3, 3)."""
    with ops.name_scope(name, "flat_transforms_to_matrices"):
        flat = array_ops.reshape(ops.convert_to_tensor(transforms, name="transforms"), [-1, 8])
        return array_ops.reshape(array_ops.concat([flat, array_ops.ones_like(flat[:, :1])], 1), [-1, 3, 3])


def compose_transforms(*transforms, name=None):
    """One transform that does what these do one after the other, the first one first."""
    with ops.name_scope(name, "compose_transforms"):
        product = flat_transforms_to_matrices(transforms[0])
        for following in transforms[1:]:
            product = math_ops.matmul(product, flat_transforms_to_matrices(following))
        return matrices_to_flat_transforms(product)


def transform(images, transforms, interpolation="NEAREST", output_shape=None, name=None):
    """Images as projective transforms have them.

    Args:
      images: (images, height, width, channels), (height, width, channels) or (height, width).
      transforms: (8,) for all images, or (images, 8).
      interpolation: "NEAREST" or "BILINEAR".
      output_shape: (height, width) of the result; by default the images'.

    Returns:
      Images of the same type.

    Raises:
      TypeError: where `images` are not 2 to 4 axes, or the transforms not 1 or 2.
      ValueError: for another interpolation.
    """
    if interpolation not in ("NEAREST", "BILINEAR"):
        raise ValueError(f"interpolation is NEAREST or BILINEAR, not {interpolation!r}")
    with ops.name_scope(name, "transform"):
        given = ops.convert_to_tensor(images, name="images")
        images = _batch(given)
        transforms = ops.convert_to_tensor(transforms, name="transforms", dtype=dtypes.float32)
        if transforms.shape.ndims not in (1, 2):
            raise TypeError(f"Transforms should have rank 1 or 2, but got rank {transforms.shape.ndims}")
        transforms = transforms[None] if transforms.shape.ndims == 1 else transforms
        static = images.shape.as_list()
        size = array_ops.shape(images)
        if output_shape is None:
            height, width, known = size[1], size[2], static[1:3]
        else:
            output_shape = ops.convert_to_tensor(output_shape, dtype=dtypes.int32)
            height, width = output_shape[0], output_shape[1]
            known = tensor_util.constant_value(output_shape)
            known = [None, None] if known is None else known.tolist()
        x, y = _sources(transforms, height, width, size[0])
        found = (_nearest if interpolation == "NEAREST" else _bilinear)(images, x, y)
        found.set_shape([static[0], *known, static[3]])
        if given.shape.ndims == 2:
            return found[0, :, :, 0]
        return found[0] if given.shape.ndims == 3 else found


def _batch(images):
    """(images, height, width, channels)."""
    if images.shape.ndims == 2:
        return images[None, :, :, None]
    if images.shape.ndims == 3:
        return images[None]
    if images.shape.ndims != 4:
        raise TypeError("Images should have rank between 2 and 4")
    return images


def _sources(transforms, height, width, count):
    """Where each element of the results was: two of (images, height, width)."""
    x = math_ops.cast(math_ops.range(width), dtypes.float32)[None, None, :]
    y = math_ops.cast(math_ops.range(height), dtypes.float32)[None, :, None]
    a = [transforms[:, number][:, None, None] for number in range(8)]
    below = a[6] * x + a[7] * y + 1.0
    ones = array_ops.ones(array_ops.stack([count, 1, 1]))
    return (a[0] * x + a[1] * y + a[2]) / below * ones, (a[3] * x + a[4] * y + a[5]) / below * ones


def _read(images, x, y):
    """The elements at whole places (images, height, width), zero outside of the image."""
    size = array_ops.shape(images)
    limits = math_ops.cast(size, dtypes.float32)
    inside = (x >= 0.0) & (x < limits[2]) & (y >= 0.0) & (y < limits[1])
    row = math_ops.cast(array_ops.where(inside, y, array_ops.zeros_like(y)), dtypes.int32)
    column = math_ops.cast(array_ops.where(inside, x, array_ops.zeros_like(x)), dtypes.int32)
    image = math_ops.range(size[0])[:, None, None] + array_ops.zeros_like(row)
    found = array_ops.gather_nd(images, array_ops.stack([image, row, column], -1))
    return found * math_ops.cast(inside, images.dtype)[..., None]


def _nearest(images, x, y):
    def whole(places):
        # Halves go away from zero.
        return math_ops.sign(places) * math_ops.floor(math_ops.abs(places) + 0.5)
    return _read(images, whole(x), whole(y))


def _bilinear(images, x, y):
    left, top = math_ops.floor(x), math_ops.floor(y)
    across, down = (x - left)[..., None], (y - top)[..., None]

    def at(column, row):
        return math_ops.cast(_read(images, column, row), dtypes.float32)

    upper = (1.0 - across) * at(left, top) + across * at(left + 1.0, top)
    lower = (1.0 - across) * at(left, top + 1.0) + across * at(left + 1.0, top + 1.0)
    return math_ops.cast((1.0 - down) * upper + down * lower, images.dtype)
