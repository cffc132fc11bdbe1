//! Diagonals of matrices: out of them (MatrixDiagPart), made into them (MatrixDiag), written over theirs (MatrixSetDiag).
//!
//! Diagonal `d` of a matrix are the elements `[i, j]` with `j − i = d`. Several of them, `lower..=upper`, are packed as the
//! rows of a matrix, the upper one first, each moved to the left or to the right of its row as [`Align`] says; what is
//! left over holds a padding.

mod cases;

use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

pub(super) use cases::*;

/// To which side shorter diagonals are moved when several are packed: those above the main diagonal, then those below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are TensorFlow's.
pub enum Align {
    RightLeft,
    LeftRight,
    LeftLeft,
    RightRight,
}

impl Align {
    const ALL: [(Align, &'static str); 4] = [
        (Align::RightLeft, "RIGHT_LEFT"),
        (Align::LeftRight, "LEFT_RIGHT"),
        (Align::LeftLeft, "LEFT_LEFT"),
        (Align::RightRight, "RIGHT_RIGHT"),
    ];

    fn name(self) -> &'static str {
        Align::ALL.iter().find(|(align, _)| *align == self).map_or("", |(_, name)| name)
    }

    /// That of an op of version `version`: an attribute of the third, to the left before.
    fn from_attrs(attrs: &Attrs, version: u8) -> Result<Align, Reason> {
        if version < 3 {
            return Ok(Align::LeftLeft);
        }
        let name: String = attrs.optional("align", "RIGHT_LEFT".to_string())?;
        let found = Align::ALL.iter().find(|(_, known)| *known == name).map(|(align, _)| *align);
        found.ok_or_else(|| {
            format!("attribute \"align\" is \"{name}\"; it is RIGHT_LEFT, LEFT_RIGHT, …").into()
        })
    }

    fn attrs(self, version: u8, attrs: Attrs) -> Attrs {
        if version < 3 { attrs } else { attrs.with("align", self.name()) }
    }

    /// Whether diagonal `d` begins at the left of its row.
    fn left(self, d: i64) -> bool {
        let above = matches!(self, Align::LeftRight | Align::LeftLeft);
        let below = matches!(self, Align::RightLeft | Align::LeftLeft);
        (d >= 0 && above) || (d <= 0 && below)
    }
}

/// Some diagonals of matrices of one size, and how they are packed.
#[derive(Clone, Copy, Debug)]
struct Band {
    lower: i64,
    upper: i64,
    rows: i64,
    columns: i64,
    align: Align,
}

impl Band {
    /// # Errors
    /// When there are no such diagonals.
    fn new([lower, upper]: [i64; 2], [rows, columns]: [usize; 2], align: Align) -> Result<Band, Reason> {
        let (rows, columns) = (rows as i64, columns as i64);
        let inside = |d: i64| d == 0 || (-rows < d && d < columns);
        match lower <= upper && inside(lower) && inside(upper) {
            true => Ok(Band { lower, upper, rows, columns, align }),
            false => {
                Err(format!("a matrix of {rows} by {columns} has no diagonals from {lower} to {upper}")
                    .into())
            }
        }
    }

    fn length(&self, d: i64) -> i64 {
        (self.rows + d.min(0)).min(self.columns - d.max(0)).max(0)
    }

    /// Elements of a packed row: the longest diagonal's.
    fn width(&self) -> usize {
        (self.rows + self.upper.min(0)).min(self.columns - self.lower.max(0)).max(0) as usize
    }

    /// The axes of the packed diagonals of one matrix.
    fn packed(&self) -> Vec<usize> {
        match self.lower == self.upper {
            true => vec![self.width()],
            false => vec![(self.upper - self.lower + 1) as usize, self.width()],
        }
    }

    /// Where element `[row, column]` of a matrix is packed, if it is on one of the diagonals.
    fn place(&self, row: i64, column: i64) -> Option<usize> {
        let d = column - row;
        if d < self.lower || d > self.upper {
            return None;
        }
        let offset = if self.align.left(d) { 0 } else { self.width() as i64 - self.length(d) };
        Some(((self.upper - d) * self.width() as i64 + row.min(column) + offset) as usize)
    }

