"""Tables of pandas as inputs."""

from tenseur.python.estimator.inputs import numpy_io


def pandas_input_fn(x, y=None, batch_size=128, num_epochs=1, shuffle=None, queue_capacity=1000, num_threads=1,
                    target_column="target"):
    """A function that gives batches of a DataFrame's rows: a dictionary by column, and the index.

    Raises:
      ValueError: where shuffle is not told, or the indices differ.
    """
    if not isinstance(shuffle, bool):
        raise ValueError("shuffle must be provided and explicitly set as boolean (it is recommended to set it as True for "
                         f"training); got {shuffle}")
    if y is not None and not (x.index == y.index).all():
        raise ValueError("Index for x and y are mismatched.")
    features = {name: _plain(x[name]) for name in x.columns}
    labels = None
    if y is not None:
        labels = {name: _plain(y[name]) for name in y.columns} if hasattr(y, "columns") else _plain(y)
    return numpy_io.numpy_input_fn(features, labels, batch_size, num_epochs, shuffle, queue_capacity, num_threads)


def _plain(series):
    """A column as NumPy has it: text as objects."""
    array = series.to_numpy()
    return array if array.dtype.kind in "biufc" else array.astype(object)
