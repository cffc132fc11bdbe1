//! The learning curve as an SVG: loss and accuracy by epoch, on the training data and on what was held back.

use crate::figure::{Figure, Panel};
use crate::learn::EpochRecord;

/// The learning curve, as the text of an SVG file.
pub fn learning_curve(title: &str, epochs: &[EpochRecord]) -> String {
    let along = |value: &dyn Fn(&EpochRecord) -> Option<f64>| -> Vec<(f64, f64)> {
        epochs.iter().filter_map(|epoch| Some((epoch.epoch as f64, value(epoch)?))).collect()
    };
    let panel = |title: &str, training: Vec<(f64, f64)>, held_back: Vec<(f64, f64)>| {
        let panel = Panel::new(title).x_label("epoch").last_value(3);
        panel.line("training", training).line("held back", held_back)
    };
    let loss =
        panel("loss", along(&|e| Some(e.training.loss)), along(&|e| e.held_back.map(|score| score.loss)));
    let training = along(&|e| e.training.accuracy);
    let held_back = along(&|e| e.held_back.and_then(|score| score.accuracy));
    let figure = Figure::new(title).panel(loss.y_includes(0.0));
    match training.is_empty() && held_back.is_empty() {
        true => figure.to_svg(),
        false => figure.panel(panel("accuracy", training, held_back).y_includes(1.0)).to_svg(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Score;

    #[test]
    fn a_curve_of_one_epoch_and_none_is_still_a_picture() {
        let score = Score { loss: 0.5, accuracy: Some(0.9), examples: 10 };
        let one = [EpochRecord { epoch: 1, training: score, held_back: Some(score), seconds: 0.1 }];
        let picture = learning_curve("a <b>", &one);
        assert!(
            picture.contains("a &lt;b&gt;") && !picture.contains("NaN") && !picture.contains("inf"),
            "{picture}"
        );
        assert!(picture.contains("held back 0.500") && picture.contains("held back 0.900"), "{picture}");
        assert!(!learning_curve("none", &[]).contains("NaN"));
    }
}
