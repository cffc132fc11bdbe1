//! The server as its clients meet it.

mod api;
mod client;
mod hostile;
mod load;
