"""Eager execution, which there is not: tenseur is graphs and sessions."""


def executing_eagerly():
    """False: operations are added to a graph, and a session runs them."""
    return False


def in_eager_mode():
    return False


def num_gpus():
    return 0


def enable_eager_execution(config=None, device_policy=None, execution_mode=None):
    """Refused.

    Raises:
      NotImplementedError: always.
    """
    raise NotImplementedError("eager execution is not there in tenseur: build a graph, and run it with tf.Session")
