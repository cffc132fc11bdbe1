"""Seeds of datasets."""

from tenseur.python.framework import random_seed


def get_seed(seed):
    """The two seeds of a dataset; both 0 where nobody gave one, and every session draws other numbers."""
    one, two = random_seed.get_seed(None if seed is None else int(seed))
    if one is None and two is None:
        return 0, 0
    if (one or 0, two or 0) == (0, 0):
        return 0, 2**31 - 1
    return one or 0, two or 0
