"""Functions of datasets: traced once into a graph of their own, and run there for every element."""

from tenseur import _core
from tenseur.python.client import session as session_lib
from tenseur.python.data.util import nest, structure
from tenseur.python.framework import dtypes, errors_impl, ops, sparse_tensor, tensor_util


class FunctionGraph(ops.Graph):
    """A graph that takes in tensors of the graphs around it: constants as such, others by placeholders that are given
    their values when an iterator begins."""

    def __init__(self, outer):
        super().__init__()
        self.outer = outer
        self.seed = outer.seed
        self.captured = {}  # tensor of a graph around → placeholder
        self._building_function = True

    def create_op(self, op_type, inputs, *arguments, **named):
        if any(tensor.op._graph is not self for tensor in inputs):
            inputs = [self.capture(tensor) for tensor in inputs]
        return super().create_op(op_type, inputs, *arguments, **named)

    def capture(self, tensor):
        """The tensor of this graph for one of a graph around."""
        if tensor.op._graph is self:
            return tensor
        found = self.captured.get(tensor)
        if found is None:
            with self.as_default(), self.control_dependencies(None), self.name_scope(None):
                known = tensor_util.constant_value(tensor) if tensor.op.type == "Const" else None
                if known is not None:
                    from tenseur.python.framework import constant_op
                    return constant_op.constant(known, dtype=tensor.dtype.base_dtype, name="captured")
                found = placeholder(tensor.dtype.base_dtype, tensor.shape, "captured")
            self.captured[tensor] = found
        return found

    def _as_graph_element(self, obj, allow_tensor, allow_operation):
        element = getattr(obj, "_as_graph_element", None)
        if element is not None:
            obj = element()
        if isinstance(obj, ops.Tensor) and obj.graph is not self and allow_tensor:
            return self.capture(obj)
        return super()._as_graph_element(obj, allow_tensor, allow_operation)


def placeholder(dtype, shape, name):
    graph = ops.get_default_graph()
    sizes = getattr(shape, "_dims", shape)
    return graph.create_op("Placeholder", [], name=name, attrs={
        "dtype": ("type", dtype.as_datatype_enum), "shape": ("shape", None if sizes is None else tuple(sizes))}).outputs[0]


class Function:
    """A function from an element to an element, or to a dataset.

    Args:
      function: the program's.
      of: the structure of the elements that it gets. A tuple is given as several arguments.
    """

    def __init__(self, function, of):
        from tenseur.python.data.ops import dataset_ops
        outer = ops.get_default_graph()
        self.graph = FunctionGraph(outer)
        self.specs = structure.specs(of)
        self.arguments = []
        self.windows = []
        with self.graph.as_default():
            leaves = []
            for spec in self.specs:
                if isinstance(spec, structure.WindowSpec):
                    leaves.append(dataset_ops.WindowDataset_(spec.structure))
                    self.windows.append(leaves[-1])
                    continue
                tensors = [placeholder(dtype, sizes, "arg") for dtype, sizes in spec.tensors()]
                self.arguments += tensors
                leaves.append(spec.pack(iter(tensors)))
            element = nest.pack_sequence_as(of, leaves)
            result = function(*element) if type(element) is tuple or hasattr(element, "_fields") else function(element)
            self.dataset = result if isinstance(result, dataset_ops.DatasetV2) else None
            if self.dataset is None:
                result = _converted(result)
        self.outputs = []
        if self.dataset is None:
            self.structure = nest.map_structure(_spec_of, result)
            for spec, leaf in zip(structure.specs(self.structure), nest.flatten(result)):
                self.outputs += [] if isinstance(spec, structure.WindowSpec) else \
                    [leaf.indices, leaf.values, leaf.dense_shape] if spec.sparse else [leaf]
            self.nested = [leaf for leaf in nest.flatten(result) if isinstance(leaf, dataset_ops.DatasetV2)]
        else:
            self.structure = self.dataset._structure
            self.nested = [self.dataset]
        # What is needed of the function's own graph, and of those around.
        needed = [tensor for one in self.nested for tensor in one._all_tensors()]
        self.inner = list(dict.fromkeys(tensor for tensor in needed if tensor.graph is self.graph))
        captured = list(self.graph.captured)
        around = [tensor for tensor in needed if tensor.graph is not self.graph]
        self.around = list(dict.fromkeys(captured + around))

    def bound(self, run):
        """The function as one of Python's, for an iterator: from leaves to leaves, or to a run in which the dataset that
        it gave is to be iterated."""
        session = session_lib.Session(graph=self.graph, config=run.session._config if run.session is not None else None)
        if run.session is not None:
            session.resources = run.session.resources
        given = list(self.graph.captured)
        constants = [structure.array(run.value(tensor), tensor.dtype) for tensor in given]
        fed = tuple(self.arguments + [self.graph.captured[tensor] for tensor in given])
        fetched = self.outputs + self.inner
        if not fetched:
            return lambda leaves: self._finished(run, leaves, [])
        places = {tensor: place for place, tensor in enumerate(dict.fromkeys(fetched))}
        request = _core.Request(self.graph._engine, [tensor._edge() for tensor in places], [], [tensor._edge() for tensor in fed])
        order = [places[tensor] for tensor in fetched]
        engine = session._engine()
        specs = [spec for spec in self.specs if not isinstance(spec, structure.WindowSpec)]
        plain = not any(spec.sparse for spec in specs) and not self.windows
        types = [spec.dtype for spec in specs]

        def call(leaves):
            if plain:
                values = [structure.array(value, dtype) for value, dtype in zip(leaves, types)]
            else:
                values = [structure.array(value, dtype) for spec, leaf in zip(self.specs, leaves)
                          if not isinstance(spec, structure.WindowSpec)
                          for value, (dtype, _) in zip(spec.arrays(leaf), spec.tensors())]
            outer = session_lib.running_session()
            session_lib._running.session = run.session or session
            try:
                results = engine.run(request, values + constants)
            finally:
                session_lib._running.session = outer
            return self._finished(run, leaves, [results[place] for place in order])

        return call

    def _finished(self, run, leaves, results):
        values = dict(zip(self.inner, results[len(self.outputs):]))
        for window, leaf in zip(self.windows, (leaf for leaf, spec in zip(leaves, self.specs)
                                               if isinstance(spec, structure.WindowSpec))):
            values[window] = leaf
        if self.dataset is not None:
            return run.within(values)
        arrays = iter(results)
        nested = iter(self.nested)
        return [structure.Window(next(nested)._iterate(run.within(values))) if isinstance(spec, structure.WindowSpec)
                else spec.value(arrays) for spec in structure.specs(self.structure)]


