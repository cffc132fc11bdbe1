//! The largest elements along the last axis.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{known_integer, must_be_index, must_be_scalar, wrong_count};
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Element, PartialShape};

/// The k largest elements along the last axis, the largest first, and their indices. Of equal ones that with the lower index
/// comes first; NaN comes last. (TopK, where k is an attribute, is a spelling of it.)
#[derive(Clone, Debug)]
pub struct TopK {
    /// k, where it is not an input.
    pub k: Option<i64>,
    /// TensorFlow's leave to give them in any order, which is not taken.
    pub sorted: bool,
    /// The type of the indices.
    pub index_type: DType,
}

impl Op for TopK {
    fn name(&self) -> &'static str {
        if self.k.is_some() { "TopK" } else { "TopKV2" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("sorted", self.sorted);
        match self.k {
            Some(k) => attrs.with("k", k),
            None => attrs.with("Tk", node.inputs[1].dtype).with("index_type", self.index_type),
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<TopK, Reason> {
        let k = attrs.get("k").is_some().then(|| attrs.require("k")).transpose()?;
        if k.is_some_and(|k: i64| k < 0) {
            return Err("attribute \"k\" is negative".into());
        }
        let sorted = attrs.optional("sorted", true)?;
        Ok(TopK { k, sorted, index_type: attrs.optional("index_type", DType::Int32)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let (x, k) = match (inputs, self.k) {
            ([x], Some(k)) => (x, Some(k)),
            ([x, k], None) => {
                must_be_scalar(k, "k")?;
                if k.dtype != DType::Int16 {
                    must_be_index(k, "k")?;
                }
                (x, known_integer(k))
            }
            _ => return Err(wrong_count(2 - usize::from(self.k.is_some()), inputs)),
        };
        if !x.dtype.is_number() {
            return Err(refusal(&[x.dtype], DType::is_number));
        }
        if !matches!(self.index_type, DType::Int16 | DType::Int32 | DType::Int64) {
            return Err(format!("attribute \"index_type\" is {}", self.index_type).into());
        }
        let shape = match x.shape.sizes() {
            None => PartialShape::unknown(),
            Some([]) => return Err("it takes one axis or more, not a scalar".into()),
            Some([rest @ .., columns]) => {
                let k = match (k, columns) {
                    (Some(k), Some(columns)) => Some(checked(k, *columns)?),
                    (Some(k), None) => Some(checked(k, usize::MAX)?),
                    (None, _) => None,
                };
                rest.iter().copied().chain([k]).collect()
            }
        };
        Ok([Fact::new(x.dtype, shape.clone()), Fact::new(self.index_type, shape)].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// What flows back to an element is the gradient of its place among the largest.
    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let (x, tf) = (node.x(0), node.x(0).graph());
            let gradient = node.dy(0).map(|dy| {
                let (shape, places) = (x.shape_tensor(), node.y(1).cast_to(DType::Int32));
                let (columns, k) = (shape.at(-1), places.shape_tensor().at(-1));
                let rows = shape.at(..-1).reduce_prod(..);
                let starts = (tf.range(0, &rows, 1) * columns).expand_dims(1);
                let flat = places.reshape(tf.stack(&[&rows, &k], 0)) + starts;
                dy.reshape([-1]).unsorted_segment_sum(flat.reshape([-1]), x.size_tensor()).reshape(shape)
            });
            [gradient].into_iter().chain(std::iter::repeat_n(None, node.inputs() - 1)).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let x = &arrays[0];
            let k = op.k.map_or_else(|| arrays[1].to_i64().map(|k| k[0]), Ok)?;
            let columns = x.shape().last().copied().ok_or("it takes one axis or more")?;
            let k = checked(k, columns)?;
            let rows = x.shape()[..x.shape().rank() - 1].iter().product::<usize>();
            macro_rules! largest {
                ($($dtype:ident $number:ty,)*) => {
                    match x.dtype() {
                        $(DType::$dtype => largest::<$number>(x, rows, columns, k)?,)*
                        other => return Err(refusal(&[other], DType::is_number)),
                    }
                };
            }
            let places = largest!(Float16 half::f16, BFloat16 half::bf16, Float32 f32, Float64 f64, Int8 i8, Int16 i16,
                Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64,);
            let shape: Vec<usize> = x.shape()[..x.shape().rank() - 1].iter().copied().chain([k]).collect();
            let from =
                places.iter().enumerate().map(|(i, &place)| Some((0, i / k * columns + place as usize)));
            let values = assemble(&[x], 1, shape.clone(), from)?;
            Ok(vec![values, as_type(Array::new(shape, places)?, op.index_type)])
        }))
    }
}

fn checked(k: i64, columns: usize) -> Result<usize, Reason> {
    match usize::try_from(k) {
        Ok(k) if k <= columns => Ok(k),
        _ => Err(format!("the {k} largest of {columns} were asked for").into()),
    }
}

/// Of each row, the places of the k largest.
fn largest<T: Element + PartialOrd>(
    x: &Array,
    rows: usize,
    columns: usize,
    k: usize,
) -> Result<Vec<i64>, Reason> {
    let mut places = Vec::with_capacity(rows * k);
    let mut row: Vec<(T, i64)> = Vec::with_capacity(columns);
    // A NaN is not equal to itself.
    let nan = |x: &T| x.partial_cmp(x).is_none();
    let before = |a: &(T, i64), b: &(T, i64)| {
        let numbers = || b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal);
        nan(&a.0).cmp(&nan(&b.0)).then_with(numbers).then(a.1.cmp(&b.1))
    };
    for numbers in x.as_slice::<T>()?.chunks_exact(columns.max(1)) {
        row.clear();
        row.extend(numbers.iter().copied().zip(0..));
        if 0 < k && k < columns {
            row.select_nth_unstable_by(k - 1, before);
        }
        row[..k].sort_unstable_by(before);
        places.extend(row[..k].iter().map(|(_, place)| place));
    }
    Ok(places)
}

impl Tensor {
    /// The k largest elements along the last axis, the largest first, and their indices (`tf.nn.top_k`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (values, places) = tf.constant(array![[1.0, 4.0, 2.0]]).top_k(2);
    /// assert_eq!(Session::new(&tf)?.run((&values, &places), feeds![])?, (array![[4.0, 2.0]], array![[1, 2]]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn top_k(&self, k: i32) -> (Tensor, Tensor) {
        let op = TopK { k: None, sorted: true, index_type: DType::Int32 };
        let node = self.graph().add_op(op, &[self, &self.graph().constant(k)], None);
        (node.output(0), node.output(1))
    }
}

