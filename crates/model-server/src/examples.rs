//! `:classify` and `:regress`: examples as objects of features, which become serialized `tf.Example`s.

use std::collections::BTreeMap;

use tenseur::data::{Example, Feature};
use tenseur::formats::meta_graph::Signature;
use tenseur::formats::saved_model::{CLASSIFY_METHOD, REGRESS_METHOD};
use tenseur::servable::Servable;
use tenseur::{Array, DType};

use crate::json::{Value, shown, write_f32, write_f64, write_text};
use crate::predict::{fields, signature, signature_name};
use crate::refusal::Refusal;
use crate::tensor_json::bytes_of;

/// What is asked of examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Classify,
    Regress,
}

impl Question {
    fn method(self) -> &'static str {
        match self {
            Question::Classify => CLASSIFY_METHOD,
            Question::Regress => REGRESS_METHOD,
        }
    }
}

/// What a request asks for.
pub(crate) struct ExamplesRequest {
    pub(crate) signature: String,
    pub(crate) arguments: BTreeMap<String, Array>,
}

/// The most bytes that a context becomes, being a part of every example.
const MOST_COMMON: usize = 64 << 20;

/// The argument of both methods, and the results.
const INPUTS: &str = "inputs";
const CLASSES: &str = "classes";
const SCORES: &str = "scores";
const OUTPUTS: &str = "outputs";

/// What the body of a request asks of a model.
pub(crate) fn request(body: Value, question: Question, model: &Servable) -> Result<ExamplesRequest, Refusal> {
    let fields = fields(body)?;
    let name = signature_name(&fields)?;
    check(signature(model, &name)?, &name, question, model)?;
    let context = match fields.get("context") {
        Some(context) => features(context, "\"context\"")?,
        None => Example::default(),
    };
    let examples = match fields.get("examples") {
        Some(Value::List(examples)) if !examples.is_empty() => examples,
        Some(Value::List(_)) => return Err(Refusal::bad_request("\"examples\" holds none")),
        Some(other) => {
            return Err(Refusal::bad_request(format!("\"examples\" is {other} and a list was expected")));
        }
        None => return Err(Refusal::bad_request("the body has no \"examples\", a list of objects")),
    };
    let common = context.to_bytes();
    if common.len().saturating_mul(examples.len()) > MOST_COMMON {
        let text =
            format!("the context of {} examples is longer than {MOST_COMMON} bytes in all", examples.len());
        return Err(Refusal::bad_request(text));
    }
    let mut records = Vec::with_capacity(examples.len());
    for (place, example) in examples.iter().enumerate() {
        let what = format!("\"examples\"[{place}]");
        let own = features(example, &what)?;
        let names = own.features.iter().flat_map(|features| features.feature.keys());
        if let Some(name) = names.into_iter().find(|name| context.feature(name).is_some()) {
            let name = shown(name);
            let text = format!("{what} has the feature {name}, which \"context\" has for all examples");
            return Err(Refusal::bad_request(text));
        }
        // Messages one after the other are one message.
        records.push([common.as_slice(), own.to_bytes().as_slice()].concat());
    }
    let records = Array::strings([records.len()], records).map_err(|error| Refusal::of(&error))?;
    Ok(ExamplesRequest { signature: name, arguments: BTreeMap::from([(INPUTS.to_string(), records)]) })
}

/// Whether the signature answers such a question.
fn check(signature: &Signature, name: &str, question: Question, model: &Servable) -> Result<(), Refusal> {
    let method = question.method();
    if signature.method_name != method {
        let others: Vec<String> = model
            .signatures()
            .filter(|(_, signature)| signature.method_name == method)
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let others = match others.is_empty() {
            true => "the model has none of that method".to_string(),
            false => format!("\"signature_name\" may be: {}", others.join(", ")),
        };
        return Err(Refusal::bad_request(format!(
            "signature \"{name}\" is of method {} and {method} was expected; {others}",
            signature.method_name
        )));
    }
    let has = |name: &str| signature.outputs.contains_key(name);
    let outputs = match question {
        Question::Classify => has(CLASSES) || has(SCORES),
        Question::Regress => has(OUTPUTS),
    };
    let takes_records = signature.inputs.len() == 1
        && signature.inputs.get(INPUTS).is_some_and(|tensor| tensor.dtype() == Some(DType::String));
    match takes_records && outputs {
        true => Ok(()),
        false => Err(Refusal::bad_request(format!(
            "signature \"{name}\" does not go from serialized examples, \"{INPUTS}\", to {}: ask by :predict",
            match question {
                Question::Classify => "\"classes\" or \"scores\"",
                Question::Regress => "\"outputs\"",
            }
        ))),
    }
}

/// The features of an example, or of the context.
fn features(value: &Value, what: &str) -> Result<Example, Refusal> {
    let Value::Object(features) = value else {
        return Err(Refusal::bad_request(format!("{what} is {value} and an object was expected")));
    };
    let mut example = Example::default();
    for (name, value) in features {
        let list = match value {
            Value::List(list) => list.iter().collect(),
            value => vec![value],
        };
        let feature = feature(&list)
            .map_err(|why| Refusal::bad_request(format!("{what}: the feature {}: {why}", shown(name))))?;
        example = example.with(name.as_str(), feature);
    }
    Ok(example)
}

