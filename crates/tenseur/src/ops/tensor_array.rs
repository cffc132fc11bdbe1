//! TensorFlow 1's tensor arrays: what loops read and write, element by element.
//!
//! A tensor array lives as long as a run. Its handle says which it is; `flow`, a number without meaning, orders what is
//! done with it.

use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, Object, TensorArray, Value};
use crate::ops::held::{Before, Held, Holding, Renamed};
use crate::ops::{Attrs, Backward, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

fn handle() -> Fact {
    Fact::new(DType::Resource, PartialShape::scalar())
}

fn flow() -> Fact {
    Fact::new(DType::Float32, PartialShape::scalar())
}

pub(super) fn text(error: crate::Error) -> Reason {
    Reason::new(error.code(), error.message())
}

/// The one whole number of an input.
pub(super) fn whole(value: &Value) -> Result<i64, Reason> {
    let numbers = value.array()?.to_i64().map_err(text)?;
    numbers.first().copied().ok_or_else(|| "it takes a number here and got an empty array".into())
}

/// Makes a tensor array of a size, input 0; outputs are its handle and flow.
#[derive(Clone, Debug)]
pub struct TensorArrayV3 {
    /// The type of its elements.
    pub dtype: DType,
    /// What is known of their shape.
    pub element_shape: PartialShape,
    /// Whether a write beyond its end makes it longer.
    pub dynamic_size: bool,
    /// TensorFlow's way of saving memory; kept.
    pub clear_after_read: bool,
    /// Whether all elements must have one shape.
    pub identical_element_shapes: bool,
    /// TensorFlow's name of it; kept.
    pub tensor_array_name: String,
}

impl Holding for TensorArrayV3 {
    const NAME: &'static str = "TensorArrayV3";
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("clear_after_read", self.clear_after_read)
            .with("dtype", self.dtype)
            .with("dynamic_size", self.dynamic_size)
            .with("element_shape", self.element_shape.clone())
            .with("identical_element_shapes", self.identical_element_shapes)
            .with("tensor_array_name", self.tensor_array_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<TensorArrayV3, Reason> {
        Ok(TensorArrayV3 {
            dtype: attrs.require("dtype")?,
            element_shape: attrs.optional("element_shape", PartialShape::unknown())?,
            dynamic_size: attrs.optional("dynamic_size", false)?,
            clear_after_read: attrs.optional("clear_after_read", true)?,
            identical_element_shapes: attrs.optional("identical_element_shapes", false)?,
            tensor_array_name: attrs.optional("tensor_array_name", String::new())?,
        })
    }

    fn outputs(&self) -> Facts {
        [handle(), flow()].into_iter().collect()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a size is not differentiable")
    }

    fn lower(&self) -> Lowered {
        let made = TensorArray {
            dtype: self.dtype,
            shape: self.element_shape.clone(),
            elements: Vec::new(),
            dynamic: self.dynamic_size,
            identical: self.identical_element_shapes,
            sums: false,
            gradients: Vec::new(),
        };
        Lowered::objects(1, move |objects, inputs| {
            let size = whole(&inputs[0])?;
            let size = usize::try_from(size).map_err(|_| format!("its size is {size}"))?;
            if size > MOST {
                let why = format!("a tensor array of {size} elements is more than {MOST}");
                return Err(Reason::new(Code::ResourceExhausted, why));
            }
            let array = TensorArray { elements: vec![None; size], ..made.clone() };
            let number = objects.keep(Object::TensorArray(array));
            Ok(vec![Value::Object(number), Value::Array(Array::scalar(0.0f32))])
        })
    }
}

/// The gradient of a tensor array, in the order that `flow` says: its handle and flow. All of one differentiation share
/// it, so that what comes from several readings of an element adds up.
#[track_caller]
fn gradient_of(handle: &Tensor, flow: &Tensor) -> (Tensor, Tensor) {
    let source = handle.graph().differentiation();
    let gradient = handle.graph().add_op(Held(TensorArrayGradV3 { source }), &[handle, flow], None);
    (gradient.output(0), gradient.output(1))
}

/// A name for a differentiation that no earlier one in this graph has, which may be from a file: else they would share gradients,
/// and each would find in them what the other has added.
pub(crate) fn free_source(graph: &Graph) -> String {
    let name = graph.differentiation();
    let contents = graph.read();
    let taken: Vec<&str> = contents.nodes.iter().filter_map(|node| source_of(&*node.op)).collect();
    let numbered = (1..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !taken.contains(&name.as_str())).unwrap_or(name)
}

/// The source of a tensor array's gradient, by any name that the op had.
fn source_of(op: &dyn Op) -> Option<&str> {
    let now = op.downcast::<Held<TensorArrayGradV3>>().map(|held| &held.0);
    let second = || op.downcast::<Held<Before<TensorArrayGradV3, 1>>>().map(|held| &held.0.0);
    let first = || op.downcast::<Held<Before<TensorArrayGradV3, 0>>>().map(|held| &held.0.0);
    now.or_else(second).or_else(first).map(|gradient| gradient.source.as_str())
}

/// The gradient's flow, once the node itself has written: only then do elements of the gradient have their shapes. (What
/// nobody reads of a tensor array would not be written otherwise, and its gradient is zeros all the same.)
#[track_caller]
fn after_writing(node: &Backward<'_>, dflow: &Tensor) -> Tensor {
    dflow + node.y(0)
}

/// The element at `index` of the gradient of a tensor array into which `like` was written.
#[track_caller]
fn taken(like: &Tensor, gradients: &Tensor, index: &Tensor, flow: &Tensor) -> Tensor {
    let read = TensorArrayReadV3 { dtype: like.dtype_or(DType::Float32) };
    like.graph().add(Held(read), &[gradients, index, flow])
}

/// The most elements of a tensor array, or of a list.
pub(super) const MOST: usize = 1 << 26;

/// The gradient of a tensor array: another of its size, whose elements are sums. Inputs are handle and flow.
#[derive(Clone, Debug)]
pub struct TensorArrayGradV3 {
    /// What is differentiated: each has gradients of its own.
    pub source: String,
}

impl Holding for TensorArrayGradV3 {
    const NAME: &'static str = "TensorArrayGradV3";
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("source", self.source.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<TensorArrayGradV3, Reason> {
        Ok(TensorArrayGradV3 { source: attrs.require("source")? })
    }

    fn outputs(&self) -> Facts {
        [handle(), flow()].into_iter().collect()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| vec![None, node.dy(1).cloned()]))
    }

    fn lower(&self) -> Lowered {
        let source = self.source.clone();
        Lowered::objects(2, move |objects, inputs| {
            let number = inputs[0].object()?;
            let array = objects.tensor_array(number)?;
            let known = array.gradients.iter().find(|(name, _)| *name == source).map(|(_, number)| *number);
            let gradient = match known {
                Some(gradient) => gradient,
                None => {
                    // Elements that were written have gradients of their shape, 0 to begin with.
                    let elements = array.elements.iter().map(|element| {
                        element.as_ref().map(|x| Array::zeros(x.dtype(), x.shape().clone())).transpose()
                    });
                    let gradient = TensorArray {
                        elements: elements.collect::<Result<_, _>>().map_err(text)?,
                        sums: true,
                        dynamic: false,
                        gradients: Vec::new(),
                        ..array.clone()
                    };
                    let gradient = objects.keep(Object::TensorArray(gradient));
                    objects.tensor_array(number)?.gradients.push((source.clone(), gradient));
                    gradient
                }
            };
            Ok(vec![Value::Object(gradient), Value::Array(Array::scalar(0.0f32))])
        })
    }
}

/// Writes an element: inputs are handle, index, value and flow; the output is the flow.
#[derive(Clone, Debug)]
pub struct TensorArrayWriteV3;

/// Puts `value` at `index`.
fn write(array: &mut TensorArray, index: i64, value: Array) -> Result<(), Reason> {
    if value.dtype() != array.dtype {
        return Err(format!("its elements are of {} and the value of {}", array.dtype, value.dtype()).into());
    }
    if !array.shape.accepts(value.shape()) {
        return Err(format!("its elements have shape {} and the value {}", array.shape, value.shape()).into());
    }
    let size = array.elements.len();
    let at = usize::try_from(index).map_err(|_| format!("it writes element {index}"))?;
    if at >= size {
        if !array.dynamic || at >= MOST {
            return Err(format!("it writes element {index} of {size}").into());
        }
        array.elements.resize(at + 1, None);
    }
    if array.identical {
        let shape = PartialShape::from(value.shape());
        array.shape = array.shape.merge(&shape).unwrap_or(shape);
    }
    let sum = match array.elements[at].take() {
        None => value,
        Some(before) if array.sums => added(&before, &value)?,
        Some(_) => return Err(format!("element {index} has been written already").into()),
    };
    array.elements[at] = Some(sum);
    Ok(())
}

/// The sum of two arrays of floats of one shape.
pub(super) fn added(x: &Array, y: &Array) -> Result<Array, Reason> {
    let facts = [Fact::new(x.dtype(), x.shape()), Fact::new(y.dtype(), y.shape())];
    let op = crate::ops::math::AddN;
    let inputs = [&facts[0], &facts[1]];
    let outputs = op.infer(&inputs)?;
    let mut sums = crate::run::compute(&op, &inputs, &outputs, &[x.clone(), y.clone()])?;
    sums.pop().ok_or_else(|| "there is no sum".into())
}

/// The element at `index`.
fn read(array: &TensorArray, index: i64) -> Result<Array, Reason> {
    let size = array.elements.len();
    let at = usize::try_from(index).ok().filter(|&at| at < size);
    let at = at.ok_or_else(|| format!("it reads element {index} of {size}"))?;
    match (&array.elements[at], array.shape.known()) {
        (Some(element), _) => Ok(element.clone()),
        // Of what was never written TensorFlow gives zeros, if it knows their shape.
        (None, Some(shape)) => Array::zeros(array.dtype, shape).map_err(text),
        (None, None) => Err(format!("element {index} is read and has not been written").into()),
    }
}

impl Holding for TensorArrayWriteV3 {
    const NAME: &'static str = "TensorArrayWriteV3";
    const INPUTS: usize = 4;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(TensorArrayWriteV3)
    }

    fn outputs(&self) -> Facts {
        flow().one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dflow| {
            let (gradients, flow) = gradient_of(node.x(0), &after_writing(node, dflow));
            [None, None, Some(taken(node.x(2), &gradients, node.x(1), &flow)), Some(dflow.clone())]
        })
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(4, |objects, inputs| {
            let array = objects.tensor_array(inputs[0].object()?)?;
            write(array, whole(&inputs[1])?, inputs[2].array()?.clone())?;
            Ok(vec![Value::Array(Array::scalar(0.0f32))])
        })
    }
}

