"""Pictures in other sizes: resizing, cropping, padding."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_util
from tenseur.python.ops import array_ops, control_flow_ops, math_ops


class ResizeMethodV1:
    """How pictures are resized."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


ResizeMethod = ResizeMethodV1


class ResizeMethodV2:
    """How `tf.image.resize` resizes."""

    BILINEAR = "bilinear"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    BICUBIC = "bicubic"
    GAUSSIAN = "gaussian"
    NEAREST_NEIGHBOR = "nearest"
    AREA = "area"
    MITCHELLCUBIC = "mitchellcubic"


def _is_tensor(x):
    return tensor_util.is_tensor(x)


def _ImageDimensions(image, rank):
    """The sizes of a picture: numbers where they are known, else tensors."""
    shape = image.get_shape()
    if shape.is_fully_defined():
        return shape.as_list()
    static = shape.with_rank(rank).as_list()
    dynamic = array_ops.unstack(array_ops.shape(image), rank)
    return [known if known is not None else own for known, own in zip(static, dynamic)]


def _assert(cond, ex_type, msg):
    """An assertion now where it can be settled, else an operation."""
    if _is_tensor(cond):
        return [control_flow_ops.Assert(cond, [msg])]
    if not cond:
        raise ex_type(msg)
    return []


def _in_batch(image):
    """(the picture as a batch, whether it was a single one)."""
    if image.get_shape().ndims is None:
        batch = array_ops.expand_dims(image, 0)
        batch.set_shape([None] * 4)
        return batch, True
    if image.get_shape().ndims == 3:
        return array_ops.expand_dims(image, 0), True
    if image.get_shape().ndims != 4:
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    return image, False


def _resize(images, size, resizer, name, preserve_aspect_ratio, same_when_static):
    with ops.name_scope(name, "resize", [images, size]):
        images = ops.convert_to_tensor(images, name="images")
        if images.get_shape().ndims is None:
            raise ValueError("'images' contains no shape.")
        images, single = _in_batch(images)
        _, height, width, _ = images.get_shape().as_list()
        try:
            size = ops.convert_to_tensor(size, dtypes.int32, name="size")
        except (TypeError, ValueError):
            raise ValueError("'size' must be a 1-D int32 Tensor") from None
        if not size.get_shape().is_compatible_with([2]):
            raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
        if preserve_aspect_ratio:
            _, current_height, current_width, _ = _ImageDimensions(images, rank=4)
            scale_h = math_ops.cast(size[0], dtypes.float32) / math_ops.cast(current_height, dtypes.float32)
            scale_w = math_ops.cast(size[1], dtypes.float32) / math_ops.cast(current_width, dtypes.float32)
            scale = math_ops.minimum(scale_h, scale_w)
            scaled = [math_ops.cast(math_ops.round(scale * math_ops.cast(side, dtypes.float32)), dtypes.int32)
                      for side in (current_height, current_width)]
            size = ops.convert_to_tensor(scaled, dtypes.int32, name="size")
        known = tensor_util.constant_value_as_shape(size).as_list()
        new_height, new_width = known if len(known) == 2 else (None, None)
        if same_when_static and None not in (width, height) and (height, width) == (new_height, new_width):
            return array_ops.squeeze(images, [0]) if single else images
        images = resizer(images, size)
        images.set_shape([None, new_height, new_width, None])
        return array_ops.squeeze(images, [0]) if single else images


def resize_images(images, size, method=ResizeMethodV1.BILINEAR, align_corners=False,
                  preserve_aspect_ratio=False, name=None):
    """Pictures `[batch, height, width, channels]`, or one, in the size `[new_height, new_width]`; float32, but for
    nearest neighbors, and but for pictures of that size already."""
    by_method = {ResizeMethodV1.BILINEAR: resize_bilinear, ResizeMethodV2.BILINEAR: resize_bilinear,
                 ResizeMethodV1.NEAREST_NEIGHBOR: resize_nearest_neighbor, ResizeMethodV2.NEAREST_NEIGHBOR: resize_nearest_neighbor,
                 ResizeMethodV1.BICUBIC: resize_bicubic, ResizeMethodV2.BICUBIC: resize_bicubic,
                 ResizeMethodV1.AREA: resize_area, ResizeMethodV2.AREA: resize_area}
    if callable(method):
        return method(images, size)
    if method not in by_method:
        raise ValueError("Resize method is not implemented.")
    return _resize(images, size, lambda im, sz: by_method[method](im, sz, align_corners=align_corners), name,
                   preserve_aspect_ratio, True)


