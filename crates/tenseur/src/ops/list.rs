//! TensorFlow 2's lists and optional values, as its functional loops use them. They never change: what is pushed or set
//! makes another list, of the same memory where nobody has the first one any more, so that a long loop's pushes cost the
//! same each.

use std::sync::Arc;

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{List, Lowered, Value};
use crate::ops::held::{Held, Holding};
use crate::ops::list_items::{TensorListSetItem, TensorListStack};
use crate::ops::tensor_array::{MOST, added, must_be, slices, stacked, text, unstack_onto, whole};
use crate::ops::{Attrs, Grad, Signature};
use crate::value::{Array, DType, PartialShape};

pub(super) fn list() -> Facts {
    Fact::new(DType::Variant, PartialShape::scalar()).one()
}

/// What is known of an element.
pub(super) fn element_fact(dtype: DType) -> Facts {
    match dtype {
        DType::Variant => list(),
        _ => Fact::new(dtype, PartialShape::unknown()).one(),
    }
}

/// The shape that an input tells: sizes, where −1 is unknown; a scalar −1 says nothing.
pub(super) fn shape_of(value: &Value) -> Result<PartialShape, Reason> {
    let array = value.array()?;
    let sizes = array.to_i64().map_err(text)?;
    Ok(match array.shape().rank() {
        0 => PartialShape::unknown(),
        _ => sizes.iter().map(|&size| usize::try_from(size).ok()).collect(),
    })
}

pub(super) fn made(dtype: DType, shape: PartialShape, elements: Vec<Option<Value>>) -> Vec<Value> {
    vec![Value::List(Arc::new(List { dtype, shape, elements, most: None }))]
}

/// The list, to be changed: itself where nobody else has it, else a copy.
pub(super) fn own(list: &mut Arc<List>) -> &mut List {
    Arc::make_mut(list)
}

/// Whether a list may have such an element.
///
/// # Errors
/// When its elements have another shape or type.
pub(super) fn fits(list: &List, element: &Value) -> Result<(), Reason> {
    match element {
        Value::Array(array) if array.dtype() != list.dtype || !list.shape.accepts(array.shape()) => {
            Err(format!(
                "the list's elements are {} {}, and this one is {} {}",
                list.dtype,
                list.shape,
                array.dtype(),
                array.shape()
            )
            .into())
        }
        _ => Ok(()),
    }
}

/// The element, or zeros of the shape that elements have.
fn element(list: &List, at: i64, hint: &PartialShape) -> Result<Value, Reason> {
    let count = list.elements.len();
    let found = usize::try_from(at).ok().and_then(|at| list.elements.get(at));
    match found.ok_or_else(|| format!("it takes element {at} of {count}"))? {
        Some(value) => Ok(value.clone()),
        None => {
            let both = list.shape.merge(hint).unwrap_or_else(|| list.shape.clone());
            let shape = both.known().ok_or_else(|| format!("element {at} has not been set"))?;
            Ok(Value::Array(Array::zeros(list.dtype, shape).map_err(text)?))
        }
    }
}

/// Elements behind each other along a new first axis.
pub(super) fn stack(list: &List, numbers: &[i64], hint: PartialShape) -> Result<Vec<Value>, Reason> {
    let shape = list.shape.merge(&hint).unwrap_or(hint);
    let part = |&at: &i64| Ok(element(list, at, &shape)?.array()?.clone());
    let parts: Vec<Array> = numbers.iter().map(part).collect::<Result<_, Reason>>()?;
    // TensorFlow's kinds differ: of a tensor array it is Unimplemented.
    let all = stacked(list.dtype, &shape, &parts).map_err(|reason| Reason::from(reason.text))?;
    Ok(vec![Value::Array(all)])
}

/// Of a list, a list of zeros like its elements; of an array, zeros.
pub(crate) fn zeros_like(value: &Value) -> Result<Value, Reason> {
    match value {
        Value::List(list) => {
            let zeros = |element: &Option<Value>| element.as_ref().map(zeros_like).transpose();
            let elements = list.elements.iter().map(zeros).collect::<Result<_, Reason>>()?;
            let (dtype, shape, most) = (list.dtype, list.shape.clone(), list.most);
            Ok(Value::List(Arc::new(List { dtype, shape, elements, most })))
        }
        Value::Array(array) => {
            Ok(Value::Array(Array::zeros(array.dtype(), array.shape().clone()).map_err(text)?))
        }
        other => Ok(other.clone()),
    }
}