fn cases(attribute: bool) -> Vec<Case> {
    let build = move |tf: &crate::Graph, x: &Tensor, k: i64| {
        let op = TopK { k: attribute.then_some(k), sorted: true, index_type: DType::Int32 };
        let k = tf.constant(k as i32);
        let node = tf.add_op(op, if attribute { vec![x] } else { vec![x, &k] }.as_slice(), None);
        vec![node.output(0), node.output(1)]
    };
    let rows = || array![[1.0, 4.0, 2.5], [7.0, -1.0, 0.5]];
    let nan = f32::NAN;
    vec![
        Case::fed("two", [rows()], move |tf, x| build(tf, &x[0], 2))
            .expecting([array![[4.0, 2.5], [7.0, 0.5]], array![[1, 2], [0, 2]]]),
        Case::fed("all, with ties", [array![3, 5, 3, 5]], move |tf, x| build(tf, &x[0], 4))
            .expecting([array![5, 5, 3, 3], array![1, 3, 0, 2]]),
        Case::fed("NaN comes last", [array![nan, 1.0, f32::NEG_INFINITY]], move |tf, x| build(tf, &x[0], 3))
            .at_kink()
            .expecting([array![1.0, f32::NEG_INFINITY, nan], array![1, 2, 0]]),
        Case::fed("none", [rows()], move |tf, x| build(tf, &x[0], 0)),
        Case::fed("of nothing", [Array::from_literal([[0.0; 0]; 2])], move |tf, x| build(tf, &x[0], 0)),
        Case::fed("of no rows", [Array::from_literal([[0.0; 3]; 0])], move |tf, x| build(tf, &x[0], 2)),
        Case::fed("bytes", [as_type(array![200, 100], DType::UInt8)], move |tf, x| build(tf, &x[0], 1)),
    ]
}

pub(super) fn top_k_cases() -> Vec<Case> {
    cases(true)
}

pub(super) fn top_k_v2_cases() -> Vec<Case> {
    let mut cases = cases(false);
    cases.push(
        Case::fed("k fed", [array![1.0, 3.0, 2.0], Array::scalar(1)], |tf, x| {
            let op = TopK { k: None, sorted: true, index_type: DType::Int64 };
            let node = tf.add_op(op, &[&x[0], &x[1]], None);
            vec![node.output(0), node.output(1)]
        })
        .expecting([array![3.0], as_type(array![1], DType::Int64)]),
    );
    cases
}
