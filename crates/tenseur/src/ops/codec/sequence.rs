//! Records of sequences (tf.SequenceExample) to tensors: ParseSingleSequenceExample, ParseSequenceExample and
//! ParseSequenceExampleV2.
//!
//! Such a record has a *context*, lists that are the whole sequence's, and lists that each of its *steps* has. Either can be
//! taken as dense, sparse or (in the second version) ragged tensors. `steps.rs` gathers what the steps have, `features.rs`
//! what the context has.

use super::BYTES;
use super::example::{items, typed};
use super::features::{self, Wanted};
use super::sequence_cases::{batch_cases, batch_v2_cases, single_cases};
use super::steps;
use crate::conformance::Case;
use crate::error::Reason;
use crate::formats::proto::example::{Example, SequenceExample};
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::OverArrays;
use crate::ops::text::scalar_string;
use crate::ops::{Attr, Attrs, Signature};
use crate::value::{Array, DType, PartialShape, Shape};
use prost::Message;

/// ParseSingleSequenceExample: one record; each key is an input.
pub const SINGLE: u8 = 0;
/// ParseSequenceExample: a batch of records, or one; the keys are attributes.
pub const BATCH: u8 = 1;
/// ParseSequenceExampleV2: a batch, or one; the keys are six inputs.
pub const BATCH_V2: u8 = 2;

/// What is taken of a record's context, or of its steps.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// The types of sparse lists.
    pub sparse: Vec<DType>,
    /// The types of dense lists.
    pub dense: Vec<DType>,
    /// Their shapes; of steps, each step's.
    pub dense_shapes: Vec<PartialShape>,
    /// The types of ragged lists' values, and of their splits.
    pub ragged: Vec<(DType, DType)>,
}

/// Names of attributes, of the context's lists and of the steps'.
struct Names {
    sparse: &'static str,
    sparse_count: &'static str,
    sparse_keys: &'static str,
    dense: &'static str,
    dense_count: &'static str,
    dense_keys: &'static str,
    dense_shapes: &'static str,
    ragged: &'static str,
    splits: &'static str,
}

const CONTEXT: Names = Names {
    sparse: "context_sparse_types",
    sparse_count: "Ncontext_sparse",
    sparse_keys: "context_sparse_keys",
    dense: "Tcontext_dense",
    dense_count: "Ncontext_dense",
    dense_keys: "context_dense_keys",
    dense_shapes: "context_dense_shapes",
    ragged: "context_ragged_value_types",
    splits: "context_ragged_split_types",
};

const STEPS: Names = Names {
    sparse: "feature_list_sparse_types",
    sparse_count: "Nfeature_list_sparse",
    sparse_keys: "feature_list_sparse_keys",
    dense: "feature_list_dense_types",
    dense_count: "Nfeature_list_dense",
    dense_keys: "feature_list_dense_keys",
    dense_shapes: "feature_list_dense_shapes",
    ragged: "feature_list_ragged_value_types",
    splits: "feature_list_ragged_split_types",
};

/// The attribute that names lists of steps which a record need not have.
const MAY_BE_MISSING: &str = "feature_list_dense_missing_assumed_empty";

impl Lists {
    fn from_attrs(attrs: &Attrs, names: &Names) -> Result<Lists, Reason> {
        let types = |name: &str| attrs.optional::<Vec<DType>>(name, Vec::new());
        let (sparse, dense, values, splits) =
            (types(names.sparse)?, types(names.dense)?, types(names.ragged)?, types(names.splits)?);
        typed(&sparse, names.sparse)?;
        typed(&dense, names.dense)?;
        typed(&values, names.ragged)?;
        let dense_shapes: Vec<PartialShape> = attrs.optional(names.dense_shapes, Vec::new())?;
        if dense_shapes.len() != dense.len() {
            let (shapes, types) = (dense_shapes.len(), dense.len());
            return Err(format!("there are {shapes} shapes and {types} types of dense lists").into());
        }
        if values.len() != splits.len()
            || !splits.iter().all(|split| matches!(split, DType::Int32 | DType::Int64))
        {
            let name = names.splits;
            return Err(format!("attribute \"{name}\" is {splits:?}, for values {values:?}").into());
        }
        Ok(Lists { sparse, dense, dense_shapes, ragged: values.into_iter().zip(splits).collect() })
    }

