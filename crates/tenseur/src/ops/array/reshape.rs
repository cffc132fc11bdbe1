//! The same elements in another shape: Reshape, and ExpandDims and Squeeze, which add and drop axes of size 1.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::moved_facts;
use crate::ops::array::{
    IntoShape, as_vector, known_integer, must_be_index, must_be_one_per_axis, normalised_axis, wrong_count,
};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// The same elements in another shape: inputs `x` and `shape`, integers of which one may be −1, "whatever fits".
#[derive(Clone, Debug)]
pub struct Reshape;

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "Reshape"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tshape", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Reshape, Reason> {
        Ok(Reshape)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, shape] = inputs else { return Err(wrong_count(2, inputs)) };
        let shape = &as_vector(shape);
        must_be_index(shape, "a shape")?;
        must_be_one_per_axis(shape, "a shape")?;
        let out = match shape.known_integers() {
            Some(sizes) => reshaped(&x.shape, &sizes)?,
            None => shape.shape.size(0).map_or(PartialShape::unknown(), PartialShape::of_rank),
        };
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, out).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.reshape_like(node.x(0))), None])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// The shape that `x` gets when it is reshaped to `sizes`, of which some may not be known.
fn reshaped(x: &PartialShape, sizes: &[Option<i64>]) -> Result<PartialShape, Reason> {
    if let Some(bad) = sizes.iter().flatten().find(|&&size| size < -1) {
        return Err(format!("a size is {bad}; sizes are 0 or more, or −1 once").into());
    }
    let open = sizes.iter().filter(|&&size| size == Some(-1)).count();
    if open > 1 {
        return Err(format!("{open} sizes are −1 and only one can be").into());
    }
    let sized = |size: &Option<i64>| size.and_then(|size| usize::try_from(size).ok());
    let known: Shape = sizes.iter().filter_map(sized).collect();
    let too_large = || format!("a tensor of shape {known} would be too large");
    let want = known.checked_elements().ok_or_else(too_large)?;
    let out: PartialShape = sizes.iter().map(sized).collect();
    let unknown = sizes.iter().filter(|size| size.is_none()).count();
    let Some(shape) = x.known() else { return Ok(out) };
    let have = shape.checked_elements().ok_or("its input is too large")?;
    match (open, unknown) {
        (0, 0) if have == want => Ok(out),
        // What is left for the one size that is open, said as −1 or not known yet.
        (1, 0) | (0, 1) if want > 0 && have.is_multiple_of(want) => {
            let rest = Some(have / want);
            Ok(sizes.iter().map(|size| sized(size).or(rest)).collect())
        }
        (0, 1) if want == 0 && have == 0 => Ok(out),
        // Beside sizes 0, axes of x of size 0 do not count, nor do these: [0, 3] becomes [0, 3, 1] by [0, −1, 1].
        (1, 0) if want == 0 && have == 0 => {
            let product = |sizes: &[usize]| {
                let mut sizes = sizes.iter().filter(|&&size| size > 0);
                sizes.try_fold(1usize, |product, &size| product.checked_mul(size)).ok_or_else(too_large)
            };
            let rest = Some(product(&shape)? / product(&known)?);
            Ok(sizes.iter().map(|size| sized(size).or(rest)).collect())
        }
        (0 | 1, 0) | (0, 1) => {
            let times = if open + unknown == 1 { "times a whole number" } else { "exactly" };
            Err(format!("{x} has {have} elements, and the new shape {out} needs {want} {times}").into())
        }
        _ => Ok(out),
    }
}

/// x with another axis, of size 1, before axis `axis`, the second input; −1 stands for "after the last".
#[derive(Clone, Debug)]
pub struct ExpandDims;

