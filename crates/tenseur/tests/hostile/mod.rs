//! Graphs from anywhere: whatever a file says, what comes of it is an error that names the node, or arrays. Nothing
//! panics, overflows the stack, or takes memory without bound.

mod builder;
mod endless;
mod files;
mod runs;