    fn attrs(&self, attrs: Attrs, names: &Names, form: u8) -> Attrs {
        let attrs = attrs
            .with(names.sparse, self.sparse.clone())
            .with(names.sparse_count, self.sparse.len() as i64)
            .with(names.dense, self.dense.clone())
            .with(names.dense_shapes, self.dense_shapes.clone());
        // The second version counts the context's dense lists by their types.
        let attrs = match (form, names.dense_count) {
            (BATCH_V2, "Ncontext_dense") => attrs,
            (_, count) => attrs.with(count, self.dense.len() as i64),
        };
        match form {
            BATCH_V2 => {
                let (values, splits): (Vec<DType>, Vec<DType>) = self.ragged.iter().copied().unzip();
                attrs.with(names.ragged, values).with(names.splits, splits)
            }
            _ => attrs,
        }
    }

    /// What is known of the tensors, where `before` is what is known of the axes before a list's own, `inner` how many axes a
    /// sparse list has itself.
    fn facts(&self, records: &PartialShape, inner: usize, form: u8) -> Facts {
        let rank = records.rank();
        let axes = rank.map(|rank| rank + inner);
        let mut facts = Facts::new();
        facts.extend(self.sparse.iter().map(|_| Fact::new(DType::Int64, [None, axes])));
        facts.extend(self.sparse.iter().map(|&dtype| Fact::new(dtype, [None])));
        facts.extend(self.sparse.iter().map(|_| Fact::new(DType::Int64, [axes])));
        for (&dtype, own) in self.dense.iter().zip(&self.dense_shapes) {
            let shape = match (records.sizes(), own.sizes()) {
                (Some(records), Some(own)) => {
                    let steps = vec![None; inner - 1];
                    records.iter().chain(&steps).chain(own).copied().collect()
                }
                _ => PartialShape::unknown(),
            };
            facts.push(Fact::new(dtype, shape));
        }
        if inner == 2 && form != SINGLE {
            facts.extend(self.dense.iter().map(|_| Fact::new(DType::Int64, records.clone())));
        }
        let ends = match rank {
            None => PartialShape::unknown(),
            Some(0) => PartialShape::scalar(),
            Some(_) => [records.size(0).map(|count| count + 1)].into(),
        };
        facts.extend(self.ragged.iter().map(|&(values, _)| Fact::new(values, [None])));
        facts.extend(self.ragged.iter().map(|&(_, splits)| Fact::new(splits, ends.clone())));
        if inner == 2 {
            facts.extend(self.ragged.iter().map(|&(_, splits)| Fact::new(splits, [None])));
        }
        facts
    }

    fn counts(&self) -> [usize; 3] {
        [self.sparse.len(), self.dense.len(), self.ragged.len()]
    }
}

/// The keys of sparse, dense and ragged lists.
type Keys = [Vec<Vec<u8>>; 3];

/// Tensors of records of sequences. Outputs: of the context indices of all sparse lists, values, shapes, dense lists (values
/// of all ragged lists, splits); of the steps the same, with the number of each record's steps for each dense list, and two
/// splits for each ragged one, of records among steps and of steps among values.
#[derive(Clone, Debug)]
pub struct ParseSequenceExample<const FORM: u8> {
    /// What is taken of the context.
    pub context: Lists,
    /// What is taken of the steps.
    pub steps: Lists,
    /// Where keys are attributes: of the context's sparse and dense lists, then of the steps'.
    pub keys: [Vec<Vec<u8>>; 4],
    /// Where they are attributes: which dense lists of steps a record need not have.
    pub may_be_missing: Vec<Vec<u8>>,
}

