//! One tensor dealt out into several, by a number for each of its rows (DynamicPartition), and several put together into
//! one, by an index for each of theirs (DynamicStitch).

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::rearrange::moved_facts;
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// Rows of several tensors at the places that their indices say: inputs are N tensors of indices, int32, and as many of
/// data, each of which begins with the shape of its indices. `y[indices[m][i, …], …] = data[m][i, …, …]`; where an index
/// comes twice the last row stays, and a row of no index is zero. There are as many rows as the largest index asks for.
#[derive(Clone, Debug)]
pub struct DynamicStitch<const PARALLEL: bool>;

impl<const PARALLEL: bool> Op for DynamicStitch<PARALLEL> {
    fn name(&self) -> &'static str {
        if PARALLEL { "ParallelDynamicStitch" } else { "DynamicStitch" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let count = node.inputs.len() / 2;
        Attrs::new().with("N", count as i64).with("T", node.outputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(DynamicStitch)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let count = inputs.len() / 2;
        if inputs.is_empty() || inputs.len() % 2 == 1 {
            return Err(
                format!("it takes indices and as many tensors, and got {} inputs", inputs.len()).into()
            );
        }
        let (indices, data) = inputs.split_at(count);
        let mut rest = PartialShape::unknown();
        let mut rows = Some(0);
        for (indices, data) in indices.iter().zip(data) {
            if indices.dtype != DType::Int32 || data.dtype != inputs[count].dtype {
                return Err(
                    format!("indices are of int32 and data of one type, not {indices} and {data}").into()
                );
            }
            if let (Some(places), Some(sizes)) = (indices.shape.sizes(), data.shape.sizes()) {
                let fits = places.len() <= sizes.len()
                    && places.iter().zip(sizes).all(|(a, b)| a.zip(*b).is_none_or(|(a, b)| a == b));
                let own = || sizes[places.len()..].iter().copied().collect();
                let merged = if fits { rest.merge(&own()) } else { None };
                rest = merged.ok_or_else(|| {
                    format!("data of shape {} do not go with indices of shape {}", data.shape, indices.shape)
                })?;
            }
            rows = match (rows, indices.integers()) {
                (Some(rows), Some(indices)) => Some(rows.max(row_count(&indices)?)),
                _ => None,
            };
        }
        let shape = match rest.sizes() {
            Some(sizes) => [rows].into_iter().chain(sizes.iter().copied()).collect(),
            None => PartialShape::unknown(),
        };
        let facts = Fact::new(inputs[count].dtype, shape).one();
        Ok(moved_facts(self, inputs, count..2 * count, facts))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let count = node.inputs() / 2;
            let taken = |m: usize| node.dy(0).map(|dy| dy.gather(node.x(m)));
            std::iter::repeat_n(None, count).chain((0..count).map(taken)).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| Ok(vec![stitched(arrays)?])))
    }
}

/// How many rows these indices ask for.
fn row_count(indices: &[i64]) -> Result<usize, Reason> {
    let mut rows = indices.iter().map(|&index| match usize::try_from(index) {
        Ok(index) => Ok(index.saturating_add(1)),
        Err(_) => Err(Reason::from(format!("an index is {index}; indices are 0 or more"))),
    });
    rows.try_fold(0, |most, rows| Ok(most.max(rows?)))
}

fn stitched(arrays: &[Array]) -> Result<Array, Reason> {
    let (indices, data) = arrays.split_at(arrays.len() / 2);
    let indices = indices.iter().map(|array| Ok((array.to_i64()?, array.shape().rank())));
    let indices = indices.collect::<Result<Vec<_>, Reason>>()?;
    let rows =
        indices.iter().try_fold(0, |most, (indices, _)| Ok::<_, Reason>(row_count(indices)?.max(most)))?;
    let rest = &data[0].shape()[indices[0].1..];
    let shape: Vec<usize> = [rows].iter().chain(rest).copied().collect();
    // What no memory can hold is refused here.
    Array::zeros(DType::Int64, [rows])?;
    let mut from = vec![None; rows];
    for (m, (indices, _)) in indices.iter().enumerate() {
        for (place, &index) in indices.iter().enumerate() {
            from[index as usize] = Some((m, place));
        }
    }
    assemble(&data.iter().collect::<Vec<_>>(), rest.iter().product(), shape, from)
}

/// Rows of a tensor dealt out: inputs are the data and, for each of its rows, the number of the output to which the row
/// goes; in each output the rows keep their order.
#[derive(Clone, Debug)]
pub struct DynamicPartition {
    /// How many outputs there are.
    pub num_partitions: i64,
}

