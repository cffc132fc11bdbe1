//! Errors: what went wrong, at which node, with which inputs, on which line of the user's program, and what would help.

use std::fmt;
use std::panic::Location;

pub use tenseur_kernels::Code;
use tenseur_kernels::KernelError;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an op refuses its inputs, in a few words: the lower of the two levels of an error. Graph and session add the
/// node, its inputs and the user's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The kind.
    pub code: Code,
    /// What does not fit, with the numbers.
    pub text: String,
    /// Whether it stands against running a node alone: TensorFlow loads a graph from a file that has such a node, and runs its
    /// other nodes.
    pub deferred: bool,
}

impl Reason {
    /// A reason of another kind than InvalidArgument.
    pub fn new(code: Code, text: impl Into<String>) -> Reason {
        Reason { code, text: text.into(), deferred: false }
    }

    /// The same, but only a run that needs the node minds.
    pub(crate) fn deferred(self) -> Reason {
        Reason { deferred: true, ..self }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Reason {
        Reason::new(Code::InvalidArgument, text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Reason {
        Reason::from(text.to_string())
    }
}

/// What went wrong.
///
/// Its text names the node and its op, says what does not fit, lists the inputs' shapes and types, and gives the line
/// of the program that made the node; a hint, where there is one, comes last.
#[derive(Clone)]
pub struct Error(Box<Details>);

#[derive(Clone)]
struct Details {
    code: Code,
    message: String,
    node: Option<AtNode>,
    hint: Option<String>,
}

/// The node at which an error arose.
#[derive(Clone, Debug)]
pub struct AtNode {
    /// The node's name in the graph.
    pub name: String,
    /// Its op's type.
    pub op: String,
    /// Each input, its name with type and shape.
    pub inputs: Vec<String>,
    /// Where in the user's program it was made.
    pub location: Option<Line>,
}

/// A line of a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The source file, as the compiler (or the interpreter) names it.
    pub file: std::borrow::Cow<'static, str>,
    /// Counted from 1.
    pub line: u32,
}

impl From<&'static Location<'static>> for Line {
    fn from(location: &'static Location<'static>) -> Line {
        Line { file: location.file().into(), line: location.line() }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Error {
    /// An error of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Details { code, message: message.into(), node: None, hint: None }))
    }

    /// An InvalidArgument error.
    pub fn invalid(message: impl Into<String>) -> Error {
        Error::new(Code::InvalidArgument, message)
    }

    /// The same error, with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error, at a node; an error that names one keeps it.
    pub(crate) fn at(mut self, node: impl FnOnce() -> AtNode) -> Error {
        self.0.node.get_or_insert_with(node);
        self
    }

    /// The same error with `context` before its message.
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// The kind.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What went wrong, without the node around it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The node at which it arose.
    pub fn node(&self) -> Option<&AtNode> {
        self.0.node.as_ref()
    }

    /// What would help, if that is known.
    pub fn advice(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Error {
        Error::new(reason.code, reason.text)
    }
}

impl From<Error> for Reason {
    fn from(error: Error) -> Reason {
        Reason::new(error.code(), error.message())
    }
}

impl From<KernelError> for Reason {
    fn from(error: KernelError) -> Reason {
        Reason::new(error.code, error.text)
    }
}

impl From<Reason> for KernelError {
    fn from(reason: Reason) -> KernelError {
        KernelError { code: reason.code, text: reason.text }
    }
}

impl From<Error> for KernelError {
    fn from(error: Error) -> KernelError {
        Reason::from(error).into()
    }
}

/// So many inputs of a node are shown.
const MOST_INPUTS: usize = 8;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { code, message, node, hint } = &*self.0;
        match node {
            None => write!(f, "{message}")?,
            Some(node) => {
                write!(f, "{} \"{}\": {message}", node.op, node.name)?;
                for (i, input) in node.inputs.iter().enumerate().take(MOST_INPUTS) {
                    write!(f, "\n  input {i}: {input}")?;
                }
                if let Some(more @ 1..) = node.inputs.len().checked_sub(MOST_INPUTS) {
                    write!(f, "\n  and {more} more inputs")?;
                }
                if let Some(line) = &node.location {
                    write!(f, "\n  made at {line}")?;
                }
            }
        }
        if *code != Code::InvalidArgument {
            write!(f, "\n  kind: {code:?}")?;
        }
        match hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
