"""Frames, windows, short-time Fourier transforms and mel scales (`tf.signal`)."""

import math

import numpy as np

from tenseur.python.framework import constant_op, dtypes, ops
from tenseur.python.ops import array_ops, math_ops
from tenseur.python.ops.signal import fft_ops


def frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    """The pieces of `frame_length` elements that begin every `frame_step` along `axis`, as a new axis before it."""
    with ops.name_scope(name, "frame", [signal]):
        signal = ops.convert_to_tensor(signal, name="signal")
        ndims = signal.shape.ndims
        axis = axis + ndims if axis < 0 else axis
        known = signal.shape.as_list()[axis]
        length = array_ops.shape(signal)[axis] if known is None else known
        if pad_end:
            count = -(-length // frame_step)
            missing = math_ops.maximum(0, frame_length + frame_step * (count - 1) - length) if known is None else \
                max(0, frame_length + frame_step * (count - 1) - length)
            around = array_ops.stack([[0, missing if one == axis else 0] for one in range(ndims)])
            signal = array_ops.pad(signal, around, constant_values=pad_value)
        elif known is None:
            count = math_ops.maximum(0, 1 + (length - frame_length) // frame_step)
        else:
            count = max(0, 1 + (length - frame_length) // frame_step)
        starts = array_ops.expand_dims(math_ops.range(count) * frame_step, 1)
        return array_ops.gather(signal, starts + math_ops.range(frame_length), axis=axis)


def overlap_and_add(signal, frame_step, name=None):
    """The sum of frames that begin every `frame_step` elements: of shape […, frames, length]."""
    with ops.name_scope(name, "overlap_and_add", [signal]):
        signal = ops.convert_to_tensor(signal, name="signal")
        sizes = array_ops.shape(signal)
        frames, length = sizes[-2], sizes[-1]
        whole = frame_step * (frames - 1) + length
        places = array_ops.reshape(
            array_ops.expand_dims(math_ops.range(frames) * frame_step, 1) + math_ops.range(length), [-1]
        )
        flat = array_ops.transpose(array_ops.reshape(signal, array_ops.stack([-1, frames * length])))
        summed = array_ops.transpose(math_ops.unsorted_segment_sum(flat, places, whole))
        return array_ops.reshape(summed, array_ops.concat([sizes[:-2], [whole]], 0))


def _raised_cosine(name, default, window_length, periodic, dtype, a, b):
    if not dtypes.as_dtype(dtype).is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {dtype}")
    with ops.name_scope(name, default, [window_length, periodic]):
        length = ops.convert_to_tensor(window_length, dtype=dtypes.int32, name="window_length")
        known = window_length if isinstance(window_length, int) else None
        if known == 1:
            return array_ops.ones([1], dtype=dtype)
        odd = known % 2 if known is not None else length % 2
        whole = math_ops.cast(length + (1 if periodic else 0) * (1 - odd) - 1, dtype)
        count = math_ops.cast(math_ops.range(length), dtype)
        return a - b * math_ops.cos(constant_op.constant(2 * math.pi, dtype=dtype) * count / whole)


def hann_window(window_length, periodic=True, dtype=dtypes.float32, name=None):
    """½ − ½ cos(2πn/N)"""
    return _raised_cosine(name, "hann_window", window_length, periodic, dtype, 0.5, 0.5)


def hamming_window(window_length, periodic=True, dtype=dtypes.float32, name=None):
    """0.54 − 0.46 cos(2πn/N)"""
    return _raised_cosine(name, "hamming_window", window_length, periodic, dtype, 0.54, 0.46)


def _enclosing_power_of_two(value):
    return int(2 ** np.ceil(np.log(value) / np.log(2.0)))


def stft(signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False, name=None):
    """The Fourier transforms of the signal's frames, each times a window."""
    with ops.name_scope(name, "stft", [signals]):
        signals = ops.convert_to_tensor(signals, name="signals")
        fft_length = _enclosing_power_of_two(frame_length) if fft_length is None else fft_length
        frames = frame(signals, frame_length, frame_step, pad_end=pad_end)
        if window_fn is not None:
            frames *= window_fn(frame_length, dtype=frames.dtype)
        return fft_ops.rfft(frames, [fft_length])


def inverse_stft_window_fn(frame_step, forward_window_fn=hann_window, name=None):
    """The window with which `inverse_stft` gives back what `stft` was made of."""
    def window(frame_length, dtype=dtypes.float32):
        with ops.name_scope(name, "inverse_stft_window_fn", [forward_window_fn]):
            forward = forward_window_fn(frame_length, dtype=dtype)
            overlaps = -(-frame_length // frame_step)
            squares = array_ops.pad(math_ops.square(forward), [[0, overlaps * frame_step - frame_length]])
            sums = math_ops.reduce_sum(array_ops.reshape(squares, [overlaps, frame_step]), 0, keepdims=True)
            sums = array_ops.reshape(array_ops.tile(sums, [overlaps, 1]), [overlaps * frame_step])
            return forward / sums[:frame_length]
    return window


def inverse_stft(stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None):
    """The signal of which `stfts` are the short-time Fourier transforms."""
    with ops.name_scope(name, "inverse_stft", [stfts]):
        stfts = ops.convert_to_tensor(stfts, name="stfts")
        fft_length = _enclosing_power_of_two(frame_length) if fft_length is None else fft_length
        frames = fft_ops.irfft(stfts, [fft_length])[..., :frame_length]
        if window_fn is not None:
            frames *= window_fn(frame_length, dtype=frames.dtype)
        return overlap_and_add(frames, frame_step)


def linear_to_mel_weight_matrix(num_mel_bins=20, num_spectrogram_bins=129, sample_rate=8000, lower_edge_hertz=125.0,
                                upper_edge_hertz=3800.0, dtype=dtypes.float32, name=None):
    """The matrix [num_spectrogram_bins, num_mel_bins] that takes a spectrum to the mel scale by triangles."""
    if num_mel_bins <= 0 or sample_rate <= 0.0 or not 0 <= lower_edge_hertz < upper_edge_hertz <= sample_rate / 2:
        raise ValueError(
            "num_mel_bins and sample_rate must be positive, and 0 <= lower_edge_hertz < upper_edge_hertz <= "
            "sample_rate / 2"
        )

    def to_mel(hertz):
        return 1127.0 * np.log(1.0 + np.asarray(hertz, np.float64) / 700.0)

    frequencies = np.linspace(0.0, sample_rate / 2.0, num_spectrogram_bins)[1:]
    mels = to_mel(frequencies)[:, None]
    edges = np.linspace(to_mel(lower_edge_hertz), to_mel(upper_edge_hertz), num_mel_bins + 2)
    lower, center, upper = edges[:-2][None, :], edges[1:-1][None, :], edges[2:][None, :]
    weights = np.maximum(0.0, np.minimum((mels - lower) / (center - lower), (upper - mels) / (upper - center)))
    with ops.name_scope(name, "linear_to_mel_weight_matrix"):
        return constant_op.constant(np.pad(weights, [[1, 0], [0, 0]]), dtype=dtype)


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms, name=None):
    """The cepstrum of logarithms of mel spectra: their cosine transform over √(2N)."""
    with ops.name_scope(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        spectra = ops.convert_to_tensor(log_mel_spectrograms, dtype=dtypes.float32)
        bins = spectra.shape.as_list()[-1]
        return fft_ops.dct(spectra, type=2) / math.sqrt(bins * 2.0)
