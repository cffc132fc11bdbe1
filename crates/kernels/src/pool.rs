//! Poolings: the greatest, or the mean, of what a window sees of each channel, and their gradients.
//!
//! `y[n, o, c] = maxₖ x[n, o · stride + k · dilation − before, c]`, or the mean over the places k that lie inside the
//! image. Of several greatest the first counts, in the order of the window's places: the gradient goes to that one alone.

mod average;
mod max;
#[cfg(test)]
mod tests;
mod visit;

use std::ops::Range;

pub use average::{AveragePoolGradientKernel, AveragePoolKernel};
pub use max::{MaxPlaces, MaxPoolGradientKernel, MaxPoolKernel, MaxPoolSecondGradientKernel};

use crate::layout::{byte_count, element_count};
use crate::{ScalarType, Window};

/// Numbers of the input that make a share of the work.
const SHARE: usize = 1 << 15;

/// A window, with the places of it that lie inside the image for each output along each axis.
#[derive(Clone, Debug)]
struct Sliding {
    window: Window,
    inside: [Vec<Range<usize>>; 3],
    /// How many images are one thread's at a time.
    images: usize,
}

impl Sliding {
    fn new(window: Window) -> Result<Sliding, String> {
        window.check()?;
        element_count(&[window.batch, window.outputs(), window.channels])?;
        element_count(&[window.batch, window.pixels(), window.channels])?;
        let inside =
            window.axes.each_ref().map(|axis| (0..axis.output).map(|output| axis.inside(output)).collect());
        let numbers = (window.pixels() * window.channels).max(window.outputs() * window.channels).max(1);
        Ok(Sliding { window, inside, images: SHARE.div_ceil(numbers) })
    }

    /// Bytes of the input and of the output.
    fn bytes(&self, dtype: ScalarType) -> Result<[usize; 2], String> {
        let Window { batch, channels, .. } = self.window;
        let bytes = |pixels| byte_count(element_count(&[batch, pixels, channels])?, dtype.size());
        Ok([bytes(self.window.pixels())?, bytes(self.window.outputs())?])
    }

    /// Whether no two outputs see the same pixel.
    fn apart(&self) -> bool {
        self.window.axes.iter().all(|axis| axis.dilation == 1 && axis.stride >= axis.size || axis.output <= 1)
    }

    /// Whether each pixel is seen by one output.
    fn sees_all(&self) -> bool {
        let seen = |ranges: &[Range<usize>]| ranges.iter().map(Range::len).sum::<usize>();
        let axes = self.window.axes.iter().zip(&self.inside);
        self.apart() && axes.clone().all(|(axis, inside)| seen(inside) == axis.input)
    }

    fn pieces(&self) -> usize {
        self.window.batch.div_ceil(self.images)
    }

    /// The images of piece number `piece`.
    fn images(&self, piece: usize) -> Range<usize> {
        piece * self.images..self.window.batch.min((piece + 1) * self.images)
    }

    /// Calls `visit` for each output of these images, with its number and one closure's worth of places: the numbers of
    /// the pixels that the window sees, in order, and how many they are. Pixels are counted from the first image's.
    #[inline(always)]
    fn each_output(&self, images: usize, mut visit: impl FnMut(usize, Seen<'_>)) {
        let window = &self.window;
        let [depth, height, width] = window.axes.each_ref().map(|axis| axis.output);
        let mut output = 0;
        for image in 0..images {
            for z in 0..depth {
                for y in 0..height {
                    for x in 0..width {
                        let inside = [&self.inside[0][z], &self.inside[1][y], &self.inside[2][x]];
                        let first = image * window.pixels();
                        visit(output, Seen { window, first, at: [z, y, x], inside });
                        output += 1;
                    }
                }
            }
        }
    }
}

/// What the window sees at an output.
#[derive(Clone, Copy)]
struct Seen<'a> {
    window: &'a Window,
    /// The first pixel of the image.
    first: usize,
    at: [usize; 3],
    inside: [&'a Range<usize>; 3],
}

impl Seen<'_> {
    /// How many pixels.
    #[inline(always)]
    fn count(&self) -> usize {
        self.inside.iter().map(|range| range.len()).product()
    }

    /// Calls `visit` with each pixel, in the order of the window's places.
    #[inline(always)]
    fn each_pixel(&self, mut visit: impl FnMut(usize)) {
        let [z, y, x] = self.at;
        let axes = &self.window.axes;
        for depth in self.inside[0].clone() {
            let plane = axes[0].input_of(z, depth) * axes[1].input;
            for row in self.inside[1].clone() {
                let line = (plane + axes[1].input_of(y, row)) * axes[2].input;
                for column in self.inside[2].clone() {
                    visit(self.first + line + axes[2].input_of(x, column));
                }
            }
        }
    }
}
