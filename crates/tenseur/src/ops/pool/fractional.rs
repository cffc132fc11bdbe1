//! Poolings whose windows are of two neighbouring sizes, so that a picture becomes smaller by a ratio that is no whole number
//! (Graham, "Fractional max-pooling", 2014). The windows are drawn anew in each run, from TensorFlow's random numbers.

use smallvec::smallvec;
use tenseur_kernels::random::RandomCall;

use super::fractional_windows::{Grid, drawn, integers};
use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::{shape, wrong_count};
use crate::ops::random::Seeds;
use crate::ops::{Attrs, Effects, Grad, Op, Signature, image};
use crate::value::{Array, DType, PartialShape, Shape};

/// The greatest of what each window sees, or (of a MEAN) the mean; and where the windows begin, along the rows and along the
/// columns, and end.
#[derive(Clone, Debug)]
pub struct FractionalPool<const MEAN: bool> {
    /// By how much each axis of `[batch, height, width, channels]` becomes smaller; that of batch and channels is 1.
    pub pooling_ratio: Vec<f32>,
    /// Whether window sizes come as evenly as the ratio has it, rather than in any order.
    pub pseudo_random: bool,
    /// Whether a window also sees where the next begins.
    pub overlapping: bool,
    /// Whether all runs have the windows of the first.
    pub deterministic: bool,
    /// Where its stream begins.
    pub seeds: Seeds,
}

/// The gradient of [`FractionalPool`] with the greatest: inputs are the pictures, what became of them, its gradient, and where
/// windows begin along rows and along columns.
#[derive(Clone, Debug)]
pub struct FractionalMaxPoolGrad {
    /// As there.
    pub overlapping: bool,
}

/// The gradient of [`FractionalPool`] with the mean: inputs are the pictures' shape, the gradient of what became of them, and
/// where windows begin along rows and along columns.
#[derive(Clone, Debug)]
pub struct FractionalAvgPoolGrad {
    /// As there.
    pub overlapping: bool,
}

/// Whether these are pictures of a type that is pooled.
fn must_be_pictures(x: &Fact) -> Result<(), Reason> {
    if !matches!(x.dtype, DType::Float32 | DType::Float64 | DType::Int32 | DType::Int64) {
        return Err(format!("it takes float32, float64, int32 or int64, and not {}", x.dtype).into());
    }
    match x.shape.rank() {
        None | Some(4) => Ok(()),
        Some(_) => Err(format!("pictures are [batch, height, width, channels], and not {}", x.shape).into()),
    }
}

impl<const MEAN: bool> FractionalPool<MEAN> {
    /// How long an axis is afterwards.
    fn length(&self, axis: usize, size: usize) -> Option<usize> {
        let length = (size as f32 / self.pooling_ratio[axis]).floor();
        (length >= 1.0 && length <= size as f32).then_some(length as usize)
    }
}

