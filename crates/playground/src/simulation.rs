//! The simulation: commands in, events out, and training between frames for as long as it is given time.

mod look;

use serde_json::Value;
use tenseur::{Error, Result};

use crate::config::{Catalog, Changed, Config, FieldError, Opened, Problem, Speed, Unit};
use crate::config::{Dataset, MulticlassDataset, RegressionDataset};
use crate::data::Own;
use crate::machine::Found;
use crate::model_file::Model;
use crate::protocol::{Command, Configured, Event, Message, Request, Status, Wanted};
use crate::run::{GoOn, Run};
use crate::status;

/// How long a command may go along the slider before the rest is left to [`Simulation::advance`], in milliseconds.
const PATIENCE: f64 = 30.0;

/// A network that learns, driven by commands.
///
/// It reads no clock and waits for nothing: whoever holds it hands it commands, and then time to train in.
///
/// ```
/// use tenseur_playground::{Message, Simulation};
/// let mut simulation = Simulation::new("#dataset=xor&seed=0.5")?;
/// let mut clock = || 0.0;
/// for _ in 0..3 {
///     simulation.command(r#"{ "type": "step", "unit": "epoch", "id": 1 }"#, &mut clock);
/// }
/// assert_eq!(simulation.status()?.epoch, 3);
/// # Ok::<(), tenseur::Error>(())
/// ```
pub struct Simulation {
    config: Config,
    own: Option<Own>,
    run: Run,
    playing: bool,
    ignored: Vec<FieldError>,
    /// The frame that the page waits for, and the number of its command.
    pending: Option<(Option<f64>, Wanted)>,
    /// Counts changes of what a frame shows.
    version: u64,
    shown: u64,
    /// What was found of the present version.
    looked: Option<(u64, Status, Found, Vec<f32>)>,
}

/// Milliseconds since any moment.
pub type Clock<'a> = &'a mut dyn FnMut() -> f64;

impl Simulation {
    /// A simulation of the settings in an address.
    ///
    /// # Errors
    /// None that an address can bring about.
    pub fn new(hash: &str) -> Result<Simulation> {
        let Opened { config, ignored } = Config::from_hash(hash).without_own();
        let run = Run::new(&config, None)?;
        Ok(Simulation {
            config,
            own: None,
            run,
            playing: false,
            ignored,
            pending: None,
            version: 1,
            shown: 0,
            looked: None,
        })
    }

    /// What is said to a page that has just come.
    ///
    /// # Errors
    /// When the network cannot be run.
    pub fn welcome(&mut self) -> Result<Message> {
        let version = env!("CARGO_PKG_VERSION");
        let configured = self.configured(Changed::Data)?;
        let welcome =
            Event::Welcome { version, defaults: Config::default(), catalog: Catalog::new(), configured };
        Ok(welcome.message(None))
    }

    /// Goes one unit forward, however long it takes: what the page's button does.
    ///
    /// # Errors
    /// When the network cannot be run. That the loss is not finite is no error: the status says it.
    pub fn step(&mut self, unit: Unit) -> Result<Status> {
        self.version += 1;
        self.run.finish_way(&self.config)?;
        self.run.forward(unit, &self.config, &mut || true)?;
        self.status()
    }

    /// The settings, the weights and all else as a file, which [`Command::Open`] takes.
    ///
    /// # Errors
    /// When the weights are not finite.
    pub fn model(&self) -> Result<String> {
        let (settings, weights) = (self.config.hash(), self.run.machine.weights());
        Model { settings, step: self.run.step, own: self.own.clone(), weights }.text()
    }

