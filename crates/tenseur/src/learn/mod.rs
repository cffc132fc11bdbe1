//! Training a network from options: what the command line does, for Rust programs.
//!
//! [`Options`] say what network and how it learns; [`Network`] is the graph they become; [`Trainer`] runs it over a
//! data set, a batch at a time.
//!
//! ```no_run
//! use tenseur::data;
//! use tenseur::learn::{Options, Trainer};
//!
//! let options = Options { epochs: 10, ..Options::default() };
//! let (training, held_back) = data::digits().split(0.2, options.seed)?;
//! let mut trainer = Trainer::new(&options, training)?;
//! while trainer.epoch() < options.epochs {
//!     let learned = trainer.run_epoch(&mut |_| true)?.unwrap_or_default();
//!     println!("epoch {} loss {:.4}", trainer.epoch(), learned.loss);
//! }
//! println!("{:.3}", trainer.evaluate(&held_back)?.accuracy.unwrap());
//! # Ok::<(), tenseur::Error>(())
//! ```
//!
//! [`RunFolder`] keeps it, in checkpoints from which it goes on after a kill or a power cut with the same numbers, bit for bit.

mod curve;
mod network;
mod options;
mod run_folder;
mod run_record;
mod score;
mod signatures;
mod trained;
mod trainer;
mod training_log;

pub use curve::learning_curve;
pub use network::Network;
pub use options::{Activation, Initialization, Loss, OptimizerKind, Options};
pub use run_folder::RunFolder;
pub use run_record::{EpochRecord, RunRecord};
pub use score::Score;
pub use trained::Trained;
pub use trainer::Trainer;
pub use training_log::TrainingLog;
