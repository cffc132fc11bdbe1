//! A value put in the place of what an index takes: of a variable (StridedSliceAssign, ResourceStridedSliceAssign), or of a
//! copy of a tensor (TensorStridedSliceUpdate).

use smallvec::smallvec;
use tenseur_kernels::PlaceKernel;

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::rearrange::{moved_strings, once_known};
use crate::ops::array::strided_slice::{Masks, StridedSlice, layout, slice_shape};
use crate::ops::array::wrong_count;
use crate::ops::resource::{AssignVariableOp, ReadVariableOp, VarHandleOp};
use crate::ops::state::writable;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::DType;

/// Whether the value, the last input, has the shape of what the index takes of the first.
fn value_fits(inputs: &[&Fact], masks: Masks) -> Result<(), Reason> {
    let [x, index @ .., value] = inputs else { return Err(wrong_count(5, inputs)) };
    let slice = slice_shape(&x.shape, index, masks)?;
    match slice.merge(&value.shape) {
        Some(_) => Ok(()),
        None => Err(format!("the slice has shape {slice} and the value {}", value.shape).into()),
    }
}

/// The kernel that puts input 4 where the index takes of input 0; `None` if the index is not known.
fn kernel(node: Signature<'_>, masks: Masks) -> Result<Option<PlaceKernel>, Reason> {
    let (x, value) = (node.inputs[0], node.inputs[4]);
    let Some(layout) = layout(&known_shape(x)?, &node.inputs[1..4], masks)? else { return Ok(None) };
    let size = value.dtype.size().ok_or_else(|| format!("there are no loops over {}", value.dtype))?;
    Ok(Some(PlaceKernel::into(size, &known_shape(value)?, layout)?))
}

/// Puts a value where an index takes of a variable. Inputs are its reference, or its handle, begin, end and strides, and the
/// value; of a reference variable the output is the reference.
#[derive(Clone, Debug)]
pub struct AssignSlice<const RESOURCE: bool> {
    /// What else the items of the index are.
    pub masks: Masks,
}

/// Of a reference variable.
pub type StridedSliceAssign = AssignSlice<false>;
/// Of a resource variable.
pub type ResourceStridedSliceAssign = AssignSlice<true>;