/// Reads an element: inputs are handle, index and flow.
#[derive(Clone, Debug)]
pub struct TensorArrayReadV3 {
    /// The type of the elements.
    pub dtype: DType,
}

impl Holding for TensorArrayReadV3 {
    const NAME: &'static str = "TensorArrayReadV3";
    const INPUTS: usize = 3;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(TensorArrayReadV3 { dtype: attrs.require("dtype")? })
    }

    fn outputs(&self) -> Facts {
        Fact::new(self.dtype, PartialShape::unknown()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (gradients, flow) = gradient_of(node.x(0), node.x(2));
            [None, None, Some(dy.graph().add(Held(TensorArrayWriteV3), &[&gradients, node.x(1), dy, &flow]))]
        })
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(3, |objects, inputs| {
            let array = objects.tensor_array(inputs[0].object()?)?;
            Ok(vec![Value::Array(read(array, whole(&inputs[1])?)?)])
        })
    }
}

/// Elements of a tensor array behind each other along a new first axis: inputs are handle, indices and flow.
#[derive(Clone, Debug)]
pub struct TensorArrayGatherV3 {
    /// The type of the elements.
    pub dtype: DType,
    /// What is known of their shape.
    pub element_shape: PartialShape,
}

/// Arrays of one shape behind each other along a new first axis.
pub(super) fn stacked(dtype: DType, shape: &PartialShape, parts: &[Array]) -> Result<Array, Reason> {
    let element = match parts.first() {
        Some(first) => first.shape().clone(),
        // Of no elements only the shape that is known in advance tells what they would be.
        None => shape.known().ok_or_else(|| {
            let text = format!("there are no elements, and their shape {shape} is not known well enough");
            Reason::new(Code::Unimplemented, text)
        })?,
    };
    if let Some(other) = parts.iter().find(|part| *part.shape() != element) {
        return Err(format!("its elements have different shapes, {element} and {}", other.shape()).into());
    }
    let sizes: Shape = std::iter::once(parts.len()).chain(element.iter().copied()).collect();
    if dtype == DType::String {
        let all = parts.iter().map(|part| part.as_strings().map_err(text)).collect::<Result<Vec<_>, _>>()?;
        return Array::strings(sizes, all.concat()).map_err(text);
    }
    let bytes = parts.iter().map(|part| part.bytes().map_err(text)).collect::<Result<Vec<_>, _>>()?;
    Array::from_bytes(dtype, sizes, &bytes.concat()).map_err(text)
}

