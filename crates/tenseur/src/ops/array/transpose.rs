//! Another order of axes: Transpose, and the inverse of a permutation.

use tenseur_kernels::{Call, Layout};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index, must_be_one_per_axis, must_be_vector, view, wrong_count};
use crate::ops::by_arrays::applied;
use crate::ops::complex::{Complex, array_of, numbers};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// x with its axes in another order: axis `i` of the result is axis `perm[i]` of x.
#[derive(Clone, Debug)]
pub struct Transpose;

impl Op for Transpose {
    fn name(&self) -> &'static str {
        "Transpose"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tperm", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Transpose, Reason> {
        Ok(Transpose)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, perm] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_index(perm, "a permutation")?;
        must_be_one_per_axis(perm, "a permutation")?;
        let rank = x.shape.rank().or(perm.shape.size(0));
        if let (Some(rank), Some(count)) = (rank, perm.shape.size(0))
            && rank != count
        {
            return Err(format!("the permutation has {count} numbers for a tensor of {rank} axes").into());
        }
        let shape = match (rank, perm.integers()) {
            (Some(rank), Some(perm)) => {
                order(&perm, rank)?.into_iter().map(|axis| x.shape.size(axis)).collect()
            }
            (Some(rank), None) => PartialShape::of_rank(rank),
            (None, _) => PartialShape::unknown(),
        };
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let perm = node.x(1);
            let known = perm.fact().and_then(|fact| fact.integers());
            let back = match known.map(|perm| order(&perm, perm.len())) {
                Some(Ok(perm)) => dy.transpose_by(&inverse(&perm)[..]),
                _ => dy.transpose_by(dy.graph().add(InvertPermutation, &[perm])),
            };
            [Some(back), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let Some(perm) = node.inputs[1].integers() else { return Ok(once_known(self, node)) };
        let perm = order(&perm, perm.len())?;
        let mut layout = Layout::contiguous(&known_shape(node.inputs[0])?);
        layout.strides = perm.into_iter().map(|axis| layout.strides[axis]).collect();
        view(layout, &known_shape(&node.outputs[0])?)
    }
}

/// The order that a permutation of axes says, which may count from the end.
fn order(perm: &[i64], rank: usize) -> Result<Vec<usize>, Reason> {
    let counted: Vec<i64> =
        perm.iter().map(|&axis| if axis < 0 { axis.saturating_add(rank as i64) } else { axis }).collect();
    permutation(&counted, rank)
}

/// x with its axes in another order, and complex numbers conjugated.
#[derive(Clone, Debug)]
pub struct ConjugateTranspose;