    /// Where each element of a matrix is packed.
    fn places(&self) -> Vec<Option<usize>> {
        let cells = (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (row, column)));
        cells.map(|(row, column)| self.place(row, column)).collect()
    }
}

/// The lower and the upper diagonal: one number for both, or two.
fn diagonals(k: &[i64]) -> Result<[i64; 2], Reason> {
    match *k {
        [k] => Ok([k, k]),
        [lower, upper] if lower <= upper => Ok([lower, upper]),
        _ => Err(format!("k is one diagonal, or a lower and an upper one, and is {k:?}").into()),
    }
}

/// Input `index` as integers if it is known; the main diagonal, or −1, for an op that has no such input.
fn operand(inputs: &[&Fact], index: usize, version: u8, default: i64) -> Option<Vec<i64>> {
    if version == 1 { Some(vec![default]) } else { inputs[index].integers() }
}

/// The axes of the batch and of the matrices, if there are matrices.
#[allow(clippy::type_complexity)]
fn last_two(shape: &PartialShape) -> Result<Option<(Vec<Option<usize>>, [Option<usize>; 2])>, Reason> {
    match shape.sizes() {
        None => Ok(None),
        Some([batch @ .., rows, columns]) => Ok(Some((batch.to_vec(), [*rows, *columns]))),
        Some(_) => Err(format!("it takes matrices, and has shape {shape}").into()),
    }
}

fn known_pair(sizes: [Option<usize>; 2]) -> Option<[usize; 2]> {
    Some([sizes[0]?, sizes[1]?])
}

fn operand_count<const VERSION: u8>(inputs: &[&Fact], first: usize, rest: usize) -> Result<(), Reason> {
    let want = first + if VERSION == 1 { 0 } else { rest };
    if inputs.len() == want { Ok(()) } else { Err(wrong_count(want, inputs)) }
}

/// Matrices with given diagonals and a padding elsewhere. Inputs are the diagonals, packed, and from version 2 on: which
/// (k), the number of rows and of columns (−1: as few as do), and the padding.
#[derive(Clone, Debug)]
pub struct MatrixDiag<const VERSION: u8> {
    /// How the diagonals are packed.
    pub align: Align,
}

impl<const VERSION: u8> MatrixDiag<VERSION> {
    /// The size of the matrices whose diagonals have the shape `diagonal`.
    fn sizes(&self, diagonal: &[usize], k: &[i64], rows: i64, columns: i64) -> Result<(usize, Band), Reason> {
        let [lower, upper] = diagonals(k)?;
        let packed = if lower == upper { 1 } else { 2 };
        if diagonal.len() < packed {
            return Err(format!("its diagonals have only {} axes", diagonal.len()).into());
        }
        let (batch, packed) = diagonal.split_at(diagonal.len() - packed);
        if packed.len() == 2 && packed[0] as i64 != upper - lower + 1 {
            return Err(format!("{} diagonals are given for {lower} to {upper}", packed[0]).into());
        }
        let width = packed[packed.len() - 1] as i64;
        let (least_rows, least_columns) = (width - upper.min(0), width + lower.max(0));
        let (rows, columns) = match (rows, columns) {
            (-1, -1) => (least_rows.max(least_columns), least_rows.max(least_columns)),
            (-1, columns) => (least_rows, columns),
            (rows, -1) => (rows, least_columns),
            both => both,
        };
        let fits = rows >= least_rows
            && columns >= least_columns
            && (rows == least_rows || columns == least_columns);
        if !fits {
            return Err(format!(
                "diagonals {lower} to {upper} of {width} elements do not go into {rows} by {columns}"
            )
            .into());
        }
        let band = Band::new([lower, upper], [rows as usize, columns as usize], self.align)?;
        Ok((batch.iter().product(), band))
    }
}

