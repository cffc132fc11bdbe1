//! The n-th smallest number along the last axis, or the n-th largest.

use std::cmp::Ordering;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{known_integer, must_be_scalar, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// Of each row of x, the first input, the number that would stand at place n, the second, if the row were sorted. What flows
/// back goes in equal parts to all that are that number.
#[derive(Clone, Debug)]
pub struct NthElement {
    /// Whether the largest comes first.
    pub reverse: bool,
}

impl Op for NthElement {
    fn name(&self) -> &'static str {
        "NthElement"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("reverse", self.reverse)
    }

    fn from_attrs(attrs: &Attrs) -> Result<NthElement, Reason> {
        Ok(NthElement { reverse: attrs.optional("reverse", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, n] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_scalar(n, "n")?;
        if !x.dtype.is_number() || n.dtype != DType::Int32 {
            return Err(format!("it takes numbers and an int32, not {} and {}", x.dtype, n.dtype).into());
        }
        let shape = match x.shape.sizes() {
            None => PartialShape::unknown(),
            Some([]) => return Err("it takes one axis or more, not a scalar".into()),
            Some([rest @ .., columns]) => {
                if let (Some(n), Some(columns)) = (known_integer(n), columns) {
                    place(n, *columns)?;
                }
                rest.iter().copied().collect()
            }
        };
        Ok(Fact::new(x.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let dtype = node.x(0).dtype_or(DType::Float32);
            let chosen = node.x(0).equal(node.y(0).expand_dims(-1)).cast_to(dtype);
            let count = chosen.reduce_sum(-1).expand_dims(-1);
            [Some(chosen / count * dy.expand_dims(-1)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let reverse = self.reverse;
        Ok(Lowered::arrays("NthElement", node, move |arrays| {
            let x = &arrays[0];
            let [rest @ .., columns] = &x.shape()[..] else { return Err("it takes one axis or more".into()) };
            let n = place(arrays[1].to_i64()?[0], *columns)?;
            let n = if reverse { columns - 1 - n } else { n };
            let order: Box<Order<'_>> = match x.dtype() {
                DType::UInt64 => {
                    let numbers = x.as_slice::<u64>()?;
                    Box::new(move |&a, &b| numbers[a].cmp(&numbers[b]))
                }
                dtype if dtype.is_integer() => {
                    let numbers = x.to_i64()?;
                    Box::new(move |&a, &b| numbers[a].cmp(&numbers[b]))
                }
                _ => {
                    let numbers = x.to_f64()?;
                    Box::new(move |&a, &b| numbers[a].total_cmp(&numbers[b]))
                }
            };
            let rows: usize = rest.iter().product();
            let from = (0..rows).map(|row| {
                let mut places: Vec<usize> = (row * columns..(row + 1) * columns).collect();
                let (_, &mut found, _) = places.select_nth_unstable_by(n, &order);
                Some((0, found))
            });
            Ok(vec![assemble(&[x], 1, rest.to_vec(), from)?])
        }))
    }
}

/// How the numbers at two places compare.
type Order<'a> = dyn Fn(&usize, &usize) -> Ordering + 'a;

fn place(n: i64, columns: usize) -> Result<usize, Reason> {
    let inside = usize::try_from(n).ok().filter(|&n| n < columns);
    inside.ok_or_else(|| format!("n is {n}; it is in [0, {columns})").into())
}

impl Tensor {
    /// Of each row, along the last axis, the number that would stand at place `n` if the row were sorted, the smallest (or, if
    /// `reverse`, the largest) first (`tf.contrib.nn.nth_element`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]]).nth_element(1, false);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![2.0, 5.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn nth_element(&self, n: i32, reverse: bool) -> Tensor {
        self.graph().add(NthElement { reverse }, &[self, &self.graph().constant(n)])
    }
}

pub(super) fn cases() -> Vec<Case> {
    let x = || array![[3.0, 1.0, 2.5], [-6.0, 5.0, 4.0]];
    vec![
        Case::fed("the smallest but one", [x()], |_, x| vec![x[0].nth_element(1, false)])
            .expecting([array![2.5, 4.0]]),
        Case::fed("the largest", [x()], |_, x| vec![x[0].nth_element(0, true)]).expecting([array![3.0, 5.0]]),
        Case::fed("of integers", [array![4, 2, 9]], |_, x| vec![x[0].nth_element(2, false)])
            .expecting([9.into()]),
    ]
}
