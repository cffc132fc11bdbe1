"""What version of TensorFlow this is: `tf.VERSION`, `tf.version`."""

import tenseur as _tenseur

__version__ = VERSION = _tenseur.__version__
__git_version__ = GIT_VERSION = f"tenseur-{_tenseur.tenseur_version}"
__compiler_version__ = COMPILER_VERSION = "rustc"
__cxx11_abi_flag__ = CXX11_ABI_FLAG = 0
__monolithic_build__ = MONOLITHIC_BUILD = 1

#: The version that written graphs say they are of, and the oldest that are read.
GRAPH_DEF_VERSION = 2474
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0
