//! Products of matrices: `z[i, j] = Σₚ x[i, p] · y[p, j]`, of two matrices (MatMul) or of each pair from two batches
//! (BatchMatMulV2).
//!
//! Transposing an operand is a flag of the op, and the gradients of a product are products with other flags, so that
//! nothing is ever rearranged in memory: for z = x·y they are `dx = dz·yᵀ` and `dy = xᵀ·dz`.

use tenseur_kernels::{GemmKernel, GemmOutput, GemmSpec, Layout, collapse};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::complex::product::{Stored, products};
use crate::ops::elementwise::refusal;
use crate::ops::stretch::stretching;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// The product of two matrices, `[m, k]` and `[k, n]`, giving `[m, n]`.
#[derive(Clone, Debug)]
pub struct MatMul {
    /// Whether the first is stored as `[k, m]`.
    pub transpose_a: bool,
    /// Whether the second is stored as `[n, k]`.
    pub transpose_b: bool,
}

impl Op for MatMul {
    fn name(&self) -> &'static str {
        "MatMul"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("transpose_a", self.transpose_a)
            .with("transpose_b", self.transpose_b)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MatMul, Reason> {
        let flag = |name| attrs.optional(name, false);
        Ok(MatMul { transpose_a: flag("transpose_a")?, transpose_b: flag("transpose_b")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        for (fact, which) in [(x, "first"), (y, "second")] {
            if fact.shape.rank().is_some_and(|rank| rank != 2) {
                return Err(format!(
                    "the {which} input must be a matrix and has shape {}; reshape can give it two axes",
                    fact.shape
                )
                .into());
            }
        }
        let (_, [m, n]) = product(x, self.transpose_a, y, self.transpose_b)?;
        Ok(Fact::new(x.dtype, [m, n]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dz| {
            let product = |x: &Tensor, transpose_a, y: &Tensor, transpose_b| {
                x.graph().add(MatMul { transpose_a, transpose_b }, &[x, y])
            };
            let (x, y) = (node.x(0).conj(), node.x(1).conj());
            operand_gradients(&x, self.transpose_a, &y, self.transpose_b, dz, product).map(Some)
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.outputs[0].dtype.is_complex() {
            let as_stored = |transpose| if transpose { Stored::Transposed } else { Stored::AsItIs };
            return products("MatMul", node, as_stored(self.transpose_a), as_stored(self.transpose_b));
        }
        lower_product(node, self.transpose_a, self.transpose_b)
    }
}

/// The product of each pair of matrices from two batches, `[…, m, k]` and `[…, k, n]`, giving `[…, m, n]`. The axes
/// before the last two broadcast.
#[derive(Clone, Debug)]
pub struct BatchMatMul {
    /// Whether the first matrices are stored as `[k, m]`, and complex ones as conjugates.
    pub adj_x: bool,
    /// Whether the second are stored as `[n, k]`, and complex ones as conjugates.
    pub adj_y: bool,
}

impl Op for BatchMatMul {
    fn name(&self) -> &'static str {
        "BatchMatMulV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("adj_x", self.adj_x).with("adj_y", self.adj_y)
    }

    fn from_attrs(attrs: &Attrs) -> Result<BatchMatMul, Reason> {
        Ok(BatchMatMul { adj_x: attrs.optional("adj_x", false)?, adj_y: attrs.optional("adj_y", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        for (fact, which) in [(x, "first"), (y, "second")] {
            if fact.shape.rank().is_some_and(|rank| rank < 2) {
                return Err(format!(
                    "the {which} input must have two axes or more and has shape {}",
                    fact.shape
                )
                .into());
            }
        }
        let (batch, matrix) = product(x, self.adj_x, y, self.adj_y)?;
        let shape = match batch.sizes() {
            Some(batch) => batch.iter().copied().chain(matrix).collect(),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(x.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dz| {
            let product =
                |x: &Tensor, adj_x, y: &Tensor, adj_y| x.graph().add(BatchMatMul { adj_x, adj_y }, &[x, y]);
            let [dx, dy] = operand_gradients(node.x(0), self.adj_x, node.x(1), self.adj_y, dz, product);
            [Some(node.sum_to(&dx, 0)), Some(node.sum_to(&dy, 1))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.outputs[0].dtype.is_complex() {
            let as_stored = |adjoint| if adjoint { Stored::Adjoint } else { Stored::AsItIs };
            return products("BatchMatMulV2", node, as_stored(self.adj_x), as_stored(self.adj_y));
        }
        lower_product(node, self.adj_x, self.adj_y)
    }
}

/// The product of each pair of matrices in two arrays of as many: TensorFlow's first op for it, which does not broadcast.
#[derive(Clone, Debug)]
pub struct BatchMatMulOfAsMany {
    /// The product that does.
    pub product: BatchMatMul,
}

impl Op for BatchMatMulOfAsMany {
    fn name(&self) -> &'static str {
        "BatchMatMul"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.product.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<BatchMatMulOfAsMany, Reason> {
        Ok(BatchMatMulOfAsMany { product: BatchMatMul::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if let [x, y] = inputs
            && let (Some(left), Some(right)) = (x.shape.sizes(), y.shape.sizes())
            && left.len() >= 2
            && right.len() >= 2
        {
            let batch = |sizes: &[Option<usize>]| -> PartialShape {
                sizes[..sizes.len() - 2].iter().copied().collect()
            };
            if batch(left).merge(&batch(right)).is_none() {
                let shapes = format!("{} and {}", x.shape, y.shape);
                return Err(
                    format!("both inputs have as many matrices, and these have shapes {shapes}").into()
                );
            }
        }
        self.product.infer(inputs)
    }

    fn effects(&self) -> Effects {
        self.product.effects()
    }

    fn grad(&self) -> Grad<'_> {
        self.product.grad()
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        self.product.lower(node)
    }
}

/// The gradients of x and y in `op(x)·op(y)`, where op transposes or not, as products of the stored x, y and dz.
pub(super) fn operand_gradients(
    x: &Tensor,
    transpose_x: bool,
    y: &Tensor,
    transpose_y: bool,
    dz: &Tensor,
    product: impl Fn(&Tensor, bool, &Tensor, bool) -> Tensor,
) -> [Tensor; 2] {
    let dx = match transpose_x {
        false => product(dz, false, y, !transpose_y),
        true => product(y, transpose_y, dz, true),
    };
    let dy = match transpose_y {
        false => product(x, !transpose_x, dz, false),
        true => product(dz, true, x, transpose_x),
    };
    [dx, dy]
}

/// The axes of the batch, and the sizes `[m, n]` of the product.
///
/// # Errors
/// When types, batches or inner sizes do not fit.
fn product(
    x: &Fact,
    transpose_x: bool,
    y: &Fact,
    transpose_y: bool,
) -> Result<(PartialShape, [Option<usize>; 2]), Reason> {
    let takes = |dtype: DType| dtype.is_number() || dtype.is_complex();
    if x.dtype != y.dtype || !takes(x.dtype) {
        return Err(refusal(&[x.dtype, y.dtype], takes));
    }
    let (batch_x, [m, k]) = matrices(&x.shape, transpose_x);
    let (batch_y, [inner, n]) = matrices(&y.shape, transpose_y);
    if let (Some(k), Some(inner)) = (k, inner)
        && k != inner
    {
        let transposed = match (transpose_x, transpose_y) {
            (false, false) => "",
            (true, false) => " (with the first transposed)",
            (false, true) => " (with the second transposed)",
            (true, true) => " (with both transposed)",
        };
        return Err(format!("inner sizes differ: {k} and {inner}{transposed}").into());
    }
    let batch = batch_x.broadcast(&batch_y);
    let batch = batch.ok_or_else(|| format!("batches of shape {batch_x} and {batch_y} do not broadcast"))?;
    Ok((batch, [m, n]))
}

/// The axes before the last two, and the sizes of the matrices with `transpose` done.
fn matrices(shape: &PartialShape, transpose: bool) -> (PartialShape, [Option<usize>; 2]) {
    match shape.sizes() {
        Some([batch @ .., rows, columns]) => {
            let sizes = if transpose { [*columns, *rows] } else { [*rows, *columns] };
            (batch.iter().copied().collect(), sizes)
        }
        _ => (PartialShape::unknown(), [None, None]),
    }
}

/// A product, or a batch of them.
fn lower_product(node: Signature<'_>, transpose_a: bool, transpose_b: bool) -> Result<Lowered, Reason> {
    let dtype = node.inputs[0].dtype;
    let stored = dtype.scalar().ok_or_else(|| format!("there are no products of {dtype}"))?;
    let (x, y, z) =
        (known_shape(node.inputs[0])?, known_shape(node.inputs[1])?, known_shape(&node.outputs[0])?);
    let (batch, [m, n]) = split(&z);
    if batch.contains(&0) {
        // One of the operands may still hold a matrix, for each of the products that there are not.
        return Ok(Lowered::values([Array::zeros(dtype, z).map_err(|error| error.message().to_string())?]));
    }
    let (batch_x, size_x) = split(&x);
    let (batch_y, size_y) = split(&y);
    let k = if transpose_a { size_x[0] } else { size_x[1] };
    let steps = |from: &[usize], matrix: [usize; 2]| -> Result<Vec<isize>, Reason> {
        let strides = Layout::broadcast(from, batch)?.strides;
        Ok(strides.iter().map(|stride| stride.saturating_mul((matrix[0] * matrix[1]) as isize)).collect())
    };
    let (steps_x, steps_y) = (steps(batch_x, size_x)?, steps(batch_y, size_y)?);
    let (sizes, strides) = collapse(batch, &[&steps_x, &steps_y]);
    let mut spec = GemmSpec {
        dtype: stored,
        batch: 1,
        m,
        n,
        k,
        transpose_a,
        transpose_b,
        batch_stride_a: 0,
        batch_stride_b: 0,
        output: GemmOutput::Write,
        epilogue: None,
    };
    match sizes[..] {
        [] => {}
        // One matrix on the right serves for all: the rows of the batch are the rows of one product.
        [count] if strides[1][0] == 0 && !transpose_a && strides[0][0] == (m * k) as isize => {
            spec.m = count * m;
        }
        [count] => {
            spec.batch = count;
            spec.batch_stride_a = strides[0][0].unsigned_abs();
            spec.batch_stride_b = strides[1][0].unsigned_abs();
        }
        _ => {
            spec.batch = batch.iter().product();
            (spec.batch_stride_a, spec.batch_stride_b) = (m * k, k * n);
            let stretched_x = batch.iter().copied().chain(size_x).collect();
            let stretched_y = batch.iter().copied().chain(size_y).collect();
            // Both operands are stretched, along different axes: `[2, 1, m, k]` by `[3, k, n]`.
            let gemm = GemmKernel::new(spec)?;
            return stretching("StretchedGemm", gemm, stored.size(), &[(x, stretched_x), (y, stretched_y)]);
        }
    }
    Ok(Lowered::reading(2, Work::Gemm(spec)))
}

fn split(shape: &[usize]) -> (&[usize], [usize; 2]) {
    match shape {
        [batch @ .., rows, columns] => (batch, [*rows, *columns]),
        _ => (&[], [1, 1]),
    }
}

impl Tensor {
    /// The product of matrices: `[m, k]` by `[k, n]` gives `[m, n]`, element `[i, j]` being `Σₚ x[i, p] · y[p, j]`. With
    /// more than two axes it is the product of each pair of matrices, and the axes before the last two broadcast.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
    /// let w = tf.constant(array![[1.0], [10.0]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.matmul(&w), feeds![])?, array![[21.0], [43.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matmul(&self, y: impl Into<Operand>) -> Tensor {
        self.matmul_with(y, false, false)
    }

    /// As [`matmul`](Tensor::matmul), with x, or y, transposed first: their last two axes change places.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let rows = tf.placeholder::<f32>([None, Some(3)], "rows");
    /// let similarity = rows.matmul_with(&rows, false, true); // every row by every row
    /// let sess = Session::new(&tf)?;
    /// let feed = array![[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]];
    /// assert_eq!(sess.run(&similarity, feeds![rows => feed])?, array![[5.0, 2.0], [2.0, 2.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matmul_with(&self, y: impl Into<Operand>, transpose_a: bool, transpose_b: bool) -> Tensor {
        let y = y.into().tensor(self);
        match (self.rank(), y.rank()) {
            (Some(0..=2), Some(0..=2)) => self.graph().add(MatMul { transpose_a, transpose_b }, &[self, &y]),
            _ => self.graph().add(BatchMatMul { adj_x: transpose_a, adj_y: transpose_b }, &[self, &y]),
        }
    }
}

pub(super) fn mat_mul_cases() -> Vec<Case> {
    let wide = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]];
    let tall = || array![[0.5, -1.0], [2.0, 0.25], [-3.0, 1.0]];
    let build = |transpose_a, transpose_b| {
        move |_: &crate::Graph, x: &[Tensor]| vec![x[0].matmul_with(&x[1], transpose_a, transpose_b)]
    };
    vec![
        Case::fed("plain", [wide(), tall()], build(false, false))
            .expecting([array![[-4.5, 2.5], [-7.5, 3.75]]]),
        Case::fed("first transposed", [tall(), tall()], build(true, false)),
        Case::fed("second transposed", [wide(), wide()], build(false, true)),
        Case::fed("both transposed", [wide(), tall()], build(true, true)),
        Case::fed("by itself", [wide()], |_, x| vec![x[0].matmul_with(&x[0], false, true)]),
        Case::fed("inner size 0", [zeros([2, 0]), zeros([0, 3])], build(false, false))
            .expecting([zeros([2, 3])]),
        Case::fed("no rows", [zeros([0, 3]), tall()], build(false, false)),
        Case::fed("integers wrap", [array![[i32::MAX, 2]], array![[2], [1]]], build(false, false))
            .expecting([array![[0]]]),
        Case::fed("0 · NaN", [array![[0.0, 1.0]], array![[f32::NAN], [2.0]]], build(false, false))
            .at_kink()
            .expecting([array![[f32::NAN]]]),
    ]
}

pub(super) fn batch_mat_mul_cases() -> Vec<Case> {
    let pair = || array![[[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]], [[0.5, 0.0, -1.0], [2.0, -0.5, 1.0]]];
    let tall = || array![[[0.5, -1.0], [2.0, 0.25], [-3.0, 1.0]], [[1.0, 1.0], [0.0, 2.0], [3.0, -1.5]]];
    let build = |adj_x, adj_y| {
        move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(BatchMatMul { adj_x, adj_y }, &[&x[0], &x[1]])]
    };
    let reshaped = |array: Array, shape: &[usize]| array.reshape(shape).unwrap_or(array);
    vec![
        Case::fed("pairs", [pair(), tall()], build(false, false)),
        Case::fed("first adjoint", [tall(), tall()], build(true, false)),
        Case::fed("second adjoint", [pair(), pair()], build(false, true)),
        Case::fed("both adjoint", [pair(), tall()], build(true, true)),
        Case::fed("one matrix for all", [pair(), array![[1.0], [2.0], [3.0]]], build(false, false))
            .expecting([array![[[14.0], [33.5]], [[-2.5], [4.0]]]]),
        Case::fed("one matrix for all, adjoint", [pair(), array![[1.0, 2.0]]], build(true, true)),
        Case::fed("all by one", [array![[1.0, 2.0]], pair()], build(false, false)),
        Case::fed("both stretched", [reshaped(pair(), &[2, 1, 2, 3]), tall()], build(false, false)),
        Case::fed("matrices", [array![[1.0, 2.0]], array![[3.0], [4.0]]], build(false, false)),
        Case::fed("no matrices", [zeros([0, 2, 3]), zeros([0, 3, 2])], build(false, false)),
        Case::fed(
            "one matrix for none",
            [zeros([0, 2, 3]), array![[1.0], [2.0], [3.0]]],
            build(false, false),
        ),
    ]
}

fn zeros(shape: impl Into<Shape>) -> Array {
    Array::zeros(DType::Float32, shape).expect("cases are small")
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn error(x: &[usize], y: &[usize]) -> String {
        let tf = Graph::new();
        let operand = |shape: &[usize]| tf.full_of(DType::Float32, shape, 1.0);
        let _ = operand(x).matmul(operand(y));
        tf.check().unwrap_err().message().to_string()
    }

    #[test]
    fn what_does_not_fit_is_said_with_the_numbers() {
        assert_eq!(error(&[32, 784], &[748, 10]), "inner sizes differ: 784 and 748");
        assert!(error(&[3], &[3, 1]).starts_with("the first input must be a matrix and has shape [3]"));
        assert_eq!(error(&[2, 4, 5], &[3, 5, 4]), "batches of shape [2] and [3] do not broadcast");
        let tf = Graph::new();
        let x = tf.zeros::<f32>([2, 3]);
        let _ = x.matmul_with(&x, true, true);
        let error = tf.check().unwrap_err();
        assert_eq!(error.message(), "inner sizes differ: 2 and 3 (with both transposed)");
    }

    #[test]
    fn shapes_are_inferred_as_far_as_they_are_known() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(784)], "x");
        let w = tf.zeros::<f32>([784, 10]);
        assert_eq!(
            (x.matmul(&w).shape().to_string(), x.matmul(&w).op().op_type()),
            ("[?, 10]".into(), "MatMul")
        );
        let words = tf.placeholder::<f32>([None, None, Some(784)], "words");
        let product = words.matmul(&w);
        assert_eq!(
            (product.shape().to_string(), product.op().op_type()),
            ("[?, ?, 10]".into(), "BatchMatMulV2")
        );
        tf.check().unwrap();
    }

    #[test]
    fn gradients_are_products_and_nothing_else() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([2, 3], "x");
        let w = tf.placeholder::<f32>([4, 3], "w");
        let before = tf.len();
        let slopes = gradients(&[x.matmul_with(&w, false, true)], &[&x, &w]);
        let kinds: Vec<_> = tf.operations()[before..].iter().map(|op| op.op_type()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "MatMul").count(), 3);
        assert!(!kinds.contains(&"Transpose"), "{kinds:?}");
        let shapes: Vec<String> =
            slopes.iter().map(|slope| slope.as_ref().unwrap().shape().to_string()).collect();
        assert_eq!(shapes, ["[2, 3]", "[4, 3]"]);
    }
}
