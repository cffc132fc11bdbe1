"""`tf.test`."""

import sys as _sys
import unittest as _unittest
from unittest import mock  # noqa: F401

from tenseur.python.framework.test_util import (Benchmark, StubOutForTesting, assert_equal_graph_def, get_temp_dir,  # noqa: F401
                                                gpu_device_name, is_built_with_cuda, is_built_with_gpu_support,
                                                is_built_with_rocm, is_gpu_available)
from tenseur.python.framework.test_util import TensorFlowTestCase as TestCase  # noqa: F401
from tenseur.python.ops.gradient_checker import compute_gradient, compute_gradient_error  # noqa: F401


def main(argv=None):
    """Runs the tests of the program; flags that it defined are parsed first."""
    from tenseur.python.platform import app

    def run(left):
        return _unittest.main(argv=left)

    app.run(run, argv or _sys.argv)


def test_src_dir_path(relative_path):
    """The path of something that lies beside the package."""
    from tenseur.python.platform import resource_loader
    import os
    return os.path.join(resource_loader.get_root_dir_with_all_resources(), "tenseur", relative_path)


def create_local_cluster(num_workers, num_ps, protocol="grpc", worker_config=None, ps_config=None):
    raise NotImplementedError("tf.test.create_local_cluster is not there: tenseur runs in one process (tf.Session)")
