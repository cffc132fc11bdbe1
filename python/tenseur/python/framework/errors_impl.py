"""Exceptions, by TensorFlow's kinds."""

from tenseur import _core

OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS = range(7)
PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE = range(7, 12)
UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED = range(12, 17)


class OpError(Exception):
    """What went wrong in a run: `op` (where it is known), `message`, `error_code`."""

    def __init__(self, node_def, op, message, error_code=UNKNOWN):
        super().__init__(message)
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code

    @property
    def message(self):
        return self._message

    @property
    def op(self):
        return self._op

    @property
    def node_def(self):
        return self._node_def

    @property
    def error_code(self):
        return self._error_code

    def __str__(self):
        return self._message

    def __reduce__(self):
        return type(self), (None, None, self._message) + ((self._error_code,) if type(self) is OpError else ())


def _kind(name, code):
    def __init__(self, node_def, op, message):
        OpError.__init__(self, node_def, op, message, code)

    return type(name, (OpError,), {"__init__": __init__, "__module__": __name__})


_KINDS = {
    CANCELLED: "CancelledError", UNKNOWN: "UnknownError", INVALID_ARGUMENT: "InvalidArgumentError",
    DEADLINE_EXCEEDED: "DeadlineExceededError", NOT_FOUND: "NotFoundError", ALREADY_EXISTS: "AlreadyExistsError",
    PERMISSION_DENIED: "PermissionDeniedError", RESOURCE_EXHAUSTED: "ResourceExhaustedError",
    FAILED_PRECONDITION: "FailedPreconditionError", ABORTED: "AbortedError", OUT_OF_RANGE: "OutOfRangeError",
    UNIMPLEMENTED: "UnimplementedError", INTERNAL: "InternalError", UNAVAILABLE: "UnavailableError",
    DATA_LOSS: "DataLossError", UNAUTHENTICATED: "UnauthenticatedError",
}
_CLASSES = {code: _kind(name, code) for code, name in _KINDS.items()}
globals().update({cls.__name__: cls for cls in _CLASSES.values()})


def exception_type_from_error_code(error_code):
    return _CLASSES[error_code]


def error_code_from_exception_type(cls):
    return next(code for code, known in _CLASSES.items() if known is cls)


class raise_exception_on_not_ok_status:
    """What programs of TensorFlow 1 wrapped around calls of its C library; there is no status here."""

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return False


def _from_engine(code, message, node_name, op_type):
    """The exception for an error of the engine; `op` is found by the session, which knows the graph."""
    exception = _CLASSES.get(code, _CLASSES[UNKNOWN])(None, None, message)
    exception._node_name = node_name
    exception._op_type = op_type
    return exception


_core.set_error_factory(_from_engine)
