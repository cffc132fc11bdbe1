//! Ending runs from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Code, Error, Result};
use crate::session::Session;

/// Ends the runs of a session from another thread: after Ctrl-C, or when time is up. Clones end the same runs.
///
/// A run looks at it before it starts, and one that goes node by node (as every loop does) before each node and each
/// turn. A cancelled run fails with the kind Cancelled and leaves every variable as it was.
///
/// ```
/// use tenseur::prelude::*;
/// use tenseur::session::Cancellation;
/// let tf = Graph::new();
/// let x = tf.constant(1.0) + 2.0;
/// let cancellation = Cancellation::new();
/// let sess = Session::new(&tf)?.cancelled_by(&cancellation);
/// assert_eq!(sess.run(&x, feeds![])?, 3.0.into());
/// cancellation.cancel();
/// assert_eq!(sess.run(&x, feeds![]).unwrap_err().code(), tenseur::Code::Cancelled);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// One that has not been used.
    pub fn new() -> Cancellation {
        Cancellation::default()
    }

    /// Ends the runs under way, and lets no other begin.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether runs are to end.
    ///
    /// # Errors
    /// Cancelled, if so.
    pub(crate) fn check(&self) -> Result<()> {
        match self.0.load(Ordering::Relaxed) {
            false => Ok(()),
            true => Err(Error::new(Code::Cancelled, "the run was cancelled")),
        }
    }
}

impl Session {
    /// The same session, whose runs `cancellation` can end.
    #[must_use]
    pub fn cancelled_by(self, cancellation: &Cancellation) -> Session {
        Session { cancellation: cancellation.clone(), ..self }
    }
}
