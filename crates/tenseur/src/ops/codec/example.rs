//! Records of named lists (tf.Example) to tensors: ParseExample, ParseExampleV2 and ParseSingleExample.
//!
//! A *dense* list has the same shape in every record, and a default where it is missing; one whose first size is not known is
//! as long as the longest and filled up with the default. A *sparse* one has any length, and becomes a sparse tensor:
//! indices, values, shape. A *ragged* one becomes all values and where each record's end.

use prost::Message;

use super::BYTES;
use super::features::{Wanted, any_length, dense, sparse};
use crate::conformance::Case;
use crate::error::Reason;
use crate::formats::proto::example::{
    BytesList, Example, Feature, FeatureKind, Features, FloatList, Int64List,
};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attr, Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// Which of TensorFlow's ops it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// ParseExample: a batch of records; each key is an input.
    First,
    /// ParseExampleV2: a batch, or one record; the keys are three inputs.
    Second,
    /// ParseSingleExample: one record; the keys are attributes.
    Single,
}

/// Tensors of records. Inputs: the records' bytes; but for a single record names for messages (unused), and the keys of
/// sparse, dense (and in the second version ragged) lists; and for each dense list its default, without elements where it
/// must be there. Outputs: indices of all sparse lists, values, shapes; dense lists; values of all ragged lists, splits.
#[derive(Clone, Debug)]
pub struct ParseExample<const FORM: u8> {
    /// The types of sparse lists.
    pub sparse_types: Vec<DType>,
    /// The types of dense lists.
    pub dense_types: Vec<DType>,
    /// The shapes of dense lists.
    pub dense_shapes: Vec<PartialShape>,
    /// The types of ragged lists' values, and of their splits.
    pub ragged_types: Vec<(DType, DType)>,
    /// The keys of sparse lists, then of dense ones, where they are attributes.
    pub keys: Vec<Vec<u8>>,
}

const fn form(number: u8) -> Form {
    match number {
        0 => Form::First,
        1 => Form::Second,
        _ => Form::Single,
    }
}

/// Whether lists can be of these types.
///
/// # Errors
/// The attribute's name, and the type that they cannot be of.
pub(super) fn typed(dtypes: &[DType], name: &str) -> Result<(), Reason> {
    match dtypes.iter().find(|dtype| !matches!(dtype, DType::Float32 | DType::Int64 | DType::String)) {
        None => Ok(()),
        Some(other) => {
            Err(format!("attribute \"{name}\" should be of float32, int64 or string and has {other}").into())
        }
    }
}

impl<const FORM: u8> ParseExample<FORM> {
    /// How many inputs there are before the defaults.
    fn before_defaults(&self) -> usize {
        match form(FORM) {
            Form::First => 2 + self.sparse_types.len() + self.dense_types.len(),
            Form::Second => 5,
            Form::Single => 1,
        }
    }

    /// The keys of sparse, dense and ragged lists.
    fn keys(&self, inputs: &[Array]) -> Result<[Vec<Vec<u8>>; 3], Reason> {
        let (sparse, dense) = (self.sparse_types.len(), self.dense_types.len());
        let keys = match form(FORM) {
            Form::First => {
                let mut all = Vec::new();
                for key in &inputs[2..2 + sparse + dense] {
                    all.push(crate::ops::text::scalar_string(key)?.to_vec());
                }
                [all[..sparse].to_vec(), all[sparse..].to_vec(), Vec::new()]
            }
            Form::Second => {
                let keys = |input: usize| inputs[input].as_strings().map(<[Vec<u8>]>::to_vec);
                [keys(2)?, keys(3)?, keys(4)?]
            }
            Form::Single => [self.keys[..sparse].to_vec(), self.keys[sparse..].to_vec(), Vec::new()],
        };
        let counts = [sparse, dense, self.ragged_types.len()];
        match keys.iter().zip(counts).all(|(keys, count)| keys.len() == count) {
            true => Ok(keys),
            false => {
                let found = keys.map(|keys| keys.len());
                Err(format!(
                    "there are {found:?} keys, of sparse, dense and ragged lists, and should be {counts:?}"
                )
                .into())
            }
        }
    }
}

/// The items of an attribute that is a list, none if it is missing.
pub(super) fn items<T>(
    attrs: &Attrs,
    name: &str,
    item: impl Fn(&Attr) -> Option<T>,
) -> Result<Vec<T>, Reason> {
    let wrong = |value: &Attr| Reason::from(format!("attribute \"{name}\" is {value:?}"));
    match attrs.get(name) {
        None => Ok(Vec::new()),
        Some(list @ Attr::List(all)) => {
            all.iter().map(&item).collect::<Option<_>>().ok_or_else(|| wrong(list))
        }
        Some(other) => Err(wrong(other)),
    }
}