impl Op for ConjugateTranspose {
    fn name(&self) -> &'static str {
        "ConjugateTranspose"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Transpose.attrs(node)
    }

    fn from_attrs(_: &Attrs) -> Result<ConjugateTranspose, Reason> {
        Ok(ConjugateTranspose)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        Transpose.infer(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let back = dy.graph().add(InvertPermutation, &[node.x(1)]);
            [Some(dy.graph().add(ConjugateTranspose, &[dy, &back])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if !node.outputs[0].dtype.is_complex() {
            return Transpose.lower(node);
        }
        Ok(Lowered::arrays("ConjugateTranspose", node, |arrays| {
            let moved = applied(&Transpose, &[&arrays[0], &arrays[1]])?.remove(0);
            let conjugates: Vec<Complex> = numbers(&moved)?.iter().map(Complex::conj).collect();
            Ok(vec![array_of(moved.dtype(), moved.shape().clone(), &conjugates)?])
        }))
    }
}

/// The inverse of a permutation: the vector `y` with `y[x[i]] = i`.
#[derive(Clone, Debug)]
pub struct InvertPermutation;

impl Op for InvertPermutation {
    fn name(&self) -> &'static str {
        "InvertPermutation"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<InvertPermutation, Reason> {
        Ok(InvertPermutation)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        must_be_index(x, "a permutation")?;
        must_be_vector(x, "a permutation")?;
        let size = [x.shape.size(0)].into_iter().collect::<PartialShape>();
        Ok(Fact::new(x.dtype, size).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("its input is of integers")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (dtype, shape) = (node.inputs[0].dtype, known_shape(node.inputs[0])?);
        let bytes = vec![shape.elements() * dtype.size().unwrap_or(0)];
        let invert = move |inputs: &[&[u8]], outputs: &mut [&mut [u8]]| {
            let x = Array::from_bytes(dtype, shape.clone(), inputs[0]).and_then(|x| x.to_i64())?;
            let x = permutation(&x, x.len())?;
            let y: Vec<i64> = inverse(&x).into_iter().map(i64::from).collect();
            match dtype {
                DType::Int64 => outputs[0].copy_from_slice(bytemuck::cast_slice(&y)),
                _ => {
                    let y: Vec<i32> = y.into_iter().map(|y| y as i32).collect();
                    outputs[0].copy_from_slice(bytemuck::cast_slice(&y));
                }
            }
            Ok(())
        };
        Ok(Lowered::kernel(Call::new("invert permutation", bytes.clone(), bytes, invert)))
    }
}

/// The axes of a permutation of `rank` axes.
fn permutation(perm: &[i64], rank: usize) -> Result<Vec<usize>, Reason> {
    let mut seen = vec![false; rank];
    let shown = || match perm.len() {
        0..=16 => format!("{perm:?}"),
        count => format!("{count} numbers"),
    };
    let axes = perm.iter().map(|&axis| {
        let counted = usize::try_from(axis).ok().filter(|&axis| axis < rank);
        let counted = counted.ok_or_else(|| format!("{axis} in {} is outside [0, {rank})", shown()))?;
        match std::mem::replace(&mut seen[counted], true) {
            false => Ok(counted),
            true => Err(format!("{axis} stands twice in {}, which is no permutation", shown())),
        }
    });
    Ok(axes.collect::<Result<Vec<_>, String>>()?)
}

/// The inverse of a permutation.
fn inverse(perm: &[usize]) -> Vec<i32> {
    let mut inverse = vec![0; perm.len()];
    for (i, &axis) in perm.iter().enumerate() {
        inverse[axis] = i as i32;
    }
    inverse
}

impl Tensor {
    /// x with its axes in reverse order: of a matrix, rows for columns.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.transpose(), feeds![])?, array![[1, 4], [2, 5], [3, 6]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn transpose(&self) -> Tensor {
        match self.rank() {
            Some(rank) => self.transpose_by(&(0..rank as i32).rev().collect::<Vec<_>>()[..]),
            None => {
                let tf = self.graph();
                let last = self.rank_tensor() - 1;
                self.transpose_by(tf.range(&last, -1, -1))
            }
        }
    }

    /// x with its axes in another order: axis `i` of the result is axis `perm[i]` of x.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let images = tf.placeholder::<f32>([None, Some(28), Some(32), Some(3)], "images");
    /// assert_eq!(images.transpose_by([0, 3, 1, 2]).shape().to_string(), "[?, 3, 28, 32]");
    /// ```
    #[track_caller]
    pub fn transpose_by(&self, perm: impl IntoShape) -> Tensor {
        let perm = perm.into_shape(self);
        self.graph().add(Transpose, &[self, &perm])
    }

    /// The inverse of a permutation, a vector of integers: `y` with `y[x[i]] = i` (`tf.invert_permutation`).
    #[track_caller]
    pub fn invert_permutation(&self) -> Tensor {
        self.graph().add(InvertPermutation, &[self])
    }
}

pub(in crate::ops) fn conjugate_transpose_cases() -> Vec<Case> {
    let swapped =
        |tf: &crate::Graph, x: &Tensor| tf.add(ConjugateTranspose, &[x, &tf.constant(array![1, 0])]);
    vec![
        Case::fed("real", [array![[1.0, 2.0, 3.0]]], move |tf, x| vec![swapped(tf, &x[0])])
            .expecting([array![[1.0], [2.0], [3.0]]]),
        Case::fed("complex", [array![[1.0, 2.0]], array![[0.5, -3.0]]], move |tf, x| {
            let y = swapped(tf, &tf.complex(&x[0], &x[1]));
            vec![y.real(), y.imag()]
        })
        .expecting([array![[1.0], [2.0]], array![[-0.5], [3.0]]]),
    ]
}

pub(in crate::ops) fn transpose_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let cube = || array![[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]];
    vec![
        Case::fed("a matrix", [matrix()], |_, x| vec![x[0].transpose()]).expecting([array![
            [1.0, 4.0],
            [2.0, 5.0],
            [3.0, 6.0]
        ]]),
        Case::fed("three axes", [cube()], |_, x| vec![x[0].transpose_by([2, 0, 1])])
            .expecting([array![[[1.0, 3.0, 5.0]], [[2.0, 4.0, 6.0]]]]),
        Case::fed("counted from the end", [cube()], |_, x| vec![x[0].transpose_by([-1, 0, -2])])
            .expecting([array![[[1.0, 3.0, 5.0]], [[2.0, 4.0, 6.0]]]]),
        Case::fed("as it was", [cube()], |_, x| vec![x[0].transpose_by([0, 1, 2])]),
        Case::fed("only an axis of size 1 moves", [cube()], |_, x| vec![x[0].transpose_by([1, 0, 2])]),
        Case::fed("a vector", [array![1.0, 2.0]], |_, x| vec![x[0].transpose()]),
        Case::fed("a scalar", [Array::scalar(1.5f32)], |_, x| vec![x[0].transpose()]),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].transpose()]),
        Case::fed("an order that is fed", [matrix(), as_type(array![1, 0], DType::Int64)], |_, x| {
            vec![x[0].transpose_by(&x[1])]
        }),
        Case::fed("strings", [array![["a", "b"], ["c", "d"]]], |_, x| vec![x[0].transpose()])
            .expecting([array![["a", "c"], ["b", "d"]]]),
        Case::fed("bools", [array![[true, false]]], |_, x| vec![x[0].transpose()])
            .expecting([array![[true], [false]]]),
    ]
}

pub(in crate::ops) fn invert_permutation_cases() -> Vec<Case> {
    let descending = || Array::from_literal::<[i32; 300]>(std::array::from_fn(|at| 299 - at as i32));
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].invert_permutation()];
    vec![
        Case::fed("three", [array![2, 0, 1]], build).expecting([array![1, 2, 0]]),
        Case::fed("int64", [as_type(array![1, 0, 2], DType::Int64)], build)
            .expecting([as_type(array![1, 0, 2], DType::Int64)]),
        Case::fed("nothing", [Array::from_literal([0; 0])], build),
        Case::fed("more numbers than a tensor can have axes", [descending()], build)
            .expecting([descending()]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_permutation_is_refused() {
        assert_eq!(permutation(&[2, 0, 1], 3), Ok(vec![2, 0, 1]));
        assert_eq!(permutation(&[0, 3, 1], 3).unwrap_err().text, "3 in [0, 3, 1] is outside [0, 3)");
        assert!(permutation(&[0, 0], 2).unwrap_err().text.contains("stands twice"));
        assert!(permutation(&[-1, 0], 2).is_err());
    }
}
