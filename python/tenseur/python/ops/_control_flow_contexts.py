"""What is remembered while the branches of a conditional or the turns of a loop are made.

A graph has one context at a time. Every node made meanwhile goes through it: values from outside come in by a Switch
(into
a branch) or an Enter (into a loop), and what has no inputs waits for a pivot, so that it runs only where it should.
"""

import contextlib

from tenseur.python.framework import ops, tensor_shape
from tenseur.python.ops import control_flow_util as util
from tenseur.python.util import nest


def create(op_type, inputs, name=None, attrs=None):
    """A node of control flow: its first output's type is that of its first input."""
    own = {"T": ("type", inputs[0].dtype.base_dtype._enum), **(attrs or {})}
    return ops.get_default_graph().create_op(op_type, inputs, name=name or op_type, attrs=own)


def switch_ref_or_tensor(data, pred, name="Switch"):
    """Both sides (false, true) of `data`, which may be a reference to a variable."""
    return create("RefSwitch" if data.dtype._is_ref_dtype else "Switch", [data, pred], name).outputs


def enter_frame(data, frame_name, is_constant, parallel_iterations, name="Enter"):
    """`data` within the loop called `frame_name`."""
    op_type = "RefEnter" if data.dtype._is_ref_dtype and is_constant else "Enter"
    return create(op_type, [data], name, {"frame_name": frame_name, "is_constant": bool(is_constant),
                                          "parallel_iterations": int(parallel_iterations)}).outputs[0]


class ControlFlowContext:
    """What conditionals and loops have in common. `values` are the tensors that are known inside."""

    def __init__(self, values_def=None, import_scope=None):
        self._graph = ops.get_default_graph()
        self._outer_context = self._graph._get_control_flow_context()
        self._values = set()
        self._external_values = {}  # by tensor from outside: what it is inside
        self._context_stack = []

    @property
    def name(self):
        return self._name

    @property
    def outer_context(self):
        return self._outer_context

    @property
    def grad_state(self):
        return None

    @property
    def back_prop(self):
        return True

    @property
    def values(self):
        return {tensor.name for tensor in self._values}

    def IsWhileContext(self):
        return False

    def IsCondContext(self):
        return False

    def IsXLAContext(self):
        return False

    def GetWhileContext(self):
        """The nearest loop: this one, or one around it."""
        return None if self._outer_context is None else self._outer_context.GetWhileContext()

    def GetControlPivot(self):
        return None

    def Enter(self):
        """From now on nodes are made in this context."""
        graph = ops.get_default_graph()
        self._context_stack.append(graph._get_control_flow_context())
        graph._set_control_flow_context(self)

    def Exit(self):
        """Back to the context before."""
        ops.get_default_graph()._set_control_flow_context(self._context_stack.pop())

    def EnterGradientColocation(self, op, gradient_uid):
        pass

    def ExitGradientColocation(self, op, gradient_uid):
        pass

    def AddName(self, tensor):
        self._values.add(tensor)

    def AddInnerOp(self, op):
        """Says that a context within has a new node."""
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def ExitResult(self, result):
        """What leaves this context is known in the one around."""
        if self._outer_context is not None:
            for value in nest.flatten(result, expand_composites=True):
                self._outer_context.AddName(value)

    def _split_controls(self, controls):
        """Control inputs from within the nearest loop, and those from outside of it."""
        loop = self.GetWhileContext()
        if loop is None:
            return list(controls), []
        inside, outside = [], []
        for op in controls:
            context = util.GetOutputContext(op)
            own = context is not None and context.GetWhileContext() is loop
            (inside if own else outside).append(op)
        return inside, outside

    def op_made(self, op):
        """What the new node gives is known in here and in all contexts around."""
        context = self
        while context is not None:
            context._values.update(op._outputs)
            context = context._outer_context
        if self._outer_context is not None or not util.IsLoopExit(op):
            graph = op._graph
            graph.prevent_fetching(op)
            for tensor in op._outputs:
                graph.prevent_feeding(tensor)
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)


