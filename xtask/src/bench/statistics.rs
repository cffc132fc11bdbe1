//! Medians and quartiles.

/// Where half of a sample lies, and its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) low: f64,
    pub(super) median: f64,
    pub(super) high: f64,
}

impl Summary {
    /// The quartiles of a sample, between neighbours where none lies in that place; none of no sample.
    pub(super) fn of(sample: &[f64]) -> Option<Summary> {
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |share: f64| {
            let place = share * last as f64;
            let below = sorted[place.floor() as usize];
            below + (sorted[place.ceil() as usize] - below) * place.fract()
        };
        Some(Summary { low: at(0.25), median: at(0.5), high: at(0.75) })
    }

    /// The same of ratios between what two systems needed in the same rounds, so that what slows a round down slows both.
    pub(super) fn of_ratios(above: &[f64], below: &[f64]) -> Option<Summary> {
        let ratios: Vec<f64> = above.iter().zip(below).map(|(a, b)| a / b).collect();
        Summary::of(&ratios)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_where_they_should() {
        let summary = Summary::of(&[5.0, 1.0, 3.0, 2.0, 4.0]);
        assert_eq!(summary, Some(Summary { low: 2.0, median: 3.0, high: 4.0 }));
        assert_eq!(Summary::of(&[1.0, 2.0]).map(|summary| summary.median), Some(1.5));
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The second round is ten times as slow for both, and changes nothing.
        let ratio = Summary::of_ratios(&[1.0, 10.0, 1.1], &[2.0, 20.0, 2.2]);
        assert_eq!(ratio, Some(Summary { low: 0.5, median: 0.5, high: 0.5 }));
    }
}
