"""What a node is to conditionals and loops."""


def IsSwitch(op):
    return op.type in ("Switch", "RefSwitch")


def IsMerge(op):
    return op.type in ("Merge", "RefMerge")


def IsLoopEnter(op):
    return op.type in ("Enter", "RefEnter")


def IsLoopExit(op):
    return op.type in ("Exit", "RefExit")


def IsLoopConstantEnter(op):
    """Whether it brings a value into a loop that is the same in every turn."""
    return IsLoopEnter(op) and bool(op.get_attr("is_constant"))


def GetOutputContext(op):
    """The context in which what it gives can be used."""
    context = op._get_control_flow_context()
    if context is not None and IsLoopExit(op):
        context = context.outer_context
    return context


def GetContainingWhileContext(ctxt, stop_ctxt=None):
    """The nearest loop around."""
    while ctxt is not None:
        if ctxt.IsWhileContext() or ctxt is stop_ctxt:
            return ctxt
        ctxt = ctxt.outer_context
    return None


def GetContainingCondContext(ctxt):
    """The nearest conditional around."""
    while ctxt is not None:
        if ctxt.IsCondContext():
            return ctxt
        ctxt = ctxt.outer_context
    return None


def OpInContext(op, ctxt):
    """Whether the node is within the context."""
    return IsContainingContext(op._get_control_flow_context(), ctxt)


def IsContainingContext(ctxt, maybe_containing_ctxt):
    while ctxt is not maybe_containing_ctxt:
        if ctxt is None:
            return False
        ctxt = ctxt.outer_context
    return True


def IsInWhileLoop(op):
    return GetContainingWhileContext(op._get_control_flow_context()) is not None


def IsInCond(op):
    return GetContainingCondContext(op._get_control_flow_context()) is not None


def IsInXLAContext(op):
    return False


def IsCondSwitch(op):
    """Whether it is the Switch of a conditional, and not of a loop."""
    return IsSwitch(op) and op.inputs[1].op.type != "LoopCond"


def IsLoopSwitch(op):
    """Whether it is the Switch of a loop."""
    return IsSwitch(op) and op.inputs[1].op.type == "LoopCond"


def EnableControlFlowV2(graph):
    return False


def GraphOrParentsInXlaContext(graph):
    return False
