"""The handwritten digits that come with tenseur: small enough to train on at once, without a network or a file."""

from tenseur import _core


def load():
    """1,797 images float32 [1797, 64] of 8×8 pixels, each 0 to 1, and their classes int32 [1797].

    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
    https://doi.org/10.24432/C50P49, CC BY 4.0.
    """
    return _core.digits()
