//! A trained network as functions of the data it was trained on: what a server offers of a run folder.
//!
//! The network itself takes features that are encoded and scaled; these take the columns as a table has them, and give classes by
//! their names and numbers in their units.

use std::collections::BTreeMap;

use crate::data::{Encoding, Inputs, Target};
use crate::error::Result;
use crate::formats::meta_graph::Signature;
use crate::formats::saved_model::{CLASSIFY_METHOD, PREDICT_METHOD, REGRESS_METHOD, SERVING_DEFAULT};
use crate::graph::{Graph, Operand, Tensor};
use crate::learn::Trained;
use crate::nn;
use crate::ops::codec::example::ParsedFeature;
use crate::value::{Array, DType, PartialShape};

impl Trained {
    /// Adds to the network's graph, and says as its signatures, how it is used on data like what it was trained on, which
    /// `encoding` describes:
    ///
    /// * `serving_default` takes an image, `image` of `[batch, height, width]`, or each column of the table by its name,
    ///   `[batch]`, a number or a text as the column has it. It gives the likeliest `class`, `[batch]`, and all
    ///   `probabilities`, `[batch, classes]`; or each number by its name, `[batch]`.
    /// * `classify` takes serialized `tf.Example`s with the same names, and gives `classes` and `scores`, `[batch, classes]`;
    ///   `regress`, where one number is told, `outputs`, `[batch]`.
    ///
    /// # Errors
    /// When the encoding is not the network's.
    pub fn add_signatures(&self, encoding: &Encoding) -> Result<()> {
        let tf = self.network().graph.clone();
        let _scope = tf.name_scope("serving");
        let columns = columns(encoding);
        let given: BTreeMap<String, Tensor> = columns
            .iter()
            .map(|column| {
                let shape: PartialShape =
                    std::iter::once(None).chain(column.shape.iter().copied().map(Some)).collect();
                (column.name.clone(), tf.placeholder_of(column.dtype, shape, &identifier(&column.name)))
            })
            .collect();
        let outputs = self.told(&features(&tf, encoding, &columns, &given)?, encoding);
        let signature =
            |inputs, outputs, method: &str| Signature { inputs, outputs, method_name: method.to_string() };
        tf.set_signature(SERVING_DEFAULT, &signature(given, outputs, PREDICT_METHOD))?;

        let examples = tf.placeholder_of(DType::String, [None], "examples");
        let parsed = columns.iter().map(ServedColumn::parsed).collect::<Result<Vec<_>>>()?;
        let parsed = examples.parse_example(&parsed).into_iter().filter_map(|mut tensors| tensors.pop());
        let parsed: BTreeMap<String, Tensor> =
            columns.iter().map(|column| column.name.clone()).zip(parsed).collect();
        let told = self.told(&features(&tf, encoding, &columns, &parsed)?, encoding);
        let inputs = BTreeMap::from([("inputs".to_string(), examples)]);
        match (&encoding.target, told.into_values().collect::<Vec<_>>().as_slice()) {
            // "class" and "probabilities", in the order of their names.
            (Target::Classes { classes, .. }, [_, scores]) => {
                let row = Array::strings([1, classes.len()], classes.iter().map(String::as_bytes))?;
                let batch = scores.shape_tensor().gather(0);
                let classes = tf.constant(row).tile([batch.into(), Operand::from(1)]);
                let outputs = BTreeMap::from([
                    ("classes".to_string(), classes),
                    ("scores".to_string(), scores.clone()),
                ]);
                tf.set_signature("classify", &signature(inputs, outputs, CLASSIFY_METHOD))?;
            }
            (Target::Values { .. }, [number]) => {
                let outputs = BTreeMap::from([("outputs".to_string(), number.clone())]);
                tf.set_signature("regress", &signature(inputs, outputs, REGRESS_METHOD))?;
            }
            _ => {}
        }
        tf.check()
    }