impl<const RESOURCE: bool> Op for AssignSlice<RESOURCE> {
    fn name(&self) -> &'static str {
        if RESOURCE { "ResourceStridedSliceAssign" } else { "StridedSliceAssign" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("Index", node.inputs[1].dtype).with("T", node.inputs[4].dtype);
        self.masks.attrs(attrs)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(AssignSlice { masks: Masks::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [variable, .., value] = inputs else { return Err(wrong_count(5, inputs)) };
        writable(variable, value)?;
        value_fits(inputs, self.masks)?;
        match RESOURCE {
            true => Ok(Facts::new()),
            false => Ok(Fact::reference(variable.dtype, variable.shape.clone()).one()),
        }
    }

    fn effects(&self) -> Effects {
        let of_empty = if RESOURCE { Code::NotFound } else { Code::FailedPrecondition };
        Effects::of(Effect::Writes(&[0])).failing().of_empty(of_empty)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through a change of a variable")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let Some(kernel) = kernel(node, self.masks)? else {
            let text = "begin, end and strides must be known before the run";
            return Err(Reason::new(Code::Unimplemented, text));
        };
        let work = Work::UpdateKernel { kernel: Box::new(kernel), targets: smallvec![0] };
        Ok(Lowered { work, reads: smallvec![4, 0] })
    }
}

/// A tensor, the first input, with a value, the last, where an index, begin, end and strides, takes.
#[derive(Clone, Debug)]
pub struct TensorStridedSliceUpdate {
    /// What else the items of the index are.
    pub masks: Masks,
}

impl Op for TensorStridedSliceUpdate {
    fn name(&self) -> &'static str {
        "TensorStridedSliceUpdate"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("Index", node.inputs[1].dtype).with("T", node.inputs[0].dtype);
        self.masks.attrs(attrs)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(TensorStridedSliceUpdate { masks: Masks::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, .., value] = inputs else { return Err(wrong_count(5, inputs)) };
        value_fits(inputs, self.masks)?;
        match x.dtype == value.dtype {
            true => Ok(Fact::new(x.dtype, x.shape.clone()).one()),
            false => Err(format!("the tensor is of {} and the value of {}", x.dtype, value.dtype).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let index = [node.x(1), node.x(2), node.x(3)];
            let [begin, end, strides] = index;
            let nothing = node.x(4).zeros_like();
            let tf = dy.graph();
            let kept = tf.add(self.clone(), &[dy, begin, end, strides, &nothing]);
            let slice = tf.add(StridedSlice { masks: self.masks }, &[dy, begin, end, strides]);
            [Some(kept), None, None, None, Some(slice)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, [0, 4]) {
            return Ok(strings);
        }
        match kernel(node, self.masks)? {
            Some(kernel) => Ok(Lowered { work: Work::Kernel(Box::new(kernel)), reads: smallvec![4, 0] }),
            None => Ok(once_known(self, node)),
        }
    }
}

fn matrix() -> crate::Array {
    array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
}

/// Begin, end and strides that take the last column, and then the one before it.
fn index(tf: &crate::Graph) -> [Tensor; 3] {
    [array![0, -1], array![2, -3], array![1, -1]].map(|array| tf.constant(array))
}

pub(in crate::ops) fn strided_slice_assign_cases() -> Vec<Case> {
    vec![
        Case::fed("two columns, backwards", [matrix(), array![[7.0, 8.0], [9.0, 0.5]]], |tf, x| {
            let [begin, end, strides] = index(tf);
            let op = StridedSliceAssign { masks: Masks::default() };
            vec![tf.add(op, &[&x[0], &begin, &end, &strides, &x[1]])]
        })
        .with_variables(1, 2),
    ]
}

pub(in crate::ops) fn resource_strided_slice_assign_cases() -> Vec<Case> {
    vec![Case::fed("a row", [matrix(), array![7.0, 8.0, 9.0]], |tf, x| {
        let dtype = DType::Float32;
        let (container, shared_name) = (String::new(), String::new());
        let handle = tf.add(VarHandleOp { dtype, shape: [2, 3].into(), container, shared_name }, &[]);
        let set = AssignVariableOp { dtype, validate_shape: false };
        let set = tf.add_op(set, &[&handle, &x[0]], None);
        let _set = tf.control_dependencies([&set]);
        let op = ResourceStridedSliceAssign { masks: Masks { shrink_axis: 1, ..Masks::default() } };
        let [begin, end, strides] = [array![1], array![2], array![1]].map(|array| tf.constant(array));
        let change = tf.add_op(op, &[&handle, &begin, &end, &strides, &x[1]], None);
        let _changed = tf.control_dependencies([&change]);
        vec![tf.add(ReadVariableOp { dtype }, &[&handle])]
    })]
}

pub(in crate::ops) fn tensor_strided_slice_update_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let [begin, end, strides] = index(tf);
        let op = TensorStridedSliceUpdate { masks: Masks::default() };
        vec![tf.add(op, &[&x[0], &begin, &end, &strides, &x[1]])]
    };
    vec![
        Case::fed("two columns, backwards", [matrix(), array![[7.0, 8.0], [9.0, 0.5]]], build)
            .expecting([array![[1.0, 8.0, 7.0], [4.0, 0.5, 9.0]]]),
        Case::new("strings", move |tf| {
            let [x, value] = [array![["a", "b", "c"]], array![["d", "e"]]].map(|array| tf.constant(array));
            let masks = Masks::default();
            let [begin, end, strides] =
                [array![0, 0], array![1, 2], array![1, 1]].map(|array| tf.constant(array));
            vec![tf.add(TensorStridedSliceUpdate { masks }, &[&x, &begin, &end, &strides, &value])]
        })
        .expecting([array![["d", "e", "c"]]]),
    ]
}
