//! Images whose channels come first, `[batch, channels, pixels]`, for kernels that have them last: turned round, worked
//! on, and turned back.

use crate::arena::nowhere;
use crate::kernel::sealed::Sealed;
use crate::layout::{Layout, byte_count, element_count};
use crate::threads::with_shared_scratch;
use crate::{ALIGNMENT, Context, CopyKernel, In, Kernel, KernelError, Out};

/// The sizes of a batch of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Images {
    /// How many.
    pub batch: usize,
    /// How many channels a pixel has.
    pub channels: usize,
    /// How many pixels an image has.
    pub pixels: usize,
}

/// The most inputs, and the most outputs.
const MOST: usize = 8;

/// A kernel over `[batch, pixels, channels]` as one over `[batch, channels, pixels]`.
#[derive(Debug)]
pub struct ChannelsFirstKernel {
    kernel: Box<dyn Kernel>,
    inputs: Vec<Option<CopyKernel>>,
    outputs: Vec<Option<CopyKernel>>,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
}

impl ChannelsFirstKernel {
    /// `kernel`, whose inputs and outputs of these sizes are to be turned round; `None` is passed on as it is. Elements
    /// have `size` bytes.
    ///
    /// # Errors
    /// When there are not as many inputs and outputs as the kernel has, or sizes are not theirs.
    pub fn new(
        kernel: impl Kernel + 'static,
        size: usize,
        inputs: &[Option<Images>],
        outputs: &[Option<Images>],
    ) -> Result<ChannelsFirstKernel, String> {
        let (input_bytes, output_bytes) = (kernel.input_bytes().to_vec(), kernel.output_bytes().to_vec());
        let fits = |images: &[Option<Images>], bytes: &[usize]| -> Result<(), String> {
            let same = |(images, &bytes): (&Option<Images>, &usize)| match images {
                Some(Images { batch, channels, pixels }) => {
                    Ok(byte_count(element_count(&[*batch, *channels, *pixels])?, size)? == bytes)
                }
                None => Ok(true),
            };
            let all: Result<Vec<bool>, String> = images.iter().zip(bytes).map(same).collect();
            match all?.iter().all(|&same| same) && images.len() == bytes.len() {
                true => Ok(()),
                false => Err(format!("images {images:?} are not the {bytes:?} bytes of {kernel:?}")),
            }
        };
        if inputs.len().max(outputs.len()) > MOST {
            return Err(format!("{kernel:?} has more than {MOST} inputs or outputs"));
        }
        fits(inputs, &input_bytes)?;
        fits(outputs, &output_bytes)?;
        let to_last = |images: &Images| transposed(size, images.batch, images.channels, images.pixels);
        let to_first = |images: &Images| transposed(size, images.batch, images.pixels, images.channels);
        Ok(ChannelsFirstKernel {
            inputs: inputs
                .iter()
                .map(|images| images.as_ref().map(to_last).transpose())
                .collect::<Result<_, _>>()?,
            outputs: outputs
                .iter()
                .map(|images| images.as_ref().map(to_first).transpose())
                .collect::<Result<_, _>>()?,
            kernel: Box::new(kernel),
            input_bytes,
            output_bytes,
        })
    }
}

/// `[batch, rows, columns]` as `[batch, columns, rows]`.
fn transposed(size: usize, batch: usize, rows: usize, columns: usize) -> Result<CopyKernel, String> {
    let elements = element_count(&[batch, rows, columns])?;
    let strides = vec![(rows * columns) as isize, 1, columns as isize];
    CopyKernel::new(size, &[batch, columns, rows], Layout { offset: 0, strides, elements })
}

impl Sealed for ChannelsFirstKernel {}

