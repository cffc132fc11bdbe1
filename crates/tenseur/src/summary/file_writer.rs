//! Event files: TFRecord files of `Event` messages, which TensorBoard reads while they grow.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message;

use super::{Event, EventKind, SessionLog, Summary};
use crate::error::{Code, Error, Result};
use crate::formats::in_file;
use crate::formats::proto::event::SourceMetadata;
use crate::formats::tf_record::{TfRecordReader, write_record};
use crate::graph::Graph;
use crate::value::Array;

/// The first event of a file says this.
const VERSION: &str = "brain.Event:2";

/// Writes an event file in a folder, for TensorBoard.
///
/// What is written is there for others after [`flush`](FileWriter::flush), and when the writer is dropped.
pub struct FileWriter {
    file: BufWriter<File>,
    path: PathBuf,
    clock: fn() -> f64,
}

impl FileWriter {
    /// A new event file in the folder `logdir`, which is made if it is not there.
    ///
    /// # Errors
    /// When folder or file cannot be made.
    pub fn new(logdir: impl AsRef<Path>) -> Result<FileWriter> {
        FileWriter::with_clock(logdir, system_clock)
    }

    /// As [`new`](FileWriter::new), asking `clock` what time it is, in seconds since 1970: events say when they were.
    ///
    /// # Errors
    /// As there.
    pub fn with_clock(logdir: impl AsRef<Path>, clock: fn() -> f64) -> Result<FileWriter> {
        let logdir = logdir.as_ref();
        fs::create_dir_all(logdir).map_err(|error| in_file(logdir, "the folder cannot be made", &error))?;
        let now = clock();
        // TensorBoard reads the files of a folder in the order of their names.
        let stem = format!("events.out.tfevents.{:010}.tenseur", now.max(0.0) as u64);
        let mut number = 0u32;
        let (file, path) = loop {
            let path = logdir.join(if number == 0 { stem.clone() } else { format!("{stem}.{number}") });
            match File::create_new(&path) {
                Ok(file) => break (file, path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < u32::MAX => {
                    number += 1
                }
                Err(error) => return Err(in_file(&path, "the file cannot be made", &error)),
            }
        };
        let mut writer = FileWriter { file: BufWriter::new(file), path, clock };
        writer.add_event(&Event {
            wall_time: now,
            source_metadata: Some(SourceMetadata { writer: "tenseur.summary".to_string() }),
            what: Some(EventKind::FileVersion(VERSION.to_string())),
            ..Event::default()
        })?;
        writer.flush()?;
        Ok(writer)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what a summary op gave in a run: a scalar string.
    ///
    /// # Errors
    /// When it is no summary, or the file cannot be written.
    pub fn add_run(&mut self, summary: &Array, step: i64) -> Result<()> {
        let [bytes] = summary.as_strings()? else {
            return Err(Error::invalid(format!(
                "a summary is a scalar string, not of shape {}",
                summary.shape()
            )));
        };
        let summary = Summary::decode(bytes.as_slice())
            .map_err(|error| Error::invalid(format!("the {} bytes are no summary: {error}", bytes.len())))?;
        self.add_summary(summary, step)
    }

    /// Writes a summary.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add_summary(&mut self, summary: Summary, step: i64) -> Result<()> {
        self.add(EventKind::Summary(summary), step)
    }

    /// Writes the graph.
    ///
    /// # Errors
    /// The graph's first error; when the file cannot be written.
    pub fn add_graph(&mut self, graph: &Graph) -> Result<()> {
        self.add(EventKind::GraphDef(graph.as_graph_def()?), 0)?;
        self.flush()
    }

    /// Writes the graph with its variables and collections.
    ///
    /// # Errors
    /// As [`Graph::as_meta_graph`]; when the file cannot be written.
    pub fn add_meta_graph(&mut self, graph: &Graph, step: i64) -> Result<()> {
        self.add(EventKind::MetaGraphDef(graph.as_meta_graph()?), step)
    }

    /// Writes that a session began, ended or was saved. Where one begins, at a step, viewers pass over what other files of
    /// the folder have of that step and later ones: a training that was interrupted has made them anew.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add_session_log(&mut self, log: SessionLog, step: i64) -> Result<()> {
        self.add(EventKind::SessionLog(log), step)
    }

    fn add(&mut self, what: EventKind, step: i64) -> Result<()> {
        self.add_event(&Event { wall_time: (self.clock)(), step, what: Some(what), source_metadata: None })
    }

    /// Writes an event as it is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add_event(&mut self, event: &Event) -> Result<()> {
        let written = write_record(&mut self.file, &event.encode_to_vec());
        written.map_err(|error| in_file(&self.path, "the file cannot be written", &error))
    }

    /// Lets others see all that was written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.file.flush().map_err(|error| in_file(&self.path, "the file cannot be written", &error))
    }
}

/// The events of a file, one after the other. A last one that is not whole yet, of a file that is being written, is an
/// error that names its offset.
///
/// # Errors
/// When the file cannot be opened.
///
/// ```
/// use tenseur::summary::{EventKind, FileWriter, Summary, summary_iterator};
/// let folder = tempfile::tempdir()?;
/// let mut writer = FileWriter::new(folder.path())?;
/// writer.add_summary(Summary::default().scalar("loss", 0.5), 3)?;
/// writer.flush()?;
/// let events = summary_iterator(writer.path())?.collect::<tenseur::Result<Vec<_>>>()?;
/// assert_eq!((events.len(), events[1].step), (2, 3));
/// assert!(matches!(&events[1].what, Some(EventKind::Summary(summary)) if summary.value[0].tag == "loss"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn summary_iterator(path: impl AsRef<Path>) -> Result<impl Iterator<Item = Result<Event>>> {
    let path = path.as_ref().to_path_buf();
    let records = TfRecordReader::open(&path)?;
    Ok(records.map(move |record| {
        let record = record?;
        Event::decode(record.as_slice()).map_err(|error| {
            let text = format!("{}: a record of {} bytes is no event: {error}", path.display(), record.len());
            Error::new(Code::DataLoss, text)
        })
    }))
}

/// Seconds since 1970.
fn system_clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
