//! Training: optimizers, learning rates, clipping and checkpoints.
//!
//! ```
//! use tenseur::prelude::*;
//! let tf = Graph::new();
//! let w = tf.variable(5.0, "w");
//! let cost = (&w - 3.0).square();
//! let train = train::GradientDescentOptimizer::new(0.25).minimize(&cost);
//! let sess = Session::new(&tf)?;
//! sess.run_op(&tf.global_variables_initializer(), feeds![])?;
//! sess.run_op(&train, feeds![])?; // w ← 5 − 0.25 · 2 · (5 − 3)
//! assert_eq!(sess.run(&w, feeds![])?, 4.0.into());
//! # Ok::<(), tenseur::Error>(())
//! ```

mod adaptive;
mod checkpoints;
mod clip;
mod ftrl;
mod gradient_descent;
mod learning_rate;
mod optimizer;
mod rows;
mod saver;

pub use crate::session::Restored;
pub use adaptive::{AdadeltaOptimizer, AdagradOptimizer, AdamOptimizer, RmsPropOptimizer};
pub use checkpoints::{Checkpoint, Checkpoints};
pub use clip::{clip_by_global_norm, clip_by_norm, clip_by_value, global_norm};
pub use ftrl::FtrlOptimizer;
pub use gradient_descent::{GradientDescentOptimizer, MomentumOptimizer};
pub use learning_rate::{LearningRate, exponential_decay};
pub use optimizer::{Gradients, Optimizer};
pub use saver::{Saver, latest_checkpoint};
