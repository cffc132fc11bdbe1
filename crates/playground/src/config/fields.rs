//! The table of settings: each field's name, how its text is read and written, what it may be, and what a change of it
//! takes. JSON and the page's address both go through it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::choice::{
    Activation, Dataset, Initialization, Loss, MulticlassDataset, MultilabelDataset, Optimizer, Problem,
    RegressionDataset, Regularization, Schedule, Speed, Unit,
};
use super::{Changed, Config};

/// Why a field cannot be what it was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// The kind of mistake, for a page that says it in another language.
    pub code: &'static str,
    /// A sentence.
    pub message: String,
    /// What the sentence names.
    pub values: BTreeMap<&'static str, Value>,
}

/// Why a text is no value of a field; [`FieldError`] without the field.
struct Wrong {
    code: &'static str,
    message: String,
    values: BTreeMap<&'static str, Value>,
}

impl Wrong {
    fn new(code: &'static str, message: String, values: &[(&'static str, Value)]) -> Wrong {
        Wrong { code, message, values: values.iter().cloned().collect() }
    }
}

/// What a field holds.
enum Kind {
    Choice(&'static [&'static str], fn(&Config) -> &'static str, fn(&mut Config, &str)),
    Switch(fn(&mut Config) -> &mut bool),
    Whole(usize, usize, fn(&mut Config) -> &mut usize),
    /// Numbers from the first, or above it, to the second.
    Real {
        above: bool,
        from: f64,
        to: f64,
        at: fn(&mut Config) -> &mut f64,
    },
    Text(usize, fn(&mut Config) -> &mut String),
    Shape,
    Activations,
    Hide,
}

/// One field of [`Config`].
pub struct Fields {
    /// Its name, in JSON and in the address.
    pub name: &'static str,
    kind: Kind,
    change: Changed,
}

/// The most hidden layers, and neurons of one.
const MOST_LAYERS: usize = 8;
const MOST_UNITS: usize = 16;

macro_rules! choice_of {
    ($field:ident: $type:ident) => {
        Kind::Choice(
            $type::NAMES,
            |config| config.$field.name(),
            |config, text| {
                if let Some(value) = $type::named(text) {
                    config.$field = value;
                }
            },
        )
    };
}

macro_rules! table {
    ($($name:literal $change:ident $kind:expr;)*) => {
        &[$(Fields { name: $name, kind: $kind, change: Changed::$change },)*]
    };
}

static TABLE: &[Fields] = table! {
    "problem" Data choice_of!(problem: Problem);
    "dataset" Data choice_of!(dataset: Dataset);
    "regDataset" Data choice_of!(reg_dataset: RegressionDataset);
    "multiDataset" Data choice_of!(multi_dataset: MulticlassDataset);
    "labelDataset" Data choice_of!(label_dataset: MultilabelDataset);
    "classes" Data Kind::Whole(2, 6, |config| &mut config.classes);
    "networkShape" Weights Kind::Shape;
    "activation" Weights choice_of!(activation: Activation);
    "layerActivations" Weights Kind::Activations;
    "loss" Weights choice_of!(loss: Loss);
    "optimizer" Weights choice_of!(optimizer: Optimizer);
    "learningRate" Live Kind::Real { above: true, from: 0.0, to: 1000.0, at: |config| &mut config.learning_rate };
    "schedule" Live choice_of!(schedule: Schedule);
    "decayRate" Live Kind::Real { above: true, from: 0.0, to: 1.0, at: |config| &mut config.decay_rate };
    "decaySteps" Live Kind::Whole(1, 1_000_000, |config| &mut config.decay_steps);
    "regularization" Live choice_of!(regularization: Regularization);
    "regularizationRate" Live
        Kind::Real { above: false, from: 0.0, to: 1000.0, at: |config| &mut config.regularization_rate };
    "batchSize" Weights Kind::Whole(0, 10_000, |config| &mut config.batch_size);
    "shuffle" Weights Kind::Switch(|config| &mut config.shuffle);
    "noise" Data Kind::Whole(0, 80, |config| &mut config.noise);
    "percTrainData" Data Kind::Whole(10, 90, |config| &mut config.perc_train_data);
    "seed" Data Kind::Text(40, |config| &mut config.seed);
    "weightSeed" Weights Kind::Whole(0, 1_000_000_000, |config| &mut config.weight_seed);
    "initialization" Weights choice_of!(initialization: Initialization);
    "x" Weights Kind::Switch(|config| &mut config.x);
    "y" Weights Kind::Switch(|config| &mut config.y);
    "xSquared" Weights Kind::Switch(|config| &mut config.x_squared);
    "ySquared" Weights Kind::Switch(|config| &mut config.y_squared);
    "xTimesY" Weights Kind::Switch(|config| &mut config.x_times_y);
    "sinX" Weights Kind::Switch(|config| &mut config.sin_x);
    "sinY" Weights Kind::Switch(|config| &mut config.sin_y);
    "showTestData" Nothing Kind::Switch(|config| &mut config.show_test_data);
    "discretize" Nothing Kind::Switch(|config| &mut config.discretize);
    "hideText" Nothing Kind::Switch(|config| &mut config.hide_text);
    "tutorial" Nothing Kind::Text(100, |config| &mut config.tutorial);
    "hide" Nothing Kind::Hide;
    "stepUnit" Nothing choice_of!(step_unit: Unit);
    "speed" Nothing choice_of!(speed: Speed);
    "stopEpochs" Nothing Kind::Whole(0, 1_000_000_000, |config| &mut config.stop_epochs);
    "stopLoss" Nothing Kind::Real { above: false, from: 0.0, to: 1000.0, at: |config| &mut config.stop_loss };
    "stopPatience" Nothing Kind::Whole(0, 1_000_000_000, |config| &mut config.stop_patience);
};

