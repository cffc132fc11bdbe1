//! What a status says of scores and of layers' health.

use crate::config::{Activation, Config, Loss, Problem};
use crate::data::Example;
use crate::machine::{Found, Looked};
use crate::network::Network;
use crate::protocol::{LayerHealth, Score};

/// A unit is saturated if its slope is nearly flat at more than this part of the examples.
const SATURATED: f32 = 0.95;

/// The score of a set.
pub(crate) fn score(config: &Config, examples: &[Example], looked: &Looked) -> Score {
    let loss = Some(f64::from(looked.loss)).filter(|loss| loss.is_finite() && !examples.is_empty());
    if config.problem == Problem::Regression || examples.is_empty() {
        return Score { loss, accuracy: None, confusion: None };
    }
    let width = looked.sigma.len() / examples.len();
    if config.problem == Problem::Multilabel {
        // Each label is a question of its own.
        let mut confusion = vec![vec![0, 0]; 2];
        for (row, example) in looked.sigma.chunks_exact(width).zip(examples) {
            for (sigma, label) in row.iter().zip(&example.target) {
                confusion[usize::from(*label > 0.5)][usize::from(*sigma > 0.5)] += 1;
            }
        }
        return scored(loss, confusion);
    }
    let classes = if config.problem == Problem::Classification { 2 } else { width };
    let mut confusion = vec![vec![0; classes]; classes];
    for (row, example) in looked.sigma.chunks_exact(width).zip(examples) {
        let told = match (config.problem, config.loss) {
            (Problem::Classification, Loss::SquaredError) => usize::from(row[0] > 0.0),
            (Problem::Classification, Loss::CrossEntropy) => usize::from(row[0] > 0.5),
            _ => greatest(row),
        };
        let right = match config.problem {
            Problem::Classification => usize::from(example.target[0] > 0.0),
            _ => (example.target[0] as usize).min(classes - 1),
        };
        confusion[right][told] += 1;
    }
    scored(loss, confusion)
}

fn scored(loss: Option<f64>, confusion: Vec<Vec<u32>>) -> Score {
    let all: u32 = confusion.iter().flatten().sum();
    let right: u32 = confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
    Score { loss, accuracy: Some(f64::from(right) / f64::from(all.max(1))), confusion: Some(confusion) }
}

/// The place of the greatest number, the first of several.
fn greatest(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}

/// How each layer fares, by the gradients over the training set and by the last update.
pub(crate) fn health(
    network: &Network,
    found: &Found,
    parameters: &[f32],
    update: &[f32],
) -> Vec<LayerHealth> {
    let norm = |numbers: &[f32]| numbers.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let (mut at, mut unit_at) = (0, 0);
    let mut layers = Vec::new();
    for layer in &network.layers {
        let weights = layer.inputs * layer.units;
        let range = at..at + weights;
        at += weights + layer.units + layer.alpha.as_ref().map_or(0, |_| layer.units);
        let part = |numbers: &[f32]| numbers.get(range.clone()).map_or(0.0, norm);
        let size = part(parameters);
        let finite = |number: f64| if number.is_finite() { number } else { 0.0 };
        let mut health = LayerHealth {
            gradient_norm: finite(part(&found.gradients)),
            update_ratio: finite(if size > 0.0 { part(update) / size } else { 0.0 }),
            ..LayerHealth::default()
        };
        if layer.activation.is_some() {
            let bounded = matches!(layer.activation, Some(Activation::Tanh | Activation::Sigmoid));
            for unit in 0..layer.units {
                let slope = found.greatest_slopes.get(unit_at + unit).copied().unwrap_or(1.0);
                let flat = found.flat_shares.get(unit_at + unit).copied().unwrap_or(0.0);
                if slope == 0.0 {
                    health.dead.push(unit);
                } else if bounded && flat > SATURATED {
                    health.saturated.push(unit);
                }
            }
            unit_at += layer.units;
        }
        layers.push(health);
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(target: &[f32]) -> Example {
        Example { x: 0.0, y: 0.0, target: target.to_vec() }
    }

    #[test]
    fn confusion_has_the_right_class_in_rows() {
        let looked = Looked { loss: 0.5, sigma: vec![0.9, -0.2, 0.3, -0.7] };
        let examples = [1.0, 1.0, -1.0, -1.0].map(|target| example(&[target]));
        let score = score(&Config::default(), &examples, &looked);
        assert_eq!(score.confusion, Some(vec![vec![1, 1], vec![1, 1]]));
        assert_eq!((score.loss, score.accuracy), (Some(0.5), Some(0.5)));
    }

    #[test]
    fn several_classes_and_labels_are_counted() {
        let config =
            Config { problem: Problem::Multiclass, loss: Loss::SoftmaxCrossEntropy, ..Config::default() };
        let looked = Looked { loss: f32::NAN, sigma: vec![0.1, 0.8, 0.1, 0.3, 0.3, 0.4] };
        let found = score(&config, &[example(&[1.0]), example(&[0.0])], &looked);
        assert_eq!(found.confusion, Some(vec![vec![0, 0, 1], vec![0, 1, 0], vec![0, 0, 0]]));
        assert_eq!(found.loss, None);
        let config = Config { problem: Problem::Multilabel, loss: Loss::CrossEntropy, ..config };
        let examples = [example(&[1.0, 1.0, 0.0]), example(&[0.0, 0.0, 0.0])];
        let found = score(&config, &examples, &looked);
        assert_eq!(found.confusion, Some(vec![vec![4, 0], vec![1, 1]]));
        assert_eq!(found.accuracy, Some(5.0 / 6.0));
    }
}
