//! The product of matrices of two types: BatchMatMulV3, in which those of narrow integers are added up in a wider type.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::applied;
use crate::ops::matmul::{BatchMatMul, operand_gradients};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::DType;

/// The product of each pair of matrices from two batches, as [`BatchMatMul`], of the type `out`, in which it is computed.
#[derive(Clone, Debug)]
pub struct BatchMatMulV3 {
    /// Whether the first matrices are stored as `[k, m]`, and complex ones as conjugates.
    pub adj_x: bool,
    /// Whether the second are stored as `[n, k]`, and complex ones as conjugates.
    pub adj_y: bool,
    /// The type of the product: that of both, or of int8 and uint8 int32, or of one of these and bfloat16 bfloat16.
    pub out: DType,
}

impl BatchMatMulV3 {
    /// The op of matrices of one type that does the same.
    fn plain(&self) -> BatchMatMul {
        BatchMatMul { adj_x: self.adj_x, adj_y: self.adj_y }
    }
}

impl Op for BatchMatMulV3 {
    fn name(&self) -> &'static str {
        "BatchMatMulV3"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("Ta", node.inputs[0].dtype)
            .with("Tb", node.inputs[1].dtype)
            .with("Tout", self.out)
            .with("adj_x", self.adj_x)
            .with("adj_y", self.adj_y)
    }

    fn from_attrs(attrs: &Attrs) -> Result<BatchMatMulV3, Reason> {
        let (adj_x, adj_y) = (attrs.optional("adj_x", false)?, attrs.optional("adj_y", false)?);
        Ok(BatchMatMulV3 { adj_x, adj_y, out: attrs.require("Tout")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        use DType::{BFloat16, Int8, Int32, UInt8};
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        let fits = match (x.dtype, y.dtype, self.out) {
            (x, y, out) if x == out && y == out => true,
            (Int8 | UInt8, Int8 | UInt8, Int32) => true,
            (Int8 | UInt8, BFloat16, BFloat16) | (BFloat16, Int8 | UInt8, BFloat16) => true,
            _ => false,
        };
        if !fits {
            return Err(format!(
                "there is no product of {} and {} as {}: both are of its type, or of int8, uint8 and bfloat16",
                x.dtype, y.dtype, self.out
            )
            .into());
        }
        let of = |fact: &Fact| Fact::new(self.out, fact.shape.clone());
        self.plain().infer(&[&of(x), &of(y)])
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dz| {
            let product =
                |x: &Tensor, adj_x, y: &Tensor, adj_y| x.graph().add(BatchMatMul { adj_x, adj_y }, &[x, y]);
            let [x, y] = [0, 1].map(|i| node.x(i).cast_to(self.out));
            let to_both = operand_gradients(&x, self.adj_x, &y, self.adj_y, dz, product);
            let back = |i: usize| to_both[i].cast_to(node.x(i).dtype_or(self.out));
            [Some(node.sum_to(&back(0), 0)), Some(node.sum_to(&back(1), 1))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (op, out) = (self.plain(), self.out);
        if node.inputs.iter().all(|fact| fact.dtype == out) {
            return op.lower(node);
        }
        Ok(Lowered::arrays("BatchMatMulV3", node, move |arrays| {
            let wide = |i: usize| as_type(arrays[i].clone(), out);
            applied(&op, &[&wide(0), &wide(1)])
        }))
    }
}

pub(super) fn cases() -> Vec<Case> {
    let left = || array![[[1.0, 2.0], [3.0, -4.0]]];
    let right = || array![[[0.5], [-1.5]], [[2.0], [1.0]]];
    let build = |types: [DType; 3]| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let op = BatchMatMulV3 { adj_x: false, adj_y: false, out: types[2] };
            vec![tf.add(op, &[&x[0].cast_to(types[0]), &x[1].cast_to(types[1])]).cast_to(DType::Float32)]
        }
    };
    let (int8, uint8) = (DType::Int8, DType::UInt8);
    vec![
        Case::fed("of one type", [left(), right()], build([DType::Float32; 3]))
            .expecting([array![[[-2.5], [7.5]], [[4.0], [2.0]]]]),
        Case::fed(
            "of bytes",
            [array![[[100.0, 50.0]]], array![[[200.0], [2.0]]]],
            build([int8, uint8, DType::Int32]),
        )
        .at_kink()
        .expecting([array![[[20_100.0]]]]),
    ]
}