/// The sum of two arrays, or of two lists element by element; what has not been set counts as nothing.
pub(crate) fn sum(x: &Value, y: &Value) -> Result<Value, Reason> {
    let (x, y) = match (x, y) {
        (Value::List(x), Value::List(y)) => (x, y),
        (Value::Array(x), Value::Array(y)) if x.dtype().is_float() => {
            return Ok(Value::Array(added(x, y)?));
        }
        _ => return Ok(x.clone()),
    };
    if x.elements.len() != y.elements.len() {
        let (x, y) = (x.elements.len(), y.elements.len());
        return Err(format!("lists of {x} and {y} elements have no sum").into());
    }
    let both = |(x, y): (&Option<Value>, &Option<Value>)| match (x, y) {
        (Some(x), Some(y)) => sum(x, y).map(Some),
        (one, other) => Ok(one.clone().or_else(|| other.clone())),
    };
    let elements = x.elements.iter().zip(&y.elements).map(both).collect::<Result<_, Reason>>()?;
    Ok(Value::List(Arc::new(List { dtype: x.dtype, shape: x.shape.clone(), elements, most: x.most })))
}

/// Elements with rows of an array in their places.
fn scatter(
    mut elements: Vec<Option<Value>>,
    rows: &Array,
    numbers: &[i64],
) -> Result<Vec<Option<Value>>, Reason> {
    let count = elements.len();
    for (&number, row) in numbers.iter().zip(slices(rows, &vec![1; numbers.len()], true)?) {
        let place = usize::try_from(number).ok().and_then(|at| elements.get_mut(at));
        *place.ok_or_else(|| format!("it sets element {number} of {count}"))? = Some(Value::Array(row));
    }
    Ok(elements)
}

/// Elements behind each other along their first axis, and their lengths.
fn joined_elements(list: &List, hint: &PartialShape) -> Result<Vec<Value>, Reason> {
    let (mut lengths, mut rows) = (Vec::new(), Vec::new());
    for at in 0..list.elements.len() as i64 {
        let part = element(list, at, hint)?;
        let part = part.array()?;
        let length = *part.shape().first().ok_or("its elements have no axis to be joined along")?;
        lengths.push(length as i64);
        unstack_onto(&mut rows, part)?;
    }
    let row = list.shape.merge(hint).unwrap_or_else(|| hint.clone());
    let row = row.sizes().map(|sizes| sizes.iter().skip(1).copied().collect()).unwrap_or_default();
    let joined = stacked(list.dtype, &row, &rows)?;
    let lengths = Array::new([lengths.len()], lengths).map_err(text)?;
    Ok(vec![Value::Array(joined), Value::Array(lengths)])
}

fn joined(dtype: DType) -> Facts {
    let lengths = Fact::new(DType::Int64, PartialShape::of_rank(1));
    element_fact(dtype).into_iter().chain([lengths]).collect()
}

fn concatenated(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |node, dy| {
        let pieces = Held(TensorListSplit { element_dtype });
        [Some(dy.graph().add(pieces, &[dy, &any_shape(dy), node.y(1)])), None, None]
    })
}

fn split(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |node, dy| {
        let joined = Held(TensorListConcatV2 { element_dtype });
        [Some(dy.graph().add(joined, &[dy, &any_shape(dy), node.x(2)])), None, None]
    })
}

fn gathered(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |node, dy| {
        let into = Held(TensorListScatterIntoExistingList { element_dtype });
        [Some(dy.graph().add(into, &[&node.x(0).zeros_like(), dy, node.x(1)])), None, None]
    })
}

fn scattered(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |node, dy| {
        let gather = Held(TensorListGather { element_dtype });
        [Some(dy.graph().add(gather, &[dy, node.x(1), &any_shape(dy)])), None, None, None]
    })
}

fn scattered_into(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |node, dy| {
        let gather = Held(TensorListGather { element_dtype });
        let rows = dy.graph().add(gather, &[dy, node.x(2), &any_shape(dy)]);
        let into = Held(TensorListScatterIntoExistingList { element_dtype });
        let others = dy.graph().add(into, &[dy, &rows.zeros_like(), node.x(2)]);
        [Some(others), Some(rows), None]
    })
}

/// A shape operand that says nothing.
pub(super) fn any_shape(list: &Tensor) -> Tensor {
    list.graph().constant(-1)
}

