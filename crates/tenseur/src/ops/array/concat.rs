//! Several tensors as one: ConcatV2 puts them behind each other along an axis, Pack along a new one.

use tenseur_kernels::ConcatKernel;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{
    known_integer, must_be_index, must_be_one, must_be_scalar, normalised_axis, vector_of,
};
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The inputs put behind each other along an axis, the last input; they agree along all others.
#[derive(Clone, Debug)]
pub struct ConcatV2;

impl Op for ConcatV2 {
    fn name(&self) -> &'static str {
        "ConcatV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let (axis, values) = node.inputs.split_last().unwrap_or((&node.inputs[0], &[]));
        let attrs = Attrs::new().with("N", values.len() as i64).with("T", node.inputs[0].dtype);
        attrs.with("Tidx", axis.dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<ConcatV2, Reason> {
        Ok(ConcatV2)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [values @ .., axis] = inputs else { return Err("it has no inputs".into()) };
        let out = joined(values, axis)?;
        Ok(moved_facts(self, inputs, 0..values.len(), out.one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let last = node.inputs() - 1;
            let mut gradients = parts(node, 0..last, last);
            gradients.push(None);
            gradients
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let last = node.inputs.len() - 1;
        match moved_strings(self, node, 0..last) {
            Some(strings) => Ok(strings),
            None => match known_integer(node.inputs[last]) {
                Some(axis) => join(node, 0..last, axis),
                None => Ok(once_known(self, node)),
            },
        }
    }
}

/// [`ConcatV2`] with the axis first, as TensorFlow once spelled it.
#[derive(Clone, Debug)]
pub struct Concat;

impl Op for Concat {
    fn name(&self) -> &'static str {
        "Concat"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let count = node.inputs.len().saturating_sub(1) as i64;
        Attrs::new().with("N", count).with("T", node.inputs[node.inputs.len() - 1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Concat, Reason> {
        Ok(Concat)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [axis, values @ ..] = inputs else { return Err("it has no inputs".into()) };
        let out = joined(values, axis)?;
        Ok(moved_facts(self, inputs, 1..inputs.len(), out.one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let mut gradients = vec![None];
            gradients.extend(parts(node, 1..node.inputs(), 0));
            gradients
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let values = 1..node.inputs.len();
        match moved_strings(self, node, values.clone()) {
            Some(strings) => Ok(strings),
            None => match known_integer(node.inputs[0]) {
                Some(axis) => join(node, values, axis),
                None => Ok(once_known(self, node)),
            },
        }
    }
}

/// What is known of `values` joined along `axis`.
fn joined(values: &[&Fact], axis: &Fact) -> Result<Fact, Reason> {
    must_be_index(axis, "the axis")?;
    must_be_one(axis, "the axis")?;
    let dtype = one_type(values)?;
    let Some(rank) = values.iter().find_map(|fact| fact.shape.rank()) else {
        return Ok(Fact::new(dtype, PartialShape::unknown()));
    };
    if let Some(other) = values.iter().find(|fact| fact.shape.rank().is_some_and(|other| other != rank)) {
        return Err(format!("it joins tensors of {rank} axes and one has shape {}", other.shape).into());
    }
    if rank == 0 {
        return Err("scalars have no axis to be joined along; stack them".into());
    }
    let Some(axis) = known_integer(axis) else { return Ok(Fact::new(dtype, PartialShape::of_rank(rank))) };
    let axis = normalised_axis(axis, rank)?;
    let (mut length, mut shape) = (Some(0usize), PartialShape::of_rank(rank));
    for value in values {
        let mut sizes = value.shape.sizes().map_or_else(|| vec![None; rank], <[_]>::to_vec);
        length = length.zip(sizes[axis]).and_then(|(sum, size)| sum.checked_add(size));
        sizes[axis] = None;
        let across = PartialShape::from(sizes);
        let differ = || format!("shapes {shape} and {} differ beside axis {axis}", value.shape);
        shape = shape.merge(&across).ok_or_else(differ)?;
    }
    let along = |(i, size): (usize, &Option<usize>)| if i == axis { length } else { *size };
    let sizes: PartialShape = shape.sizes().unwrap_or_default().iter().enumerate().map(along).collect();
    Ok(Fact::new(dtype, sizes))
}

/// The one type that all have.
fn one_type(values: &[&Fact]) -> Result<DType, Reason> {
    let Some(first) = values.first() else { return Err("there is nothing to be joined".into()) };
    match values.iter().find(|fact| fact.dtype != first.dtype) {
        Some(other) => {
            Err(format!("it joins tensors of one type and got {} and {}", first.dtype, other.dtype).into())
        }
        None => Ok(first.dtype),
    }
}

/// The kernel that joins these inputs along `axis`.
fn join(node: Signature<'_>, values: std::ops::Range<usize>, axis: i64) -> Result<Lowered, Reason> {
    let out = known_shape(&node.outputs[0])?;
    let axis = normalised_axis(axis, out.rank())?;
    let mut inner = Vec::with_capacity(values.len());
    for value in &node.inputs[values.clone()] {
        inner.push(known_shape(value)?[axis..].iter().product());
    }
    if values.len() == 1 {
        let mut alias = Lowered::alias();
        alias.reads = values.collect();
        return Ok(alias);
    }
    let kernel = ConcatKernel::new(size_of(node.outputs[0].dtype)?, out[..axis].iter().product(), inner)?;
    let mut lowered = Lowered::kernel(kernel);
    lowered.reads = values.collect();
    Ok(lowered)
}

/// Bytes of an element.
pub(in crate::ops) fn size_of(dtype: DType) -> Result<usize, Reason> {
    dtype.size().ok_or_else(|| format!("there are no loops over {dtype}").into())
}

/// The parts of the gradient of joined tensors that belong to each of them.
#[track_caller]
fn parts(node: &Backward<'_>, values: std::ops::Range<usize>, axis: usize) -> Vec<Option<Tensor>> {
    let Some(dy) = node.dy(0) else { return vec![None; values.len()] };
    if values.len() == 1 {
        return vec![Some(dy.clone())];
    }
    let axis = node.x(axis);
    let lengths: Vec<Tensor> = values
        .map(|value| {
            let x = node.x(value);
            let known = axis.fact().as_ref().and_then(known_integer).zip(x.rank());
            let along = known.and_then(|(axis, rank)| x.shape().size(normalised_axis(axis, rank).ok()?));
            match along {
                Some(size) => dy.graph().constant(size as i32),
                None => x.shape_tensor().at(axis),
            }
        })
        .collect();
    let lengths = dy.graph().stack(&lengths, 0);
    dy.split_lengths(&lengths, axis).into_iter().map(Some).collect()
}

/// For shapes of tensors that are joined along an axis, the first input: where each begins in the result.
#[derive(Clone, Debug)]
pub struct ConcatOffset;

impl Op for ConcatOffset {
    fn name(&self) -> &'static str {
        "ConcatOffset"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let shapes = node.inputs.len().saturating_sub(1) as i64;
        let attrs = Attrs::new().with("N", shapes);
        node.inputs.get(1).map_or(attrs.clone(), |shape| attrs.with("shape_type", shape.dtype))
    }

    fn from_attrs(_: &Attrs) -> Result<ConcatOffset, Reason> {
        Ok(ConcatOffset)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [axis, shapes @ ..] = inputs else { return Err("it has no inputs".into()) };
        must_be_scalar(axis, "the axis")?;
        let dtype = one_type(shapes)?;
        shapes.iter().try_for_each(|shape| must_be_index(shape, "a shape"))?;
        let known: Option<Vec<Vec<i64>>> = shapes.iter().map(|shape| shape.integers()).collect();
        let (Some(known), Some(axis)) = (known, known_integer(axis)) else {
            return Ok(shapes.iter().map(|shape| Fact::new(dtype, shape.shape.clone())).collect());
        };
        let rank = known[0].len();
        let axis = normalised_axis(axis, rank)?;
        let mut begin = 0i64;
        let mut offset = |shape: &Vec<i64>| -> Result<Fact, Reason> {
            let agree = shape.len() == rank && (0..rank).all(|i| i == axis || shape[i] == known[0][i]);
            if !agree {
                return Err(format!("shapes {:?} and {shape:?} differ beside axis {axis}", known[0]).into());
            }
            let mut offset = vec![0; rank];
            offset[axis] = usize::try_from(begin).map_err(|_| "a size is negative")?;
            begin = begin.checked_add(shape[axis]).ok_or("the sizes are too large")?;
            Ok(Fact::constant(vector_of(dtype, &offset)?))
        };
        known.iter().map(&mut offset).collect()
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a shape does not change when the elements do")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let values: Option<Vec<Array>> = node.outputs.iter().map(|fact| fact.value.clone()).collect();
        Ok(values.map_or_else(|| once_known(self, node), Lowered::values))
    }
}

/// The inputs, all of one shape, as the slices of one tensor along a new axis.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The new axis; it may count from the end of the result's.
    pub axis: i64,
}

impl Op for Pack {
    fn name(&self) -> &'static str {
        "Pack"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("N", node.inputs.len() as i64).with("T", node.inputs[0].dtype);
        attrs.with("axis", self.axis)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Pack, Reason> {
        Ok(Pack { axis: attrs.optional("axis", 0)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let dtype = one_type(inputs)?;
        let shape = inputs.iter().try_fold(PartialShape::unknown(), |shape, fact| {
            shape.merge(&fact.shape).ok_or_else(|| format!("shapes {shape} and {} differ", fact.shape))
        })?;
        let shape = match shape.sizes() {
            Some(sizes) => {
                let mut sizes = sizes.to_vec();
                sizes.insert(normalised_axis(self.axis, sizes.len() + 1)?, Some(inputs.len()));
                sizes.into()
            }
            None => PartialShape::unknown(),
        };
        Ok(moved_facts(self, inputs, 0..inputs.len(), Fact::new(dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| match node.dy(0) {
            Some(dy) => dy.unstack_into(node.inputs(), self.axis).into_iter().map(Some).collect(),
            None => vec![None; node.inputs()],
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..node.inputs.len()) {
            return Ok(strings);
        }
        let out = known_shape(&node.outputs[0])?;
        let axis = normalised_axis(self.axis, out.rank())?;
        let inner = out[axis + 1..].iter().product();
        if node.inputs.len() == 1 {
            return Ok(Lowered::alias());
        }
        let outer = out[..axis].iter().product();
        let kernel =
            ConcatKernel::new(size_of(node.outputs[0].dtype)?, outer, vec![inner; node.inputs.len()])?;
        Ok(Lowered::kernel(kernel))
    }
}

impl crate::Graph {
    /// Tensors put behind each other along an axis, which may count from the end.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (x, y) = (tf.constant(array![[1, 2], [3, 4]]), tf.constant(array![[5], [6]]));
    /// let z = tf.concat(&[x, y], -1);
    /// assert_eq!(Session::new(&tf)?.run(&z, feeds![])?, array![[1, 2, 5], [3, 4, 6]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn concat(&self, tensors: &[impl AsRef<Tensor>], axis: i32) -> Tensor {
        // TensorFlow's op takes no fewer than two.
        if let [one] = tensors {
            return one.as_ref().identity();
        }
        let axis = self.constant(axis);
        let inputs: Vec<&Tensor> = tensors.iter().map(AsRef::as_ref).chain([&axis]).collect();
        self.add(ConcatV2, &inputs)
    }

    /// Tensors of one shape as the slices of one along a new axis, which may count from the end (`tf.stack`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (x, y) = (tf.constant(array![1, 2]), tf.constant(array![3, 4]));
    /// let z = tf.stack(&[x, y], 1);
    /// assert_eq!(Session::new(&tf)?.run(&z, feeds![])?, array![[1, 3], [2, 4]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn stack(&self, tensors: &[impl AsRef<Tensor>], axis: i32) -> Tensor {
        let inputs: Vec<&Tensor> = tensors.iter().map(AsRef::as_ref).collect();
        self.add(Pack { axis: axis.into() }, &inputs)
    }
}

pub(in crate::ops) fn concat_v2_cases() -> Vec<Case> {
    let (a, b) = (|| array![[1.0, 2.0], [3.0, 4.0]], || array![[5.0, 6.0]]);
    let column = || array![[7.0], [8.0]];
    vec![
        Case::fed("rows", [a(), b()], |tf, x| vec![tf.concat(x, 0)]).expecting([array![
            [1.0, 2.0],
            [3.0, 4.0],
            [5.0, 6.0]
        ]]),
        Case::fed("columns, from the end", [column(), a()], |tf, x| vec![tf.concat(x, -1)])
            .expecting([array![[7.0, 1.0, 2.0], [8.0, 3.0, 4.0]]]),
        Case::fed("twice the same, and nothing", [a(), Array::from_literal([[0.0; 0]; 2])], |tf, x| {
            vec![tf.concat(&[&x[0], &x[1], &x[0]], 1)]
        }),
        Case::fed("an axis that is fed", [a(), column(), 1.into()], |tf, x| {
            vec![tf.add(ConcatV2, &[&x[0], &x[1], &x[2]])]
        })
        .expecting([array![[1.0, 2.0, 7.0], [3.0, 4.0, 8.0]]]),
        Case::fed("strings", [array!["a"], array!["b", "c"]], |tf, x| vec![tf.concat(x, 0)])
            .expecting([array!["a", "b", "c"]]),
        Case::fed("part of a shape", [a()], |tf, x| {
            let shape = x[0].shape_tensor();
            vec![x[0].reshape(tf.concat(&[shape.at(..1), tf.constant(array![2, 1])], 0))]
        }),
    ]
}

pub(in crate::ops) fn concat_cases() -> Vec<Case> {
    vec![
        Case::fed("columns", [array![[1.0], [2.0]], array![[3.0], [4.0]]], |tf, x| {
            vec![tf.add(Concat, &[&tf.constant(1), &x[0], &x[1]])]
        })
        .expecting([array![[1.0, 3.0], [2.0, 4.0]]]),
        Case::fed("strings", [array!["a"], array!["b"]], |tf, x| {
            vec![tf.add(Concat, &[&tf.constant(0), &x[0], &x[1]])]
        })
        .expecting([array!["a", "b"]]),
    ]
}

pub(in crate::ops) fn concat_offset_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let offsets = tf.add_op(ConcatOffset, &[&x[0], &x[1], &x[2]], None);
        vec![offsets.output(0), offsets.output(1)]
    };
    vec![
        Case::fed("along columns", [1.into(), array![2, 3], array![2, 5]], build)
            .expecting([array![0, 0], array![0, 3]]),
        Case::fed("from the end", [(-2).into(), array![2, 3], array![4, 3]], build)
            .expecting([array![0, 0], array![2, 0]]),
    ]
}

pub(in crate::ops) fn pack_cases() -> Vec<Case> {
    let (a, b) = (|| array![[1.0, 2.0]], || array![[3.0, 4.0]]);
    vec![
        Case::fed("in front", [a(), b()], |tf, x| vec![tf.stack(x, 0)])
            .expecting([array![[[1.0, 2.0]], [[3.0, 4.0]]]]),
        Case::fed("at the end", [a(), b()], |tf, x| vec![tf.stack(x, -1)])
            .expecting([array![[[1.0, 3.0], [2.0, 4.0]]]]),
        Case::fed("one", [a()], |tf, x| vec![tf.stack(x, 1)]),
        Case::fed("scalars", [Array::scalar(1i64), as_type(2.into(), DType::Int64)], |tf, x| {
            vec![tf.stack(x, 0)]
        })
        .expecting([as_type(array![1, 2], DType::Int64)]),
        Case::fed("strings", [array!["a", "b"], array!["c", "d"]], |tf, x| vec![tf.stack(x, 1)])
            .expecting([array![["a", "c"], ["b", "d"]]]),
        Case::fed("part of a shape", [a()], |tf, x| {
            let rows = x[0].shape_tensor().at(0);
            vec![x[0].reshape(tf.stack(&[tf.constant(2), rows], 0))]
        }),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn refusal(build: impl Fn(&Graph) -> Tensor) -> String {
        let tf = Graph::new();
        build(&tf);
        tf.check().unwrap_err().message().to_string()
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let x = || array![[1.0, 2.0]];
        let beside = refusal(|tf| tf.concat(&[tf.constant(x()), tf.constant(array![[1.0]])], 0));
        assert_eq!(beside, "shapes [?, 2] and [1, 1] differ beside axis 0");
        let ranks = refusal(|tf| tf.concat(&[tf.constant(x()), tf.constant(array![1.0])], 0));
        assert_eq!(ranks, "it joins tensors of 2 axes and one has shape [1]");
        let types = refusal(|tf| tf.stack(&[tf.constant(1.0), tf.constant(1)], 0));
        assert_eq!(types, "it joins tensors of one type and got float32 and int32");
        assert!(
            refusal(|tf| tf.concat(&[tf.constant(x()), tf.constant(x())], 2))
                .contains("axis 2 is outside [-2, 2)")
        );
        assert!(refusal(|tf| tf.concat(&[tf.constant(1.0), tf.constant(2.0)], 0)).contains("stack them"));
        let none: [Tensor; 0] = [];
        assert!(refusal(|tf| tf.stack(&none, 0)).contains("nothing to be joined"));
    }
}