impl Fields {
    /// Every field, in the order of the struct.
    pub fn all() -> &'static [Fields] {
        TABLE
    }

    /// The field called so.
    pub(super) fn named(name: &str) -> Option<&'static Fields> {
        TABLE.iter().find(|field| field.name == name)
    }

    /// What the field holds, as text.
    pub fn text(&self, config: &Config) -> String {
        // Fields are found by mutable borrows alone, so that the table needs but one path to each.
        let mut config = config.clone();
        match &self.kind {
            Kind::Choice(_, get, _) => get(&config).to_string(),
            Kind::Switch(at) => at(&mut config).to_string(),
            Kind::Whole(_, _, at) => at(&mut config).to_string(),
            Kind::Real { at, .. } => at(&mut config).to_string(),
            Kind::Text(_, at) => at(&mut config).clone(),
            Kind::Shape => list(&config.network_shape),
            Kind::Activations => {
                let names: Vec<&str> = config.layer_activations.iter().map(|one| one.name()).collect();
                names.join(",")
            }
            Kind::Hide => config.hide.join(","),
        }
    }

    /// What a change of this field takes.
    pub(super) fn changes(&self, old: &Config, new: &Config) -> Changed {
        let own = match self.name {
            "dataset" => new.problem == Problem::Classification,
            "regDataset" => new.problem == Problem::Regression,
            "multiDataset" => new.problem == Problem::Multiclass,
            "labelDataset" => new.problem == Problem::Multilabel,
            "classes" => matches!(new.problem, Problem::Multiclass | Problem::Multilabel),
            "activation" => {
                (0..new.network_shape.len()).any(|layer| old.activation_of(layer) != new.activation_of(layer))
            }
            "decayRate" | "decaySteps" => new.schedule != Schedule::Constant,
            "regularizationRate" => new.regularization != Regularization::None,
            _ => true,
        };
        if own { self.change } else { Changed::Nothing }
    }

    /// Sets the field from its text.
    ///
    /// # Errors
    /// When the text is no value of the field, which then stays as it was.
    pub fn set(&self, config: &mut Config, text: &str) -> Result<(), FieldError> {
        self.try_set(config, text).map_err(|Wrong { code, message, values }| FieldError {
            field: self.name.to_string(),
            code,
            message: format!("{}: {message}", self.name),
            values,
        })
    }

    fn try_set(&self, config: &mut Config, text: &str) -> Result<(), Wrong> {
        match &self.kind {
            Kind::Choice(names, _, set) => {
                one_of(text, names)?;
                set(config, text);
            }
            Kind::Switch(at) => {
                *at(config) = match text {
                    "true" => true,
                    "false" => false,
                    _ => return Err(not_among(text, &["true", "false"])),
                }
            }
            Kind::Whole(from, to, at) => {
                let number = real(text)?;
                if !(*from as f64..=*to as f64).contains(&number) {
                    return Err(out_of_range(text, *from as f64, *to as f64));
                }
                *at(config) = number.round() as usize;
            }
            Kind::Real { above, from, to, at } => {
                let number = real(text)?;
                if !(*from..=*to).contains(&number) || (*above && number == *from) {
                    return Err(out_of_range(text, *from, *to));
                }
                *at(config) = number;
            }
            Kind::Text(most, at) => {
                if text.chars().count() > *most || text.chars().any(char::is_control) {
                    let message = format!("must be a text of at most {most} characters");
                    return Err(Wrong::new("length", message, &[("maximum", (*most).into())]));
                }
                *at(config) = text.to_string();
            }
            Kind::Shape => {
                let units = parts(text).map(real).collect::<Result<Vec<f64>, Wrong>>()?;
                if units.len() > MOST_LAYERS {
                    let message = format!("there are {} layers, and may be {MOST_LAYERS}", units.len());
                    return Err(Wrong::new("length", message, &[("maximum", MOST_LAYERS.into())]));
                }
                if let Some(wrong) = units
                    .iter()
                    .find(|units| !(1.0..=MOST_UNITS as f64).contains(units) || units.fract() != 0.0)
                {
                    return Err(out_of_range(&wrong.to_string(), 1.0, MOST_UNITS as f64));
                }
                config.network_shape = units.into_iter().map(|units| units as usize).collect();
            }
            Kind::Activations => {
                let named =
                    |name: &str| Activation::named(name).ok_or_else(|| not_among(name, Activation::NAMES));
                let activations = parts(text).map(named).collect::<Result<Vec<_>, Wrong>>()?;
                if activations.len() > MOST_LAYERS {
                    let message = format!("there are {}, and may be {MOST_LAYERS}", activations.len());
                    return Err(Wrong::new("length", message, &[("maximum", MOST_LAYERS.into())]));
                }
                config.layer_activations = activations;
            }
            Kind::Hide => {
                let names: Vec<String> = parts(text).map(str::to_string).collect();
                let is_name = |name: &String| {
                    name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                };
                if names.len() > 60 || !names.iter().all(is_name) {
                    let message = "must be names of controls, at most 60".to_string();
                    return Err(Wrong::new("length", message, &[("maximum", 60.into())]));
                }
                config.hide = names;
            }
        }
        Ok(())
    }
}

