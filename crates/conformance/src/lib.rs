//! Cases whose answers TensorFlow computed, run on tenseur.
//!
//! A case is a folder: a GraphDef, what to run in which order, and the arrays fed and expected (`FORMAT.md`). The suite
//! that comes with the repository is `suite.tar.gz`; `cargo xtask conformance DIR` runs any other folder or archive.

pub mod case;
pub mod compare;
pub mod exercise;
pub mod export;
pub mod mutate;
pub mod report;
pub mod run;
pub mod suite;
