"""Pictures: reading and writing them, colors, flips, boxes, how alike they are (`tf.image`)."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, random_seed
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, nn, nn_ops, random_ops
from tenseur.python.ops._image_resize import *  # noqa: F401, F403
from tenseur.python.ops._image_resize import _assert, _ImageDimensions, _is_tensor  # noqa: F401

# --- reading and writing ---------------------------------------------------------------------------------------------


def decode_jpeg(contents, channels=0, ratio=1, fancy_upscaling=True, try_recover_truncated=False, acceptable_fraction=1,
                dct_method="", name=None):
    """A JPEG file as uint8 `[height, width, channels]`, in a `ratio`-th of its size."""
    return raw_ops.DecodeJpeg(contents=contents, channels=channels, ratio=ratio, fancy_upscaling=fancy_upscaling,
                              try_recover_truncated=try_recover_truncated, acceptable_fraction=acceptable_fraction,
                              dct_method=dct_method, name=name)


def decode_png(contents, channels=0, dtype=dtypes.uint8, name=None):
    """A PNG file as uint8 or uint16 `[height, width, channels]`."""
    return raw_ops.DecodePng(contents=contents, channels=channels, dtype=dtype, name=name)


def decode_bmp(contents, channels=0, name=None):
    """A BMP file as uint8 `[height, width, channels]`."""
    return raw_ops.DecodeBmp(contents=contents, channels=channels, name=name)


def decode_gif(contents, name=None):
    """A GIF file as uint8 `[frames, height, width, 3]`."""
    return raw_ops.DecodeGif(contents=contents, name=name)


def decode_image(contents, channels=None, dtype=dtypes.uint8, name=None, expand_animations=True):
    """A BMP, GIF, JPEG or PNG file, whichever it is; GIFs have an axis of frames first unless `expand_animations` is False."""
    if channels not in (None, 0, 1, 3, 4):
        raise ValueError("channels must be in (None, 0, 1, 3, 4)")
    dtype = dtypes.as_dtype(dtype)
    with ops.name_scope(name, "decode_image"):
        native = dtype if dtype in (dtypes.uint8, dtypes.uint16, dtypes.float32) else dtypes.uint8
        image = raw_ops.DecodeImage(contents=contents, channels=channels or 0, dtype=native,
                                    expand_animations=expand_animations)
        return image if native == dtype else convert_image_dtype(image, dtype)


def decode_and_crop_jpeg(contents, crop_window, channels=0, ratio=1, fancy_upscaling=True, try_recover_truncated=False,
                         acceptable_fraction=1, dct_method="", name=None):
    """The part `[y, x, height, width]` of a JPEG file."""
    return raw_ops.DecodeAndCropJpeg(
        contents=contents, crop_window=crop_window, channels=channels, ratio=ratio, fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated, acceptable_fraction=acceptable_fraction, dct_method=dct_method, name=name)


def is_jpeg(contents, name=None):
    """Whether bytes begin as JPEG files do."""
    with ops.name_scope(name, "is_jpeg"):
        return math_ops.equal(raw_ops.Substr(input=contents, pos=0, len=3), b"\xff\xd8\xff", name=name)


def extract_jpeg_shape(contents, output_type=dtypes.int32, name=None):
    """`[height, width, channels]` of a JPEG file."""
    return raw_ops.ExtractJpegShape(contents=contents, output_type=output_type, name=name)


def encode_jpeg(image, format="", quality=95, progressive=False, optimize_size=False, chroma_downsampling=True,
                density_unit="in", x_density=300, y_density=300, xmp_metadata="", name=None):
    """A picture as a JPEG file."""
    return raw_ops.EncodeJpeg(
        image=image, format=format, quality=quality, progressive=progressive, optimize_size=optimize_size,
        chroma_downsampling=chroma_downsampling, density_unit=density_unit, x_density=x_density, y_density=y_density,
        xmp_metadata=xmp_metadata, name=name)


def encode_png(image, compression=-1, name=None):
    """A picture as a PNG file."""
    return raw_ops.EncodePng(image=image, compression=compression, name=name)


def encode_jpeg_variable_quality(images, quality, name=None):
    return raw_ops.EncodeJpegVariableQuality(images=images, quality=quality, name=name)


# --- flips and turns -------------------------------------------------------------------------------------------------


def _rank(image):
    rank = image.get_shape().ndims
    if rank not in (None, 3, 4):
        raise ValueError("'image' must have either 3 or 4 dimensions.")
    return rank


def _flip(image, axis, scope_name):
    with ops.name_scope(None, scope_name, [image]):
        image = ops.convert_to_tensor(image, name="image")
        rank = _rank(image)
        if rank is None:
            image.set_shape([None] * 3)
        made = array_ops.reverse(image, [axis + (1 if rank == 4 else 0)])
        made.set_shape(image.get_shape())
        return made


def flip_left_right(image):
    """Pictures as in a mirror."""
    return _flip(image, 1, "flip_left_right")


def flip_up_down(image):
    """Pictures upside down."""
    return _flip(image, 0, "flip_up_down")


def _random_flip(image, flip_index, seed, scope_name):
    with ops.name_scope(None, scope_name, [image]) as scope:
        image = ops.convert_to_tensor(image, name="image")
        rank = _rank(image)
        if rank == 4:
            batch = array_ops.shape(image)[0]
            uniform = random_ops.random_uniform([batch], 0, 1.0, seed=seed)
            flips = math_ops.round(array_ops.reshape(uniform, [batch, 1, 1, 1]))
            flips = math_ops.cast(flips, image.dtype)
            flipped = array_ops.reverse(image, [flip_index + 1])
            return flips * flipped + (1 - flips) * image
        uniform = random_ops.random_uniform([], 0, 1.0, seed=seed)
        mirror = math_ops.less(uniform, 0.5)
        result = control_flow_ops.cond(mirror, lambda: array_ops.reverse(image, [flip_index]), lambda: image,
                                       name=scope)
        result.set_shape(image.get_shape())
        return result


def random_flip_left_right(image, seed=None):
    """Pictures of which half are as in a mirror."""
    return _random_flip(image, 1, seed, "random_flip_left_right")


def random_flip_up_down(image, seed=None):
    """Pictures of which half are upside down."""
    return _random_flip(image, 0, seed, "random_flip_up_down")


def rot90(image, k=1, name=None):
    """Pictures turned `k` times by 90°, against the clock."""
    with ops.name_scope(name, "rot90", [image, k]) as scope:
        image = ops.convert_to_tensor(image, name="image")
        _rank(image)
        first = 1 if image.get_shape().ndims == 4 else 0
        order = [0, 2, 1, 3] if first else [1, 0, 2]

        def quarter():
            return array_ops.reverse(array_ops.transpose(image, order), [first])

        def half():
            return array_ops.reverse(image, [first, first + 1])

        def three_quarters():
            return array_ops.reverse(array_ops.transpose(image, order), [first + 1])

        if not _is_tensor(k):
            turned = (lambda: image, quarter, half, three_quarters)[k % 4]()
            return array_ops.identity(turned, name=scope)
        k = math_ops.mod(ops.convert_to_tensor(k, dtypes.int32, name="k"), 4)
        cases = [(math_ops.equal(k, 1), quarter), (math_ops.equal(k, 2), half), (math_ops.equal(k, 3), three_quarters)]
        made = control_flow_ops.case(cases, default=lambda: image, exclusive=True, name=scope)
        made.set_shape([None] * image.get_shape().ndims)
        return made


def transpose(image, name=None):
    """Pictures with rows and columns exchanged."""
    with ops.name_scope(name, "transpose", [image]):
        image = ops.convert_to_tensor(image, name="image")
        return array_ops.transpose(image, [0, 2, 1, 3] if _rank(image) == 4 else [1, 0, 2], name=name)


transpose_image = transpose

# --- types and colors ------------------------------------------------------------------------------------------------


def convert_image_dtype(image, dtype, saturate=False, name=None):
    """Pictures of another type: floats are from 0 to 1, whole numbers from 0 to the type's largest."""
    image = ops.convert_to_tensor(image, name="image")
    dtype = dtypes.as_dtype(dtype)
    if dtype == image.dtype:
        return array_ops.identity(image, name=name)
    with ops.name_scope(name, "convert_image", [image]) as name:
        if image.dtype.is_integer and dtype.is_integer:
            scale_in, scale_out = image.dtype.max, dtype.max
            if scale_in > scale_out:
                scaled = math_ops.div(image, (scale_in + 1) // (scale_out + 1))
                return math_ops.saturate_cast(scaled, dtype, name=name) if saturate else math_ops.cast(scaled, dtype, name=name)
            cast = math_ops.saturate_cast(image, dtype) if saturate else math_ops.cast(image, dtype)
            return math_ops.multiply(cast, (scale_out + 1) // (scale_in + 1), name=name)
        if image.dtype.is_floating and dtype.is_floating:
            return math_ops.cast(image, dtype, name=name)
        if image.dtype.is_integer:
            return math_ops.multiply(math_ops.cast(image, dtype), 1.0 / image.dtype.max, name=name)
        # 0.5 more, so that 1 gives the largest number and every number as much room.
        scaled = math_ops.multiply(image, dtype.max + 0.5)
        return math_ops.saturate_cast(scaled, dtype, name=name) if saturate else math_ops.cast(scaled, dtype, name=name)


def rgb_to_grayscale(images, name=None):
    """`0.2989 · red + 0.5870 · green + 0.1140 · blue`, with one channel."""
    with ops.name_scope(name, "rgb_to_grayscale", [images]) as name:
        images = ops.convert_to_tensor(images, name="images")
        original = images.dtype
        flt = convert_image_dtype(images, dtypes.float32)
        gray = math_ops.tensordot(flt, [0.2989, 0.5870, 0.1140], [-1, -1])
        gray = array_ops.expand_dims(gray, -1)
        return convert_image_dtype(gray, original, name=name)


def grayscale_to_rgb(images, name=None):
    """One channel, three times."""
    with ops.name_scope(name, "grayscale_to_rgb", [images]) as name:
        images = ops.convert_to_tensor(images, name="images")
        rank_1 = array_ops.expand_dims(array_ops.rank(images) - 1, 0)
        multiples = array_ops.concat([array_ops.ones(rank_1, dtype=dtypes.int32), [3]], 0)
        rgb = array_ops.tile(images, multiples, name=name)
        rgb.set_shape(images.get_shape()[:-1].concatenate([3]))
        return rgb


def rgb_to_hsv(images, name=None):
    """Red, green, blue → hue, saturation, value, all from 0 to 1."""
    return raw_ops.RGBToHSV(images=images, name=name)


def hsv_to_rgb(images, name=None):
    """Hue, saturation, value → red, green, blue."""
    return raw_ops.HSVToRGB(images=images, name=name)


def _by_matrix(images, matrix):
    images = ops.convert_to_tensor(images, name="images")
    kernel = ops.convert_to_tensor(np.asarray(matrix), dtype=images.dtype, name="kernel")
    return math_ops.tensordot(images, kernel, axes=[[images.get_shape().ndims - 1], [0]])


def rgb_to_yiq(images):
    """Red, green, blue → the NTSC's Y, I, Q."""
    return _by_matrix(images, [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]])


def yiq_to_rgb(images):
    """Y, I, Q → red, green, blue."""
    return _by_matrix(images, [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]])