def resize_images_v2(images, size, method=ResizeMethodV2.BILINEAR, preserve_aspect_ratio=False,
                     antialias=False, name=None):
    """As `resize_images`, with pixels taken at their centers."""
    if antialias and method not in (ResizeMethodV2.AREA, ResizeMethodV2.NEAREST_NEIGHBOR):
        raise NotImplementedError("resizing with antialias is not there in tenseur; the nearest that there is: method \"area\"")
    by_method = {
        ResizeMethodV2.BILINEAR: lambda im, sz: raw_ops.ResizeBilinear(images=im, size=sz, half_pixel_centers=True),
        ResizeMethodV2.NEAREST_NEIGHBOR: lambda im, sz: raw_ops.ResizeNearestNeighbor(images=im, size=sz, half_pixel_centers=True),
        ResizeMethodV2.BICUBIC: lambda im, sz: raw_ops.ResizeBicubic(images=im, size=sz, half_pixel_centers=True),
        ResizeMethodV2.AREA: resize_area,
    }
    if method not in by_method:
        raise NotImplementedError(f"the resize method {method!r} is not there in tenseur; the nearest that there is: \"bicubic\"")
    return _resize(images, size, by_method[method], name, preserve_aspect_ratio, False)


def resize_bilinear(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Resizes pictures by weighing the four pixels around each place."""
    return raw_ops.ResizeBilinear(images=images, size=size, align_corners=align_corners, half_pixel_centers=half_pixel_centers,
                                  name=name)


def resize_nearest_neighbor(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Resizes pictures by taking the nearest pixel."""
    return raw_ops.ResizeNearestNeighbor(images=images, size=size, align_corners=align_corners,
                                         half_pixel_centers=half_pixel_centers, name=name)


def resize_bicubic(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Resizes pictures by a cubic through sixteen pixels."""
    return raw_ops.ResizeBicubic(images=images, size=size, align_corners=align_corners, half_pixel_centers=half_pixel_centers,
                                 name=name)


def resize_area(images, size, align_corners=False, name=None):
    """Resizes pictures by the mean over the area that falls into each pixel."""
    return raw_ops.ResizeArea(images=images, size=size, align_corners=align_corners, name=name)


def resize_image_with_pad(image, target_height, target_width, method=ResizeMethodV1.BILINEAR,
                          align_corners=False):
    """Resizes without distortion, and pads to the target's size evenly with zeros."""
    def resizer(im, size):
        return resize_images(im, size, method, align_corners)
    return _resize_with_pad(image, target_height, target_width, resizer)


def resize_image_with_pad_v2(image, target_height, target_width, method=ResizeMethodV2.BILINEAR,
                             antialias=False):
    return _resize_with_pad(image, target_height, target_width,
                            lambda im, size: resize_images_v2(im, size, method, antialias=antialias))


def _resize_with_pad(image, target_height, target_width, resizer):
    with ops.name_scope(None, "resize_image_with_pad", [image]):
        image, single = _in_batch(ops.convert_to_tensor(image, name="image"))
        _, height, width, _ = _ImageDimensions(image, rank=4)
        f_height, f_width = math_ops.cast(height, dtypes.float32), math_ops.cast(width, dtypes.float32)
        ratio = math_ops.maximum(f_width / target_width, f_height / target_height)
        resized_height = math_ops.cast(math_ops.floor(f_height / ratio), dtypes.int32)
        resized_width = math_ops.cast(math_ops.floor(f_width / ratio), dtypes.int32)
        p_height = math_ops.maximum(0, math_ops.cast(math_ops.floor((target_height - f_height / ratio) / 2), dtypes.int32))
        p_width = math_ops.maximum(0, math_ops.cast(math_ops.floor((target_width - f_width / ratio) / 2), dtypes.int32))
        resized = resizer(image, array_ops.stack([resized_height, resized_width]))
        padded = pad_to_bounding_box(resized, p_height, p_width, target_height, target_width)
        return array_ops.squeeze(padded, [0]) if single else padded


def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """The part of pictures that begins at (offset_height, offset_width)."""
    with ops.name_scope(None, "crop_to_bounding_box", [image]):
        image, single = _in_batch(ops.convert_to_tensor(image, name="image"))
        batch, height, width, depth = _ImageDimensions(image, rank=4)
        checks = _assert(offset_width >= 0, ValueError, "offset_width must be >= 0.")
        checks += _assert(offset_height >= 0, ValueError, "offset_height must be >= 0.")
        checks += _assert(target_width > 0, ValueError, "target_width must be > 0.")
        checks += _assert(target_height > 0, ValueError, "target_height must be > 0.")
        checks += _assert(width >= (target_width + offset_width), ValueError, "width must be >= target + offset.")
        checks += _assert(height >= (target_height + offset_height), ValueError, "height must be >= target + offset.")
        image = control_flow_ops.with_dependencies(checks, image)
        cropped = array_ops.slice(image, array_ops.stack([0, offset_height, offset_width, 0]),
                                  array_ops.stack([-1, target_height, target_width, -1]))
        cropped.set_shape([None if _is_tensor(size) else size for size in (batch, target_height, target_width, depth)])
        return array_ops.squeeze(cropped, [0]) if single else cropped


def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """Pictures with zeros around them, in which they begin at (offset_height, offset_width)."""
    with ops.name_scope(None, "pad_to_bounding_box", [image]):
        image, single = _in_batch(ops.convert_to_tensor(image, name="image"))
        batch, height, width, depth = _ImageDimensions(image, rank=4)
        after_width, after_height = target_width - offset_width - width, target_height - offset_height - height
        checks = _assert(offset_height >= 0, ValueError, "offset_height must be >= 0")
        checks += _assert(offset_width >= 0, ValueError, "offset_width must be >= 0")
        checks += _assert(after_width >= 0, ValueError, "width must be <= target - offset")
        checks += _assert(after_height >= 0, ValueError, "height must be <= target - offset")
        image = control_flow_ops.with_dependencies(checks, image)
        paddings = array_ops.reshape(
            array_ops.stack([0, 0, offset_height, after_height, offset_width, after_width, 0, 0]), [4, 2])
        padded = array_ops.pad(image, paddings)
        padded.set_shape([None if _is_tensor(size) else size for size in (batch, target_height, target_width, depth)])
        return array_ops.squeeze(padded, [0]) if single else padded


def resize_image_with_crop_or_pad(image, target_height, target_width):
    """Crops pictures at their center, or pads them evenly with zeros, to the target's size."""
    with ops.name_scope(None, "resize_image_with_crop_or_pad", [image]):
        image, single = _in_batch(ops.convert_to_tensor(image, name="image"))
        checks = _assert(target_width > 0, ValueError, "target_width must be > 0.")
        checks += _assert(target_height > 0, ValueError, "target_height must be > 0.")
        image = control_flow_ops.with_dependencies(checks, image)
        if _is_tensor(target_height):
            target_height = control_flow_ops.with_dependencies(checks, target_height)
        if _is_tensor(target_width):
            target_width = control_flow_ops.with_dependencies(checks, target_width)

        def larger(x, y):
            return math_ops.maximum(x, y) if _is_tensor(x) or _is_tensor(y) else max(x, y)

        def smaller(x, y):
            return math_ops.minimum(x, y) if _is_tensor(x) or _is_tensor(y) else min(x, y)

        _, height, width, _ = _ImageDimensions(image, rank=4)
        width_diff, height_diff = target_width - width, target_height - height
        cropped = crop_to_bounding_box(image, larger(-height_diff // 2, 0), larger(-width_diff // 2, 0),
                                       smaller(target_height, height), smaller(target_width, width))
        resized = pad_to_bounding_box(cropped, larger(height_diff // 2, 0), larger(width_diff // 2, 0), target_height,
                                      target_width)
        return array_ops.squeeze(resized, [0]) if single else resized


resize_image_with_crop_or_pad_v1 = resize_image_with_crop_or_pad


def central_crop(image, central_fraction):
    """The middle of pictures, `central_fraction` of them along each axis."""
    with ops.name_scope(None, "central_crop", [image]):
        image = ops.convert_to_tensor(image, name="image")
        if central_fraction <= 0.0 or central_fraction > 1.0:
            raise ValueError("central_fraction must be within (0, 1]")
        if central_fraction == 1.0:
            return image
        rank = image.get_shape().ndims
        if rank not in (3, 4):
            raise ValueError(f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {rank}.")
        sizes = _ImageDimensions(image, rank=rank)
        first = rank - 3
        begin, size = [0] * rank, [-1] * rank
        for axis in (first, first + 1):
            side = sizes[axis]
            if _is_tensor(side):
                start = math_ops.cast((math_ops.cast(side, dtypes.float64) - math_ops.cast(side, dtypes.float64) * central_fraction)
                                      / 2, dtypes.int32)
            else:
                start = int((side - side * central_fraction) / 2)
            begin[axis], size[axis] = start, side - start * 2
        cropped = array_ops.slice(image, array_ops.stack(begin), array_ops.stack(size))
        shape = [None if _is_tensor(side) else side for side in sizes]
        for axis in (first, first + 1):
            shape[axis] = None if _is_tensor(size[axis]) else size[axis]
        cropped.set_shape(shape)
        return cropped