impl<const MEAN: bool> Op for FractionalPool<MEAN> {
    fn name(&self) -> &'static str {
        if MEAN { "FractionalAvgPool" } else { "FractionalMaxPool" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("deterministic", self.deterministic)
            .with("overlapping", self.overlapping)
            .with("pooling_ratio", self.pooling_ratio.clone())
            .with("pseudo_random", self.pseudo_random);
        self.seeds.add_to(attrs)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let pooling_ratio: Vec<f32> = attrs.require("pooling_ratio")?;
        if pooling_ratio.len() != 4 || pooling_ratio.iter().any(|ratio| ratio.is_nan() || *ratio < 1.0) {
            return Err(format!(
                "attribute \"pooling_ratio\" is {pooling_ratio:?}; it is four numbers, 1 and more"
            )
            .into());
        }
        Ok(FractionalPool {
            pooling_ratio,
            pseudo_random: attrs.optional("pseudo_random", false)?,
            overlapping: attrs.optional("overlapping", false)?,
            deterministic: attrs.optional("deterministic", false)?,
            seeds: Seeds::from_attrs(attrs)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        must_be_pictures(x)?;
        if self.pooling_ratio[0] != 1.0 || self.pooling_ratio[3] != 1.0 {
            let why =
                format!("batch and channels are not pooled, and the ratios are {:?}", self.pooling_ratio);
            return Err(Reason::new(Code::Unimplemented, why));
        }
        let mut sizes = [None; 4];
        for (axis, length) in sizes.iter_mut().enumerate() {
            let Some(size) = x.shape.size(axis) else { continue };
            *length = match axis {
                0 | 3 if size == 0 => return Err(format!("pictures of shape {} are none", x.shape).into()),
                0 | 3 => Some(size),
                _ => Some(self.length(axis, size).ok_or_else(|| {
                    format!("nothing is left of {size} places by the ratio {}", self.pooling_ratio[axis])
                })?),
            };
        }
        let begins = |length: Option<usize>| {
            Fact::new(DType::Int64, PartialShape::from([length.map(|length| length + 1)]))
        };
        let begins = [begins(sizes[1]), begins(sizes[2])];
        Ok(std::iter::once(Fact::new(x.dtype, sizes)).chain(begins).collect())
    }

    fn effects(&self) -> Effects {
        self.seeds.effects().failing()
    }

    fn grad(&self) -> Grad<'_> {
        let rule = |node: &crate::ops::Backward<'_>| {
            let Some(dy) = node.dy(0) else { return vec![None] };
            let (graph, overlapping) = (dy.graph(), self.overlapping);
            vec![Some(match MEAN {
                false => graph.add(
                    FractionalMaxPoolGrad { overlapping },
                    &[node.x(0), node.y(0), dy, node.y(1), node.y(2)],
                ),
                true => {
                    let shape = graph.add(shape::Shape { out_type: DType::Int64 }, &[node.x(0)]);
                    graph.add(FractionalAvgPoolGrad { overlapping }, &[&shape, dy, node.y(1), node.y(2)])
                }
            })]
        };
        Grad::Once(Box::new(rule), "the gradient of a fractional pooling has none, as in TensorFlow")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if !self.deterministic && self.seeds != Seeds(0, 0) {
            return Err("attributes \"seed\" and \"seed2\" go only with \"deterministic\"".into());
        }
        let (op, dtype) = (self.clone(), node.inputs[0].dtype);
        let (from, to) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        let size = dtype.size().ok_or("pictures are of numbers")?;
        let begins = |axis: usize| (to[axis] + 1) * size_of::<i64>();
        let outputs = [to.elements() * size, begins(1), begins(2)];
        let seeds = (self.seeds.0, self.seeds.1);
        let kernel = RandomCall::new(
            self.name(),
            seeds,
            &[from.elements() * size],
            &outputs,
            move |stream, inputs, outputs| {
                // A stream that stays where it is gives the same windows again.
                let mut next = *stream;
                let rows = drawn(&mut next, from[1], to[1], op.pseudo_random);
                let columns = drawn(&mut next, from[2], to[2], op.pseudo_random);
                if !op.deterministic {
                    *stream = next;
                }
                let x = Array::from_bytes(dtype, from.clone(), inputs[0])?;
                let grid = Grid::new(&from, &rows, &columns, op.overlapping)?;
                let pooled = grid.pooled::<MEAN>(&x)?;
                outputs[0].copy_from_slice(pooled.bytes()?);
                outputs[1].copy_from_slice(bytemuck::cast_slice(&rows));
                outputs[2].copy_from_slice(bytemuck::cast_slice(&columns));
                Ok(())
            },
        );
        Ok(Lowered { work: Work::Random(Box::new(kernel)), reads: smallvec![0] })
    }
}

/// Where windows begin, of two inputs.
fn begins(arrays: &[Array]) -> Result<[&[i64]; 2], Reason> {
    Ok([arrays[0].as_slice::<i64>()?, arrays[1].as_slice::<i64>()?])
}

/// Whether a gradient is of the shape of what the windows give.
fn must_fit(grid: &Grid, dy: &Array) -> Result<(), Reason> {
    match *dy.shape() == grid.output() {
        true => Ok(()),
        false => {
            Err(format!("the windows give {}, and the gradient is {}", grid.output(), dy.shape()).into())
        }
    }
}