def rgb_to_yuv(images):
    """Red, green, blue → the PAL's Y, U, V."""
    return _by_matrix(images, [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]])


def yuv_to_rgb(images):
    """Y, U, V → red, green, blue."""
    return _by_matrix(images, [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]])


def _through_floats(image, name, default, change, saturate=True):
    """`change` of the picture as float32, back in its own type."""
    with ops.name_scope(name, default, [image]) as name:
        image = ops.convert_to_tensor(image, name="image")
        original = image.dtype
        made = change(image if original in (dtypes.float16, dtypes.float32) else convert_image_dtype(image, dtypes.float32))
        return convert_image_dtype(made, original, saturate=saturate)


def adjust_brightness(image, delta):
    """Adds `delta`, in units in which white is 1."""
    return _through_floats(image, None, "adjust_brightness",
                           lambda flt: math_ops.add(flt, math_ops.cast(delta, flt.dtype)))


def adjust_contrast(images, contrast_factor):
    """`(x − mean) · contrast_factor + mean` for each channel of each picture."""
    def change(flt):
        wide = flt if flt.dtype == dtypes.float32 else math_ops.cast(flt, dtypes.float32)
        made = raw_ops.AdjustContrastv2(images=wide, contrast_factor=contrast_factor)
        return made if flt.dtype == dtypes.float32 else math_ops.cast(made, flt.dtype)
    return _through_floats(images, None, "adjust_contrast", change)


