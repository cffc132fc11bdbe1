"""Fourier transforms along the last axes."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_util
from tenseur.python.ops import array_ops, gen_ops, math_ops

fft = gen_ops.function("FFT", "Σ x[n] e^(−2πikn/N) along the last axis.")
ifft = gen_ops.function("IFFT", "The inverse of `fft`.")
fft2d = gen_ops.function("FFT2D", "The Fourier transform along the last two axes.")
ifft2d = gen_ops.function("IFFT2D", "The inverse of `fft2d`.")
fft3d = gen_ops.function("FFT3D", "The Fourier transform along the last three axes.")
ifft3d = gen_ops.function("IFFT3D", "The inverse of `fft3d`.")


def _fitted(tensor, sizes, axes):
    """The tensor cut off or filled up with zeros to known sizes along its last axes."""
    known = tensor_util.constant_value(sizes)
    shape = tensor.shape.as_list() if tensor.shape.ndims is not None else None
    if known is None or shape is None:
        return tensor
    own = shape[-axes:]
    if None in own or all(a >= b for a, b in zip(own, known)):
        return tensor
    around = [[0, 0]] * (len(shape) - axes) + [[0, max(int(b) - a, 0)] for a, b in zip(own, known)]
    return array_ops.pad(tensor, around)


def _real(op_type, axes, default):
    def transform(input_tensor, fft_length=None, name=None):
        with ops.name_scope(name, default, [input_tensor, fft_length]) as name:
            x = ops.convert_to_tensor(input_tensor, dtypes.float32)
            x.shape.with_rank_at_least(axes)
            if fft_length is None:
                sizes = array_ops.shape(x)[-axes:]
            else:
                sizes = ops.convert_to_tensor(fft_length, dtypes.int32)
                x = _fitted(x, sizes, axes)
            return getattr(raw_ops, op_type)(input=x, fft_length=sizes, name=name)

    transform.__name__ = transform.__qualname__ = default
    transform.__doc__ = "The half of the Fourier transform of real numbers that is not the other half's mirror image."
    return transform


def _inverse_real(op_type, axes, default):
    def transform(input_tensor, fft_length=None, name=None):
        with ops.name_scope(name, default, [input_tensor, fft_length]) as name:
            x = ops.convert_to_tensor(input_tensor, dtypes.complex64)
            x.shape.with_rank_at_least(axes)
            if fft_length is None:
                whole = array_ops.shape(x)
                last = math_ops.maximum(0, 2 * (whole[-1:] - 1))
                sizes = last if axes == 1 else array_ops.concat([whole[-axes:-1], last], 0)
                known = x.shape.as_list()[-axes:] if x.shape.ndims is not None else [None]
                if None not in known:
                    sizes = ops.convert_to_tensor([*known[:-1], max(0, 2 * (known[-1] - 1))], dtypes.int32)
            else:
                sizes = ops.convert_to_tensor(fft_length, dtypes.int32)
                known = tensor_util.constant_value(sizes)
                if known is not None:
                    x = _fitted(
                        x, ops.convert_to_tensor([*map(int, known[:-1]), int(known[-1]) // 2 + 1], dtypes.int32), axes
                    )
            return getattr(raw_ops, op_type)(input=x, fft_length=sizes, name=name)

    transform.__name__ = transform.__qualname__ = default
    transform.__doc__ = "The real numbers of which the Fourier transform is given by its half."
    return transform


rfft = _real("RFFT", 1, "rfft")
rfft2d = _real("RFFT2D", 2, "rfft2d")
rfft3d = _real("RFFT3D", 3, "rfft3d")
irfft = _inverse_real("IRFFT", 1, "irfft")
irfft2d = _inverse_real("IRFFT2D", 2, "irfft2d")
irfft3d = _inverse_real("IRFFT3D", 3, "irfft3d")


def fftshift(x, axes=None, name=None):
    """The frequencies moved so that 0 is in the middle."""
    return _shifted(x, axes, name, "fftshift", lambda size: size // 2)


def ifftshift(x, axes=None, name=None):
    """The inverse of `fftshift`."""
    return _shifted(x, axes, name, "ifftshift", lambda size: -(size // 2))


def _shifted(x, axes, name, default, by):
    from tenseur.python.ops import manip_ops
    with ops.name_scope(name, default):
        x = ops.convert_to_tensor(x)
        axes = list(range(x.shape.ndims)) if axes is None else axes if isinstance(axes, (list, tuple)) else [axes]
        return manip_ops.roll(x, [by(array_ops.shape(x)[axis]) for axis in axes], list(axes))


def dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The discrete cosine transform of type 2 (or 3, or 1) along the last axis; `norm` may be "ortho"."""
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    with ops.name_scope(name, "dct", [input]):
        x = ops.convert_to_tensor(input, dtype=dtypes.float32)
        if n is not None:
            x = array_ops.pad(x, [[0, 0]] * (x.shape.ndims - 1) + [[0, max(n - x.shape.as_list()[-1], 0)]])[..., :n]
        return math_ops.tensordot(x, _dct_matrix(x.shape.as_list()[-1], type, norm), [[-1], [0]])


def idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The inverse of `dct` (without `norm`, times 2N)."""
    inverse = {1: 1, 2: 3, 3: 2}
    return dct(input, type=inverse[type], n=n, axis=axis, norm=norm, name=name)


def _dct_matrix(size, kind, norm):
    import numpy as np
    if size is None:
        raise NotImplementedError("dct needs a last axis whose size is known")
    n, k = np.arange(size)[:, None], np.arange(size)[None, :]
    if kind == 1:
        if norm is not None:
            raise ValueError(f"Type-I DCT has no normalization. Got norm {norm}")
        matrix = 2 * np.cos(np.pi * n * k / (size - 1))
        matrix[0] /= 2
        matrix[-1] /= 2
    elif kind == 2:
        matrix = 2 * np.cos(np.pi * (n + 0.5) * k / size)
        if norm == "ortho":
            matrix *= np.sqrt(np.where(k == 0, 0.25, 0.5) / size)
    elif kind == 3:
        matrix = 2 * np.cos(np.pi * n * (k + 0.5) / size)
        if norm == "ortho":
            matrix *= np.sqrt(np.where(n == 0, 0.25, 0.5) / size)
        else:
            matrix[0] /= 2
    else:
        raise ValueError(f"Only Types I, II and III (I)DCT are supported, got {kind}")
    return matrix.astype(np.float32)