    /// What the network tells of scaled features, by name.
    fn told(&self, features: &Tensor, encoding: &Encoding) -> BTreeMap<String, Tensor> {
        let tf = &self.network().graph;
        let logits = self.network().apply(features);
        match &encoding.target {
            Target::Classes { classes, .. } => {
                let probabilities = nn::softmax(&logits);
                let names = classes.iter().map(String::as_bytes);
                let names = match Array::strings([classes.len()], names) {
                    Ok(names) => tf.constant(names),
                    Err(error) => tf.fail(error),
                };
                let class = names.gather(logits.argmax(1));
                BTreeMap::from([("class".to_string(), class), ("probabilities".to_string(), probabilities)])
            }
            Target::Values { names, scaling } => {
                let numbers = match scaling {
                    Some(scaling) => logits * vector(tf, &scaling.divide) + vector(tf, &scaling.subtract),
                    None => logits,
                };
                let number = |place: usize| numbers.slice([0, place as i32], [-1, 1]).squeeze(&[1]);
                names.iter().enumerate().map(|(place, name)| (name.clone(), number(place))).collect()
            }
        }
    }
}

/// Something that an example has.
struct ServedColumn<'a> {
    name: String,
    dtype: DType,
    /// Of one example's.
    shape: Vec<usize>,
    categories: Option<&'a [String]>,
}

impl ServedColumn<'_> {
    /// As an example's list, which has to be there.
    fn parsed(&self) -> Result<ParsedFeature> {
        let shape: PartialShape = self.shape.iter().copied().map(Some).collect();
        let default = Array::zeros(self.dtype, [0])?;
        Ok(ParsedFeature::FixedLength { key: self.name.clone(), shape, default })
    }
}

/// What an example has: one image, or the table's columns.
fn columns(encoding: &Encoding) -> Vec<ServedColumn<'_>> {
    match &encoding.inputs {
        Inputs::Image { height, width } => vec![ServedColumn {
            name: "image".to_string(),
            dtype: DType::Float32,
            shape: vec![*height, *width],
            categories: None,
        }],
        Inputs::Table(table) => {
            let served = table.columns.iter().map(|column| ServedColumn {
                name: column.name.clone(),
                dtype: if column.categories.is_some() { DType::String } else { DType::Float32 },
                shape: Vec::new(),
                categories: column.categories.as_deref(),
            });
            served.collect()
        }
    }
}

/// The features, encoded and scaled as the network takes them, `[batch, features]`.
fn features(
    tf: &Graph,
    encoding: &Encoding,
    columns: &[ServedColumn<'_>],
    given: &BTreeMap<String, Tensor>,
) -> Result<Tensor> {
    let mut parts = Vec::new();
    for column in columns {
        let tensor = &given[&column.name];
        parts.push(match column.categories {
            Some(categories) => {
                let names = Array::strings([1, categories.len()], categories.iter().map(String::as_bytes))?;
                tensor.expand_dims(1).equal(tf.constant(names)).cast::<f32>()
            }
            None => {
                let width: usize = column.shape.iter().product();
                tensor.reshape([-1, i32::try_from(width).unwrap_or(i32::MAX)])
            }
        });
    }
    let features = match parts.as_slice() {
        [one] => one.clone(),
        parts => tf.concat(parts, 1),
    };
    Ok(match &encoding.scaling {
        Some(scaling) => (features - vector(tf, &scaling.subtract)) / vector(tf, &scaling.divide),
        None => features,
    })
}

fn vector(tf: &Graph, numbers: &[f32]) -> Tensor {
    match Array::new([numbers.len()], numbers) {
        Ok(array) => tf.constant(array),
        Err(error) => tf.fail(error),
    }
}

/// A node's name for a column's, which may hold anything.
fn identifier(name: &str) -> String {
    let fit: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' }).collect();
    match fit.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '.') {
        true => fit,
        false => format!("column{fit}"),
    }
}
