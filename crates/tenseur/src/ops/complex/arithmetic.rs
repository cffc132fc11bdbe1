//! What elementwise ops, sums and casts do with complex numbers. The loops are plain ones: complex numbers are rare.

use crate::error::Reason;
use crate::lowering::Lowered;
use crate::ops::Signature;
use crate::ops::complex::{Complex, array_of, numbers, real_type};
use crate::ops::elementwise::stretched;
use crate::value::{Array, DType, Shape};

/// One complex number from one of each input.
pub type Formula = fn(&[Complex]) -> Complex;

/// An elementwise op of complex inputs that broadcast.
pub(in crate::ops) fn elementwise(name: &'static str, node: Signature<'_>, formula: Formula) -> Lowered {
    let dtype = node.outputs[0].dtype;
    Lowered::arrays(name, node, move |arrays| {
        let shape = arrays.iter().try_fold(Shape::scalar(), |shape, array| {
            shape
                .broadcast(array.shape())
                .ok_or_else(|| Reason::from(format!("shapes {shape} and {} do not broadcast", array.shape())))
        })?;
        let inputs = arrays.iter().map(numbers).collect::<Result<Vec<_>, _>>()?;
        let mut places =
            arrays.iter().map(|array| stretched(array.shape(), &shape)).collect::<Result<Vec<_>, _>>()?;
        let mut results = crate::value::room(shape.elements())?;
        let mut element = vec![Complex::default(); inputs.len()];
        for _ in 0..shape.elements() {
            for ((element, input), places) in element.iter_mut().zip(&inputs).zip(&mut places) {
                *element = places.next().map_or(Complex::default(), |place| input[place]);
            }
            results.push(formula(&element));
        }
        Ok(vec![array_of(dtype, shape, &results)?])
    })
}

/// The sum of all inputs, which have one shape.
pub(in crate::ops) fn sum_of_all(name: &'static str, node: Signature<'_>) -> Lowered {
    elementwise(name, node, |all| all.iter().sum())
}

/// Sums along the axes that input 1 names.
pub(in crate::ops) fn sum(node: Signature<'_>, keep_dims: bool) -> Lowered {
    Lowered::arrays("Sum", node, move |arrays| {
        let x = &arrays[0];
        let (rank, mut reduced) = (x.shape().rank(), vec![false; x.shape().rank()]);
        for axis in arrays[1].to_i64()? {
            reduced[crate::ops::array::normalised_axis(axis, rank)?] = true;
        }
        let kept: Shape =
            x.shape().iter().zip(&reduced).map(|(&size, &reduced)| if reduced { 1 } else { size }).collect();
        let mut sums = vec![Complex::default(); kept.elements()];
        for (z, place) in numbers(x)?.into_iter().zip(stretched(&kept, x.shape())?) {
            sums[place] += z;
        }
        let shape: Shape = match keep_dims {
            true => kept,
            false => {
                let sizes = x.shape().iter().zip(&reduced).filter(|(_, reduced)| !**reduced);
                sizes.map(|(&size, _)| size).collect()
            }
        };
        Ok(vec![array_of(x.dtype(), shape, &sums)?])
    })
}

/// Numbers as others, where at least one type is complex: the imaginary part is added as 0, or left out.
pub(in crate::ops) fn cast(node: Signature<'_>, to: DType) -> Lowered {
    Lowered::arrays("Cast", node, move |arrays| {
        let (x, shape) = (numbers(&arrays[0])?, arrays[0].shape().clone());
        if real_type(to).is_some() {
            return Ok(vec![array_of(to, shape, &x)?]);
        }
        let real: Vec<f64> = x.iter().map(|z| z.re).collect();
        let real = Array::new(shape, real)?;
        Ok(vec![match to {
            DType::Bool => {
                let truths: Vec<bool> = x.iter().map(|z| *z != Complex::default()).collect();
                Array::new(real.shape().clone(), truths)?
            }
            to => crate::ops::image::array_of(to, real.shape().clone(), real.as_slice::<f64>()?)?,
        }])
    })
}