class CondContext(ControlFlowContext):
    """A branch of a conditional."""

    def __init__(self, pred=None, pivot=None, branch=None, name="cond_text", context_def=None,
                 import_scope=None):
        self._name = ops.get_default_graph().unique_name(name)
        super().__init__()
        self._pred = pred
        self._pivot = pivot  # alive on this side only
        self._branch = branch  # 0 where the predicate is false, 1 where it is true
        self._values.add(pred)
        self._external_values[pred] = pred
        self._values.add(pivot)
        pivot.op._set_control_flow_context(self)

    @property
    def pred(self):
        return self._pred

    @property
    def pivot(self):
        return self._pivot

    @property
    def branch(self):
        return self._branch

    def IsCondContext(self):
        return True

    def GetControlPivot(self):
        return self._pivot

    def AddValue(self, val, name=None):
        """What a tensor is on this side of the conditional."""
        if val in self._values:
            return self._external_values.get(val, val)
        self._values.add(val)
        result = self._around(val, name)
        graph = val.graph
        with graph.control_dependencies(None):
            with graph.name_scope(name + "/") if name else contextlib.nullcontext():
                result = switch_ref_or_tensor(result, self._pred)[self._branch]
            if self._outer_context is not None:
                self._outer_context.AddInnerOp(result.op)
        self._own(result.op)
        self._external_values[val] = result
        return result

    def _around(self, val, name=None):
        """What it is in the context around."""
        if self._outer_context is None:
            return val
        result = self._outer_context.AddValue(val, name)
        self._values.add(result)
        self._external_values[result] = result
        return result

    def _own(self, op):
        op._graph.prevent_fetching(op)
        op._set_control_flow_context(self)
        context = self
        while context is not None:
            context._values.update(op._outputs)
            context = context._outer_context

    def prepare_op(self, graph, op_type, name, inputs, controls):
        """The inputs and control inputs that a node made in here gets."""
        inside, _ = self._split_controls(controls)
        if not inputs:
            if not any(util.OpInContext(op, self) for op in inside):
                inside.append(self._pivot.op)
            return inputs, inside
        return [self.AddValue(tensor, name) for tensor in inputs], inside

    def process_output(self, val):
        """What a branch returns, as seen from inside: it may be a tensor from outside."""
        if val in self._values:
            return self._external_values.get(val, val)
        self._values.add(val)
        result = self._around(val)
        result = switch_ref_or_tensor(result, self._pred)[self._branch]
        self._external_values[val] = result
        return result