impl Op for DynamicPartition {
    fn name(&self) -> &'static str {
        "DynamicPartition"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("num_partitions", self.num_partitions)
    }

    fn from_attrs(attrs: &Attrs) -> Result<DynamicPartition, Reason> {
        match attrs.require("num_partitions")? {
            num_partitions @ 1..=65_536 => Ok(DynamicPartition { num_partitions }),
            other => Err(format!("attribute \"num_partitions\" is {other}; there are 1 to 65536").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [data, partitions] = inputs else { return Err(wrong_count(2, inputs)) };
        if partitions.dtype != DType::Int32 {
            return Err(format!("partitions are of int32 and these are of {}", partitions.dtype).into());
        }
        let known = partitions.integers().map(|partitions| self.places(&partitions)).transpose()?;
        let (Some(sizes), Some(rows)) = (data.shape.sizes(), partitions.shape.sizes()) else {
            let unknown = Fact::new(data.dtype, PartialShape::unknown());
            return Ok((0..self.num_partitions).map(|_| unknown.clone()).collect());
        };
        let fits = rows.len() <= sizes.len()
            && rows.iter().zip(sizes).all(|(a, b)| a.zip(*b).is_none_or(|(a, b)| a == b));
        if !fits {
            let shapes = format!("data of shape {} and partitions of shape {}", data.shape, partitions.shape);
            return Err(format!("{shapes} do not go together: the first begins with the second").into());
        }
        let fact = |partition: usize| {
            let count = known.as_ref().map(|places| places[partition].len());
            let shape = [count].into_iter().chain(sizes[rows.len()..].iter().copied());
            Fact::new(data.dtype, shape.collect::<PartialShape>())
        };
        Ok((0..self.num_partitions as usize).map(fact).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// The gradients of the parts, stitched together where their rows came from.
    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let (data, partitions) = (node.x(0), node.x(1));
            let tf = data.graph();
            let shape = partitions.shape_tensor();
            let numbers = tf.range(0, partitions.size_tensor(), 1).reshape(&shape);
            let places = numbers.dynamic_partition(partitions, self.num_partitions as usize);
            let gradient = |part: usize| match node.dy(part) {
                Some(dy) => dy.clone(),
                None => node.y(part).zeros_like(),
            };
            let parts: Vec<Tensor> = (0..places.len()).map(gradient).collect();
            vec![Some(tf.dynamic_stitch(&places, &parts).reshape(data.shape_tensor())), None]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [data, partitions] = arrays else { return Err("it takes data and partitions".into()) };
            let rest = &data.shape()[partitions.shape().rank()..];
            let part = |places: Vec<usize>| {
                let shape: Vec<usize> = [places.len()].iter().chain(rest).copied().collect();
                let from = places.into_iter().map(|place| Some((0, place)));
                assemble(&[data], rest.iter().product(), shape, from)
            };
            op.places(&partitions.to_i64()?)?.into_iter().map(part).collect()
        }))
    }
}

impl DynamicPartition {
    /// For each output, which rows go there.
    fn places(&self, partitions: &[i64]) -> Result<Vec<Vec<usize>>, Reason> {
        let mut places = vec![Vec::new(); self.num_partitions as usize];
        for (row, &partition) in partitions.iter().enumerate() {
            let part = usize::try_from(partition).ok().and_then(|partition| places.get_mut(partition));
            let outside =
                || format!("partition {partition} at position {row} is outside [0, {})", self.num_partitions);
            part.ok_or_else(outside)?.push(row);
        }
        Ok(places)
    }
}

impl Tensor {
    /// Its rows dealt out to `count` tensors (`tf.dynamic_partition`): row i goes to that of number `partitions[i]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![10, 20, 30]);
    /// let parts = x.dynamic_partition(&tf.constant(array![1, 0, 1]), 2);
    /// assert_eq!(Session::new(&tf)?.run(&parts[1], feeds![])?, array![10, 30]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn dynamic_partition(&self, partitions: &Tensor, count: usize) -> Vec<Tensor> {
        let op = DynamicPartition { num_partitions: count as i64 };
        let parts = self.graph().add_op(op, &[self, partitions], None);
        (0..count).map(|part| parts.output(part)).collect()
    }
}

impl crate::Graph {
    /// Rows of several tensors at the places that their indices say (`tf.dynamic_stitch`):
    /// `y[indices[m][i]] = data[m][i]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (odd, even) = (tf.constant(array![1, 3]), tf.constant(array![0, 2]));
    /// let y = tf.dynamic_stitch(&[&even, &odd], &[tf.constant(array![0, 20]), tf.constant(array![10, 30])]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0, 10, 20, 30]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn dynamic_stitch(&self, indices: &[impl AsRef<Tensor>], data: &[impl AsRef<Tensor>]) -> Tensor {
        let indices = indices.iter().map(AsRef::as_ref);
        let inputs: Vec<&Tensor> = indices.chain(data.iter().map(AsRef::as_ref)).collect();
        self.add(DynamicStitch::<false>, &inputs)
    }
}

