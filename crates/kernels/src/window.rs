//! How a window moves over images: what convolutions, poolings and the like share.
//!
//! Along an axis the window's place `k` of output `o` looks at input `o · stride + k · dilation − before`; what is
//! outside of the input is padding.

use std::ops::Range;

use crate::layout::element_count;

/// One axis along which a window moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowAxis {
    /// How large the input is.
    pub input: usize,
    /// How many times the window is laid down.
    pub output: usize,
    /// How many places the window has.
    pub size: usize,
    /// How far the window moves from one time to the next; at least 1.
    pub stride: usize,
    /// How far two places of the window are apart; at least 1.
    pub dilation: usize,
    /// How much padding comes before the input.
    pub before: usize,
}

impl WindowAxis {
    /// An axis of size 1, which a window does not notice.
    pub const ONE: WindowAxis =
        WindowAxis { input: 1, output: 1, size: 1, stride: 1, dilation: 1, before: 0 };

    /// The places of the window that lie inside the input at output `output`.
    #[inline(always)]
    pub(crate) fn inside(&self, output: usize) -> Range<usize> {
        let start = output * self.stride;
        let first = self.before.saturating_sub(start).div_ceil(self.dilation);
        let end = (self.before + self.input).saturating_sub(start).div_ceil(self.dilation).min(self.size);
        first.min(end)..end
    }

    /// What place `place`, which lies inside, of the window looks at.
    #[inline(always)]
    pub(crate) fn input_of(&self, output: usize, place: usize) -> usize {
        output * self.stride + place * self.dilation - self.before
    }

    fn check(&self) -> Result<(), String> {
        let WindowAxis { input, output, size, stride, dilation, before } = *self;
        if stride == 0 || dilation == 0 {
            return Err(format!("a window has stride {stride} and dilation {dilation}; both are 1 or more"));
        }
        let reach = output.checked_mul(stride).zip(size.checked_mul(dilation));
        let furthest = reach.and_then(|(start, place)| start.checked_add(place));
        match furthest.zip(before.checked_add(input)) {
            Some(_) => Ok(()),
            None => Err("a window reaches further than memory does".to_owned()),
        }
    }
}

/// A window over a batch of images of three axes, of which a plain image has the first of size 1. The input is
/// `[batch, depth, height, width, channels]`, the output `[batch, depth, height, width, …]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// How many images.
    pub batch: usize,
    /// Depth, height and width.
    pub axes: [WindowAxis; 3],
    /// Channels of the input.
    pub channels: usize,
}

impl Window {
    /// How many places the window has.
    pub fn places(&self) -> usize {
        self.axes.iter().map(|axis| axis.size).product()
    }

    /// How many times the window is laid down on one image.
    pub fn outputs(&self) -> usize {
        self.axes.iter().map(|axis| axis.output).product()
    }

    /// How many pixels an image of the input has.
    pub fn pixels(&self) -> usize {
        self.axes.iter().map(|axis| axis.input).product()
    }

    /// Whether nothing in the window overflows: how large it, its input and its output are, and how far it reaches.
    ///
    /// # Errors
    /// What does.
    pub(crate) fn check(&self) -> Result<(), String> {
        let sizes = |size: fn(&WindowAxis) -> usize| self.axes.each_ref().map(size);
        self.axes.iter().try_for_each(WindowAxis::check)?;
        for [a, b, c] in [sizes(|axis| axis.input), sizes(|axis| axis.output), sizes(|axis| axis.size)] {
            element_count(&[self.batch, a, b, c, self.channels])?;
        }
        Ok(())
    }

    /// Where output number `output`, counted through the batch, is: which image, and where along each axis.
    #[inline(always)]
    pub(crate) fn locate(&self, output: usize) -> (usize, [usize; 3]) {
        let [depth, height, width] = self.axes.each_ref().map(|axis| axis.output);
        let (rest, x) = (output / width, output % width);
        let (rest, y) = (rest / height, rest % height);
        (rest / depth, [rest % depth, y, x])
    }

    /// Which pixel, counted through the image, is at these places along the axes.
    #[inline(always)]
    pub(crate) fn pixel(&self, [z, y, x]: [usize; 3]) -> usize {
        (z * self.axes[1].input + y) * self.axes[2].input + x
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_inside_are_those_that_look_at_the_input(
            input in 0usize..9, size in 0usize..6, stride in 1usize..5, dilation in 1usize..4, before in 0usize..7,
            output in 0usize..9,
        ) {
            let axis = WindowAxis { input, output: 9, size, stride, dilation, before };
            let looks_at = |place: usize| (output * stride + place * dilation).checked_sub(before);
            let want: Vec<usize> =
                (0..size).filter(|&place| looks_at(place).is_some_and(|at| at < input)).collect();
            let got: Vec<usize> = axis.inside(output).collect();
            prop_assert_eq!(&got, &want);
            for place in got {
                prop_assert_eq!(Some(axis.input_of(output, place)), looks_at(place));
            }
        }
    }
}
