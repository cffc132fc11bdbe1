//! Running: one node at a time (the reference), or a compiled plan.

pub(crate) mod frames;
mod missing_ops;
mod node;
pub(crate) mod order;
pub(crate) mod planned;
pub(crate) mod reference;
mod state;
pub(crate) mod value;

pub(crate) use missing_ops::check_ops;
pub(crate) use node::{compute, evaluate, known_values};
pub(crate) use order::{Ordered, order};
pub(crate) use state::{State, first_position};
