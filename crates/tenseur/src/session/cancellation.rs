//! Ending runs from outside.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Code, Error, Result};
use crate::session::Session;

/// Ends the runs of a session from another thread: after Ctrl-C, or when time is up. Clones end the same runs.
///
/// A run looks at it before it starts, and one that goes node by node (as every loop does) before each node and each
/// turn. What a program does within a run (a [`HostOp`](crate::ops::host::HostOp)) looks at it itself where it waits, by
/// [`of_this_run`](Cancellation::of_this_run). A cancelled run fails with the kind Cancelled and leaves every variable as
/// it was.
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

thread_local! {
    /// Of the runs that wait for a function of the program on this thread, the innermost last.
    static CALLING: RefCell<Vec<Cancellation>> = const { RefCell::new(Vec::new()) };
}

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
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Within a function of the program that a run calls: what ends that run. Who waits there looks at it now and then, and
    /// gives up with an error.
    ///
    /// ```
    /// use tenseur::session::Cancellation;
    /// assert!(Cancellation::of_this_run().is_none()); // No run is calling.
    /// ```
    pub fn of_this_run() -> Option<Cancellation> {
        CALLING.with_borrow(|calling| calling.last().cloned())
    }

    /// Calls a function of the program, which may ask for [`of_this_run`](Cancellation::of_this_run).
    pub(crate) fn while_calling<R>(&self, function: impl FnOnce() -> R) -> R {
        struct Called;
        impl Drop for Called {
            fn drop(&mut self) {
                CALLING.with_borrow_mut(|calling| drop(calling.pop()));
            }
        }
        CALLING.with_borrow_mut(|calling| calling.push(self.clone()));
        let _called = Called;
        function()
    }

    /// Whether runs are to end, as an error.
    ///
    /// # Errors
    /// Cancelled, if so.
    pub(crate) fn check(&self) -> Result<()> {
        match self.is_cancelled() {
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
