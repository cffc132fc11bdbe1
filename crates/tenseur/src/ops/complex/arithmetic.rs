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

/// Whether numbers of two inputs, which broadcast, are equal; or whether not, as `equal` says.
pub(in crate::ops) fn equality(node: Signature<'_>, equal: bool) -> Lowered {
    Lowered::arrays("Equal", node, move |arrays| {
        let [x, y] = arrays else { return Err("it takes 2 inputs".into()) };
        let shape = x.shape().broadcast(y.shape()).ok_or("the shapes do not broadcast")?;
        let places = stretched(x.shape(), &shape)?.zip(stretched(y.shape(), &shape)?);
        let (x, y) = (numbers(x)?, numbers(y)?);
        let answers: Vec<bool> = places.map(|(i, j)| (x[i] == y[j]) == equal).collect();
        Ok(vec![Array::new(shape, answers)?])
    })
}

/// The sum of all inputs, which have one shape.
pub(in crate::ops) fn sum_of_all(name: &'static str, node: Signature<'_>) -> Lowered {
    elementwise(name, node, |all| all.iter().sum())
}

/// `value`, but 0 where z is 0, whatever the value is there.
pub(in crate::ops) fn zero_where(z: Complex, value: Complex) -> Complex {
    if z == Complex::default() { z } else { value }
}

/// eᶻ − 1, accurate near 0: (eˣ − 1)·cos y − 2·sin²(y/2) + i·eˣ·sin y.
pub(in crate::ops) fn expm1(z: Complex) -> Complex {
    let half = (z.im / 2.0).sin();
    Complex::new(z.re.exp_m1() * z.im.cos() - 2.0 * half * half, z.re.exp() * z.im.sin())
}

/// ln(1 + z), accurate near 0: ½·ln(1 + (2x + x² + y²)) + i·arg(1 + z).
pub(in crate::ops) fn log1p(z: Complex) -> Complex {
    let above_one = z.re.mul_add(2.0 + z.re, z.im * z.im);
    Complex::new(0.5 * above_one.ln_1p(), (1.0 + z).arg())
}

/// What is folded along axes.
pub(in crate::ops) struct Fold {
    /// What a fold of nothing is.
    pub start: Complex,
    /// Takes one more number.
    pub step: fn(Complex, Complex) -> Complex,
    /// Makes the result of what was folded and of how many numbers there were.
    pub end: fn(Complex, usize) -> Complex,
}

/// Folds along the axes that input 1 names.
pub(in crate::ops) fn fold(name: &'static str, node: Signature<'_>, keep_dims: bool, fold: Fold) -> Lowered {
    Lowered::arrays(name, node, move |arrays| {
        let x = &arrays[0];
        let (rank, mut reduced) = (x.shape().rank(), vec![false; x.shape().rank()]);
        for axis in arrays[1].to_i64()? {
            reduced[crate::ops::array::normalised_axis(axis, rank)?] = true;
        }
        let kept: Shape =
            x.shape().iter().zip(&reduced).map(|(&size, &reduced)| if reduced { 1 } else { size }).collect();
        let mut folded = vec![fold.start; kept.elements()];
        for (z, place) in numbers(x)?.into_iter().zip(stretched(&kept, x.shape())?) {
            folded[place] = (fold.step)(folded[place], z);
        }
        let count = x.len().checked_div(folded.len()).unwrap_or(0);
        let ended: Vec<Complex> = folded.into_iter().map(|z| (fold.end)(z, count)).collect();
        let shape: Shape = match keep_dims {
            true => kept,
            false => {
                let sizes = x.shape().iter().zip(&reduced).filter(|(_, reduced)| !**reduced);
                sizes.map(|(&size, _)| size).collect()
            }
        };
        Ok(vec![array_of(x.dtype(), shape, &ended)?])
    })
}

/// Running sums or products along the axis that input 1 names.
pub(in crate::ops) fn scan(
    name: &'static str,
    node: Signature<'_>,
    (exclusive, reverse): (bool, bool),
    start: Complex,
    step: fn(Complex, Complex) -> Complex,
) -> Lowered {
    Lowered::arrays(name, node, move |arrays| {
        let (x, axis) = (&arrays[0], arrays[1].to_i64()?);
        let axis = crate::ops::array::normalised_axis(axis[0], x.shape().rank())?;
        let (size, inner) = (x.shape()[axis], x.shape()[axis + 1..].iter().product::<usize>());
        let mut z = numbers(x)?;
        for line in 0..x.len().checked_div(size).unwrap_or(0) {
            let first = line / inner * size * inner + line % inner;
            let mut so_far = start;
            for turn in 0..size {
                let place = first + inner * if reverse { size - 1 - turn } else { turn };
                let next = step(so_far, z[place]);
                z[place] = if exclusive { so_far } else { next };
                so_far = next;
            }
        }
        Ok(vec![array_of(x.dtype(), x.shape().clone(), &z)?])
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
                let truths: Vec<bool> = x.iter().map(|z| z.re != 0.0).collect();
                Array::new(real.shape().clone(), truths)?
            }
            to => crate::ops::image::array_of(to, real.shape().clone(), real.as_slice::<f64>()?)?,
        }])
    })
}
