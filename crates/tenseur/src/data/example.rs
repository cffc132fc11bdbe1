//! [`Example`] and [`SequenceExample`]: records of named lists, as the programs of TensorFlow write them to TFRecord files.

use prost::Message;

pub use crate::formats::proto::example::{
    BytesList, Example, Feature, FeatureKind, FeatureList, FeatureLists, Features, FloatList, Int64List,
    SequenceExample,
};

use crate::error::{Code, Error, Result};
use crate::value::{Array, DType};

impl Example {
    /// The same, with this list under this name.
    ///
    /// ```
    /// use tenseur::data::Example;
    /// let example = Example::default().with("label", 3i64).with("image", b"\x89PNG".as_slice()).with("size", vec![2.0, 3.0]);
    /// let again = Example::from_bytes(&example.to_bytes())?;
    /// assert_eq!(again.integers("label")?, [3]);
    /// assert_eq!(again.floats("size")?, [2.0, 3.0]);
    /// assert_eq!(again.strings("image")?, [b"\x89PNG"]);
    /// assert!(again.integers("size").unwrap_err().message().contains("\"size\" holds floats"));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, list: impl Into<Feature>) -> Example {
        self.features.get_or_insert_default().feature.insert(name.into(), list.into());
        self
    }

    /// The list of this name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.as_ref()?.feature.get(name)
    }

    /// The floats under this name.
    ///
    /// # Errors
    /// When there is no such list, or it holds something else; the error says what.
    pub fn floats(&self, name: &str) -> Result<&[f32]> {
        match self.kind(name)? {
            FeatureKind::Floats(list) => Ok(&list.value),
            other => Err(holds(name, other, "floats")),
        }
    }

    /// The integers under this name.
    ///
    /// # Errors
    /// As [`floats`](Example::floats).
    pub fn integers(&self, name: &str) -> Result<&[i64]> {
        match self.kind(name)? {
            FeatureKind::Integers(list) => Ok(&list.value),
            other => Err(holds(name, other, "integers")),
        }
    }

    /// The strings, of any bytes, under this name.
    ///
    /// # Errors
    /// As [`floats`](Example::floats).
    pub fn strings(&self, name: &str) -> Result<&[Vec<u8>]> {
        match self.kind(name)? {
            FeatureKind::Bytes(list) => Ok(&list.value),
            other => Err(holds(name, other, "strings")),
        }
    }

    fn kind(&self, name: &str) -> Result<&FeatureKind> {
        self.feature(name).and_then(|feature| feature.kind.as_ref()).ok_or_else(|| {
            let known: Vec<&str> = self
                .features
                .iter()
                .flat_map(|features| features.feature.keys().map(String::as_str))
                .collect();
            let text = format!("the example has no \"{name}\"; it has {}", known.join(", "));
            Error::new(Code::NotFound, text)
        })
    }

    /// The bytes of the record.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// The example in a record.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_bytes(record: &[u8]) -> Result<Example> {
        Example::decode(record).map_err(|error| not_one("an Example", record, &error))
    }
}

impl SequenceExample {
    /// The same, with this list under this name, once for the whole sequence.
    ///
    /// ```
    /// use tenseur::data::{Feature, SequenceExample};
    /// let sentence = SequenceExample::default()
    ///     .with_context("language", "la")
    ///     .with_steps("word", ["veni", "vidi", "vici"]);
    /// let again = SequenceExample::from_bytes(&sentence.to_bytes())?;
    /// assert_eq!(again.steps("word").unwrap()[2], Feature::from("vici"));
    /// assert_eq!(again, sentence);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[must_use]
    pub fn with_context(mut self, name: impl Into<String>, list: impl Into<Feature>) -> SequenceExample {
        self.context.get_or_insert_default().feature.insert(name.into(), list.into());
        self
    }

    /// The same, with these lists under this name, one for each step.
    #[must_use]
    pub fn with_steps<L: Into<Feature>>(
        mut self,
        name: impl Into<String>,
        steps: impl IntoIterator<Item = L>,
    ) -> SequenceExample {
        let feature = steps.into_iter().map(Into::into).collect();
        self.feature_lists.get_or_insert_default().feature_list.insert(name.into(), FeatureList { feature });
        self
    }

