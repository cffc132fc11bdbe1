"""Gradients by differences, to compare with: `tf.test.compute_gradient`."""

import numpy as np

from tenseur.python.framework import ops


def compute_gradient(x, x_shape, y, y_shape, x_init_value=None, delta=1e-3, init_targets=None,
                     extra_feed_dict=None):
    """(by the graph, by differences): the matrices of dy/dx, a row for each number of x and a column for each of y.

    Args:
      x: the tensor, or a list of them (which gives a list of pairs); a session must be the default one.
      delta: the step of the differences, to both sides.
    """
    if isinstance(x, (list, tuple)):
        values = x_init_value or [None] * len(x)
        values = [_start(shape, tensor, value) for tensor, shape, value in zip(x, x_shape, values)]
        feeds = dict(zip(x, values))
        _begin(init_targets)
        return [_compare(tensor, shape, y, y_shape, value, delta, {**feeds, **(extra_feed_dict or {})})
                for tensor, shape, value in zip(x, x_shape, values)]
    _begin(init_targets)
    return _compare(x, x_shape, y, y_shape, _start(x_shape, x, x_init_value), delta, extra_feed_dict or {})


def _begin(init_targets):
    if init_targets is not None:
        for op in init_targets if isinstance(init_targets, (list, tuple)) else [init_targets]:
            op.run()


def _start(shape, x, value):
    if value is not None:
        return np.asarray(value, dtype=x.dtype.base_dtype.as_numpy_dtype)
    return np.asarray(np.random.random_sample(shape), dtype=x.dtype.base_dtype.as_numpy_dtype)


def _compare(x, x_shape, y, y_shape, value, delta, feeds):
    from tenseur.python.ops import array_ops, gradients_impl
    session = ops.get_default_session()
    start = array_ops.placeholder(y.dtype.base_dtype, y_shape)
    slope = gradients_impl.gradients(y, x, start)[0]
    rows, columns = int(np.prod(x_shape)), int(np.prod(y_shape))
    by_graph, by_steps = np.zeros((rows, columns), value.dtype), np.zeros((rows, columns), value.dtype)
    for column in range(columns):
        one = np.zeros(columns, y.dtype.base_dtype.as_numpy_dtype)
        one[column] = 1
        found = session.run(slope, {**feeds, x: value, start: one.reshape(y_shape)}) if slope is not None else 0
        if hasattr(found, "indices"):
            whole = np.zeros(x_shape, value.dtype)
            np.add.at(whole, found.indices, found.values)
            found = whole
        by_graph[:, column] = np.reshape(found, -1)
    for row in range(rows):
        moved = [value.copy(), value.copy()]
        moved[0].reshape(-1)[row] += delta
        moved[1].reshape(-1)[row] -= delta
        up, down = (session.run(y, {**feeds, x: own}) for own in moved)
        by_steps[row] = ((up - down) / (2 * delta)).reshape(-1)
    return by_graph, by_steps


def compute_gradient_error(x, x_shape, y, y_shape, x_init_value=None, delta=1e-3, init_targets=None,
                           extra_feed_dict=None):
    """The largest difference between the graph's gradient and that by differences."""
    found = compute_gradient(x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict)
    pairs = found if isinstance(found, list) else [found]
    return max([0.0] + [float(np.abs(one - other).max()) for one, other in pairs if one.size])
