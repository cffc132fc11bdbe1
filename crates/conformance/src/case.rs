//! A case as its `case.json` describes it. See FORMAT.md beside the suite.

use serde::Deserialize;

/// What to run and what to compare.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// `ops`, `grad_graph`, `autodiff`, `train`, `minimize`, `flow` or `error`.
    pub area: String,
    /// The runs, in order, all in one session.
    pub steps: Vec<Step>,
    /// The graph's variables.
    #[serde(default)]
    pub variables: Vec<VariableEntry>,
    /// Gradients that are to be added to the graph.
    pub gradients: Option<GradientsEntry>,
    /// A training step that is to be added to the graph.
    pub minimize: Option<MinimizeEntry>,
    /// How the graph itself must be refused.
    pub load_error: Option<Refusal>,
}

/// One run.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// What it is fed.
    #[serde(default)]
    pub feeds: Vec<Feed>,
    /// What it is asked for.
    pub fetches: Vec<Fetch>,
    /// How it must fail.
    pub error: Option<Refusal>,
}

/// A value for a tensor.
#[derive(Clone, Debug, Deserialize)]
pub struct Feed {
    /// `x:0`.
    pub name: String,
    /// The value, if it is of strings.
    pub string: Option<Strings>,
}

/// A tensor wanted, or an operation to be run.
#[derive(Clone, Debug, Deserialize)]
pub struct Fetch {
    /// `y:0`, or an operation's name, or `@grad/0`, `@train`, `@init`.
    pub name: String,
    /// `tensor` or `op`.
    pub kind: String,
    /// The element type of the answer.
    pub dtype: Option<String>,
    /// Its shape.
    pub shape: Option<Vec<usize>>,
    /// How far from the answer a number may be, in parts of it.
    #[serde(default)]
    pub rtol: f64,
    /// How far besides.
    #[serde(default)]
    pub atol: f64,
    /// The answer, if it is of strings.
    pub string: Option<Strings>,
}

/// An array of strings.
#[derive(Clone, Debug, Deserialize)]
pub struct Strings {
    /// Its shape.
    pub shape: Vec<usize>,
    /// In row-major order.
    pub values: Vec<String>,
}

/// A variable of the graph.
#[derive(Clone, Debug, Deserialize)]
pub struct VariableEntry {
    /// What `var_list` calls it.
    pub name: String,
    /// Whether `minimize` changes it.
    pub trainable: bool,
    /// The reference or the handle.
    pub tensor: String,
    /// The op that sets the initial value.
    pub initializer: String,
    /// A tensor that reads it.
    pub read: String,
}

/// What is to be differentiated.
#[derive(Clone, Debug, Deserialize)]
pub struct GradientsEntry {
    /// The scalar.
    pub loss: String,
    /// With respect to what.
    pub wrt: Vec<String>,
    /// Which of those the loss does not depend on.
    #[serde(default)]
    pub none: Vec<usize>,
}

/// A training step.
#[derive(Clone, Debug, Deserialize)]
pub struct MinimizeEntry {
    /// The scalar.
    pub loss: String,
    /// `GradientDescent`, …
    pub optimizer: String,
    /// Its settings.
    pub hyperparameters: serde_json::Map<String, serde_json::Value>,
    /// The variables to be changed.
    pub var_list: Vec<String>,
    /// The variable that counts steps.
    pub global_step: Option<String>,
}

/// How something must be refused: any error at all, or one of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Refusal {
    /// An error is expected, of any kind.
    Any(bool),
    /// An error of one of these kinds.
    Coded {
        /// `INVALID_ARGUMENT`, …; any, if it is none.
        code: Option<String>,
        /// Other kinds that will do.
        #[serde(default)]
        also_accept: Vec<String>,
    },
}

impl Refusal {
    /// Whether an error of this kind will do.
    pub fn accepts(&self, code: tenseur::Code) -> bool {
        match self {
            Refusal::Any(_) | Refusal::Coded { code: None, .. } => true,
            Refusal::Coded { code: Some(wanted), also_accept } => {
                let code = canonical(code);
                *wanted == code || also_accept.contains(&code)
            }
        }
    }

    /// What is expected, for a message.
    pub fn describe(&self) -> String {
        match self {
            Refusal::Any(_) | Refusal::Coded { code: None, .. } => "an error".to_string(),
            Refusal::Coded { code: Some(code), .. } => format!("an error of kind {code}"),
        }
    }
}

/// The kind as TensorFlow writes it: `INVALID_ARGUMENT`.
pub fn canonical(code: tenseur::Code) -> String {
    let mut text = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}
