//! What runs of a session share, and how one waits for another.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Code, Reason};
use crate::lowering::Objects;

/// How long who waits sleeps before looking around.
pub(super) const NAP: Duration = Duration::from_millis(20);

/// For so many naps a run waits although no other is under way that could bring what it waits for: one may just be coming.
pub(super) const NAPS_ALONE: usize = 250;

/// Something that runs change and wait for.
#[derive(Debug, Default)]
pub(super) struct Shared<S> {
    state: Mutex<S>,
    changed: Condvar,
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something at once; who waits looks again.
    pub(super) fn act<R>(&self, act: impl FnOnce(&mut S) -> R) -> R {
        let done = act(&mut self.lock());
        self.changed.notify_all();
        done
    }

    /// Tries until `attempt` has come to an end.
    ///
    /// # Errors
    /// The attempt's; Cancelled; DeadlineExceeded where nobody could bring what is missing, as `in_vain` says it.
    pub(super) fn wait<R>(
        &self,
        objects: &Objects,
        mut attempt: impl FnMut(&mut S) -> Result<Option<R>, Reason>,
        in_vain: impl Fn(&S) -> String,
    ) -> Result<R, Reason> {
        let mut state = self.lock();
        let mut alone = 0;
        loop {
            if let Some(got) = attempt(&mut state)? {
                drop(state);
                self.changed.notify_all();
                return Ok(got);
            }
            objects.check_cancelled()?;
            alone = if objects.is_alone() { alone + 1 } else { 0 };
            // In a browser nobody else can come.
            if alone > NAPS_ALONE || cfg!(target_family = "wasm") {
                let why = in_vain(&state);
                let text = format!("{why}; and no other run is under way that could change that");
                return Err(Reason::new(Code::DeadlineExceeded, text));
            }
            let slept = self.changed.wait_timeout(state, NAP);
            state = slept.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
