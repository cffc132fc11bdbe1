//! Errors: tenseur's become exceptions that Python makes, and exceptions that functions of the program raise become
//! tenseur's on their way through a run.

use std::cell::RefCell;

use pyo3::exceptions::{
    PyException, PyMemoryError, PyNotImplementedError, PyRuntimeError, PyStopIteration, PyTypeError,
    PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tenseur::error::Reason;
use tenseur::{Code, Error};

static FACTORY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Says what makes an exception of (code, message, name of the node, its op's type, hint).
#[pyfunction]
pub(crate) fn set_error_factory(py: Python<'_>, factory: Py<PyAny>) {
    let _ = FACTORY.set(py, factory);
}

/// Each kind with TensorFlow's number for it.
const CODES: [(Code, i32); 15] = [
    (Code::Cancelled, 1),
    (Code::Unknown, 2),
    (Code::InvalidArgument, 3),
    (Code::DeadlineExceeded, 4),
    (Code::NotFound, 5),
    (Code::AlreadyExists, 6),
    (Code::PermissionDenied, 7),
    (Code::ResourceExhausted, 8),
    (Code::FailedPrecondition, 9),
    (Code::Aborted, 10),
    (Code::OutOfRange, 11),
    (Code::Unimplemented, 12),
    (Code::Internal, 13),
    (Code::Unavailable, 14),
    (Code::DataLoss, 15),
];

/// The exception for an error.
pub(crate) fn to_python(py: Python<'_>, error: Error) -> PyErr {
    let code = CODES.iter().find(|(code, _)| *code == error.code()).map_or(2, |(_, number)| *number);
    let (name, op) =
        error.node().map_or((None, None), |node| (Some(node.name.clone()), Some(node.op.clone())));
    let made = FACTORY.get(py).map(|factory| factory.call1(py, (code, error.to_string(), name, op)));
    match made {
        Some(Ok(exception)) => PyErr::from_value(exception.into_bound(py)),
        Some(Err(error)) => error,
        None => PyRuntimeError::new_err(error.to_string()),
    }
}

thread_local! {
    /// The last exception of a function of the program in this thread's run.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// The reason that a function of the program gives by raising an exception, which is kept for [`of_run`].
pub(crate) fn raised(py: Python<'_>, exception: PyErr) -> Reason {
    let number: Option<i32> =
        exception.value(py).getattr("error_code").ok().and_then(|code| code.extract().ok());
    let code = number.and_then(|number| CODES.iter().find(|(_, own)| *own == number));
    // An exception of TensorFlow's kinds has its own message; of others the kind says much.
    let message =
        exception.value(py).getattr("message").ok().and_then(|message| message.extract::<String>().ok());
    let text = message.filter(|_| number.is_some()).unwrap_or_else(|| exception.to_string());
    let code = code.map_or_else(|| kind_of(py, &exception), |(code, _)| *code);
    RAISED.with(|kept| *kept.borrow_mut() = Some(exception));
    Reason::new(code, text)
}

/// The kind that TensorFlow gives to an exception of Python's.
fn kind_of(py: Python<'_>, exception: &PyErr) -> Code {
    if exception.is_instance_of::<PyValueError>(py) || exception.is_instance_of::<PyTypeError>(py) {
        Code::InvalidArgument
    } else if exception.is_instance_of::<PyStopIteration>(py) {
        Code::OutOfRange
    } else if exception.is_instance_of::<PyMemoryError>(py) {
        Code::ResourceExhausted
    } else if exception.is_instance_of::<PyNotImplementedError>(py) {
        Code::Unimplemented
    } else {
        Code::Unknown
    }
}

/// Keeps an exception that the engine cannot carry, of a signal's handler say, for [`of_run`] or [`kept`].
pub(crate) fn keep(exception: PyErr) {
    RAISED.with(|kept| *kept.borrow_mut() = Some(exception));
}

/// Takes the exception that was kept, if there is one.
pub(crate) fn kept() -> Option<PyErr> {
    RAISED.with(|kept| kept.borrow_mut().take())
}

/// The exception for a run's error: what a function raised goes through where it is no error (Ctrl-C), and is the cause
/// where it is one.
pub(crate) fn of_run(py: Python<'_>, error: Error) -> PyErr {
    match kept() {
        Some(raised) if !raised.is_instance_of::<PyException>(py) => raised,
        Some(raised) => {
            let exception = to_python(py, error);
            exception.set_cause(py, Some(raised));
            exception
        }
        None => to_python(py, error),
    }
}