fn pushed(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |node, dy| {
        let pop = Held(TensorListPopBack { element_dtype });
        let both = dy.graph().add_op(pop, &[dy, &any_shape(dy)], None);
        [Some(both.output(0)), Some(both.output(1)).filter(|_| node.x(1).dtype().is_some_and(flows))]
    })
}

fn popped(element_dtype: DType) -> Grad<'static> {
    Grad::Rule(Box::new(move |node| {
        if node.dy(0).is_none() && node.dy(1).is_none() {
            return vec![None, None];
        }
        let own = |output: usize| node.dy(output).cloned().unwrap_or_else(|| node.y(output).zeros_like());
        let push = Held(TensorListPushBack { element_dtype });
        vec![Some(node.x(0).graph().add(push, &[&own(0), &own(1)])), None]
    }))
}

fn item_taken(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |node, dy| {
        let set = Held(TensorListSetItem { element_dtype, resizes: false });
        [Some(dy.graph().add(set, &[&node.x(0).zeros_like(), node.x(1), dy])), None, None]
    })
}

fn rows_taken(element_dtype: DType) -> Grad<'static> {
    Grad::rule(move |_, dy| {
        let stack = Held(TensorListStack { element_dtype, num_elements: None });
        [Some(dy.graph().add(stack, &[dy, &any_shape(dy)])), None]
    })
}

/// Whether gradients flow through values of this type.
pub(crate) fn flows(dtype: DType) -> bool {
    dtype.is_float() || matches!(dtype, DType::Complex64 | DType::Complex128 | DType::Variant)
}

/// Ops on lists whose one attribute is the type of the elements.
macro_rules! list_ops {
    ($($(#[$doc:meta])* $name:ident, $inputs:literal, $shape:expr, $outputs:expr, $grad:expr, |$dtype:ident, $in:ident| $body:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            /// The type of the elements.
            pub element_dtype: DType,
        }

        impl Holding for $name {
            const NAME: &'static str = stringify!($name);
            const INPUTS: usize = $inputs;

            fn attrs(&self, node: Signature<'_>) -> Attrs {
                let attrs = Attrs::new().with("element_dtype", self.element_dtype);
                let shape: Option<usize> = $shape;
                match shape.and_then(|input| node.inputs.get(input)) {
                    Some(shape) => attrs.with("shape_type", shape.dtype),
                    None => attrs,
                }
            }

            fn from_attrs(attrs: &Attrs) -> Result<$name, Reason> {
                Ok($name { element_dtype: attrs.require("element_dtype")? })
            }

            fn outputs(&self) -> Facts {
                let outputs: fn(DType) -> Facts = $outputs;
                outputs(self.element_dtype)
            }

            fn grad(&self) -> Grad<'_> {
                let rule: fn(DType) -> Grad<'static> = $grad;
                rule(self.element_dtype)
            }

            fn lower(&self) -> Lowered {
                let $dtype = self.element_dtype;
                Lowered::objects($inputs, move |_, $in: &mut [Value]| $body)
            }
        }
    )* };
}

