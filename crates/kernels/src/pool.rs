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

    /// The outputs of so many images, each with its number and what the window sees there. Pixels are counted from the first
    /// image's.
    ///
    /// It is a loop, and takes no closure: what a level's loop hands to another function is compiled without its instructions.
    #[inline(always)]
    fn outputs(&self, images: usize) -> Outputs<'_> {
        Outputs { sliding: self, count: images * self.window.outputs(), output: 0, first: 0, at: [0; 3] }
    }
}

/// See [`Sliding::outputs`].
struct Outputs<'a> {
    sliding: &'a Sliding,
    count: usize,
    /// The next output: its number, the first pixel of its image, and where in the image it lies.
    output: usize,
    first: usize,
    at: [usize; 3],
}

impl<'a> Iterator for Outputs<'a> {
    type Item = (usize, Seen<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, Seen<'a>)> {
        if self.output == self.count {
            return None;
        }
        let Sliding { window, inside, .. } = self.sliding;
        let (output, [z, y, x]) = (self.output, self.at);
        let inside = [&inside[0][z], &inside[1][y], &inside[2][x]];
        let seen = Seen { window, first: self.first, at: self.at, inside };
        self.output += 1;
        self.at[2] += 1;
        if self.at[2] == window.axes[2].output {
            self.at = [z, y + 1, 0];
            if self.at[1] == window.axes[1].output {
                self.at = [z + 1, 0, 0];
                if self.at[0] == window.axes[0].output {
                    self.at = [0; 3];
                    self.first += window.pixels();
                }
            }
        }
        Some((output, seen))
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

impl<'a> Seen<'a> {
    /// How many pixels.
    #[inline(always)]
    fn count(&self) -> usize {
        self.inside.iter().map(|range| range.len()).product()
    }

    /// Each pixel, in the order of the window's places.
    #[inline(always)]
    fn pixels(&self) -> Pixels<'a> {
        let [depth, height, width] = self.inside;
        let next = match self.count() {
            0 => None,
            _ => Some([depth.start, height.start, width.start]),
        };
        Pixels { seen: *self, next }
    }
}

/// See [`Seen::pixels`].
struct Pixels<'a> {
    seen: Seen<'a>,
    /// The next place of the window.
    next: Option<[usize; 3]>,
}

impl Iterator for Pixels<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let Seen { window: Window { axes, .. }, first, at, inside } = self.seen;
        let [depth, row, column] = self.next?;
        self.next = match () {
            () if column + 1 < inside[2].end => Some([depth, row, column + 1]),
            () if row + 1 < inside[1].end => Some([depth, row + 1, inside[2].start]),
            () if depth + 1 < inside[0].end => Some([depth + 1, inside[1].start, inside[2].start]),
            () => None,
        };
        let plane = axes[0].input_of(at[0], depth) * axes[1].input;
        let line = (plane + axes[1].input_of(at[1], row)) * axes[2].input;
        Some(first + line + axes[2].input_of(at[2], column))
    }
}
