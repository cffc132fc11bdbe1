//! Running: one node at a time (the reference), or a compiled plan.

mod node;
mod order;
pub(crate) mod reference;

pub(crate) use node::{evaluate, known_values};
pub(crate) use order::order;