class WhileContext(ControlFlowContext):
    """The condition and body of a loop."""

    def __init__(self, maximum_iterations=None, parallel_iterations=10, back_prop=True, swap_memory=False,
                 name="while_context", grad_state=None, context_def=None, import_scope=None):
        self._name = ops.get_default_graph().unique_name(name)
        super().__init__()
        self._maximum_iterations = maximum_iterations
        self._parallel_iterations = parallel_iterations
        self._back_prop = back_prop
        self._swap_memory = swap_memory
        self._pivot_for_pred = None
        self._pivot_for_body = None
        self._pivot = None
        self._loop_exits = []
        self._loop_enters = []

    @property
    def maximum_iterations(self):
        return self._maximum_iterations

    @property
    def parallel_iterations(self):
        return self._parallel_iterations

    @property
    def back_prop(self):
        return self._back_prop

    @property
    def swap_memory(self):
        return self._swap_memory

    @property
    def pivot(self):
        return self._pivot

    @property
    def loop_enters(self):
        return self._loop_enters

    @property
    def loop_exits(self):
        return self._loop_exits

    def IsWhileContext(self):
        return True

    def GetWhileContext(self):
        return self

    def GetControlPivot(self):
        return self._pivot_for_pred if self._pivot_for_body is None else self._pivot_for_body

    def AddValue(self, val, name=None):
        """What a tensor is within the loop: one from outside is the same in every turn."""
        if val in self._values or val.op._control_flow_context is self:
            return self._external_values.get(val, val)
        self._values.add(val)
        result = val if self._outer_context is None else self._outer_context.AddValue(val, name)
        graph = val.graph
        controls = self._controls_of_enter(result.op)
        with graph.control_dependencies(None), graph.control_dependencies(controls):
            with graph.name_scope(name + "/") if name else contextlib.nullcontext():
                entered = enter_frame(result, self._name, True, self._parallel_iterations)
        self._enter_made(entered)
        self._values.add(entered)
        self._external_values[val] = entered
        return entered

    def _controls_of_enter(self, op):
        """For what in the contexts around an Enter of `op`'s value waits."""
        outer, kept = self._outer_context, []
        outer_loop = None if outer is None else outer.GetWhileContext()
        for control in self._graph._current_controls(op._outputs[:1]):
            wanted, context = util.GetOutputContext(control), outer
            while context is not wanted and context is not None and context is not outer_loop:
                context = context.outer_context
            if context is wanted:
                kept.append(control)
        return kept

    def _enter_made(self, entered):
        graph = entered.graph
        graph.prevent_feeding(entered)
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(entered.op)
        entered.op._set_control_flow_context(self)
        graph._record_op_seen_by_control_dependencies(entered.op)

    def prepare_op(self, graph, op_type, name, inputs, controls):
        """The inputs and control inputs that a node made in here gets."""
        inputs = [self.AddValue(tensor, name) for tensor in inputs]
        inside, outside = self._split_controls(controls)
        free = all(util.IsLoopConstantEnter(tensor.op) for tensor in inputs)
        if not inside and free:
            inside.append(self.GetControlPivot().op)
        # What is outside is waited for by a value of it that enters the loop.
        for op in outside:
            if op._outputs:
                with graph.control_dependencies(None):
                    self.Enter()
                    try:
                        inside.append(create("Identity", [op._outputs[0]]).outputs[0].op)
                    finally:
                        self.Exit()
        return inputs, inside

    def begin(self, loop_vars, shape_invariants):
        """The loop's variables as they enter it, and as its condition sees them."""
        for tensor in loop_vars:
            self._values.add(tensor)
        graph = self._graph
        outside = [tensor if self._outer_context is None else self._outer_context.AddValue(tensor)
                   for tensor in loop_vars]
        context, pivot = self._outer_context, None
        while context is not None and pivot is None:
            pivot, context = context.GetControlPivot(), context.outer_context
        entered = []
        for tensor in outside:
            controls = self._controls_of_enter(tensor.op)
            if pivot is not None and util.IsLoopConstantEnter(tensor.op) and pivot.op not in controls:
                controls.append(pivot.op)
            with graph.control_dependencies(None), graph.control_dependencies(controls):
                entered.append(enter_frame(tensor, self._name, False, self._parallel_iterations))
            self._enter_made(entered[-1])
        self._values = set(entered)
        self._loop_enters = entered
        merged = []
        for tensor, shape in zip(entered, shape_invariants):
            merge = create("Merge", [tensor], attrs={"N": 2}).outputs[0]
            merge.set_shape(shape)
            merged.append(merge)
        self._pivot_for_pred = merged[0]
        return merged

    def condition(self, goes_on):
        """Closes the condition; gives both sides of the loop's variables."""
        self._pivot = create_loop_cond(goes_on)
        return self._pivot

    def turn(self, switched):
        """The loop's variables as the body sees them."""
        own = [create("Identity", [sides[1]]).outputs[0] for sides in switched]
        self._pivot_for_body = own[0]
        return own

    def back(self, merged, value):
        """Leads what a turn gives back to the next.

        Raises:
          ValueError: where its shape is not the one that the loop's variable must have.
        """
        _enforce_shape(merged, value)
        following = create("NextIteration", [value]).outputs[0]
        with ops._errors_as_value_errors():
            self._graph._engine.close_loop(merged._edge(), following._edge())
        merged.op._input_edges = [*merged.op._input_edges, following._edge()]
        merged.op._inputs = [*merged.op.inputs, following]
        return following

    def leave(self, switched):
        """The loop's variables after the last turn."""
        self._loop_exits = [create("Exit", [sides[0]]).outputs[0] for sides in switched]
        return self._loop_exits


def create_loop_cond(goes_on):
    return ops.get_default_graph().create_op("LoopCond", [goes_on], name="LoopCond").outputs[0]


def _enforce_shape(merged, value):
    wanted, given = merged.shape, value.shape
    if _fits(given, wanted):
        return
    source = merged.op.inputs[0].op.inputs[0]
    raise ValueError(
        f"Input tensor {source.name!r} enters the loop with shape {source.shape}, but has shape {given} after one "
                     "iteration. To allow the shape to vary across iterations, use the `shape_invariants` argument of "
                     "tf.while_loop to specify a less-specific shape.")


def _fits(given, wanted):
    if wanted.ndims is None:
        return True
    if given.ndims != wanted.ndims:
        return False
    return all(size is None or size == own for own, size in zip(given._dims, wanted._dims))


def shape_of_variable(value, invariant):
    """The shape that a loop's variable must have in every turn."""
    return value.shape if invariant is None else tensor_shape.TensorShape(invariant)
