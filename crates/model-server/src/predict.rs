//! `:predict`: arguments in rows (`instances`) or columns (`inputs`), and results in the same form.

use std::collections::BTreeMap;

use tenseur::formats::meta_graph::Signature;
use tenseur::formats::saved_model::SERVING_DEFAULT;
use tenseur::servable::Servable;
use tenseur::{Array, DType, Tensor};

use crate::json::{Value, shown};
use crate::refusal::Refusal;
use crate::tensor_json::{Written, base64_text, read, read_rows};

/// How arguments are given and results are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A list with a value, or an object of values, for each row.
    Rows,
    /// One value, or an object with a value for each argument.
    Columns,
}

/// What a request asks for.
pub(crate) struct PredictRequest {
    pub(crate) signature: String,
    pub(crate) form: Form,
    pub(crate) arguments: BTreeMap<String, Array>,
}

/// The fields of a request's body.
pub(crate) fn fields(body: Value) -> Result<BTreeMap<String, Value>, Refusal> {
    match body {
        Value::Object(fields) => Ok(fields),
        other => Err(Refusal::bad_request(format!("the body is {other} and an object was expected"))),
    }
}

/// The signature that a request names, or the default one.
pub(crate) fn signature_name(fields: &BTreeMap<String, Value>) -> Result<String, Refusal> {
    match fields.get("signature_name") {
        None => Ok(SERVING_DEFAULT.to_string()),
        Some(Value::Text(name)) if name.is_empty() => Ok(SERVING_DEFAULT.to_string()),
        Some(Value::Text(name)) => Ok(name.clone()),
        Some(other) => {
            Err(Refusal::bad_request(format!("\"signature_name\" is {other} and a text was expected")))
        }
    }
}

/// The signature of this name.
pub(crate) fn signature<'a>(model: &'a Servable, name: &str) -> Result<&'a Signature, Refusal> {
    model.signature(name).map_err(|_| {
        let known: BTreeMap<String, ()> =
            model.signatures().map(|(name, _)| (name.to_string(), ())).collect();
        let text = format!("the model has no signature {}; it has: {}", shown(name), names(&known));
        Refusal::bad_request(text)
    })
}

/// What the body of a request asks of a model.
pub(crate) fn request(body: Value, model: &Servable) -> Result<PredictRequest, Refusal> {
    let fields = fields(body)?;
    let name = signature_name(&fields)?;
    let inputs = &signature(model, &name)?.inputs;
    let (form, arguments) = match (fields.get("instances"), fields.get("inputs")) {
        (Some(instances), None) => (Form::Rows, rows(instances, inputs)?),
        (None, Some(values)) => (Form::Columns, columns(values, inputs)?),
        (Some(_), Some(_)) => {
            return Err(Refusal::bad_request(
                "the body has \"instances\" and \"inputs\": only one was expected",
            ));
        }
        (None, None) => {
            return Err(Refusal::bad_request(
                "the body has neither \"instances\", a list of rows, nor \"inputs\", the columns",
            ));
        }
    };
    for (name, array) in &arguments {
        let wanted = inputs[name].shape();
        if !wanted.accepts(array.shape()) {
            return Err(Refusal::bad_request(format!(
                "\"{name}\" has shape {} and {wanted} was expected",
                array.shape()
            )));
        }
    }
    Ok(PredictRequest { signature: name, form, arguments })
}

/// Arguments of which every row is an element of the list.
fn rows(instances: &Value, inputs: &BTreeMap<String, Tensor>) -> Result<BTreeMap<String, Array>, Refusal> {
    let Value::List(rows) = instances else {
        return Err(Refusal::bad_request(format!("\"instances\" is {instances} and a list was expected")));
    };
    let Some(first) = rows.first() else {
        return Err(Refusal::bad_request("\"instances\" holds no row"));
    };
    if !is_object(first) {
        let (name, tensor) = only(inputs, "each of \"instances\" is expected to be an object")?;
        if let Some(row) = rows.iter().position(is_object) {
            let text = format!("\"instances\"[{row}] is an object, and the first row is none");
            return Err(Refusal::bad_request(text));
        }
        let rows: Vec<&Value> = rows.iter().collect();
        return Ok(BTreeMap::from([(
            name.clone(),
            read_rows(&rows, dtype(name, tensor)?).map_err(of("instances"))?,
        )]));
    }
    let mut columns: BTreeMap<&str, Vec<&Value>> =
        inputs.keys().map(|name| (name.as_str(), Vec::with_capacity(rows.len()))).collect();
    for (place, row) in rows.iter().enumerate() {
        let Value::Object(row) = row else {
            let text = format!("\"instances\"[{place}] is {row}, and the first row is an object");
            return Err(Refusal::bad_request(text));
        };
        if row.len() != inputs.len() || !row.keys().all(|name| inputs.contains_key(name)) {
            return Err(Refusal::bad_request(format!(
                "\"instances\"[{place}] has the names {} and {} were expected",
                names(row),
                names(inputs)
            )));
        }
        for (name, value) in row {
            columns.entry(name).or_default().push(value);
        }
    }
    let read = |(name, rows): (&str, Vec<&Value>)| {
        let array = read_rows(&rows, dtype(name, &inputs[name])?).map_err(of(name))?;
        Ok((name.to_string(), array))
    };
    columns.into_iter().map(read).collect()
}