/// Σ of what goes to each place, as an array of this type and shape.
fn gathered(
    shape: &Shape,
    dy: &Array,
    to: impl FnOnce(&mut dyn FnMut(usize, f64, i64)) -> Result<(), Reason>,
) -> Result<Array, Reason> {
    let count = shape.checked_elements().ok_or("there is no memory for the pictures")?;
    let whole = Array::zeros(dy.dtype(), shape.clone())?;
    match dy.dtype().is_float() {
        true => {
            let mut sums = vec![0.0; count];
            to(&mut |place, amount, _| sums[place] += amount)?;
            image::array_of(whole.dtype(), shape.clone(), &sums)
        }
        false => {
            let mut sums = vec![0i64; count];
            to(&mut |place, _, amount| sums[place] = sums[place].wrapping_add(amount))?;
            integers(whole.dtype(), shape.clone(), &sums)
        }
    }
}

impl Op for FractionalMaxPoolGrad {
    fn name(&self) -> &'static str {
        "FractionalMaxPoolGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("overlapping", self.overlapping)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(FractionalMaxPoolGrad { overlapping: attrs.optional("overlapping", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y, dy, rows, columns] = inputs else { return Err(wrong_count(5, inputs)) };
        must_be_pictures(x)?;
        if y.dtype != x.dtype || dy.dtype != x.dtype {
            return Err(
                format!("all are of one type, and not of {}, {} and {}", x.dtype, y.dtype, dy.dtype).into()
            );
        }
        must_begin(&[rows, columns])?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no rule for it either")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let overlapping = self.overlapping;
        Ok(Lowered::arrays("FractionalMaxPoolGrad", node, move |arrays| {
            let [rows, columns] = begins(&arrays[3..])?;
            let grid = Grid::new(arrays[0].shape(), rows, columns, overlapping)?;
            must_fit(&grid, &arrays[1])?;
            must_fit(&grid, &arrays[2])?;
            let places = grid.greatest(&arrays[0])?;
            if grid.pooled::<false>(&arrays[0])? != arrays[1] {
                return Err("the second input is not what the windows make of the first".into());
            }
            let (real, whole) = numbers(&arrays[2])?;
            Ok(vec![gathered(arrays[0].shape(), &arrays[2], |give| {
                places.iter().enumerate().for_each(|(i, &place)| give(place, real[i], whole[i]));
                Ok(())
            })?])
        }))
    }
}

/// Numbers as floats and as integers; of floats the second are 0.
fn numbers(array: &Array) -> Result<(Vec<f64>, Vec<i64>), Reason> {
    match array.dtype().is_float() {
        true => Ok((array.to_f64()?, vec![0; array.len()])),
        false => Ok((vec![0.0; array.len()], array.to_i64()?)),
    }
}

fn must_begin(inputs: &[&Fact]) -> Result<(), Reason> {
    match inputs
        .iter()
        .find(|fact| fact.dtype != DType::Int64 || fact.shape.rank().is_some_and(|rank| rank != 1))
    {
        Some(other) => Err(format!("windows begin at vectors of int64, and not at {other}").into()),
        None => Ok(()),
    }
}

