"""Gradients: what TensorFlow keeps in `gradients_impl` and `custom_gradient`."""

from tenseur.python.ops.custom_gradient import custom_gradient, recompute_grad  # noqa: F401
from tenseur.python.ops.gradients_impl import (  # noqa: F401
    AggregationMethod, UnconnectedGradients, _hessian_vector_product, gradients, hessians,
)