    /// The list of this name of the whole sequence.
    pub fn context(&self, name: &str) -> Option<&Feature> {
        self.context.as_ref()?.feature.get(name)
    }

    /// The lists of this name, one for each step.
    pub fn steps(&self, name: &str) -> Option<&[Feature]> {
        Some(&self.feature_lists.as_ref()?.feature_list.get(name)?.feature)
    }

    /// The bytes of the record.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// The example in a record.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_bytes(record: &[u8]) -> Result<SequenceExample> {
        SequenceExample::decode(record).map_err(|error| not_one("a SequenceExample", record, &error))
    }
}

impl Feature {
    /// The elements of an array, row by row: float types as floats, integers and bools as integers, strings as they are.
    ///
    /// # Errors
    /// When the elements are of another type.
    ///
    /// ```
    /// use tenseur::{array, data::Feature};
    /// assert_eq!(Feature::of(&array![[1.5, 2.0]])?, Feature::from(vec![1.5, 2.0]));
    /// assert_eq!(Feature::of(&array![true])?, Feature::from(1i64));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn of(array: &Array) -> Result<Feature> {
        match array.dtype() {
            DType::String => Ok(array.as_strings()?.to_vec().into()),
            dtype if dtype.is_float() => {
                Ok(array.to_f64()?.iter().map(|&value| value as f32).collect::<Vec<f32>>().into())
            }
            DType::Bool => {
                Ok(array.as_slice::<bool>()?.iter().map(|&bit| i64::from(bit)).collect::<Vec<i64>>().into())
            }
            _ => Ok(array.to_i64()?.into()),
        }
    }

    /// The list as an array of one axis: float32, int64 or string; of a list of no kind, float32 without elements.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn to_array(&self) -> Result<Array> {
        match &self.kind {
            Some(FeatureKind::Bytes(list)) => Array::strings([list.value.len()], list.value.clone()),
            Some(FeatureKind::Floats(list)) => Array::new([list.value.len()], &list.value),
            Some(FeatureKind::Integers(list)) => Array::new([list.value.len()], &list.value),
            None => Array::zeros(DType::Float32, [0]),
        }
    }
}

impl From<Vec<f32>> for Feature {
    fn from(value: Vec<f32>) -> Feature {
        Feature { kind: Some(FeatureKind::Floats(FloatList { value })) }
    }
}

impl From<Vec<i64>> for Feature {
    fn from(value: Vec<i64>) -> Feature {
        Feature { kind: Some(FeatureKind::Integers(Int64List { value })) }
    }
}

impl From<Vec<Vec<u8>>> for Feature {
    fn from(value: Vec<Vec<u8>>) -> Feature {
        Feature { kind: Some(FeatureKind::Bytes(BytesList { value })) }
    }
}

impl From<f32> for Feature {
    fn from(value: f32) -> Feature {
        vec![value].into()
    }
}

impl From<i64> for Feature {
    fn from(value: i64) -> Feature {
        vec![value].into()
    }
}

impl From<&[u8]> for Feature {
    fn from(value: &[u8]) -> Feature {
        vec![value.to_vec()].into()
    }
}

impl From<&str> for Feature {
    fn from(value: &str) -> Feature {
        value.as_bytes().into()
    }
}

fn holds(name: &str, kind: &FeatureKind, wanted: &str) -> Error {
    let holds = match kind {
        FeatureKind::Bytes(_) => "strings",
        FeatureKind::Floats(_) => "floats",
        FeatureKind::Integers(_) => "integers",
    };
    Error::invalid(format!("\"{name}\" holds {holds} and was read as {wanted}"))
}

fn not_one(what: &str, record: &[u8], error: &prost::DecodeError) -> Error {
    Error::new(Code::DataLoss, format!("the record of {} bytes is not {what}: {error}", record.len()))
}