impl<const VERSION: u8> Op for MatrixDiag<VERSION> {
    fn name(&self) -> &'static str {
        ["MatrixDiag", "MatrixDiagV2", "MatrixDiagV3"][usize::from(VERSION) - 1]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.align.attrs(VERSION, Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(MatrixDiag { align: Align::from_attrs(attrs, VERSION)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        operand_count::<VERSION>(inputs, 1, 4)?;
        if VERSION > 1 && inputs[4].dtype != inputs[0].dtype {
            return Err(format!("the padding is of {}, not {}", inputs[4].dtype, inputs[0].dtype).into());
        }
        let dtype = inputs[0].dtype;
        let one = |index| operand(inputs, index, VERSION, -1).and_then(|values| values.first().copied());
        let k = operand(inputs, 1, VERSION, 0);
        let (Some(k), Some(rows), Some(columns)) = (k, one(2), one(3)) else {
            return Ok(Fact::new(dtype, PartialShape::unknown()).one());
        };
        if let Some(shape) = inputs[0].shape.known() {
            let (_, band) = self.sizes(&shape, &k, rows, columns)?;
            let batch = &shape[..shape.rank() - band.packed().len()];
            let matrix = [band.rows as usize, band.columns as usize];
            return Ok(Fact::new(dtype, batch.iter().chain(&matrix).copied().collect::<Shape>()).one());
        }
        let [lower, upper] = diagonals(&k)?;
        let packed = if lower == upper { 1 } else { 2 };
        let shape = match inputs[0].shape.sizes() {
            Some(sizes) if sizes.len() >= packed => {
                let size = |size: i64| usize::try_from(size).ok();
                sizes[..sizes.len() - packed].iter().copied().chain([size(rows), size(columns)]).collect()
            }
            Some(sizes) => return Err(format!("its diagonals have only {} axes", sizes.len()).into()),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let k = main_diagonal(node.x(0), if VERSION > 1 { Some(node.x(1)) } else { None });
            let part = node.dy(0).map(|dy| dy.matrix_diag_part_with(&k, self.align));
            [part].into_iter().chain(std::iter::repeat_n(None, node.inputs() - 1)).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let (k, rows, columns, padding) = match arrays {
                [_, k, rows, columns, padding] => {
                    let one = |array: &Array| Ok::<i64, Reason>(i64::from(array.item::<i32>()?));
                    (k.to_i64()?, one(rows)?, one(columns)?, padding.reshape([1])?)
                }
                _ => (vec![0], -1, -1, Array::zeros(arrays[0].dtype(), [1])?),
            };
            let diagonal = &arrays[0];
            let (count, band) = op.sizes(diagonal.shape(), &k, rows, columns)?;
            let packed = band.packed();
            let batch = &diagonal.shape()[..diagonal.shape().rank() - packed.len()];
            let matrix = [band.rows as usize, band.columns as usize];
            let shape: Shape = batch.iter().chain(&matrix).copied().collect();
            let (each, places) = (packed.iter().product::<usize>(), band.places());
            let from = (0..count).flat_map(|number| {
                let place = move |place: &Option<usize>| match place {
                    Some(place) => Some((0, number * each + place)),
                    None => Some((1, 0)),
                };
                places.iter().map(place)
            });
            Ok(vec![assemble(&[diagonal, &padding], 1, shape, from)?])
        }))
    }
}

/// The diagonals of matrices, packed. Inputs are the matrices and, from version 2 on, which diagonals (k), and the padding.
#[derive(Clone, Debug)]
pub struct MatrixDiagPart<const VERSION: u8> {
    /// How the diagonals are packed.
    pub align: Align,
}

