"""Iterators: they go through a dataset in a session. `tf.data.Iterator`."""

import threading

import numpy as np

from tenseur.python.client import session as session_lib
from tenseur.python.data.ops import functions
from tenseur.python.data.util import nest, structure
from tenseur.python.framework import dtypes, errors_impl, ops, tensor_shape


class _State:
    """An iterator in a session: the elements that are left."""

    def __init__(self, dataset, run):
        self._elements = dataset._iterate(run)
        self._lock = threading.Lock()
        self._over = False

    def next(self):
        with self._lock:
            if not self._over:
                try:
                    return next(self._elements)
                except StopIteration:
                    self._over = True
            raise errors_impl.OutOfRangeError(None, None, "End of sequence")


def _string(text):
    return [([text], ())]


def _key(value):
    return value if isinstance(value, bytes) else np.asarray(value, dtype=object).item()


class _OneShot:
    """A dataset that an iterator begins by itself."""

    def __init__(self, dataset):
        self.dataset = dataset

    def state(self, session):
        tensors = self.dataset._all_tensors()
        return _State(self.dataset, functions.Run(session, _values_apart(tensors, session) if tensors else {}))


def _values_apart(tensors, session):
    """The values of tensors, computed in a graph that has only what they need."""
    from tenseur.python.framework import graph_util, importer
    graph = tensors[0].graph
    part = graph_util.extract_sub_graph(graph.as_graph_def(), sorted({tensor.op.name for tensor in tensors}))
    for node in part.node:
        if node.op in ("VariableV2", "Variable", "VarHandleOp", "Placeholder"):
            raise errors_impl.FailedPreconditionError(
                None, None, f"Cannot capture a stateful node (name:{node.name}, type:{node.op}) by value: a one-shot iterator "
                            "begins by itself. Use make_initializable_iterator().")
    with ops.Graph().as_default() as apart:
        importer.import_graph_def(part, name="")
        with session_lib.Session(graph=apart) as own:
            own.resources = session.resources
            values = own.run([apart.get_tensor_by_name(tensor.name) for tensor in tensors])
            own.resources = {}
    return dict(zip(tensors, values))


def _one_shots(graph):
    return graph.__dict__.setdefault("_one_shot_iterators", {})


def one_shot(dataset):
    """An iterator that begins when it is first asked for an element."""
    graph = ops.get_default_graph()
    name = graph.unique_name("OneShotIterator")
    key = f"{name}".encode()
    graph._one_shot_iterators = _one_shots(graph)
    graph._one_shot_iterators[key] = _OneShot(dataset)
    op = graph.create_op("OneShotIterator", [], name=name + "/", attrs={}, host=([(7, ())], lambda _: _string(key)))
    return Iterator(op.outputs[0], None, dataset._structure)


def _state_of(graph, session, key):
    state = session.resources.get(key)
    if state is None:
        described = _one_shots(graph).get(key)
        if described is None:
            raise errors_impl.FailedPreconditionError(
                None, None, f"GetNext() failed because the iterator has not been initialized. Ensure that you have run the "
                            f"initializer operation for this iterator before getting the next element. (iterator {key.decode()})")
        state = session.resources.setdefault(key, described.state(session))
    return state


def _structure_of(output_types, output_shapes, output_classes):
    types = nest.map_structure(dtypes.as_dtype, output_types)
    if output_shapes is None:
        shapes = nest.map_structure(lambda _: tensor_shape.unknown_shape(), types)
    else:
        shapes = nest.map_structure_up_to(types, tensor_shape.as_shape, output_shapes)
    if output_classes is None:
        return nest.map_structure(structure.Spec, types, shapes)
    return nest.map_structure(lambda dtype, shape, kind: structure.Spec(dtype, shape, kind.__name__ == "SparseTensor"), types, shapes,
                              output_classes)