impl<const FORM: u8> ParseSequenceExample<FORM> {
    /// How many inputs there are before the defaults of the context's dense lists, and behind them.
    fn around_defaults(&self) -> [usize; 2] {
        let lists = [&self.context, &self.steps];
        match FORM {
            SINGLE => {
                [2 + lists.iter().map(|lists| lists.sparse.len() + lists.dense.len()).sum::<usize>(), 1]
            }
            BATCH => [2, 0],
            _ => [9, 0],
        }
    }

    fn inputs(&self) -> usize {
        self.around_defaults().iter().sum::<usize>() + self.context.dense.len()
    }

    /// The keys of the context's lists and of the steps', and which dense lists of steps need not be there.
    fn told(&self, inputs: &[Array]) -> Result<(Keys, Keys, Vec<bool>), Reason> {
        let vector = |input: usize| inputs[input].as_strings().map(<[Vec<u8>]>::to_vec);
        let (context, steps, named) = match FORM {
            SINGLE => {
                let all = inputs[2..self.around_defaults()[0]].iter();
                let mut all = all.map(|key| scalar_string(key).map(<[u8]>::to_vec));
                let mut next = |count: usize| all.by_ref().take(count).collect::<Result<Vec<_>, _>>();
                let context = [next(self.context.sparse.len())?, next(self.context.dense.len())?, Vec::new()];
                let steps = [next(self.steps.sparse.len())?, next(self.steps.dense.len())?, Vec::new()];
                if inputs[1].shape().rank() != 1 {
                    let shape = inputs[1].shape();
                    return Err(format!(
                        "names of lists that may be missing are a vector, not of shape {shape}"
                    )
                    .into());
                }
                (context, steps, vector(1)?)
            }
            BATCH => {
                let [a, b, c, d] = self.keys.clone();
                ([a, b, Vec::new()], [c, d, Vec::new()], self.may_be_missing.clone())
            }
            _ => ([vector(2)?, vector(3)?, vector(4)?], [vector(5)?, vector(6)?, vector(7)?], Vec::new()),
        };
        for (keys, lists) in [(&context, &self.context), (&steps, &self.steps)] {
            let (found, counts) = ([keys[0].len(), keys[1].len(), keys[2].len()], lists.counts());
            if found != counts {
                return Err(format!(
                    "there are {found:?} keys, of sparse, dense and ragged lists, and should be {counts:?}"
                )
                .into());
            }
            let twice = |a: usize, b: usize| keys[a].iter().find(|key| keys[b].contains(key));
            if let Some(key) = twice(0, 1).or(twice(0, 2)).or(twice(1, 2)).filter(|_| FORM != SINGLE) {
                let key = String::from_utf8_lossy(key);
                return Err(format!("the lists under \"{key}\" are asked for in two ways").into());
            }
        }
        let missing = match FORM {
            BATCH_V2 => inputs[8].as_slice::<bool>()?.to_vec(),
            _ => steps[1].iter().map(|key| named.contains(key)).collect(),
        };
        if missing.len() != self.steps.dense.len() {
            let (found, wanted) = (missing.len(), self.steps.dense.len());
            return Err(format!(
                "it is said of {found} dense lists whether they may be missing, of {wanted}"
            )
            .into());
        }
        Ok((context, steps, missing))
    }

    /// Whether the names of records fit them.
    fn named(&self, names: &Array, records: usize) -> Result<(), Reason> {
        let fits = match FORM {
            SINGLE => names.is_empty() || names.shape().rank() == 0,
            _ => names.is_empty() || names.len() == records,
        };
        match fits {
            true => Ok(()),
            false => {
                Err(format!("names of shape {} are not those of {records} records", names.shape()).into())
            }
        }
    }
}

