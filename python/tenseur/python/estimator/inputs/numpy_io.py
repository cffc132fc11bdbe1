"""Arrays and tables as inputs: `tf.estimator.inputs`."""

import numpy as np

from tenseur.python.data.ops import dataset_ops


def numpy_input_fn(x, y=None, batch_size=128, num_epochs=1, shuffle=None, queue_capacity=1000, num_threads=1):
    """A function that gives batches of arrays.

    Args:
      x: an array, or a dictionary of them, of equal lengths.
      y: labels: likewise, or none.
      num_epochs: how often all come; `None` for ever.

    Raises:
      ValueError: where shuffle is not told, or lengths differ.
    """
    if not isinstance(shuffle, bool):
        raise ValueError("shuffle must be provided and explicitly set as boolean (it is recommended to set it as True for "
                         f"training); got {shuffle}")

    def input_fn():
        if isinstance(x, dict) and not x:
            raise ValueError("x cannot be an empty dict.")
        if not isinstance(x, (dict, np.ndarray)):
            raise TypeError(f"x must be a dict or array; got {type(x).__name__}")
        if isinstance(y, dict) and isinstance(x, dict) and set(x) & set(y):
            raise ValueError(f"{len(set(x) & set(y))} duplicate keys are found in both x and y: {set(x) & set(y)}.")
        every = [*(x.values() if isinstance(x, dict) else [x]), *(y.values() if isinstance(y, dict) else [] if y is None else [y])]
        lengths = {len(array) for array in every}
        if len(lengths) > 1:
            raise ValueError(f"Length of tensors in x and y is mismatched. All elements in x and y must have the same length: {lengths}")
        arrays = (_arrays(x),) if y is None else (_arrays(x), _arrays(y))
        found = _batches(arrays, lengths.pop(), batch_size, num_epochs, shuffle, queue_capacity)
        return found[0] if y is None else found
    return input_fn


def _arrays(value):
    return {key: np.asarray(one) for key, one in value.items()} if isinstance(value, dict) else np.asarray(value)


def _batches(arrays, length, batch_size, num_epochs, shuffle, capacity):
    """Tensors of the next batch; each epoch comes in another order."""
    data = dataset_ops.Dataset.from_tensor_slices(arrays)
    if shuffle:
        data = data.shuffle(max(length, 1))
    data = data.repeat(num_epochs).batch(batch_size)
    return data.make_one_shot_iterator().get_next()