/// Whether each of these has a shape that was said of all.
pub(super) fn must_be(shape: &PartialShape, elements: &[Array]) -> Result<(), Reason> {
    match elements.iter().find(|element| !shape.accepts(element.shape())) {
        Some(other) => {
            Err(format!("elements are said to have shape {shape}, and one has {}", other.shape()).into())
        }
        None => Ok(()),
    }
}

/// The rows of an array, each without its first axis, behind those that there are already.
pub(super) fn unstack_onto(rows: &mut Vec<Array>, x: &Array) -> Result<(), Reason> {
    let &count = x.shape().first().ok_or("a scalar has no rows")?;
    // Rows without elements may be more than anything holds.
    if count > MOST - rows.len().min(MOST) {
        let why = format!("{count} more rows are more than the {MOST} elements that a list has");
        return Err(Reason::new(Code::ResourceExhausted, why));
    }
    rows.extend(slices(x, &vec![1; count], true)?);
    Ok(())
}

/// The slices of an array along its first axis, `sizes` long each; each loses the axis if `drop_axis`.
pub(super) fn slices(x: &Array, lengths: &[usize], drop_axis: bool) -> Result<Vec<Array>, Reason> {
    let (&length, rest) = x.shape().split_first().ok_or("it takes an array with at least one axis")?;
    if lengths.iter().try_fold(0usize, |sum, &part| sum.checked_add(part)) != Some(length) {
        return Err(format!("the lengths {lengths:?} do not add up to the {length} rows there are").into());
    }
    let row: usize = rest.iter().product();
    let mut parts = crate::value::room(lengths.len())?;
    let mut start = 0;
    for &count in lengths {
        let shape: Shape = match drop_axis {
            true => rest.iter().copied().collect(),
            false => std::iter::once(count).chain(rest.iter().copied()).collect(),
        };
        let range = start * row..(start + count) * row;
        parts.push(match x.dtype() {
            DType::String => Array::strings(shape, x.as_strings().map_err(text)?[range].to_vec()),
            dtype => {
                let size = dtype.size().unwrap_or(1);
                let bytes = &x.bytes().map_err(text)?[range.start * size..range.end * size];
                Array::from_bytes(dtype, shape, bytes)
            }
        });
        start += count;
    }
    parts.into_iter().collect::<Result<_, _>>().map_err(text)
}

