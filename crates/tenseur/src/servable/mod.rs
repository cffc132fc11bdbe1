//! A trained model as a server holds it: signatures that are run by name, also for several callers at once.
//!
//! [`Servable::open`] takes a run folder or a SavedModel, whichever a path names.

mod independence;
mod place;

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Code, Error, Result};
use crate::formats::meta_graph::Signature;
use crate::formats::saved_model::{self, SavedModel};
use crate::learn::{RunFolder, Trained};
use crate::session::{Cancellation, Feeds, Session};
use crate::value::Array;

pub use place::ModelPlace;

/// A model with its weights, and the functions that it offers.
///
/// ```
/// use std::collections::BTreeMap;
/// use tenseur::formats::saved_model::simple_save;
/// use tenseur::prelude::*;
/// use tenseur::servable::Servable;
/// let folder = tempfile::tempdir()?;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None], "x");
/// let y = x.square();
/// let path = folder.path().join("squares").join("3");
/// simple_save(&Session::new(&tf)?, &path, [("x", &x)], [("y", &y)])?;
///
/// let model = Servable::open(folder.path().join("squares"), &[])?;
/// let results = model.run("serving_default", &BTreeMap::from([("x".to_string(), array![2.0, 3.0])]))?;
/// assert_eq!(results["y"], array![4.0, 9.0]);
/// // Each row of y comes of the same row of x, and of nothing else.
/// assert!(model.rows_are_independent("serving_default"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Servable {
    session: Session,
    /// What is fed in every run.
    feeds: Feeds,
    functions: BTreeMap<String, Function>,
}

/// A signature, and what was found out about it.
#[derive(Clone)]
struct Function {
    signature: Signature,
    independent_rows: bool,
}

impl Servable {
    /// The model that `path` names: a run folder, a SavedModel, or a folder of either whose names are version numbers, of which
    /// the highest is taken. Of a SavedModel with several graphs, the one with just these tags; without tags, as
    /// [`SavedModel::open`] chooses.
    ///
    /// # Errors
    /// When there is none, or it cannot be read; and when it has no signature.
    pub fn open(path: impl AsRef<Path>, tags: &[String]) -> Result<Servable> {
        let place = ModelPlace::find(path)?;
        let folder = place.folder();
        let servable = match saved_model::exists(folder) {
            true => {
                let model = match tags {
                    [] => SavedModel::open(folder)?,
                    tags => SavedModel::open_with_tags(folder, tags)?,
                };
                Servable::new(model.session().clone(), model.asset_feeds()?)?
            }
            false => {
                let (trained, encoding) = Trained::open(&RunFolder::open(folder)?)?;
                trained.add_signatures(&encoding)?;
                Servable::new(trained.session().clone(), Feeds::new())?
            }
        };
        match servable.functions.is_empty() {
            false => Ok(servable),
            true => {
                let text = format!("{}: the model has no signature of single tensors", folder.display());
                Err(Error::new(Code::NotFound, text))
            }
        }
    }

    /// The functions that the signatures of the session's graph describe; `feeds` are fed in every run.
    ///
    /// # Errors
    /// When the graph is damaged.
    pub fn new(session: Session, feeds: Feeds) -> Result<Servable> {
        let mut functions = BTreeMap::new();
        for (name, signature) in session.graph().signatures() {
            let independent_rows = independence::rows_are_independent(&session, &signature, &feeds);
            functions.insert(name, Function { signature, independent_rows });
        }
        Ok(Servable { session, feeds, functions })
    }

    /// The same model, using at most `threads` threads in a run.
    #[must_use]
    pub fn threads(self, threads: usize) -> Servable {
        Servable { session: self.session.threads(threads), ..self }
    }

    /// The same model, whose runs `cancellation` can end.
    #[must_use]
    pub fn cancelled_by(self, cancellation: &Cancellation) -> Servable {
        Servable { session: self.session.cancelled_by(cancellation), ..self }
    }

    /// The same model, of whose signature `name` the program knows whether each row of the results comes of the same row of the
    /// arguments alone.
    #[must_use]
    pub fn with_independent_rows(mut self, name: &str, independent: bool) -> Servable {
        if let Some(function) = self.functions.get_mut(name) {
            function.independent_rows = independent;
        }
        self
    }

    /// The signatures, by name.
    pub fn signatures(&self) -> impl Iterator<Item = (&str, &Signature)> {
        self.functions.iter().map(|(name, function)| (name.as_str(), &function.signature))
    }

    /// The signature of this name.
    ///
    /// # Errors
    /// When there is none; the error names those that there are.
    pub fn signature(&self, name: &str) -> Result<&Signature> {
        self.functions.get(name).map(|function| &function.signature).ok_or_else(|| {
            let known: Vec<&str> = self.functions.keys().map(String::as_str).collect();
            let text = format!("the model has no signature \"{name}\"; it has: {}", known.join(", "));
            Error::new(Code::NotFound, text)
        })
    }

    /// Whether arguments of several callers can be given to one run, row below row: every argument and every result has an open
    /// first axis, the signature does nothing but compute, and a trial, when the model was opened, gave each row of its results
    /// the same bits alone and among others. A trial shows no more than a trial can; where it cannot be made, the answer is no.
    pub fn rows_are_independent(&self, name: &str) -> bool {
        self.functions.get(name).is_some_and(|function| function.independent_rows)
    }

    /// Computes the results of a signature for these arguments, each by its name in the signature.
    ///
    /// # Errors
    /// When there is no such signature or argument, one is missing or does not fit, or the run fails.
    pub fn run(
        &self,
        signature: &str,
        arguments: &BTreeMap<String, Array>,
    ) -> Result<BTreeMap<String, Array>> {
        self.signature(signature)?
            .run(&self.session, arguments, self.feeds.clone())
            .map_err(|error| error.context(format_args!("signature \"{signature}\"")))
    }
}