def adjust_gamma(image, gamma=1, gain=1):
    """`gain · x^gamma`."""
    if not _is_tensor(gamma) and gamma < 0:
        raise ValueError("Gamma should be a non-negative real number.")
    return _through_floats(image, None, "adjust_gamma", lambda flt: gain * flt ** math_ops.cast(gamma, flt.dtype))


def adjust_hue(image, delta, name=None):
    """Turns the hue by `delta` of the circle."""
    return _through_floats(image, name, "adjust_hue", lambda flt: raw_ops.AdjustHue(images=flt, delta=delta), False)


def adjust_saturation(image, saturation_factor, name=None):
    """Multiplies the saturation."""
    return _through_floats(image, name, "adjust_saturation",
                           lambda flt: raw_ops.AdjustSaturation(images=flt, scale=saturation_factor), False)


def adjust_jpeg_quality(image, jpeg_quality, name=None):
    """The picture as a JPEG file of this quality would have it."""
    with ops.name_scope(name, "adjust_jpeg_quality", [image]):
        image = ops.convert_to_tensor(image, name="image")
        original = image.dtype
        coded = encode_jpeg(convert_image_dtype(image, dtypes.uint8), quality=jpeg_quality)
        return convert_image_dtype(decode_jpeg(coded, channels=image.get_shape()[2].value or 0), original)


