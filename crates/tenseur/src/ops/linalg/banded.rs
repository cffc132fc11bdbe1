//! Triangular systems whose matrix is a few diagonals: A·X = B, where A is said by its diagonals alone.
//!
//! Of a lower triangle row d of the band is the d-th diagonal below the main one, of an upper triangle the last row is the main
//! diagonal and those before are above it. Column i of the band is what stands in row i of the matrix.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{OverArrays, Ruled, WithRule};
use crate::ops::complex::Complex;
use crate::ops::linalg::number::Number;
use crate::ops::linalg::solve::pairs;
use crate::ops::linalg::{behind, product};
use crate::ops::matrix_diagonal::Align;
use crate::ops::{Attrs, Backward, Signature};
use crate::value::{Array, DType, PartialShape};

/// X with A·X = B: inputs are the diagonals of A, `[…, diagonals, size]`, and B, `[…, size, columns]`; their batches broadcast.
#[derive(Clone, Debug)]
pub struct BandedTriangularSolve {
    /// Whether A is a lower triangle, else an upper one.
    pub lower: bool,
    /// Whether A is transposed, and conjugated, first.
    pub adjoint: bool,
}

/// One matrix of diagonals.
struct Band<'a, T> {
    numbers: &'a [T],
    diagonals: usize,
    size: usize,
    lower: bool,
    /// What the transpose is made of, where it is the transpose that is meant.
    adjoint: Option<fn(T) -> T>,
}

impl<T: Number> Band<'_, T> {
    fn at(&self, row: usize, column: usize) -> Option<T> {
        if let Some(conjugate) = self.adjoint {
            return self.own(column, row).map(conjugate);
        }
        self.own(row, column)
    }

    fn own(&self, row: usize, column: usize) -> Option<T> {
        let diagonal = match self.lower {
            true => row.checked_sub(column)?,
            false => (self.diagonals - 1).checked_sub(column.checked_sub(row)?)?,
        };
        self.numbers.get(diagonal * self.size..(diagonal + 1) * self.size)?.get(row).copied()
    }

    /// Makes right sides, `[size, columns]`, solutions.
    fn solve(&self, right: &mut [T], columns: usize) -> Result<(), Reason> {
        let downwards = self.lower != self.adjoint.is_some();
        for turn in 0..self.size {
            let row = if downwards { turn } else { self.size - 1 - turn };
            let pivot = self.at(row, row).filter(|pivot| pivot.size() != 0.0);
            let pivot = pivot.ok_or("the matrix has no inverse")?;
            // Before this row in the order in which they are solved, and within the band.
            let reach = turn.min(self.diagonals - 1);
            let others = if downwards { row - reach..row } else { row + 1..row + 1 + reach };
            for column in 0..columns {
                let mut sum = right[row * columns + column];
                for other in others.clone() {
                    if let Some(factor) = self.at(row, other) {
                        sum -= factor * right[other * columns + column];
                    }
                }
                right[row * columns + column] = sum / pivot;
            }
        }
        Ok(())
    }
}

impl BandedTriangularSolve {
    fn solved<T: Number>(&self, arrays: &[Array], conjugate: fn(T) -> T) -> Result<Array, Reason> {
        let (like, pairs) = pairs(arrays)?;
        let (bands, right) = (T::of(&arrays[0])?, T::of(&arrays[1])?);
        let sizes = [&arrays[0], &arrays[1]].map(|array| array.shape()[array.shape().rank() - 2..].to_vec());
        let ([diagonals, size], [_, columns]) = (&sizes[0][..], &sizes[1][..]) else {
            return Err("it takes matrices".into());
        };
        let mut solutions: Vec<T> = crate::value::room(like.len())?;
        for (a, b) in pairs {
            let numbers = &bands[a * diagonals * size..(a + 1) * diagonals * size];
            let adjoint = self.adjoint.then_some(conjugate);
            let band = Band { numbers, diagonals: *diagonals, size: *size, lower: self.lower, adjoint };
            let first = solutions.len();
            solutions.extend(&right[b * size * columns..(b + 1) * size * columns]);
            band.solve(&mut solutions[first..], *columns)?;
        }
        T::array(like.dtype(), like.shape().to_vec(), &solutions)
    }
}

