//! Ctrl-C, and the signals that ask a program to end: the first asks for a clean end, which keeps what was learned; the second
//! ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tenseur::{Code, Error, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C, and for SIGTERM and SIGHUP where there are such, from now on.
pub(crate) fn listen() {
    let heard = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    if let Err(error) = heard {
        tracing::warn!("Ctrl-C will end the run without saving: {error}");
    }
}

/// Whether one came.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Listens for Ctrl-C and for SIGTERM, by which systems end their services, from now on. Gives what says whether one came.
pub(crate) fn listen_to_the_end() -> Result<impl Fn() -> bool> {
    listen();
    let terminated = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, terminated.clone()).map_err(|error| {
        Error::new(Code::FailedPrecondition, format!("SIGTERM would not be heard: {error}"))
    })?;
    Ok(move || asked() || terminated.load(Ordering::Relaxed))
}