def random_brightness(image, max_delta, seed=None):
    """`adjust_brightness` by a random delta from −max_delta to max_delta."""
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, random_ops.random_uniform([], -max_delta, max_delta, seed=seed))


def random_contrast(image, lower, upper, seed=None):
    """`adjust_contrast` by a random factor from `lower` to `upper`."""
    _check_range(lower, upper)
    return adjust_contrast(image, random_ops.random_uniform([], lower, upper, seed=seed))


def random_saturation(image, lower, upper, seed=None):
    """`adjust_saturation` by a random factor from `lower` to `upper`."""
    _check_range(lower, upper)
    return adjust_saturation(image, random_ops.random_uniform([], lower, upper, seed=seed))


def random_hue(image, max_delta, seed=None):
    """`adjust_hue` by a random delta from −max_delta to max_delta."""
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, random_ops.random_uniform([], -max_delta, max_delta, seed=seed))


def random_jpeg_quality(image, min_jpeg_quality, max_jpeg_quality, seed=None):
    raise NotImplementedError("tf.image.random_jpeg_quality is not there in tenseur; the nearest that there is: "
                              "tf.image.adjust_jpeg_quality")


def _check_range(lower, upper):
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


def per_image_standardization(image):
    """`(x − mean) / max(deviation, 1 / √elements)` for each picture."""
    with ops.name_scope(None, "per_image_standardization", [image]) as scope:
        image = ops.convert_to_tensor(image, name="image")
        axes = [-1, -2, -3]
        num_pixels = math_ops.reduce_prod(array_ops.shape(image)[-3:])
        image = math_ops.cast(image, dtype=dtypes.float32)
        image_mean = math_ops.reduce_mean(image, axis=axes, keepdims=True)
        stddev = math_ops.reduce_std(image, axis=axes, keepdims=True)
        min_stddev = math_ops.rsqrt(math_ops.cast(num_pixels, dtypes.float32))
        adjusted = math_ops.maximum(stddev, min_stddev)
        return math_ops.divide(math_ops.subtract(image, image_mean), adjusted, name=scope)


