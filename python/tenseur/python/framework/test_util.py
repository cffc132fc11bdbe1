"""Tests of programs: `tf.test.TestCase`."""

import contextlib
import random
import re
import tempfile
import threading

import numpy as np

from tenseur.core import messages
from tenseur.python.client import session
from tenseur.python.framework import device, errors_impl, ops, random_seed
from tenseur.python.lib.absl.testing import absltest
from tenseur.python.lib.protobuf import text_format

_temporary = None


def get_temp_dir():
    """A folder for what a test writes, empty when the program begins."""
    global _temporary
    if _temporary is None:
        import atexit
        import shutil
        _temporary = tempfile.mkdtemp(prefix="tenseur-test")
        atexit.register(shutil.rmtree, _temporary, ignore_errors=True)
    return _temporary


def is_gpu_available(cuda_only=False, min_cuda_compute_capability=None):
    """Whether there is a graphics card that is used: there is none."""
    return False


def gpu_device_name():
    return ""


def is_built_with_cuda():
    return False


is_built_with_rocm = is_built_with_gpu_support = is_built_with_xla = is_built_with_cuda
IsMklEnabled = GpuSupportsHalfMatMulAndConv = is_built_with_cuda


def assert_equal_graph_def(actual, expected, checkpoint_v2=False, hash_table_shared_name=False):
    """Raises an AssertionError where two graphs differ."""
    from tenseur.python.framework import graph_util_impl
    difference = graph_util_impl.graph_defs_equal(expected, actual)
    if difference:
        raise AssertionError(difference)


assert_equal_graph_def_v1 = assert_equal_graph_def


def assert_ops_in_graph(expected_ops, graph):
    """The nodes that are called so and are of such types."""
    found = {node.name: node for node in graph.as_graph_def().node if expected_ops.get(node.name) == node.op}
    if set(found) != set(expected_ops):
        raise ValueError(f"Not all expected ops are present. Expected {list(expected_ops)}, found {list(found)}")
    return found


class _Checked(threading.Thread):
    """A thread whose exceptions are the test's."""

    def __init__(self, case, target, args=None, kwargs=None):
        super().__init__(daemon=True)
        self._case, self._work, self._arguments, self._named = case, target, args or (), kwargs or {}
        self._error = None

    def run(self):
        try:
            self._work(*self._arguments, **self._named)
        except Exception as error:  # noqa: BLE001 (it is handed on)
            self._error = error

    def join(self, timeout=None):
        super().join(timeout)
        if self._error is not None:
            self._case.fail(f"Error in checkedThread: {self._error}")