fn stitch_cases<const PARALLEL: bool>() -> Vec<Case> {
    let stitch = |tf: &crate::Graph, inputs: &[&Tensor]| vec![tf.add(DynamicStitch::<PARALLEL>, inputs)];
    vec![
        Case::fed("rows, one twice", [array![[1.0, 2.0]], array![[3.0, 4.0], [5.0, 6.0]]], move |tf, x| {
            stitch(tf, &[&tf.constant(array![2]), &tf.constant(array![0, 0]), &x[0], &x[1]])
        })
        // Each of the two gets the gradient of the one that stays, as in TensorFlow.
        .at_kink()
        .expecting([array![[5.0, 6.0], [0.0, 0.0], [1.0, 2.0]]]),
        Case::fed(
            "indices that are fed",
            [array![[1, 0], [0, 2]], array![[1.5, 2.0], [3.0, 4.0]]],
            move |tf, x| stitch(tf, &[&x[0], &x[1]]),
        )
        .at_kink()
        .expecting([array![3.0, 1.5, 4.0]]),
        Case::fed("two tensors", [array![[1.0, 2.0]], array![[3.0, 4.0], [5.0, 6.0]]], move |tf, x| {
            stitch(tf, &[&tf.constant(array![1]), &tf.constant(array![2, 0]), &x[0], &x[1]])
        }),
        Case::fed("a shape's parts", [array![[1.0], [2.0]]], move |tf, x| {
            let (range, ones) = (tf.range(0, 2, 1), tf.constant(array![1]));
            stitch(tf, &[&range, &tf.constant(array![1]), &x[0].shape_tensor(), &ones])
        })
        .expecting([array![2, 1]]),
        Case::new("strings", move |tf| {
            let (first, second) = (tf.constant(0), tf.constant(array![2]));
            stitch(tf, &[&first, &second, &tf.constant("a"), &tf.constant(array!["b"])])
        })
        .expecting([array!["a", "", "b"]]),
        Case::fed("nothing", [Array::from_literal([0.0; 0])], move |tf, x| {
            stitch(tf, &[&tf.constant(Array::from_literal([0; 0])), &x[0]])
        }),
    ]
}

pub(super) fn dynamic_stitch_cases() -> Vec<Case> {
    stitch_cases::<false>()
}

pub(super) fn parallel_dynamic_stitch_cases() -> Vec<Case> {
    stitch_cases::<true>()
}

pub(super) fn dynamic_partition_cases() -> Vec<Case> {
    let rows = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    vec![
        Case::fed("rows", [rows(), array![1, 0, 1]], |_, x| x[0].dynamic_partition(&x[1], 3)).expecting([
            array![[3.0, 4.0]],
            array![[1.0, 2.0], [5.0, 6.0]],
            Array::from_literal([[0.0; 2]; 0]),
        ]),
        Case::fed("by a constant matrix", [rows()], |tf, x| {
            x[0].dynamic_partition(&tf.constant(array![[1, 0], [0, 0], [1, 1]]), 2)
        })
        .expecting([array![2.0, 3.0, 4.0], array![1.0, 5.0, 6.0]]),
        Case::fed("a part that is not used", [rows(), array![1, 0, 1]], |_, x| {
            vec![x[0].dynamic_partition(&x[1], 2)[1].square()]
        }),
        Case::new("strings", |tf| {
            tf.constant(array!["a", "b", "c"]).dynamic_partition(&tf.constant(array![0, 1, 0]), 2)
        })
        .expecting([array!["a", "c"], array!["b"]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn refusal(build: impl Fn(&Graph) -> Tensor) -> String {
        let tf = Graph::new();
        let y = build(&tf);
        let run = Session::new(&tf).and_then(|session| session.run(&y, feeds![]));
        run.unwrap_err().message().to_string()
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let error = refusal(|tf| {
            tf.constant(array![1, 2]).dynamic_partition(&tf.constant(array![0, 2]), 2)[0].clone()
        });
        assert_eq!(error, "partition 2 at position 1 is outside [0, 2)");
        let error =
            refusal(|tf| tf.constant(array![1, 2]).dynamic_partition(&tf.constant(array![0]), 2)[0].clone());
        assert!(error.contains("the first begins with the second"), "{error}");
        let error = refusal(|tf| tf.dynamic_stitch(&[tf.constant(array![-1])], &[tf.constant(array![1])]));
        assert_eq!(error, "an index is -1; indices are 0 or more");
        let error = refusal(|tf| tf.dynamic_stitch(&[tf.constant(array![0, 1])], &[tf.constant(array![1])]));
        assert!(error.contains("do not go with indices of shape [2]"), "{error}");
    }
}