impl Holding for TensorArrayGatherV3 {
    const NAME: &'static str = "TensorArrayGatherV3";
    const INPUTS: usize = 3;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype).with("element_shape", self.element_shape.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let element_shape = attrs.optional("element_shape", PartialShape::unknown())?;
        Ok(TensorArrayGatherV3 { dtype: attrs.require("dtype")?, element_shape })
    }

    fn outputs(&self) -> Facts {
        Fact::new(self.dtype, rows_of(&self.element_shape)).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (gradients, flow) = gradient_of(node.x(0), node.x(2));
            [
                None,
                None,
                Some(dy.graph().add(Held(TensorArrayScatterV3), &[&gradients, node.x(1), dy, &flow])),
            ]
        })
    }

    fn lower(&self) -> Lowered {
        let shape = self.element_shape.clone();
        Lowered::objects(3, move |objects, inputs| {
            let array = objects.tensor_array(inputs[0].object()?)?;
            let indices = inputs[1].array()?.to_i64().map_err(text)?;
            let parts: Vec<Array> = indices.iter().map(|&at| read(array, at)).collect::<Result<_, _>>()?;
            must_be(&shape, &parts)?;
            let shape = array.shape.merge(&shape).unwrap_or_else(|| shape.clone());
            Ok(vec![Value::Array(stacked(array.dtype, &shape, &parts)?)])
        })
    }
}

