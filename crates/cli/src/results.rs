//! Arrays that come out of a run: for people, as JSON, as NumPy's files.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tenseur::formats::npy;
use tenseur::{Array, Code, DType, Error, Result};

/// A tensor's name and what it was, or an operation's name.
pub(crate) type Named = (String, Option<Array>);

/// A line that says what it is, and the numbers.
pub(crate) fn text((name, value): &Named) -> String {
    match value {
        None => format!("{name}  has run"),
        Some(array) if array.shape().rank() == 0 => format!("{name}  {} []  {array}", array.dtype()),
        Some(array) => format!("{name}  {} {}\n{}", array.dtype(), array.shape(), rows(array)),
    }
}

/// The array with a line for each of its rows.
fn rows(array: &Array) -> String {
    match array.dtype() {
        // Brackets may stand in strings too.
        DType::String => array.to_string(),
        _ => array.to_string().replace("], [", "],\n ["),
    }
}

/// One JSON array with an object for each result.
pub(crate) fn json(results: &[Named]) -> String {
    let object = |(name, value): &Named| match value {
        None => serde_json::json!({ "name": name }),
        Some(array) => serde_json::json!({
            "name": name, "dtype": array.dtype().to_string(), "shape": array.shape().to_vec(), "value": nested(array),
        }),
    };
    Value::Array(results.iter().map(object).collect()).to_string()
}

/// The elements in lists. What JSON has no number for is a string: "NaN", "Infinity", "-Infinity".
fn nested(array: &Array) -> Value {
    let mut elements = elements(array);
    for &size in array.shape().iter().rev() {
        let mut rest = elements.into_iter();
        let count = rest.len().checked_div(size).unwrap_or(0);
        elements = (0..count).map(|_| Value::Array(rest.by_ref().take(size).collect())).collect();
    }
    match (elements.len(), array.shape().rank()) {
        (1, _) => elements.remove(0),
        // Somewhere a size is 0.
        _ => Value::Array(Vec::new()),
    }
}

fn elements(array: &Array) -> Vec<Value> {
    let float = |value: f64| match value {
        value if value.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => value.into(),
    };
    if let Ok(strings) = array.as_strings() {
        return strings.iter().map(|string| String::from_utf8_lossy(string).into()).collect();
    }
    if let Ok(values) = array.as_slice::<u64>() {
        return values.iter().map(|&value| value.into()).collect();
    }
    if let Ok(values) = array.to_i64() {
        return values.into_iter().map(Value::from).collect();
    }
    let values = array.to_f64().unwrap_or_default();
    match array.dtype() {
        DType::Bool => values.into_iter().map(|value| (value != 0.0).into()).collect(),
        DType::Float64 => values.into_iter().map(float).collect(),
        // As few digits as tell a number from its neighbours.
        _ => values
            .into_iter()
            .map(|value| float((value as f32).to_string().parse().unwrap_or(value)))
            .collect(),
    }
}

/// Writes each tensor to a file of its own in the folder: `layer1/Relu:0` to `layer1_Relu.npy`.
pub(crate) fn save(folder: &Path, results: &[Named]) -> Result<Vec<String>> {
    let mut files: BTreeMap<String, (&str, &Array)> = BTreeMap::new();
    for (name, value) in results {
        let Some(array) = value else { continue };
        // A name may hold anything that would lead out of the folder.
        let file = name.strip_suffix(":0").unwrap_or(name).replace(['/', '\\', ':'], "_") + ".npy";
        match files.insert(file.clone(), (name, array)) {
            Some((other, _)) if other != name => {
                return Err(Error::invalid(format!(
                    "\"{other}\" and \"{name}\" would both be written to {file}"
                )));
            }
            _ => {}
        }
    }
    std::fs::create_dir_all(folder).map_err(|error| {
        Error::new(Code::FailedPrecondition, format!("cannot make the folder {}: {error}", folder.display()))
    })?;
    let mut written = Vec::new();
    for (file, (name, array)) in files {
        let path = folder.join(file);
        npy::save(&path, array).map_err(|error| error.context(format_args!("\"{name}\"")))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}
