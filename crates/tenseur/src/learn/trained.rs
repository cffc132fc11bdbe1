//! A network with its weights, to be used.

use std::path::Path;

use crate::data::{Dataset, Encoding, Gather};
use crate::error::{Error, Result};
use crate::graph::Tensor;
use crate::learn::{Network, RunFolder, RunRecord, Score};
use crate::nn;
use crate::session::Session;
use crate::value::Array;

/// Examples that are looked at in one run.
const AT_ONCE: usize = 512;

/// A network and the session that holds its weights.
pub struct Trained {
    network: Network,
    session: Session,
    probabilities: Tensor,
}

impl Trained {
    /// The network with the weights that the session holds.
    pub(super) fn new(network: Network, session: Session) -> Trained {
        let probabilities = nn::softmax(&network.logits).named("probabilities");
        Trained { network, session, probabilities }
    }

    /// The network with the weights of a checkpoint.
    ///
    /// # Errors
    /// When the checkpoint cannot be read or does not fit.
    pub fn restored(network: Network, weights: &Path) -> Result<Trained> {
        let session = Session::new(&network.graph)?;
        session.restore(weights)?;
        Ok(Trained::new(network, session))
    }

    /// The network of a run folder with its weights, and what its numbers stand for.
    ///
    /// # Errors
    /// When the folder's record or weights cannot be read or do not fit.
    pub fn open(folder: &RunFolder) -> Result<(Trained, Encoding)> {
        let RunRecord { options, encoding, weights, .. } = folder.record()?;
        let classes = !encoding.classes().is_empty();
        let network = Network::new(&options, encoding.feature_count(), encoding.output_count(), classes)?;
        let trained = Trained::restored(network, &folder.path().join(weights))?;
        Ok((trained, encoding))
    }

    /// The same, using at most `threads` threads.
    pub(super) fn threads(self, threads: usize) -> Trained {
        Trained { session: self.session.threads(threads), ..self }
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What the network tells, `[batch, outputs]`: the probability of each class, or the numbers that it predicts.
    pub fn output(&self) -> &Tensor {
        match self.network.accuracy {
            Some(_) => &self.probabilities,
            None => &self.network.logits,
        }
    }

    /// The session that holds the weights.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The score on examples, without dropout and penalties.
    ///
    /// # Errors
    /// When the data does not fit the network.
    pub fn evaluate(&self, data: &Dataset) -> Result<Score> {
        let Network { x, y, loss, accuracy, .. } = &self.network;
        let number = |array: Array| Ok::<f64, Error>(f64::from(array.item::<f32>()?));
        let (mut examples, mut targets) = (Gather::new(data.features()), Gather::new(data.targets()));
        let rows: Vec<usize> = (0..data.len()).collect();
        let mut all = Score::default();
        for rows in rows.chunks(AT_ONCE) {
            let feeds = crate::feeds![x => examples.rows(rows)?, y => targets.rows(rows)?];
            let (loss, accuracy) = match accuracy {
                Some(accuracy) => {
                    let (loss, accuracy) = self.session.run((loss, accuracy), feeds)?;
                    (loss, Some(accuracy))
                }
                None => (self.session.run(loss, feeds)?, None),
            };
            let accuracy = accuracy.map(number).transpose()?;
            all = all.and(Score { loss: number(loss)?, accuracy, examples: rows.len() });
        }
        Ok(all)
    }

    /// The outputs for each example, `[examples, outputs]`: logits for classes, numbers otherwise.
    ///
    /// # Errors
    /// When the features do not fit the network.
    pub fn outputs(&self, features: &Array) -> Result<Array> {
        let (x, logits) = (&self.network.x, &self.network.logits);
        let rows: Vec<usize> = (0..features.shape().first().copied().unwrap_or(0)).collect();
        let mut gather = Gather::new(features);
        let mut outputs: Vec<f32> = Vec::new();
        for rows in rows.chunks(AT_ONCE) {
            let part = self.session.run(logits, crate::feeds![x => gather.rows(rows)?])?;
            outputs.extend_from_slice(part.as_slice::<f32>()?);
        }
        Array::new([rows.len(), logits.shape().size(1).unwrap_or(0)], outputs)
    }

    /// softmax(logits): each class's probability, `[examples, classes]`.
    ///
    /// # Errors
    /// When these are not the network's logits.
    pub fn probabilities(&self, logits: &Array) -> Result<Array> {
        self.session.run(&self.probabilities, crate::feeds![self.network.logits => logits])
    }
}