    /// What of the address was not understood, until it has been told.
    pub fn ignored(&self) -> &[FieldError] {
        &self.ignored
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Does what a command says, and answers it; a frame's answer comes from [`Simulation::advance`].
    pub fn command(&mut self, text: &str, clock: Clock<'_>) -> Vec<Message> {
        let request = match serde_json::from_str::<Request>(text) {
            Ok(request) => request,
            Err(error) => {
                let id = serde_json::from_str::<Value>(text).ok().and_then(|value| value["id"].as_f64());
                let message = format!("this is no command: {error}");
                return vec![Event::Failed { message, hint: None }.message(id)];
            }
        };
        let id = request.id;
        if let Command::Frame { wanted } = request.command {
            let before = self.pending.replace((id, wanted));
            let answer = before.map(|(id, _)| self.done().unwrap_or_else(failed).message(id));
            return answer.into_iter().collect();
        }
        let until = clock() + PATIENCE;
        let event = self.answer(request.command, &mut || clock() < until).unwrap_or_else(failed);
        vec![event.message(id)]
    }

    /// Whether there is something to do without another command.
    pub fn is_busy(&self) -> bool {
        let waiting =
            self.pending.as_ref().is_some_and(|(_, wanted)| wanted.force || self.version != self.shown);
        self.run.on_the_way().is_some() || waiting || (self.playing && self.pending.is_some())
    }

    /// Trains for about `milliseconds`, if it is to, and gives the frame that the page waits for. While the page asks for
    /// no frames nothing is trained.
    pub fn advance(&mut self, milliseconds: f64, clock: Clock<'_>) -> Vec<Message> {
        let until = clock() + milliseconds;
        let Some((id, wanted)) = self.pending else {
            // A long way is gone to its end even if nobody looks.
            if self.run.on_the_way().is_some() {
                self.version += 1;
                drop(self.run.go_on_way(&self.config, &mut || clock() < until));
            }
            return Vec::new();
        };
        if let Err(error) = self.train(&mut || clock() < until) {
            self.playing = false;
            self.pending = None;
            return vec![failed(error).message(id)];
        }
        if !wanted.force && self.version == self.shown {
            return Vec::new();
        }
        self.pending = None;
        self.shown = self.version;
        vec![self.frame(wanted).unwrap_or_else(failed).message(id)]
    }

    fn train(&mut self, go_on: GoOn<'_>) -> Result<()> {
        if self.run.on_the_way().is_some() {
            self.version += 1;
            return self.run.go_on_way(&self.config, go_on);
        }
        if !self.playing {
            return Ok(());
        }
        self.version += 1;
        let unit = match self.config.speed {
            Speed::Sample => Unit::Sample,
            Speed::Batch => Unit::Batch,
            Speed::Epoch | Speed::Maximum => Unit::Epoch,
        };
        loop {
            self.playing = self.run.forward(unit, &self.config, go_on)?;
            if self.config.speed != Speed::Maximum || !self.playing || !go_on() {
                return Ok(());
            }
        }
    }

    fn answer(&mut self, command: Command, go_on: GoOn<'_>) -> Result<Event> {
        let before = self.version;
        self.version += 1;
        match command {
            Command::Configure { config } => match self.config.with_json(&config) {
                Ok(config) => self.configure(config, self.own.clone()),
                Err(errors) => Ok(Event::Invalid { errors }),
            },
            Command::OpenUrl { hash } => {
                let opened = Config::from_hash(&hash);
                let opened = if self.own.is_none() { opened.without_own() } else { opened };
                let event = self.configure(opened.config, self.own.clone())?;
                Ok(match event {
                    Event::Configured(configured) => {
                        Event::Configured(Box::new(Configured { ignored: opened.ignored, ..*configured }))
                    }
                    event => event,
                })
            }
            Command::Play => {
                self.run.finish_way(&self.config)?;
                self.run.be_patient();
                self.playing = true;
                self.done()
            }
            Command::Pause => {
                self.playing = false;
                self.done()
            }
            Command::Step { unit } => {
                self.playing = false;
                self.run.finish_way(&self.config)?;
                // Whole, and not only as far as there is time: nothing would go on with the rest.
                self.run.forward(unit, &self.config, &mut || true)?;
                self.done()
            }
            Command::StepBack { unit } => {
                self.playing = false;
                self.run.finish_way(&self.config)?;
                self.run.backward(unit, &self.config, &mut || true)?;
                self.done()
            }
            Command::Seek { step } => {
                self.playing = false;
                self.run.go_to(step, 0, &self.config, go_on)?;
                self.done()
            }
            Command::Reset => {
                self.playing = false;
                self.run.reset(&self.config)?;
                self.done()
            }
            Command::NewWeights => {
                let weight_seed = (self.config.weight_seed + 1) % 1_000_000_000;
                self.configure(Config { weight_seed, ..self.config.clone() }, self.own.clone())
            }
            Command::NewData => {
                let seed = format!("0.{:05}", self.config.seed_number().rotate_left(23) % 100_000);
                self.configure(Config { seed, ..self.config.clone() }, self.own.clone())
            }
            Command::Edit { parameter, value } => {
                self.run.edit(&self.config, parameter, value)?;
                self.done()
            }
            Command::Csv { text } => self.take_own(Own::from_csv(&text)?),
            Command::DrawnPoints { points } => self.take_own(Own::drawn(&points, self.config.problem)?),
            Command::Open { model } => self.open(&model),
            Command::Frame { .. } => self.done(),
            command => {
                self.version = before;
                self.look(command)
            }
        }
    }

    /// Goes on with a model that was saved.
    fn open(&mut self, text: &str) -> Result<Event> {
        let model = Model::read(text)?;
        let opened = Config::from_hash(&model.settings);
        let mut run = Run::new(&opened.config, model.own.as_ref())?;
        run.take(&model.weights, model.step, &opened.config)?;
        (self.run, self.config, self.own) = (run, opened.config, model.own);
        (self.playing, self.ignored) = (false, opened.ignored);
        Ok(Event::Configured(self.configured(Changed::Data)?))
    }

    /// Makes the user's points the data.
    fn take_own(&mut self, own: Own) -> Result<Event> {
        let mut config = self.config.clone();
        match own.classes.len() {
            0 => (config.problem, config.reg_dataset) = (Problem::Regression, RegressionDataset::Own),
            2 if config.problem != Problem::Multiclass => {
                (config.problem, config.dataset) = (Problem::Classification, Dataset::Own);
            }
            classes => {
                (config.problem, config.multi_dataset) = (Problem::Multiclass, MulticlassDataset::Own);
                config.classes = classes;
            }
        }
        self.configure_anew(config.reconciled(), Some(own), Changed::Data)
    }

    fn configure(&mut self, config: Config, own: Option<Own>) -> Result<Event> {
        let changed = self.config.change(&config);
        self.configure_anew(config, own, changed)
    }

    fn configure_anew(&mut self, config: Config, own: Option<Own>, changed: Changed) -> Result<Event> {
        match changed {
            Changed::Nothing => {}
            Changed::Live => self.run.change_rules(&config)?,
            Changed::Weights | Changed::Data => {
                self.run = Run::new(&config, own.as_ref())?;
                self.playing = false;
            }
        }
        (self.config, self.own) = (config, own);
        Ok(Event::Configured(self.configured(changed)?))
    }

    fn configured(&mut self, changed: Changed) -> Result<Box<Configured>> {
        Ok(Box::new(Configured {
            config: self.config.clone(),
            hash: self.config.hash(),
            changed,
            ignored: std::mem::take(&mut self.ignored),
            network: self.network(),
            status: self.status()?,
        }))
    }

    fn done(&mut self) -> Result<Event> {
        Ok(Event::Done { status: self.status()? })
    }

    /// How training stands.
    ///
    /// # Errors
    /// When the network cannot be run.
    pub fn status(&mut self) -> Result<Status> {
        Ok(self.looked()?.0.clone())
    }

    /// The status, the gradients and the parameters of the present version.
    fn looked(&mut self) -> Result<(&Status, &Found, &[f32])> {
        if self.looked.as_ref().is_none_or(|(version, ..)| *version != self.version) {
            let parameters = self.run.machine.parameters()?;
            // Where the loss is not finite its gradient may not be there.
            let found = self.run.machine.probe().unwrap_or_default();
            let status = self.look_around(&found, &parameters)?;
            self.looked = Some((self.version, status, found, parameters));
        }
        match &mut self.looked {
            Some((_, status, found, parameters)) => {
                status.playing = self.playing;
                Ok((status, found, parameters))
            }
            None => Err(Error::invalid("there is no status")),
        }
    }

    fn look_around(&mut self, found: &Found, parameters: &[f32]) -> Result<Status> {
        let run = &mut self.run;
        let (training, test) = (run.machine.look(0)?, run.machine.look(1)?);
        let per_epoch = run.machine.steps_per_epoch();
        let rows = run.machine.batch(run.step)?;
        let finite = |number: f32| Some(f64::from(number)).filter(|number| number.is_finite());
        Ok(Status {
            playing: self.playing,
            step: run.step,
            epoch: run.epoch(),
            batch: run.step % per_epoch,
            batches: per_epoch,
            sample: run.sample,
            samples: run.machine.samples_before(run.step) + run.sample as u64,
            example: run.sample.checked_sub(1).and_then(|shown| rows.get(shown).copied()),
            regime: match per_epoch {
                1 => "full batch",
                _ if self.config.batch_size == 1 => "online",
                _ => "mini-batch",
            },
            training: status::score(&self.config, &run.data.training, &training),
            test: status::score(&self.config, &run.data.test, &test),
            penalty: finite(found.penalty),
            learning_rate: f64::from(found.learning_rate),
            layers: status::health(&run.machine.network, found, parameters, &run.update),
            problem: run.problem.clone(),
            stopped: run.stopped,
            oldest: run.history.oldest(),
            newest: run.newest,
            seeking: run.on_the_way().unwrap_or(1.0),
            parameters: parameters.len(),
        })
    }
}

fn failed(error: Error) -> Event {
    Event::Failed { message: error.message().to_string(), hint: error.advice().map(str::to_string) }
}