/// A list of one kind: whole numbers and bools are integers, numbers with a point or exponent floats, the rest strings.
fn feature(list: &[&Value]) -> Result<Feature, String> {
    let mixed = |value: &Value, kind: &str| format!("{value} stands among {kind}");
    match list.first() {
        None => Ok(Feature::default()),
        Some(Value::Integer(_) | Value::Unsigned(_) | Value::Bool(_)) => {
            let integer = |value: &&Value| match **value {
                Value::Integer(value) => Ok(value),
                Value::Bool(value) => Ok(value.into()),
                Value::Unsigned(value) => Err(format!("{value} is beyond int64")),
                ref other => Err(mixed(other, "integers")),
            };
            Ok(list.iter().map(integer).collect::<Result<Vec<i64>, _>>()?.into())
        }
        Some(Value::Decimal(_)) => {
            let float = |value: &&Value| match **value {
                Value::Decimal(value) if (value as f32).is_finite() || !value.is_finite() => Ok(value as f32),
                Value::Decimal(value) => Err(format!("{value:?} is beyond float32")),
                ref other => Err(mixed(other, "floats")),
            };
            Ok(list.iter().map(float).collect::<Result<Vec<f32>, _>>()?.into())
        }
        Some(Value::Text(_) | Value::Object(_)) => {
            Ok(list.iter().map(|value| bytes_of(value)).collect::<Result<Vec<Vec<u8>>, _>>()?.into())
        }
        Some(other) => Err(format!("{other} is neither a number nor a string")),
    }
}

/// The body of an answer: for each example `[label, score]` of each class, or a number.
pub(crate) fn answer(
    question: Question,
    examples: usize,
    results: &BTreeMap<String, Array>,
) -> Result<String, Refusal> {
    let mut out = String::from("{\"results\": [");
    match question {
        Question::Classify => classifications(examples, results, &mut out)?,
        Question::Regress => {
            let outputs = &results[OUTPUTS];
            if outputs.len() != examples || outputs.shape().first() != Some(&examples) {
                let shape = outputs.shape();
                return Err(Refusal::bad_request(format!(
                    "\"{OUTPUTS}\" has shape {shape} and one number for each of {examples} examples was expected"
                )));
            }
            for (place, number) in numbers(OUTPUTS, outputs)?.into_iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                number.write(&mut out);
            }
        }
    }
    out.push_str("]}");
    Ok(out)
}

fn classifications(
    examples: usize,
    results: &BTreeMap<String, Array>,
    out: &mut String,
) -> Result<(), Refusal> {
    let (classes, scores) = (results.get(CLASSES), results.get(SCORES));
    let mut each = None;
    for (name, array) in [(CLASSES, classes), (SCORES, scores)] {
        let Some(array) = array else { continue };
        match array.shape()[..] {
            [rows, count] if rows == examples && *each.get_or_insert(count) == count => {}
            _ => {
                return Err(Refusal::bad_request(format!(
                    "\"{name}\" has shape {} and [{examples}, classes] was expected",
                    array.shape()
                )));
            }
        }
    }
    let each = each.unwrap_or(0);
    let labels = classes.map(Array::as_strings).transpose().map_err(|error| Refusal::of(&error))?;
    let scores = scores.map(|scores| numbers(SCORES, scores)).transpose()?;
    for example in 0..examples {
        out.push_str(if example == 0 { "[" } else { ", [" });
        for place in 0..each {
            out.push_str(if place == 0 { "[" } else { ", [" });
            let place = example * each + place;
            let label = labels.map_or("".into(), |labels| String::from_utf8_lossy(&labels[place]));
            write_text(&label, out);
            out.push_str(", ");
            scores.as_ref().map_or(Number::Single(0.0), |scores| scores[place]).write(out);
            out.push(']');
        }
        out.push(']');
    }
    Ok(())
}

/// A number as its type has it.
#[derive(Clone, Copy)]
enum Number {
    Single(f32),
    Double(f64),
}

impl Number {
    fn write(self, out: &mut String) {
        match self {
            Number::Single(number) => write_f32(number, out),
            Number::Double(number) => write_f64(number, out),
        }
    }
}

fn numbers(name: &str, array: &Array) -> Result<Vec<Number>, Refusal> {
    match array.dtype() {
        DType::Float64 => {}
        dtype if dtype.is_float() => {
            let values = array.to_f64().map_err(|error| Refusal::of(&error))?;
            return Ok(values.into_iter().map(|value| Number::Single(value as f32)).collect());
        }
        dtype => {
            return Err(Refusal::bad_request(format!("\"{name}\" is of {dtype} and a float was expected")));
        }
    }
    let values = array.to_f64().map_err(|error| Refusal::of(&error))?;
    Ok(values.into_iter().map(Number::Double).collect())
}