impl<const FORM: u8> OverArrays for ParseExample<FORM> {
    const NAME: &'static str = match form(FORM) {
        Form::First => "ParseExample",
        Form::Second => "ParseExampleV2",
        Form::Single => "ParseSingleExample",
    };
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let shapes = Attr::List(self.dense_shapes.iter().cloned().map(Attr::Shape).collect());
        let sparse = self.sparse_types.len();
        let attrs = Attrs::new()
            .with("sparse_types", self.sparse_types.clone())
            .with("Tdense", self.dense_types.clone())
            .with("dense_shapes", shapes);
        match form(FORM) {
            Form::First => attrs.with("Nsparse", sparse as i64).with("Ndense", self.dense_types.len() as i64),
            Form::Second => {
                let (values, splits): (Vec<DType>, Vec<DType>) = self.ragged_types.iter().copied().unzip();
                attrs
                    .with("num_sparse", sparse as i64)
                    .with("ragged_value_types", values)
                    .with("ragged_split_types", splits)
            }
            Form::Single => {
                let keys = |keys: &[Vec<u8>]| Attr::List(keys.iter().cloned().map(Attr::Bytes).collect());
                attrs
                    .with("num_sparse", sparse as i64)
                    .with("sparse_keys", keys(&self.keys[..sparse]))
                    .with("dense_keys", keys(&self.keys[sparse..]))
            }
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let types = |name: &str| attrs.optional::<Vec<DType>>(name, Vec::new());
        let (sparse_types, dense_types) = (types("sparse_types")?, types("Tdense")?);
        typed(&sparse_types, "sparse_types")?;
        typed(&dense_types, "Tdense")?;
        let dense_shapes = items(attrs, "dense_shapes", |item| match item {
            Attr::Shape(shape) => Some(shape.clone()),
            _ => None,
        })?;
        if dense_shapes.len() != dense_types.len() {
            let (shapes, types) = (dense_shapes.len(), dense_types.len());
            return Err(format!("there are {shapes} shapes and {types} types of dense lists").into());
        }
        let key = |item: &Attr| match item {
            Attr::Bytes(key) => Some(key.clone()),
            _ => None,
        };
        let (sparse_keys, dense_keys) = (items(attrs, "sparse_keys", key)?, items(attrs, "dense_keys", key)?);
        if form(FORM) == Form::Single
            && (sparse_keys.len() != sparse_types.len() || dense_keys.len() != dense_types.len())
        {
            return Err("there are not as many keys as types".into());
        }
        let (values, splits) = (types("ragged_value_types")?, types("ragged_split_types")?);
        typed(&values, "ragged_value_types")?;
        if values.len() != splits.len()
            || !splits.iter().all(|split| matches!(split, DType::Int32 | DType::Int64))
        {
            return Err(
                format!("attribute \"ragged_split_types\" is {splits:?}, for values {values:?}").into()
            );
        }
        Ok(ParseExample {
            sparse_types,
            dense_types,
            dense_shapes,
            ragged_types: values.into_iter().zip(splits).collect(),
            keys: [sparse_keys, dense_keys].concat(),
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let before = self.before_defaults();
        if inputs.len() != before + self.dense_types.len() {
            return Err(wrong_count(before + self.dense_types.len(), inputs));
        }
        if let Some(other) = inputs[..before].iter().find(|fact| fact.dtype != DType::String) {
            return Err(format!("records and keys are strings, not {}", other.dtype).into());
        }
        for (default, dtype) in inputs[before..].iter().zip(&self.dense_types) {
            if default.dtype != *dtype {
                return Err(format!("a default is {}, and its list {dtype}", default.dtype).into());
            }
        }
        let rank = match (form(FORM), inputs[0].shape.rank()) {
            (_, Some(0)) if FORM != 0 => Some(0),
            (Form::First | Form::Second, Some(1)) => Some(1),
            (Form::Second, None) => None,
            (Form::First, None) => Some(1),
            (Form::Single, None) => Some(0),
            _ => return Err(format!("records are not of shape {}", inputs[0].shape).into()),
        };
        let batch = inputs[0].shape.size(0);
        let axes = rank.map(|rank| rank + 1);
        let mut facts = Facts::new();
        facts.extend(self.sparse_types.iter().map(|_| Fact::new(DType::Int64, [None, axes])));
        facts.extend(self.sparse_types.iter().map(|&dtype| Fact::new(dtype, [None])));
        facts.extend(self.sparse_types.iter().map(|_| Fact::new(DType::Int64, [axes])));
        for (dtype, shape) in self.dense_types.iter().zip(&self.dense_shapes) {
            let shape = match (rank, shape.sizes()) {
                (Some(0), Some(sizes)) => sizes.iter().copied().collect(),
                (Some(_), Some(sizes)) => [batch].into_iter().chain(sizes.iter().copied()).collect(),
                _ => PartialShape::unknown(),
            };
            facts.push(Fact::new(*dtype, shape));
        }
        facts.extend(self.ragged_types.iter().map(|&(values, _)| Fact::new(values, [None])));
        facts.extend(self.ragged_types.iter().map(|&(_, splits)| Fact::new(splits, [None])));
        Ok(facts)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let batch = inputs[0].shape().rank() == 1;
        let read = |(number, bytes): (usize, &Vec<u8>)| {
            Example::decode(&bytes[..])
                .map_err(|error| Reason::from(format!("record {number} is not an Example: {error}")))
        };
        let records = inputs[0].as_strings()?.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let [sparse_keys, dense_keys, ragged_keys] = self.keys(inputs)?;
        let (mut indices, mut values, mut shapes) = (Vec::new(), Vec::new(), Vec::new());
        for (key, &dtype) in sparse_keys.iter().zip(&self.sparse_types) {
            let [places, list, shape] = sparse(&records, &Wanted { key, dtype }, batch)?;
            indices.push(places);
            values.push(list);
            shapes.push(shape);
        }
        let mut outputs = [indices, values, shapes].concat();
        let defaults = &inputs[self.before_defaults()..];
        for (place, (key, &dtype)) in dense_keys.iter().zip(&self.dense_types).enumerate() {
            let wanted = Wanted { key, dtype };
            outputs.push(dense(&records, &wanted, &self.dense_shapes[place], &defaults[place], batch)?);
        }
        let mut splits = Vec::new();
        for (key, &(dtype, split)) in ragged_keys.iter().zip(&self.ragged_types) {
            let (values, lengths) = any_length(&records, &Wanted { key, dtype })?;
            let count = values.len();
            outputs.push(values.array([count])?);
            let mut ends = vec![0];
            if batch {
                ends.extend(lengths.iter().scan(0, |end, length| {
                    *end += length;
                    Some(*end)
                }));
            } else {
                ends.clear();
            }
            splits.push(crate::ops::array::vector_of(split, &ends)?);
        }
        outputs.extend(splits);
        Ok(outputs)
    }
}

/// A list that [`parse_example`](Tensor::parse_example) takes out of records.
#[derive(Clone, Debug)]
pub enum ParsedFeature {
    /// One of a shape, with a default where it is missing (`tf.FixedLenFeature`).
    FixedLength {
        /// The list's key.
        key: String,
        /// Its shape.
        shape: PartialShape,
        /// Its type, by the default: an array of the shape, or one without elements where the list must be there.
        default: Array,
    },
    /// One of any length (`tf.VarLenFeature`).
    VariableLength {
        /// The list's key.
        key: String,
        /// Its type: float32, int64 or string.
        dtype: DType,
    },
}

impl Tensor {
    /// What `features` name of these records, a vector of strings, each the bytes of a `tf.Example`: for each feature of
    /// fixed length a tensor `[records, …]`, for each of variable length three, the indices `[values, 2]`, values and shape
    /// of a sparse tensor.
    #[track_caller]
    pub fn parse_example(&self, features: &[ParsedFeature]) -> Vec<Vec<Tensor>> {
        let tf = self.graph();
        let (mut sparse, mut dense) = (Vec::new(), Vec::new());
        for feature in features {
            match feature {
                ParsedFeature::VariableLength { key, dtype } => sparse.push((key, *dtype)),
                ParsedFeature::FixedLength { key, shape, default } => dense.push((key, shape, default)),
            }
        }
        let keys = |keys: Vec<&String>| {
            let array = Array::strings([keys.len()], keys.into_iter().cloned());
            array.map(|array| tf.constant(array)).unwrap_or_else(|error| tf.fail(error))
        };
        let none = keys(Vec::new());
        let sparse_keys = keys(sparse.iter().map(|(key, _)| *key).collect());
        let dense_keys = keys(dense.iter().map(|(key, ..)| *key).collect());
        let defaults: Vec<Tensor> = dense.iter().map(|(.., default)| tf.constant(*default)).collect();
        let op = ParseExample::<1> {
            sparse_types: sparse.iter().map(|(_, dtype)| *dtype).collect(),
            dense_types: dense.iter().map(|(.., default)| default.dtype()).collect(),
            dense_shapes: dense.iter().map(|(_, shape, _)| (*shape).clone()).collect(),
            ragged_types: Vec::new(),
            keys: Vec::new(),
        };
        let mut inputs = vec![self, &none, &sparse_keys, &dense_keys, &none];
        inputs.extend(&defaults);
        let node = tf.add_op(ByArrays(op), &inputs, None);
        let (mut next_sparse, mut next_dense) = (0, 3 * sparse.len());
        let mut outputs = |feature: &ParsedFeature| match feature {
            ParsedFeature::VariableLength { .. } => {
                next_sparse += 1;
                (0..3).map(|part| node.output(next_sparse - 1 + part * sparse.len())).collect()
            }
            ParsedFeature::FixedLength { .. } => {
                next_dense += 1;
                vec![node.output(next_dense - 1)]
            }
        };
        features.iter().map(&mut outputs).collect()
    }
}

/// The bytes of a record with some lists of each type.
fn record(numbers: &[f32], integers: &[i64], words: &[&str]) -> Vec<u8> {
    let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let lists = [
        ("numbers", FeatureKind::Floats(FloatList { value: numbers.to_vec() })),
        ("integers", FeatureKind::Integers(Int64List { value: integers.to_vec() })),
        ("words", FeatureKind::Bytes(BytesList { value: words })),
    ];
    let feature =
        lists.into_iter().map(|(key, kind)| (key.to_string(), Feature { kind: Some(kind) })).collect();
    Example { features: Some(Features { feature }) }.encode_to_vec()
}

pub(in crate::ops) fn parse_example_v2_cases() -> Vec<Case> {
    let records = [record(&[1.0, 2.0], &[7], &["a"]), record(&[3.0, 4.0], &[], &["b", "c"])];
    let records = Array::strings([2], records).expect("two records");
    let features = [
        ParsedFeature::FixedLength {
            key: "numbers".into(),
            shape: [2].into(),
            default: Array::from_literal([0.0; 0]),
        },
        ParsedFeature::VariableLength { key: "words".into(), dtype: DType::String },
        ParsedFeature::FixedLength { key: "none".into(), shape: ().into(), default: Array::scalar(5i64) },
    ];
    let fives = crate::conformance::as_type(crate::array![5, 5], DType::Int64);
    let places = crate::conformance::as_type(crate::array![[0, 0], [1, 0], [1, 1]], DType::Int64);
    let shape = crate::conformance::as_type(crate::array![2, 2], DType::Int64);
    vec![Case::fed("two records", [records], move |_, x| x[0].parse_example(&features).concat()).expecting([
        crate::array![[1.0, 2.0], [3.0, 4.0]],
        places,
        crate::array!["a", "b", "c"],
        shape,
        fives,
    ])]
}

pub(in crate::ops) fn parse_example_cases() -> Vec<Case> {
    let records = [record(&[], &[7, 8], &["a"]), record(&[], &[9], &[])];
    let records = Array::strings([2], records).expect("two records");
    let build = |tf: &Graph, x: &[Tensor]| {
        let op = ParseExample::<0> {
            sparse_types: vec![DType::String],
            dense_types: vec![DType::Int64],
            dense_shapes: vec![[None].into()],
            ragged_types: Vec::new(),
            keys: Vec::new(),
        };
        let word = |word: &str| tf.constant(Array::strings([], [word]).expect("a word"));
        let none = tf.constant(Array::from_literal([""; 0]));
        let fill = tf.constant(Array::scalar(-1i64));
        let node = tf.add_op(ByArrays(op), &[&x[0], &none, &word("words"), &word("integers"), &fill], None);
        (0..4).map(|output| node.output(output)).collect()
    };
    vec![Case::fed("filled up", [records], build)]
}

pub(in crate::ops) fn parse_single_example_cases() -> Vec<Case> {
    let one = Array::strings([], [record(&[1.5], &[7, 8], &[])]).expect("a record");
    let build = |tf: &Graph, x: &[Tensor]| {
        let op = ParseExample::<2> {
            sparse_types: vec![DType::Int64],
            dense_types: vec![DType::Float32],
            dense_shapes: vec![().into()],
            ragged_types: Vec::new(),
            keys: vec![b"integers".to_vec(), b"numbers".to_vec()],
        };
        let node = tf.add_op(ByArrays(op), &[&x[0], &tf.constant(0.0f32)], None);
        (0..4).map(|output| node.output(output)).collect()
    };
    vec![Case::fed("one", [one], build)]
}