impl<const VERSION: u8> Op for MatrixDiagPart<VERSION> {
    fn name(&self) -> &'static str {
        ["MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3"][usize::from(VERSION) - 1]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.align.attrs(VERSION, Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(MatrixDiagPart { align: Align::from_attrs(attrs, VERSION)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        operand_count::<VERSION>(inputs, 1, 2)?;
        if VERSION > 1 && inputs[2].dtype != inputs[0].dtype {
            return Err(format!("the padding is of {}, not {}", inputs[2].dtype, inputs[0].dtype).into());
        }
        let dtype = inputs[0].dtype;
        let (Some((batch, matrix)), Some(k)) = (last_two(&inputs[0].shape)?, operand(inputs, 1, VERSION, 0))
        else {
            return Ok(Fact::new(dtype, PartialShape::unknown()).one());
        };
        let [lower, upper] = diagonals(&k)?;
        let packed: Vec<Option<usize>> = match known_pair(matrix) {
            Some(matrix) => {
                let band = Band::new([lower, upper], matrix, self.align)?;
                band.packed().into_iter().map(Some).collect()
            }
            None if lower == upper => vec![None],
            None => vec![usize::try_from(upper - lower + 1).ok(), None],
        };
        Ok(Fact::new(dtype, batch.into_iter().chain(packed).collect::<PartialShape>()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let k = main_diagonal(node.x(0), if VERSION > 1 { Some(node.x(1)) } else { None });
            let whole = node.dy(0).map(|dy| node.x(0).zeros_like().matrix_set_diag_with(dy, &k, self.align));
            [whole].into_iter().chain(std::iter::repeat_n(None, node.inputs() - 1)).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let align = self.align;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let (k, padding) = match arrays {
                [_, k, padding] => (k.to_i64()?, padding.reshape([1])?),
                _ => (vec![0], Array::zeros(arrays[0].dtype(), [1])?),
            };
            let (count, band) = matrices_of(&arrays[0], &k, align)?;
            let packed = band.packed();
            let batch = &arrays[0].shape()[..arrays[0].shape().rank() - 2];
            let shape: Shape = batch.iter().chain(&packed).copied().collect();
            let mut cells = vec![None; packed.iter().product()];
            let places = band.places();
            for (cell, place) in places.iter().enumerate() {
                place.iter().for_each(|&place| cells[place] = Some(cell));
            }
            let from = (0..count).flat_map(|number| {
                let each = places.len();
                cells.iter().map(move |cell| Some(cell.map_or((1, 0), |cell| (0, number * each + cell))))
            });
            Ok(vec![assemble(&[&arrays[0], &padding], 1, shape, from)?])
        }))
    }
}

/// How many matrices there are, and their diagonals.
fn matrices_of(matrices: &Array, k: &[i64], align: Align) -> Result<(usize, Band), Reason> {
    match &matrices.shape()[..] {
        [batch @ .., rows, columns] => {
            Ok((batch.iter().product(), Band::new(diagonals(k)?, [*rows, *columns], align)?))
        }
        _ => Err("it takes matrices, and got fewer than two axes".into()),
    }
}

/// Matrices whose diagonals are replaced. Inputs are the matrices, the diagonals, packed, and, from version 2 on, which (k).
#[derive(Clone, Debug)]
pub struct MatrixSetDiag<const VERSION: u8> {
    /// How the diagonals are packed.
    pub align: Align,
}

impl<const VERSION: u8> Op for MatrixSetDiag<VERSION> {
    fn name(&self) -> &'static str {
        ["MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3"][usize::from(VERSION) - 1]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.align.attrs(VERSION, Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(MatrixSetDiag { align: Align::from_attrs(attrs, VERSION)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        operand_count::<VERSION>(inputs, 2, 1)?;
        if inputs[1].dtype != inputs[0].dtype {
            return Err(format!("the diagonals are of {}, not {}", inputs[1].dtype, inputs[0].dtype).into());
        }
        if let (Some((batch, matrix)), Some(k)) =
            (last_two(&inputs[0].shape)?, operand(inputs, 2, VERSION, 0))
            && let Some(matrix) = known_pair(matrix)
        {
            let packed = Band::new(diagonals(&k)?, matrix, self.align)?.packed();
            let want: PartialShape = batch.into_iter().chain(packed.into_iter().map(Some)).collect();
            if want.merge(&inputs[1].shape).is_none() {
                let got = &inputs[1].shape;
                return Err(format!("the diagonals are to have shape {want} and have {got}").into());
            }
        }
        Ok(Fact::new(inputs[0].dtype, inputs[0].shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let k = main_diagonal(node.x(0), if VERSION > 1 { Some(node.x(2)) } else { None });
            let mut gradients = vec![None; node.inputs()];
            if let Some(dy) = node.dy(0) {
                gradients[0] = Some(dy.matrix_set_diag_with(&node.x(1).zeros_like(), &k, self.align));
                gradients[1] = Some(dy.matrix_diag_part_with(&k, self.align));
            }
            gradients
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let align = self.align;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let k = arrays.get(2).map_or(Ok(vec![0]), Array::to_i64)?;
            let (count, band) = matrices_of(&arrays[0], &k, align)?;
            let (places, each) = (band.places(), band.packed().iter().product::<usize>());
            if arrays[1].len() != count * each {
                let (got, want) = (arrays[1].shape(), band.packed());
                return Err(format!("diagonals of shape {got} were given for {want:?} of each matrix").into());
            }
            let from = (0..count).flat_map(|number| {
                let cells = places.len();
                places.iter().enumerate().map(move |(cell, place)| {
                    Some(place.map_or((0, number * cells + cell), |place| (1, number * each + place)))
                })
            });
            Ok(vec![assemble(&[&arrays[0], &arrays[1]], 1, arrays[0].shape().clone(), from)?])
        }))
    }
}

/// The diagonals that an op is about: an input of it, or the main one.
#[track_caller]
fn main_diagonal(like: &Tensor, k: Option<&Tensor>) -> Tensor {
    k.cloned().unwrap_or_else(|| like.graph().constant(0))
}

impl Tensor {
    /// Matrices with these main diagonals and zeros elsewhere (`tf.matrix_diag`): `[…, n]` gives `[…, n, n]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![1, 2]).matrix_diag();
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[1, 0], [0, 2]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_diag(&self) -> Tensor {
        self.matrix_diag_with(&self.graph().constant(0), Align::RightLeft)
    }

