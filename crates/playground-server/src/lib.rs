//! Serves the playground: its page, and a simulation for each visitor behind a WebSocket.
//!
//! It is meant for the one machine it runs on, and lets nobody else in: requests must be addressed to this machine by
//! number or as `localhost` (a name that somebody lets point here is refused), and a WebSocket must come from a page
//! that was served here. Each simulation has a thread of its own, so that none waits for another; there are only so many.
#![forbid(unsafe_code)]

mod guard;
mod page;
mod visitor;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::routing::get;

pub use visitor::MOST_VISITORS;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    /// Whom requests may be addressed to.
    guard: guard::Guard,
    /// How many simulations there are.
    visitors: Arc<AtomicUsize>,
}

/// Serves on `address` until `stopped` says so; port 0 is any that is free. `ready` gets the address that it became.
///
/// # Errors
/// When the address cannot be listened on.
pub fn serve(
    address: SocketAddr,
    ready: impl FnOnce(SocketAddr),
    stopped: impl Fn() -> bool + Send + 'static,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Shared { guard: guard::Guard::new(address), visitors: Arc::default() };
        let router = Router::new()
            .route("/engine", get(visitor::engine))
            .fallback(page::file)
            .layer(middleware::from_fn_with_state(shared.clone(), guard::check))
            .with_state(shared);
        ready(address);
        let stop = async {
            while !stopped() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            served = axum::serve(listener, router) => served,
            () = stop => Ok(()),
        }
    })
}