impl OverArrays for BandedTriangularSolve {
    const NAME: &'static str = "BandedTriangularSolve";
    const NO_GRADIENT: &'static str = "its rule is told apart";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype);
        attrs.with("adjoint", self.adjoint).with("lower", self.lower)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let lower = attrs.optional("lower", true)?;
        Ok(BandedTriangularSolve { lower, adjoint: attrs.optional("adjoint", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [a, b] = inputs else { return Err(wrong_count(2, inputs)) };
        use DType::{Complex64, Complex128, Float32, Float64};
        if a.dtype != b.dtype || !matches!(a.dtype, Float32 | Float64 | Complex64 | Complex128) {
            return Err(
                format!("both sides are of one kind of floats, not of {} and {}", a.dtype, b.dtype).into()
            );
        }
        let (Some(left), Some(right)) = (a.shape.sizes(), b.shape.sizes()) else {
            return Ok(Fact::new(a.dtype, PartialShape::unknown()).one());
        };
        let ([batch_a @ .., _, size], [batch_b @ .., rows, columns]) = (left, right) else {
            return Err(format!("both sides are matrices, not of shapes {} and {}", a.shape, b.shape).into());
        };
        if size.zip(*rows).is_some_and(|(size, rows)| size != rows) {
            return Err(format!("the left side has shape {} and the right {}", a.shape, b.shape).into());
        }
        let batch = behind(batch_a, &[]).broadcast(&behind(batch_b, &[]));
        let batch =
            batch.ok_or_else(|| format!("batches of shape {} and {} do not broadcast", a.shape, b.shape))?;
        let shape =
            batch.sizes().map_or(PartialShape::unknown(), |batch| behind(batch, &[size.or(*rows), *columns]));
        Ok(Fact::new(a.dtype, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        if let Some(empty) = inputs.iter().find(|array| array.is_empty()) {
            return Err(format!("both sides have elements, and one has shape {}", empty.shape()).into());
        }
        Ok(vec![match inputs[0].dtype().is_complex() {
            true => self.solved::<Complex>(inputs, |number| number.conj())?,
            false => self.solved::<f64>(inputs, |number| number)?,
        }])
    }
}

impl Ruled for BandedTriangularSolve {
    fn slopes(&self, node: &Backward<'_>) -> Vec<Option<Tensor>> {
        let Some(dy) = node.dy(0) else { return vec![None, None] };
        let (graph, x) = (dy.graph(), node.y(0));
        let solve = BandedTriangularSolve { lower: self.lower, adjoint: !self.adjoint };
        let to_b = graph.add(WithRule(solve), &[node.x(0), dy]);
        let whole = match self.adjoint {
            true => -product(x, false, &to_b, true),
            false => -product(&to_b, false, x, true),
        };
        let shape = node.x(0).shape();
        let known = shape.rank().and_then(|rank| shape.size(rank.checked_sub(2)?));
        let count = match known {
            Some(known) => graph.constant(known as i32),
            None => node.x(0).shape_tensor().at(-2),
        };
        let to_a = match known {
            // Of one diagonal there is no axis of diagonals.
            Some(1) => whole.matrix_diag_part().expand_dims(-2),
            _ => {
                let (far, main) = (&count - 1, graph.constant(0));
                let k = if self.lower { [-far, main] } else { [main, far] };
                let packed = whole.matrix_diag_part_with(&graph.stack(&k, 0), Align::LeftRight);
                let sizes = whole.shape_tensor();
                match known {
                    Some(_) => packed,
                    // It may turn out to be one.
                    None => {
                        let sizes = [&sizes.at(..-2), &count.expand_dims(0), &sizes.at(-1..)];
                        packed.reshape(graph.concat(&sizes, 0))
                    }
                }
            }
        };
        vec![Some(node.sum_to(&to_a, 0)), Some(node.sum_to(&to_b, 1))]
    }
}

pub(in crate::ops) fn banded_triangular_solve_cases() -> Vec<Case> {
    let band = || array![[2.0, 3.0, 4.0, 2.5], [1.0, -1.0, 0.5, 2.0], [0.5, 1.0, 3.0, -1.5]];
    let right = || array![[1.0, 2.0], [3.0, -1.0], [0.5, 1.5], [2.0, 0.25]];
    let case = |name, lower, adjoint| {
        Case::fed(name, [band(), right()], move |tf, x| {
            vec![tf.add(WithRule(BandedTriangularSolve { lower, adjoint }), &[&x[0], &x[1]])]
        })
    };
    vec![
        case("lower", true, false),
        case("lower, transposed", true, true),
        case("upper", false, false),
        case("upper, transposed", false, true),
        Case::fed("one diagonal", [array![[2.0, 4.0]], array![[1.0], [1.0]]], |tf, x| {
            vec![tf.add(WithRule(BandedTriangularSolve { lower: true, adjoint: false }), &[&x[0], &x[1]])]
        })
        .expecting([array![[0.5], [0.25]]]),
    ]
}
