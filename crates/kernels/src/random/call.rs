//! A random op as a safe closure.

use std::fmt::Debug;

use super::Philox;
use crate::kernel::sealed::Sealed;
use crate::{Context, In, Kernel, KernelError, Out};

type Closure = dyn Fn(&mut Philox, &[&[u8]], &mut [&mut [u8]]) -> Result<(), KernelError> + Send + Sync;

/// One execution of a random op that is a safe closure over its stream and the bytes of its inputs and outputs: as
/// [`Call`](crate::Call), for work where the loop is not what costs. The closure moves the stream on.
///
/// How far the op has come in its stream is kept as [`RandomKernel`](super::RandomKernel) says: it is the kernel's first
/// input and last output, which the closure does not see.
pub struct RandomCall {
    name: &'static str,
    seeds: (i64, i64),
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
    closure: Box<Closure>,
}

/// Bytes of a position.
const POSITION: usize = size_of::<[u64; 2]>();

impl RandomCall {
    /// A kernel called `name` in traces, of inputs and outputs of these sizes besides the position.
    pub fn new(
        name: &'static str,
        seeds: (i64, i64),
        input_bytes: &[usize],
        output_bytes: &[usize],
        closure: impl Fn(&mut Philox, &[&[u8]], &mut [&mut [u8]]) -> Result<(), KernelError>
        + Send
        + Sync
        + 'static,
    ) -> RandomCall {
        RandomCall {
            name,
            seeds,
            input_bytes: [&[POSITION], input_bytes].concat(),
            output_bytes: [output_bytes, &[POSITION]].concat(),
            closure: Box::new(closure),
        }
    }
}

impl Debug for RandomCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Sealed for RandomCall {}

impl Kernel for RandomCall {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        (input, output + 1) == (0, self.output_bytes.len())
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        let ([before, inputs @ ..], [outputs @ .., after]) = (inputs, outputs) else {
            return Err(KernelError::invalid(format!("{self:?} was not given its position")));
        };
        // SAFETY: input 0 is a position. Nothing has been written yet, so it does not matter where the last output is.
        let start = unsafe { before.pointer::<[u64; 2]>().read() };
        let mut stream = Philox::at(self.seeds.0, self.seeds.1, start);
        // SAFETY: `in_place` is false but for the position, so no other output shares memory with an input.
        let inputs: Vec<&[u8]> = inputs.iter().map(|input| unsafe { input.slice::<u8>() }).collect();
        // SAFETY: as above; and each output is its own memory.
        let mut outputs: Vec<&mut [u8]> =
            outputs.iter_mut().map(|output| unsafe { output.slice::<u8>() }).collect();
        (self.closure)(&mut stream, &inputs, &mut outputs)?;
        // SAFETY: the last output is a position, and nothing looks at the first input any more.
        unsafe { after.pointer::<[u64; 2]>().write(stream.position()) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call;

    #[test]
    fn the_stream_goes_on_from_call_to_call() {
        let kernel = RandomCall::new("two words", (3, 4), &[], &[8], |stream, _, outputs| {
            let block = stream.block();
            outputs[0].copy_from_slice(bytemuck::cast_slice(&block[..2]));
            Ok(())
        });
        let mut expected = Philox::new(3, 4);
        let mut position = crate::Buffer::zeroed(POSITION);
        for _ in 0..3 {
            let (mut next, mut words) = (crate::Buffer::zeroed(POSITION), crate::Buffer::zeroed(8));
            let outputs = &mut [words.bytes_mut(), next.bytes_mut()];
            call(&kernel, &Context { threads: 1 }, &[position.bytes()], outputs).unwrap();
            assert_eq!(words.bytes(), bytemuck::cast_slice::<u32, u8>(&expected.block()[..2]));
            position = next;
        }
    }
}
