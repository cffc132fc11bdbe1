"""The default graph and the default session, for each thread."""

import contextlib
import threading


class _DefaultStack(threading.local):
    """Things of which the innermost is the default, for each thread."""

    def __init__(self):
        self.stack = []
        self._enforce_nesting = True

    def get_default(self):
        return self.stack[-1] if self.stack else None

    def is_cleared(self):
        return not self.stack

    def reset(self):
        self.stack = []

    @property
    def enforce_nesting(self):
        return self._enforce_nesting

    @enforce_nesting.setter
    def enforce_nesting(self, value):
        self._enforce_nesting = value

    @contextlib.contextmanager
    def get_controller(self, default):
        self.stack.append(default)
        try:
            yield default
        finally:
            if self._enforce_nesting:
                if self.stack and self.stack[-1] is not default:
                    raise AssertionError(f"Nesting violated for default stack of {type(default)} objects")
                self.stack.pop()
            elif default in self.stack:
                self.stack.remove(default)


class _DefaultGraphStack(_DefaultStack):
    """The default graphs; the one at the bottom is every thread's."""

    _global = None

    def get_default(self):
        if self.stack:
            return self.stack[-1]
        if _DefaultGraphStack._global is None:
            from tenseur.python.framework._graph import Graph
            _DefaultGraphStack._global = Graph()
        return _DefaultGraphStack._global

    def reset(self):
        super().reset()
        _DefaultGraphStack._global = None


default_session_stack = _DefaultStack()
default_graph_stack = _DefaultGraphStack()


def get_default_graph():
    """The graph to which nodes are added now."""
    return default_graph_stack.get_default()


def reset_default_graph():
    """Begins a new default graph."""
    if not default_graph_stack.is_cleared():
        raise AssertionError("Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit "
                             "the nesting and create a new graph.")
    default_graph_stack.reset()


def has_default_graph():
    return True


def get_default_session():
    """The session whose `with` block is the innermost, or `None`."""
    return default_session_stack.get_default()


def default_session(session):
    return default_session_stack.get_controller(session)


def session_of(session, graph, what, method):
    if session is None:
        session = get_default_session()
        if session is None:
            raise ValueError(f"Cannot {what} using `{method}()`: No default session is registered. Use `with "
                             f"sess.as_default()` or pass an explicit session to `{method}(session=sess)`")
        if session.graph is not graph:
            raise ValueError(f"Cannot use the default session to {what}: the tensor's graph is different from the session's "
                             f"graph. Pass an explicit session to `{method}(session=sess)`.")
    elif session.graph is not graph:
        raise ValueError(f"Cannot use the given session to {what}: the tensor's graph is different from the session's graph.")
    return session


def graph_of(op_input_list, graph=None):
    """The graph of the first input that has one, else the default graph."""
    if graph is not None:
        return graph
    default = get_default_graph()
    if default.building_function:
        return default  # It takes in the tensors of graphs around it.
    for value in op_input_list:
        own = getattr(value, "graph", None)
        if hasattr(own, "create_op"):
            return own
    return get_default_graph()
