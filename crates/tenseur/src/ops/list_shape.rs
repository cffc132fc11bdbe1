//! What a list says of the shape of its elements, and lists of another length.

use std::sync::Arc;

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{List, Lowered, Value};
use crate::ops::held::{Held, Holding};
use crate::ops::list::{EmptyTensorList, TensorListGetItem, TensorListLength, TensorListPushBack};
use crate::ops::tensor_array::text;
use crate::ops::{Attrs, Grad, Signature};
use crate::value::{Array, DType, PartialShape};

/// The shape of a list's elements as integers, −1 where a size is not known; a scalar −1 where nothing is.
#[derive(Clone, Debug)]
pub struct TensorListElementShape {
    /// The type of the sizes: int32 or int64.
    pub shape_type: DType,
}

impl Holding for TensorListElementShape {
    const NAME: &'static str = "TensorListElementShape";
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("shape_type", self.shape_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.require("shape_type")? {
            shape_type @ (DType::Int32 | DType::Int64) => Ok(TensorListElementShape { shape_type }),
            other => Err(format!("attribute \"shape_type\" is {other}; it is int32 or int64").into()),
        }
    }

    fn outputs(&self) -> Facts {
        Fact::new(self.shape_type, PartialShape::unknown()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("sizes do not change a little")
    }

    fn lower(&self) -> Lowered {
        let dtype = self.shape_type;
        Lowered::objects(1, move |_, x| {
            let list = x[0].list()?;
            let size = |size: &Option<usize>| size.map_or(-1, |size| size as i64);
            let (shape, sizes) = match list.shape.sizes() {
                Some(sizes) => (vec![sizes.len()], sizes.iter().map(size).collect()),
                None => (Vec::new(), vec![-1i64]),
            };
            let sizes: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
            Ok(vec![Value::Array(crate::ops::image::array_of(dtype, shape, &sizes)?)])
        })
    }
}

/// A list with so many elements, input 1, of which those that the list had not are not set.
#[derive(Clone, Debug)]
pub struct TensorListResize;

/// More elements than these no list has.
pub(super) const MOST: i64 = 1 << 26;

impl Holding for TensorListResize {
    const NAME: &'static str = "TensorListResize";
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(TensorListResize)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Variant, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let tf = dy.graph();
            let length = tf.add(Held(TensorListLength), &[node.x(0)]);
            [Some(tf.add(Held(TensorListResize), &[dy, &length])), None]
        })
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(2, |_, x| {
            let count = x[1].array()?.to_i64().map_err(text)?;
            let count = match count[..] {
                [count] if (0..=MOST).contains(&count) => count as usize,
                _ => return Err(format!("a list has from 0 to {MOST} elements, not {count:?}").into()),
            };
            let mut list: Arc<List> = x[0].take_list()?;
            Arc::make_mut(&mut list).elements.resize(count, None);
            Ok(vec![Value::List(list)])
        })
    }
}

pub(super) fn cases() -> Vec<Case> {
    let element_dtype = DType::Float32;
    vec![
        Case::fed("longer and shorter", [crate::array![1.0, 2.0]], move |tf, x| {
            let shape = tf.constant(crate::array![2]);
            let empty = tf.add(Held(EmptyTensorList { element_dtype }), &[&shape, &tf.constant(-1)]);
            let one = tf.add(Held(TensorListPushBack { element_dtype }), &[&empty, &x[0]]);
            let longer = tf.add(Held(TensorListResize), &[&one, &tf.constant(3)]);
            let get = |list, at: i32| {
                tf.add(Held(TensorListGetItem { element_dtype }), &[list, &tf.constant(at), &shape])
            };
            let shorter = tf.add(Held(TensorListResize), &[&longer, &tf.constant(1)]);
            let sizes = tf.add(Held(TensorListElementShape { shape_type: DType::Int32 }), &[&longer]);
            let length = tf.add(Held(TensorListLength), &[&longer]);
            vec![get(&shorter, 0) * 2.0, get(&longer, 2), sizes, length]
        })
        .expecting([
            crate::array![2.0, 4.0],
            crate::array![0.0, 0.0],
            crate::array![2],
            Array::scalar(3),
        ]),
    ]
}
