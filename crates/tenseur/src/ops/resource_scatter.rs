//! Slices of a resource variable changed where indices say: what [`Scatter`] and [`ScatterNdOf`] do to reference variables.

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::bad_indices::BadIndices;
use crate::ops::resource::{AssignVariableOp, ReadVariableOp, VarHandleOp, check_handle};
use crate::ops::scatter::{Scatter, ScatterNdOf};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::DType;

/// Changes slices of a resource variable: inputs are its handle, the indices and the updates; there is no output. With
/// `TUPLES` an index is a list of integers, one for each of the first axes.
#[derive(Clone, Debug)]
pub struct ResourceScatter<const CHANGE: u8, const TUPLES: bool> {
    /// The variable's type, where TensorFlow's attribute says it.
    dtype: Option<DType>,
    use_locking: bool,
    bad_indices: BadIndices,
}

impl<const CHANGE: u8, const TUPLES: bool> ResourceScatter<CHANGE, TUPLES> {
    /// The op of reference variables that does the same.
    fn plain(&self) -> Box<dyn Op> {
        let (use_locking, bad_indices) = (self.use_locking, self.bad_indices);
        match TUPLES {
            true => Box::new(ScatterNdOf::<CHANGE> { use_locking, bad_indices }),
            false => Box::new(Scatter::<CHANGE> { use_locking }),
        }
    }
}

impl<const CHANGE: u8, const TUPLES: bool> Op for ResourceScatter<CHANGE, TUPLES> {
    fn name(&self) -> &'static str {
        const NAMES: [[&str; 7]; 2] = [
            [
                "ResourceScatterUpdate",
                "ResourceScatterAdd",
                "ResourceScatterSub",
                "ResourceScatterMul",
                "ResourceScatterDiv",
                "ResourceScatterMin",
                "ResourceScatterMax",
            ],
            [
                "ResourceScatterNdUpdate",
                "ResourceScatterNdAdd",
                "ResourceScatterNdSub",
                "",
                "",
                "ResourceScatterNdMin",
                "ResourceScatterNdMax",
            ],
        ];
        NAMES[usize::from(TUPLES)][usize::from(CHANGE)]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("Tindices", node.inputs[1].dtype);
        match TUPLES {
            true => {
                let attrs = attrs.with("T", node.inputs[0].dtype).with("use_locking", self.use_locking);
                self.bad_indices.add_to(attrs)
            }
            false => attrs.with("dtype", node.inputs[0].dtype),
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let dtype = if TUPLES { None } else { Some(attrs.require("dtype")?) };
        let bad_indices = if TUPLES { BadIndices::from_attrs(attrs)? } else { BadIndices::Refused };
        Ok(ResourceScatter { dtype, use_locking: attrs.optional("use_locking", true)?, bad_indices })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let Some(handle) = inputs.first() else { return Err(wrong_count(3, inputs)) };
        check_handle(handle, self.dtype.unwrap_or(handle.dtype))?;
        self.plain().infer(inputs)?;
        Ok(Facts::new())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Writes(&[0])).failing().of_empty(Code::NotFound)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through a change of a variable")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        self.plain().lower(node)
    }
}

/// Rows 2, 0 and 2 of three changed, named alone or by tuples of one.
pub(super) fn cases<const CHANGE: u8, const TUPLES: bool>() -> Vec<Case> {
    let variable = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let updates = array![[0.5, 0.25], [-1.0, 2.0], [4.0, -8.0]];
    vec![Case::fed("rows, one of them twice", [variable, updates], |tf, x| {
        let dtype = DType::Float32;
        let (container, shared_name) = (String::new(), String::new());
        let handle = tf.add(VarHandleOp { dtype, shape: [3, 2].into(), container, shared_name }, &[]);
        let set = AssignVariableOp { dtype, validate_shape: false };
        let set = tf.add_op(set, &[&handle, &x[0]], None);
        let _set = tf.control_dependencies([&set]);
        let named = (!TUPLES).then_some(dtype);
        let op = ResourceScatter::<CHANGE, TUPLES> {
            dtype: named,
            use_locking: true,
            bad_indices: BadIndices::Refused,
        };
        let indices = if TUPLES { tf.constant(array![[2], [0], [2]]) } else { tf.constant(array![2, 0, 2]) };
        let change = tf.add_op(op, &[&handle, &indices, &x[1]], None);
        let _changed = tf.control_dependencies([&change]);
        vec![tf.add(ReadVariableOp { dtype }, &[&handle])]
    })]
}
