//! Programs and files that do what the page does, with the data and the weights that are on it: run, they print the same
//! losses.

mod graph_def;
mod keras;
mod literals;
mod python;
mod pytorch;
mod rust;

use serde::Serialize;
use tenseur::Result;

use crate::config::Config;
use crate::data::Data;
use crate::network::Network;
use crate::protocol::ExportForm;

/// A program or file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exported {
    /// What it is.
    pub form: ExportForm,
    /// A name for the file.
    pub name: &'static str,
    /// Its media type.
    pub mime: &'static str,
    /// A text's text.
    pub text: Option<String>,
    /// Another file's bytes.
    pub base64: Option<String>,
    /// The training loss that it gives.
    pub loss: Option<f64>,
}

/// What is exported.
pub(crate) struct Model<'a> {
    pub(crate) config: &'a Config,
    pub(crate) data: &'a Data,
    pub(crate) network: &'a Network,
    /// In the order of the protocol.
    pub(crate) parameters: &'a [f32],
    pub(crate) loss: Option<f64>,
}

/// A layer's numbers.
pub(crate) struct Numbers<'a> {
    /// `[inputs, units]`, row by row.
    pub(crate) weights: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) alpha: Option<&'a [f32]>,
}

impl Model<'_> {
    /// The numbers of each layer.
    pub(crate) fn layers(&self) -> Vec<Numbers<'_>> {
        let mut rest = self.parameters;
        let mut take = |count: usize| {
            let (first, others) = rest.split_at(count.min(rest.len()));
            rest = others;
            first
        };
        let layers = self.network.layers.iter();
        layers
            .map(|layer| Numbers {
                weights: take(layer.inputs * layer.units),
                bias: take(layer.units),
                alpha: layer.alpha.as_ref().map(|_| take(layer.units)),
            })
            .collect()
    }

    /// How many outputs there are.
    pub(crate) fn outputs(&self) -> usize {
        self.data.outputs.len()
    }
}

/// The model in a form.
///
/// # Errors
/// When the weights are not finite, or the graph cannot be written.
pub(crate) fn export(form: ExportForm, model: &Model<'_>) -> Result<Exported> {
    if model.parameters.iter().any(|number| !number.is_finite()) {
        let error = tenseur::Error::invalid("the weights are not finite: there is nothing worth exporting");
        return Err(error.hint("step back or reset first"));
    }
    let text =
        |name, mime, text| Exported { form, name, mime, text: Some(text), base64: None, loss: model.loss };
    Ok(match form {
        ExportForm::Rust => text("playground.rs", "text/x-rust", rust::program(model)?),
        ExportForm::Python => text("playground.py", "text/x-python", python::program(model)?),
        ExportForm::Keras => text("playground_keras.py", "text/x-python", keras::program(model)?),
        ExportForm::PyTorch => text("playground_pytorch.py", "text/x-python", pytorch::program(model)?),
        ExportForm::GraphDef => {
            let base64 = Some(graph_def::file(model)?);
            let (name, mime) = ("playground.pb", "application/octet-stream");
            Exported { form, name, mime, text: None, base64, loss: model.loss }
        }
    })
}
