//! What is done with the pixels that have the greatest of what a window sees.

use crate::number::Number;

/// What is done with the winners of an output.
pub(super) trait Visit {
    fn visit(&mut self, output: usize, winners: &[u32]);
}

/// Adds the gradient of each output to the pixel that won.
pub(super) struct SendBack<'a, T> {
    pub(super) channels: usize,
    pub(super) dy: &'a [T],
    pub(super) dx: &'a mut [T],
}

impl<T: Number> Visit for SendBack<'_, T> {
    #[inline(always)]
    fn visit(&mut self, output: usize, winners: &[u32]) {
        let dy = &self.dy[output * self.channels..][..self.channels];
        for (channel, (&pixel, &dy)) in winners.iter().zip(dy).enumerate() {
            if pixel != u32::MAX {
                let place = &mut self.dx[pixel as usize * self.channels + channel];
                *place = place.add(dy);
            }
        }
    }
}

/// Takes from a tensor what stands where another has won.
pub(super) struct Take<'a, T> {
    pub(super) channels: usize,
    pub(super) from: &'a [T],
    pub(super) to: &'a mut [T],
}

impl<T: Number> Visit for Take<'_, T> {
    #[inline(always)]
    fn visit(&mut self, output: usize, winners: &[u32]) {
        let to = &mut self.to[output * self.channels..][..self.channels];
        for (channel, (&pixel, to)) in winners.iter().zip(to).enumerate() {
            *to = match pixel {
                u32::MAX => T::from_bit(false),
                pixel => self.from[pixel as usize * self.channels + channel],
            };
        }
    }
}

/// Notes where the winners stand.
pub(super) struct Note<'a, I> {
    pub(super) channels: usize,
    /// Numbers of an image, and those before the first.
    pub(super) image: usize,
    pub(super) before: usize,
    pub(super) through_batch: bool,
    pub(super) to: &'a mut [I],
}

impl<I: TryFrom<usize> + Default> Visit for Note<'_, I> {
    #[inline(always)]
    fn visit(&mut self, output: usize, winners: &[u32]) {
        let to = &mut self.to[output * self.channels..][..self.channels];
        for (channel, (&pixel, to)) in winners.iter().zip(to).enumerate() {
            let place = pixel as usize * self.channels + channel;
            let place = if self.through_batch { self.before + place } else { place % self.image };
            *to = if pixel == u32::MAX { I::default() } else { I::try_from(place).unwrap_or_default() };
        }
    }
}
