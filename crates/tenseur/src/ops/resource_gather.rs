//! Looking rows and slices of a resource variable up by index, without reading all of it.

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Operation, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::moved_strings;
use crate::ops::array::{must_be_index, wrong_count};
use crate::ops::bad_indices::BadIndices;
use crate::ops::gather_nd::{GatherNd, given_back};
use crate::ops::index::{Gather, gathered_fact, gathered_gradient, lower_gather};
use crate::ops::resource::{AssignVariableOp, ReadVariableOp, VarHandleOp, check_handle};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::DType;

/// Rows of a resource variable: inputs are its handle and the indices. An index outside `[0, rows)` is an error.
#[derive(Clone, Debug)]
pub struct ResourceGather {
    /// The variable's type.
    pub dtype: DType,
    /// How many first axes variable and indices share.
    pub batch_dims: i64,
    /// TensorFlow's promise to look at the indices, which is always kept.
    pub validate_indices: bool,
}

impl Op for ResourceGather {
    fn name(&self) -> &'static str {
        "ResourceGather"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("Tindices", node.inputs[1].dtype)
            .with("batch_dims", self.batch_dims)
            .with("dtype", self.dtype)
            .with("validate_indices", self.validate_indices)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResourceGather, Reason> {
        Ok(ResourceGather {
            dtype: attrs.require("dtype")?,
            batch_dims: attrs.optional("batch_dims", 0)?,
            validate_indices: attrs.optional("validate_indices", true)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [handle, indices] = inputs else { return Err(wrong_count(2, inputs)) };
        check_handle(handle, self.dtype)?;
        let variable = Fact { dtype: self.dtype, ..handle.read() };
        gathered_fact(&variable, indices, Some(self.batch_dims), self.batch_dims)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing().of_empty(Code::NotFound)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            // Only its shape is of interest.
            let variable = dy.graph().add(ReadVariableOp { dtype: self.dtype }, &[node.x(0)]);
            let axis = Some(self.batch_dims);
            [Some(gathered_gradient(&variable, node.x(1), axis, self.batch_dims, dy)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if self.dtype == DType::String && self.batch_dims == 0 {
            let plain = Gather { validate_indices: self.validate_indices };
            if let Some(strings) = moved_strings(&plain, node, 0..1) {
                return Ok(strings);
            }
        }
        lower_gather(node.inputs[0], node.inputs[1], self.batch_dims, self.batch_dims)
    }
}

/// Slices of a resource variable at the tuples of indices along the last axis of the second input, as
/// [`GatherNd`] picks them.
#[derive(Clone, Debug)]
pub struct ResourceGatherNd {
    /// The variable's type.
    pub dtype: DType,
}

/// What picks of the variable's value.
const GATHER: GatherNd = GatherNd { bad_indices: BadIndices::Refused };

impl Op for ResourceGatherNd {
    fn name(&self) -> &'static str {
        "ResourceGatherNd"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tindices", node.inputs[1].dtype).with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResourceGatherNd, Reason> {
        Ok(ResourceGatherNd { dtype: attrs.require("dtype")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [handle, indices] = inputs else { return Err(wrong_count(2, inputs)) };
        check_handle(handle, self.dtype)?;
        must_be_index(indices, "indices")?;
        let variable = Fact { dtype: self.dtype, ..handle.read() };
        GATHER.infer(&[&variable, indices])
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing().of_empty(Code::NotFound)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            // Only its shape is of interest.
            let variable = dy.graph().add(ReadVariableOp { dtype: self.dtype }, &[node.x(0)]);
            let shape = variable.shape_tensor().cast_to(node.x(1).dtype_or(DType::Int32));
            [Some(given_back(node.x(1), dy, &shape, BadIndices::Refused)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let variable = Fact { dtype: self.dtype, ..node.inputs[0].read() };
        GATHER.lower(Signature { inputs: &[&variable, node.inputs[1]], outputs: node.outputs })
    }
}

/// A resource variable of shape `[3, 2]`, and what sets it to `x`.
fn holding(tf: &Graph, x: &Tensor) -> (Tensor, Operation) {
    let dtype = DType::Float32;
    let (container, shared_name) = (String::new(), String::new());
    let handle = tf.add(VarHandleOp { dtype, shape: [3, 2].into(), container, shared_name }, &[]);
    let set = tf.add_op(AssignVariableOp { dtype, validate_shape: false }, &[&handle, x], None);
    (handle, set)
}

pub(super) fn gather_nd_cases() -> Vec<Case> {
    vec![Case::fed("elements, one twice", [array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]], |tf, x| {
        let dtype = DType::Float32;
        let (handle, set) = holding(tf, &x[0]);
        let _set = tf.control_dependencies([&set]);
        let indices = tf.constant(array![[2, 0], [2, 1], [2, 0]]);
        vec![tf.add(ResourceGatherNd { dtype }, &[&handle, &indices]) * 2.0]
    })]
}

pub(super) fn cases() -> Vec<Case> {
    vec![Case::fed("rows, one of them twice", [array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]], |tf, x| {
        let dtype = DType::Float32;
        let (handle, set) = holding(tf, &x[0]);
        let _set = tf.control_dependencies([&set]);
        let gather = ResourceGather { dtype, batch_dims: 0, validate_indices: true };
        let rows = tf.add(gather, &[&handle, &tf.constant(array![[2, 0], [2, 1]])]);
        vec![rows * 2.0]
    })]
}
