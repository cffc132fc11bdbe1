//! Slices of a variable changed where indices say: by the first axis (ScatterUpdate and its kin), or by tuples of indices
//! (ScatterNdUpdate and its kin). What goes to one place is taken in the order of the indices.

use smallvec::smallvec;
use tenseur_kernels::{ScatterUpdateKernel, Update};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Operation, Tensor, Variable};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_index, wrong_count};
use crate::ops::bad_indices::BadIndices;
use crate::ops::scatter_nd::{element, must_have_axes, scalar, slices, updates_fit};
use crate::ops::state::writable;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// Changes slices of a variable. Inputs are its reference, the indices and the updates; the output is the reference. The
/// updates have the shape of the indices and then that of a slice, or are one number for all.
#[derive(Clone, Debug)]
pub struct Scatter<const CHANGE: u8> {
    /// TensorFlow's lock; kept.
    pub use_locking: bool,
}

/// The updates take the place of what is there.
pub type ScatterUpdate = Scatter<0>;
/// The updates are added.
pub type ScatterAdd = Scatter<1>;
/// The updates are taken away.
pub type ScatterSub = Scatter<2>;
/// What is there is multiplied by the updates.
pub type ScatterMul = Scatter<3>;
/// What is there is divided by the updates.
pub type ScatterDiv = Scatter<4>;
/// The smaller stays.
pub type ScatterMin = Scatter<5>;
/// The larger stays.
pub type ScatterMax = Scatter<6>;

const UPDATES: [Update; 7] = [
    Update::Assign,
    Update::Add,
    Update::Subtract,
    Update::Multiply,
    Update::Divide,
    Update::Minimum,
    Update::Maximum,
];