    /// As [`matrix_diag`](Tensor::matrix_diag), for diagonal k, or for those from `k[0]` to `k[1]`, packed.
    #[track_caller]
    pub fn matrix_diag_with(&self, k: &Tensor, align: Align) -> Tensor {
        let tf = self.graph();
        let (any, padding) = (tf.constant(-1), tf.constant_like(0.0, self));
        tf.add(MatrixDiag::<3> { align }, &[self, k, &any, &any, &padding])
    }

    /// The main diagonals of matrices (`tf.matrix_diag_part`): `[…, m, n]` gives `[…, min(m, n)]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2], [3, 4]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.matrix_diag_part(), feeds![])?, array![1, 4]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_diag_part(&self) -> Tensor {
        self.matrix_diag_part_with(&self.graph().constant(0), Align::RightLeft)
    }

    /// As [`matrix_diag_part`](Tensor::matrix_diag_part), for diagonal k, or for those from `k[0]` to `k[1]`, packed and
    /// filled up with zeros.
    #[track_caller]
    pub fn matrix_diag_part_with(&self, k: &Tensor, align: Align) -> Tensor {
        let padding = self.graph().constant_like(0.0, self);
        self.graph().add(MatrixDiagPart::<3> { align }, &[self, k, &padding])
    }

    /// Matrices with other main diagonals (`tf.matrix_set_diag`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2], [3, 4]]).matrix_set_diag(array![8, 9]);
    /// assert_eq!(Session::new(&tf)?.run(&x, feeds![])?, array![[8, 2], [3, 9]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_set_diag(&self, diagonal: impl Into<Operand>) -> Tensor {
        self.matrix_set_diag_with(&diagonal.into().tensor(self), &self.graph().constant(0), Align::RightLeft)
    }

    /// As [`matrix_set_diag`](Tensor::matrix_set_diag), for diagonal k, or for those from `k[0]` to `k[1]`, packed.
    #[track_caller]
    pub fn matrix_set_diag_with(&self, diagonal: &Tensor, k: &Tensor, align: Align) -> Tensor {
        self.graph().add(MatrixSetDiag::<3> { align }, &[self, diagonal, k])
    }
}

impl crate::Graph {
    /// The identity matrix of `size` by `size` (`tf.eye`), float32.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// assert_eq!(Session::new(&tf)?.run(&tf.eye(2), feeds![])?, array![[1.0, 0.0], [0.0, 1.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn eye(&self, size: usize) -> Tensor {
        self.full_of(DType::Float32, [size], 1.0).matrix_diag()
    }
}
