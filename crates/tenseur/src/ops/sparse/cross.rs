//! Features crossed: of each row every combination of one feature from each column (SparseCross), as text or by number.
//!
//! A combination's number is what the fingerprints of its features are mixed to, one after the other, modulo how many numbers there
//! are; of a string it is FarmHash's fingerprint, of an integer itself.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::sparse::parts;
use crate::ops::text::hash::farm::{concatenated, fingerprint};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, room};

const NO_GRADIENT: &str = "what is crossed does not change a little";

/// A feature.
#[derive(Clone, Debug)]
enum Feature {
    Text(Vec<u8>),
    Number(u64),
}

impl Feature {
    /// Feature `place` of an array; as a number whatever it is, where `numbered`.
    fn of(array: &Array, place: usize, numbered: bool) -> Result<Feature, Reason> {
        Ok(match array.dtype() {
            DType::String if numbered => Feature::Number(fingerprint(&array.as_strings()?[place])),
            DType::String => Feature::Text(array.as_strings()?[place].clone()),
            _ => Feature::Number(array.as_slice::<i64>()?[place] as u64),
        })
    }

    fn text(&self) -> Vec<u8> {
        match self {
            Feature::Text(text) => text.clone(),
            Feature::Number(number) => (*number as i64).to_string().into_bytes(),
        }
    }

    fn number(&self) -> u64 {
        match self {
            Feature::Text(text) => fingerprint(text),
            Feature::Number(number) => *number,
        }
    }
}

/// A column: the features of each row.
type Column = Vec<Vec<Feature>>;

/// The columns of inputs: indices, values and shapes of `sparse` sparse tensors, then matrices.
fn columns(inputs: &[Array], sparse: usize, numbered: bool) -> Result<Vec<Column>, Reason> {
    let rows = match (inputs.get(2 * sparse), inputs.last()) {
        (Some(shape), _) if sparse > 0 => *shape.to_i64()?.first().ok_or("a sparse tensor has rows")?,
        (_, Some(matrix)) => matrix.shape().first().copied().unwrap_or(0) as i64,
        _ => return Err("there is nothing to cross".into()),
    };
    let rows = usize::try_from(rows).map_err(|_| format!("there are {rows} rows"))?;
    let mut all = Vec::new();
    for column in 0..sparse {
        let (indices, values) = (&inputs[column], &inputs[sparse + column]);
        let shape = inputs[2 * sparse + column].to_i64()?;
        if shape.len() != 2 || shape[0] != rows as i64 {
            return Err(format!("columns are matrices of {rows} rows, and one has shape {shape:?}").into());
        }
        let mut features: Column = room(rows)?;
        features.resize(rows, Vec::new());
        for (place, index) in indices.to_i64()?.chunks_exact(2).enumerate() {
            let inside = usize::try_from(index[0]).ok().filter(|&row| row < rows && place < values.len());
            let row = inside.ok_or_else(|| format!("index {index:?} is outside of {rows} rows"))?;
            features[row].push(Feature::of(values, place, numbered)?);
        }
        all.push(features);
    }
    for matrix in &inputs[3 * sparse..] {
        let [own, width] = matrix.shape()[..] else {
            return Err(format!("columns are matrices, and one has shape {}", matrix.shape()).into());
        };
        if own != rows {
            return Err(format!("columns are of {rows} rows, and one is of {own}").into());
        }
        let row = |row: usize| {
            (0..width)
                .map(|at| Feature::of(matrix, row * width + at, numbered))
                .collect::<Result<Vec<Feature>, Reason>>()
        };
        all.push((0..rows).map(row).collect::<Result<_, Reason>>()?);
    }
    Ok(all)
}

