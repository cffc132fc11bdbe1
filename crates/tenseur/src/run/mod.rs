//! Running: one node at a time (the reference), or a compiled plan.

mod body;
pub(crate) mod frames;
pub(crate) mod islands;
mod lowered_node;
mod missing_ops;
mod node;
pub(crate) mod order;
pub(crate) mod planned;
pub(crate) mod reference;
mod state;
mod trace;
pub(crate) mod value;
mod variables;

pub(crate) use missing_ops::check_ops;
pub(crate) use node::{compute, known_values};
pub(crate) use order::{Ordered, order};
pub(crate) use state::{State, first_position};
pub(crate) use trace::Trace;