def _spec_of(leaf):
    from tenseur.python.data.ops import dataset_ops
    if isinstance(leaf, dataset_ops.DatasetV2):
        return structure.WindowSpec(leaf._structure)
    return structure.Spec(leaf.dtype, leaf.get_shape(), isinstance(leaf, sparse_tensor.SparseTensor))


def _converted(result):
    """What the function gave, with tensors of this graph as leaves; a list of tensors is packed into one."""
    from tenseur.python.data.ops import dataset_ops
    graph = ops.get_default_graph()
    if result is None:
        raise TypeError("Unsupported return value from function passed to Dataset.map(): None.")

    def leaf(value):
        if isinstance(value, dataset_ops.DatasetV2):
            return value
        if isinstance(value, sparse_tensor.SparseTensor):
            return sparse_tensor.SparseTensor(*(graph.capture(part) for part in (value.indices, value.values, value.dense_shape)))
        if isinstance(value, sparse_tensor.SparseTensorValue):
            return sparse_tensor.SparseTensor.from_value(value)
        return graph.capture(ops.convert_to_tensor(value))

    return nest.map_structure(leaf, result)


class Run:
    """An iterator's own: its session, the values of tensors outside of the datasets, and what datasets keep from one
    repetition to the next."""

    def __init__(self, session, values, around=None, state=None):
        self.session = session
        self._values = values
        self._around = around
        self._state = {} if state is None else state

    def value(self, thing):
        """The value of a tensor (or of a plain number or list: itself)."""
        if isinstance(thing, list):
            return thing
        if not isinstance(thing, ops.Tensor) and thing not in self._values:
            return thing if self._around is None else self._around.value(thing)
        if thing in self._values:
            return self._values[thing]
        if self._around is not None:
            return self._around.value(thing)
        raise errors_impl.FailedPreconditionError(None, None, f"the value of {thing.name} is not known to the iterator")

    def number(self, thing):
        return int(self.value(thing)) if isinstance(thing, ops.Tensor) else thing

    def window(self, window):
        run = self
        while run is not None:
            if window in run._values:
                return run._values[window]
            run = run._around
        raise errors_impl.FailedPreconditionError(None, None, "a window was used outside of the function that got it")

    def within(self, values):
        """The run of a dataset that a function made, where these tensors have these values."""
        return Run(self.session, values, self)

    def kept(self, dataset, make):
        """What the dataset keeps, made when it is first asked for."""
        found = self._state.get(dataset)
        if found is None:
            found = self._state[dataset] = make()
        return found


def known(value, dtype=dtypes.int64):
    """A number that a dataset is given: as a number where it is known, else as a tensor."""
    if value is None or isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, ops.Tensor) or hasattr(value, "_as_graph_element"):
        tensor = ops.convert_to_tensor(value)
        found = tensor_util.constant_value(tensor)
        return tensor if found is None else found.item()
    return value.item() if hasattr(value, "item") else value
