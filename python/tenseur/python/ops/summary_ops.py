"""Summary ops: they make Summary messages of tensors."""

import numpy as np

from tenseur.core import messages
from tenseur.core.framework import summary_pb2
from tenseur.python.framework import dtypes, errors_impl, host_ops
from tenseur.python.summary import image_codec


def _tags(value):
    """The tags as a list, and whether there is one for all."""
    if isinstance(value, bytes):
        return [value.decode()]
    return [tag.decode() for tag in np.asarray(value, dtype=object).reshape(-1).tolist()]


def _string(dtype=dtypes.string):
    return [(dtype, ())]


def _given(message):
    return [([message.SerializeToString()], ())]


@host_ops.register("ScalarSummary")
def _scalar(node):
    def summarize(inputs):
        tags, values = _tags(inputs[0]), np.asarray(inputs[1]).reshape(-1).tolist()
        if len(tags) != len(values):
            raise errors_impl.InvalidArgumentError(None, None, f"tags and values not the same shape: {len(tags)} and {len(values)}")
        summary = summary_pb2.Summary()
        for tag, value in zip(tags, values):
            summary.value.add(tag=tag, simple_value=value)
        return _given(summary)
    return _string(), summarize


def _limits():
    limits, limit = [], 1e-12
    while limit < 1e20:
        limits.append(limit)
        limit *= 1.1
    top = float(np.finfo(np.float64).max)
    return np.array([-top, *(-limit for limit in reversed(limits)), 0.0, *limits, top])


_LIMITS = None


def histogram_of(values):
    """The HistogramProto of an array: how many values lie below each limit; limits grow by a tenth."""
    global _LIMITS
    if _LIMITS is None:
        _LIMITS = _limits()
    values = np.asarray(values, np.float64).reshape(-1)
    counts = np.bincount(np.minimum(np.searchsorted(_LIMITS, values, side="right"), len(_LIMITS) - 1),
                         minlength=len(_LIMITS))
    message = summary_pb2.HistogramProto(num=float(values.size), sum=float(values.sum()),
                                         sum_squares=float(values @ values))
    if values.size:
        message.min, message.max = float(values.min()), float(values.max())
    else:
        message.min, message.max = float(_LIMITS[-1]), -float(_LIMITS[-1])
    # A run of empty buckets is one: its last.
    filled = counts > 0
    kept = filled.copy()
    kept[:-1] |= filled[1:]
    kept[-1] = True
    list.extend(message.bucket_limit, _LIMITS[kept].tolist())
    list.extend(message.bucket, counts[kept].astype(np.float64).tolist())
    return message


@host_ops.register("HistogramSummary")
def _histogram(node):
    def summarize(inputs):
        values = np.asarray(inputs[1], np.float64)
        tag = _tags(inputs[0])[0]
        if not np.isfinite(values).all():
            kind = "Nan" if np.isnan(values).any() else "Infinity"
            raise errors_impl.InvalidArgumentError(None, None, f"{kind} in summary histogram for: {tag}")
        summary = summary_pb2.Summary()
        summary.value.add(tag=tag, histo=histogram_of(values))
        return _given(summary)
    return _string(), summarize


def _pixels(image, bad):
    """An image as bytes: 0 to 255 for numbers that are at least 0, else 127 for 0, as far as the numbers go."""
    if image.dtype == np.uint8:
        return image
    image = image.astype(np.float32)
    finite = np.isfinite(image)
    good = image[finite.all(axis=-1)]
    low, high = (good.min(), good.max()) if good.size else (0.0, 0.0)
    if low < 0:
        largest = max(abs(low), abs(high))
        scale, offset = (0.0 if largest < 1e-6 else 127.0 / largest), 128.0
    else:
        scale, offset = (0.0 if high < 1e-6 else 255.0 / high), 0.0
    with np.errstate(invalid="ignore"):
        pixels = np.clip(image * scale + offset, 0, 255)
    whole = np.where(np.isfinite(pixels), pixels, 0).astype(np.uint8)
    whole[~finite.all(axis=-1)] = bad[:image.shape[-1]]
    return whole


@host_ops.register("ImageSummary")
def _image(node):
    most = node.attrs.get("max_images", 3)

    def summarize(inputs):
        tag, images = _tags(inputs[0])[0], inputs[1]
        if images.ndim != 4 or images.shape[3] not in (1, 3, 4):
            raise errors_impl.InvalidArgumentError(
                None, None, f"Tensor must be 4-D with last dim 1, 3, or 4, not {list(images.shape)}")
        summary = summary_pb2.Summary()
        bad = np.array([255, 0, 0, 255], np.uint8)
        for number in range(min(most, len(images))):
            height, width, depth = images[number].shape
            encoded = image_codec.png(_pixels(images[number], bad))
            value = summary.value.add(tag=f"{tag}/image" if most == 1 else f"{tag}/image/{number}")
            value.image.height, value.image.width, value.image.colorspace = height, width, depth
            value.image.encoded_image_string = encoded
        return _given(summary)
    return _string(), summarize


@host_ops.register("AudioSummaryV2", "AudioSummary")
def _audio(node):
    most = node.attrs.get("max_outputs", 3)

    def summarize(inputs):
        tag, sounds = _tags(inputs[0])[0], np.asarray(inputs[1], np.float32)
        rate = float(np.asarray(inputs[2])) if len(inputs) > 2 else float(node.attrs["sample_rate"])
        if sounds.ndim == 2:
            sounds = sounds[:, :, None]
        summary = summary_pb2.Summary()
        for number in range(min(most, len(sounds))):
            value = summary.value.add(tag=f"{tag}/audio" if most == 1 else f"{tag}/audio/{number}")
            audio = value.audio
            audio.sample_rate, audio.num_channels, audio.length_frames = rate, sounds.shape[2], sounds.shape[1]
            audio.content_type = "audio/wav"
            audio.encoded_audio_string = image_codec.wav(sounds[number], int(rate))
        return _given(summary)
    return _string(), summarize


@host_ops.register("MergeSummary")
def _merge(node):
    def summarize(inputs):
        merged, tags = [], set()
        for serialized in inputs:
            for one in [serialized] if isinstance(serialized, bytes) else np.asarray(serialized, dtype=object).reshape(-1).tolist():
                for tag in _tags_in(one):
                    if tag in tags:
                        raise errors_impl.InvalidArgumentError(None, None, f"Duplicate tag {tag.decode()} found in summary inputs")
                    tags.add(tag)
                merged.append(one)
        # Bytes of messages, one after the other, are the bytes of the merged message.
        return [([b"".join(merged)], ())]
    return _string(), summarize


def _tags_in(summary):
    """The tags of a serialized summary's values."""
    for number, _, start, stop in messages.parts(summary):
        if number == 1:
            for field, _, first, last in messages.parts(summary, start, stop):
                if field == 1 and last > first:
                    yield summary[first:last]


@host_ops.register("TensorSummaryV2")
def _tensor(node):
    def summarize(inputs):
        from tenseur.python.framework import tensor_util
        summary = summary_pb2.Summary()
        value = summary.value.add(tag=_tags(inputs[0])[0])
        value.tensor.CopyFrom(tensor_util.make_tensor_proto(inputs[1]))
        value.metadata.MergeFromString(inputs[2])
        return _given(summary)
    return _string(), summarize


def tensor_summary(name, tensor, summary_description=None, collections=None, summary_metadata=None, family=None,
                   display_name=None):
    """As `tf.summary.tensor_summary`."""
    from tenseur.python.summary import summary
    return summary.tensor_summary(name, tensor, summary_description, collections, summary_metadata, family,
                                  display_name)
