//! Biases: one number for each channel, added wherever that channel is.

use smallvec::smallvec;
use tenseur_kernels::{Binary, Layout, MapKernel, MapProgram, ReduceOp};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, Reduce, Work, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::complex::{Complex, array_of, numbers};
use crate::ops::elementwise::{broadcast_map, refusal};
use crate::ops::{Attrs, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// x + bias, where the bias has as many elements as x has channels. (BiasAddV1, which has no data format, is a spelling
/// of it.)
#[derive(Clone, Debug)]
pub struct BiasAdd {
    /// Which axis the channels are: the last, or the second.
    pub data_format: DataFormat,
}

impl Op for BiasAdd {
    fn name(&self) -> &'static str {
        "BiasAdd"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("data_format", self.data_format.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<BiasAdd, Reason> {
        Ok(BiasAdd { data_format: DataFormat::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, bias] = inputs else { return Err(wrong_count(2, inputs)) };
        if x.dtype != bias.dtype || !takes(x.dtype) {
            return Err(refusal(&[x.dtype, bias.dtype], takes));
        }
        if bias.shape.rank().is_some_and(|rank| rank != 1) {
            return Err(format!("the bias must be a vector and has shape {}", bias.shape).into());
        }
        let Some(sizes) = x.shape.sizes() else {
            return Ok(Fact::new(x.dtype, PartialShape::unknown()).one());
        };
        at_least_two_axes(sizes.len(), &x.shape)?;
        let axis = self.data_format.channel_axis(sizes.len());
        let mut shape = sizes.to_vec();
        shape[axis] = match (sizes[axis], bias.shape.size(0)) {
            (Some(channels), Some(biases)) if channels != biases => {
                return Err(
                    format!("x has {channels} channels ({}) and there are {biases} biases", x.shape).into()
                );
            }
            (channels, biases) => channels.or(biases),
        };
        Ok(Fact::new(x.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| {
            let bias = dy.graph().add(BiasAddGrad { data_format: self.data_format }, &[dy]);
            [Some(dy.clone()), Some(bias)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let shape = known_shape(&node.outputs[0])?;
        let axis = self.data_format.channel_axis(shape.rank());
        if node.outputs[0].dtype.is_complex() {
            return Ok(Lowered::arrays("BiasAdd", node, move |arrays| {
                let (mut sums, biases) = (numbers(&arrays[0])?, numbers(&arrays[1])?);
                let inner = shape[axis + 1..].iter().product::<usize>();
                for (place, sum) in sums.iter_mut().enumerate() {
                    *sum += biases[place / inner % biases.len()];
                }
                Ok(vec![array_of(arrays[0].dtype(), shape.clone(), &sums)?])
            }));
        }
        if axis + 1 == shape.rank() {
            return broadcast_map(node, |program, x| program.binary(Binary::Add, x[0], x[1]));
        }
        let dtype = node.outputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let mut program = MapProgram::new();
        let (x, bias) = (program.input(stored), program.input(stored));
        let sum = program.binary(Binary::Add, x, bias);
        program.output(sum, stored);
        let mut strides = vec![0; shape.rank()];
        strides[axis] = 1;
        let layouts = [Layout::contiguous(&shape), Layout { offset: 0, strides, elements: shape[axis] }];
        Ok(Lowered::kernel(MapKernel::new(program.finish(), &shape, &layouts)?))
    }
}

/// The sum over every axis but that of the channels: the gradient of a bias.
#[derive(Clone, Debug)]
pub struct BiasAddGrad {
    /// Which axis the channels are: the last, or the second.
    pub data_format: DataFormat,
}

impl Op for BiasAddGrad {
    fn name(&self) -> &'static str {
        "BiasAddGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("data_format", self.data_format.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<BiasAddGrad, Reason> {
        Ok(BiasAddGrad { data_format: DataFormat::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy] = inputs else { return Err(wrong_count(1, inputs)) };
        if !takes(dy.dtype) {
            return Err(refusal(&[dy.dtype], takes));
        }
        let channels = match dy.shape.rank() {
            Some(rank) => {
                at_least_two_axes(rank, &dy.shape)?;
                dy.shape.size(self.data_format.channel_axis(rank))
            }
            None => None,
        };
        Ok(Fact::new(dy.dtype, [channels]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddb| {
            let data_format = self.data_format;
            [Some(ddb.graph().add(BiasAdd { data_format }, &[&node.x(0).zeros_like(), ddb]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        let shape = known_shape(node.inputs[0])?;
        let rank = shape.rank();
        let kept = self.data_format.channel_axis(rank);
        if dtype.is_complex() {
            return Ok(Lowered::arrays("BiasAddGrad", node, move |arrays| {
                let mut sums = vec![Complex::default(); shape[kept]];
                let inner = shape[kept + 1..].iter().product::<usize>();
                for (place, number) in numbers(&arrays[0])?.into_iter().enumerate() {
                    sums[place / inner % shape[kept]] += number;
                }
                Ok(vec![array_of(dtype, [sums.len()], &sums)?])
            }));
        }
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let mut prologue = MapProgram::new();
        let x = prologue.input(stored);
        prologue.output(x, stored);
        let axes = (0..rank).filter(|&axis| axis != kept).collect();
        let reduce = Reduce { prologue, axes, op: ReduceOp::Sum, epilogue: None };
        Ok(Lowered { work: Work::Reduce(reduce), reads: smallvec![0] })
    }
}

fn takes(dtype: DType) -> bool {
    dtype.is_number() || dtype.is_complex()
}

fn at_least_two_axes(rank: usize, shape: &PartialShape) -> Result<(), Reason> {
    match rank {
        0 | 1 => {
            Err(format!("it must have at least two axes, batch and channels, and has shape {shape}").into())
        }
        _ => Ok(()),
    }
}

/// x + bias: the bias, a vector, has one number for each channel, which is x's last axis.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
/// let y = nn::bias_add(&x, array![0.5, -0.5]);
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[1.5, 1.5], [3.5, 3.5]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn bias_add(x: impl AsRef<Tensor>, bias: impl Into<Operand>) -> Tensor {
    bias_add_to(x, bias, DataFormat::Nhwc)
}

/// As [`bias_add`], where `data_format` says which axis of x the channels are.
#[track_caller]
pub fn bias_add_to(x: impl AsRef<Tensor>, bias: impl Into<Operand>, data_format: DataFormat) -> Tensor {
    x.as_ref().with(BiasAdd { data_format }, bias)
}

pub(super) fn bias_add_cases() -> Vec<Case> {
    let image = || array![[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[-1.0, -2.0], [-3.0, -4.0], [-5.0, -6.0]]];
    let build =
        |data_format| move |_: &crate::Graph, x: &[Tensor]| vec![bias_add_to(&x[0], &x[1], data_format)];
    vec![
        Case::fed("rows", [array![[1.0, 2.0], [3.0, 4.0]], array![0.5, -0.5]], build(DataFormat::Nhwc))
            .expecting([array![[1.5, 1.5], [3.5, 3.5]]]),
        Case::fed("channels last", [image(), array![0.5, -0.5]], build(DataFormat::Nhwc)),
        Case::fed("channels first", [image(), array![10.0, 20.0, 30.0]], build(DataFormat::Nchw)).expecting(
            [array![[[11.0, 12.0], [23.0, 24.0], [35.0, 36.0]], [[9.0, 8.0], [17.0, 16.0], [25.0, 24.0]]]],
        ),
        Case::fed(
            "a matrix, channels first",
            [array![[1.0, 2.0]], array![0.5, -0.5]],
            build(DataFormat::Nchw),
        ),
        Case::fed("no rows", [array![[1.0, 2.0]], array![0.5, -0.5]], |tf, x| {
            let none = tf.full_of(x[0].dtype_or(DType::Float32), [0, 2], 0.0);
            vec![bias_add(&none, &x[1])]
        }),
        Case::fed("integers", [array![[1, 2]], array![10, 20]], build(DataFormat::Nhwc)),
    ]
}

pub(super) fn bias_add_grad_cases() -> Vec<Case> {
    let image = || array![[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[0.0, 1.0], [0.5, 2.0], [3.0, -1.0]]];
    let build = |data_format| {
        move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(BiasAddGrad { data_format }, &[&x[0]])]
    };
    vec![
        Case::fed("rows", [array![[1.0, 2.0], [3.0, 4.0]]], build(DataFormat::Nhwc))
            .expecting([array![4.0, 6.0]]),
        Case::fed("channels last", [image()], build(DataFormat::Nhwc)).expecting([array![12.5, 14.0]]),
        Case::fed("channels first", [image()], build(DataFormat::Nchw)).expecting([array![4.0, 9.5, 13.0]]),
        Case::new("no rows", |tf| {
            vec![tf.add(BiasAddGrad { data_format: DataFormat::Nhwc }, &[&tf.zeros::<f32>([0, 2])])]
        })
        .expecting([array![0.0, 0.0]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn biases_are_one_for_each_channel() {
        let said = |x: &[usize], biases: &[usize]| {
            let tf = Graph::new();
            let operand = |shape: &[usize]| tf.full_of(DType::Float32, shape, 1.0);
            let _ = nn::bias_add(operand(x), operand(biases));
            tf.check().unwrap_err().message().to_string()
        };
        assert_eq!(said(&[32, 10], &[9]), "x has 10 channels ([32, 10]) and there are 9 biases");
        assert_eq!(said(&[32, 10], &[1, 10]), "the bias must be a vector and has shape [1, 10]");
        assert!(said(&[10], &[10]).starts_with("it must have at least two axes"));
    }
}