/// Every combination of each row, and where it stands: indices, and the shape. The last column's features go round first.
fn combinations(columns: &[Column]) -> Result<(Vec<Vec<&Feature>>, [Array; 2]), Reason> {
    let rows = columns.first().map_or(0, Vec::len);
    let (mut all, mut indices, mut widest) = (Vec::new(), Vec::new(), 0);
    for row in 0..rows {
        let counts = columns.iter().try_fold(1usize, |count, column| count.checked_mul(column[row].len()));
        let count = counts.ok_or("there are too many combinations")?;
        widest = widest.max(count);
        all.try_reserve(count).map_err(|_| "the combinations do not fit into memory")?;
        indices.try_reserve(2 * count).map_err(|_| "the combinations do not fit into memory")?;
        for number in 0..count {
            let mut rest = number;
            let mut combination: Vec<&Feature> = Vec::with_capacity(columns.len());
            for features in columns.iter().rev().map(|column| &column[row]) {
                combination.push(&features[rest % features.len()]);
                rest /= features.len();
            }
            combination.reverse();
            all.push(combination);
            indices.extend([row as i64, number as i64]);
        }
    }
    let places = [Array::new([all.len(), 2], indices)?, Array::new([2], [rows as i64, widest as i64])?];
    Ok((all, places))
}

/// Combinations as text, with a separator between.
fn texts(combinations: &[Vec<&Feature>], separator: &[u8]) -> Result<Array, Reason> {
    let text = |features: &Vec<&Feature>| {
        features.iter().map(|feature| feature.text()).collect::<Vec<_>>().join(separator)
    };
    Ok(Array::strings([combinations.len()], combinations.iter().map(text))?)
}

/// What is known of the outputs, values of `dtype`, of so many sparse tensors and matrices.
fn facts(inputs: &[&Fact], sparse: usize, dtype: DType) -> Result<Facts, Reason> {
    if inputs.len() < 3 * sparse {
        return Err(wrong_count(3 * sparse, inputs));
    }
    for column in 0..sparse {
        parts(inputs[column], inputs[sparse + column], inputs[2 * sparse + column])?;
    }
    let values = inputs[sparse..2 * sparse].iter().chain(&inputs[3 * sparse..]);
    if let Some(other) = values.into_iter().find(|fact| !matches!(fact.dtype, DType::Int64 | DType::String)) {
        return Err(format!("features are int64 or strings, not {}", other.dtype).into());
    }
    let indices = Fact::new(DType::Int64, [None, Some(2)]);
    Ok([indices, Fact::new(dtype, [None]), Fact::new(DType::Int64, [2])].into_iter().collect())
}

fn with_types(attrs: Attrs, inputs: &[&Fact], sparse: usize) -> Attrs {
    let types = |facts: &[&Fact]| facts.iter().map(|fact| fact.dtype).collect::<Vec<DType>>();
    attrs
        .with("N", sparse as i64)
        .with("dense_types", types(&inputs[3 * sparse..]))
        .with("sparse_types", types(&inputs[sparse..2 * sparse]))
}

fn sparse_columns(attrs: &Attrs) -> Result<usize, Reason> {
    let count: i64 = attrs.require("N")?;
    usize::try_from(count)
        .ok()
        .filter(|count| *count <= 1 << 16)
        .ok_or_else(|| format!("attribute \"N\" is {count}").into())
}

/// Features crossed: inputs are the indices of sparse columns, their values, their shapes, and dense columns; outputs are the
/// combinations of each row as a sparse tensor.
#[derive(Clone, Debug)]
pub struct SparseCross {
    /// How many columns are sparse.
    pub sparse: usize,
    /// Whether combinations become numbers, else text.
    pub hashed_output: bool,
    /// How many numbers there are; any, where it is 0.
    pub num_buckets: i64,
    /// What the fingerprints of a combination are mixed to.
    pub hash_key: i64,
    /// Whether all features must be strings.
    pub of_strings: bool,
}

