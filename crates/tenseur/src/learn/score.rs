//! How well a network does, as numbers that can be kept in a file.

use serde::{Deserialize, Serialize};

/// How well a network does on some examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The mean loss.
    #[serde(with = "any_number")]
    pub loss: f64,
    /// For classes: the part that is classified rightly.
    pub accuracy: Option<f64>,
    /// How many examples were looked at.
    pub examples: usize,
}

impl Score {
    /// The score of both sets of examples together.
    pub(super) fn and(self, other: Score) -> Score {
        let examples = self.examples + other.examples;
        let mean =
            |a: f64, b: f64| (a * self.examples as f64 + b * other.examples as f64) / examples.max(1) as f64;
        let accuracy = match (self.accuracy, other.accuracy) {
            (Some(a), Some(b)) => Some(mean(a, b)),
            (a, b) => a.or(b),
        };
        Score { loss: mean(self.loss, other.loss), accuracy, examples }
    }
}

/// Numbers as numbers; NaN and the infinities, which JSON does not have, as their names.
mod any_number {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Number(f64),
        Name(String),
    }

    pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        match number.is_finite() {
            true => serializer.serialize_f64(*number),
            false => serializer.collect_str(number),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Said::deserialize(deserializer)? {
            Said::Number(number) => Ok(number),
            Said::Name(name) => {
                name.parse().map_err(|_| D::Error::custom(format!("\"{name}\" is no number")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_is_read_as_it_was_written() {
        let losses = [0.0, -0.0, 0.1 + 0.2, 1e-310, f64::MAX, f64::INFINITY, f64::NEG_INFINITY];
        for loss in losses {
            let score = Score { loss, accuracy: Some(1.0 / 3.0), examples: 3 };
            let text = serde_json::to_string(&score).unwrap();
            let read: Score = serde_json::from_str(&text).unwrap();
            assert_eq!((read.loss.to_bits(), read), (loss.to_bits(), score), "{text}");
        }
        let text = serde_json::to_string(&Score { loss: f64::NAN, ..Score::default() }).unwrap();
        assert!(serde_json::from_str::<Score>(&text).unwrap().loss.is_nan(), "{text}");
        assert!(serde_json::from_str::<Score>(&text.replace("NaN", "much")).is_err());
    }
}
