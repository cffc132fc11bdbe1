//! Ending runs from outside.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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
pub struct Cancellation(Arc<Token>);

#[derive(Default)]
struct Token {
    cancelled: AtomicBool,
    /// Asked now and then by runs that go node by node: whether they are to end.
    asked: Option<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", if self.cancelled.load(Ordering::Relaxed) { "cancelled" } else { "not cancelled" })
    }
}

/// How often runs ask.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(50);

thread_local! {
    /// When a run of this thread asked last.
    static ASKED: Cell<Option<Instant>> = const { Cell::new(None) };
    /// Of the runs that wait for a function of the program on this thread, the innermost last.
    static CALLING: RefCell<Vec<Cancellation>> = const { RefCell::new(Vec::new()) };
}

impl Cancellation {
    /// One that has not been used.
    pub fn new() -> Cancellation {
        Cancellation::default()
    }

    /// One that runs ask, on their own thread and at most some twenty times a second, whether they are to end: true ends the
    /// run that asked, and no other. It is how a program looks at signals in the middle of a long run.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// use tenseur::session::Cancellation;
    /// let tf = Graph::new();
    /// let x = tf.constant(1.0) + 2.0;
    /// let sess = Session::new(&tf)?.cancelled_by(&Cancellation::asking(|| true));
    /// assert_eq!(sess.run(&x, feeds![])?, 3.0.into()); // It is over before it asks.
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn asking(question: impl Fn() -> bool + Send + Sync + 'static) -> Cancellation {
        Cancellation(Arc::new(Token { asked: Some(Box::new(question)), ..Token::default() }))
    }

    /// Ends the runs under way, and lets no other begin.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether runs are to end.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    /// Asks, where there is somebody to ask and it has not been done just now.
    fn is_answered_by_end(&self) -> bool {
        let Some(question) = &self.0.asked else { return false };
        let now = Instant::now();
        match ASKED.get() {
            Some(before) if now.duration_since(before) < BETWEEN_QUESTIONS => false,
            before => {
                ASKED.set(Some(now));
                before.is_some() && question()
            }
        }
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
        match self.is_cancelled() || self.is_answered_by_end() {
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
