//! A run: data, network, and where training is; steps forward, and back.

use tenseur::Result;

use crate::chart::Chart;
use crate::config::{Changed, Config, Unit};
use crate::data::{Data, Own};
use crate::graph_picture::{self, Gradients, NodeDetails};
use crate::history::{Change, History};
use crate::inspect::Inspector;
use crate::machine::{Machine, Weights};
use crate::maps::Maps;
use crate::model_file;
use crate::network::Layer;
use crate::protocol::{ParameterPlace, Problem};
use crate::status;

/// Steps between two looks at the clock.
const STEPS_A_LOOK: usize = 8;

/// A run of the network.
pub(crate) struct Run {
    pub(crate) data: Data,
    pub(crate) machine: Machine,
    /// The settings that the machine was made for.
    rules: Config,
    pub(crate) history: History,
    pub(crate) chart: Chart,
    initial: Weights,
    pub(crate) step: u64,
    /// How many samples of the batch that is under way have been shown.
    pub(crate) sample: usize,
    pub(crate) newest: u64,
    /// What the last step added to each parameter.
    pub(crate) update: Vec<f32>,
    pub(crate) problem: Option<Problem>,
    pub(crate) stopped: Option<&'static str>,
    /// The smallest test loss so far, and its epoch.
    best: (f64, u64),
    way: Option<OnTheWay>,
    maps: Option<Maps>,
    inspector: Option<Inspector>,
    gradients: Gradients,
}

/// A way back, or along the slider, that is not finished.
struct OnTheWay {
    from: u64,
    to: u64,
    sample: usize,
    changes: Vec<(u64, Change)>,
}

/// Whether to go on, asked every few steps.
pub(crate) type GoOn<'a> = &'a mut dyn FnMut() -> bool;

impl Run {
    /// A run of these settings, at its first step.
    ///
    /// # Errors
    /// When the points are the user's own and do not fit.
    pub(crate) fn new(config: &Config, own: Option<&Own>) -> Result<Run> {
        let data = Data::of(config, own)?;
        let machine = Machine::new(config, &data)?;
        let initial = machine.weights();
        let mut run = Run {
            data,
            rules: config.clone(),
            history: History::new(0, initial.clone(), config.clone()),
            machine,
            chart: Chart::default(),
            initial,
            step: 0,
            sample: 0,
            newest: 0,
            update: Vec::new(),
            problem: None,
            stopped: None,
            best: (f64::INFINITY, 0),
            way: None,
            maps: None,
            inspector: None,
            gradients: Gradients::default(),
        };
        run.record(config)?;
        Ok(run)
    }

    /// Begins again with the weights that it began with.
    pub(crate) fn reset(&mut self, config: &Config) -> Result<()> {
        self.follow(config)?;
        self.machine.set_weights(&self.initial)?;
        self.begin(0, config)
    }

    /// Lets the run begin at `step`, with the weights that there are.
    pub(crate) fn begin(&mut self, step: u64, config: &Config) -> Result<()> {
        self.history = History::new(step, self.machine.weights(), config.clone());
        self.chart = Chart::default();
        (self.step, self.sample, self.newest) = (step, 0, step);
        (self.update, self.problem, self.stopped, self.way) = (Vec::new(), None, None, None);
        self.best = (f64::INFINITY, 0);
        self.record(config)
    }

    /// Lets the machine go by these settings, with the weights that it has.
    fn follow(&mut self, config: &Config) -> Result<()> {
        if self.rules.change(config) == Changed::Live {
            let weights = self.machine.weights();
            self.machine = Machine::new(config, &self.data)?;
            self.machine.set_weights(&weights)?;
            (self.maps, self.inspector, self.gradients) = (None, None, Gradients::default());
        }
        self.rules = config.clone();
        Ok(())
    }

    /// Goes on under other rules.
    pub(crate) fn change_rules(&mut self, config: &Config) -> Result<()> {
        self.finish_way(config)?;
        self.follow(config)?;
        self.diverge(Change::Rules(Box::new(config.clone())));
        Ok(())
    }