fn list(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// The parts between commas; none of an empty text.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn real(text: &str) -> Result<f64, Wrong> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(Wrong::new(
            "notANumber",
            format!("\"{}\" is not a number", brief(text)),
            &[("value", brief(text).into())],
        )),
    }
}

fn out_of_range(text: &str, from: f64, to: f64) -> Wrong {
    let message = format!("{} is not between {from} and {to}", brief(text));
    Wrong::new(
        "range",
        message,
        &[("value", brief(text).into()), ("minimum", from.into()), ("maximum", to.into())],
    )
}

fn one_of(text: &str, names: &[&str]) -> Result<(), Wrong> {
    if names.contains(&text) { Ok(()) } else { Err(not_among(text, names)) }
}

fn not_among(text: &str, names: &[&str]) -> Wrong {
    let choices = names.join(", ");
    let message = format!("\"{}\" is not one of {choices}", brief(text));
    Wrong::new("choice", message, &[("value", brief(text).into()), ("choices", choices.into())])
}

/// The beginning of what someone wrote.
fn brief(text: &str) -> String {
    text.chars().take(40).collect()
}

impl Config {
    /// These settings with the fields of a JSON object in place of theirs.
    ///
    /// # Errors
    /// Every field that cannot be so.
    pub fn with_json(&self, changes: &serde_json::Map<String, Value>) -> Result<Config, Vec<FieldError>> {
        let mut config = self.clone();
        let mut errors = Vec::new();
        for (name, value) in changes {
            let Some(field) = Fields::named(name) else {
                errors.push(unknown(name));
                continue;
            };
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let texts: Vec<String> = items.iter().map(plain).collect();
                    texts.join(",")
                }
                other => plain(other),
            };
            errors.extend(field.set(&mut config, &text).err());
        }
        if config.problem != self.problem && !changes.contains_key("loss") {
            config.loss = Loss::of(config.problem)[0];
        }
        if errors.is_empty() { Ok(config.reconciled()) } else { Err(errors) }
    }
}

/// A JSON value as the text of a field.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is said of a field that there is not.
pub(super) fn unknown(name: &str) -> FieldError {
    FieldError {
        field: brief(name),
        code: "unknown",
        message: format!("there is no setting \"{}\"", brief(name)),
        values: BTreeMap::new(),
    }
}

/// What settings can be, in the order to show.
#[derive(Clone, Debug, Serialize)]
pub struct Catalog {
    /// By field: its choices.
    choices: BTreeMap<&'static str, &'static [&'static str]>,
    /// By field: least and greatest.
    ranges: BTreeMap<&'static str, [f64; 2]>,
    /// By field: the numbers to offer.
    usual: BTreeMap<&'static str, Vec<f64>>,
}

impl Catalog {
    /// The catalog.
    pub fn new() -> Catalog {
        let mut catalog =
            Catalog { choices: BTreeMap::new(), ranges: BTreeMap::new(), usual: BTreeMap::new() };
        for field in TABLE {
            let choices: Option<&[&str]> = match &field.kind {
                Kind::Choice(names, ..) => Some(names),
                Kind::Activations => Some(Activation::NAMES),
                _ => None,
            };
            catalog.choices.extend(choices.map(|choices| (field.name, choices)));
            let range = match &field.kind {
                Kind::Whole(from, to, _) => Some([*from as f64, *to as f64]),
                Kind::Real { from, to, .. } => Some([*from, *to]),
                Kind::Shape => Some([1.0, MOST_UNITS as f64]),
                _ => None,
            };
            catalog.ranges.extend(range.map(|range| (field.name, range)));
        }
        catalog.ranges.insert("layers", [0.0, MOST_LAYERS as f64]);
        let rates = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
        catalog.usual.insert("learningRate", rates.to_vec());
        catalog.usual.insert(
            "regularizationRate",
            [0.0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0].to_vec(),
        );
        catalog.usual.insert("noise", (0..=10).map(|step| f64::from(step * 5)).collect());
        catalog.usual.insert("percTrainData", (1..=9).map(|step| f64::from(step * 10)).collect());
        catalog.usual.insert("batchSize", (1..=30).map(f64::from).collect());
        catalog
    }
}

impl Default for Catalog {
    fn default() -> Catalog {
        Catalog::new()
    }
}
