//! Deep learning as a dataflow graph.
#![forbid(unsafe_code)]
