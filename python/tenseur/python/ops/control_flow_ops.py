"""Conditionals, loops and what orders operations: `tf.cond`, `tf.case`, `tf.while_loop`, `tf.group`, `tf.tuple`, …."""

import functools

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops, tensor_shape, tensor_util
from tenseur.python.ops import _control_flow_contexts as contexts
from tenseur.python.ops import control_flow_util as util  # noqa: F401
from tenseur.python.ops._control_flow_contexts import CondContext, ControlFlowContext, WhileContext  # noqa: F401
from tenseur.python.util import nest

_tuple_type = tuple  # the name is TensorFlow's here for another thing

# --- the pieces ----------------------------------------------------------------------------------------------------


def no_op(name=None):
    """An operation that does nothing but wait for its control inputs."""
    return ops.get_default_graph().create_op("NoOp", [], name=name or "NoOp")


def control_trigger(name=None):
    """As `no_op`, but it also runs where what it waits for is on the side of a conditional that was not taken."""
    return raw_ops.ControlTrigger(name=name)


def _converted(data, name, as_ref=False):
    if as_ref and hasattr(data, "_ref"):
        return data._ref()
    return ops.convert_to_tensor(data, name=name, as_ref=as_ref)


def switch(data, pred, dtype=None, name=None):
    """`data` on one of two outputs: the second where `pred` is true, the first where it is false."""
    with ops.name_scope(name, "Switch", [data, pred]) as name:
        if nest._is_composite(data):
            sides = [switch(part, pred) for part in nest.flatten(data, True)]
            return _tuple_type(nest.pack_sequence_as(data, [side[k] for side in sides], True) for k in (0, 1))
        data = _converted(data, "data") if dtype is None else ops.convert_to_tensor(data, dtype, name="data")
        pred = ops.convert_to_tensor(pred, name="pred")
        return _tuple_type(contexts.create("Switch", [data, pred], name).outputs)


def ref_switch(data, pred, name=None):
    """As `switch`, for a reference to a variable."""
    return raw_ops.RefSwitch(data=data, pred=pred, name=name)


def _SwitchRefOrTensor(data, pred, name="Switch"):
    return contexts.switch_ref_or_tensor(_converted(data, "data", as_ref=True), pred, name)


def merge(inputs, name=None):
    """The one input that has a value, and its number. Inputs come from the sides of a `switch`.

    Raises:
      ValueError: where an input is None.
    """
    if any(one is None for one in inputs):
        raise ValueError("At least one of the merge inputs is None: %s" % inputs)
    with ops.name_scope(name, "Merge", inputs) as name:
        if any(nest._is_composite(one) for one in inputs):
            parts = [merge(pair)[0] for pair in zip(*(nest.flatten(one, True) for one in inputs))]
            whole = nest.pack_sequence_as(inputs[0], parts, True)
            return whole, constant_op.constant(0)
        inputs = [_converted(one, "inputs") for one in inputs]
        return _merge(inputs, name)


def _merge(inputs, name=None):
    refs = all(one.dtype._is_ref_dtype for one in inputs)
    made = contexts.create("RefMerge" if refs else "Merge", inputs, name or "Merge", {"N": len(inputs)})
    return made.outputs[0], made.outputs[1]


def exit(data, name=None):
    """`data` as it leaves a loop."""
    return contexts.create("Exit", [data], name).outputs[0]


def loop_cond(data, name=None):
    return ops.get_default_graph().create_op("LoopCond", [data], name=name or "LoopCond").outputs[0]


def enter(data, frame_name, is_constant=False, parallel_iterations=10, name=None):
    """`data` within the loop of this name."""
    return contexts.create("Enter", [_converted(data, "data")], name, {
        "frame_name": frame_name, "is_constant": bool(is_constant),
        "parallel_iterations": int(parallel_iterations)}).outputs[0]


def next_iteration(data, name=None):
    """`data` in the next turn."""
    return contexts.create("NextIteration", [data], name).outputs[0]


def _Identity(data, name=None):
    return raw_ops.Identity(input=data, name=name)


def _Enter(data, frame_name, is_constant=False, parallel_iterations=10, use_ref=True, use_input_shape=True,
           name="Enter"):
    return contexts.enter_frame(data, frame_name, is_constant, parallel_iterations, name)