impl<const CHANGE: u8> Op for Scatter<CHANGE> {
    fn name(&self) -> &'static str {
        ["ScatterUpdate", "ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv", "ScatterMin", "ScatterMax"]
            [usize::from(CHANGE)]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        scatter_attrs(node, self.use_locking)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Scatter { use_locking: attrs.optional("use_locking", CHANGE == 0)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [variable, indices, updates] = inputs else { return Err(wrong_count(3, inputs)) };
        changeable(CHANGE, false, variable, indices, updates)?;
        if let (Some(sizes), Some(places)) = (variable.shape.sizes(), indices.shape.sizes()) {
            let [_, rest @ ..] = sizes else {
                return Err("the variable is a scalar and has no slices".into());
            };
            let want: PartialShape = places.iter().chain(rest).copied().collect();
            if want.merge(&updates.shape).is_none() && !updates.shape.accepts(&Shape::scalar()) {
                let shapes = format!("indices of shape {} into shape {}", indices.shape, variable.shape);
                return Err(format!(
                    "{shapes} ask for updates of shape {want}, and these have {}",
                    updates.shape
                )
                .into());
            }
        }
        Ok(Fact::reference(variable.dtype, variable.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Writes(&[0])).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through a change of a variable")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (variable, indices, updates) = (node.inputs[0], node.inputs[1], node.inputs[2]);
        let (shape, count) = (known_shape(variable)?, known_shape(indices)?.elements());
        let (rows, inner) = (shape.first().copied().unwrap_or(1), shape[1..].iter().product::<usize>());
        if variable.dtype == DType::String {
            return Ok(strings(vec![rows], inner, BadIndices::Refused));
        }
        let (stored, index) = (element(variable.dtype)?, scalar(indices.dtype)?);
        let kernel =
            ScatterUpdateKernel::new(stored, UPDATES[usize::from(CHANGE)], index, rows, inner, count)?;
        // A slice of one element at one index is a scalar too, and is one for all.
        let one = known_shape(updates)?.rank() == 0;
        let kernel = if one { kernel.one_for_all() } else { kernel };
        Ok(Lowered::reading(3, Work::UpdateKernel { kernel: Box::new(kernel), targets: smallvec![0] }))
    }
}

/// Changes slices of a variable. Inputs are its reference, the indices, `[…, n]`, which name slices along the first n axes,
/// and the updates; the output is the reference.
#[derive(Clone, Debug)]
pub struct ScatterNdOf<const CHANGE: u8> {
    /// TensorFlow's lock; kept.
    pub use_locking: bool,
    /// What becomes of indices that lie outside.
    pub bad_indices: BadIndices,
}

/// The updates take the place of what is there.
pub type ScatterNdUpdate = ScatterNdOf<0>;
/// The updates are added.
pub type ScatterNdAdd = ScatterNdOf<1>;
/// The updates are taken away.
pub type ScatterNdSub = ScatterNdOf<2>;
/// The smaller stays.
pub type ScatterNdMin = ScatterNdOf<5>;
/// The larger stays.
pub type ScatterNdMax = ScatterNdOf<6>;

impl<const CHANGE: u8> Op for ScatterNdOf<CHANGE> {
    fn name(&self) -> &'static str {
        ["ScatterNdUpdate", "ScatterNdAdd", "ScatterNdSub", "", "", "ScatterNdMin", "ScatterNdMax"]
            [usize::from(CHANGE)]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.bad_indices.add_to(scatter_attrs(node, self.use_locking))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let use_locking = attrs.optional("use_locking", CHANGE == 0)?;
        Ok(ScatterNdOf { use_locking, bad_indices: BadIndices::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [variable, indices, updates] = inputs else { return Err(wrong_count(3, inputs)) };
        changeable(CHANGE, true, variable, indices, updates)?;
        must_have_axes(variable, "the variable")?;
        must_have_axes(updates, "updates")?;
        updates_fit(indices, updates, &variable.shape)?;
        Ok(Fact::reference(variable.dtype, variable.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Writes(&[0])).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through a change of a variable")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (variable, indices) = (node.inputs[0], node.inputs[1]);
        let shape = known_shape(variable)?;
        let (axes, inner, count) = slices(&known_shape(indices)?, &known_shape(node.inputs[2])?, &shape)?;
        if variable.dtype == DType::String {
            return Ok(strings(axes.to_vec(), inner, self.bad_indices));
        }
        match CHANGE {
            1 | 2 if variable.dtype == DType::Bool => {
                return Ok(bools(axes.to_vec(), inner, self.bad_indices, CHANGE == 2));
            }
            5 | 6 if variable.dtype == DType::Bool => return Err("bools are not more or less".into()),
            _ => {}
        }
        let (stored, index, rows) =
            (element(variable.dtype)?, scalar(indices.dtype)?, axes.iter().product::<usize>());
        let kernel =
            ScatterUpdateKernel::new(stored, UPDATES[usize::from(CHANGE)], index, rows, inner, count)?;
        let kernel = kernel.by_tuples(axes)?;
        let kernel = match self.bad_indices {
            BadIndices::Refused => kernel,
            BadIndices::PassedOver => kernel.passing_over(),
        };
        Ok(Lowered::reading(3, Work::UpdateKernel { kernel: Box::new(kernel), targets: smallvec![0] }))
    }
}

fn scatter_attrs(node: Signature<'_>, use_locking: bool) -> Attrs {
    let types = Attrs::new().with("T", node.inputs[0].dtype).with("Tindices", node.inputs[1].dtype);
    types.with("use_locking", use_locking)
}

fn changeable(
    change: u8,
    tuples: bool,
    variable: &Fact,
    indices: &Fact,
    updates: &Fact,
) -> Result<(), Reason> {
    writable(variable, updates)?;
    must_be_index(indices, "indices")?;
    match variable.dtype.size() {
        Some(_) if change == 0 || variable.dtype.is_number() => Ok(()),
        Some(_) if variable.dtype.is_complex() && !matches!(change, 5 | 6) => Ok(()),
        // Of a resource's bools, named by tuples: see `bools`.
        Some(_) if variable.dtype == DType::Bool && variable.resource && tuples => Ok(()),
        _ if change == 0 && variable.dtype == DType::String => Ok(()),
        _ => Err(format!("it does not change variables of {}", variable.dtype).into()),
    }
}

/// Slices of `inner` bools that are added, which is or, or taken away, which is whether they differ.
fn bools(axes: Vec<usize>, inner: usize, bad_indices: BadIndices, differ: bool) -> Lowered {
    Lowered::change(3, move |held, given| {
        let (indices, updates) = (given[0].to_i64()?, given[1].as_slice::<bool>()?);
        let mut next = held.as_slice::<bool>()?.to_vec();
        for (number, tuple) in indices.chunks(axes.len().max(1)).enumerate() {
            let Some(row) = bad_indices.place(tuple, &axes)? else { continue };
            for (place, &update) in next[row * inner..][..inner].iter_mut().zip(&updates[number * inner..]) {
                *place = if differ { *place != update } else { *place || update };
            }
        }
        Ok((Array::new(held.shape().clone(), next)?, Vec::new()))
    })
}

/// Slices of `inner` strings put in the place of others, which tuples of indices along `axes` name.
fn strings(axes: Vec<usize>, inner: usize, bad_indices: BadIndices) -> Lowered {
    Lowered::change(3, move |held, given| {
        let (indices, updates) = (given[0].to_i64()?, &given[1]);
        let count: usize = axes.iter().product();
        let mut from: Vec<Option<(usize, usize)>> = (0..count).map(|row| Some((0, row))).collect();
        let one = updates.shape().rank() == 0;
        for (number, tuple) in indices.chunks(axes.len().max(1)).enumerate() {
            let Some(row) = bad_indices.place(tuple, &axes)? else { continue };
            from[row] = Some((1, if one { 0 } else { number }));
        }
        let updates = if one {
            Array::strings([inner], vec![updates.as_strings()?[0].clone(); inner])?
        } else {
            updates.clone()
        };
        Ok((assemble(&[held, &updates], inner, held.shape().clone(), from)?, Vec::new()))
    })
}

impl Variable {
    /// An operation that puts `updates` in the place of the rows that `indices` say (`tf.scatter_update`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let v = tf.variable(array![1.0, 2.0, 3.0], "v");
    /// let update = v.scatter_update(array![2, 0], array![7.0, 9.0]);
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// sess.run_op(&update, feeds![])?;
    /// assert_eq!(sess.run(&v, feeds![])?, array![9.0, 2.0, 7.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn scatter_update(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Operation {
        self.scatter(Scatter::<0> { use_locking: true }, indices, updates)
    }

    /// An operation that adds `updates` to the rows that `indices` say (`tf.scatter_add`).
    #[track_caller]
    pub fn scatter_add(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Operation {
        self.scatter(Scatter::<1> { use_locking: false }, indices, updates)
    }

    /// An operation that takes `updates` from the rows that `indices` say (`tf.scatter_sub`).
    #[track_caller]
    pub fn scatter_sub(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Operation {
        self.scatter(Scatter::<2> { use_locking: false }, indices, updates)
    }

    /// An operation that puts `updates` in the place of the slices that tuples of indices say (`tf.scatter_nd_update`).
    #[track_caller]
    pub fn scatter_nd_update(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Operation {
        self.scatter(
            ScatterNdOf::<0> { use_locking: true, bad_indices: BadIndices::Refused },
            indices,
            updates,
        )
    }

    #[track_caller]
    fn scatter(&self, op: impl Op, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Operation {
        let variable = self.reference();
        let tf = variable.graph();
        let (indices, updates) = (indices.into().tensor(&tf.constant(0)), updates.into().tensor(variable));
        tf.add_op(op, &[variable, &indices, &updates], None)
    }
}

fn cases<O: Op>(op: fn() -> O, indices: Array) -> Vec<Case> {
    let matrix = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let rows = || array![[7.0, -8.0], [0.5, 2.0]];
    let build = move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(op(), &[&x[0], &x[1], &x[2]])];
    vec![Case::fed("rows, two runs", [matrix(), indices, rows()], build).with_variables(1, 2)]
}

fn row_cases<const CHANGE: u8>() -> Vec<Case> {
    let op = || Scatter::<CHANGE> { use_locking: false };
    let build = move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(op(), &[&x[0], &x[1], &x[2]])];
    let matrix = || array![[1, 2], [3, 4], [5, 6]];
    let mut cases = cases(op, array![2, 0]);
    cases.extend([
        Case::fed("one number for all", [matrix(), array![1, 0], Array::scalar(3)], build)
            .with_variables(1, 2),
        Case::fed("one row, an index without axes", [matrix(), Array::scalar(1), array![3, 2]], build)
            .with_variables(1, 1),
        Case::fed("one twice", [array![8.0, 6.0], array![[1], [1]], array![[2.0], [4.0]]], build)
            .with_variables(1, 1),
        Case::fed(
            "nothing",
            [matrix(), Array::from_literal([0; 0]), Array::from_literal([[0; 2]; 0])],
            build,
        )
        .with_variables(1, 1),
    ]);
    cases
}

fn tuple_cases<const CHANGE: u8>() -> Vec<Case> {
    let op = || ScatterNdOf::<CHANGE> { use_locking: false, bad_indices: BadIndices::Refused };
    let build = move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(op(), &[&x[0], &x[1], &x[2]])];
    let mut cases = cases(op, array![[2], [0]]);
    cases.push(
        Case::fed("elements", [array![[1, 2], [3, 4]], array![[1, 1], [0, 1]], array![3, 7]], build)
            .with_variables(1, 2),
    );
    cases
}

pub(super) fn scatter_update_cases() -> Vec<Case> {
    row_cases::<0>()
}

pub(super) fn scatter_add_cases() -> Vec<Case> {
    row_cases::<1>()
}

pub(super) fn scatter_sub_cases() -> Vec<Case> {
    row_cases::<2>()
}

pub(super) fn scatter_mul_cases() -> Vec<Case> {
    row_cases::<3>()
}

pub(super) fn scatter_div_cases() -> Vec<Case> {
    row_cases::<4>()
}

pub(super) fn scatter_min_cases() -> Vec<Case> {
    row_cases::<5>()
}

pub(super) fn scatter_max_cases() -> Vec<Case> {
    row_cases::<6>()
}

pub(super) fn scatter_nd_update_cases() -> Vec<Case> {
    tuple_cases::<0>()
}

pub(super) fn scatter_nd_add_cases() -> Vec<Case> {
    tuple_cases::<1>()
}

pub(super) fn scatter_nd_sub_cases() -> Vec<Case> {
    tuple_cases::<2>()
}

pub(super) fn scatter_nd_min_cases() -> Vec<Case> {
    tuple_cases::<5>()
}

pub(super) fn scatter_nd_max_cases() -> Vec<Case> {
    tuple_cases::<6>()
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_scatter_that_fails_leaves_the_variable_as_it_was() {
        let tf = Graph::new();
        let v = tf.variable(array![1.0, 2.0], "v");
        let at = tf.placeholder::<i32>([None], "at");
        let update = v.scatter_update(&at, array![5.0, 6.0]);
        for executor in [crate::Executor::Planned, crate::Executor::Reference] {
            let sess = Session::new(&tf).unwrap().executor(executor);
            sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
            let error = sess.run_op(&update, feeds![at => array![0, 2]]).unwrap_err();
            assert!(error.message().contains("index 2 at position 1 is outside [0, 2)"), "{error}");
            assert_eq!(sess.run(&v, feeds![]).unwrap(), array![1.0, 2.0]);
            sess.run_op(&update, feeds![at => array![1, 0]]).unwrap();
            assert_eq!(sess.run(&v, feeds![]).unwrap(), array![6.0, 5.0]);
        }
    }
}
