//! Work on operands that are written out in full first, for the rare kernels that cannot read them stretched.

use smallvec::SmallVec;
use tenseur_kernels::{Buffer, Call, Context, CopyKernel, Kernel, Layout, call};

use crate::error::Reason;
use crate::lowering::Lowered;
use crate::value::Shape;

/// `kernel`, given each operand in the second of its shapes, to which the first broadcasts. `size` is the bytes of an
/// element.
///
/// # Errors
/// When a shape does not broadcast to the other.
pub(super) fn stretching(
    name: &'static str,
    kernel: impl Kernel + 'static,
    size: usize,
    operands: &[(Shape, Shape)],
) -> Result<Lowered, Reason> {
    let copies: Vec<CopyKernel> = operands
        .iter()
        .map(|(from, to)| Ok(CopyKernel::new(size, to, Layout::broadcast(from, to)?)?))
        .collect::<Result<_, Reason>>()?;
    let bytes: Vec<usize> = operands.iter().map(|(from, _)| from.elements() * size).collect();
    let outputs = kernel.output_bytes().to_vec();
    Ok(Lowered::kernel(Call::new(name, bytes, outputs, move |inputs, outputs| {
        let context = Context { threads: 1 };
        let mut stretched: SmallVec<[Buffer; 2]> =
            kernel.input_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
        for ((copy, input), buffer) in copies.iter().zip(inputs).zip(&mut stretched) {
            call(copy, &context, &[*input], &mut [buffer.bytes_mut()])?;
        }
        let views: SmallVec<[&[u8]; 2]> = stretched.iter().map(Buffer::bytes).collect();
        call(&kernel, &context, &views, outputs)
    })))
}
