//! Why a request gets no answer: an HTTP status and a sentence.

use hyper::StatusCode;
use tenseur::{Code, Error};

/// A status and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// Whether the connection ends with it, because what the client still sends would not be read.
    pub(crate) closes: bool,
    /// By which methods it may be asked, if it was asked by another.
    pub(crate) allow: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), closes: false, allow: None }
    }

    /// The request itself is wrong.
    pub(crate) fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn closing(self) -> Refusal {
        Refusal { closes: true, ..self }
    }

    /// Time was up before there was an answer.
    pub(crate) fn too_late() -> Refusal {
        Refusal::new(StatusCode::GATEWAY_TIMEOUT, "there was no answer within the time limit")
    }

    /// A run found it impossible.
    pub(crate) fn of(error: &Error) -> Refusal {
        let status = match error.code() {
            Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Code::ResourceExhausted => StatusCode::SERVICE_UNAVAILABLE,
            Code::Cancelled | Code::DeadlineExceeded => return Refusal::too_late(),
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refusal::new(status, error.to_string())
    }
}