/// A dense list of the context: all of one known shape, with a default where it is missing.
fn context_dense(
    records: &[Example],
    wanted: &Wanted<'_>,
    shape: &PartialShape,
    default: &Array,
    batch: bool,
) -> Result<Array, Reason> {
    let key = String::from_utf8_lossy(wanted.key);
    let known: Shape =
        shape.known().ok_or_else(|| format!("the shape {shape} of the list \"{key}\" is not known"))?;
    if !default.is_empty() && *default.shape() != known {
        let shape = default.shape();
        return Err(format!("the default of \"{key}\" has shape {shape}, and the list {known}").into());
    }
    let elements = known.checked_elements().ok_or("the shape of a dense list is too large")?;
    if records.is_empty() && default.len() != elements {
        return Err(format!("\"{key}\" has no default, and there are no records").into());
    }
    // A list of no kind is there, and has no values.
    let of_no_kind = |record: &&Example| {
        let feature =
            std::str::from_utf8(wanted.key).ok().and_then(|key| record.features.as_ref()?.feature.get(key));
        feature.is_some_and(|feature| feature.kind.is_none())
    };
    if elements != 0 && records.iter().any(|record| of_no_kind(&record)) {
        return Err(format!("a record has no values under \"{key}\" and should have {elements}").into());
    }
    features::dense(records, wanted, shape, default, batch)
}

