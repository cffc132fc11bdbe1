//! Slices put to where tuples of indices say: into zeros (ScatterNd), or into a copy of a tensor (TensorScatterUpdate and
//! its kin). What goes to one place is taken in the order of the indices.

use smallvec::smallvec;
use tenseur_kernels::{ElementType, ScalarType, ScatterAddKernel, ScatterUpdateKernel, Start, Update};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::rearrange::{moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index_or, shape_from, wrong_count};
use crate::ops::bad_indices::{BadIndices, into_something};
use crate::ops::gather_nd::GatherNd;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// Zeros of the shape that the third input says, to which the updates, the second, are added where the indices, the
/// first, say: indices of shape `[…, n]` name slices along the first n axes.
#[derive(Clone, Debug)]
pub struct ScatterNd {
    /// What becomes of indices that lie outside.
    pub bad_indices: BadIndices,
}

impl Op for ScatterNd {
    fn name(&self) -> &'static str {
        "ScatterNd"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = Attrs::new().with("T", node.inputs[1].dtype).with("Tindices", node.inputs[0].dtype);
        self.bad_indices.add_to(types)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ScatterNd, Reason> {
        Ok(ScatterNd { bad_indices: BadIndices::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, updates, shape] = inputs else { return Err(wrong_count(3, inputs)) };
        if shape.dtype != indices.dtype {
            return Err(format!("indices are of {} and the shape of {}", indices.dtype, shape.dtype).into());
        }
        if matches!(updates.dtype, DType::Resource | DType::Variant) {
            return Err(format!("it adds numbers, not {}", updates.dtype).into());
        }
        let shape = shape_from(shape)?;
        must_have_axes(updates, "updates")?;
        updates_fit(indices, updates, &shape)?;
        Ok(Fact::new(updates.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let bad_indices = self.bad_indices;
        Grad::rule(move |node, dy| {
            [None, Some(dy.graph().add(GatherNd { bad_indices }, &[dy, node.x(0)])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.inputs[1].dtype == DType::String {
            let bad_indices = self.bad_indices;
            return Ok(Lowered::host(node.inputs.len(), move |arrays| {
                Ok(vec![joined(arrays, bad_indices)?])
            }));
        }
        let Some(shape) = node.outputs[0].shape.known() else { return Ok(once_known(self, node)) };
        let indices = node.inputs[0];
        let (axes, inner, count) = slices(&known_shape(indices)?, &known_shape(node.inputs[1])?, &shape)?;
        let rows = axes.iter().product();
        // Of bools, added is either.
        let (stored, update) = match element(node.inputs[1].dtype)? {
            ElementType::Real(ScalarType::Bool) => (ScalarType::U8.into(), Update::Maximum),
            stored => (stored, Update::Add),
        };
        let kernel = ScatterAddKernel::new(stored, scalar(indices.dtype)?, count, inner, rows)?;
        let kernel = kernel.folding(Start::Zero, update).by_tuples(axes)?;
        let kernel = match self.bad_indices {
            BadIndices::Refused => kernel,
            BadIndices::PassedOver => kernel.passing_over(),
        };
        Ok(Lowered { work: Work::Kernel(Box::new(kernel)), reads: smallvec![1, 0] })
    }
}

/// Empty strings to which the updates are joined where the indices say.
fn joined(arrays: &[Array], bad_indices: BadIndices) -> Result<Array, Reason> {
    let (indices, updates) = (arrays[0].to_i64()?, arrays[1].as_strings()?);
    let sizes = arrays[2].to_i64()?;
    let size =
        |&size: &i64| usize::try_from(size).map_err(|_| format!("a size is {size}; sizes are 0 or more"));
    let shape: Shape = sizes.iter().map(size).collect::<Result<Vec<usize>, String>>()?.into();
    let (axes, inner, count) = slices(arrays[0].shape(), arrays[1].shape(), &shape)?;
    let total = shape.checked_elements().ok_or("a tensor of this shape would be too large")?;
    let mut strings: Vec<Vec<u8>> = crate::value::room(total)?;
    strings.resize(total, Vec::new());
    for (number, tuple) in indices.chunks(axes.len().max(1)).take(count).enumerate() {
        let along = |(&index, &size)| usize::try_from(index).ok().filter(|&index| index < size);
        let inside: Option<Vec<usize>> = tuple.iter().zip(axes).map(along).collect();
        let place = match (inside, bad_indices) {
            (Some(inside), _) => inside.iter().zip(axes).fold(0, |place, (index, size)| place * size + index),
            (None, BadIndices::PassedOver) => continue,
            (None, BadIndices::Refused) => {
                return Err(
                    format!("index {tuple:?} at position {number} is outside the shape {axes:?}").into()
                );
            }
        };
        for (string, update) in strings[place * inner..][..inner].iter_mut().zip(&updates[number * inner..]) {
            string.extend_from_slice(update);
        }
    }
    Ok(Array::strings(shape, strings)?)
}

/// A tensor, the first input, changed by updates, the third, where indices, the second, say: indices of shape `[…, n]` name
/// slices along the first n axes.
#[derive(Clone, Debug, Default)]
pub struct TensorScatter<const CHANGE: u8> {
    /// What becomes of indices that lie outside.
    pub bad_indices: BadIndices,
}

/// The updates take the place of what is there.
pub type TensorScatterUpdate = TensorScatter<0>;
/// The updates are added.
pub type TensorScatterAdd = TensorScatter<1>;
/// The updates are taken away.
pub type TensorScatterSub = TensorScatter<2>;
/// The smaller stays.
pub type TensorScatterMin = TensorScatter<3>;
/// The larger stays.
pub type TensorScatterMax = TensorScatter<4>;
/// The updates are added (TensorFlow's name where the tensor's memory may be used again).
pub type ScatterNdNonAliasingAdd = TensorScatter<5>;

impl<const CHANGE: u8> Op for TensorScatter<CHANGE> {
    fn name(&self) -> &'static str {
        match CHANGE {
            0 => "TensorScatterUpdate",
            1 => "TensorScatterAdd",
            2 => "TensorScatterSub",
            3 => "TensorScatterMin",
            4 => "TensorScatterMax",
            _ => "ScatterNdNonAliasingAdd",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = Attrs::new().with("T", node.inputs[0].dtype).with("Tindices", node.inputs[1].dtype);
        self.bad_indices.add_to(types)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(TensorScatter { bad_indices: BadIndices::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [tensor, indices, updates] = inputs else { return Err(wrong_count(3, inputs)) };
        if tensor.dtype != updates.dtype {
            return Err(
                format!("the tensor is of {} and the updates of {}", tensor.dtype, updates.dtype).into()
            );
        }
        let also = tensor.dtype.is_complex() && !matches!(CHANGE, 3 | 4)
            || tensor.dtype == DType::Bool && CHANGE == 5;
        if CHANGE != 0 && !tensor.dtype.is_number() && !also {
            return Err(format!("it is for numbers, not {}", tensor.dtype).into());
        }
        must_have_axes(tensor, "the tensor")?;
        updates_fit(indices, updates, &tensor.shape)?;
        Ok(Fact::new(tensor.dtype, tensor.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let bad_indices = self.bad_indices;
        match CHANGE {
            0 => Grad::rule(move |node, dy| {
                let nothing = node.x(2).zeros_like();
                let kept = dy.graph().add(TensorScatterUpdate { bad_indices }, &[dy, node.x(1), &nothing]);
                [Some(kept), None, Some(gathered(dy, node.x(1), bad_indices))]
            }),
            2 => Grad::rule(move |node, dy| {
                [Some(dy.clone()), None, Some(-gathered(dy, node.x(1), bad_indices))]
            }),
            3 | 4 => Grad::rule(move |node, dy| {
                let [to_tensor, to_updates] = extreme_gradients(node, dy, bad_indices);
                [Some(to_tensor), None, Some(to_updates)]
            }),
            _ => Grad::rule(move |node, dy| {
                [Some(dy.clone()), None, Some(gathered(dy, node.x(1), bad_indices))]
            }),
        }
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, [0, 2]) {
            return Ok(strings);
        }
        let (tensor, indices) = (node.inputs[0], node.inputs[1]);
        let shape = known_shape(tensor)?;
        let (axes, inner, count) = slices(&known_shape(indices)?, &known_shape(node.inputs[2])?, &shape)?;
        let update =
            [Update::Assign, Update::Add, Update::Subtract, Update::Minimum, Update::Maximum, Update::Add]
                [usize::from(CHANGE)];
        // Of bools, added is either.
        let (stored, update) = match element(tensor.dtype)? {
            ElementType::Real(ScalarType::Bool) if CHANGE != 0 => (ScalarType::U8.into(), Update::Maximum),
            stored => (stored, update),
        };
        let (index, rows) = (scalar(indices.dtype)?, axes.iter().product::<usize>());
        let kernel = ScatterUpdateKernel::new(stored, update, index, rows, inner, count)?;
        let kernel = kernel.by_tuples(axes)?;
        Ok(Lowered::kernel(match self.bad_indices {
            BadIndices::Refused => kernel,
            BadIndices::PassedOver => kernel.passing_over(),
        }))
    }
}

/// The slices of `x` at these tuples of indices.
fn gathered(x: &Tensor, indices: &Tensor, bad_indices: BadIndices) -> Tensor {
    x.graph().add(GatherNd { bad_indices }, &[x, indices])
}

/// What flows back through a minimum or maximum: in equal parts to all that have the value that came out.
fn extreme_gradients(node: &crate::ops::Backward<'_>, dy: &Tensor, bad_indices: BadIndices) -> [Tensor; 2] {
    let (tensor, indices, updates, y) = (node.x(0), node.x(1), node.x(2), node.y(0));
    let dtype = tensor.dtype_or(DType::Float32);
    let from_tensor = tensor.equal(y).cast_to(dtype);
    let from_updates = updates.equal(gathered(y, indices, bad_indices)).cast_to(dtype);
    let shape = tensor.shape_tensor().cast_to(indices.dtype_or(DType::Int32));
    let counts = dy.graph().add(ScatterNd { bad_indices }, &[indices, &from_updates, &shape]);
    let share = dy / (&from_tensor + counts);
    [&share * from_tensor, gathered(&share, indices, bad_indices) * from_updates]
}

pub(super) fn scalar(dtype: DType) -> Result<ScalarType, Reason> {
    dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}").into())
}

/// What the kernels of rows call the elements of `dtype`.
pub(in crate::ops) fn element(dtype: DType) -> Result<ElementType, Reason> {
    match dtype {
        DType::Complex64 => Ok(ElementType::Complex64),
        DType::Complex128 => Ok(ElementType::Complex128),
        dtype => scalar(dtype).map(ElementType::Real),
    }
}

/// As many integers as TensorFlow takes for one place.
const LONGEST_TUPLE: usize = 7;

/// Of indices `[…, n]` into a tensor, with a slice for each tuple: the first n axes, the elements of a slice along the others,
/// how many tuples.
///
/// # Errors
/// What does not fit, in a run.
pub(super) fn slices<'a>(
    indices: &Shape,
    updates: &Shape,
    tensor: &'a Shape,
) -> Result<(&'a [usize], usize, usize), Reason> {
    let (&length, places) =
        indices.split_last().ok_or("indices are at least a vector, and these are a scalar")?;
    if length > tensor.rank() || tensor.rank() == 0 || updates.rank() == 0 {
        return Err(format!(
            "indices of shape {indices} with updates of shape {updates} name no slices of shape {tensor}"
        )
        .into());
    }
    let (axes, rest) = tensor.split_at(length);
    if !places.iter().chain(rest).eq(updates.iter()) {
        let want: Shape = [places, rest].concat().into();
        return Err(format!(
            "indices of shape {indices} into shape {tensor} ask for updates of shape {want}, and these have {updates}"
        )
        .into());
    }
    let (inner, count) = (rest.iter().product(), places.iter().product());
    into_something(count, tensor)?;
    if count > 0 && !(1..=LONGEST_TUPLE).contains(&length) {
        let why = format!("a place is named by 1 to {LONGEST_TUPLE} integers, and here by {length}");
        return Err(why.into());
    }
    Ok((axes, inner, count))
}

/// Whether there can be a slice of the tensor for each tuple of indices. Before a run TensorFlow passes over updates that are a
/// scalar, and tuples that are too long.
///
/// # Errors
/// What does not fit.
pub(super) fn updates_fit(indices: &Fact, updates: &Fact, tensor: &PartialShape) -> Result<(), Reason> {
    must_be_index_or(DType::Int16, indices, "indices")?;
    let Some((length, places)) = indices
        .shape
        .sizes()
        .map(<[_]>::split_last)
        .map(|split| split.ok_or(()))
        .transpose()
        .map_err(|()| "indices are at least a vector, one tuple, and these are a scalar")?
    else {
        return Ok(());
    };
    let some = |shape: &PartialShape| shape.known().is_some_and(|shape| shape.elements() > 0);
    let nothing = tensor.sizes().is_some_and(|sizes| sizes.contains(&Some(0)));
    if nothing && (some(&indices.shape) || some(&updates.shape)) {
        return Err(format!("there are indices into a tensor of shape {tensor}, which is empty").into());
    }
    let Some(given) = updates.shape.sizes().filter(|sizes| !sizes.is_empty()) else { return Ok(()) };
    let rest = match (length, tensor.sizes()) {
        (Some(length), Some(axes)) => axes.get(*length..),
        _ => None,
    };
    let alike = |want: &[Option<usize>], got: &[Option<usize>]| {
        let pairs = || want.iter().zip(got);
        want.len() == got.len() && pairs().all(|pair| !matches!(pair, (Some(want), Some(got)) if want != got))
    };
    let fits = match given.split_at_checked(places.len()) {
        Some((first, last)) => alike(places, first) && rest.is_none_or(|rest| alike(rest, last)),
        None => false,
    };
    if fits {
        return Ok(());
    }
    let want: PartialShape = places.iter().chain(rest.unwrap_or_default()).copied().collect();
    Err(format!(
        "indices of shape {} into shape {tensor} ask for updates of shape {want}, and these have {}",
        indices.shape, updates.shape
    )
    .into())
}

/// Refuses a scalar.
///
/// # Errors
/// When it is one; `what` names it.
pub(super) fn must_have_axes(fact: &Fact, what: &str) -> Result<(), Reason> {
    match fact.shape.rank() {
        Some(0) => Err(format!("{what} must have an axis or more, and is a scalar").into()),
        _ => Ok(()),
    }
}

impl Tensor {
    /// Zeros of `shape` to which `updates` are added where these indices, `[…, n]`, say (`tf.scatter_nd`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![[1], [3], [1]]).scatter_nd(array![1.0, 2.0, 4.0], [4]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0.0, 5.0, 0.0, 2.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn scatter_nd(&self, updates: impl Into<Operand>, shape: impl IntoShape) -> Tensor {
        let (updates, shape) = (updates.into().tensor(self), shape.into_shape(self));
        self.graph().add(ScatterNd { bad_indices: BadIndices::Refused }, &[self, &updates, &shape])
    }

    /// A copy with `updates` in the places that `indices`, `[…, n]`, say (`tf.tensor_scatter_nd_update`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![1, 2, 3]).tensor_scatter_update(array![[0], [2]], array![7, 9]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![7, 2, 9]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn tensor_scatter_update(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Tensor {
        self.tensor_scatter::<0>(indices, updates)
    }

    /// A copy with `updates` added in the places that `indices` say (`tf.tensor_scatter_nd_add`).
    #[track_caller]
    pub fn tensor_scatter_add(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Tensor {
        self.tensor_scatter::<1>(indices, updates)
    }

    /// A copy with `updates` taken away in the places that `indices` say (`tf.tensor_scatter_nd_sub`).
    #[track_caller]
    pub fn tensor_scatter_sub(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Tensor {
        self.tensor_scatter::<2>(indices, updates)
    }

    /// A copy where, in the places that `indices` say, the smaller of what is there and the updates stands
    /// (`tf.tensor_scatter_nd_min`).
    #[track_caller]
    pub fn tensor_scatter_min(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Tensor {
        self.tensor_scatter::<3>(indices, updates)
    }

    /// A copy where, in the places that `indices` say, the larger of what is there and the updates stands
    /// (`tf.tensor_scatter_nd_max`).
    #[track_caller]
    pub fn tensor_scatter_max(&self, indices: impl Into<Operand>, updates: impl Into<Operand>) -> Tensor {
        self.tensor_scatter::<4>(indices, updates)
    }

    #[track_caller]
    fn tensor_scatter<const CHANGE: u8>(
        &self,
        indices: impl Into<Operand>,
        updates: impl Into<Operand>,
    ) -> Tensor {
        let indices = indices.into().tensor(&self.graph().constant(0));
        self.graph().add(TensorScatter::<CHANGE>::default(), &[self, &indices, &updates.into().tensor(self)])
    }
}

pub(super) fn scatter_nd_cases() -> Vec<Case> {
    vec![
        Case::fed("elements, one twice", [array![[0, 1], [1, 0], [0, 1]], array![1.0, 2.0, 4.0]], |_, x| {
            vec![x[0].scatter_nd(&x[1], [2, 2])]
        })
        .expecting([array![[0.0, 5.0], [2.0, 0.0]]]),
        Case::fed("rows", [array![[[2.0, 3.0]], [[4.0, 5.0]]]], |tf, x| {
            vec![tf.constant(array![[[2]], [[0]]]).scatter_nd(&x[0], [3, 2])]
        })
        .expecting([array![[4.0, 5.0], [0.0, 0.0], [2.0, 3.0]]]),
        Case::fed("a shape that is fed", [array![[1]], array![7], array![3]], |_, x| {
            vec![x[0].scatter_nd(&x[1], &x[2])]
        })
        .expecting([array![0, 7, 0]]),
        Case::fed("bools", [array![[0], [1], [0]], array![true, false, false]], |_, x| {
            vec![x[0].scatter_nd(&x[1], [3])]
        })
        .expecting([array![true, false, false]]),
        Case::fed("outside is passed over", [array![[3], [1], [-1]], array![1.0, 2.0, 4.0]], |tf, x| {
            let shape = tf.constant(array![3]);
            vec![tf.add(ScatterNd { bad_indices: BadIndices::PassedOver }, &[&x[0], &x[1], &shape])]
        })
        .expecting([array![0.0, 2.0, 0.0]]),
        Case::new("strings", |tf| {
            vec![tf.constant(array![[0], [2], [0]]).scatter_nd(array!["a", "b", "c"], [3])]
        })
        .expecting([array!["ac", "", "b"]]),
        Case::fed("no updates", [Array::from_literal([0.0; 0])], |tf, x| {
            vec![tf.constant(Array::from_literal([[0; 1]; 0])).scatter_nd(&x[0], [2])]
        })
        .expecting([array![0.0, 0.0]]),
    ]
}

fn tensor_scatter_cases<const CHANGE: u8>() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].tensor_scatter::<CHANGE>(&x[1], &x[2])];
    let mut cases = vec![
        Case::fed("rows", [matrix(), array![[2], [0]], array![[7.0, -8.0], [0.5, 9.0]]], build),
        Case::fed("elements", [matrix(), array![[2, 0], [0, 1]], array![-7.0, 8.0]], build),
        Case::fed("integers", [array![1, 2, 3], array![[2], [1], [2]], array![5, -5, 7]], build),
        Case::fed(
            "nothing",
            [matrix(), Array::from_literal([[0; 2]; 0]), Array::from_literal([0.0; 0])],
            build,
        ),
    ];
    cases.push(Case::fed(
        "outside is passed over",
        [matrix(), array![[3, 0], [0, 1]], array![-7.0, 8.0]],
        |tf, x| {
            let op = TensorScatter::<CHANGE> { bad_indices: BadIndices::PassedOver };
            vec![tf.add(op, &[&x[0], &x[1], &x[2]])]
        },
    ));
    if CHANGE == 0 {
        cases.push(
            Case::new("strings", |tf| {
                vec![tf.constant(array!["a", "b"]).tensor_scatter_update(array![[1]], array!["c"])]
            })
            .expecting([array!["a", "c"]]),
        );
    } else {
        cases.push(Case::fed("one twice", [matrix(), array![[2, 0], [2, 0]], array![-7.0, 8.0]], build));
    }
    cases
}

pub(super) fn tensor_scatter_update_cases() -> Vec<Case> {
    tensor_scatter_cases::<0>()
}

pub(super) fn tensor_scatter_add_cases() -> Vec<Case> {
    tensor_scatter_cases::<1>()
}

pub(super) fn tensor_scatter_sub_cases() -> Vec<Case> {
    tensor_scatter_cases::<2>()
}

pub(super) fn tensor_scatter_min_cases() -> Vec<Case> {
    tensor_scatter_cases::<3>()
}

pub(super) fn tensor_scatter_max_cases() -> Vec<Case> {
    tensor_scatter_cases::<4>()
}

pub(super) fn scatter_nd_non_aliasing_add_cases() -> Vec<Case> {
    tensor_scatter_cases::<5>()
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn updates_that_do_not_fit_are_refused() {
        let tf = Graph::new();
        tf.constant(array![[1], [3]]).scatter_nd(array![1.0, 2.0, 4.0], [4]);
        let error = tf.check().unwrap_err().message().to_string();
        assert_eq!(
            error,
            "indices of shape [2, 1] into shape [4] ask for updates of shape [2], and these have [3]"
        );
        let tf = Graph::new();
        let y = tf.constant(array![[1], [4]]).scatter_nd(array![1.0, 2.0], [4]);
        let error = Session::new(&tf).unwrap().run(&y, feeds![]).unwrap_err();
        assert!(error.message().contains("index [4] at position 1 is outside the shape [4]"));
    }
}