class Iterator:
    """Goes through the elements of a dataset.

    Args:
      iterator_resource: the tensor that tells which iterator it is.
      initializer: the operation that begins it, or `None`.
      output_types: what an element is made of: types, or `Spec`s, which say shapes and classes too.
      output_shapes, output_classes: in the same structure.
    """

    def __init__(self, iterator_resource, initializer, output_types, output_shapes=None, output_classes=None):
        self._iterator_resource = iterator_resource
        self._initializer = initializer
        is_whole = any(isinstance(part, structure.Spec) for part in nest.flatten(output_types))
        self._structure = output_types if is_whole else _structure_of(output_types, output_shapes, output_classes)
        self._get_next_call_count = 0

    @staticmethod
    def _named(of, shared_name=None):
        graph = ops.get_default_graph()
        name = graph.unique_name("IteratorV2")
        key = (shared_name or name).encode()
        op = graph.create_op("IteratorV2", [], name=name + "/", attrs={"shared_name": shared_name or ""},
                             host=([(7, ())], lambda _: _string(key)))
        return Iterator(op.outputs[0], None, of)

    @staticmethod
    def from_structure(output_types, output_shapes=None, shared_name=None, output_classes=None):
        """An iterator for any dataset with such elements, begun by the operations that `make_initializer` gives."""
        return Iterator._named(_structure_of(output_types, output_shapes, output_classes), shared_name)

    @staticmethod
    def from_string_handle(string_handle, output_types, output_shapes=None, output_classes=None):
        """The iterator whose `string_handle` the tensor has, another in every run perhaps."""
        handle = ops.convert_to_tensor(string_handle, dtype=dtypes.string)
        return Iterator(handle, None, _structure_of(output_types, output_shapes, output_classes))

    @property
    def initializer(self):
        """The operation that begins it.

        Raises:
          ValueError: where there is none.
        """
        if self._initializer is None:
            raise ValueError("Iterator does not have an initializer.")
        return self._initializer

    def make_initializer(self, dataset, name=None):
        """An operation that begins to go through `dataset`.

        Raises:
          TypeError: where its elements are of another kind.
        """
        with ops.name_scope(name, "make_initializer") as scope:
            self._check(dataset)
            return self._begin(dataset, scope)

    def _begin(self, dataset, name):
        tensors = dataset._all_tensors()

        def begin(inputs):
            session = session_lib.running_session()
            session.resources[_key(inputs[-1])] = _State(dataset, functions.Run(session, dict(zip(tensors, inputs))))
            return []

        return ops.get_default_graph().create_op("MakeIterator", tensors + [self._iterator_resource], name=name, attrs={},
                                                 host=([], begin))

    def _check(self, dataset):
        nest.assert_same_structure(self._structure, dataset._structure, check_types=False)
        for own, other in zip(structure.specs(self._structure), structure.specs(dataset._structure)):
            if own.dtype != other.dtype:
                raise TypeError(f"Expected output types {self.output_types!r} but got dataset with output types "
                                f"{dataset.output_types!r}.")
            if not own.shape.is_compatible_with(other.shape):
                raise TypeError(f"Expected output shapes compatible with {self.output_shapes!r} but got dataset with output shapes "
                                f"{dataset.output_shapes!r}.")

    def get_next(self, name=None):
        """The next element: other values in every run.

        Raises:
          OutOfRangeError: in a run, where there is none.
        """
        self._get_next_call_count += 1
        specs = structure.specs(self._structure)
        facts = [fact for spec in specs for fact in spec.tensors()]
        graph = ops.get_default_graph()

        def following(inputs):
            leaves = _state_of(graph, session_lib.running_session(), _key(inputs[0])).next()
            arrays = [array for spec, leaf in zip(specs, leaves) for array in spec.arrays(leaf)]
            return [structure.array(value, dtype) for value, (dtype, _) in zip(arrays, facts)]

        op = graph.create_op(
            "IteratorGetNext", [self._iterator_resource], name=name or "IteratorGetNext",
            attrs={"output_types": [("type", dtype.as_datatype_enum) for dtype, _ in facts],
                   "output_shapes": [("shape", sizes) for _, sizes in facts]},
            host=([(dtype.as_datatype_enum, sizes) for dtype, sizes in facts], following))
        tensors = iter(op.outputs)
        return nest.pack_sequence_as(self._structure, [spec.pack(tensors) for spec in specs])

    def string_handle(self, name=None):
        """A string tensor that stands for the iterator."""
        from tenseur.python.ops import array_ops
        return array_ops.identity(self._iterator_resource, name=name or "IteratorToStringHandle")

    @property
    def output_types(self):
        return nest.map_structure(lambda spec: spec.dtype, self._structure)

    @property
    def output_shapes(self):
        return nest.map_structure(lambda spec: spec.shape, self._structure)

    @property
    def output_classes(self):
        return nest.map_structure(lambda spec: spec.cls, self._structure)

    @property
    def element_spec(self):
        return self._structure


def reduced(dataset, initial_state, reduce_func):
    """The tensors of `Dataset.reduce`."""
    state = nest.map_structure(ops.convert_to_tensor, initial_state)
    of = structure.of_tensors(state)
    step = functions.Function(reduce_func, (of, dataset._structure))
    nest.assert_same_structure(of, step.structure, check_types=False)
    specs = structure.specs(step.structure)
    starts = nest.flatten(state)
    tensors = list(dict.fromkeys(dataset._all_tensors() + step.around))

    def work(inputs):
        run = functions.Run(session_lib.running_session(), dict(zip(tensors, inputs[len(starts):])))
        call = step.bound(run)
        leaves = [structure.held(value, spec.dtype) for value, spec in zip(inputs, specs)]
        for element in dataset._iterate(run):
            leaves = call(leaves + element)
        return [structure.array(value, spec.dtype) for value, spec in zip(leaves, specs)]

    facts = [(spec.dtype.as_datatype_enum, None) for spec in specs]
    op = ops.get_default_graph().create_op("ReduceDataset", starts + tensors, attrs={}, host=(facts, work))
    return nest.pack_sequence_as(step.structure, op.outputs)


def get_next_as_optional(iterator):
    raise NotImplementedError("tf.data.experimental.get_next_as_optional is not there; Iterator.get_next is, which raises "
                              "OutOfRangeError at the end")