list_ops! {
    /// A list without elements: inputs are the elements' shape and how many there may be (−1: any number).
    EmptyTensorList, 2, Some(0), |_| list(), |_| Grad::None("it looks at shapes alone"), |dtype, x| {
        let (shape, most) = (shape_of(&x[0])?, usize::try_from(whole(&x[1])?).ok());
        Ok(vec![Value::List(Arc::new(List { dtype, shape, elements: Vec::new(), most }))])
    };
    /// A list of elements that have not been set: inputs are their shape and their number.
    TensorListReserve, 2, Some(0), |_| list(), |_| Grad::None("it looks at shapes alone"), |dtype, x| {
        let count = usize::try_from(whole(&x[1])?).map_err(|_| "the number of elements is negative")?;
        if count > MOST {
            return Err(format!("a list of {count} elements is too large").into());
        }
        Ok(made(dtype, shape_of(&x[0])?, vec![None; count]))
    };
    /// The list with one more element: inputs are the list and the element.
    TensorListPushBack, 2, None, |_| list(), pushed, |_dtype, x| {
        fits(x[0].list()?, &x[1])?;
        let mut list = x[0].take_list()?;
        if let Some(most) = list.most.filter(|&most| list.elements.len() >= most) {
            return Err(format!("the list is full: it has {most} elements and may not have more").into());
        }
        own(&mut list).elements.push(Some(x[1].clone()));
        Ok(vec![Value::List(list)])
    };
    /// The list without its last element, and that element: inputs are the list and the element's shape.
    TensorListPopBack, 2, None, |dtype| list().into_iter().chain(element_fact(dtype)).collect(), popped, |_dtype, x| {
        let mut list = x[0].take_list()?;
        let value = element(&list, list.elements.len() as i64 - 1, &shape_of(&x[1])?)?;
        own(&mut list).elements.pop();
        Ok(vec![Value::List(list), value])
    };
    /// An element: inputs are the list, the element's number and its shape.
    TensorListGetItem, 3, None, element_fact, item_taken, |_dtype, x| {
        Ok(vec![element(x[0].list()?, whole(&x[1])?, &shape_of(&x[2])?)?])
    };
    /// The rows of a tensor as a list: inputs are the tensor and the rows' shape.
    TensorListFromTensor, 2, Some(1), |_| list(), rows_taken, |dtype, x| {
        let mut parts = Vec::new();
        unstack_onto(&mut parts, x[0].array()?)?;
        must_be(&shape_of(&x[1])?, &parts)?;
        Ok(made(dtype, shape_of(&x[1])?, parts.into_iter().map(|part| Some(Value::Array(part))).collect()))
    };
    /// Elements behind each other along a new first axis: inputs are the list, the elements' numbers and their shape.
    TensorListGather, 3, None, element_fact, gathered, |_dtype, x| {
        stack(x[0].list()?, &x[1].array()?.to_i64().map_err(text)?, shape_of(&x[2])?)
    };
    /// Elements behind each other along their first axis, and the length of each: inputs are the list, the elements' shape
    /// and lengths, which are needed only of elements that have not been set.
    TensorListConcatV2, 3, Some(1), joined, concatenated, |_dtype, x| joined_elements(x[0].list()?, &shape_of(&x[1])?);
    /// The pieces of a tensor along its first axis, of these lengths, as a list: inputs are the tensor, the elements' shape
    /// and the lengths.
    TensorListSplit, 3, Some(1), |_| list(), split, |dtype, x| {
        let lengths = x[2].array()?.to_i64().map_err(text)?;
        let lengths = lengths.iter().map(|&length| usize::try_from(length).map_err(|_| "a length is negative"));
        let parts = slices(x[0].array()?, &lengths.collect::<Result<Vec<_>, _>>()?, false)?;
        Ok(made(dtype, shape_of(&x[1])?, parts.into_iter().map(|part| Some(Value::Array(part))).collect()))
    };
    /// The rows of a tensor as elements of a list: inputs are the tensor, the number of the element that each row becomes,
    /// the elements' shape, and how many elements there are (−1: as many as the numbers need).
    TensorListScatterV2, 4, Some(2), |_| list(), scattered, |dtype, x| {
        let numbers = x[1].array()?.to_i64().map_err(text)?;
        let least = numbers.iter().max().map_or(0, |most| most.saturating_add(1));
        let count = match whole(&x[3])? {
            -1 => least,
            count => count,
        };
        let count = usize::try_from(count).ok().filter(|&count| count <= MOST && count as i64 >= least);
        let count = count.ok_or("the number of elements does not fit")?;
        let elements = scatter(vec![None; count], x[0].array()?, &numbers)?;
        Ok(made(dtype, shape_of(&x[2])?, elements))
    };
    /// The list with rows of a tensor as elements: inputs are the list, the tensor, and the number of the element that each
    /// row becomes.
    TensorListScatterIntoExistingList, 3, None, |_| list(), scattered_into, |dtype, x| {
        let list = x[0].list()?;
        let numbers = x[2].array()?.to_i64().map_err(text)?;
        Ok(made(dtype, list.shape.clone(), scatter(list.elements.clone(), x[1].array()?, &numbers)?))
    };
}

/// How many elements a list has.
#[derive(Clone, Debug)]
pub struct TensorListLength;

impl Holding for TensorListLength {
    const NAME: &'static str = "TensorListLength";
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<TensorListLength, Reason> {
        Ok(TensorListLength)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Int32, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a length is not differentiable")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |_, x| Ok(vec![Value::Array(Array::scalar(x[0].list()?.elements.len() as i32))]))
    }
}