impl<const FORM: u8> OverArrays for ParseSequenceExample<FORM> {
    const NAME: &'static str = match FORM {
        SINGLE => "ParseSingleSequenceExample",
        BATCH => "ParseSequenceExample",
        _ => "ParseSequenceExampleV2",
    };
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let attrs = self.context.attrs(Attrs::new(), &CONTEXT, FORM);
        let attrs = self.steps.attrs(attrs, &STEPS, FORM);
        if FORM != BATCH {
            return attrs;
        }
        let bytes = |keys: &[Vec<u8>]| Attr::List(keys.iter().cloned().map(Attr::Bytes).collect());
        let names = [CONTEXT.sparse_keys, CONTEXT.dense_keys, STEPS.sparse_keys, STEPS.dense_keys];
        let attrs =
            names.iter().zip(&self.keys).fold(attrs, |attrs, (name, keys)| attrs.with(name, bytes(keys)));
        attrs.with(MAY_BE_MISSING, bytes(&self.may_be_missing))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let (context, steps) = (Lists::from_attrs(attrs, &CONTEXT)?, Lists::from_attrs(attrs, &STEPS)?);
        let key = |item: &Attr| match item {
            Attr::Bytes(key) => Some(key.clone()),
            _ => None,
        };
        let mut keys = [const { Vec::new() }; 4];
        let names = [CONTEXT.sparse_keys, CONTEXT.dense_keys, STEPS.sparse_keys, STEPS.dense_keys];
        let counts = [context.sparse.len(), context.dense.len(), steps.sparse.len(), steps.dense.len()];
        let mut may_be_missing = Vec::new();
        if FORM == BATCH {
            for ((keys, name), count) in keys.iter_mut().zip(names).zip(counts) {
                *keys = items(attrs, name, key)?;
                if keys.len() != count {
                    let found = keys.len();
                    return Err(
                        format!("attribute \"{name}\" has {found} keys, and should have {count}").into()
                    );
                }
            }
            may_be_missing = items(attrs, MAY_BE_MISSING, key)?;
        }
        Ok(ParseSequenceExample { context, steps, keys, may_be_missing })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != self.inputs() {
            return Err(wrong_count(self.inputs(), inputs));
        }
        let [before, _] = self.around_defaults();
        let defaults = before..before + self.context.dense.len();
        for (number, fact) in inputs.iter().enumerate() {
            let wanted = match number {
                8 if FORM == BATCH_V2 => DType::Bool,
                number if defaults.contains(&number) => self.context.dense[number - before],
                _ => DType::String,
            };
            if fact.dtype != wanted {
                return Err(format!("input {number} is of {wanted}, and not of {}", fact.dtype).into());
            }
        }
        let records = match (FORM, inputs[0].shape.rank()) {
            (SINGLE, None | Some(0)) => PartialShape::scalar(),
            (BATCH | BATCH_V2, None | Some(0 | 1)) => inputs[0].shape.clone(),
            _ => return Err(format!("records are not of shape {}", inputs[0].shape).into()),
        };
        let mut facts = self.context.facts(&records, 1, FORM);
        facts.extend(self.steps.facts(&records, 2, FORM));
        Ok(facts)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let batch = inputs[0].shape().rank() == 1;
        let read = |(number, bytes): (usize, &Vec<u8>)| {
            SequenceExample::decode(&bytes[..])
                .map_err(|error| Reason::from(format!("record {number} is not a SequenceExample: {error}")))
        };
        let mut records =
            inputs[0].as_strings()?.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let names = if FORM == SINGLE { self.inputs() - 1 } else { 1 };
        self.named(&inputs[names], records.len())?;
        let (context_keys, step_keys, missing) = self.told(inputs)?;
        let contexts: Vec<Example> =
            records.iter_mut().map(|record| Example { features: record.context.take() }).collect();
        let mut outputs = Vec::new();

        let wanted = |keys: &'_ [Vec<u8>], types: &[DType]| -> Vec<(Vec<u8>, DType)> {
            keys.iter().cloned().zip(types.iter().copied()).collect()
        };
        let parts = wanted(&context_keys[0], &self.context.sparse);
        let parts = parts
            .iter()
            .map(|(key, dtype)| features::sparse(&contexts, &Wanted { key, dtype: *dtype }, batch));
        outputs.extend(transposed(parts.collect::<Result<_, _>>()?));
        for (place, (key, dtype)) in wanted(&context_keys[1], &self.context.dense).iter().enumerate() {
            let default = &inputs[self.around_defaults()[0] + place];
            let (wanted, shape) = (Wanted { key, dtype: *dtype }, &self.context.dense_shapes[place]);
            outputs.push(context_dense(&contexts, &wanted, shape, default, batch)?);
        }
        let mut parts = Vec::new();
        for (key, &(dtype, splits)) in context_keys[2].iter().zip(&self.context.ragged) {
            let (values, lengths) = features::any_length(&contexts, &Wanted { key, dtype })?;
            let mut ends = vec![0];
            for length in lengths {
                ends.push(ends.last().unwrap_or(&0) + length);
            }
            let count = values.len();
            parts.push([values.array([count])?, steps::ends(&ends, splits, batch)?]);
        }
        outputs.extend(transposed(parts));

        let parts = wanted(&step_keys[0], &self.steps.sparse);
        let parts =
            parts.iter().map(|(key, dtype)| steps::sparse(&records, &Wanted { key, dtype: *dtype }, batch));
        outputs.extend(transposed(parts.collect::<Result<_, _>>()?));
        let mut parts = Vec::new();
        for (place, (key, dtype)) in wanted(&step_keys[1], &self.steps.dense).iter().enumerate() {
            let (wanted, shape) = (Wanted { key, dtype: *dtype }, &self.steps.dense_shapes[place]);
            parts.push(steps::dense(&records, &wanted, shape, missing[place], batch)?);
        }
        match FORM {
            SINGLE => outputs.extend(parts.into_iter().map(|[steps, _]| steps)),
            _ => outputs.extend(transposed(parts)),
        }
        let mut parts = Vec::new();
        for (key, &(dtype, splits)) in step_keys[2].iter().zip(&self.steps.ragged) {
            parts.push(steps::ragged(&records, &Wanted { key, dtype }, splits, batch)?);
        }
        outputs.extend(transposed(parts));
        Ok(outputs)
    }
}

/// The first parts of all, then the second parts, and so on.
fn transposed<const N: usize>(parts: Vec<[Array; N]>) -> Vec<Array> {
    (0..N).flat_map(|part| parts.iter().map(move |parts| parts[part].clone())).collect()
}

pub(in crate::ops) fn cases<const FORM: u8>() -> Vec<Case> {
    match FORM {
        SINGLE => single_cases(),
        BATCH => batch_cases(),
        _ => batch_v2_cases(),
    }
}