    /// Notes that the run goes another way from here.
    fn diverge(&mut self, change: Change) {
        self.history.cut(self.step);
        self.history.changed(self.step, change, self.machine.weights());
        self.newest = self.step;
        (self.problem, self.stopped) = (None, None);
    }

    /// Sets a weight, a bias or a slope.
    ///
    /// # Errors
    /// When there is no such parameter, or the value is not finite.
    pub(crate) fn edit(&mut self, config: &Config, place: ParameterPlace, value: f32) -> Result<()> {
        self.finish_way(config)?;
        self.set(place, value)?;
        self.diverge(Change::Edit(place, value));
        Ok(())
    }

    fn set(&mut self, place: ParameterPlace, value: f32) -> Result<()> {
        let wrong = |text: &str| Err(tenseur::Error::invalid(text.to_string()));
        if !value.is_finite() {
            return wrong("a weight must be a finite number");
        }
        let (ParameterPlace::Weight { layer, unit, .. }
        | ParameterPlace::Bias { layer, unit }
        | ParameterPlace::Alpha { layer, unit }) = place;
        let Some(Layer { weights, bias, alpha, units, inputs, .. }) = self.machine.network.layers.get(layer)
        else {
            return wrong("there is no such layer");
        };
        if unit >= *units {
            return wrong("the layer has no such unit");
        }
        match (place, alpha) {
            (ParameterPlace::Weight { input, .. }, _) if input < *inputs => {
                self.machine.set_element(weights, input * units + unit, value)
            }
            (ParameterPlace::Weight { .. }, _) => wrong("the layer has no such input"),
            (ParameterPlace::Bias { .. }, _) => self.machine.set_element(bias, unit, value),
            (ParameterPlace::Alpha { .. }, Some(alpha)) => self.machine.set_element(alpha, unit, value),
            (ParameterPlace::Alpha { .. }, None) => wrong("the layer has no slopes that are learned"),
        }
    }

    /// Whole epochs made.
    pub(crate) fn epoch(&self) -> u64 {
        self.step / self.machine.steps_per_epoch()
    }

    /// One update. Says whether there is nothing against another.
    fn update(&mut self, config: &Config) -> Result<bool> {
        if let Err(error) = self.machine.step(self.step) {
            self.problem = Some(explained(&error));
            return Ok(false);
        }
        self.step += 1;
        self.sample = 0;
        self.newest = self.newest.max(self.step);
        let machine = &self.machine;
        self.history.passed(self.step, || machine.weights());
        if self.step.is_multiple_of(self.machine.steps_per_epoch()) {
            self.record(config)?;
            return Ok(self.stopped.is_none());
        }
        Ok(true)
    }

    /// One update after which it is known what it added.
    fn watched_update(&mut self, config: &Config) -> Result<bool> {
        let before = self.machine.parameters()?;
        let go_on = self.update(config)?;
        let after = self.machine.parameters()?;
        self.update = after.iter().zip(&before).map(|(after, before)| after - before).collect();
        Ok(go_on)
    }

    /// Goes one unit forward, or as far as `go_on` lets it. Says whether there is nothing against going on.
    pub(crate) fn forward(&mut self, unit: Unit, config: &Config, go_on: GoOn<'_>) -> Result<bool> {
        (self.problem, self.stopped) = (None, None);
        match unit {
            Unit::Sample if self.sample + 1 < self.machine.batch(self.step)?.len() => {
                self.sample += 1;
                Ok(true)
            }
            Unit::Sample | Unit::Batch => self.watched_update(config),
            Unit::Epoch => {
                let per_epoch = self.machine.steps_per_epoch();
                let last = (self.step / per_epoch + 1) * per_epoch - 1;
                let mut made = 0;
                while self.step < last {
                    if !self.update(config)? {
                        return Ok(false);
                    }
                    made += 1;
                    if made % STEPS_A_LOOK == 0 && !go_on() {
                        return Ok(true);
                    }
                }
                self.watched_update(config)
            }
        }
    }