/// Arguments that are given whole.
fn columns(values: &Value, inputs: &BTreeMap<String, Tensor>) -> Result<BTreeMap<String, Array>, Refusal> {
    let Value::Object(columns) = values else {
        let (name, tensor) = only(inputs, "\"inputs\" is expected to be an object")?;
        return Ok(BTreeMap::from([(
            name.clone(),
            read(values, dtype(name, tensor)?).map_err(of("inputs"))?,
        )]));
    };
    if let (Some(_), Ok((name, tensor))) = (base64_text(values), only(inputs, "")) {
        return Ok(BTreeMap::from([(
            name.clone(),
            read(values, dtype(name, tensor)?).map_err(of("inputs"))?,
        )]));
    }
    if columns.len() != inputs.len() || !columns.keys().all(|name| inputs.contains_key(name)) {
        return Err(Refusal::bad_request(format!(
            "\"inputs\" has the names {} and {} were expected",
            names(columns),
            names(inputs)
        )));
    }
    let read = |(name, value): (&String, &Value)| {
        let array = read(value, dtype(name, &inputs[name])?).map_err(of(name))?;
        Ok((name.clone(), array))
    };
    columns.iter().map(read).collect()
}

/// Whether it is an object other than that of a string in base64.
fn is_object(value: &Value) -> bool {
    matches!(value, Value::Object(_)) && base64_text(value).is_none()
}

/// The one argument of a signature that has one.
fn only<'a>(
    inputs: &'a BTreeMap<String, Tensor>,
    otherwise: &str,
) -> Result<(&'a String, &'a Tensor), Refusal> {
    let mut all = inputs.iter();
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Refusal::bad_request("the signature takes nothing: \"inputs\": {} was expected")),
        (Some(_), Some(_)) => {
            Err(Refusal::bad_request(format!("{otherwise} with the names {}", names(inputs))))
        }
    }
}

fn dtype(name: &str, tensor: &Tensor) -> Result<DType, Refusal> {
    let unknown = || Refusal::bad_request(format!("nothing is known of the type of \"{name}\""));
    tensor.dtype().ok_or_else(unknown)
}

fn of(name: &str) -> impl Fn(String) -> Refusal {
    move |what| Refusal::bad_request(format!("\"{name}\" {what}"))
}

/// So many names are shown in a message.
const MOST_NAMES: usize = 20;

fn names<T>(map: &BTreeMap<String, T>) -> String {
    let names: Vec<String> = map.keys().take(MOST_NAMES).map(|name| shown(name)).collect();
    match map.len().saturating_sub(MOST_NAMES) {
        0 if names.is_empty() => "(none)".to_string(),
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The body of an answer: in rows `predictions`, in columns `outputs`; names are left out where there is only one.
pub(crate) fn answer(form: Form, results: &BTreeMap<String, Array>) -> Result<String, Refusal> {
    let mut columns = Vec::new();
    for (name, array) in results {
        columns.push((name, Written::new(name, array).map_err(Refusal::bad_request)?));
    }
    let mut out = String::new();
    match form {
        Form::Columns => {
            out.push_str("{\"outputs\": ");
            match columns.as_slice() {
                [(_, only)] => only.write(&mut out),
                several => object(several, &mut out, |array, out| array.write(out)),
            }
        }
        Form::Rows => {
            let mut count = None;
            for (name, array) in &columns {
                let rows = array.rows().ok_or_else(|| {
                    Refusal::bad_request(format!(
                        "\"{name}\" has no rows: ask by \"inputs\" instead of \"instances\""
                    ))
                })?;
                match *count.get_or_insert(rows) {
                    count if count == rows => {}
                    count => {
                        return Err(Refusal::bad_request(format!(
                            "\"{name}\" has {rows} rows where others have {count}: ask by \"inputs\" instead of \"instances\""
                        )));
                    }
                }
            }
            out.push_str("{\"predictions\": [");
            for row in 0..count.unwrap_or(0) {
                out.push_str(if row == 0 { "" } else { ", " });
                match columns.as_slice() {
                    [(_, only)] => only.write_row(row, &mut out),
                    several => object(several, &mut out, |array, out| array.write_row(row, out)),
                }
            }
            out.push(']');
        }
    }
    out.push('}');
    Ok(out)
}

fn object(columns: &[(&String, Written<'_>)], out: &mut String, write: impl Fn(&Written<'_>, &mut String)) {
    out.push('{');
    for (place, (name, array)) in columns.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        crate::json::write_text(name, out);
        out.push_str(": ");
        write(array, out);
    }
    out.push('}');
}
