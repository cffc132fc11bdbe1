//! Convolutions of images, and their gradients.
//!
//! `y[n, o, f] = Σₖ Σ_c x[n, o · stride + k · dilation − before, c] · w[k, c, f]` over places o and k of up to three axes.
//! Filters may come in groups: group g of filters sees group g of channels alone.
//!
//! Windows of 3×3 and 5×5 over many channels of `f32` come in tiles that take a fraction of the multiplications, at levels
//! with fused multiply-add (`winograd.rs`, which says when).
//!
//! Else each is a product of matrices with x written out as patches: row o has what the window sees there, `[places,
//! channels]`. Where the window does not skip pixels of a row, patches are read where they lie (`rows.rs`). Else those of a
//! few outputs are written to scratch memory (`patches.rs`), as many as stay in the second cache, and go straight into the
//! tiles of `gemm/`: so memory does not grow with the image. As there, every number is one chain of sums in an order that
//! shapes alone decide.

mod filter_gradient;
mod forward;
mod input_gradient;
mod patches;
mod rows;
#[cfg(test)]
mod tests;
mod winograd;

pub use filter_gradient::ConvFilterGradientKernel;
pub use forward::ConvKernel;
pub use input_gradient::ConvInputGradientKernel;

use crate::layout::{byte_count, element_count};
use crate::{ScalarType, Window};

/// What a convolution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvSpec {
    /// The type of all numbers: any but `Bool`. Halves are summed in `f32`, integers wrap.
    pub dtype: ScalarType,
    /// How the filter moves over the input.
    pub window: Window,
    /// Channels of the output.
    pub filters: usize,
    /// How many groups channels and filters come in; it divides both.
    pub groups: usize,
}

/// Bytes of the three tensors of a convolution.
#[derive(Clone, Copy, Debug)]
struct Bytes {
    input: usize,
    filter: usize,
    output: usize,
}

impl ConvSpec {
    /// Channels that a filter sees, and filters of a group.
    fn of_a_group(&self) -> (usize, usize) {
        (self.window.channels / self.groups, self.filters / self.groups)
    }

    /// Multiplications and additions, those with the surroundings of the images among them.
    fn operations(&self) -> u64 {
        let ConvSpec { window, filters, .. } = *self;
        let each = (window.places() * self.of_a_group().0) as u64;
        2 * (window.batch * window.outputs() * filters) as u64 * each
    }

    fn bytes(&self) -> Result<Bytes, String> {
        let ConvSpec { dtype, window, filters, groups } = *self;
        if dtype == ScalarType::Bool {
            return Err("there is no convolution of booleans".to_owned());
        }
        if groups == 0 || !window.channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
            return Err(format!("{groups} groups of {} channels and {filters} filters", window.channels));
        }
        window.check()?;
        let [depth, height, width] = window.axes.each_ref().map(|axis| axis.size);
        let [out_depth, out_height, out_width] = window.axes.each_ref().map(|axis| axis.output);
        let bytes = |shape: &[usize]| byte_count(element_count(shape)?, dtype.size());
        let input = element_count(&[window.batch, window.pixels(), window.channels])?;
        Ok(Bytes {
            input: byte_count(input, dtype.size())?,
            filter: bytes(&[depth, height, width, window.channels / groups, filters])?,
            output: bytes(&[window.batch, out_depth, out_height, out_width, filters])?,
        })
    }
}

/// Cuts `size` into as few parts of at most `most` as there may be, of about equal size: how large each is.
fn evenly(size: usize, most: usize) -> usize {
    let parts = size.div_ceil(most.max(1)).max(1);
    size.div_ceil(parts).max(1)
}

/// Runs `$body` with `$type` as the type that stores numbers of `$dtype`: unsigned integers have the bits of signed ones, of
/// which sums wrap.
macro_rules! with_element {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            ScalarType::F32 => with_element!(@ f32, $type => $body),
            ScalarType::F64 => with_element!(@ f64, $type => $body),
            ScalarType::F16 => with_element!(@ half::f16, $type => $body),
            ScalarType::BF16 => with_element!(@ half::bf16, $type => $body),
            ScalarType::I8 | ScalarType::U8 | ScalarType::Bool => with_element!(@ i8, $type => $body),
            ScalarType::I16 | ScalarType::U16 => with_element!(@ i16, $type => $body),
            ScalarType::I32 | ScalarType::U32 => with_element!(@ i32, $type => $body),
            ScalarType::I64 | ScalarType::U64 => with_element!(@ i64, $type => $body),
        }
    };
    (@ $number:ty, $type:ident => $body:expr) => {{
        type $type = $number;
        $body
    }};
}
pub(crate) use with_element;