/// The shape of elements of this shape, stacked.
fn rows_of(element: &PartialShape) -> PartialShape {
    match element.sizes() {
        Some(sizes) => std::iter::once(None).chain(sizes.iter().copied()).collect(),
        None => PartialShape::unknown(),
    }
}

/// Writes the slices of a value along its first axis: inputs are handle, indices, value and flow.
#[derive(Clone, Debug)]
pub struct TensorArrayScatterV3;

impl Holding for TensorArrayScatterV3 {
    const NAME: &'static str = "TensorArrayScatterV3";
    const INPUTS: usize = 4;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(TensorArrayScatterV3)
    }

    fn outputs(&self) -> Facts {
        flow().one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dflow| {
            let (gradients, flow) = gradient_of(node.x(0), &after_writing(node, dflow));
            let dtype = node.x(2).dtype_or(DType::Float32);
            let gather = TensorArrayGatherV3 { dtype, element_shape: PartialShape::unknown() };
            let rows = dflow.graph().add(Held(gather), &[&gradients, node.x(1), &flow]);
            [None, None, Some(rows), Some(dflow.clone())]
        })
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(4, |objects, inputs| {
            let indices = inputs[1].array()?.to_i64().map_err(text)?;
            let parts = slices(inputs[2].array()?, &vec![1; indices.len()], true)?;
            let array = objects.tensor_array(inputs[0].object()?)?;
            for (&index, part) in indices.iter().zip(parts) {
                write(array, index, part)?;
            }
            Ok(vec![Value::Array(Array::scalar(0.0f32))])
        })
    }
}

/// All elements behind each other along their first axis, and the length of each: inputs are handle and flow.
#[derive(Clone, Debug)]
pub struct TensorArrayConcatV3 {
    /// The type of the elements.
    pub dtype: DType,
    /// What is known of their shapes but for the first axis.
    pub element_shape_except0: PartialShape,
}

impl Holding for TensorArrayConcatV3 {
    const NAME: &'static str = "TensorArrayConcatV3";
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("dtype", self.dtype)
            .with("element_shape_except0", self.element_shape_except0.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let shape = attrs.optional("element_shape_except0", PartialShape::unknown())?;
        Ok(TensorArrayConcatV3 { dtype: attrs.require("dtype")?, element_shape_except0: shape })
    }

    fn outputs(&self) -> Facts {
        let lengths = Fact::new(DType::Int64, PartialShape::of_rank(1));
        [Fact::new(self.dtype, rows_of(&self.element_shape_except0)), lengths].into_iter().collect()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (gradients, flow) = gradient_of(node.x(0), node.x(1));
            [None, Some(dy.graph().add(Held(TensorArraySplitV3), &[&gradients, dy, node.y(1), &flow]))]
        })
    }

    fn lower(&self) -> Lowered {
        let except0 = self.element_shape_except0.clone();
        Lowered::objects(2, move |objects, inputs| {
            let array = objects.tensor_array(inputs[0].object()?)?;
            let count = array.elements.len() as i64;
            let parts: Vec<Array> = (0..count).map(|at| read(array, at)).collect::<Result<_, _>>()?;
            let mut lengths = Vec::new();
            let mut rows = Vec::new();
            for part in &parts {
                let length = *part.shape().first().ok_or("its elements have no axis to be joined along")?;
                lengths.push(length as i64);
                unstack_onto(&mut rows, part)?;
            }
            let joined = stacked(array.dtype, &except0, &rows)?;
            let lengths = Array::new([lengths.len()], lengths).map_err(text)?;
            Ok(vec![Value::Array(joined), Value::Array(lengths)])
        })
    }
}

/// Writes pieces of a value along its first axis, of these lengths: inputs are handle, value, lengths and flow.
#[derive(Clone, Debug)]
pub struct TensorArraySplitV3;