# --- boxes -----------------------------------------------------------------------------------------------------------


def draw_bounding_boxes(images, boxes, name=None, colors=None):
    """Pictures with frames at `boxes`, `[batch, number, (y_min, x_min, y_max, x_max)]` from 0 to 1."""
    if colors is None:
        return raw_ops.DrawBoundingBoxes(images=images, boxes=boxes, name=name)
    return raw_ops.DrawBoundingBoxesV2(images=images, boxes=boxes, colors=colors, name=name)


def draw_bounding_boxes_v2(images, boxes, colors, name=None):
    return draw_bounding_boxes(images, boxes, name, colors)


def sample_distorted_bounding_box(image_size, bounding_boxes, seed=None, seed2=None, min_object_covered=0.1,
                                  aspect_ratio_range=None, area_range=None, max_attempts=None,
                                  use_image_if_no_bounding_boxes=None, name=None):
    """(begin, size, box) of a random part that covers enough of one of the boxes."""
    seed1, seed2 = random_seed.get_seed(seed) if seed2 is None else (seed, seed2)
    with ops.name_scope(name, "sample_distorted_bounding_box"):
        return raw_ops.SampleDistortedBoundingBoxV2(
            image_size=image_size, bounding_boxes=bounding_boxes, seed=seed1 or 0, seed2=seed2 or 0,
            min_object_covered=min_object_covered, aspect_ratio_range=list(aspect_ratio_range or (0.75, 1.33)),
            area_range=list(area_range or (0.05, 1.0)), max_attempts=max_attempts or 100,
            use_image_if_no_bounding_boxes=bool(use_image_if_no_bounding_boxes), name=name)


def crop_and_resize(image, boxes, box_ind=None, crop_size=None, method="bilinear", extrapolation_value=0, name=None,
                    box_indices=None):
    """The parts `boxes` of pictures, number `box_ind` each, all in one size."""
    return raw_ops.CropAndResize(image=image, boxes=boxes, box_ind=box_indices if box_ind is None else box_ind,
                                 crop_size=crop_size, method=method, extrapolation_value=extrapolation_value, name=name)


crop_and_resize_v1 = crop_and_resize_v2 = crop_and_resize


def non_max_suppression(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"),
                        name=None):
    """The numbers of the boxes with the best scores, without those that overlap a better one too much."""
    with ops.name_scope(name, "non_max_suppression"):
        return raw_ops.NonMaxSuppressionV3(boxes=boxes, scores=scores, max_output_size=max_output_size,
                                           iou_threshold=iou_threshold, score_threshold=score_threshold)


def non_max_suppression_with_scores(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"),
                                    soft_nms_sigma=0.0, name=None):
    """(numbers, scores) of the boxes that `non_max_suppression` keeps."""
    with ops.name_scope(name, "non_max_suppression_with_scores"):
        indices, kept, _ = raw_ops.NonMaxSuppressionV5(
            boxes=boxes, scores=scores, max_output_size=max_output_size, iou_threshold=iou_threshold,
            score_threshold=score_threshold, soft_nms_sigma=soft_nms_sigma, pad_to_max_output_size=False)
        return indices, kept


def non_max_suppression_padded(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"),
                               pad_to_max_output_size=False, name=None):
    """(numbers, how many of them count)."""
    with ops.name_scope(name, "non_max_suppression_padded"):
        return tuple(raw_ops.NonMaxSuppressionV4(
            boxes=boxes, scores=scores, max_output_size=max_output_size, iou_threshold=iou_threshold,
            score_threshold=score_threshold, pad_to_max_output_size=pad_to_max_output_size))


def combined_non_max_suppression(boxes, scores, max_output_size_per_class, max_total_size, iou_threshold=0.5,
                                 score_threshold=float("-inf"), pad_per_class=False, clip_boxes=True, name=None):
    """(boxes, scores, classes, how many of them count): of each picture the best boxes of all classes."""
    with ops.name_scope(name, "combined_non_max_suppression"):
        return raw_ops.CombinedNonMaxSuppression(
            boxes=boxes, scores=scores, max_output_size_per_class=max_output_size_per_class, max_total_size=max_total_size,
            iou_threshold=iou_threshold, score_threshold=score_threshold, pad_per_class=pad_per_class, clip_boxes=clip_boxes)