def _NextIteration(data, name=None):
    return contexts.create("NextIteration", [data], name).outputs[0]


# --- order ---------------------------------------------------------------------------------------------------------


def with_dependencies(dependencies, output_tensor, name=None):
    """`output_tensor`, which is there only after `dependencies`."""
    with ops.name_scope(name, "control_dependency", list(dependencies) + [output_tensor]) as name:
        with ops.control_dependencies(dependencies):
            output_tensor = ops.convert_to_tensor_or_composite(output_tensor)
            if nest._is_composite(output_tensor):
                return nest.map_structure(_Identity, output_tensor, expand_composites=True)
            return _Identity(output_tensor, name=name)


def group(*inputs, **kwargs):
    """An operation that has run when all `inputs` have: operations, tensors, variables, or structures of them.

    Keyword arguments: `name`.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs.keys()))
    with ops.name_scope(name, "group_deps", inputs) as name:
        if not inputs:
            return no_op(name=name)
        by_device = {}
        for one in nest.flatten(inputs, expand_composites=True):
            if not hasattr(one, "device"):
                raise TypeError("Expected tf.Tensor or tf.Operation in group inputs, not %s, of type %s"
                                % (one, type(one)))
            by_device.setdefault(one.device, []).append(one)
        if len(by_device) == 1:
            (device, together), = by_device.items()
            return _group_on(device, together, name)
        all_devices = [_group_on(device, by_device[device]) for device in sorted(by_device)]
        with ops.control_dependencies(all_devices):
            return no_op(name=name)


def _group_on(device, together, name=None):
    with ops.control_dependencies(together):
        if device:
            with ops.device(device):
                return no_op(name=name)
        return no_op(name=name)


def tuple(tensors, name=None, control_inputs=None):  # noqa: A001
    """The tensors, each of which is there only when all of them and all of `control_inputs` are.

    Raises:
      ValueError: where there are none.
    """
    with ops.name_scope(name, "tuple", tensors) as name:
        gating = [one if isinstance(one, ops.Operation) else one.op for one in tensors if one is not None]
        for one in control_inputs or []:
            gating.append(one if isinstance(one, ops.Operation) else one.op)
        gating = sorted(set(gating), key=lambda op: op._id)
        if not gating:
            raise ValueError("Must have at least one Tensor: %s" % tensors)
        gate = group(*gating)
        gated = []
        for one in tensors:
            if isinstance(one, ops.Operation):
                with ops.control_dependencies([gate]):
                    gated.append(no_op())
            else:
                gated.append(None if one is None else with_dependencies([gate], one))
        return gated


tuple_v1 = tuple


def Assert(condition, data, summarize=None, name=None):
    """An operation that fails, and shows `data`, unless `condition` is true.

    Raises (when it runs):
      tf.errors.InvalidArgumentError: where it is not.
    """
    with ops.name_scope(name, "Assert", [condition, data]):
        condition = ops.convert_to_tensor(condition, name="Condition")
        return raw_ops.Assert(condition=condition, data=list(data), summarize=summarize, name="Assert")


# --- conditionals --------------------------------------------------------------------------------------------------


def _is_tensor_array(value):
    return type(value).__name__ == "TensorArray" and hasattr(value, "flow")


def _convert_tensorarray_to_flow(value):
    return value.flow if _is_tensor_array(value) else value


def _convert_flow_to_tensorarray(array_or_any, value):
    if _is_tensor_array(array_or_any):
        from tenseur.python.ops import tensor_array_ops
        return tensor_array_ops.build_ta_with_new_flow(array_or_any, value)
    return value


def _convert_flows_to_tensorarrays(arrays_or_others, values):
    if len(arrays_or_others) != len(values):
        raise ValueError("Lengths of original Tensor list and new list do not match: %d vs. %d" % (
            len(arrays_or_others), len(values)))
    return [_convert_flow_to_tensorarray(one, value) for one, value in zip(arrays_or_others, values)]


def _unpack_if_singleton(structure):
    while isinstance(structure, (list, _tuple_type)) and len(structure) == 1:
        structure = structure[0]
    return structure


def _branch(context, function):
    """Makes one side; gives what the function returns, and its tensors as they leave that side."""
    context.Enter()
    try:
        original = function()
        if original is None:
            return None, None

        def leaf(value):
            if isinstance(value, ops.Operation):
                return with_dependencies([value], context.pivot)
            return context.process_output(ops.convert_to_tensor(_convert_tensorarray_to_flow(value)))

        result = nest.map_structure(leaf, original, expand_composites=True)
        if not isinstance(result, (list, _tuple_type)):
            result = [result]
        context.ExitResult(result)
        return original, result
    finally:
        context.Exit()


def _alike(context_t, context_f, result_t, result_f):
    """Both results, with rows' indices of one type: int64, where they differ."""
    def longer(context, value):
        context.Enter()
        try:
            return raw_ops.Cast(x=value, DstT=dtypes.int64)
        finally:
            context.Exit()

    def pair(one, other):
        if isinstance(one, ops.IndexedSlices) and isinstance(other, ops.IndexedSlices) and (
                one.indices.dtype.base_dtype != other.indices.dtype.base_dtype):
            if one.indices.dtype.base_dtype == dtypes.int32:
                one = ops.IndexedSlices(one.values, longer(context_t, one.indices), one.dense_shape)
            else:
                other = ops.IndexedSlices(other.values, longer(context_f, other.indices), other.dense_shape)
        return one, other

    flat_t, flat_f = nest.flatten(result_t), nest.flatten(result_f)
    if not any(isinstance(one, ops.IndexedSlices) for one in flat_t):
        return result_t, result_f
    pairs = [pair(one, other) for one, other in zip(flat_t, flat_f)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def cond(pred, true_fn=None, false_fn=None, strict=False, name=None, fn1=None, fn2=None):
    """What `true_fn()` returns where `pred` is true, else what `false_fn()` does; the other does not run.

    Args:
      pred: a tensor of one truth value.
      true_fn, false_fn: functions that return tensors, or structures of them, of the same types.
      strict: whether lists and tuples of one are left as they are.

    Raises:
      TypeError, ValueError: where the two do not return the same structure and types.
    """
    true_fn = fn1 if true_fn is None else true_fn
    false_fn = fn2 if false_fn is None else false_fn
    if not callable(true_fn):
        raise TypeError("true_fn must be callable.")
    if not callable(false_fn):
        raise TypeError("false_fn must be callable.")
    with ops.name_scope(name, "cond", [pred]):
        if isinstance(pred, bool):
            raise TypeError("pred must not be a Python bool")
        pred = ops.convert_to_tensor(pred)
        p_2, p_1 = switch(pred, pred)
        pivot_1 = _Identity(p_1, name="switch_t")
        pivot_2 = _Identity(p_2, name="switch_f")
        pred = _Identity(pred, name="pred_id")
        for tensor in (p_1, p_2, pivot_1, pivot_2, pred):
            tensor.graph.prevent_fetching(tensor.op)
        context_t = CondContext(pred, pivot_1, branch=1)
        original_t, result_t = _branch(context_t, true_fn)
        if original_t is None:
            raise ValueError("true_fn must have a return value.")
        context_f = CondContext(pred, pivot_2, branch=0)
        original_f, result_f = _branch(context_f, false_fn)
        if original_f is None:
            raise ValueError("false_fn must have a return value.")
        if not strict:
            original_t, original_f = _unpack_if_singleton(original_t), _unpack_if_singleton(original_f)
        try:
            nest.assert_same_structure(original_t, original_f, expand_composites=True)
        except TypeError as error:
            raise TypeError(f"Incompatible return types of true_fn and false_fn: {error}") from None
        except ValueError as error:
            raise ValueError(f"Incompatible return values of true_fn and false_fn: {error}") from None
        result_t, result_f = _alike(context_t, context_f, result_t, result_f)
        flat_t = nest.flatten(result_t, expand_composites=True)
        flat_f = nest.flatten(result_f, expand_composites=True)
        for x, y in zip(flat_t, flat_f):
            if x.dtype.base_dtype != y.dtype.base_dtype:
                raise ValueError("Outputs of true_fn and false_fn must have the same type: %s, %s"
                                 % (x.dtype.name, y.dtype.name))
        merges = [_merge(list(pair))[0] for pair in zip(flat_f, flat_t)]
        merges = _convert_flows_to_tensorarrays(nest.flatten(original_t, expand_composites=True), merges)
        if context_t.outer_context is None:
            ops.add_to_collection(ops.GraphKeys.COND_CONTEXT, context_t)
            ops.add_to_collection(ops.GraphKeys.COND_CONTEXT, context_f)
        merges = nest.pack_sequence_as(original_t, merges, expand_composites=True)
        return merges if strict else _unpack_if_singleton(merges)


def smart_cond(pred, true_fn=None, false_fn=None, name=None):
    """As `cond`, but with only one of the functions where `pred` is known already."""
    known = smart_constant_value(pred)
    if known is None:
        return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return true_fn() if known else false_fn()


def smart_constant_value(pred):
    """The truth value, where it is known before any run; else None."""
    if isinstance(pred, bool) or type(pred).__name__ in ("bool_", "bool"):
        return bool(pred)
    if pred in {0, 1}:
        return bool(pred)
    if isinstance(pred, ops.Tensor):
        known = tensor_util.constant_value(pred)
        return None if known is None else bool(known)
    if hasattr(pred, "_as_graph_element"):
        return None
    raise TypeError("`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: %s" % type(pred))


def _at_most_true(predicates, n, message):
    stacked = raw_ops.Pack(values=[ops.convert_to_tensor(one) for one in predicates], name="preds_c")
    count = raw_ops.Sum(input=raw_ops.Cast(x=stacked, DstT=dtypes.int32), reduction_indices=[0], name="num_true_conds")
    condition = raw_ops.LessEqual(x=count, y=constant_op.constant(n, name="n_true_conds"))
    names = ", ".join(getattr(one, "name", str(one)) for one in predicates)
    return Assert(condition, data=["%s: more than %d conditions (%s) evaluated as True:" % (message, n, names),
                                   stacked])


def _pairs_of_case(pred_fn_pairs):
    if isinstance(pred_fn_pairs, dict):
        pairs = list(pred_fn_pairs.items())
        if all(isinstance(pred, ops.Tensor) for pred, _ in pairs):
            pairs.sort(key=lambda pair: pair[0].name)
    elif isinstance(pred_fn_pairs, (list, _tuple_type)):
        pairs = list(pred_fn_pairs)
    else:
        raise TypeError("fns must be a list, tuple, or dict")
    for pair in pairs:
        if not isinstance(pair, _tuple_type) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        pred, function = pair
        if not (isinstance(pred, ops.Tensor) or hasattr(pred, "_as_graph_element")):
            raise TypeError("pred must be Tensor, got %s" % type(pred))
        if pred.dtype.base_dtype != dtypes.bool:
            raise TypeError("pred must be of type bool: %s", pred.name)
        if not callable(function):
            raise TypeError("fn for pred %s must be callable." % pred.name)
    if not pairs:
        raise ValueError("No (pred, fn) pairs given")
    return pairs


def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """What the function of the first predicate that is true returns, else what `default` does.

    Args:
      pred_fn_pairs: pairs (predicate, function), in a list or a dictionary.
      exclusive: whether it is an error that several are true.

    Raises (when it runs):
      tf.errors.InvalidArgumentError: where none is true and there is no default.
    """
    pairs = _pairs_of_case(pred_fn_pairs)
    with ops.name_scope(name, "case", [[pred for pred, _ in pairs]]):
        guards = []
        if exclusive:
            guards.append(_at_most_true([pred for pred, _ in pairs], 1, "Input error: exclusive=True"))
        function = default
        if function is None:
            last_pred, last_action = pairs.pop()

            def function():
                message = "Input error: None of conditions evaluate as True:"
                with ops.control_dependencies([Assert(last_pred, data=[message, last_pred])]):
                    return nest.map_structure(lambda x: x if isinstance(x, ops.Operation) else _Identity(x),
                                              last_action())

        elif not callable(function):
            raise TypeError("default must be callable.")
        with ops.control_dependencies(guards):
            for pred, action in reversed(pairs):
                function = functools.partial(cond, pred, true_fn=action, false_fn=function, strict=strict)
            return function()


# --- loops ---------------------------------------------------------------------------------------------------------


def while_loop(cond, body, loop_vars, shape_invariants=None, parallel_iterations=10, back_prop=True, swap_memory=False,
               name=None, maximum_iterations=None, return_same_structure=False):
    """Goes on with `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` is true; gives what they are then.

    Args:
      cond: gives a tensor of one truth value.
      body: gives the next values, in the structure of `loop_vars` and of the same types.
      loop_vars: a list or tuple of tensors, tensor arrays, or structures of them.
      shape_invariants: in the same structure, what stays true of their shapes; else they keep those that they have.
      maximum_iterations: how many turns there may be at most.
      return_same_structure: whether a list of one is given back as such, and not as its only element.

    Raises:
      TypeError, ValueError: where `body` does not give what fits `loop_vars`.
    """
    with ops.name_scope(name, "while", loop_vars):
        if not loop_vars:
            raise ValueError("No loop variables provided")
        if not callable(cond):
            raise TypeError("cond must be callable.")
        if not callable(body):
            raise TypeError("body must be callable.")
        if parallel_iterations < 1:
            raise TypeError("parallel_iterations must be a positive integer.")
        first_only = len(loop_vars) == 1 and not return_same_structure
        if maximum_iterations is not None:
            maximum_iterations = ops.convert_to_tensor(maximum_iterations, name="maximum_iterations")
            if maximum_iterations.shape.ndims != 0:
                raise ValueError("maximum_iterations must be a scalar, saw shape: %s" % maximum_iterations.shape)
            counter = constant_op.constant(0, dtype=maximum_iterations.dtype, name="iteration_counter")
            cond, body = _counted(cond, body, maximum_iterations, first_only)
            loop_vars = (counter, loop_vars[0]) if first_only else (counter, loop_vars)
            if shape_invariants is not None:
                shape_invariants = (tensor_shape.TensorShape([]), shape_invariants[0] if first_only
                                    else shape_invariants)
        if shape_invariants is not None:
            _same_structure_of_shapes(loop_vars, shape_invariants)
        context = WhileContext(maximum_iterations=maximum_iterations, parallel_iterations=parallel_iterations,
                               back_prop=back_prop, swap_memory=swap_memory)
        if context.outer_context is None:
            ops.add_to_collection(ops.GraphKeys.WHILE_CONTEXT, context)
        results = _loop(context, cond, body, loop_vars, shape_invariants)
        if maximum_iterations is not None:
            return results[1]
        if return_same_structure or len(nest.flatten(results, expand_composites=True)) != 1:
            return results
        return nest.flatten(results)[0]


def _counted(cond, body, most, single):
    """The condition and body of a loop that counts its turns."""
    def goes_on(turn, values):
        return raw_ops.LogicalAnd(x=raw_ops.Less(x=turn, y=most), y=cond(values) if single else cond(*values))

    def next_turn(turn, values):
        following = body(values) if single else body(*values)
        return raw_ops.Add(x=turn, y=constant_op.constant(1, dtype=most.dtype)), following

    return goes_on, next_turn


def _same_structure_of_shapes(loop_vars, invariants):
    """Shapes are leaves here, also those that are written as lists."""
    flat = nest.flatten(loop_vars)
    shapes = _flat_shapes(loop_vars, invariants)
    if len(flat) != len(shapes):
        raise ValueError(
            f"shape_invariants must have the structure of loop_vars: {len(shapes)} shapes for {len(flat)} variables")


def _flat_shapes(structure, shapes):
    if not nest.is_sequence(structure):
        return [shapes]
    found = []
    parts, own = nest._parts(structure), nest._parts(shapes)
    if len(parts) != len(own):
        raise ValueError(f"shape_invariants must have the structure of loop_vars: {len(own)} for {len(parts)} parts")
    for part, shape in zip(parts, own):
        found.extend(_flat_shapes(part, shape))
    return found


def _shapes_of(values, originals, invariants):
    """By tensor of the loop's flat variables: the shape that it must keep."""
    shapes = []
    for value, original, invariant in zip(values, originals, invariants):
        parts = nest.flatten(value, expand_composites=True)
        if _is_tensor_array(original):
            shapes.append(parts[0].shape)
        elif len(parts) == 1:
            shapes.append(contexts.shape_of_variable(parts[0], invariant))
        else:
            shapes.extend(_shapes_of_composite(value, invariant))
    return shapes


def _shapes_of_composite(value, invariant):
    if invariant is None:
        return [part.shape for part in nest.flatten(value, expand_composites=True)]
    shape = tensor_shape.TensorShape(invariant)
    if type(value).__name__ == "SparseTensor":
        # Of a sparse tensor the invariant is the shape of its shape.
        rank = shape.with_rank(1)._dims[0]
        return [tensor_shape.TensorShape(sizes) for sizes in ([None, rank], [None], [rank])]
    shapes = [shape, tensor_shape.TensorShape([None if shape.ndims is None else shape._dims[0]])]
    return shapes if value.dense_shape is None else shapes + [tensor_shape.TensorShape([shape.ndims])]


def _check_invariants(tensors, shapes):
    for tensor, shape in zip(tensors, shapes):
        if not contexts._fits(tensor.shape, shape):
            raise ValueError(
                f"The shape invariant specified for {tensor.name} is not compatible with the initial shape of the "
                             f"loop variable. It enters the loop with shape {tensor.shape}, but the specified shape "
                             f"invariant is "
                             f"{shape}.")


def _loop(context, cond, body, loop_vars, shape_invariants):
    """The loop; gives its variables after the last turn in the structure that `body` returns."""
    originals = nest.flatten(loop_vars)
    invariants = [None] * len(originals) if shape_invariants is None else _flat_shapes(loop_vars, shape_invariants)
    values = [ops.convert_to_tensor_or_composite(_convert_tensorarray_to_flow(one)) for one in originals]
    shapes = _shapes_of(values, originals, invariants)
    tensors = nest.flatten(values, expand_composites=True)
    _check_invariants(tensors, shapes)
    # Composites are packed as the values that they were converted to.
    structure = nest.pack_sequence_as(loop_vars, [original if _is_tensor_array(original) else value
                                                  for original, value in zip(originals, values)])
    arrays = nest.flatten(structure, expand_composites=True)
    context.Enter()
    try:
        merged = context.begin(tensors, shapes)

        def packed(flat):
            flat = _convert_flows_to_tensorarrays(arrays, flat)
            return nest.pack_sequence_as(structure, flat, expand_composites=True)

        goes_on = ops.convert_to_tensor(cond(*_arguments(packed(merged))))
        pivot = context.condition(goes_on)
        switched = [contexts.switch_ref_or_tensor(merge, pivot) for merge in merged]
        arguments = packed(context.turn(switched))
        result = body(*_arguments(arguments))
        if not nest.is_sequence_or_composite(result):
            result = [result]
        nest.assert_same_structure(list(_arguments(arguments)), list(_arguments(result)), expand_composites=True)
        leaves = nest.flatten(result, expand_composites=True)
        given = [ops.convert_to_tensor(_convert_tensorarray_to_flow(one)) for one in leaves]
        if len(merged) != len(given):
            raise ValueError("Number of inputs and outputs of body must match loop_vars: %d, %d"
                             % (len(merged), len(given)))
        for merge, value in zip(merged, given):
            if merge.dtype.base_dtype != value.dtype.base_dtype:
                raise TypeError(
                    f"a loop's variable of type {merge.dtype.name} becomes {value.dtype.name} after one iteration "
                                f"({merge.op.inputs[0].op.inputs[0].name})")
        for merge, value in zip(merged, given):
            context.back(merge, value)
        left = context.leave(switched)
        for exit_, merge in zip(left, merged):
            exit_.set_shape(merge.shape)
        context.ExitResult(left)
    finally:
        context.Exit()
    if not context.back_prop:
        left = [raw_ops.StopGradient(input=one) if one.dtype.base_dtype.is_floating else one for one in left]
    left = _convert_flows_to_tensorarrays(leaves, left)
    return nest.pack_sequence_as(result, left, expand_composites=True)


def _arguments(packed):
    return packed.values() if isinstance(packed, dict) else packed
