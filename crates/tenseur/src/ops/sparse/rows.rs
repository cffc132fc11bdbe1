//! Sparse tensors with an element in every row (SparseFillEmptyRows).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_scalar, must_be_vector, wrong_count};
use crate::ops::segment::{SUM, folded};
use crate::ops::sparse::{Places, SparseTensor, indices_of, parts};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// A sparse tensor with a default value, the fourth input, at the beginning of each row that has no element. Outputs are
/// indices, values, whether each row was empty, and where each element has gone.
#[derive(Clone, Debug)]
pub struct SparseFillEmptyRows;

impl Op for SparseFillEmptyRows {
    fn name(&self) -> &'static str {
        "SparseFillEmptyRows"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseFillEmptyRows, Reason> {
        Ok(SparseFillEmptyRows)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape, default] = inputs else { return Err(wrong_count(4, inputs)) };
        let (count, rank) = parts(indices, values, shape)?;
        must_be_scalar(default, "the default value")?;
        if rank == Some(0) || default.dtype != values.dtype {
            return Err(format!("it fills rows of {values} and not by {default}").into());
        }
        let rows = shape.known_integers().and_then(|sizes| usize::try_from((*sizes.first()?)?).ok());
        let indices = Fact::new(DType::Int64, [None, rank].into_iter().collect::<PartialShape>());
        let values = Fact::new(values.dtype, [None]);
        let (empty, map) = (Fact::new(DType::Bool, [rows]), Fact::new(DType::Int64, [count]));
        Ok([indices, values, empty, map].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let Some(dy) = node.dy(1) else { return vec![None; 4] };
            let to_values = dy.gather(node.y(3));
            let to_default = dy.reduce_sum(..) - to_values.reduce_sum(..);
            vec![None, Some(to_values), None, Some(to_default)]
        }))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(4, |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            let &[rows, ref inner @ ..] = &places.sizes[..] else { return Err("it has no rows".into()) };
            // The whole may have few elements and still many rows.
            let mut of_row: Vec<Vec<usize>> = crate::value::room(rows as usize)?;
            of_row.resize(rows as usize, Vec::new());
            for (number, row) in places.rows().into_iter().enumerate() {
                let elements = usize::try_from(row[0]).ok().and_then(|row| of_row.get_mut(row));
                let outside = || format!("index {row:?} at position {number} is outside {:?}", places.sizes);
                elements.ok_or_else(outside)?.push(number);
            }
            let (mut indices, mut from) = (Vec::new(), Vec::new());
            let mut map = vec![0i64; arrays[1].len()];
            for (row, elements) in of_row.iter().enumerate() {
                for &number in elements {
                    map[number] = from.len() as i64;
                    indices.extend(places.rows()[number]);
                    from.push(Some((0, number)));
                }
                if elements.is_empty() {
                    indices.push(row as i64);
                    indices.extend(inner.iter().map(|_| 0));
                    from.push(Some((1, 0)));
                }
            }
            let empty: Vec<bool> = of_row.iter().map(Vec::is_empty).collect();
            Ok(vec![
                indices_of(&indices, places.rank(), DType::Int64)?,
                assemble(&[&arrays[1], &arrays[3]], 1, [from.len()], from)?,
                Array::new([empty.len()], empty)?,
                Array::new([map.len()], map)?,
            ])
        }))
    }
}

/// What flows back through a [`SparseFillEmptyRows`], to its values and to the default: inputs are where each element has
/// gone, and the gradient.
#[derive(Clone, Debug)]
pub struct SparseFillEmptyRowsGrad;

impl Op for SparseFillEmptyRowsGrad {
    fn name(&self) -> &'static str {
        "SparseFillEmptyRowsGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseFillEmptyRowsGrad, Reason> {
        Ok(SparseFillEmptyRowsGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [map, dy] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_vector(map, "the map")?;
        must_be_vector(dy, "the gradient")?;
        if !dy.dtype.is_number() && !dy.dtype.is_complex() {
            return Err(format!("gradients are numbers, not {}", dy.dtype).into());
        }
        let default = Fact::new(dy.dtype, PartialShape::scalar());
        Ok([Fact::new(dy.dtype, [map.shape.size(0)]), default].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradient of it")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("SparseFillEmptyRowsGrad", node, |arrays| {
            let (map, count) = (arrays[0].to_i64()?, arrays[1].len());
            let mut from = Vec::with_capacity(map.len());
            let mut rest = vec![true; count];
            for &place in &map {
                let place = usize::try_from(place).ok().filter(|&place| place < count);
                let place = place.ok_or_else(|| format!("an element has gone outside [0, {count})"))?;
                rest[place] = false;
                from.push(Some((0, place)));
            }
            let defaults: Vec<_> =
                (0..count).filter(|&place| rest[place]).map(|place| Some((0, place))).collect();
            let length = defaults.len();
            let defaults = assemble(&[&arrays[1]], 1, [length], defaults)?;
            let sum = folded(SUM, &defaults, &vec![0; length], 1, |_| 1.0)?;
            Ok(vec![assemble(&[&arrays[1]], 1, [map.len()], from)?, sum.reshape(Shape::scalar())?])
        }))
    }
}

impl SparseTensor {
    /// It with `default` at the beginning of each row without elements, and which rows those are
    /// (`tf.sparse_fill_empty_rows`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 1]], array![5.0], [2, 2]);
    /// let (full, empty) = x.fill_empty_rows(-1.0);
    /// let (y, empty) = Session::new(&tf)?.run((&full.to_dense(0.0), &empty), feeds![])?;
    /// assert_eq!((y, empty), (array![[0.0, 5.0], [-1.0, 0.0]], array![false, true]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn fill_empty_rows(&self, default: impl Into<Operand>) -> (SparseTensor, Tensor) {
        let [indices, values, shape] = self.parts();
        let default = default.into().tensor(values);
        let node = values.graph().add_op(SparseFillEmptyRows, &[indices, values, shape, &default], None);
        (SparseTensor::new(&node.output(0), &node.output(1), shape), node.output(2))
    }
}

pub(in crate::ops) fn sparse_fill_empty_rows_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let (full, empty) =
            SparseTensor::from_parts(tf, &[[1, 0], [1, 2], [3, 1]], &x[0], [5, 3]).fill_empty_rows(&x[1]);
        vec![full.indices, full.values, empty]
    };
    vec![
        Case::fed("three empty", [array![1.0, 2.0, 3.0], Array::scalar(9.0f32)], build).expecting([
            as_type(array![[0, 0], [1, 0], [1, 2], [2, 0], [3, 1], [4, 0]], DType::Int64),
            array![9.0, 1.0, 2.0, 9.0, 3.0, 9.0],
            array![true, false, true, false, true],
        ]),
        Case::fed("strings", [array!["a", "b", "c"], Array::from_literal("-")], build),
    ]
}

pub(in crate::ops) fn sparse_fill_empty_rows_grad_cases() -> Vec<Case> {
    vec![
        Case::fed(
            "two defaults",
            [as_type(array![2, 0], DType::Int64), array![1.0, 2.0, 3.0, 4.0]],
            |tf, x| {
                let dy = x[1].stop_gradient();
                let node = tf.add_op(SparseFillEmptyRowsGrad, &[&x[0], &dy], None);
                vec![node.output(0), node.output(1)]
            },
        )
        .expecting([array![3.0, 1.0], Array::scalar(6.0f32)]),
    ]
}
