"""The Kullback-Leibler divergence of two distributions: E_a[log a − log b]."""

from tenseur.python.framework import ops

_DIVERGENCES = {}


def _registered(kind_a, kind_b):
    for base_a in kind_a.__mro__:
        for base_b in kind_b.__mro__:
            found = _DIVERGENCES.get((base_a, base_b))
            if found is not None:
                return found
    return None


def kl_divergence(distribution_a, distribution_b, allow_nan_stats=True, name=None):
    """KL(a ‖ b), by the formula registered for the two kinds.

    Raises:
      NotImplementedError: where none is.
    """
    function = _registered(type(distribution_a), type(distribution_b))
    if function is None:
        raise NotImplementedError(
            f"No KL(distribution_a || distribution_b) registered for distribution_a type {type(distribution_a).__name__} and "
            f"distribution_b type {type(distribution_b).__name__}")
    with ops.name_scope(name, "KullbackLeibler"):
        return function(distribution_a, distribution_b, name=None)


def cross_entropy(ref, other, allow_nan_stats=True, name=None):
    """−E_ref[log other] = H[ref] + KL(ref ‖ other)."""
    with ops.name_scope(name, "cross_entropy"):
        return ref.entropy() + kl_divergence(ref, other, allow_nan_stats)


class RegisterKL:
    """Registers a function of (a, b, name) for two kinds of distributions."""

    def __init__(self, dist_cls_a, dist_cls_b):
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn):
        if self._key in _DIVERGENCES:
            raise ValueError(f"KL({self._key[0].__name__} || {self._key[1].__name__}) has already been registered to: "
                             f"{_DIVERGENCES[self._key]}")
        _DIVERGENCES[self._key] = kl_fn
        return kl_fn
