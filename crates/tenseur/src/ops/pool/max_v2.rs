//! Poolings whose window and strides are inputs: MaxPoolV2 and its gradients.

use super::max::{MaxPool, MaxPoolGrad, MaxPoolGradGrad};
use super::{Pooling, distinct};
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{must_be_index, must_be_vector, wrong_count};
use crate::ops::sliding::{Padding, Sliding};
use crate::ops::{Attrs, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{Array, PartialShape};

/// What a pooling is told besides the window and its strides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// What is around the image.
    pub padding: Padding,
    /// Where the channels are.
    pub data_format: DataFormat,
}

impl Surroundings {
    fn from_attrs(attrs: &Attrs) -> Result<Surroundings, Reason> {
        let padding = Sliding::padding_from_attrs(attrs, 2)?;
        Ok(Surroundings { padding, data_format: Sliding::format_from_attrs(attrs, 2)? })
    }

    fn attrs(&self, attrs: Attrs) -> Attrs {
        let Surroundings { padding, data_format } = self.clone();
        let sliding = Sliding { data_format, ..Sliding::new([1, 1], padding) };
        sliding.attrs_of_padding(attrs)
    }

    /// The pooling that the inputs say, once they are known.
    fn pooling(&self, sizes: &Fact, strides: &Fact) -> Result<Option<Pooling>, Reason> {
        for (fact, what) in [(sizes, "ksize"), (strides, "strides")] {
            must_be_index(fact, what)?;
            must_be_vector(fact, what)?;
        }
        let (Some(sizes), Some(strides)) = (sizes.integers(), strides.integers()) else { return Ok(None) };
        let Surroundings { padding, data_format } = self.clone();
        Pooling::of(&sizes, &strides, 2, padding, data_format).map(Some)
    }
}

/// An op whose last two inputs are the window's sizes and its strides, as one that has them as attributes.
macro_rules! with_inputs {
    ($(#[$doc:meta])* $name:ident, $op_name:literal, $of:ident, $inputs:literal, |$node:ident, $dy:ident, $self:ident| $grad:expr,
     |$unknown:ident| $shape:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Padding, and where the channels are.
            pub surroundings: Surroundings,
        }

        impl Op for $name {
            fn name(&self) -> &'static str {
                $op_name
            }

            fn attrs(&self, node: Signature<'_>) -> Attrs {
                self.surroundings.attrs(Attrs::new().with("T", node.inputs[0].dtype))
            }

            fn from_attrs(attrs: &Attrs) -> Result<$name, Reason> {
                Ok($name { surroundings: Surroundings::from_attrs(attrs)? })
            }

            fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
                let [data @ .., sizes, strides] = inputs else { return Err(wrong_count($inputs + 2, inputs)) };
                if data.len() != $inputs {
                    return Err(wrong_count($inputs + 2, inputs));
                }
                match self.surroundings.pooling(sizes, strides)? {
                    Some(pooling) => $of::<2> { pooling }.infer(data),
                    None => {
                        let $unknown = data[0];
                        Ok(Fact::new(data[0].dtype, $shape).one())
                    }
                }
            }

            fn effects(&self) -> Effects {
                Effects::PURE.failing()
            }

            fn grad(&self) -> Grad<'_> {
                let $self = self;
                Grad::rule(move |$node, $dy| $grad)
            }

            fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
                let (data, said) = node.inputs.split_at($inputs);
                match self.surroundings.pooling(said[0], said[1])? {
                    Some(pooling) => $of::<2> { pooling }.lower(Signature { inputs: data, ..node }),
                    None => Ok(once_known(self, node)),
                }
            }
        }
    };
}

with_inputs! {
    /// As [`MaxPool`]; the last two inputs are the window's sizes and its strides, for every axis of x.
    MaxPoolV2, "MaxPoolV2", MaxPool, 1,
    |node, dy, op| {
        let op = MaxPoolGradV2 { surroundings: op.surroundings.clone() };
        [Some(dy.graph().add(op, &[node.x(0), node.y(0), dy, node.x(1), node.x(2)])), None, None]
    },
    |_x| PartialShape::of_rank(4)
}

with_inputs! {
    /// As [`MaxPoolGrad`]; the last two inputs are the window's sizes and its strides.
    MaxPoolGradV2, "MaxPoolGradV2", MaxPoolGrad, 3,
    |node, ddx, op| {
        let op = MaxPoolGradGradV2 { surroundings: op.surroundings.clone() };
        let ddy = ddx.graph().add(op, &[node.x(0), node.x(1), ddx, node.x(3), node.x(4)]);
        [None, None, Some(ddy), None, None]
    },
    |x| x.shape.clone()
}

with_inputs! {
    /// As [`MaxPoolGradGrad`]; the last two inputs are the window's sizes and its strides.
    MaxPoolGradGradV2, "MaxPoolGradGradV2", MaxPoolGradGrad, 3,
    |node, d, op| {
        let op = MaxPoolGradV2 { surroundings: op.surroundings.clone() };
        let back = d.graph().add(op, &[node.x(0), node.x(1), d, node.x(3), node.x(4)]);
        [None, None, Some(back), None, None]
    },
    |_x| PartialShape::of_rank(4)
}

fn surroundings() -> Surroundings {
    Surroundings { padding: Padding::Same, data_format: DataFormat::Nhwc }
}

/// Cases with window and strides as constants, and as feeds.
fn cases(data: &[Array], build: fn(&Graph, &[&Tensor], &Tensor, &Tensor) -> Tensor) -> Vec<Case> {
    let (sizes, strides) = ([1, 2, 3, 1], [1, 2, 1, 1]);
    let vector = |values: [i32; 4]| Array::new([4], values).expect("a vector");
    let count = data.len();
    let fed: Vec<Array> = data.iter().cloned().chain([vector(sizes), vector(strides)]).collect();
    vec![
        Case::fed("known", data.to_vec(), move |tf, x| {
            let (sizes, strides) = (tf.constant(vector(sizes)), tf.constant(vector(strides)));
            vec![build(tf, &x.iter().collect::<Vec<_>>(), &sizes, &strides)]
        }),
        Case::fed("fed", fed, move |tf, x| {
            vec![build(tf, &x[..count].iter().collect::<Vec<_>>(), &x[count], &x[count + 1])]
        }),
    ]
}

fn pool(tf: &Graph, x: &Tensor, sizes: &Tensor, strides: &Tensor) -> Tensor {
    tf.add(MaxPoolV2 { surroundings: surroundings() }, &[x, sizes, strides])
}

pub(in crate::ops) fn max_pool_v2_cases() -> Vec<Case> {
    cases(&[distinct([2, 3, 4, 2])], |tf, x, sizes, strides| pool(tf, x[0], sizes, strides))
}

pub(in crate::ops) fn max_pool_grad_v2_cases() -> Vec<Case> {
    cases(&[distinct([2, 3, 4, 2]), distinct([2, 2, 4, 2])], |tf, x, sizes, strides| {
        let y = pool(tf, x[0], sizes, strides);
        tf.add(MaxPoolGradV2 { surroundings: surroundings() }, &[x[0], &y, x[1], sizes, strides])
    })
}

pub(in crate::ops) fn max_pool_grad_grad_v2_cases() -> Vec<Case> {
    cases(&[distinct([2, 3, 4, 2]), distinct([2, 3, 4, 2])], |tf, x, sizes, strides| {
        let y = pool(tf, x[0], sizes, strides);
        tf.add(MaxPoolGradGradV2 { surroundings: surroundings() }, &[x[0], &y, x[1], sizes, strides])
    })
}
