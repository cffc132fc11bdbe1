"""`tf.contrib.learn.datasets`."""

from tenseur.contrib.learn.python.learn.datasets import base, mnist  # noqa: F401
from tenseur.contrib.learn.python.learn.datasets.base import load_boston, load_iris  # noqa: F401

DATASETS = {"iris": load_iris, "boston": load_boston, "mnist": mnist.load_mnist}
SIZES = ["small", "medium", "large"]


def load_dataset(name, size="small", test_with_fake_data=False):
    """The dataset called so: iris, boston or mnist.

    Raises:
      ValueError: where there is none called so.
    """
    if name == "dbpedia":
        raise NotImplementedError("the dbpedia articles are not there in tenseur; iris, boston and mnist are, from files")
    if name not in DATASETS:
        raise ValueError(f"Name of dataset is not found: {name}")
    return DATASETS[name]()


def make_dataset(name, n_samples=100, noise=None, seed=42, *args, **kwargs):
    raise NotImplementedError("tf.contrib.learn.datasets.make_dataset is not there; load_dataset is")
