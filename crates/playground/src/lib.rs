//! The playground's simulation: a small network that learns, seen from all sides, and the protocol by which a page drives
//! it. It is the same behind a WebSocket and in a browser's Worker, and its numbers are the same bits in both: whoever
//! holds a [`Simulation`] hands it texts and time, and carries its messages.
#![forbid(unsafe_code)]

mod chart;
pub mod config;
mod curves;
mod data;
pub mod export;
mod formulas;
pub mod graph_picture;
mod history;
pub mod inspect;
mod machine;
mod maps;
mod model_file;
mod network;
pub mod protocol;
mod run;
mod simulation;
mod status;

pub use config::Config;
pub use data::{DOMAIN, Example, Own};
pub use maps::{MAP_SIDE, THUMBNAIL_SIDE};
pub use protocol::Message;
pub use simulation::{Clock, Simulation};