class TensorFlowTestCase(absltest.TestCase):
    """A test of graphs: each begins with a new default graph and the same seeds."""

    def __init__(self, methodName="runTest"):
        super().__init__(methodName)
        self._threads = []
        self._tempdir = None
        self._cached_session = None

    def setUp(self):
        self._clear_cached_session()
        random.seed(random_seed.DEFAULT_GRAPH_SEED)
        np.random.seed(random_seed.DEFAULT_GRAPH_SEED)
        ops._default_graph_stack.reset()
        ops.get_default_graph().seed = random_seed.DEFAULT_GRAPH_SEED

    def tearDown(self):
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads = []
        self._clear_cached_session()

    def _clear_cached_session(self):
        if self._cached_session is not None:
            self._cached_session.close()
            self._cached_session = None

    def get_temp_dir(self):
        if self._tempdir is None:
            self._tempdir = tempfile.mkdtemp(dir=get_temp_dir(), prefix=self._testMethodName)
        return self._tempdir

    @contextlib.contextmanager
    def session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """A new session."""
        with session.Session(graph=graph, config=config) as made:
            yield made

    @contextlib.contextmanager
    def cached_session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """The test's session."""
        if self._cached_session is None or graph is not None and self._cached_session.graph is not graph:
            self._cached_session = session.Session(graph=graph, config=config)
        with self._cached_session.graph.as_default(), self._cached_session.as_default():
            yield self._cached_session

    def test_session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """The test's session; a new one with `graph`."""
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")
        if graph is not None:
            return self.session(graph, config)
        return self.cached_session(graph, config)

    def evaluate(self, tensors):
        """The values of the tensors in the default session."""
        found = ops.get_default_session()
        if found is None:
            with self.test_session() as found:
                return found.run(tensors)
        return found.run(tensors)

    def checkedThread(self, target, args=None, kwargs=None):
        thread = _Checked(self, target, args, kwargs)
        self._threads.append(thread)
        return thread

    def _value(self, given):
        if isinstance(given, (ops.Tensor, ops.IndexedSlices)) or hasattr(given, "_as_graph_element"):
            return self.evaluate(given)
        return given

    _GetNdArray = _value

    # --- what must be the same -----------------------------------------------------------------------------------------

    def assertAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):
        """Numbers, arrays, or structures of them are near each other: |a - b| ≤ atol + rtol·|b|."""
        self._all_close(self._value(a), self._value(b), rtol, atol, msg, "")

    def _all_close(self, a, b, rtol, atol, msg, path):
        if hasattr(a, "_asdict"):
            a = a._asdict()
        if hasattr(b, "_asdict"):
            b = b._asdict()
        if isinstance(a, dict) or isinstance(b, dict):
            self.assertIsInstance(a, dict)
            self.assertIsInstance(b, dict)
            self.assertEqual(set(a), set(b), msg)
            for key in a:
                self._all_close(self._value(a[key]), self._value(b[key]), rtol, atol, msg, f"{path}[{key}]")
            return
        if isinstance(a, (list, tuple)):
            a = [self._value(one) for one in a]
            b = [self._value(one) for one in b]
            try:
                first, other = np.array(a), np.array(b)
                regular = first.dtype != object and other.dtype != object
            except ValueError:
                regular = False
            if not regular:
                self.assertEqual(len(a), len(b), msg)
                for number, (one, two) in enumerate(zip(a, b)):
                    self._all_close(one, two, rtol, atol, msg, f"{path}[{number}]")
                return
        a, b = np.asarray(a), np.asarray(b)
        self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg or ''}")
        rtol, atol = (max(rtol, 1e-3), max(atol, 1e-3)) if np.float16 in (a.dtype, b.dtype) else (rtol, atol)
        if not np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True):
            a, b = np.atleast_1d(a), np.atleast_1d(b)
            far = np.abs(a - b) > atol + rtol * np.abs(b)
            self.fail(f"{msg + ': ' if msg else ''}{path} not close where = {np.where(far)}; lhs = {a[far]}, rhs = {b[far]}, "
                      f"dif = {np.abs(a - b)[far]}, tol = {(atol + rtol * np.abs(b))[far]}")

    def assertAllCloseAccordingToType(self, a, b, rtol=1e-6, atol=1e-6, float_rtol=1e-6, float_atol=1e-6, half_rtol=1e-3,
                                      half_atol=1e-3, bfloat16_rtol=1e-2, bfloat16_atol=1e-2, msg=None):
        a, b = np.asarray(self._value(a)), np.asarray(self._value(b))
        if np.float32 in (a.dtype, b.dtype):
            rtol, atol = max(rtol, float_rtol), max(atol, float_atol)
        if np.float16 in (a.dtype, b.dtype):
            rtol, atol = max(rtol, half_rtol), max(atol, half_atol)
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNotAllClose(self, a, b, **kwargs):
        try:
            self.assertAllClose(a, b, **kwargs)
        except AssertionError:
            return
        self.fail(f"The two values are close at all elements: {a}")

    def assertAllEqual(self, a, b, msg=None):
        """Arrays are the same."""
        a, b = np.asarray(self._value(a)), np.asarray(self._value(b))
        if a.ndim == 0 and b.ndim <= 1 and b.size == 1:
            b = b.reshape(())
        self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg or ''}")
        if "S" in (a.dtype.kind, b.dtype.kind) or object in (a.dtype, b.dtype) or "U" in (a.dtype.kind, b.dtype.kind):
            a, b = (np.array([item.encode() if isinstance(item, str) else item for item in one.reshape(-1).tolist()],
                             dtype=object).reshape(one.shape) for one in (a, b))
        same = a == b
        if a.dtype.kind in "fc" and b.dtype.kind in "fc":
            same = np.logical_or(same, np.logical_and(np.isnan(a), np.isnan(b)))
        if not np.all(same):
            a, b, differ = np.atleast_1d(a), np.atleast_1d(b), np.atleast_1d(~np.asarray(same, bool))
            self.fail(f"{msg + ': ' if msg else ''}not equal where = {np.where(differ)}; lhs = {a[differ]}, rhs = {b[differ]}")

    def assertNotAllEqual(self, a, b, msg=None):
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        self.fail(f"The two values are equal at all elements. {msg or ''}")

    def assertNear(self, f1, f2, err, msg=None):
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1!r} != {f2!r} +/- {err!r}{f' ({msg})' if msg else ''}")

    def assertArrayNear(self, farray1, farray2, err, msg=None):
        self.assertEqual(len(farray1), len(farray2), msg)
        for one, other in zip(farray1, farray2):
            self.assertNear(float(one), float(other), err, msg)

    def assertNDArrayNear(self, ndarray1, ndarray2, err, msg=None):
        self.assertLess(np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2)), err, msg)

    def assertAllGreater(self, a, comparison_target):
        self.assertGreater(np.min(self._value(a)), comparison_target)

    def assertAllGreaterEqual(self, a, comparison_target):
        self.assertGreaterEqual(np.min(self._value(a)), comparison_target)

    def assertAllLess(self, a, comparison_target):
        self.assertLess(np.max(self._value(a)), comparison_target)

    def assertAllLessEqual(self, a, comparison_target):
        self.assertLessEqual(np.max(self._value(a)), comparison_target)

    def assertAllInRange(self, target, lower_bound, upper_bound, open_lower_bound=False,
                         open_upper_bound=False):
        values = np.asarray(self._value(target))
        low = values > lower_bound if open_lower_bound else values >= lower_bound
        high = values < upper_bound if open_upper_bound else values <= upper_bound
        if not np.all(low & high):
            self.fail(f"not all within {lower_bound} and {upper_bound}: {np.atleast_1d(values)[np.atleast_1d(~(low & high))]}")

    def assertAllInSet(self, target, expected_set):
        left = set(np.asarray(self._value(target)).reshape(-1).tolist()) - set(expected_set)
        if left:
            self.fail(f"values that are not expected: {left}")

    def assertShapeEqual(self, np_array, tf_tensor, msg=None):
        self.assertAllEqual(np_array.shape, tf_tensor.get_shape().as_list(), msg)

    def assertDeviceEqual(self, device1, device2, msg=None):
        self.assertEqual(device.canonical_name(device1), device.canonical_name(device2), msg)

    def assertProtoEquals(self, expected_message_maybe_ascii, message, msg=None):
        """A message is what another, or a text, says."""
        expected = expected_message_maybe_ascii
        if not isinstance(expected, messages.Message):
            expected = text_format.Merge(expected, type(message)())
        if expected != message:
            self.assertMultiLineEqual(str(expected), str(message), msg)
            self.fail(msg or "the messages differ")

    def assertProtoEqualsVersion(self, expected, actual, *_, msg=None, **__):
        self.assertProtoEquals(expected, actual, msg)

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(self, exception_type, expected_err_re_or_predicate):
        """The block raises such an exception, whose text the expression (or function) fits."""
        if callable(expected_err_re_or_predicate):
            fits = expected_err_re_or_predicate
        else:
            def fits(error):
                text = error.message if isinstance(error, errors_impl.OpError) else str(error)
                return bool(re.search(expected_err_re_or_predicate, text))
        try:
            yield
        except exception_type as error:
            if not fits(error):
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
            return
        self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate):
        return self.assertRaisesWithPredicateMatch(errors_impl.OpError, expected_err_re_or_predicate)

    def assertRaisesIncompatibleShapesError(self, exception_type=errors_impl.InvalidArgumentError, **_):
        return self.assertRaises((exception_type, ValueError))