impl Op for ExpandDims {
    fn name(&self) -> &'static str {
        "ExpandDims"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tdim", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<ExpandDims, Reason> {
        Ok(ExpandDims)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, axis] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_index(axis, "an axis")?;
        if axis.shape.known().is_some_and(|shape| shape.elements() != 1) {
            return Err(format!("it takes one axis and got axes of shape {}", axis.shape).into());
        }
        let Some(sizes) = x.shape.sizes() else {
            return Ok(Fact::new(x.dtype, PartialShape::unknown()).one());
        };
        let shape = match known_integer(axis) {
            Some(axis) => {
                let axis = normalised_axis(axis, sizes.len() + 1).map_err(|_| {
                    let most = sizes.len() + 1;
                    format!(
                        "axis {axis} is outside [-{most}, {most}), where a tensor of shape {} can get one",
                        x.shape
                    )
                })?;
                let mut sizes = sizes.to_vec();
                sizes.insert(axis, Some(1));
                sizes.into()
            }
            None => PartialShape::of_rank(sizes.len() + 1),
        };
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.reshape_like(node.x(0))), None])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// x without axes of size 1: those that are named, or all.
#[derive(Clone, Debug)]
pub struct Squeeze {
    /// The axes that go; all of size 1 if there are none.
    pub axes: Vec<i64>,
}

impl Op for Squeeze {
    fn name(&self) -> &'static str {
        "Squeeze"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("squeeze_dims", self.axes.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Squeeze, Reason> {
        Ok(Squeeze { axes: attrs.optional("squeeze_dims", Vec::new())? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let shape = match x.shape.sizes() {
            Some(sizes) => self.squeezed(sizes)?,
            None => PartialShape::unknown(),
        };
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.reshape_like(node.x(0)))])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

impl Squeeze {
    fn squeezed(&self, sizes: &[Option<usize>]) -> Result<PartialShape, Reason> {
        if self.axes.is_empty() {
            // An axis whose size is not known may go or stay.
            return Ok(match sizes.contains(&None) {
                true => PartialShape::unknown(),
                false => sizes.iter().copied().filter(|size| *size != Some(1)).collect(),
            });
        }
        let mut goes = vec![false; sizes.len()];
        for &axis in &self.axes {
            let counted = normalised_axis(axis, sizes.len())?;
            match sizes[counted] {
                None | Some(1) => goes[counted] = true,
                Some(size) => return Err(format!("axis {axis} has size {size}, not 1, and cannot go").into()),
            }
        }
        Ok(sizes.iter().zip(goes).filter(|(_, goes)| !goes).map(|(size, _)| *size).collect())
    }
}

impl Tensor {
    /// The same elements in another shape: integers, one of which may be −1, or a tensor of integers.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(28), Some(28)], "x");
    /// assert_eq!(x.reshape([-1, 784]).shape().to_string(), "[?, 784]");
    /// ```
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoShape) -> Tensor {
        let shape = shape.into_shape(self);
        self.graph().add(Reshape, &[self, &shape])
    }

    /// The same elements in the shape of `like`.
    #[track_caller]
    pub(crate) fn reshape_like(&self, like: &Tensor) -> Tensor {
        let (mine, wanted) = (self.shape(), like.shape());
        match wanted.known() {
            Some(known) if mine.known().as_ref() == Some(&known) => self.clone(),
            Some(known) => self.reshape(&known[..]),
            None => self.reshape(like.shape_tensor()),
        }
    }

    /// x with another axis, of size 1: it becomes axis `axis`, counted from the end where it is negative.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(3)], "x");
    /// assert_eq!(x.expand_dims(1).shape().to_string(), "[?, 1, 3]");
    /// assert_eq!(x.expand_dims(-1).shape().to_string(), "[?, 3, 1]");
    /// ```
    #[track_caller]
    pub fn expand_dims(&self, axis: i32) -> Tensor {
        self.graph().add(ExpandDims, &[self, &self.graph().constant(axis)])
    }

    /// x without these axes, which must have size 1; without all axes of size 1 if none is named.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([1, 3, 1], "x");
    /// assert_eq!(x.squeeze(&[]).shape().to_string(), "[3]");
    /// assert_eq!(x.squeeze(&[-1]).shape().to_string(), "[1, 3]");
    /// ```
    #[track_caller]
    pub fn squeeze(&self, axes: &[i32]) -> Tensor {
        let axes = axes.iter().map(|&axis| axis.into()).collect();
        self.graph().add(Squeeze { axes }, &[self])
    }
}

pub(in crate::ops) fn reshape_cases() -> Vec<Case> {
    vec![
        Case::fed("flatten", [array![[1.0, 2.0], [3.0, 4.0]]], |_, x| vec![x[0].reshape([-1])]),
        Case::fed("to a scalar", [array![[7.0]]], |_, x| vec![x[0].reshape([] as [i32; 0])]),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].reshape([0, 5])]),
        Case::fed("empty, one size open", [Array::from_literal([[0.0; 0]; 2])], |_, x| {
            vec![x[0].reshape([-1, 2])]
        }),
        Case::fed("like another", [array![[1.0, 2.0]], array![1.0, 2.0]], |_, x| {
            vec![x[0].reshape(x[1].shape_tensor())]
        }),
        Case::fed("a shape that is fed", [array![1.0, 2.0], as_type(array![-1, 1], DType::Int64)], |_, x| {
            vec![x[0].reshape(&x[1])]
        }),
        Case::fed("strings", [array!["a", "b"]], |_, x| vec![x[0].reshape([2, 1])])
            .expecting([array![["a"], ["b"]]]),
    ]
}

