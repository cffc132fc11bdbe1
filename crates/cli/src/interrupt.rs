//! Ctrl-C, and the signals that ask a program to end: the first asks for a clean end, which keeps what was learned; the second
//! ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

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
