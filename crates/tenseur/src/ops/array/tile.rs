//! A tensor laid side by side with itself: Tile.

use tenseur_kernels::{CopyKernel, Layout};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index, must_be_one_per_axis, view, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// x repeated along each axis, as often as the second input says.
#[derive(Clone, Debug)]
pub struct Tile;

impl Op for Tile {
    fn name(&self) -> &'static str {
        "Tile"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tmultiples", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Tile, Reason> {
        Ok(Tile)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, multiples] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_index(multiples, "multiples")?;
        must_be_one_per_axis(multiples, "multiples")?;
        let Some(rank) = x.shape.rank().or(multiples.shape.size(0)) else {
            return Ok(Fact::new(x.dtype, PartialShape::unknown()).one());
        };
        if let Some(count) = multiples.shape.size(0).filter(|&count| count != rank) {
            return Err(format!("there are {count} multiples for a tensor of {rank} axes").into());
        }
        let multiples = multiples.known_integers().unwrap_or_else(|| vec![None; rank]);
        if let Some(bad) = multiples.iter().flatten().find(|&&times| times < 0) {
            return Err(format!("a multiple is {bad}; multiples are 0 or more").into());
        }
        let size = |axis: usize| match (x.shape.size(axis), multiples[axis]) {
            (Some(0), _) | (_, Some(0)) => Ok(Some(0)),
            (Some(size), Some(times)) => {
                let tiled = size.checked_mul(times as usize);
                tiled.map(Some).ok_or_else(|| format!("{size} elements {times} times are too many"))
            }
            _ => Ok(None),
        };
        let shape: PartialShape = (0..rank).map(size).collect::<Result<Vec<_>, String>>()?.into();
        if shape.known().is_some_and(|shape| shape.checked_elements().is_none()) {
            return Err(format!("a tensor of shape {shape} would be too large").into());
        }
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, multiples) = (node.x(0), node.x(1));
            let known = multiples.fact().and_then(|fact| fact.integers());
            // Each axis is split into the repetitions and what is repeated; the former are summed.
            let back = match (x.shape().known(), known) {
                (Some(shape), Some(multiples)) => {
                    let split: Vec<usize> =
                        multiples.iter().zip(shape.iter()).flat_map(|(&m, &n)| [m as usize, n]).collect();
                    let axes: Vec<i32> = (0..shape.rank() as i32).map(|axis| 2 * axis).collect();
                    dy.reshape(&split[..]).reduce_sum(&axes[..])
                }
                _ => {
                    let tf = dy.graph();
                    let shape = match multiples.dtype() {
                        Some(dtype) => x.shape_tensor().cast_to(dtype),
                        None => x.shape_tensor(),
                    };
                    let split = tf.stack(&[multiples, &shape], 1).reshape([-1]);
                    let axes = tf.range(0, split.size_tensor(), 2);
                    dy.reshape(&split).reduce_sum(&axes).reshape_like(x)
                }
            };
            [Some(back), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let (x, out) = (node.inputs[0], known_shape(&node.outputs[0])?);
        let Some(multiples) = node.inputs[1].integers() else { return Ok(once_known(self, node)) };
        let shape = known_shape(x)?;
        let stretched = multiples.iter().zip(shape.iter()).all(|(&times, &size)| times == 1 || size == 1);
        if stretched && out.elements() > 0 {
            return view(Layout::broadcast(&shape, &out)?, &out);
        }
        // Two axes for each: the repetitions, which stay in place, and what is repeated.
        let split: Vec<usize> =
            multiples.iter().zip(shape.iter()).flat_map(|(&m, &n)| [m as usize, n]).collect();
        let mut layout = Layout::contiguous(&shape);
        layout.strides = layout.strides.into_iter().flat_map(|stride| [0, stride]).collect();
        let size = x.dtype.size().ok_or_else(|| format!("there are no loops over {}", x.dtype))?;
        Ok(Lowered::kernel(CopyKernel::new(size, &split, layout)?))
    }
}

impl Tensor {
    /// x repeated along each axis, `multiples[axis]` times.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.tile([2, 2]), feeds![])?, array![[1, 2, 1, 2], [1, 2, 1, 2]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn tile(&self, multiples: impl IntoShape) -> Tensor {
        let multiples = multiples.into_shape(self);
        self.graph().add(Tile, &[self, &multiples])
    }
}

pub(in crate::ops) fn tile_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0], [3.0, 4.0]];
    vec![
        Case::fed("both axes", [matrix()], |_, x| vec![x[0].tile([2, 3])]),
        Case::fed("a vector", [array![1.0, 2.0]], |_, x| vec![x[0].tile([2])])
            .expecting([array![1.0, 2.0, 1.0, 2.0]]),
        Case::fed("a column", [array![[1.0], [2.0]]], |_, x| vec![x[0].tile([1, 3])])
            .expecting([array![[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]]),
        Case::fed("not at all", [matrix()], |_, x| vec![x[0].tile([0, 1])]),
        Case::fed("a scalar", [Array::scalar(1.5f32)], |_, x| vec![x[0].tile([] as [i32; 0])]),
        Case::fed("multiples that are fed", [matrix(), as_type(array![1, 2], DType::Int64)], |_, x| {
            vec![x[0].tile(&x[1])]
        })
        .expecting([array![[1.0, 2.0, 1.0, 2.0], [3.0, 4.0, 3.0, 4.0]]]),
        Case::fed("strings", [array!["a", "b"]], |_, x| vec![x[0].tile([2])])
            .expecting([array!["a", "b", "a", "b"]]),
    ]
}