impl Op for FractionalAvgPoolGrad {
    fn name(&self) -> &'static str {
        "FractionalAvgPoolGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("overlapping", self.overlapping)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(FractionalAvgPoolGrad { overlapping: attrs.optional("overlapping", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape, dy, rows, columns] = inputs else { return Err(wrong_count(4, inputs)) };
        must_be_pictures(dy)?;
        must_begin(&[shape, rows, columns])?;
        let shape = crate::ops::array::shape_from(shape)?;
        if shape.rank().is_some_and(|rank| rank != 4) {
            return Err(format!("pictures are [batch, height, width, channels], and not {shape}").into());
        }
        Ok(Fact::new(dy.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no rule for it either")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let overlapping = self.overlapping;
        let shape = known_shape(&node.outputs[0])?;
        Ok(Lowered::arrays("FractionalAvgPoolGrad", node, move |arrays| {
            let [rows, columns] = begins(&arrays[2..])?;
            let grid = Grid::new(&shape, rows, columns, overlapping)?;
            must_fit(&grid, &arrays[1])?;
            let (real, whole) = numbers(&arrays[1])?;
            Ok(vec![gathered(&shape, &arrays[1], |give| {
                let mut output = 0;
                grid.each(|seen| {
                    let count = seen.len();
                    let (part, whole) = (real[output] / count as f64, whole[output] / count as i64);
                    seen.iter().for_each(|&place| give(place, part, whole));
                    output += 1;
                });
                Ok(())
            })?])
        }))
    }
}

fn pictures() -> Array {
    let numbers: Vec<f32> = (0..2 * 7 * 6 * 2).map(|i| ((i * 37) % 101) as f32 / 10.0).collect();
    Array::new([2, 7, 6, 2], numbers).expect("as many")
}

pub(in crate::ops) fn fractional_pool_cases<const MEAN: bool>() -> Vec<Case> {
    let build = |pseudo_random, overlapping| {
        move |tf: &Graph, x: &[Tensor]| {
            let op = FractionalPool::<MEAN> {
                pooling_ratio: vec![1.0, 1.44, 1.73, 1.0],
                pseudo_random,
                overlapping,
                deterministic: true,
                seeds: Seeds(5, 7),
            };
            let node = tf.add_op(op, &[&x[0]], None);
            (0..3).map(|output| node.output(output)).collect()
        }
    };
    vec![
        Case::fed("by chance", [pictures()], build(false, false)).twice().at_kink(),
        Case::fed("as even as can be", [pictures()], build(true, true)).twice().at_kink(),
    ]
}

pub(in crate::ops) fn fractional_max_pool_grad_cases() -> Vec<Case> {
    vec![Case::fed("two by two", [pictures()], |tf, x| {
        let begins = [
            tf.constant(Array::new([3], [0i64, 3, 7]).expect("three")),
            tf.constant(Array::new([3], [0i64, 3, 6]).expect("three")),
        ];
        let grid = Grid::new(pictures().shape(), &[0, 3, 7], &[0, 3, 6], true).expect("windows");
        let y = tf.constant(grid.pooled::<false>(&pictures()).expect("numbers"));
        let x = x[0].stop_gradient();
        vec![tf.add(
            FractionalMaxPoolGrad { overlapping: true },
            &[&x, &y, &(y.zeros_like() + 1.5), &begins[0], &begins[1]],
        )]
    })]
}

pub(in crate::ops) fn fractional_avg_pool_grad_cases() -> Vec<Case> {
    vec![
        Case::fed("one window", [array![[[[6.0]]]]], |tf, x| {
            let shape = tf.constant(Array::new([4], [1i64, 2, 3, 1]).expect("four"));
            let begins = [
                tf.constant(Array::new([2], [0i64, 2]).expect("two")),
                tf.constant(Array::new([2], [0i64, 3]).expect("two")),
            ];
            let op = FractionalAvgPoolGrad { overlapping: false };
            vec![tf.add(op, &[&shape, &x[0].stop_gradient(), &begins[0], &begins[1]])]
        })
        .expecting([array![[[[1.0], [1.0], [1.0]], [[1.0], [1.0], [1.0]]]]]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn windows_are_of_two_sizes_and_other_ones_in_each_run() {
        for pseudo_random in [false, true] {
            let tf = Graph::new();
            let x = tf.constant(Array::zeros(DType::Float32, [1, 90, 64, 1]).unwrap());
            let op = FractionalPool::<false> {
                pooling_ratio: vec![1.0, 1.7, 2.0, 1.0],
                pseudo_random,
                overlapping: false,
                deterministic: false,
                seeds: Seeds(0, 0),
            };
            let node = tf.add_op(op, &[&x], None);
            let sess = Session::new(&tf).unwrap();
            let run = |output: usize| sess.run(&node.output(output), feeds![]).unwrap().to_i64().unwrap();
            // Two runs may well draw the same windows; a dozen do not.
            let runs: Vec<Vec<i64>> = (0..12).map(|_| run(1)).collect();
            assert!(runs.iter().any(|begins| *begins != runs[0]));
            for begins in runs {
                assert_eq!((begins.len(), begins[0], begins[52]), (53, 0, 90));
                assert!(begins.windows(2).all(|pair| matches!(pair[1] - pair[0], 1 | 2)));
            }
            assert_eq!(run(2), (0..=32).map(|i| 2 * i).collect::<Vec<_>>());
        }
    }
}
