"""Sessions: they keep the variables and run parts of a graph."""

import threading
import time

import numpy as np

from tenseur import _core
from tenseur.python.client import end_of_program, step_stats
from tenseur.python.framework import dtypes, errors_impl, ops, tensor_util


class _Fetches:
    """What a nested structure asks for, and how the results are put back into it."""

    def __init__(self, graph, fetches):
        self.edges, self.targets = [], []
        self._places = {}
        self.build = self._walk(graph, fetches)

    def _tensor(self, tensor):
        place = self._places.get(tensor)
        if place is None:
            place = self._places[tensor] = len(self.edges)
            self.edges.append(tensor)
        return lambda results: results[place]

    def _walk(self, graph, fetch):
        if fetch is None:
            raise TypeError(f"Fetch argument {fetch!r} has invalid type {type(fetch)}")
        if isinstance(fetch, (list, tuple)) and not isinstance(fetch, ops.IndexedSlices):
            parts = [self._walk(graph, part) for part in fetch]
            if hasattr(fetch, "_fields") and hasattr(type(fetch), "_make"):
                kind = type(fetch)
                return lambda results: kind._make(part(results) for part in parts)
            kind = type(fetch) if type(fetch) in (list, tuple) else list
            return lambda results: kind(part(results) for part in parts)
        if isinstance(fetch, dict):
            parts = [(key, self._walk(graph, part)) for key, part in fetch.items()]
            kind = type(fetch)
            return lambda results: kind((key, part(results)) for key, part in parts)
        if isinstance(fetch, ops.IndexedSlices):
            parts = [self._walk(graph, part) for part in (fetch.values, fetch.indices)]
            shape = None if fetch.dense_shape is None else self._walk(graph, fetch.dense_shape)
            value = IndexedSlicesValue
            return lambda results: value(parts[0](results), parts[1](results),
                                         None if shape is None else shape(results))
        for kind, function in _fetch_functions:
            if isinstance(fetch, kind):
                subtensors, contract = function(fetch)
                parts = [self._walk(graph, part) for part in subtensors]
                return lambda results: contract([part(results) for part in parts])
        try:
            element = graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            raise TypeError(f"Fetch argument {fetch!r} has invalid type {type(fetch)}, must be a string or Tensor. ({error})") from None
        except ValueError as error:
            raise ValueError(f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({error})") from None
        except KeyError as error:
            raise ValueError(f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({error})") from None
        if not graph.is_fetchable(element):
            raise ValueError(f"Operation {element.name!r} has been marked as not fetchable.")
        if isinstance(element, ops.Operation):
            self.targets.append(element)
            return lambda results: None
        return self._tensor(element)


class IndexedSlicesValue(tuple):
    """What a run gives for `IndexedSlices`."""

    __slots__ = ()

    def __new__(cls, values, indices, dense_shape):
        return tuple.__new__(cls, (values, indices, dense_shape))

    values = property(lambda self: self[0])
    indices = property(lambda self: self[1])
    dense_shape = property(lambda self: self[2])


_fetch_functions = []
_feed_functions = []


def register_session_run_conversion_functions(tensor_type, fetch_function, feed_function=None,
                                              feed_function_for_partial_run=None):
    """Lets sessions fetch and feed objects of another type.

    Args:
      fetch_function: gives (list of tensors, a function from their values to what is fetched).
      feed_function: of (object, value) gives pairs (tensor, value).
    """
    _fetch_functions.insert(0, (tensor_type, fetch_function))
    if feed_function is not None:
        _feed_functions.insert(0, (tensor_type, feed_function))


#: Whether sessions made from now on give the same bits on every processor (`python -m tenseur --portable`): slower, and meant
#: for small networks.
portable = False

_running = threading.local()


def running_session():
    """The session whose run this thread is in, if it is in one: for functions that are called in the middle of it."""
    return getattr(_running, "session", None)


def time_left():
    """For how many more seconds what this thread's run calls may wait; `None` without a limit."""
    deadline = getattr(_running, "deadline", None)
    return None if deadline is None else max(0.0, deadline - time.monotonic())


class BaseSession:
    """A session on a graph."""

    def __init__(self, target="", graph=None, config=None):
        if graph is not None and not isinstance(graph, ops.Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        self._graph = ops.get_default_graph() if graph is None else graph
        self._target = target
        self._config = config
        #: For how long a run may wait for queues, in milliseconds; 0 is for ever.
        self._timeout = getattr(config, "operation_timeout_in_ms", 0) or 0
        self._closed = False
        self._requests = {}
        self._session = None
        #: What queues, iterators and tables keep for this session, by the operation that made them.
        self.resources = {}
        self._lock = threading.Lock()

    @property
    def graph(self):
        return self._graph

    @property
    def graph_def(self):
        return self._graph.as_graph_def()

    @property
    def sess_str(self):
        return self._target

    def _engine(self):
        if self._session is None:
            threads = getattr(self._config, "intra_op_parallelism_threads", 0) or 0
            self._session = _core.Session(self._graph._engine, threads, portable)
        return self._session

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """Computes what `fetches` asks for (a tensor, an operation, a variable, a name, or a list, tuple or dict of those),
        with the values of `feed_dict` in place of what their tensors would be. With `options.trace_level` above 0, a
        `tf.RunMetadata` gets when each step began and how long it took; with `output_partition_graphs`, the graph of this run.

        Raises:
          RuntimeError: where the session is closed.
          ValueError, TypeError: where a fetch or feed is not of this graph or does not fit.
          tf.errors.DeadlineExceededError: where it has waited for a queue longer than the session's configuration, or
            `options.timeout_in_ms`, lets it.
          tf.errors.OpError: what a run finds impossible. Every variable is then as it was.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        request, build, dtypes_of_feeds = self._request(fetches, feed_dict or ())
        if dtypes_of_feeds is None:
            request, build, values = self._with_resolved_feeds(fetches, feed_dict)
        else:
            values = []
            for wanted, (tensor, value) in zip(dtypes_of_feeds, feed_dict.items() if feed_dict else ()):
                # What is as it should be goes as it is; the engine looks at the shape.
                fits = type(value) is np.ndarray and value.dtype == wanted and value.flags.c_contiguous
                values.append(value if fits else _fit(tensor, value))
        outer = getattr(_running, "session", None)
        _running.session = self
        if outer is None:
            end_of_program.begin(self)
            timeout = self._timeout if options is None else getattr(options, "timeout_in_ms", 0) or self._timeout
            _running.deadline = time.monotonic() + timeout / 1000 if timeout > 0 else None
        try:
            session = self._session or self._engine()
            if run_metadata is None:
                results = session.run(request, values)
            else:
                results = self._run_and_tell(session, request, values, fetches, options, run_metadata)
        except errors_impl.OpError as error:
            self._check_shapes(feed_dict)
            raise self._explained(error).with_traceback(None) from error.__cause__
        finally:
            _running.session = outer
            if outer is None:
                end_of_program.end()
        return build(results)

    def _run_and_tell(self, session, request, values, fetches, options, run_metadata):
        """Runs, and writes into the metadata what the options ask for."""
        if getattr(options, "trace_level", 0) > 0:
            results, steps = session.run_traced(request, values)
            step_stats.fill(run_metadata, self._graph, steps)
        else:
            results = session.run(request, values)
        if getattr(options, "output_partition_graphs", False):
            wanted = _Fetches(self._graph, fetches)
            names = {tensor.op.name for tensor in wanted.edges} | {op.name for op in wanted.targets}
            step_stats.fill_graphs(run_metadata, self._graph, names)
        return results

    def _request(self, fetches, feeds):
        """The request for these fetches and feeds, what puts results together, and the types that NumPy has for the feeds;
        the last is `None` where a feed is no tensor of this graph, but something that stands for some."""
        key = None
        kind = type(fetches)
        if kind is ops.Tensor or kind is ops.Operation or hasattr(fetches, "_as_graph_element"):
            key = (id(fetches), *feeds)
        elif kind is list or kind is tuple:
            if all(type(part) is ops.Tensor or type(part) is ops.Operation or hasattr(part, "_as_graph_element")
                   for part in fetches):
                key = (kind, *map(id, fetches), None, *feeds)
        found = self._requests.get(key) if key is not None else None
        if found is not None:
            return found[:3]
        if not all(type(feed) is ops.Tensor and feed.graph is self._graph and feed.dtype != dtypes.string for feed in feeds):
            return None, None, None
        request, build = self._made_request(fetches, tuple(feeds))
        wanted = [np.dtype(feed.dtype.as_numpy_dtype) for feed in feeds]
        if key is not None:
            # The fetches are kept too, so that no other object can come to have their numbers.
            self._requests[key] = (request, build, wanted, fetches)
        return request, build, wanted

    def _made_request(self, fetches, fed):
        for tensor in fed:
            if not self._graph.is_feedable(tensor):
                raise ValueError(f"Tensor {tensor.name} may not be fed.")
        wanted = _Fetches(self._graph, fetches)
        edges = [tensor._edge() for tensor in wanted.edges]
        targets = [op._id for op in wanted.targets]
        return _core.Request(self._graph._engine, edges, targets, [tensor._edge() for tensor in fed]), wanted.build

    def _with_resolved_feeds(self, fetches, feed_dict):
        fed, values = [], []
        for key, value in feed_dict.items():
            for tensor, array in self._feeds_of(key, value):
                fed.append(tensor)
                values.append(_fit(tensor, array))
        request, build = self._made_request(fetches, tuple(fed))
        return request, build, values

    def _check_shapes(self, feed_dict):
        """Feeds that do not fit are ValueErrors, as in TensorFlow."""
        for key, value in (feed_dict or {}).items():
            for tensor, array in self._feeds_of(key, value):
                _check_shape(tensor, np.asarray(array))

    def _feeds_of(self, key, value):
        for kind, function in _feed_functions:
            if isinstance(key, kind):
                for subkey, subvalue in function(key, value):
                    yield from self._feeds_of(subkey, subvalue)
                return
        if isinstance(key, tuple):
            for subkey, subvalue in zip(key, value):
                yield from self._feeds_of(subkey, subvalue)
            return
        if type(key) is ops.Tensor and key.graph is self._graph:
            yield key, value
            return
        try:
            tensor = self._graph.as_graph_element(key, allow_operation=False)
        except (TypeError, ValueError, KeyError) as error:
            raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error}") from None
        yield tensor, value

    def _explained(self, error):
        """The engine's error with its operation, and in Python's words where the engine speaks to Rust programs."""
        name = getattr(error, "_node_name", None)
        op = error._op if name is None else self._graph._named(name)
        message = error.message
        made = "".join(f"\n  made at {file}:{line}" for file, line, *_ in op.traceback) if op is not None else ""
        if "is read before it has been initialized" in message:
            message = (f"Attempting to use uninitialized value {name}{made}\n"
                       "  hint: run the initializer first: sess.run(tf.global_variables_initializer())")
            error = type(error)(None, None, message)
        if op is not None and op.type == "Placeholder" and " was not fed" in message:
            shape = op.outputs[0].shape
            sizes = "<unknown>" if shape.ndims is None else "[" + ",".join(str(size) for size in shape) + "]"
            message = (f"You must feed a value for placeholder tensor '{name}' with dtype {_short_name(op.outputs[0].dtype)} and "
                       f"shape {sizes}{made}\n  hint: sess.run(…, feed_dict={{{name}: …}})")
            error = type(error)(None, None, message)
        error._op = error._node_def = op
        return error

    def partial_run_setup(self, fetches, feeds=None):
        """A handle for `partial_run`."""
        return [fetches, {}]

    def partial_run(self, handle, fetches, feed_dict=None):
        """Fetches a part of what was set up, with what earlier parts were fed."""
        handle[1].update(feed_dict or {})
        return self.run(fetches, handle[1])

    def make_callable(self, fetches, feed_list=None, accept_options=False):
        """A function that runs `fetches`, with arguments for the tensors of `feed_list`."""
        feed_list = [self._graph.as_graph_element(tensor, allow_operation=False) for tensor in feed_list or []]

        def call(*arguments, **_):
            return self.run(fetches, dict(zip(feed_list, arguments)))

        return call

    def list_devices(self):
        from tenseur.python.client import device_lib
        return device_lib.list_local_devices()

    def interrupt(self):
        """Ends the runs that other threads are in, and whatever they wait for."""
        for resource in list(self.resources.values()):
            close = getattr(resource, "close_with_session", None)
            if close is not None:
                close()
        if self._session is not None:
            self._session.cancel()

    def close(self):
        """Ends the session; its variables are forgotten."""
        if not self._closed:
            self._closed = True
            for resource in list(self.resources.values()):
                close = getattr(resource, "close_with_session", None)
                if close is not None:
                    close()
            self.resources = {}
            self._requests = {}
            self._session = None

    def as_default(self):
        """A context in which this is the default session."""
        return ops.default_session(self)

    def __reduce__(self):
        raise TypeError("a session cannot be pickled; save its variables with tf.train.Saver")


def _short_name(dtype):
    """The type as TensorFlow's messages call it: `float` for float32."""
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)


def _fit(tensor, value):
    """A fed value as the engine takes it."""
    if isinstance(value, ops.Tensor):
        raise TypeError("The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, "
                        "strings, lists, numpy ndarrays. For reference, the tensor object was " + str(value)
                        + f" which was passed to the feed with key {tensor}.")
    dtype = tensor.dtype.base_dtype
    wanted = dtype.as_numpy_dtype
    if type(value) is np.ndarray and value.dtype == wanted and wanted is not object:
        array = value if value.flags.c_contiguous else np.ascontiguousarray(value)
    elif dtype == dtypes.string:
        array = np.asarray(value, dtype=object)
    else:
        if isinstance(value, int) and wanted is not None and dtype.is_integer and wanted(value) != value:
            raise TypeError(f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type {dtype.name}.")
        array = np.asarray(value)
        if array.dtype == object:
            array = np.array(value, dtype=wanted)
        elif array.dtype.kind in "SU":
            raise ValueError(f"could not convert string to {dtype.name}: {value!r}")
        else:
            array = array.astype(wanted, order="C", copy=False)
        if not array.flags.c_contiguous:
            array = np.ascontiguousarray(array)
    _check_shape(tensor, array)
    return tensor_util.to_engine(array)


def _check_shape(tensor, array):
    shape = tensor.graph._engine.fact(tensor._op._id, tensor._value_index)[1]
    if shape is not None and (len(shape) != array.ndim or any(a is not None and a != b for a, b in zip(shape, array.shape))):
        raise ValueError(f"Cannot feed value of shape {array.shape} for Tensor {tensor.name!r}, which has shape '{tensor.shape}'")


class Session(BaseSession):
    """Runs a graph's operations and keeps its variables: `with tf.Session() as sess: sess.run(…)`."""

    def __init__(self, target="", graph=None, config=None):
        super().__init__(target, graph, config)
        self._graph_context = self._session_context = None

    def __enter__(self):
        self._graph_context = self._graph.as_default() if self._graph_context is None else self._graph_context
        self._session_context = self.as_default()
        self._graph_context.__enter__()
        return self._session_context.__enter__()

    def __exit__(self, *error):
        self._session_context.__exit__(*error)
        self._graph_context.__exit__(*error)
        self._session_context = self._graph_context = None
        self.close()

    @staticmethod
    def reset(target, containers=None, config=None):
        pass


class InteractiveSession(BaseSession):
    """A session that is the default one from the moment it is made."""

    def __init__(self, target="", graph=None, config=None):
        super().__init__(target, graph, config)
        self._explicit_graph = graph
        if graph is not None:
            self._graph_context = graph.as_default()
            self._graph_context.__enter__()
        self._session_context = self.as_default()
        ops._default_session_stack.enforce_nesting = False
        self._session_context.__enter__()

    def close(self):
        super().close()
        if self._explicit_graph is not None:
            ops._default_graph_stack.enforce_nesting = False
            try:
                self._graph_context.__exit__(None, None, None)
            except (AssertionError, IndexError):
                pass
            self._explicit_graph = None
        stack = ops._default_session_stack.stack
        if self in stack:
            stack.remove(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