/// Values pushed, set, popped and stacked.
pub(super) fn cases() -> Vec<Case> {
    let element_dtype = DType::Float32;
    vec![
        Case::fed("pushed and popped", [crate::array![1.0, 2.0], crate::array![3.0, 4.0]], move |tf, x| {
            let shape = tf.constant(crate::array![2]);
            let empty = tf.add(Held(EmptyTensorList { element_dtype }), &[&shape, &tf.constant(-1)]);
            let push = TensorListPushBack { element_dtype };
            let one = tf.add(Held(push.clone()), &[&empty, &x[0]]);
            let two = tf.add(Held(push), &[&one, &x[1]]);
            let stack = tf.add(Held(TensorListStack { element_dtype, num_elements: None }), &[&two, &shape]);
            let popped = tf.add_op(Held(TensorListPopBack { element_dtype }), &[&two, &shape], None);
            let left = tf.add(Held(TensorListLength), &[&popped.output(0)]);
            vec![stack * 1.0, popped.output(1) * 1.0, left]
        }),
        Case::fed("set and taken", [crate::array![[1.0, 2.0], [3.0, 4.0]]], move |tf, x| {
            let shape = tf.constant(crate::array![2]);
            let rows = tf.add(Held(TensorListFromTensor { element_dtype }), &[&x[0], &shape]);
            let get = TensorListGetItem { element_dtype };
            let row = tf.add(Held(get), &[&rows, &tf.constant(1), &shape]);
            let unset = tf.add(Held(TensorListReserve { element_dtype }), &[&shape, &tf.constant(3)]);
            let set = TensorListSetItem { element_dtype, resizes: false };
            let set = tf.add(Held(set), &[&unset, &tf.constant(2), &row]);
            let order = tf.constant(crate::array![2, 0, 2]);
            vec![tf.add(Held(TensorListGather { element_dtype }), &[&set, &order, &shape]) * 1.0]
        }),
    ]
}

/// Pieces of a matrix joined in another way.
pub(super) fn joined_cases() -> Vec<Case> {
    let element_dtype = DType::Float32;
    vec![Case::fed(
        "taken apart and joined",
        [crate::array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]],
        move |tf, x| {
            let any = tf.constant(-1);
            let lengths = tf.constant(crate::array![2, 1]).cast::<i64>();
            let pieces = tf.add(Held(TensorListSplit { element_dtype }), &[&x[0], &any, &lengths]);
            let join = || Held(TensorListConcatV2 { element_dtype });
            let joined = tf.add_op(join(), &[&pieces, &any, &lengths], None);
            let rows = x[0].square().reshape([3, 1, 2]);
            let places = tf.constant(crate::array![2, 0, 1]);
            let list = tf.add(Held(TensorListScatterV2 { element_dtype }), &[&rows, &places, &any, &any]);
            let into = Held(TensorListScatterIntoExistingList { element_dtype });
            let other = x[0].slice([0, 0], [1, 2]).reshape([1, 1, 2]);
            let list = tf.add(into, &[&list, &other, &tf.constant(crate::array![1])]);
            let all = tf.add_op(join(), &[&list, &any, &lengths], None);
            vec![joined.output(0) * 1.0, joined.output(1), all.output(0) * x[0].clone()]
        },
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lowering::{Objects, Work};
    use crate::run::value::Resources;
    use crate::session::Cancellation;

    fn pushed_onto(list: Value) -> Value {
        let Work::Objects(push) = TensorListPushBack { element_dtype: DType::Float32 }.lower().work else {
            panic!("it works on lists");
        };
        let mut inputs = [list, Value::Array(1.0.into())];
        push(&mut Objects::new(Resources::default(), &Cancellation::new()), &mut inputs).unwrap().remove(0)
    }

    #[test]
    fn a_list_that_nobody_else_has_grows_where_it_is() {
        let mut value = made(DType::Float32, PartialShape::scalar(), Vec::with_capacity(8)).remove(0);
        let place = Arc::as_ptr(value.list().unwrap());
        for count in 1..=8 {
            value = pushed_onto(value);
            assert_eq!(value.list().unwrap().elements.len(), count);
            assert_eq!(Arc::as_ptr(value.list().unwrap()), place);
        }
        let kept = value.clone();
        let longer = pushed_onto(value);
        assert_eq!(kept.list().unwrap().elements.len(), 8);
        assert_eq!(longer.list().unwrap().elements.len(), 9);
    }
}
