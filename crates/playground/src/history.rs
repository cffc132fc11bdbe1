//! The way back: what a run was at some of its steps, and what was changed by hand between them.
//!
//! A step is a function of the weights and its number. So the state after step t is found, bit for bit, by going back
//! to a kept state at or before t and making the steps between again, with the changes that were made there. States are
//! kept every few steps; when there are too many, every second one goes.

use crate::config::Config;
use crate::machine::Weights;
use crate::protocol::ParameterPlace;

/// States are kept every so many steps at first, and so many of them at most.
const FIRST_SPACING: u64 = 8;
const MOST_STATES: usize = 192;

/// Changes by hand that are remembered at most; older states than the oldest change can no longer be reached then.
const MOST_CHANGES: usize = 1024;

/// A change that was made by hand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// A weight was set.
    Edit(ParameterPlace, f32),
    /// Other rules from here on.
    Rules(Box<Config>),
}

/// A state at a step, after the changes that were made there.
#[derive(Clone, Debug)]
struct Kept {
    step: u64,
    weights: Weights,
}

/// The way back.
#[derive(Clone, Debug)]
pub(crate) struct History {
    states: Vec<Kept>,
    changes: Vec<(u64, Change)>,
    spacing: u64,
    /// The rules that held at the first state.
    rules: Config,
}

/// What to do to be at a step.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Where to begin, and with which rules.
    pub(crate) step: u64,
    pub(crate) weights: Weights,
    pub(crate) rules: Config,
    /// What was changed on the way, and at which step.
    pub(crate) changes: Vec<(u64, Change)>,
}

impl History {
    /// A run that begins at `step` with these weights.
    pub(crate) fn new(step: u64, weights: Weights, rules: Config) -> History {
        History { states: vec![Kept { step, weights }], changes: Vec::new(), spacing: FIRST_SPACING, rules }
    }

    /// The first step that can be gone back to.
    pub(crate) fn oldest(&self) -> u64 {
        self.states[0].step
    }

    /// Keeps the state at `step`, if it is time to.
    pub(crate) fn passed(&mut self, step: u64, weights: impl FnOnce() -> Weights) {
        let last = self.states.last().map_or(0, |kept| kept.step);
        if step > last && step.is_multiple_of(self.spacing) {
            self.states.push(Kept { step, weights: weights() });
            if self.states.len() > MOST_STATES {
                self.spacing *= 2;
                let (first, spacing) = (self.states[0].step, self.spacing);
                self.states.retain(|kept| kept.step == first || kept.step.is_multiple_of(spacing));
            }
        }
    }

    /// Notes a change at `step`, after which the weights are these.
    pub(crate) fn changed(&mut self, step: u64, change: Change, weights: Weights) {
        // Of changes of one and the same thing at a step, the last counts.
        let same = |old: &Change| match (old, &change) {
            (Change::Edit(a, _), Change::Edit(b, _)) => a == b,
            (Change::Rules(_), Change::Rules(_)) => true,
            _ => false,
        };
        self.changes.retain(|(at, old)| *at != step || !same(old));
        self.changes.push((step, change));
        let first = self.states[0].step;
        self.states.retain(|kept| kept.step < step || kept.step == first);
        match self.states.iter_mut().find(|kept| kept.step == step) {
            Some(kept) => kept.weights = weights,
            None => self.states.push(Kept { step, weights }),
        }
        if self.changes.len() > MOST_CHANGES {
            self.forget_before(self.changes[MOST_CHANGES / 2].0);
        }
    }

    /// Lets the run begin at the first state from `step` on.
    fn forget_before(&mut self, step: u64) {
        let Some(first) = self.states.iter().position(|kept| kept.step >= step) else { return };
        self.states.drain(..first);
        let begin = self.states[0].step;
        for (_, change) in self.changes.iter().filter(|(at, _)| *at <= begin) {
            if let Change::Rules(rules) = change {
                self.rules = (**rules).clone();
            }
        }
        self.changes.retain(|(at, _)| *at > begin);
    }

