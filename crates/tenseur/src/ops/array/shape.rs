//! What a shape is made of, as integers: Shape, ShapeN, Rank and Size.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::{vector_of, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape as KnownShape};

/// Why no gradient goes through any of them.
const CONSTANT: &str = "a shape does not change when the elements do";

/// The sizes of x along each axis, as integers.
#[derive(Clone, Debug)]
pub struct Shape {
    /// int32 or int64.
    pub out_type: DType,
}

impl Op for Shape {
    fn name(&self) -> &'static str {
        "Shape"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Shape, Reason> {
        Ok(Shape { out_type: out_type(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(shape_fact(self.out_type, &x.shape)?.one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(CONSTANT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let shape = known_shape(node.inputs[0])?;
        Ok(Lowered::values([vector_of(self.out_type, &shape)?]))
    }
}

/// The shapes of several tensors.
#[derive(Clone, Debug)]
pub struct ShapeN {
    /// int32 or int64.
    pub out_type: DType,
}

impl Op for ShapeN {
    fn name(&self) -> &'static str {
        "ShapeN"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = Attrs::new().with("N", node.inputs.len() as i64).with("T", node.inputs[0].dtype);
        types.with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ShapeN, Reason> {
        Ok(ShapeN { out_type: out_type(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs {
            [] => Err("it takes at least one input".into()),
            _ => inputs.iter().map(|x| shape_fact(self.out_type, &x.shape)).collect(),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(CONSTANT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let shapes = node.inputs.iter().map(|x| vector_of(self.out_type, &known_shape(x)?));
        Ok(Lowered::values(shapes.collect::<Result<Vec<_>, _>>()?))
    }
}

/// How many elements x has.
#[derive(Clone, Debug)]
pub struct Size {
    /// int32 or int64.
    pub out_type: DType,
}

impl Op for Size {
    fn name(&self) -> &'static str {
        "Size"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Size, Reason> {
        Ok(Size { out_type: out_type(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(match x.shape.known() {
            Some(shape) => Fact::constant(self.count(&shape)?).one(),
            None => Fact::new(self.out_type, PartialShape::scalar()).one(),
        })
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(CONSTANT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::values([self.count(&known_shape(node.inputs[0])?)?]))
    }
}

impl Size {
    fn count(&self, shape: &KnownShape) -> Result<Array, Reason> {
        Ok(vector_of(self.out_type, &[shape.elements()])?.reshape([])?)
    }
}

/// How many axes x has.
#[derive(Clone, Debug)]
pub struct Rank;

impl Op for Rank {
    fn name(&self) -> &'static str {
        "Rank"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Rank, Reason> {
        Ok(Rank)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(match x.shape.rank() {
            Some(rank) => Fact::constant(Array::scalar(rank as i32)).one(),
            None => Fact::new(DType::Int32, PartialShape::scalar()).one(),
        })
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(CONSTANT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::values([Array::scalar(known_shape(node.inputs[0])?.rank() as i32)]))
    }
}

/// The attribute "out_type".
fn out_type(attrs: &Attrs) -> Result<DType, Reason> {
    match attrs.optional("out_type", DType::Int32)? {
        out_type @ (DType::Int32 | DType::Int64) => Ok(out_type),
        other => Err(format!("attribute \"out_type\" should be int32 or int64 and is {other}").into()),
    }
}

/// What is known of a vector of the sizes of `shape`.
fn shape_fact(out_type: DType, shape: &PartialShape) -> Result<Fact, Reason> {
    if let Some(shape) = shape.known() {
        return Ok(Fact::constant(vector_of(out_type, &shape)?));
    }
    let rank = [shape.rank()].into_iter().collect::<PartialShape>();
    let elements = shape.sizes().map(|sizes| sizes.iter().map(|size| size.map(|size| size as i64)).collect());
    Ok(Fact { elements, ..Fact::new(out_type, rank) })
}

impl Tensor {
    /// The sizes along each axis, as a tensor of int32 (`tf.shape`). Sizes that are known are constants while the graph
    /// is built; for what is known of them in the program see [`shape`](Tensor::shape).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(3)], "x");
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&x.shape_tensor(), feeds![x => array![[1.0, 2.0, 3.0]]])?, array![1, 3]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn shape_tensor(&self) -> Tensor {
        self.graph().add(Shape { out_type: DType::Int32 }, &[self])
    }

    /// How many elements there are, as a tensor of int32 (`tf.size`).
    #[track_caller]
    pub fn size_tensor(&self) -> Tensor {
        self.graph().add(Size { out_type: DType::Int32 }, &[self])
    }

    /// How many axes there are, as a tensor of int32 (`tf.rank`).
    #[track_caller]
    pub fn rank_tensor(&self) -> Tensor {
        self.graph().add(Rank, &[self])
    }
}

impl crate::Graph {
    /// The shapes of several tensors, from one node.
    #[track_caller]
    pub fn shape_n(&self, tensors: &[impl AsRef<Tensor>]) -> Vec<Tensor> {
        let inputs: Vec<&Tensor> = tensors.iter().map(AsRef::as_ref).collect();
        let node = self.add_op(ShapeN { out_type: DType::Int32 }, &inputs, None);
        (0..inputs.len()).map(|output| node.output(output)).collect()
    }
}

pub(in crate::ops) fn shape_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, 2.0]]], |_, x| vec![x[0].shape_tensor()]).expecting([array![1, 2]]),
        Case::fed("scalar", [Array::scalar(1.0f32)], |_, x| vec![x[0].shape_tensor()])
            .expecting([Array::from_literal([0; 0])]),
        Case::fed("int64 of strings", [array![["a"], ["b"]]], |tf, x| {
            vec![tf.add(Shape { out_type: DType::Int64 }, &[&x[0]])]
        })
        .expecting([as_type(array![2, 1], DType::Int64)]),
    ]
}

pub(in crate::ops) fn shape_n_cases() -> Vec<Case> {
    vec![
        Case::fed("two", [array![[1.0, 2.0]], array![1.0]], |tf, x| tf.shape_n(x))
            .expecting([array![1, 2], array![1]]),
    ]
}

pub(in crate::ops) fn size_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, 2.0]]], |_, x| vec![x[0].size_tensor()]).expecting([2.into()]),
        Case::fed("scalar", [array!["a"]], |_, x| vec![x[0].size_tensor()]).expecting([1.into()]),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].size_tensor()])
            .expecting([0.into()]),
    ]
}

pub(in crate::ops) fn rank_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, 2.0]]], |_, x| vec![x[0].rank_tensor()]).expecting([2.into()]),
        Case::fed("scalar", [Array::scalar(true)], |_, x| vec![x[0].rank_tensor()]).expecting([0.into()]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn sizes_known_while_building_are_constants() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(784)], "x");
        let width = x.shape_tensor().at(1);
        assert_eq!(width.fact().unwrap().value, Some(784.into()));
        let batch = x.shape_tensor().at(0);
        let y = tf.placeholder::<f32>([None], "y");
        let y =
            y.reshape([crate::graph::Operand::from(&batch), 28.into(), crate::graph::Operand::from(&width)]);
        assert_eq!(y.shape().to_string(), "[?, 28, 784]");
    }
}
