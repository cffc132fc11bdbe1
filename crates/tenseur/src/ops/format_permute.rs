//! Axes and sizes of images from one order of axes to another: DataFormatDimMap and DataFormatVecPermute.
//!
//! An order is a word with a letter for each axis: `NHWC`, `NCHW`, `NDHWC`.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_index, vector_of, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::Array;

const NO_GRADIENT: &str = "axes and sizes are integers";

/// Two orders of the same axes.
#[derive(Clone, Debug)]
pub struct Orders {
    from: String,
    to: String,
}

impl Orders {
    fn from_attrs(attrs: &Attrs) -> Result<Orders, Reason> {
        let from = attrs.optional("src_format", "NHWC".to_string())?;
        let to = attrs.optional("dst_format", "NCHW".to_string())?;
        let sorted = |word: &str| {
            let mut letters: Vec<char> = word.chars().collect();
            letters.sort_unstable();
            letters
        };
        let letters = sorted(&from);
        let once = letters.windows(2).all(|pair| pair[0] != pair[1]);
        match matches!(letters.len(), 4 | 5) && once && letters == sorted(&to) {
            true => Ok(Orders { from, to }),
            false => Err(format!(
                "attributes \"src_format\" and \"dst_format\" are \"{from}\" and \"{to}\"; they are the same four or five \
                 letters"
            )
            .into()),
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype);
        attrs.with("dst_format", &self.to[..]).with("src_format", &self.from[..])
    }

    /// For each axis of the new order, which it is of the old; with `spatial`, among those that are not N and C.
    fn places(&self, spatial: bool) -> Vec<usize> {
        let letters = |word: &str| -> Vec<char> {
            word.chars().filter(|letter| !spatial || !matches!(letter, 'N' | 'C')).collect()
        };
        let from = letters(&self.from);
        let place = |letter: char| from.iter().position(|&other| other == letter).unwrap_or_default();
        letters(&self.to).into_iter().map(place).collect()
    }
}

/// Which axis of the new order each axis of the old is; negative ones are counted from the end.
#[derive(Clone, Debug)]
pub struct DataFormatDimMap(Orders);

impl OverArrays for DataFormatDimMap {
    const NAME: &'static str = "DataFormatDimMap";
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Orders::from_attrs(attrs).map(DataFormatDimMap)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        must_be_index(x, "an axis")?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let places = self.0.places(false);
        let rank = places.len();
        let axis = |&axis: &i64| {
            let counted = if axis < 0 { axis + rank as i64 } else { axis };
            let to = places.iter().position(|&place| place as i64 == counted);
            to.ok_or_else(|| Reason::from(format!("axis {axis} is outside [-{rank}, {rank})")))
        };
        let axes = inputs[0].to_i64()?.iter().map(axis).collect::<Result<Vec<_>, _>>()?;
        Ok(vec![vector_of(inputs[0].dtype(), &axes)?.reshape(inputs[0].shape().clone())?])
    }
}

/// What is said of each axis, a number (or of each two, `[axes, 2]`), in the new order. What is said of the spatial axes alone
/// is put in order too.
#[derive(Clone, Debug)]
pub struct DataFormatVecPermute(Orders);

impl OverArrays for DataFormatVecPermute {
    const NAME: &'static str = "DataFormatVecPermute";
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Orders::from_attrs(attrs).map(DataFormatVecPermute)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        must_be_index(x, "what is said of an axis")?;
        let rank = self.0.from.len();
        let fits = match x.shape.sizes() {
            None => true,
            Some([axes, pair @ ..]) => {
                axes.is_none_or(|axes| axes == rank || axes == rank - 2)
                    && matches!(pair, [] | [None | Some(2)])
            }
            Some([]) => false,
        };
        match fits {
            true => Ok(Fact::new(x.dtype, x.shape.clone()).one()),
            false => Err(format!(
                "for {rank} axes it takes {rank} or {} numbers, or pairs of them, not shape {}",
                rank - 2,
                x.shape
            )
            .into()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let x = &inputs[0];
        let count = x.shape().first().copied().unwrap_or(0);
        let places = self.0.places(count + 2 == self.0.from.len());
        let from = places.into_iter().map(|place| Some((0, place)));
        Ok(vec![assemble(&[x], x.len() / count.max(1), x.shape().clone(), from)?])
    }
}

pub(super) fn data_format_dim_map_cases() -> Vec<Case> {
    vec![
        Case::fed("to channels first", [array![0, 1, 2, 3, -1]], |tf, x| {
            let orders = Orders { from: "NHWC".into(), to: "NCHW".into() };
            vec![tf.add(ByArrays(DataFormatDimMap(orders)), &[&x[0]])]
        })
        .expecting([array![0, 2, 3, 1, 1]]),
    ]
}

pub(super) fn data_format_vec_permute_cases() -> Vec<Case> {
    let build = |from: &'static str, to: &'static str| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let orders = Orders { from: from.into(), to: to.into() };
            vec![tf.add(ByArrays(DataFormatVecPermute(orders)), &[&x[0]])]
        }
    };
    vec![
        Case::fed("to channels first", [array![7, 4, 9, 3]], build("NHWC", "NCHW"))
            .expecting([array![7, 3, 4, 9]]),
        Case::fed("pairs", [array![[1, 2], [3, 4], [5, 6], [7, 8]]], build("NCHW", "NHWC"))
            .expecting([array![[1, 2], [5, 6], [7, 8], [3, 4]]]),
        Case::fed("spatial axes alone", [array![4, 9]], build("NHWC", "NCWH")).expecting([array![9, 4]]),
    ]
}