impl Kernel for ChannelsFirstKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let room = |copies: &[Option<CopyKernel>], bytes: &[usize]| -> usize {
            let turned = copies.iter().zip(bytes).filter(|(copy, _)| copy.is_some());
            turned.map(|(_, bytes)| bytes.next_multiple_of(ALIGNMENT)).sum()
        };
        let (before, after) =
            (room(&self.inputs, &self.input_bytes), room(&self.outputs, &self.output_bytes));
        with_shared_scratch(before + after, |memory| {
            let mut next = memory.as_mut_ptr();
            let mut place = |bytes: usize| {
                let here = next;
                next = next.wrapping_add(bytes.next_multiple_of(ALIGNMENT));
                here
            };
            let mut places = [nowhere(); MOST];
            for (place_of, (copy, bytes)) in places.iter_mut().zip(self.inputs.iter().zip(&self.input_bytes))
            {
                *place_of = if copy.is_some() { place(*bytes) } else { nowhere() };
            }
            for ((copy, input), &here) in self.inputs.iter().zip(inputs).zip(&places) {
                if let Some(copy) = copy {
                    // SAFETY: the parts of the scratch memory lie behind each other, aligned; this one is written here alone.
                    unsafe {
                        copy.run(context, &[*input], &mut [Out::from_raw(here, input.len_of::<u8>())])?
                    };
                }
            }
            let turned: [In<'_>; MOST] = std::array::from_fn(|i| match self.inputs.get(i) {
                // SAFETY: it was just written, and is not written again.
                Some(Some(_)) => unsafe { In::from_raw(places[i], self.input_bytes[i]) },
                Some(None) => inputs[i],
                None => In::new::<u8>(&[]),
            });
            let mut results: [Out<'_>; MOST] = std::array::from_fn(|i| match self.outputs.get(i) {
                // SAFETY: as above; or it is the caller's memory, which nobody else uses until the kernel is done.
                Some(Some(_)) => unsafe { Out::from_raw(place(self.output_bytes[i]), self.output_bytes[i]) },
                // SAFETY: as above.
                Some(None) => unsafe { Out::from_raw(outputs[i].pointer(), self.output_bytes[i]) },
                None => Out::new::<u8>(&mut []),
            });
            let (turned, results) = (&turned[..self.inputs.len()], &mut results[..self.outputs.len()]);
            // SAFETY: sizes are the kernel's, memory is aligned to 64 bytes or as the caller promises.
            unsafe { self.kernel.run(context, turned, results)? };
            for ((copy, output), result) in self.outputs.iter().zip(outputs).zip(results) {
                if let Some(copy) = copy {
                    // SAFETY: the kernel wrote it, and is done.
                    unsafe {
                        let result = In::from_raw(result.pointer(), result.len_of::<u8>());
                        copy.run(context, &[result], std::slice::from_mut(output))?;
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Call, call};

    #[test]
    fn channels_are_last_inside_and_first_outside() {
        // Two images of two pixels of three channels: each number less the one before it in memory.
        let inside = Call::new("differences", vec![48, 4], vec![48], |inputs, outputs| {
            let (x, last): (&[f32], &[f32]) =
                (bytemuck::cast_slice(inputs[0]), bytemuck::cast_slice(inputs[1]));
            let y: &mut [f32] = bytemuck::cast_slice_mut(outputs[0]);
            let mut before = last[0];
            for (y, &x) in y.iter_mut().zip(x) {
                (*y, before) = (x - before, x);
            }
            Ok(())
        });
        let images = Images { batch: 2, channels: 3, pixels: 2 };
        let kernel = ChannelsFirstKernel::new(inside, 4, &[Some(images), None], &[Some(images)]).unwrap();
        let x = [0_f32, 1., 10., 11., 20., 21., 100., 101., 110., 111., 120., 121.];
        let (x, first) = (Buffer::from_slice(&x), Buffer::from_slice(&[5_f32]));
        let mut y = Buffer::zeroed(48);
        for _ in 0..2 {
            call(&kernel, &Context { threads: 1 }, &[x.bytes(), first.bytes()], &mut [y.bytes_mut()])
                .unwrap();
            assert_eq!(y.slice::<f32>(), [-5., -19., 10., 10., 10., 10., 79., -19., 10., 10., 10., 10.]);
        }
    }
}
