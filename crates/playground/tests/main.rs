//! All tests of the crate's public face as one program: to link one for each file would take most of the time.

mod exports;
mod simulation;
