//! Settings as the page's address: `#activation=tanh&networkShape=4,2&…`.
//!
//! TensorFlow Playground's addresses open with the same meaning. Its key `initZero` is our `initialization=zero`; a key
//! `NAME_hide=true` hides a control; `cosX`, `cosY` and `collectStats` never had a meaning there, and have none here.

use super::choice::{Initialization, Loss};
use super::fields::unknown;
use super::{Config, FieldError, Fields};

/// What an address says.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The settings.
    pub config: Config,
    /// What was not understood, and is as if it were not there.
    pub ignored: Vec<FieldError>,
}

/// Keys that TensorFlow Playground writes and never reads.
const WITHOUT_MEANING: [&str; 3] = ["cosX", "cosY", "collectStats"];

impl Opened {
    /// The same for who has no points: those of a user's own are not in an address, and the usual set is taken for them.
    pub(crate) fn without_own(mut self) -> Opened {
        let usual = Config::default();
        for field in ["dataset", "regDataset", "multiDataset"].into_iter().filter_map(Fields::named) {
            if field.text(&self.config) != "own" {
                continue;
            }
            // The usual set's name is one that the field takes.
            self.ignored.extend(field.set(&mut self.config, &field.text(&usual)).err());
            self.ignored.push(FieldError {
                field: field.name.to_string(),
                code: "conflict",
                message: format!("{}: points of one's own are not in an address", field.name),
                values: Default::default(),
            });
        }
        self
    }
}

impl Config {
    /// The settings that an address asks for; what it does not say is as [`Config::default`] has it.
    pub fn from_hash(hash: &str) -> Opened {
        // A whole address is welcome too.
        let keys = hash.split_once('#').map_or(hash, |(_, keys)| keys);
        let (mut config, mut ignored, mut says_loss) = (Config::default(), Vec::new(), false);
        for pair in keys.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (key, value) = (decoded(key), decoded(value));
            if let Some(control) = key.strip_suffix("_hide") {
                if value == "true" && !config.hide.iter().any(|hidden| hidden == control) {
                    let mut hide = config.hide.clone();
                    hide.push(control.to_string());
                    let field = Fields::named("hide");
                    ignored.extend(field.and_then(|field| field.set(&mut config, &hide.join(",")).err()));
                }
                continue;
            }
            if WITHOUT_MEANING.contains(&key.as_str()) {
                continue;
            }
            if key == "initZero" {
                if value == "true" {
                    config.initialization = Initialization::Zero;
                }
                continue;
            }
            match Fields::named(&key).filter(|field| field.name != "hide") {
                None => ignored.push(unknown(&key)),
                Some(field) => {
                    // The original writes a dataset's or a regularization's name only where it has one.
                    let value = if value.is_empty() && key == "regularization" { "none" } else { &value };
                    let set = field.set(&mut config, value);
                    says_loss |= key == "loss" && set.is_ok();
                    ignored.extend(set.err());
                }
            }
        }
        if !says_loss {
            config.loss = Loss::of(config.problem)[0];
        }
        Opened { config: config.reconciled(), ignored }
    }

    /// The address of these settings, with its `#`: TensorFlow Playground's keys in its order, then the others, where
    /// they are not as usual.
    pub fn hash(&self) -> String {
        let usual = Config { loss: Loss::of(self.problem)[0], ..Config::default() };
        let mut pairs = Vec::new();
        for field in Fields::all().iter().filter(|field| field.name != "hide") {
            let text = field.text(self);
            // The seed is always told: it makes the address mean the same for ever.
            if text != field.text(&usual) || field.name == "seed" {
                pairs.push(format!("{}={}", field.name, encoded(&text)));
            }
        }
        if self.initialization == Initialization::Zero {
            pairs.push("initZero=true".to_string());
        }
        pairs.extend(self.hide.iter().map(|control| format!("{}_hide=true", encoded(control))));
        format!("#{}", pairs.join("&"))
    }
}

/// The text that percent signs and plus signs stand for; what is no such sign stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The text, with percent signs for all that an address gives a meaning to.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Activation, Dataset, Problem, Regularization};

    #[test]
    fn the_originals_address_opens_with_its_meaning() {
        let opened = Config::from_hash(
            "https://playground.tensorflow.org/#activation=relu&regularization=L2&batchSize=21&dataset=spiral&\
             regDataset=reg-gauss&learningRate=0.1&regularizationRate=0.003&noise=15&networkShape=8,3,2&seed=0.57425&\
             showTestData=true&discretize=true&percTrainData=70&x=true&y=false&xTimesY=true&xSquared=true&\
             ySquared=false&cosX=false&sinX=true&cosY=false&sinY=true&collectStats=false&problem=regression&\
             initZero=true&hideText=true&tutorial=first&playButton_hide=true&stepButton_hide=false",
        );
        assert_eq!(opened.ignored, []);
        let config = opened.config;
        assert_eq!(config.activation, Activation::Relu);
        assert_eq!(config.regularization, Regularization::L2);
        assert_eq!((config.batch_size, config.noise, config.perc_train_data), (21, 15, 70));
        assert_eq!((config.learning_rate, config.regularization_rate), (0.1, 0.003));
        assert_eq!(config.dataset, Dataset::Spiral);
        assert_eq!(config.problem, Problem::Regression);
        assert_eq!(config.network_shape, [8, 3, 2]);
        assert_eq!(config.features(), [true, false, true, false, true, true, true]);
        assert_eq!(config.initialization, Initialization::Zero);
        assert_eq!((config.seed.as_str(), config.tutorial.as_str()), ("0.57425", "first"));
        assert_eq!(config.hide, ["playButton"]);
        assert!(config.show_test_data && config.discretize && config.hide_text);
        assert_eq!(Config::from_hash(&config.hash()).config, config);
    }

    #[test]
    fn what_makes_no_sense_is_told_and_left_out() {
        let opened = Config::from_hash(
            "#noise=900&activation=rely&learningRate=x&speling=1&networkShape=4,0&seed=%zz",
        );
        let told: Vec<(&str, &str)> =
            opened.ignored.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(
            told,
            [
                ("noise", "range"),
                ("activation", "choice"),
                ("learningRate", "notANumber"),
                ("speling", "unknown"),
                ("networkShape", "range"),
            ]
        );
        assert_eq!(opened.ignored[0].message, "noise: 900 is not between 0 and 80");
        assert_eq!(opened.config, Config { seed: "%zz".to_string(), ..Config::default() });
    }
}
