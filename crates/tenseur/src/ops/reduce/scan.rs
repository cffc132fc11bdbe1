//! Running sums and products along an axis: `y[i] = x[0] + … + x[i]`.

use tenseur_kernels::{ScanKernel, ScanOp};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{known_integer, must_be_index, must_be_scalar, normalised_axis, wrong_count};
use crate::ops::complex::arithmetic;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// The sums, or products, of all elements up to each one along an axis, the second input.
#[derive(Clone, Debug)]
pub struct Scan<const PRODUCT: bool> {
    /// Whether an element's own number is left out, so that the first is 0 (of products 1).
    pub exclusive: bool,
    /// Whether it goes from the end to the start.
    pub reverse: bool,
}

/// Running sums.
pub type Cumsum = Scan<false>;

/// Running products.
pub type Cumprod = Scan<true>;

impl<const PRODUCT: bool> Op for Scan<PRODUCT> {
    fn name(&self) -> &'static str {
        if PRODUCT { "Cumprod" } else { "Cumsum" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[1].dtype);
        types.with("exclusive", self.exclusive).with("reverse", self.reverse)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Scan {
            exclusive: attrs.optional("exclusive", false)?,
            reverse: attrs.optional("reverse", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, axis] = inputs else { return Err(wrong_count(2, inputs)) };
        if !x.dtype.is_number() && !x.dtype.is_complex() {
            return Err(format!("it takes numbers, not {}", x.dtype).into());
        }
        must_be_index(axis, "the axis")?;
        must_be_scalar(axis, "the axis")?;
        if let (Some(rank), Some(axis)) = (x.shape.rank(), known_integer(axis)) {
            normalised_axis(axis, rank)?;
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, axis) = (node.x(0), node.x(1));
            let back = Cumsum { exclusive: self.exclusive, reverse: !self.reverse };
            // Of products as TensorFlow: where a factor is 0 its gradient is taken as 0.
            let dx = match PRODUCT {
                false => dy.graph().add(back, &[dy, axis]),
                true => dy.graph().add(back, &[&(node.y(0) * dy), axis]).div_no_nan(x),
            };
            [Some(dx), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.inputs[0].dtype.is_complex() {
            let how = (self.exclusive, self.reverse);
            return Ok(match PRODUCT {
                true => arithmetic::scan("Cumprod", node, how, 1.0.into(), |product, z| product * z),
                false => arithmetic::scan("Cumsum", node, how, 0.0.into(), |sum, z| sum + z),
            });
        }
        let (x, Some(axis)) = (node.inputs[0], known_integer(node.inputs[1])) else {
            return Ok(once_known(self, node));
        };
        let shape = known_shape(x)?;
        let axis = normalised_axis(axis, shape.rank())?;
        let stored = x.dtype.scalar().ok_or_else(|| format!("there are no loops over {}", x.dtype))?;
        let op = if PRODUCT { ScanOp::Product } else { ScanOp::Sum };
        let sizes = (shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product());
        Ok(Lowered::kernel(ScanKernel::new(stored, op, sizes, self.exclusive, self.reverse)?))
    }
}

impl Tensor {
    /// Along an axis, the sum of all elements up to each one.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 2.0, 3.0]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&x.cumsum(0), feeds![])?, array![1.0, 3.0, 6.0]);
    /// let (exclusive, reverse) = (true, true);
    /// assert_eq!(sess.run(&x.cumsum_with(0, exclusive, reverse), feeds![])?, array![5.0, 3.0, 0.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn cumsum(&self, axis: i32) -> Tensor {
        self.cumsum_with(axis, false, false)
    }

    /// As [`cumsum`](Tensor::cumsum); where `exclusive`, each element's own number is left out; where `reverse`, it goes
    /// from the end to the start.
    #[track_caller]
    pub fn cumsum_with(&self, axis: i32, exclusive: bool, reverse: bool) -> Tensor {
        self.graph().add(Cumsum { exclusive, reverse }, &[self, &self.graph().constant(axis)])
    }

    /// Along an axis, the product of all elements up to each one.
    #[track_caller]
    pub fn cumprod(&self, axis: i32) -> Tensor {
        self.cumprod_with(axis, false, false)
    }

    /// As [`cumprod`](Tensor::cumprod); where `exclusive`, each element's own number is left out; where `reverse`, it
    /// goes from the end to the start.
    #[track_caller]
    pub fn cumprod_with(&self, axis: i32, exclusive: bool, reverse: bool) -> Tensor {
        self.graph().add(Cumprod { exclusive, reverse }, &[self, &self.graph().constant(axis)])
    }
}

fn scan_cases<const PRODUCT: bool>() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [-4.0, 5.0, 0.5]];
    let scan = |exclusive: bool, reverse: bool, axis: i32| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            vec![tf.add(Scan::<PRODUCT> { exclusive, reverse }, &[&x[0], &tf.constant(axis)])]
        }
    };
    vec![
        Case::fed("columns", [matrix()], scan(false, false, 0)),
        Case::fed("rows, without its own", [matrix()], scan(true, false, -1)),
        Case::fed("from the end", [matrix()], scan(false, true, 1)),
        Case::fed("from the end, without its own", [matrix()], scan(true, true, 0)),
        Case::fed("the axis in the middle", [array![[[1.0, 2.0], [3.0, 4.0]]]], scan(false, false, 1)),
        Case::fed("nothing", [Array::from_literal([[0.0; 0]; 2])], scan(false, false, 1)),
        Case::fed("integers", [as_type(array![100, 3, 1], DType::Int8)], scan(false, false, 0)).expecting([
            as_type(if PRODUCT { array![100, 44, 44] } else { array![100, 103, 104] }, DType::Int8),
        ]),
        Case::fed("an axis that is fed", [matrix(), 1.into()], |tf, x| {
            vec![tf.add(Scan::<PRODUCT> { exclusive: false, reverse: false }, &[&x[0], &x[1]])]
        }),
    ]
}

pub(in crate::ops) fn cumsum_cases() -> Vec<Case> {
    scan_cases::<false>()
}

pub(in crate::ops) fn cumprod_cases() -> Vec<Case> {
    scan_cases::<true>()
}
