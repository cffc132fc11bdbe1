"""What TensorFlow's own tests use: `tensorflow.python.platform.googletest`."""

from tenseur.python.platform.test import Benchmark, StubOutForTesting, TestCase  # noqa: F401
from tenseur.python.platform.test import get_temp_dir as GetTempDir  # noqa: F401
from tenseur.python.platform.test import main  # noqa: F401
