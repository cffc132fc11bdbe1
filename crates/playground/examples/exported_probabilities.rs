//! A program as the playground exports it: `tests/exports.rs` holds it to that, and to the loss of the page.
include!("../tests/exported/probabilities.rs");
