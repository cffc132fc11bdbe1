"""Where the package lies: `tf.sysconfig`."""

import os as _os


def get_include():
    """The folder where C++ headers would be; there are none."""
    return _os.path.join(get_lib(), "include")


def get_lib():
    import tenseur
    return _os.path.dirname(_os.path.abspath(tenseur.__file__))


def get_compile_flags():
    return []


def get_link_flags():
    return []