class Benchmark:
    """A measurement of a program: `report_benchmark` prints what it found."""

    def report_benchmark(self, iters=None, cpu_time=None, wall_time=None, throughput=None, extras=None,
                         name=None, metrics=None):
        print(f"{name or type(self).__name__}: iters={iters} wall_time={wall_time} throughput={throughput} {extras or ''}")

    def run_op_benchmark(self, sess, op_or_tensor, feed_dict=None, burn_iters=2, min_iters=10, name=None,
                         **_):
        import time
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict)
        times = []
        for _ in range(min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict)
            times.append(time.perf_counter() - start)
        median = sorted(times)[len(times) // 2]
        self.report_benchmark(iters=min_iters, wall_time=median, name=name)
        return {"iters": min_iters, "wall_time": median}


class StubOutForTesting:
    """Replaces attributes, and puts them back."""

    def __init__(self):
        self._kept = []

    def Set(self, parent, child_name, new_child):
        self._kept.append((parent, child_name, getattr(parent, child_name)))
        setattr(parent, child_name, new_child)

    SmartSet = Set

    def UnsetAll(self):
        for parent, name, value in reversed(self._kept):
            setattr(parent, name, value)
        self._kept = []

    SmartUnsetAll = UnsetAll


def run_v1_only(reason):
    return lambda decorated: decorated


def _same(decorated=None, *_, **__):
    return decorated if callable(decorated) else lambda own: own


run_in_graph_and_eager_modes = run_all_in_graph_and_eager_modes = run_deprecated_v1 = _same


def CudaSupportsHalfMatMulAndConv():
    return False


def IsMklEnabled():
    return False
