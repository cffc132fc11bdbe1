//! The files that tenseur reads and writes: TensorFlow's own, so that the tools people already have work on them.

pub mod proto;
