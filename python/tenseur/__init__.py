"""Deep learning as a dataflow graph: TensorFlow 1's programs, run by tenseur's engine.

    import tenseur as tf

    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.reduce_sum(x * x)
    with tf.Session() as sess:
        print(sess.run(y, {x: [[3.0, 4.0]]}))  # 25.0
"""

import sys as _sys

from tenseur import _core
from tenseur.python import api as _api

__version__ = "1.15.0"  # the version of TensorFlow whose programs run
VERSION = __version__
version_info = (1, 15, 0)
tenseur_version = _core.__version__

_api.install(_sys.modules[__name__])


def install():
    """Lets `import tensorflow` find tenseur in this process: the same modules, the same objects.

    Raises:
      RuntimeError: where another TensorFlow has been imported already.
    """
    from tenseur import import_hook
    import_hook.install()


def coverage(path):
    """What of TensorFlow the program at `path` (or all those in a folder) uses, and what of it is missing here."""
    from tenseur import program_coverage
    return program_coverage.coverage(path)


def __getattr__(name):
    return _api.lookup(_sys.modules[__name__], __name__, _entries, name)  # noqa: F821


def __dir__():
    return sorted({*_entries, *(name for name in globals() if not name.startswith("_"))})  # noqa: F821
