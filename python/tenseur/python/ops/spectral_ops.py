"""Fourier transforms, under the name of the module that they had (`tf.spectral`)."""

from tenseur.python.ops.signal.fft_ops import (  # noqa: F401
    dct, fft, fft2d, fft3d, idct, ifft, ifft2d, ifft3d, irfft, irfft2d, irfft3d, rfft, rfft2d, rfft3d,
)
