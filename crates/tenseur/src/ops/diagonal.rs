//! Tensors with something along a diagonal: Diag and DiagPart, of any number of axes, and MatrixBandPart, what lies near the
//! main diagonal of a matrix.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_index, must_be_scalar, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{PartialShape, Shape};

/// A tensor with the input, of shape `[s…]`, on the diagonal of its shape `[s…, s…]`, and zeros elsewhere.
#[derive(Clone, Debug)]
pub struct Diag;

impl Op for Diag {
    fn name(&self) -> &'static str {
        "Diag"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Diag, Reason> {
        Ok(Diag)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let shape = match x.shape.sizes() {
            Some([]) => return Err("it takes one axis or more, not a scalar".into()),
            Some(sizes) => sizes.iter().chain(sizes).copied().collect(),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(x.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.graph().add(DiagPart, &[dy]))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("Diag", node, |arrays| {
            let (sizes, count) = (arrays[0].shape(), arrays[0].len());
            let shape: Shape = sizes.iter().chain(&sizes[..]).copied().collect();
            let from = (0..count).flat_map(|row| {
                (0..count).map(move |column| if row == column { Some((0, row)) } else { None })
            });
            Ok(vec![assemble(&[&arrays[0]], 1, shape, from)?])
        }))
    }
}

/// The diagonal, of shape `[s…]`, of a tensor of shape `[s…, s…]`.
#[derive(Clone, Debug)]
pub struct DiagPart;

impl Op for DiagPart {
    fn name(&self) -> &'static str {
        "DiagPart"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<DiagPart, Reason> {
        Ok(DiagPart)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let Some(sizes) = x.shape.sizes() else {
            return Ok(Fact::new(x.dtype, PartialShape::unknown()).one());
        };
        let (first, second) = sizes.split_at(sizes.len() / 2);
        let halves = [first, second].map(|half| half.iter().copied().collect::<PartialShape>());
        match halves[0].merge(&halves[1]) {
            Some(shape) if !sizes.is_empty() => Ok(Fact::new(x.dtype, shape).one()),
            _ => Err(format!("both halves of the shape are the same, and it has shape {}", x.shape).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.graph().add(Diag, &[dy]))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("DiagPart", node, |arrays| {
            let shape: Shape = arrays[0].shape()[..arrays[0].shape().rank() / 2].into();
            let count = shape.elements();
            Ok(vec![assemble(&[&arrays[0]], 1, shape, (0..count).map(|row| Some((0, row * count + row))))?])
        }))
    }
}

/// Matrices that keep what is at most so many places below (the second input) and above (the third) the main diagonal, and
/// are zero elsewhere; a negative number keeps all of that side.
#[derive(Clone, Debug)]
pub struct MatrixBandPart;

impl Op for MatrixBandPart {
    fn name(&self) -> &'static str {
        "MatrixBandPart"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tindex", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<MatrixBandPart, Reason> {
        Ok(MatrixBandPart)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, lower, upper] = inputs else { return Err(wrong_count(3, inputs)) };
        for (count, what) in [(lower, "the number below"), (upper, "the number above")] {
            must_be_index(count, what)?;
            must_be_scalar(count, what)?;
        }
        match x.shape.rank() {
            Some(0 | 1) => Err(format!("it takes matrices, and has shape {}", x.shape).into()),
            _ => Ok(Fact::new(x.dtype, x.shape.clone()).one()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.graph().add(MatrixBandPart, &[dy, node.x(1), node.x(2)])), None, None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("MatrixBandPart", node, |arrays| {
            let [lower, upper] = [arrays[1].to_i64()?[0], arrays[2].to_i64()?[0]];
            let shape = arrays[0].shape();
            let [rows, columns] = [shape[shape.rank() - 2], shape[shape.rank() - 1]];
            for (count, most, what) in [(lower, rows, "below"), (upper, columns, "above")] {
                if count > most as i64 {
                    return Err(format!(
                        "{count} places {what} the diagonal are more than there are, {most}"
                    )
                    .into());
                }
            }
            let from = (0..arrays[0].len()).map(|place| {
                let (row, column) = ((place / columns % rows) as i64, (place % columns) as i64);
                let kept = (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper);
                kept.then_some((0, place))
            });
            Ok(vec![assemble(&[&arrays[0]], 1, shape.clone(), from)?])
        }))
    }
}

impl Tensor {
    /// A tensor of twice the axes with this one on its diagonal and zeros elsewhere (`tf.diag`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![1, 2]).diag();
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&y, feeds![])?, array![[1, 0], [0, 2]]);
    /// assert_eq!(sess.run(&y.diag_part(), feeds![])?, array![1, 2]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn diag(&self) -> Tensor {
        self.graph().add(Diag, &[self])
    }

    /// The diagonal of a tensor both halves of whose shape are the same (`tf.diag_part`).
    #[track_caller]
    pub fn diag_part(&self) -> Tensor {
        self.graph().add(DiagPart, &[self])
    }

    /// Matrices that keep what is at most `lower` places below and `upper` above the main diagonal (negative: all of that
    /// side), and are zero elsewhere (`tf.matrix_band_part`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2], [3, 4]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.matrix_band_part(-1, 0), feeds![])?, array![[1, 0], [3, 4]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_band_part(&self, lower: i32, upper: i32) -> Tensor {
        let tf = self.graph();
        tf.add(MatrixBandPart, &[self, &tf.constant(lower), &tf.constant(upper)])
    }
}

pub(super) fn diag_cases() -> Vec<Case> {
    vec![
        Case::fed("vector", [array![1.0, 2.0]], |_, x| vec![x[0].diag()])
            .expecting([array![[1.0, 0.0], [0.0, 2.0]]]),
        Case::fed("matrix", [array![[1.0, 2.0]]], |_, x| vec![x[0].diag()]).expecting([array![[
            [[1.0, 0.0]],
            [[0.0, 2.0]]
        ]]
        .reshape([1, 2, 1, 2])
        .unwrap_or(array![0.0])]),
        Case::fed("nothing", [crate::Array::from_literal([0.0; 0])], |_, x| vec![x[0].diag()]),
    ]
}

pub(super) fn diag_part_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, 2.0], [3.0, 4.0]]], |_, x| vec![x[0].diag_part()])
            .expecting([array![1.0, 4.0]]),
        Case::fed("four axes", [array![[[[1.0, 2.0]], [[3.0, 4.0]]]]], |_, x| {
            vec![x[0].reshape([1, 2, 1, 2]).diag_part()]
        })
        .expecting([array![[1.0, 4.0]]]),
    ]
}

pub(super) fn matrix_band_part_cases() -> Vec<Case> {
    let matrices = || array![[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]];
    vec![
        Case::fed("lower", [matrices()], |_, x| vec![x[0].matrix_band_part(-1, 0)])
            .expecting([array![[[1.0, 0.0, 0.0], [4.0, 5.0, 0.0]], [[7.0, 0.0, 0.0], [10.0, 11.0, 0.0]]]]),
        Case::fed("upper and one below", [matrices()], |_, x| vec![x[0].matrix_band_part(1, -1)]),
        Case::fed("diagonal", [matrices()], |_, x| vec![x[0].matrix_band_part(0, 0)]),
        Case::fed("bools", [array![[true, true], [true, true]]], |_, x| vec![x[0].matrix_band_part(0, 1)])
            .expecting([array![[true, true], [false, true]]]),
    ]
}