    /// Goes to where it was one unit before.
    pub(crate) fn backward(&mut self, unit: Unit, config: &Config, go_on: GoOn<'_>) -> Result<()> {
        let per_epoch = self.machine.steps_per_epoch();
        let (step, sample) = match unit {
            Unit::Sample if self.sample > 0 => (self.step, self.sample - 1),
            Unit::Sample if self.step > 0 => {
                (self.step - 1, self.machine.batch(self.step - 1)?.len().saturating_sub(1))
            }
            Unit::Batch if self.sample > 0 => (self.step, 0),
            Unit::Epoch if self.step > 0 => {
                let whole = self.sample == 0;
                ((self.step - u64::from(whole)) / per_epoch * per_epoch, 0)
            }
            _ => (self.step.saturating_sub(1), 0),
        };
        self.go_to(step, sample, config, go_on)
    }

    /// Goes to a step, back or forward: bit for bit to where it was there.
    pub(crate) fn go_to(&mut self, step: u64, sample: usize, config: &Config, go_on: GoOn<'_>) -> Result<()> {
        (self.problem, self.stopped) = (None, None);
        let step = step.clamp(self.history.oldest(), self.newest.max(self.step));
        if step == self.step && self.way.is_none() {
            self.sample = sample;
            return Ok(());
        }
        let way = self.history.way(step);
        // Where it is may be nearer than any state that was kept.
        if !(self.step <= step && way.step <= self.step && self.way.is_none()) {
            self.follow(&way.rules)?;
            self.machine.set_weights(&way.weights)?;
            self.step = way.step;
        }
        let begin = self.step;
        let changes = way.changes.into_iter().filter(|(at, _)| *at > begin).collect();
        self.way = Some(OnTheWay { from: begin, to: step, sample, changes });
        self.sample = 0;
        self.go_on_way(config, go_on)
    }

    /// Whether a way is not finished, and how far it is.
    pub(crate) fn on_the_way(&self) -> Option<f64> {
        let way = self.way.as_ref()?;
        Some((self.step - way.from) as f64 / (way.to - way.from).max(1) as f64)
    }

    /// Goes on with an unfinished way.
    pub(crate) fn go_on_way(&mut self, config: &Config, go_on: GoOn<'_>) -> Result<()> {
        let Some(OnTheWay { from, to, sample, changes }) = self.way.take() else { return Ok(()) };
        let mut made = 0;
        loop {
            let here = self.step;
            for (_, change) in changes.iter().filter(|(at, _)| *at == here && *at > from) {
                match change {
                    Change::Edit(place, value) => self.set(*place, *value)?,
                    Change::Rules(rules) => self.follow(rules)?,
                }
            }
            if self.step == to {
                break;
            }
            let watched = self.step + 1 == to;
            let before = if watched { self.machine.parameters()? } else { Vec::new() };
            self.machine.step(self.step)?;
            self.step += 1;
            let machine = &self.machine;
            self.history.passed(self.step, || machine.weights());
            if watched {
                let after = self.machine.parameters()?;
                self.update = after.iter().zip(&before).map(|(after, before)| after - before).collect();
            }
            if self.step.is_multiple_of(self.machine.steps_per_epoch()) && self.chart.wants(self.epoch()) {
                self.record(config)?;
                self.stopped = None;
            }
            made += 1;
            if made % STEPS_A_LOOK == 0 && self.step < to && !go_on() {
                self.way = Some(OnTheWay { from, to, sample, changes });
                return Ok(());
            }
        }
        self.sample = sample;
        if from == to {
            self.update = Vec::new();
        }
        let epoch = self.epoch();
        self.chart.cut(epoch);
        self.newest = self.newest.max(self.step);
        self.history.cut(self.step);
        if self.history.rules_at(self.step).change(config) != Changed::Nothing {
            self.follow(config)?;
            let rules = Change::Rules(Box::new(config.clone()));
            self.history.changed(self.step, rules, self.machine.weights());
        }
        Ok(())
    }

