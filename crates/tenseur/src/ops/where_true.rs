//! Where a tensor is true (Where), and what a mask leaves of one (boolean_mask).

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// The indices of the elements that are true, or not zero, in order: one row, int64, for each.
#[derive(Clone, Debug)]
pub struct Where;

impl Op for Where {
    fn name(&self) -> &'static str {
        "Where"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Where, Reason> {
        Ok(Where)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        match x.dtype.size() {
            Some(_) => Ok(Fact::new(DType::Int64, [None, x.shape.rank()]).one()),
            None => Err(format!("it takes booleans or numbers, not {}", x.dtype).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("indices do not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(node.inputs.len(), |arrays| {
            let x = &arrays[0];
            // As many axes as TensorFlow looks along.
            if !(1..=8).contains(&x.shape().rank()) {
                let why = format!("it finds places along 1 to 8 axes, and this has shape {}", x.shape());
                return Err(why.into());
            }
            let bytes = x.bytes()?.chunks_exact(x.dtype().size().unwrap_or(1));
            // Of a float the first bit is its sign, and −0 is zero too.
            let zero = |bytes: &[u8]| match (x.dtype().is_float(), bytes) {
                (true, [rest @ .., last]) => rest.iter().all(|&byte| byte == 0) && last & 0x7f == 0,
                (_, bytes) => bytes.iter().all(|&byte| byte == 0),
            };
            let places: Vec<usize> =
                bytes.enumerate().filter(|(_, bytes)| !zero(bytes)).map(|(place, _)| place).collect();
            let strides = x.shape().strides();
            let axes = || strides.iter().zip(x.shape().iter());
            let index = |&place: &usize| {
                axes()
                    .map(move |(&stride, &size)| (place / stride.unsigned_abs().max(1) % size.max(1)) as i64)
            };
            let indices: Vec<i64> = places.iter().flat_map(index).collect();
            Ok(vec![Array::new([places.len(), x.shape().rank()], indices)?])
        }))
    }
}

impl Tensor {
    /// The indices of its elements that are true, or not zero: one row for each (`tf.where` of one operand).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let at = tf.constant(array![[true, false], [false, true]]).where_true();
    /// let got = Session::new(&tf)?.run(&at, feeds![])?;
    /// assert_eq!(got.as_slice::<i64>()?, [0, 0, 1, 1]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn where_true(&self) -> Tensor {
        self.graph().add(Where, &[self])
    }

    /// What is left of it where `mask`, of the shape of its first axes, is true (`tf.boolean_mask`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2], [3, 4], [5, 6]]);
    /// let y = x.boolean_mask(&tf.constant(array![true, false, true]));
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[1, 2], [5, 6]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn boolean_mask(&self, mask: &Tensor) -> Tensor {
        let tf = self.graph();
        let Some(axes) = mask.rank().filter(|&axes| axes > 0) else {
            let text = "a mask has one axis or more, and how many must be known before the run";
            return tf.fail(crate::Error::invalid(text));
        };
        let shape = self.shape_tensor();
        let rows = mask.size_tensor().expand_dims(0);
        // Reshaping checks that the mask has as many elements as there are rows.
        let flat = self.reshape(tf.concat(&[&rows, &shape.at(axes as i32..)], 0));
        flat.gather(mask.reshape([-1]).where_true().squeeze(&[1]))
    }
}

pub(super) fn where_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].where_true()];
    let rows = |rows: &[[i64; 2]]| Array::new([rows.len(), 2], rows.concat()).unwrap_or(array![0]);
    vec![
        Case::fed("bools", [array![[true, false, true], [false, true, false]]], build).expecting([rows(&[
            [0, 0],
            [0, 2],
            [1, 1],
        ])]),
        Case::fed("floats", [array![[0.0, -0.0, 1e-40], [f32::NAN, 2.0, 0.0]]], build)
            .at_kink()
            .expecting([rows(&[[0, 2], [1, 0], [1, 1]])]),
        Case::fed("integers", [array![[0, -1], [256, 0]]], build).expecting([rows(&[[0, 1], [1, 0]])]),
        Case::fed("nothing", [Array::from_literal([[false; 0]; 2])], build),
        Case::fed(
            "a mask",
            [array![[1.0, 2.0], [3.0, 4.0]], array![[true, false], [true, true]]],
            |tf, x| {
                vec![
                    x[0].boolean_mask(&tf.constant(array![false, true])),
                    x[0].square().boolean_mask(&tf.constant(array![[true, false], [true, true]])),
                ]
            },
        )
        .expecting([array![[3.0, 4.0]], array![1.0, 9.0, 16.0]]),
    ]
}
