"""Initial values that depend on other variables."""

from tenseur.python.framework import ops


def _safe_initial_value(name, initial_value):
    """The initial value, with what it reads of other variables replaced by their initial values as long as they have none:
    the order in which initializers run then does not matter."""
    if not _variables_beneath(initial_value.op):
        return initial_value
    return _safe(name, initial_value, {})


def _variables_beneath(op):
    """Whether the operation depends on a variable. Conditionals say themselves when they read one, and loops stay as they
    are."""
    seen, pending, found = set(), [op], False
    while pending:
        op = pending.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.type == "NextIteration":
            return False
        if op.type == "Merge":
            continue
        found = found or op.type in ("Variable", "VariableV2", "VarHandleOp")
        pending.extend(tensor.op for tensor in op.inputs)
    return found


def _safe(name, tensor, cache):
    op = tensor.op
    new = cache.get(op)
    if new is None:
        new = cache[op] = _safe_op(name, op, cache)
    return new if isinstance(new, ops.Tensor) else new.outputs[tensor.value_index]


def _safe_op(name, op, cache):
    if op.type in ("IsVariableInitialized", "VarIsInitializedOp", "Merge"):
        return op
    if op.type in ("Variable", "VariableV2", "ReadVariableOp"):
        owner = op.inputs[0].op if op.type == "ReadVariableOp" else op
        variable = _variable_of(owner)
        return op if variable is None else variable.initialized_value()
    inputs = [_safe(name, tensor, cache) for tensor in op.inputs]
    if all(new is old for new, old in zip(inputs, op.inputs)):
        return op
    attributes = op.graph._engine.attributes(op._id)
    return op.graph.create_op(op.type, inputs, name=f"{op.name}_{name}".replace("/", "_"), attrs=attributes)


def _variable_of(op):
    """The variable whose operation this is, where it is in one of the graph's collections."""
    for collection in (ops.GraphKeys.GLOBAL_VARIABLES, ops.GraphKeys.LOCAL_VARIABLES):
        for variable in op.graph.get_collection(collection):
            if hasattr(variable, "initialized_value") and getattr(variable, "op", None) is op:
                return variable
    return None
