//! What page and engine say to each other: `web/engine/protocol.js` has the same names, and says what each means.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::{Catalog, Changed, Config, FieldError, Unit};

/// What goes to the page: a text, or bytes that begin with one (see [`Parts`]).
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// An event.
    Text(String),
    /// An event with numbers.
    Binary(Vec<u8>),
}

/// A command with the number that its answer is to have.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Any number of the page's.
    pub id: Option<f64>,
    /// What is to be done.
    #[serde(flatten)]
    pub command: Command,
}

/// What the page can ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub enum Command {
    Configure { config: Map<String, Value> },
    OpenUrl { hash: String },
    Play,
    Pause,
    Step { unit: Unit },
    StepBack { unit: Unit },
    Seek { step: u64 },
    Reset,
    NewWeights,
    NewData,
    Edit { parameter: ParameterPlace, value: f32 },
    Csv { text: String },
    DrawnPoints { points: Vec<[f32; 3]> },
    Frame { wanted: Wanted },
    Points,
    Inspect { at: Place },
    Curves,
    Thumbnails,
    Formulas { numbers: bool },
    Graph { open: Vec<String>, training: bool },
    Node { name: String },
    Export { form: ExportForm },
    Save,
    Open { model: String },
}

/// A number that is learned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ParameterPlace {
    /// From an input to a unit.
    Weight {
        /// Which layer, the first hidden one 0.
        layer: usize,
        /// Which of its inputs.
        input: usize,
        /// Which of its units.
        unit: usize,
    },
    /// Of a unit.
    Bias {
        /// Which layer.
        layer: usize,
        /// Which of its units.
        unit: usize,
    },
    /// PReLU's slope of a unit.
    Alpha {
        /// Which layer.
        layer: usize,
        /// Which of its units.
        unit: usize,
    },
}

/// What a frame is to hold.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Answer even if nothing is new.
    pub force: bool,
    /// Maps and thumbnails.
    pub maps: bool,
    /// The full map of this neuron, too.
    pub watch: Option<Neuron>,
}

/// A neuron, or with layer −1 a feature.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Neuron {
    /// Its layer.
    pub layer: i64,
    /// Which of the layer's.
    pub unit: usize,
}

/// A point to look at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// Anywhere.
    Point {
        /// x1
        x: f32,
        /// x2
        y: f32,
    },
    /// One of the data.
    Example {
        /// Its number.
        example: usize,
        /// Of which set.
        set: Set,
    },
}

/// One of the two sets of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Set {
    /// What is learned from.
    Training,
    /// What is held back.
    Test,
}

/// A program or file that does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportForm {
    /// A program of tenseur's.
    Rust,
    /// A program with TensorFlow 1's names.
    Python,
    /// A graph file.
    GraphDef,
    /// A program of Keras's.
    Keras,
    /// A program of PyTorch's.
    PyTorch,
}

/// What the engine says; the answer to a command, but for `welcome`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub enum Event {
    Welcome {
        version: &'static str,
        defaults: Config,
        catalog: Catalog,
        #[serde(flatten)]
        configured: Box<Configured>,
    },
    Configured(Box<Configured>),
    Invalid {
        errors: Vec<FieldError>,
    },
    Done {
        status: Status,
    },
    Frame {
        version: u64,
        status: Status,
        parts: Parts,
    },
    Points {
        parts: Parts,
    },
    Inspected(crate::inspect::Inspected),
    Curves {
        x: Vec<f32>,
        curves: std::collections::BTreeMap<&'static str, Curve>,
    },
    Thumbnails {
        datasets: std::collections::BTreeMap<&'static str, Vec<[f32; 3]>>,
    },
    Formulas {
        lines: Vec<FormulaLine>,
    },
    Graph(crate::graph_picture::GraphPicture),
    Node(crate::graph_picture::NodeDetails),
    Exported(crate::export::Exported),
    Saved {
        name: &'static str,
        model: String,
    },
    Failed {
        message: String,
        hint: Option<String>,
    },
}