pub(in crate::ops) fn expand_dims_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0]];
    vec![
        Case::fed("in front", [matrix()], |_, x| vec![x[0].expand_dims(0)]),
        Case::fed("behind", [matrix()], |_, x| vec![x[0].expand_dims(-1)]).expecting([array![[
            [1.0],
            [2.0],
            [3.0]
        ]]]),
        Case::fed("a scalar", [Array::scalar(2i32)], |_, x| vec![x[0].expand_dims(0)]).expecting([array![2]]),
        Case::fed("an axis that is fed", [matrix(), array![1]], |tf, x| {
            vec![tf.add(ExpandDims, &[&x[0], &x[1]])]
        })
        .expecting([array![[[1.0, 2.0, 3.0]]]]),
    ]
}

pub(in crate::ops) fn squeeze_cases() -> Vec<Case> {
    let ones = || array![[[1.0], [2.0]]];
    vec![
        Case::fed("all", [ones()], |_, x| vec![x[0].squeeze(&[])]).expecting([array![1.0, 2.0]]),
        Case::fed("the last", [ones()], |_, x| vec![x[0].squeeze(&[-1])]).expecting([array![[1.0, 2.0]]]),
        Case::fed("to a scalar", [array![["a"]]], |_, x| vec![x[0].squeeze(&[0, 1])]).expecting([array![
            "a"
        ]
        .reshape([])
        .unwrap_or_else(|_| array!["a"])]),
        Case::fed("a scalar", [Array::scalar(1.5f32)], |_, x| vec![x[0].squeeze(&[])]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_that_does_not_fit_is_refused_with_the_numbers() {
        let reshape = |from: &[usize], to: &[i64]| {
            let sizes: Vec<Option<i64>> = to.iter().map(|&size| Some(size)).collect();
            reshaped(&Shape::from(from).into(), &sizes).map(|shape| shape.to_string()).map_err(|e| e.text)
        };
        assert_eq!(reshape(&[2, 3], &[-1, 2]).unwrap(), "[3, 2]");
        assert_eq!(reshape(&[0, 3], &[5, 0]).unwrap(), "[5, 0]");
        assert_eq!(reshape(&[0, 3], &[5, -1]).unwrap(), "[5, 0]");
        assert!(
            reshape(&[2, 3], &[4])
                .unwrap_err()
                .contains("has 6 elements, and the new shape [4] needs 4 exactly")
        );
        assert!(reshape(&[2, 3], &[4, -1]).unwrap_err().contains("times a whole number"));
        assert!(reshape(&[6], &[0, -1]).is_err() && reshape(&[6], &[-1, -1]).is_err());
        assert_eq!(reshape(&[0, 3], &[0, -1, 1]).unwrap(), "[0, 3, 1]");
        assert!(reshape(&[6], &[-2, 3]).is_err() && reshape(&[1], &[1 << 62, 1 << 62]).is_err());
    }

    #[test]
    fn a_shape_that_is_partly_known_is_kept() {
        let x = PartialShape::from([None, Some(6)]);
        assert_eq!(reshaped(&x, &[None, Some(2), Some(3)]).unwrap().to_string(), "[?, 2, 3]");
        assert_eq!(reshaped(&[4, 6].into(), &[None, Some(12)]).unwrap().to_string(), "[2, 12]");
        assert_eq!(reshaped(&[4, 6].into(), &[None, Some(-1)]).unwrap().to_string(), "[?, ?]");
        assert!(reshaped(&[4, 6].into(), &[None, Some(7)]).is_err());
    }
}
