//! All that is set: one struct, a table of its fields, and the same fields as the address of the page.

mod choice;
mod fields;
mod url;

use serde::Serialize;

pub use choice::{
    Activation, Dataset, Initialization, Loss, MulticlassDataset, MultilabelDataset, Optimizer, Problem,
    RegressionDataset, Regularization, Schedule, Speed, Unit,
};
pub use fields::{Catalog, FieldError, Fields};
pub use url::Opened;

/// The features, in their order: the names of the fields that switch them on.
pub const FEATURES: [&str; 7] = ["x", "y", "xSquared", "ySquared", "xTimesY", "sinX", "sinY"];

/// All that is set. Every field is also a key of the page's address; those that TensorFlow Playground has bear its names.
///
/// ```
/// use tenseur_playground::Config;
/// let opened = Config::from_hash("#activation=relu&dataset=spiral&networkShape=6,3&seed=0.5");
/// assert_eq!(opened.config.network_shape, [6, 3]);
/// assert!(opened.ignored.is_empty());
/// assert_eq!(Config::from_hash(&opened.config.hash()).config, opened.config);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // The page's protocol says what each field is.
pub struct Config {
    pub problem: Problem,
    pub dataset: Dataset,
    pub reg_dataset: RegressionDataset,
    pub multi_dataset: MulticlassDataset,
    pub label_dataset: MultilabelDataset,
    pub classes: usize,
    pub network_shape: Vec<usize>,
    pub activation: Activation,
    pub layer_activations: Vec<Activation>,
    pub loss: Loss,
    pub optimizer: Optimizer,
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub decay_rate: f64,
    pub decay_steps: usize,
    pub regularization: Regularization,
    pub regularization_rate: f64,
    /// 0 is all examples.
    pub batch_size: usize,
    pub shuffle: bool,
    pub noise: usize,
    pub perc_train_data: usize,
    pub seed: String,
    /// Which of the seed's sets of initial weights.
    pub weight_seed: usize,
    pub initialization: Initialization,
    pub x: bool,
    pub y: bool,
    pub x_squared: bool,
    pub y_squared: bool,
    pub x_times_y: bool,
    pub sin_x: bool,
    pub sin_y: bool,
    pub show_test_data: bool,
    pub discretize: bool,
    pub hide_text: bool,
    pub tutorial: String,
    pub hide: Vec<String>,
    pub step_unit: Unit,
    pub speed: Speed,
    pub stop_epochs: usize,
    pub stop_loss: f64,
    pub stop_patience: usize,
}

impl Default for Config {
    /// TensorFlow Playground's.
    fn default() -> Config {
        Config {
            problem: Problem::Classification,
            dataset: Dataset::Circle,
            reg_dataset: RegressionDataset::Plane,
            multi_dataset: MulticlassDataset::Clusters,
            label_dataset: MultilabelDataset::Discs,
            classes: 3,
            network_shape: vec![4, 2],
            activation: Activation::Tanh,
            layer_activations: Vec::new(),
            loss: Loss::SquaredError,
            optimizer: Optimizer::Sgd,
            learning_rate: 0.03,
            schedule: Schedule::Constant,
            decay_rate: 0.5,
            decay_steps: 1000,
            regularization: Regularization::None,
            regularization_rate: 0.0,
            batch_size: 10,
            shuffle: true,
            noise: 0,
            perc_train_data: 50,
            seed: "0.5".to_string(),
            weight_seed: 0,
            initialization: Initialization::Uniform,
            x: true,
            y: true,
            x_squared: false,
            y_squared: false,
            x_times_y: false,
            sin_x: false,
            sin_y: false,
            show_test_data: false,
            discretize: false,
            hide_text: false,
            tutorial: String::new(),
            hide: Vec::new(),
            step_unit: Unit::Epoch,
            speed: Speed::Epoch,
            stop_epochs: 0,
            stop_loss: 0.0,
            stop_patience: 0,
        }
    }
}

/// What a change of settings takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Changed {
    /// The network and its data are as they were.
    Nothing,
    /// What was learned stays, and goes on under other rules.
    Live,
    /// The network starts anew.
    Weights,
    /// There are other points, and the network starts anew.
    Data,
}

impl Config {
    /// Which features are on, in the order of [`FEATURES`].
    pub fn features(&self) -> [bool; 7] {
        [self.x, self.y, self.x_squared, self.y_squared, self.x_times_y, self.sin_x, self.sin_y]
    }

    /// The transfer function of hidden layer `layer`.
    pub fn activation_of(&self, layer: usize) -> Activation {
        self.layer_activations.get(layer).copied().unwrap_or(self.activation)
    }

    /// The number that the seed stands for: all random numbers follow from it.
    pub fn seed_number(&self) -> u64 {
        // FNV-1a: the same text, the same number, everywhere.
        self.seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    /// What goes from these settings to `new` takes.
    pub fn change(&self, new: &Config) -> Changed {
        let fields = Fields::all();
        let changed = fields.iter().filter(|field| field.text(self) != field.text(new));
        let needed = changed.map(|field| field.changes(self, new)).max();
        needed.unwrap_or(Changed::Nothing)
    }

    /// The settings, each one fit for the others: a loss that the problem has, as many transfer functions as layers.
    pub(crate) fn reconciled(mut self) -> Config {
        let losses = Loss::of(self.problem);
        if !losses.contains(&self.loss) {
            self.loss = losses[0];
        }
        if !self.layer_activations.is_empty() {
            self.layer_activations.resize(self.network_shape.len(), self.activation);
        }
        self
    }
}