    /// Goes the whole of a way that is not finished.
    pub(crate) fn finish_way(&mut self, config: &Config) -> Result<()> {
        self.go_on_way(config, &mut || true)
    }

    /// Adds the epoch to the chart, and looks whether training is to stop.
    fn record(&mut self, config: &Config) -> Result<()> {
        let epoch = self.epoch();
        let stops = config.stop_epochs > 0 || config.stop_loss > 0.0 || config.stop_patience > 0;
        if !self.chart.wants(epoch) && !stops {
            return Ok(());
        }
        let (training, test) = (self.machine.look(0)?, self.machine.look(1)?);
        let training = status::score(config, &self.data.training, &training);
        let test = status::score(config, &self.data.test, &test);
        let number = |number: Option<f64>, without: f32| number.map_or(without, |number| number as f32);
        if self.chart.wants(epoch) {
            self.chart.add([
                epoch as f32,
                number(training.loss, f32::NAN),
                number(test.loss, f32::NAN),
                number(training.accuracy, -1.0),
                number(test.accuracy, -1.0),
            ]);
        }
        let loss = test.loss.or(training.loss).unwrap_or(f64::INFINITY);
        if loss < self.best.0 || epoch < self.best.1 {
            self.best = (loss, epoch);
        }
        if epoch == 0 {
            return Ok(());
        }
        self.stopped = if epoch == config.stop_epochs as u64 {
            Some("epochs")
        } else if loss <= config.stop_loss {
            Some("loss")
        } else if config.stop_patience > 0 && epoch - self.best.1 >= config.stop_patience as u64 {
            Some("patience")
        } else {
            None
        };
        Ok(())
    }

    /// Lets the patience begin anew.
    pub(crate) fn be_patient(&mut self) {
        (self.problem, self.stopped) = (None, None);
        self.best = (f64::INFINITY, self.epoch());
    }

    /// The maps of the network.
    pub(crate) fn maps(&mut self) -> Result<&mut Maps> {
        match &mut self.maps {
            Some(maps) => Ok(maps),
            none => Ok(none.insert(Maps::new(&self.machine.network, &self.machine.session)?)),
        }
    }

    /// All about a node of the graph.
    pub(crate) fn node(&mut self, name: &str) -> Result<NodeDetails> {
        graph_picture::node(&self.machine, name, &mut self.gradients)
    }

    /// Goes on from the weights of a file.
    ///
    /// # Errors
    /// When they are not the network's.
    pub(crate) fn take(&mut self, weights: &Weights, step: u64, config: &Config) -> Result<()> {
        model_file::check(weights, &self.machine.weights())?;
        self.machine.set_weights(weights)?;
        self.begin(step, config)
    }

    /// What looks at one point.
    pub(crate) fn inspector(&mut self, config: &Config) -> Result<(&Inspector, &Machine)> {
        if self.inspector.is_none() {
            self.inspector = Some(Inspector::new(&self.machine.network, config)?);
        }
        match &self.inspector {
            Some(inspector) => Ok((inspector, &self.machine)),
            None => Err(tenseur::Error::invalid("there is nothing to look at a point with")),
        }
    }
}

/// What a failed step means, and what helps.
fn explained(error: &tenseur::Error) -> Problem {
    let message = error.message().to_string();
    // An update that overflowed left weights that no later step can use; a loss that did, leaves them as they were.
    let overflow = message.contains("overflowed");
    Problem {
        kind: if overflow { "overflow" } else { "notFinite" },
        node: error.node().map(|node| node.name.to_string()),
        advice: match overflow {
            true => vec!["stepBack", "smallerLearningRate", "boundedActivation", "resetWeights"],
            false => {
                let advice = ["smallerLearningRate", "stepBack", "boundedActivation", "lessRegularization"];
                advice.into_iter().chain(["resetWeights"]).collect()
            }
        },
        message,
    }
}