def extract_glimpse(input, size, offsets, centered=True, normalized=True, uniform_noise=True, name=None):
    """A part of each picture around `offsets`, with noise where it goes beyond."""
    return raw_ops.ExtractGlimpse(input=input, size=size, offsets=offsets, centered=centered, normalized=normalized,
                                  uniform_noise=uniform_noise, name=name)


def extract_image_patches(images, ksizes=None, strides=None, rates=None, padding=None, name=None, sizes=None):
    """All parts of a size, side by side along the channels."""
    return raw_ops.ExtractImagePatches(images=images, ksizes=list(sizes if ksizes is None else ksizes), strides=list(strides),
                                       rates=list(rates), padding=padding, name=name)


# --- how alike -------------------------------------------------------------------------------------------------------


def total_variation(images, name=None):
    """`Σ |x − its neighbor below| + Σ |x − its neighbor to the right|` for each picture."""
    with ops.name_scope(name, "total_variation"):
        rank = images.get_shape().ndims
        if rank == 3:
            below, right, axes = images[1:, :, :] - images[:-1, :, :], images[:, 1:, :] - images[:, :-1, :], None
        elif rank == 4:
            below, right = images[:, 1:, :, :] - images[:, :-1, :, :], images[:, :, 1:, :] - images[:, :, :-1, :]
            axes = [1, 2, 3]
        else:
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        return math_ops.reduce_sum(math_ops.abs(below), axis=axes) + math_ops.reduce_sum(math_ops.abs(right), axis=axes)


def psnr(a, b, max_val, name=None):
    """`20 · log₁₀(max_val) − 10 · log₁₀(mean squared error)` for each pair of pictures."""
    with ops.name_scope(name, "PSNR", [a, b]):
        max_val = convert_image_dtype(math_ops.cast(max_val, a.dtype), dtypes.float32)
        a, b = convert_image_dtype(a, dtypes.float32), convert_image_dtype(b, dtypes.float32)
        mse = math_ops.reduce_mean(math_ops.squared_difference(a, b), [-3, -2, -1])
        return math_ops.subtract(20 * math_ops.log(max_val) / math_ops.log(10.0),
                                 np.float32(10 / np.log(10)) * math_ops.log(mse), name="psnr")


def _fspecial_gauss(size, sigma):
    coordinates = np.arange(size, dtype=np.float32) - (size - 1.0) / 2.0
    weights = np.square(coordinates) * np.float32(-0.5 / sigma ** 2)
    grid = weights.reshape(1, -1) + weights.reshape(-1, 1)
    flat = np.exp(grid - grid.max())
    return (flat / flat.sum()).reshape(size, size, 1, 1).astype(np.float32)


def _ssim_per_channel(img1, img2, max_val, filter_size, filter_sigma, k1, k2):
    """(structural similarity, contrast and structure alone) of each channel."""
    channels = array_ops.shape(img1)[-1]
    kernel = array_ops.tile(ops.convert_to_tensor(_fspecial_gauss(filter_size, filter_sigma)),
                            array_ops.stack([1, 1, channels, 1]))
    kernel = math_ops.cast(kernel, img1.dtype)

    def reducer(x):
        shape = array_ops.shape(x)
        x = array_ops.reshape(x, array_ops.concat([[-1], shape[-3:]], 0))
        y = nn.depthwise_conv2d(x, kernel, strides=[1, 1, 1, 1], padding="VALID")
        return array_ops.reshape(y, array_ops.concat([shape[:-3], array_ops.shape(y)[1:]], 0))

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean0, mean1 = reducer(img1), reducer(img2)
    num0, den0 = mean0 * mean1 * 2.0, math_ops.square(mean0) + math_ops.square(mean1)
    luminance = (num0 + c1) / (den0 + c1)
    num1 = reducer(img1 * img2) * 2.0
    den1 = reducer(math_ops.square(img1) + math_ops.square(img2))
    cs = (num1 - num0 + c2) / (den1 - den0 + c2)
    axes = [-3, -2]
    return math_ops.reduce_mean(luminance * cs, axes), math_ops.reduce_mean(cs, axes)


def ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03):
    """Structural similarity (Wang et al. 2004) of each pair of pictures, at most 1."""
    with ops.name_scope(None, "SSIM", [img1, img2]):
        img1, img2 = ops.convert_to_tensor(img1), ops.convert_to_tensor(img2)
        max_val = convert_image_dtype(math_ops.cast(max_val, img1.dtype), dtypes.float32)
        img1, img2 = convert_image_dtype(img1, dtypes.float32), convert_image_dtype(img2, dtypes.float32)
        per_channel, _ = _ssim_per_channel(img1, img2, max_val, filter_size, filter_sigma, k1, k2)
        return math_ops.reduce_mean(per_channel, [-1])


_MSSSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ssim_multiscale(img1, img2, max_val, power_factors=_MSSSIM_WEIGHTS, filter_size=11, filter_sigma=1.5,
                    k1=0.01, k2=0.03):
    """Structural similarity over several scales, each half the one before."""
    with ops.name_scope(None, "MS-SSIM", [img1, img2]):
        img1, img2 = ops.convert_to_tensor(img1), ops.convert_to_tensor(img2)
        max_val = convert_image_dtype(math_ops.cast(max_val, img1.dtype), dtypes.float32)
        images = [convert_image_dtype(img1, dtypes.float32), convert_image_dtype(img2, dtypes.float32)]
        mcs = []
        for scale in range(len(power_factors)):
            if scale:
                images = [nn_ops.avg_pool(_even(image), [1, 2, 2, 1], [1, 2, 2, 1], "VALID") for image in images]
            per_channel, cs = _ssim_per_channel(*images, max_val, filter_size, filter_sigma, k1, k2)
            mcs.append(nn_ops.relu(cs))
        mcs[-1] = nn_ops.relu(per_channel)
        powers = array_ops.stack(mcs, axis=-1)
        return math_ops.reduce_mean(math_ops.reduce_prod(math_ops.pow(powers, list(power_factors)), [-1]), [-1])


def _even(image):
    """The picture with a row and column more where it has an odd number of them."""
    sizes = array_ops.shape(image)
    return array_ops.pad(image, [[0, 0], [0, sizes[1] % 2], [0, sizes[2] % 2], [0, 0]], mode="SYMMETRIC")


def image_gradients(image):
    """(differences to the pixel below, differences to the one to the right), 0 at the end."""
    if image.get_shape().ndims != 4:
        raise ValueError("image_gradients expects a 4D tensor [batch_size, h, w, d], not {}.".format(image.get_shape()))
    zeros = array_ops.zeros_like(image)
    dy = array_ops.concat([image[:, 1:, :, :] - image[:, :-1, :, :], zeros[:, :1]], 1)
    dx = array_ops.concat([image[:, :, 1:, :] - image[:, :, :-1, :], zeros[:, :, :1]], 2)
    return dy, dx


def sobel_edges(image):
    """Sobel's derivatives: `[…, channels, (along y, along x)]`."""
    static = image.get_shape()
    image = ops.convert_to_tensor(image)
    kernels = np.transpose(np.asarray([[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]), (1, 2, 0))
    kernels = ops.convert_to_tensor(kernels.reshape(3, 3, 1, 2).astype(np.float32))
    kernels = array_ops.tile(kernels, array_ops.stack([1, 1, array_ops.shape(image)[-1], 1]), name="sobel_filters")
    padded = array_ops.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    output = nn.depthwise_conv2d(padded, kernels, [1, 1, 1, 1], "VALID")
    output = array_ops.reshape(output, array_ops.concat([array_ops.shape(image), [2]], 0))
    output.set_shape(static.concatenate([2]))
    return output


def random_crop(value, size, seed=None, name=None):
    return random_ops.random_crop(value, size, seed, name)

