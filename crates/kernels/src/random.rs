//! Random numbers: TensorFlow's own, drawn from the same streams in the same order.
//!
//! A random op owns a stream, which its attributes `seed` and `seed2` determine ([`Philox::new`]); to TensorFlow the
//! pair (0, 0) means that any two may be taken, and here it is the caller who takes them. An execution draws from where
//! the one before left the stream, and moves it on by more than it draws: by [`BLOCKS_PER_NUMBER`] blocks of 128 bits
//! for each number, whatever the distribution. (A shuffle moves on by what it draws.) So the second execution of an op
//! gives what TensorFlow's second `run` does.
//!
//! Uniform numbers, integers and shuffles equal TensorFlow's in every bit, normal numbers to a few units in the last
//! place, where its sine, cosine and logarithm are those of the system's library. Nothing depends on the number of
//! threads or on the machine.
//!
//! The functions are for one's own use; [`RandomKernel`] is the same as steps of a [`Program`](crate::Program).

mod box_muller;
mod call;
mod distributions;
mod groups;
mod kernel;
mod multinomial;
mod philox;
mod rejection;
mod shuffle;
#[cfg(test)]
mod tests;

pub use call::RandomCall;
pub use distributions::{
    BLOCKS_PER_NUMBER, fill_normal, fill_truncated_normal, fill_uniform, fill_uniform_integer,
};
pub use groups::{RandomFloat, RandomInteger};
pub use kernel::{Distribution, RandomKernel, Rejection};
pub use philox::Philox;
pub use shuffle::shuffle;