    /// How to be at `step`, or at the oldest there is.
    pub(crate) fn way(&self, step: u64) -> Way {
        let kept = self.states.iter().rev().find(|kept| kept.step <= step).unwrap_or(&self.states[0]);
        let mut rules = self.rules.clone();
        for (_, change) in self.changes.iter().filter(|(at, _)| *at <= kept.step) {
            if let Change::Rules(changed) = change {
                rules = (**changed).clone();
            }
        }
        let after = self.changes.iter().filter(|(at, _)| *at > kept.step && *at <= step);
        Way { step: kept.step, weights: kept.weights.clone(), rules, changes: after.cloned().collect() }
    }

    /// Forgets what came after `step`: the run goes another way from there.
    pub(crate) fn cut(&mut self, step: u64) {
        let first = self.states[0].step;
        self.states.retain(|kept| kept.step <= step || kept.step == first);
        self.changes.retain(|(at, _)| *at <= step);
    }

    /// The rules that held at `step`.
    pub(crate) fn rules_at(&self, step: u64) -> &Config {
        let rules = self.changes.iter().rev().filter(|(at, _)| *at <= step);
        let mut rules = rules.filter_map(|(_, change)| match change {
            Change::Rules(rules) => Some(&**rules),
            Change::Edit(..) => None,
        });
        rules.next().unwrap_or(&self.rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenseur::Array;

    fn weights(step: u64) -> Weights {
        vec![("w".to_string(), Array::scalar(step as i64))]
    }

    #[test]
    fn memory_is_bounded_and_no_way_is_long() {
        let mut history = History::new(0, weights(0), Config::default());
        for step in 1..=1_000_000 {
            history.passed(step, || weights(step));
            assert!(history.states.len() <= MOST_STATES);
        }
        for step in [0, 1, 77, 500_000, 999_999, 1_000_000] {
            let way = history.way(step);
            assert_eq!(way.weights, weights(way.step));
            assert!(way.step <= step && step - way.step <= history.spacing, "{step} from {}", way.step);
        }
        assert!(history.spacing <= 2 * 1_000_000 / (MOST_STATES as u64 / 2));
    }

    #[test]
    fn changes_are_met_again_on_the_way() {
        let mut history = History::new(0, weights(0), Config::default());
        let place = ParameterPlace::Bias { layer: 0, unit: 0 };
        let rules = Config { learning_rate: 0.5, ..Config::default() };
        history.passed(8, || weights(8));
        history.changed(11, Change::Edit(place, 1.0), weights(11));
        history.changed(11, Change::Edit(place, 2.0), weights(11));
        history.changed(13, Change::Rules(Box::new(rules.clone())), weights(13));
        assert_eq!(history.way(10).step, 8);
        assert_eq!(history.way(12).step, 11);
        assert!(history.way(12).changes.is_empty());
        assert_eq!(history.way(20).rules, rules);
        assert_eq!(history.way(12).rules, Config::default());
        history.cut(12);
        assert_eq!(history.way(20).rules, Config::default());
        assert_eq!(history.changes.len(), 1);
    }

    #[test]
    fn ever_more_changes_are_forgotten_from_the_beginning() {
        let mut history = History::new(0, weights(0), Config::default());
        for step in 0..5000 {
            let rules = Config { learning_rate: step as f64 + 1.0, ..Config::default() };
            history.changed(step, Change::Rules(Box::new(rules)), weights(step));
        }
        assert!(history.changes.len() <= MOST_CHANGES && history.states.len() <= MOST_CHANGES + 1);
        let oldest = history.oldest();
        assert!(oldest > 0 && history.way(0).step == oldest);
        assert_eq!(history.way(oldest).rules.learning_rate, oldest as f64 + 1.0);
    }
}
