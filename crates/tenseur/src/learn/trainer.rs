//! The training loop: batches in, scores out.

use std::path::Path;

use crate::data::{Dataset, DatasetBatches};
use crate::error::{Code, Error, Result};
use crate::learn::{Network, Options, Score, Trained};
use crate::run::State;
use crate::session::{Prepared, Session};

/// A network that learns from a data set, a batch at a time.
pub struct Trainer {
    trained: Trained,
    training: Dataset,
    batches: DatasetBatches,
    /// One prepared call for each size of batch that has come up: the full one, and the smaller last.
    calls: Vec<(usize, Prepared)>,
    /// The score of the epoch that is under way.
    so_far: Score,
    /// Where the epoch, or this part of it, began: to go back to when an update has made NaN of weights.
    began: Option<Beginning>,
}

/// Weights, and where they are in the data.
struct Beginning {
    position: (u64, usize),
    so_far: Score,
    state: State,
}

impl Trainer {
    /// A network with fresh weights for this data.
    ///
    /// # Errors
    /// When options or data make no sense.
    pub fn new(options: &Options, training: Dataset) -> Result<Trainer> {
        let classes = !training.encoding().classes().is_empty();
        let encoding = training.encoding();
        let network = Network::new(options, encoding.feature_count(), encoding.output_count(), classes)?;
        let session = Session::new(&network.graph)?;
        session.run_op(&network.initializer, crate::feeds![])?;
        let batches = training.batches(options.batch, Some(options.seed))?;
        let trained = Trained::new(network, session);
        let (calls, so_far) = (Vec::new(), Score::default());
        Ok(Trainer { trained, training, batches, calls, so_far, began: None })
    }

    /// The same, using at most `threads` threads, which changes no number.
    #[must_use]
    pub fn threads(self, threads: usize) -> Trainer {
        Trainer { trained: self.trained.threads(threads), calls: Vec::new(), ..self }
    }

    /// The network with the weights it has by now.
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// The data it learns from.
    pub fn training(&self) -> &Dataset {
        &self.training
    }

    /// How many epochs are complete.
    pub fn epoch(&self) -> u64 {
        self.batches.position().0
    }

    /// How many epochs are complete, and how many steps of the next.
    pub fn position(&self) -> (u64, usize) {
        self.batches.position()
    }

    /// How many steps make an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.batches.steps_per_epoch()
    }

    /// The score of the epoch that is under way, over the steps made of it.
    pub fn so_far(&self) -> Score {
        self.so_far
    }

    /// How many steps have been made, of all epochs.
    pub fn steps(&self) -> u64 {
        let (epoch, step) = self.position();
        epoch * self.steps_per_epoch() as u64 + step as u64
    }

    /// Whether all weights, and all that the optimizer keeps, are finite numbers.
    pub fn is_finite(&self) -> bool {
        !self.trained.session().snapshot().has_overflowed()
    }

    /// Goes on where another trainer was: with its weights, from a checkpoint of its session, at its
    /// [`position`](Trainer::position), with its score [`so_far`](Trainer::so_far). All numbers are then those of the other,
    /// bit for bit; only that weights which overflow go back to here rather than to the beginning of the epoch.
    /// [`RunFolder`](crate::learn::RunFolder) keeps all three in one checkpoint.
    ///
    /// # Errors
    /// When the checkpoint does not fit, or an epoch has no such step. The trainer is then as it was.
    pub fn resume(&mut self, weights: &Path, position: (u64, usize), so_far: Score) -> Result<()> {
        let before = self.position();
        self.batches.seek(position.0, position.1)?;
        if let Err(error) = self.trained.session().restore(weights) {
            self.batches.seek(before.0, before.1)?;
            return Err(error);
        }
        self.so_far = so_far;
        self.began = None;
        Ok(())
    }

    /// One step on the next batch. The score is the batch's, before the step.
    ///
    /// # Errors
    /// When the loss is not finite; the weights and the position are then as they were before the step. When the weights
    /// themselves are not finite, because the update of the step before overflowed, both go back to the beginning of
    /// the epoch.
    pub fn step(&mut self) -> Result<Score> {
        let before = self.position();
        if before.1 == 0 || self.began.is_none() {
            let state = self.trained.session().snapshot();
            self.began = Some(Beginning { position: before, so_far: self.so_far, state });
        }
        self.step_forward().or_else(|error| {
            match self.is_finite() {
                true => self.batches.seek(before.0, before.1)?,
                false => self.go_back()?,
            }
            Err(error)
        })
    }

    /// Back to where the epoch, or this part of it, began.
    fn go_back(&mut self) -> Result<()> {
        let Some(Beginning { position, so_far, state }) = self.began.take() else { return Ok(()) };
        self.trained.session().go_back(state);
        self.so_far = so_far;
        self.batches.seek(position.0, position.1)
    }

    fn step_forward(&mut self) -> Result<Score> {
        let (x, y) = self.batches.next_batch()?;
        let size = x.shape()[0];
        let known = self.calls.iter().position(|(examples, _)| *examples == size);
        let call = match known {
            Some(known) => &mut self.calls[known].1,
            None => {
                let Network { objective, accuracy, train, .. } = self.trained.network();
                let feeds = [(&self.trained.network().x, x), (&self.trained.network().y, y)];
                let prepared = match accuracy {
                    Some(accuracy) => self.trained.session().prepare((objective, accuracy, train), &feeds)?,
                    None => self.trained.session().prepare((objective, train), &feeds)?,
                };
                self.calls.push((size, prepared));
                &mut self.calls.last_mut().expect("one was just put there").1
            }
        };
        call.run(&[x, y])?;
        let number =
            |index: usize| -> Result<f64> { Ok(f64::from(call.output(index).as_slice::<f32>()?[0])) };
        let accuracy = self.trained.network().accuracy.as_ref().map(|_| number(1)).transpose()?;
        Ok(Score { loss: number(0)?, accuracy, examples: size })
    }

    /// Steps to the end of the epoch, and gives its score. `watch` sees each step's and says whether to go on; if not, there
    /// is no score yet, and the next call goes on with the epoch.
    ///
    /// # Errors
    /// As [`step`](Trainer::step); and when the epoch's last update has overflowed.
    pub fn run_epoch(&mut self, watch: &mut dyn FnMut(Score) -> bool) -> Result<Option<Score>> {
        let epoch = self.epoch();
        loop {
            let score = self.step()?;
            self.so_far = self.so_far.and(score);
            let go_on = watch(score);
            if self.epoch() > epoch {
                if !self.is_finite() {
                    self.go_back()?;
                    let text =
                        format!("the last update of epoch {} made NaN or infinity of weights", epoch + 1);
                    return Err(Error::new(Code::InvalidArgument, text));
                }
                return Ok(Some(std::mem::take(&mut self.so_far)));
            }
            if !go_on {
                return Ok(None);
            }
        }
    }

    /// The score on other examples, as the network is used: without dropout and penalties.
    ///
    /// # Errors
    /// When the data does not fit the network.
    pub fn evaluate(&self, data: &Dataset) -> Result<Score> {
        self.trained.evaluate(data)
    }
}
