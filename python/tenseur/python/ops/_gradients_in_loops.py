"""Gradients of what is made within a loop, as each turn has them: `tf.gradients` in the body of a `tf.while_loop`.

The engine differentiates loops as a whole. Of a turn, the part of the graph between xs and ys is copied into a graph by
itself, where what enters the loop is the same as outside; that is differentiated, and the gradient's nodes are made in
the
loop as any other node of its body is.
"""

import numpy as np

from tenseur import _core
from tenseur.python.framework import errors_impl, ops, tensor_util
from tenseur.python.ops import control_flow_util as util

_STATE = ("VariableV2", "Variable", "VarHandleOp", "Const")


def is_for(graph, ys):
    """Whether the ys are within a loop whose body is being made."""
    context = graph._get_control_flow_context()
    if context is None or context.GetWhileContext() is None:
        return False
    own = (util.GetOutputContext(y.op) for y in ys)
    return any(one is not None and one.GetWhileContext() is not None for one in own)


def gradients(graph, ys, starts, xs, scope, stops):
    """By x: the gradient of the sum of the ys, or `None`.

    Raises:
      LookupError: where an op on the way has no gradient, or where a loop lies between xs and ys.
    """
    part = _Part(graph, xs, stops)
    try:
        tops = [part.edge(y._edge()) for y in ys]
        begins = [None if start is None else part.placeholder(start) for start in starts]
        sources = [part.edge(x._edge()) for x in xs]
        count = len(part.engine)
        found = part.engine.gradients(tops, begins, sources, "", [], [part.edge(stop._edge()) for stop in stops])
    except errors_impl.UnimplementedError as error:
        raise LookupError(str(error)) from None
    except errors_impl.OpError as error:
        raise ValueError(str(error)) from None
    with ops.name_scope(scope):
        return [None if edge is None else part.made(edge, count) for edge in found]


def _entering(leaves):
    """What enters the loop that `leaves` leaves."""
    context = leaves._control_flow_context
    if context is None:
        return []
    return [enter.op.inputs[0] for enter in context.loop_enters] + list(context._external_values)


def _attributes(engine, node):
    """A node's attributes as nodes are made with them."""
    attrs = engine.attributes(node)
    for name, value in attrs.items():
        if isinstance(value, tuple) and value[0] == "tensor":
            attrs[name] = ("tensor", tensor_util.to_engine(np.asarray(value[1])))
    return attrs


class _Part:
    """A part of a graph as a graph by itself."""

    def __init__(self, graph, xs, stops):
        self.graph = graph
        self.engine = _core.Graph()
        self._fixed = {x._edge() for x in [*xs, *stops]}
        self._copies = {}  # edge of the graph → edge of the part
        self._tensors = {}  # edge of the part → tensor of the graph
        self._depends = {}
        self._made = {}

    def _on_the_way(self, number):
        """Whether the node depends on an x, through nothing that goes round."""
        stack = [number]
        while stack:
            node = stack[-1]
            if node in self._depends:
                stack.pop()
                continue
            op = self.graph._operation(node)
            if self._goes_round(op):
                self._depends[node] = False
                stack.pop()
                continue
            before = {edge[0] for edge in op._input_edges}
            if util.IsLoopExit(op):
                before = {tensor.op._id for tensor in _entering(op)}
            if any((node, output) in self._fixed for output in range(len(op.outputs))):
                self._depends[node] = True
                stack.pop()
                continue
            open_nodes = [one for one in before if one not in self._depends]
            if open_nodes:
                stack.extend(open_nodes)
                continue
            self._depends[node] = any(self._depends[one] for one in before)
            stack.pop()
        return self._depends[number]

    @staticmethod
    def _goes_round(op):
        return util.IsMerge(op) and any(tensor.op.type == "NextIteration" for tensor in op.inputs) or (
            util.IsLoopEnter(op) and not op.get_attr("is_constant"))

    def edge(self, edge):
        """The part's edge for one of the graph."""
        stack = [edge]
        while stack:
            one = stack[-1]
            if one in self._copies:
                stack.pop()
                continue
            op = self.graph._operation(one[0])
            if one in self._fixed and op.type not in _STATE or not self._on_the_way(one[0]) and op.type not in _STATE:
                self._copies[one] = self.placeholder(self.graph._tensor(one))
                stack.pop()
                continue
            missing = [before for before in op._input_edges if before not in self._copies]
            if missing:
                stack.extend(missing)
                continue
            if util.IsLoopConstantEnter(op):
                self._copies[one] = self._copies[op._input_edges[0]]
            else:
                self._copy(op)
            stack.pop()
        return self._copies[edge]

    def _copy(self, op):
        if util.IsLoopExit(op):
            raise LookupError(
                f"tf.gradients within a loop: another loop, which ends at {op.name}, lies between xs and ys; take "
                              "the gradient outside of the outer loop, or write the inner one out")
        inputs = [self._copies[edge] for edge in op._input_edges]
        attrs = _attributes(self.graph._engine, op._id)
        with ops._errors_as_value_errors():
            number, facts = self.engine.create(op.type, op.name, inputs, [], attrs, None, "", 0)
        for output in range(len(facts)):
            self._copies[(op._id, output)] = (number, output)
            self._tensors[(number, output)] = op.outputs[output]

    def placeholder(self, tensor):
        """What stands in the part for a tensor of the graph: its value, where that is known."""
        graph = self.graph._engine
        dtype = ("type", tensor.dtype.base_dtype._enum)
        known = graph.known_value(*tensor._edge())
        if known is not None and tensor.dtype.base_dtype.name != "string":
            attrs = {"value": ("tensor", np.asarray(known)), "dtype": dtype}
            number, _ = self.engine.create("Const", self.engine.unique_name("Const", True), [], [], attrs, None, "", 0)
        else:
            attrs = {"dtype": dtype, "shape": ("shape", graph.fact(*tensor._edge())[1])}
            name = self.engine.unique_name("Placeholder", True)
            number, _ = self.engine.create("Placeholder", name, [], [], attrs, None, "", 0)
        self._tensors[(number, 0)] = tensor
        return (number, 0)

    def made(self, edge, count):
        """The graph's tensor for an edge of the part; the gradient's own nodes, from number `count` on, are made
        now."""
        stack = [edge]
        while stack:
            node = stack[-1][0]
            if stack[-1] in self._tensors:
                stack.pop()
                continue
            name, op_type, inputs, _, _, facts = self.engine.describe(node)
            missing = [one for one in inputs if one not in self._tensors]
            if missing:
                stack.extend(missing)
                continue
            attrs = _attributes(self.engine, node)
            if any(isinstance(value, tuple) and value[0] == "func" for value in attrs.values()):
                raise LookupError(
                    f"tf.gradients within a loop: the gradient of {op_type} is a function, which cannot be called "
                                  "there")
            name = name[len("gradients/"):] if name.startswith("gradients/") else name
            op = self.graph.create_op(op_type, [self._tensors[one] for one in inputs], name=name, attrs=attrs)
            for output in range(len(facts)):
                self._tensors[(node, output)] = op.outputs[output]
            stack.pop()
        return self._tensors[edge]