impl Holding for TensorArraySplitV3 {
    const NAME: &'static str = "TensorArraySplitV3";
    const INPUTS: usize = 4;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(TensorArraySplitV3)
    }

    fn outputs(&self) -> Facts {
        flow().one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dflow| {
            let (gradients, flow) = gradient_of(node.x(0), &after_writing(node, dflow));
            let dtype = node.x(1).dtype_or(DType::Float32);
            let concat = TensorArrayConcatV3 { dtype, element_shape_except0: PartialShape::unknown() };
            let joined = dflow.graph().add(Held(concat), &[&gradients, &flow]);
            [None, Some(joined), None, Some(dflow.clone())]
        })
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(4, |objects, inputs| {
            let lengths = inputs[2].array()?.to_i64().map_err(text)?;
            let lengths: Vec<usize> = lengths
                .iter()
                .map(|&length| usize::try_from(length).map_err(|_| format!("a length is {length}").into()))
                .collect::<Result<_, Reason>>()?;
            let parts = slices(inputs[1].array()?, &lengths, false)?;
            let array = objects.tensor_array(inputs[0].object()?)?;
            if array.elements.len() != parts.len() && !array.dynamic {
                let size = array.elements.len();
                return Err(format!("it splits into {} pieces, and the array has {size}", parts.len()).into());
            }
            for (index, part) in parts.into_iter().enumerate() {
                write(array, index as i64, part)?;
            }
            Ok(vec![Value::Array(Array::scalar(0.0f32))])
        })
    }
}

/// How many elements there are: inputs are handle and flow.
#[derive(Clone, Debug)]
pub struct TensorArraySizeV3;

impl Holding for TensorArraySizeV3 {
    const NAME: &'static str = "TensorArraySizeV3";
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(TensorArraySizeV3)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Int32, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a size is not differentiable")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(2, |objects, inputs| {
            let size = objects.tensor_array(inputs[0].object()?)?.elements.len();
            Ok(vec![Value::Array(Array::scalar(size as i32))])
        })
    }
}

/// Forgets the elements: the input is the handle.
#[derive(Clone, Debug)]
pub struct TensorArrayCloseV3;

impl Holding for TensorArrayCloseV3 {
    const NAME: &'static str = "TensorArrayCloseV3";
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(TensorArrayCloseV3)
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |objects, inputs| {
            objects.tensor_array(inputs[0].object()?)?.elements.clear();
            Ok(Vec::new())
        })
    }
}

