//! An element of a list set, and all of its elements stacked.

use crate::error::Reason;
use crate::graph::Facts;
use crate::lowering::{Lowered, Value};
use crate::ops::held::{Held, Holding};
use crate::ops::list::{
    TensorListFromTensor, TensorListGetItem, TensorListLength, any_shape, element_fact, fits, flows, list,
    own, shape_of, stack,
};
use crate::ops::list_shape::{MOST, TensorListResize};
use crate::ops::tensor_array::whole;
use crate::ops::{Attrs, Grad, Signature};
use crate::value::DType;

/// The list with another element: inputs are the list, the element's number and the element.
#[derive(Clone, Debug)]
pub struct TensorListSetItem {
    /// The type of the elements.
    pub element_dtype: DType,
    /// Whether the list becomes longer where the number is beyond its end (TensorFlow's
    /// `resize_if_index_out_of_bounds`): so tensor arrays grow.
    pub resizes: bool,
}

impl Holding for TensorListSetItem {
    const NAME: &'static str = "TensorListSetItem";
    const INPUTS: usize = 3;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("element_dtype", self.element_dtype);
        if self.resizes { attrs.with("resize_if_index_out_of_bounds", true) } else { attrs }
    }

    fn from_attrs(attrs: &Attrs) -> Result<TensorListSetItem, Reason> {
        let resizes = attrs.optional("resize_if_index_out_of_bounds", false)?;
        Ok(TensorListSetItem { element_dtype: attrs.require("element_dtype")?, resizes })
    }

    fn outputs(&self) -> Facts {
        list()
    }

    fn grad(&self) -> Grad<'_> {
        let (element_dtype, resizes) = (self.element_dtype, self.resizes);
        Grad::rule(move |node, dy| {
            let tf = dy.graph();
            let get = Held(TensorListGetItem { element_dtype });
            let item = tf.add(get, &[dy, node.x(1), &any_shape(dy)]);
            let set = Held(TensorListSetItem { element_dtype, resizes: false });
            let mut others = tf.add(set, &[dy, node.x(1), &item.zeros_like()]);
            if resizes {
                let length = tf.add(Held(TensorListLength), &[node.x(0)]);
                others = tf.add(Held(TensorListResize), &[&others, &length]);
            }
            [Some(others), None, Some(item).filter(|_| node.x(2).dtype().is_some_and(flows))]
        })
    }

    fn lower(&self) -> Lowered {
        let resizes = self.resizes;
        Lowered::objects(3, move |_, x| {
            fits(x[0].list()?, &x[2])?;
            let mut list = x[0].take_list()?;
            let (at, count) = (whole(&x[1])?, list.elements.len());
            let bound = if resizes { MOST as usize } else { count };
            let place = usize::try_from(at).ok().filter(|&at| at < bound);
            let place = place.ok_or_else(|| format!("it sets element {at} of {count}"))?;
            let elements = &mut own(&mut list).elements;
            if place >= count {
                elements.resize(place + 1, None);
            }
            elements[place] = Some(x[2].clone());
            Ok(vec![Value::List(list)])
        })
    }
}

/// All elements behind each other along a new first axis: inputs are the list and the elements' shape.
#[derive(Clone, Debug)]
pub struct TensorListStack {
    /// The type of the elements.
    pub element_dtype: DType,
    /// How many there must be; any number, where it is not said.
    pub num_elements: Option<usize>,
}

impl Holding for TensorListStack {
    const NAME: &'static str = "TensorListStack";
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let count = self.num_elements.map_or(-1, |count| count as i64);
        Attrs::new().with("element_dtype", self.element_dtype).with("num_elements", count)
    }

    fn from_attrs(attrs: &Attrs) -> Result<TensorListStack, Reason> {
        let num_elements = usize::try_from(attrs.optional("num_elements", -1i64)?).ok();
        Ok(TensorListStack { element_dtype: attrs.require("element_dtype")?, num_elements })
    }

    fn outputs(&self) -> Facts {
        element_fact(self.element_dtype)
    }

    fn grad(&self) -> Grad<'_> {
        let element_dtype = self.element_dtype;
        Grad::rule(move |_, dy| {
            let rows = Held(TensorListFromTensor { element_dtype });
            [Some(dy.graph().add(rows, &[dy, &any_shape(dy)])), None]
        })
    }

    fn lower(&self) -> Lowered {
        let wanted = self.num_elements;
        Lowered::objects(2, move |_, x| {
            let list = x[0].list()?;
            let count = list.elements.len();
            if let Some(wanted) = wanted.filter(|&wanted| wanted != count) {
                return Err(format!("it stacks {wanted} elements, and the list has {count}").into());
            }
            stack(list, &(0..count as i64).collect::<Vec<_>>(), shape_of(&x[1])?)
        })
    }
}

/// A list that grows as it is written, in any order.
pub(super) fn growing_cases() -> Vec<crate::conformance::Case> {
    let element_dtype = DType::Float32;
    vec![
        crate::conformance::Case::fed(
            "grows",
            [crate::array![1.0, 2.0], crate::array![3.0, 4.0]],
            move |tf, x| {
                let shape = tf.constant(crate::array![2]);
                let empty = crate::ops::list::EmptyTensorList { element_dtype };
                let empty = tf.add(Held(empty), &[&shape, &tf.constant(-1)]);
                let set = Held(TensorListSetItem { element_dtype, resizes: true });
                let third = tf.add(set.clone(), &[&empty, &tf.constant(2), &x[0]]);
                let both = tf.add(set, &[&third, &tf.constant(0), &x[1]]);
                let stack = Held(TensorListStack { element_dtype, num_elements: Some(3) });
                vec![tf.add(stack, &[&both, &shape]) * 1.0]
            },
        )
        .expecting([crate::array![[3.0, 4.0], [0.0, 0.0], [1.0, 2.0]]]),
    ]
}
