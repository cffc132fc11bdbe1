//! A model as a file: the settings, the user's points, and every variable as it is.

use serde::{Deserialize, Serialize};
use tenseur::prelude::*;
use tenseur::{Error, Result};

use crate::data::Own;
use crate::machine::Weights;

/// What the file says it is.
const FORMAT: &str = "tenseur playground model";
const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    /// The settings, as an address.
    settings: String,
    /// Updates made.
    step: u64,
    own: Option<Own>,
    variables: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    dtype: String,
    shape: Vec<usize>,
    values: Vec<f64>,
}

/// What a file holds.
pub(crate) struct Model {
    pub(crate) settings: String,
    pub(crate) step: u64,
    pub(crate) own: Option<Own>,
    pub(crate) weights: Weights,
}

impl Model {
    /// The file's text.
    ///
    /// # Errors
    /// When a weight is not finite, which JSON cannot say.
    pub(crate) fn text(&self) -> Result<String> {
        let entry = |(name, value): &(String, Array)| -> Result<Entry> {
            let values = value.to_f64()?;
            if values.iter().any(|value| !value.is_finite()) {
                return Err(Error::invalid(format!(
                    "\"{name}\" is not finite: there is nothing worth keeping"
                ))
                .hint("step back or reset first"));
            }
            let (dtype, shape) = (value.dtype().to_string(), value.shape().to_vec());
            Ok(Entry { name: name.clone(), dtype, shape, values })
        };
        let file = File {
            format: FORMAT.to_string(),
            version: VERSION,
            settings: self.settings.clone(),
            step: self.step,
            own: self.own.clone(),
            variables: self.weights.iter().map(entry).collect::<Result<_>>()?,
        };
        serde_json::to_string(&file).map_err(|error| Error::invalid(error.to_string()))
    }

    /// What a file's text holds.
    ///
    /// # Errors
    /// When it is no such file, or of a version to come.
    pub(crate) fn read(text: &str) -> Result<Model> {
        let said =
            |error: serde_json::Error| Error::invalid(format!("this is no model of the playground: {error}"));
        let file: File = serde_json::from_str(text).map_err(said)?;
        if file.format != FORMAT {
            return Err(Error::invalid(format!(
                "this is no model of the playground but \"{}\"",
                file.format
            )));
        }
        if file.version != VERSION {
            let text = format!("the file is of version {}, and this program reads {VERSION}", file.version);
            return Err(Error::invalid(text));
        }
        // Beyond it, epochs and samples could not be counted.
        if file.step > 1 << 53 {
            return Err(Error::invalid(format!("the model has made {} steps, which nobody has", file.step)));
        }
        let array = |entry: Entry| -> Result<(String, Array)> {
            let array = match entry.dtype.as_str() {
                "float32" => {
                    let values: Vec<f32> = entry.values.iter().map(|value| *value as f32).collect();
                    Array::new(entry.shape, values)
                }
                "int32" => {
                    let values: Vec<i32> = entry.values.iter().map(|value| *value as i32).collect();
                    Array::new(entry.shape, values)
                }
                other => Err(Error::invalid(format!("it is of type {other}, and may be float32 or int32"))),
            };
            Ok((
                entry.name.clone(),
                array.map_err(|error| error.context(format!("variable \"{}\"", entry.name)))?,
            ))
        };
        let own = match file.own {
            Some(own) => Some(own.checked()?),
            None => None,
        };
        let weights = file.variables.into_iter().map(array).collect::<Result<_>>()?;
        Ok(Model { settings: file.settings, step: file.step, own, weights })
    }
}

/// Whether weights are those of a network that has `wanted`.
///
/// # Errors
/// Naming every one that is missing, too many, or of another type or shape.
pub(crate) fn check(weights: &Weights, wanted: &Weights) -> Result<()> {
    let find =
        |of: &Weights, name: &str| of.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let mut wrong = Vec::new();
    for (name, value) in wanted {
        match find(weights, name) {
            None => wrong.push(format!("\"{name}\" is missing")),
            Some(found) if found.shape() != value.shape() || found.dtype() != value.dtype() => {
                wrong.push(format!(
                    "\"{name}\" is {} {} and should be {} {}",
                    found.dtype(),
                    found.shape(),
                    value.dtype(),
                    value.shape()
                ))
            }
            Some(_) => {}
        }
    }
    for (name, _) in weights.iter().filter(|(name, _)| find(wanted, name).is_none()) {
        wrong.push(format!("\"{name}\" is none of the network's"));
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid(format!("the model does not fit its settings: {}", wrong.join("; ")))),
    }
}