// The names that they had before.
impl Renamed for TensorArrayV3 {
    const BEFORE: [&'static str; 2] = ["TensorArray", "TensorArrayV2"];
}

impl Renamed for TensorArrayGradV3 {
    const BEFORE: [&'static str; 2] = ["TensorArrayGrad", "TensorArrayGradV2"];
}

impl Renamed for TensorArrayWriteV3 {
    const BEFORE: [&'static str; 2] = ["TensorArrayWrite", "TensorArrayWriteV2"];
}

impl Renamed for TensorArrayReadV3 {
    const BEFORE: [&'static str; 2] = ["TensorArrayRead", "TensorArrayReadV2"];
}

impl Renamed for TensorArrayGatherV3 {
    const BEFORE: [&'static str; 2] = ["TensorArrayGather", "TensorArrayGatherV2"];
}

impl Renamed for TensorArrayScatterV3 {
    const BEFORE: [&'static str; 2] = ["TensorArrayScatter", "TensorArrayScatterV2"];
}

impl Renamed for TensorArrayConcatV3 {
    const BEFORE: [&'static str; 2] = ["TensorArrayConcat", "TensorArrayConcatV2"];
}

impl Renamed for TensorArraySplitV3 {
    const BEFORE: [&'static str; 2] = ["TensorArraySplit", "TensorArraySplitV2"];
}

impl Renamed for TensorArraySizeV3 {
    const BEFORE: [&'static str; 2] = ["TensorArraySize", "TensorArraySizeV2"];
}

impl Renamed for TensorArrayCloseV3 {
    const BEFORE: [&'static str; 2] = ["TensorArrayClose", "TensorArrayCloseV2"];
}

/// Rows of a matrix written into a tensor array one way and taken out another.
pub(super) fn cases() -> Vec<Case> {
    let made = |tf: &crate::Graph, size: i32| {
        let op = TensorArrayV3 {
            dtype: DType::Float32,
            element_shape: PartialShape::unknown(),
            dynamic_size: true,
            clear_after_read: false,
            identical_element_shapes: false,
            tensor_array_name: String::new(),
        };
        let array = tf.add_op(Held(op), &[&tf.constant(size)], None);
        (array.output(0), array.output(1))
    };
    let rows = crate::array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let scattered = move |tf: &crate::Graph, x: &[Tensor]| {
        let (handle, flow) = made(tf, 3);
        let order = tf.constant(crate::array![2, 0, 1]);
        let flow = tf.add(Held(TensorArrayScatterV3), &[&handle, &order, &x[0], &flow]);
        let read = TensorArrayReadV3 { dtype: DType::Float32 };
        let second = tf.add(Held(read), &[&handle, &tf.constant(0), &flow]);
        let gather = TensorArrayGatherV3 { dtype: DType::Float32, element_shape: PartialShape::of_rank(1) };
        let all = tf.add(Held(gather), &[&handle, &tf.constant(crate::array![0, 1, 2]), &flow]);
        let size = tf.add(Held(TensorArraySizeV3), &[&handle, &flow]);
        vec![second, all, size]
    };
    let split = move |tf: &crate::Graph, x: &[Tensor]| {
        let (handle, flow) = made(tf, 2);
        let lengths = tf.constant(crate::array![1, 2]).cast::<i64>();
        let flow = tf.add(Held(TensorArraySplitV3), &[&handle, &x[0], &lengths, &flow]);
        let extra = x[0].slice([0, 0], [1, 2]);
        let flow = tf.add(Held(TensorArrayWriteV3), &[&handle, &tf.constant(2), &extra, &flow]);
        let concat =
            TensorArrayConcatV3 { dtype: DType::Float32, element_shape_except0: PartialShape::unknown() };
        let all = tf.add_op(Held(concat), &[&handle, &flow], None);
        let after = tf.control_dependencies([&all]);
        let close = tf.add_op(Held(TensorArrayCloseV3), &[&handle], None);
        drop(after);
        let _closed = tf.control_dependencies([&close]);
        vec![all.output(0) * 1.0, all.output(1)]
    };
    let summed = move |tf: &crate::Graph, x: &[Tensor]| {
        let (handle, flow) = made(tf, 1);
        let zero = tf.constant(0);
        let flow = tf.add(Held(TensorArrayWriteV3), &[&handle, &zero, &x[0], &flow]);
        let gradient =
            tf.add_op(Held(TensorArrayGradV3 { source: "g".to_string() }), &[&handle, &flow], None);
        let (handle, flow) = (gradient.output(0), gradient.output(1));
        let flow = tf.add(Held(TensorArrayWriteV3), &[&handle, &zero, &x[0], &flow]);
        let flow = tf.add(Held(TensorArrayWriteV3), &[&handle, &zero, &x[0], &flow]);
        let read = TensorArrayReadV3 { dtype: DType::Float32 };
        vec![tf.add(Held(read), &[&handle, &zero, &flow])]
    };
    vec![
        Case::fed("scattered and gathered", [rows.clone()], scattered),
        Case::fed("split and joined", [rows.clone()], split).at_kink(),
        Case::fed("its gradient adds up", [rows], summed).at_kink(),
    ]
}

/// Rows of a matrix written one by one, by the ops' former names.
pub(super) fn before_cases<const VERSION: usize>() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let op = TensorArrayV3 {
            dtype: DType::Float32,
            element_shape: PartialShape::unknown(),
            dynamic_size: false,
            clear_after_read: false,
            identical_element_shapes: false,
            tensor_array_name: String::new(),
        };
        let array = tf.add_op(Held(Before::<_, VERSION>(op)), &[&tf.constant(2)], None);
        let (handle, flow) = (array.output(0), array.output(1));
        let order = tf.constant(crate::array![1, 0]);
        let flow = tf.add(Held(Before::<_, VERSION>(TensorArrayScatterV3)), &[&handle, &order, &x[0], &flow]);
        let read = TensorArrayReadV3 { dtype: DType::Float32 };
        let first = tf.add(Held(Before::<_, VERSION>(read)), &[&handle, &tf.constant(0), &flow]);
        let gather = TensorArrayGatherV3 { dtype: DType::Float32, element_shape: PartialShape::unknown() };
        let both = tf.add(Held(Before::<_, VERSION>(gather)), &[&handle, &order, &flow]);
        let size = tf.add(Held(Before::<_, VERSION>(TensorArraySizeV3)), &[&handle, &flow]);
        let _after = tf.control_dependencies([&both.op(), &first.op(), &size.op()]);
        tf.add_op(Held(Before::<_, VERSION>(TensorArrayCloseV3)), &[&handle], None);
        vec![first * 1.0, both * 2.0, size]
    };
    vec![Case::fed("written and read", [crate::array![[1.0, 2.0], [3.0, 4.0]]], build)]
}
