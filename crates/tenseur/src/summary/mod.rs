//! What TensorBoard shows of a training: numbers, histograms, pictures, sounds, texts and the graph, in event files.
//!
//! As in TensorFlow, ops make summaries of tensors, [`merge_all`] joins them, and a [`FileWriter`] writes what a run gives:
//!
//! ```
//! use tenseur::prelude::*;
//! use tenseur::summary::{self, FileWriter};
//! let folder = tempfile::tempdir()?;
//! let tf = Graph::new();
//! let w = tf.variable(array![5.0, -1.0], "w");
//! let loss = w.square().reduce_sum(..);
//! let train = train::GradientDescentOptimizer::new(0.1).minimize(&loss);
//! summary::scalar("loss", &loss);
//! summary::histogram("weights", &w);
//! let merged = summary::merge_all(&tf).unwrap();
//!
//! let sess = Session::new(&tf)?;
//! sess.run_op(&tf.global_variables_initializer(), feeds![])?;
//! let mut writer = FileWriter::new(folder.path())?;
//! writer.add_graph(&tf)?;
//! for step in 0..3 {
//!     let (summary, ()) = sess.run((&merged, &train), feeds![])?;
//!     writer.add_run(&summary, step)?;
//! }
//! writer.flush()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Numbers that come from elsewhere need no graph: [`Summary`] is made of arrays too.

mod file_writer;
mod values;

pub use crate::formats::proto::event::{Event, EventKind, SessionLog};
pub use crate::formats::proto::summary::{
    HistogramProto, PluginData, Summary, SummaryAudio, SummaryImage, SummaryKind, SummaryMetadata,
    SummaryValue,
};
pub use file_writer::{FileWriter, summary_iterator};

use prost::Message;

use crate::graph::{Graph, Tensor, collections};
use crate::ops::Op;
use crate::ops::by_arrays::ByArrays;
use crate::ops::summary::audio::AudioSummaryV2;
use crate::ops::summary::histogram::HistogramSummary;
use crate::ops::summary::image::ImageSummary;
use crate::ops::summary::scalar::{MergeSummary, ScalarSummary, TensorSummaryV2};

/// A scalar string: the summary of a number, which is shown over the steps under the op's name.
#[track_caller]
pub fn scalar(name: &str, value: impl AsRef<Tensor>) -> Tensor {
    add(name, "tags", value.as_ref(), |_| Vec::new(), ByArrays(ScalarSummary))
}

/// A scalar string: the summary of how the numbers of a tensor are spread.
#[track_caller]
pub fn histogram(name: &str, values: impl AsRef<Tensor>) -> Tensor {
    add(name, "tag", values.as_ref(), |_| Vec::new(), ByArrays(HistogramSummary))
}

/// A scalar string: the summary of the first `most` pictures of a batch `[batch, height, width, channels]`, of uint8 or
/// floats, with 1, 3 or 4 channels. Floats are scaled, picture by picture, to what can be seen.
#[track_caller]
pub fn image(name: &str, images: impl AsRef<Tensor>, most: i64) -> Tensor {
    add(name, "tag", images.as_ref(), |_| Vec::new(), ByArrays(ImageSummary { most, bad_color: None }))
}

/// A scalar string: the summary of the first `most` sounds of a batch `[batch, frames, channels]` or `[batch, frames]` of
/// numbers from −1 to 1, at `sample_rate` frames per second.
#[track_caller]
pub fn audio(name: &str, sounds: impl AsRef<Tensor>, sample_rate: f32, most: i64) -> Tensor {
    let rate = |graph: &Graph| vec![graph.constant(sample_rate).named("sample_rate")];
    add(name, "tag", sounds.as_ref(), rate, ByArrays(AudioSummaryV2 { most }))
}

/// A scalar string: the summary of a string, or a list or table of them, shown as Markdown.
#[track_caller]
pub fn text(name: &str, strings: impl AsRef<Tensor>) -> Tensor {
    let metadata = |graph: &Graph| {
        let bytes = values::text_metadata().encode_to_vec();
        match crate::value::Array::strings([], [bytes]) {
            Ok(bytes) => vec![graph.constant(bytes).named("serialized_summary_metadata")],
            Err(error) => vec![graph.fail(error)],
        }
    };
    add(name, "tag", strings.as_ref(), metadata, ByArrays(TensorSummaryV2))
}

/// A scalar string: several summaries as one.
#[track_caller]
pub fn merge(graph: &Graph, summaries: &[&Tensor]) -> Tensor {
    graph.add_named(ByArrays(MergeSummary), summaries, "Merge/MergeSummary")
}

/// All summaries that the graph has by now as one; `None` if there are none.
#[track_caller]
pub fn merge_all(graph: &Graph) -> Option<Tensor> {
    let all = graph.collection(collections::SUMMARIES);
    let all: Vec<&Tensor> = all.iter().collect();
    (!all.is_empty()).then(|| merge(graph, &all))
}

/// The op, called `name`, of the tag, which is that name, the tensor, and what is made of it by `more`.
#[track_caller]
fn add<O: Op>(
    name: &str,
    tag_name: &str,
    tensor: &Tensor,
    more: impl Fn(&Graph) -> Vec<Tensor>,
    op: O,
) -> Tensor {
    let graph = tensor.graph();
    let name = graph.write().unique_name(name);
    let own = graph.name_scope(&format!("{name}/"));
    let tag = graph.constant(&*name).named(tag_name);
    let more = more(graph);
    drop(own);
    let inputs: Vec<&Tensor> = [&tag, tensor].into_iter().chain(&more).collect();
    let summary = graph.add_named(op, &inputs, &format!("{name}/"));
    graph.add_to_collection(collections::SUMMARIES, &summary);
    summary
}