/// The settings as they are now, and what follows from them.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Configured {
    pub config: Config,
    pub hash: String,
    pub changed: Changed,
    pub ignored: Vec<FieldError>,
    pub network: NetworkShape,
    pub status: Status,
}

/// Where each parameter is among a frame's numbers.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct NetworkShape {
    pub features: Vec<&'static str>,
    pub layers: Vec<LayerShape>,
    pub parameters: usize,
    pub outputs: Vec<String>,
}

/// Where a layer's parameters are.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct LayerShape {
    pub name: String,
    pub activation: &'static str,
    pub inputs: usize,
    pub units: usize,
    pub weights: usize,
    pub biases: usize,
    pub alphas: Option<usize>,
}

/// How training stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Status {
    pub playing: bool,
    pub step: u64,
    pub epoch: u64,
    pub batch: u64,
    pub batches: u64,
    pub sample: usize,
    pub samples: u64,
    pub example: Option<usize>,
    pub regime: &'static str,
    pub training: Score,
    pub test: Score,
    pub penalty: Option<f64>,
    pub learning_rate: f64,
    pub layers: Vec<LayerHealth>,
    pub problem: Option<Problem>,
    pub stopped: Option<&'static str>,
    pub oldest: u64,
    pub newest: u64,
    pub seeking: f64,
    pub parameters: usize,
}

/// How well the network does on a set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// The mean loss, if it is finite.
    pub loss: Option<f64>,
    /// The part that is told rightly, of classes.
    pub accuracy: Option<f64>,
    /// Counts by the class it is and the class it is taken for.
    pub confusion: Option<Vec<Vec<u32>>>,
}

/// How a layer fares.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct LayerHealth {
    pub gradient_norm: f64,
    pub update_ratio: f64,
    pub dead: Vec<usize>,
    pub saturated: Vec<usize>,
}

/// Why training stopped.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Problem {
    pub kind: &'static str,
    pub message: String,
    pub node: Option<String>,
    pub advice: Vec<&'static str>,
}

/// A transfer function and its derivative.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Curve {
    pub value: Vec<f32>,
    pub slope: Vec<f32>,
    pub formula: String,
}

/// A line of the formulas.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct FormulaLine {
    pub heading: String,
    pub text: String,
    pub mathml: String,
}

/// Where each array of a binary message is: in numbers, from the end of the text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Parts {
    #[serde(flatten)]
    places: std::collections::BTreeMap<&'static str, PartPlace>,
    #[serde(skip)]
    numbers: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PartPlace {
    offset: usize,
    length: usize,
    shape: Vec<usize>,
}

impl Parts {
    /// Adds an array.
    pub fn add(&mut self, name: &'static str, shape: &[usize], numbers: &[f32]) {
        let place = PartPlace { offset: self.numbers.len(), length: numbers.len(), shape: shape.to_vec() };
        self.places.insert(name, place);
        self.numbers.extend_from_slice(numbers);
    }
}

impl Event {
    /// The event as what is sent, with the number of the command that it answers.
    pub fn message(&self, id: Option<f64>) -> Message {
        let mut value = serde_json::to_value(self).unwrap_or_else(
            |error| serde_json::json!({ "type": "failed", "message": error.to_string(), "hint": null }),
        );
        if let (Some(id), Some(object)) = (id, value.as_object_mut()) {
            object.insert("id".to_string(), id.into());
        }
        let mut text = value.to_string();
        let (Event::Frame { parts, .. } | Event::Points { parts }) = self else { return Message::Text(text) };
        while !text.len().is_multiple_of(4) {
            text.push(' ');
        }
        let mut bytes = Vec::with_capacity(4 + text.len() + 4 * parts.numbers.len());
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
        parts.numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        Message::Binary(bytes)
    }
}