impl OverArrays for SparseCross {
    const NAME: &'static str = "SparseCross";
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let kind = |strings: bool| if strings { DType::String } else { DType::Int64 };
        with_types(Attrs::new(), node.inputs, self.sparse)
            .with("hash_key", self.hash_key)
            .with("hashed_output", self.hashed_output)
            .with("internal_type", kind(self.of_strings))
            .with("num_buckets", self.num_buckets)
            .with("out_type", kind(!self.hashed_output))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let (hashed_output, num_buckets): (bool, i64) =
            (attrs.require("hashed_output")?, attrs.require("num_buckets")?);
        let out: DType = attrs.require("out_type")?;
        if (out == DType::Int64) != hashed_output || num_buckets < 0 {
            return Err(
                format!("it cannot give {num_buckets} numbers, hashed {hashed_output}, as {out}").into()
            );
        }
        Ok(SparseCross {
            sparse: sparse_columns(attrs)?,
            hashed_output,
            num_buckets,
            hash_key: attrs.require("hash_key")?,
            of_strings: attrs.require::<DType>("internal_type")? == DType::String,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        facts(inputs, self.sparse, if self.hashed_output { DType::Int64 } else { DType::String })
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let mut values = inputs[self.sparse..2 * self.sparse].iter().chain(&inputs[3 * self.sparse..]);
        if self.of_strings && values.any(|array| array.dtype() != DType::String) {
            return Err("features are strings where internal_type is, and one is int64".into());
        }
        let columns = columns(inputs, self.sparse, self.hashed_output)?;
        let (all, [indices, shape]) = combinations(&columns)?;
        if !self.hashed_output {
            return Ok(vec![indices, texts(&all, b"_X_")?, shape]);
        }
        let buckets = if self.num_buckets > 0 { self.num_buckets } else { i64::MAX } as u64;
        let number = |features: &Vec<&Feature>| {
            let mixed = |hash, feature: &&Feature| concatenated(hash, feature.number());
            (features.iter().fold(self.hash_key as u64, mixed) % buckets) as i64
        };
        let numbers: Vec<i64> = all.iter().map(number).collect();
        Ok(vec![indices, Array::new([numbers.len()], numbers)?, shape])
    }
}

/// Features crossed as text: as [`SparseCross`]'s inputs, and last the separator.
#[derive(Clone, Debug)]
pub struct SparseCrossV2 {
    /// How many columns are sparse.
    pub sparse: usize,
}

impl OverArrays for SparseCrossV2 {
    const NAME: &'static str = "SparseCrossV2";
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        with_types(Attrs::new(), &node.inputs[..node.inputs.len() - 1], self.sparse)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(SparseCrossV2 { sparse: sparse_columns(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [columns @ .., separator] = inputs else { return Err(wrong_count(1, inputs)) };
        must_be_scalar(separator, "the separator")?;
        match separator.dtype {
            DType::String => facts(columns, self.sparse, DType::String),
            other => Err(format!("the separator is a string, not {other}").into()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let [inputs @ .., separator] = inputs else { return Err("there is no separator".into()) };
        let columns = columns(inputs, self.sparse, false)?;
        let (all, [indices, shape]) = combinations(&columns)?;
        Ok(vec![indices, texts(&all, scalar_string(separator)?)?, shape])
    }
}

fn long(array: Array) -> Array {
    as_type(array, DType::Int64)
}

pub(in crate::ops) fn sparse_cross_cases() -> Vec<Case> {
    let case = |name, hashed_output| {
        let indices = long(array![[0, 0], [1, 0], [1, 1]]);
        Case::fed(name, [indices, array!["a", "b", "c"], long(array![2, 2])], move |tf, x| {
            let op =
                SparseCross { sparse: 1, hashed_output, num_buckets: 100, hash_key: 7, of_strings: true };
            let node =
                tf.add_op(ByArrays(op), &[&x[0], &x[1], &x[2], &tf.constant(array![["x"], ["y"]])], None);
            vec![node.output(0), node.output(1), node.output(2)]
        })
    };
    vec![
        case("text", false).expecting([
            long(array![[0, 0], [1, 0], [1, 1]]),
            array!["a_X_x", "b_X_y", "c_X_y"],
            long(array![2, 2]),
        ]),
        case("numbers", true),
    ]
}

pub(in crate::ops) fn sparse_cross_v2_cases() -> Vec<Case> {
    vec![
        Case::fed("matrices", [array![["a", "b"]], long(array![[1, 2]])], |tf, x| {
            let op = SparseCrossV2 { sparse: 0 };
            let node = tf.add_op(ByArrays(op), &[&x[0], &x[1], &tf.constant("-")], None);
            vec![node.output(0), node.output(1), node.output(2)]
        })
        .expecting([
            long(array![[0, 0], [0, 1], [0, 2], [0, 3]]),
            array!["a-1", "a-2", "b-1", "b-2"],
            long(array![1, 4]),
        ]),
    ]
}
