//! Readers: records of files whose names come from a queue.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{HANDED_ON, Queue, handle, queue};
use crate::conformance::Case;
use crate::data::TfRecordReader;
use crate::error::{Code, Error, Reason};
use crate::graph::{Fact, Facts, Graph};
use crate::lowering::{Lowered, Objects, Value};
use crate::ops::held::{Held, Holding};
use crate::ops::{Attrs, Grad, Signature};
use crate::value::{Array, DType, PartialShape};

/// The kinds of readers: the whole of each file is one record.
pub const WHOLE_FILE: u8 = 0;
/// Each line is one.
pub const TEXT_LINE: u8 = 1;
/// Each record is of the same length.
pub const FIXED_LENGTH: u8 = 2;
/// As TensorFlow's files of records have them.
pub const TF_RECORD: u8 = 3;
/// The names themselves are the records.
pub const IDENTITY: u8 = 4;

/// Makes a reader: its output is a handle.
#[derive(Clone, Debug)]
pub struct MakeReader<const KIND: u8, const VERSION: u8> {
    /// Of lines: how many are passed over at the beginning of each file.
    pub skip_header_lines: i64,
    /// Of records of one length: what is passed over at the beginning of each file.
    pub header_bytes: i64,
    /// How long each is.
    pub record_bytes: i64,
    /// What is not read at the end of each file.
    pub footer_bytes: i64,
    /// From the beginning of one to that of the next; 0 for their length.
    pub hop_bytes: i64,
    /// How files are packed: "ZLIB", "GZIP" or not at all. Their first bytes tell.
    pub packed: String,
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which several nodes share it.
    pub shared_name: String,
}

/// A reader as a session keeps it.
struct Reader {
    kind: u8,
    sizes: [usize; 4],
    skip: usize,
    packed: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<(String, Work)>,
    produced: i64,
    completed: i64,
}

/// What is left of a file.
enum Work {
    /// Nothing was read yet.
    Whole,
    Lines(BufReader<File>, usize),
    Fixed {
        bytes: Vec<u8>,
        at: usize,
        number: usize,
    },
    Records(TfRecordReader),
}

fn said(name: &str, error: &std::io::Error) -> Reason {
    Error::from(Reason::new(
        match error.kind() {
            std::io::ErrorKind::NotFound => Code::NotFound,
            _ => Code::FailedPrecondition,
        },
        format!("{name}: {error}"),
    ))
    .into()
}

impl Reader {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self, name: &str) -> Result<Work, Reason> {
        let failed = |error: std::io::Error| said(name, &error);
        Ok(match self.kind {
            TEXT_LINE => {
                let mut lines = BufReader::new(File::open(name).map_err(failed)?);
                let mut number = 0;
                let mut line = Vec::new();
                while number < self.skip && lines.read_until(b'\n', &mut line).map_err(failed)? > 0 {
                    number += 1;
                    line.clear();
                }
                Work::Lines(lines, number)
            }
            FIXED_LENGTH => {
                let mut file = File::open(name).map_err(failed)?;
                let mut bytes = Vec::new();
                match &self.packed[..] {
                    "ZLIB" => flate2::read::ZlibDecoder::new(file).read_to_end(&mut bytes),
                    "GZIP" => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes),
                    _ => file.read_to_end(&mut bytes),
                }
                .map_err(failed)?;
                let [header, _, footer, _] = self.sizes;
                bytes.truncate(bytes.len().saturating_sub(footer));
                Work::Fixed { bytes, at: header, number: 0 }
            }
            TF_RECORD => Work::Records(TfRecordReader::open(name)?),
            _ => Work::Whole,
        })
    }

    /// The next record of what is open, as key and value; none at its end.
    fn next(&self, name: &str, work: &mut Work) -> Result<Option<(String, Vec<u8>)>, Reason> {
        Ok(match work {
            Work::Whole if self.kind == IDENTITY => Some((name.to_string(), name.as_bytes().to_vec())),
            Work::Whole => Some((name.to_string(), std::fs::read(name).map_err(|error| said(name, &error))?)),
            Work::Lines(lines, number) => {
                let mut line = Vec::new();
                if lines.read_until(b'\n', &mut line).map_err(|error| said(name, &error))? == 0 {
                    return Ok(None);
                }
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                // As TensorFlow's, which takes carriage returns wherever they stand for none.
                line.retain(|&byte| byte != b'\r');
                *number += 1;
                Some((format!("{name}:{number}"), line))
            }
            Work::Fixed { bytes, at, number } => {
                let [_, record, _, hop] = self.sizes;
                let Some(value) = at.checked_add(record).and_then(|end| bytes.get(*at..end)) else {
                    return Ok(None);
                };
                let read = (format!("{name}:{number}"), value.to_vec());
                (*at, *number) = (*at + if hop == 0 { record } else { hop }, *number + 1);
                Some(read)
            }
            Work::Records(records) => {
                let at = records.offset();
                records.next_record()?.map(|record| (format!("{name}:{at}"), record.to_vec()))
            }
        })
    }

    /// Up to `count` records; the next file's name is taken from the queue when there is none yet.
    fn read(&self, objects: &Objects, queue: &Queue, count: usize) -> Result<Vec<(String, Vec<u8>)>, Reason> {
        let mut state = self.lock();
        let mut read = Vec::new();
        while read.len() < count {
            let (name, mut work) = match state.open.take() {
                Some(open) => open,
                // What has been read of one file is given before another is waited for.
                None if !read.is_empty() => break,
                None => {
                    let element = queue.dequeue(objects, 1, false)?.pop().unwrap_or_default();
                    let name = element.first().ok_or("the queue's elements have no components")?;
                    let name = crate::ops::text::scalar_string(name)?;
                    let name = String::from_utf8_lossy(name).into_owned();
                    let work = self.opened(&name)?;
                    (name, work)
                }
            };
            let record = self.next(&name, &mut work)?;
            let ended = record.is_none() || matches!(work, Work::Whole);
            state.completed += i64::from(ended);
            state.produced += i64::from(record.is_some());
            read.extend(record);
            if !ended {
                state.open = Some((name, work));
            }
        }
        Ok(read)
    }
}

fn reader(value: &Value) -> Result<&Reader, Reason> {
    value.kept("a reader")
}

impl<const KIND: u8, const VERSION: u8> Holding for MakeReader<KIND, VERSION> {
    const NAME: &'static str = match (KIND, VERSION) {
        (WHOLE_FILE, 1) => "WholeFileReader",
        (WHOLE_FILE, _) => "WholeFileReaderV2",
        (TEXT_LINE, 1) => "TextLineReader",
        (TEXT_LINE, _) => "TextLineReaderV2",
        (FIXED_LENGTH, 1) => "FixedLengthRecordReader",
        (FIXED_LENGTH, _) => "FixedLengthRecordReaderV2",
        (TF_RECORD, 1) => "TFRecordReader",
        (TF_RECORD, _) => "TFRecordReaderV2",
        (_, 1) => "IdentityReader",
        (_, _) => "IdentityReaderV2",
    };
    const INPUTS: usize = 0;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let attrs = Attrs::new();
        let attrs =
            if KIND == TF_RECORD { attrs.with("compression_type", self.packed.as_str()) } else { attrs };
        let attrs = attrs.with("container", self.container.as_str());
        let attrs = match (KIND, VERSION) {
            (FIXED_LENGTH, 2) => attrs.with("encoding", self.packed.as_str()),
            _ => attrs,
        };
        let attrs = match KIND {
            FIXED_LENGTH => attrs
                .with("footer_bytes", self.footer_bytes)
                .with("header_bytes", self.header_bytes)
                .with("hop_bytes", self.hop_bytes)
                .with("record_bytes", self.record_bytes),
            _ => attrs,
        };
        let attrs = attrs.with("shared_name", self.shared_name.as_str());
        if KIND == TEXT_LINE { attrs.with("skip_header_lines", self.skip_header_lines) } else { attrs }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let packed = if KIND == TF_RECORD { "compression_type" } else { "encoding" };
        Ok(MakeReader {
            skip_header_lines: attrs.optional("skip_header_lines", 0)?,
            header_bytes: attrs.optional("header_bytes", 0)?,
            record_bytes: if KIND == FIXED_LENGTH { attrs.require("record_bytes")? } else { 0 },
            footer_bytes: attrs.optional("footer_bytes", 0)?,
            hop_bytes: attrs.optional("hop_bytes", 0)?,
            packed: attrs.optional(packed, String::new())?,
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
        })
    }

    fn outputs(&self) -> Facts {
        handle(VERSION).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        let op = self.clone();
        Lowered::objects(0, move |objects, _| {
            let size = |name: &str, value: i64| {
                usize::try_from(value).map_err(|_| Reason::from(format!("attribute \"{name}\" is {value}")))
            };
            let sizes = [
                size("header_bytes", op.header_bytes)?,
                size("record_bytes", op.record_bytes)?,
                size("footer_bytes", op.footer_bytes)?,
                size("hop_bytes", op.hop_bytes)?,
            ];
            if KIND == FIXED_LENGTH && sizes[1] == 0 {
                return Err("attribute \"record_bytes\" is 0".into());
            }
            if !matches!(&op.packed[..], "" | "NONE" | "ZLIB" | "GZIP") {
                return Err(
                    format!("files are packed by \"ZLIB\" or \"GZIP\", not by \"{}\"", op.packed).into()
                );
            }
            let skip = size("skip_header_lines", op.skip_header_lines)?;
            let made = objects.of_session(&op.shared_name, || {
                Ok(Reader { kind: KIND, sizes, skip, packed: op.packed.clone(), state: Mutex::default() })
            })?;
            Ok(vec![Value::Kept(made)])
        })
    }
}

/// The next record as key and value: inputs are the handles of a reader and of a queue of files' names.
#[derive(Clone, Debug)]
pub struct ReaderRead<const VERSION: u8>;

/// Up to so many records of one file: inputs are as those of [`ReaderRead`], and how many.
#[derive(Clone, Debug)]
pub struct ReaderReadUpTo<const VERSION: u8>;

impl<const VERSION: u8> Holding for ReaderRead<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "ReaderRead" } else { "ReaderReadV2" };
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(ReaderRead)
    }

    fn outputs(&self) -> Facts {
        let text = || Fact::new(DType::String, PartialShape::scalar());
        [text(), text()].into_iter().collect()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(2, |objects, inputs| {
            let read = reader(&inputs[0])?.read(objects, queue(&inputs[1])?, 1)?.pop();
            let (key, value) = read.ok_or("there is no record")?;
            Ok(vec![Value::Array(Array::strings([], [key])?), Value::Array(Array::strings([], [value])?)])
        })
    }
}

impl<const VERSION: u8> Holding for ReaderReadUpTo<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "ReaderReadUpTo" } else { "ReaderReadUpToV2" };
    const INPUTS: usize = 3;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(ReaderReadUpTo)
    }

    fn outputs(&self) -> Facts {
        let texts = || Fact::new(DType::String, [None]);
        [texts(), texts()].into_iter().collect()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(3, |objects, inputs| {
            let count = inputs[2].array()?.item::<i64>()?;
            let count = usize::try_from(count).ok().filter(|&count| count > 0);
            let count = count.ok_or("at least one record is to be asked for")?;
            let read = reader(&inputs[0])?.read(objects, queue(&inputs[1])?, count)?;
            let rows = [read.len()];
            let (keys, values): (Vec<String>, Vec<Vec<u8>>) = read.into_iter().unzip();
            Ok(vec![Value::Array(Array::strings(rows, keys)?), Value::Array(Array::strings(rows, values)?)])
        })
    }
}

/// What is asked of a reader, its input: how many records it has given, …
pub const PRODUCED: u8 = 0;
/// … how many files it has come to the end of, …
pub const COMPLETED: u8 = 1;
/// … and to begin anew, which has no output.
pub const RESET: u8 = 2;

/// Asks something of a reader, its input.
#[derive(Clone, Debug)]
pub struct AskReader<const WHAT: u8, const VERSION: u8>;

impl<const WHAT: u8, const VERSION: u8> Holding for AskReader<WHAT, VERSION> {
    const NAME: &'static str = match (WHAT, VERSION) {
        (PRODUCED, 1) => "ReaderNumRecordsProduced",
        (PRODUCED, _) => "ReaderNumRecordsProducedV2",
        (COMPLETED, 1) => "ReaderNumWorkUnitsCompleted",
        (COMPLETED, _) => "ReaderNumWorkUnitsCompletedV2",
        (_, 1) => "ReaderReset",
        (_, _) => "ReaderResetV2",
    };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(AskReader)
    }

    fn outputs(&self) -> Facts {
        match WHAT {
            RESET => Facts::new(),
            _ => Fact::new(DType::Int64, PartialShape::scalar()).one(),
        }
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |_, inputs| {
            let mut state = reader(&inputs[0])?.lock();
            let answer = match WHAT {
                PRODUCED => state.produced,
                COMPLETED => state.completed,
                _ => {
                    *state = State::default();
                    return Ok(Vec::new());
                }
            };
            Ok(vec![Value::Array(Array::scalar(answer))])
        })
    }
}

/// The names of two files are put into a queue, which is closed, and one record is read.
fn reading<const KIND: u8, const VERSION: u8>(tf: &Graph, names: [String; 2]) -> Vec<crate::Tensor> {
    let queue = tf.fifo_queue(9, [(DType::String, ().into())]);
    let names = tf.constant(Array::strings([2], names).expect("two"));
    let put = queue.enqueue_many(&[names]);
    let reader = MakeReader::<KIND, VERSION> {
        skip_header_lines: 0,
        header_bytes: 0,
        record_bytes: if KIND == FIXED_LENGTH { 4 } else { 0 },
        footer_bytes: 0,
        hop_bytes: 0,
        packed: String::new(),
        container: String::new(),
        shared_name: String::new(),
    };
    let reader = tf.add(Held(reader), &[]);
    let after = tf.control_dependencies([&put]);
    let read = tf.add_op(Held(ReaderRead::<VERSION>), &[&reader, queue.handle()], None);
    drop(after);
    let after = tf.control_dependencies([&read]);
    let count = tf.constant(Array::scalar(3i64));
    let several = tf.add_op(Held(ReaderReadUpTo::<VERSION>), &[&reader, queue.handle(), &count], None);
    drop(after);
    let after = tf.control_dependencies([&several]);
    let produced = tf.add(Held(AskReader::<PRODUCED, VERSION>), &[&reader]);
    let completed = tf.add(Held(AskReader::<COMPLETED, VERSION>), &[&reader]);
    drop(after);
    let after = tf.control_dependencies([&produced.op(), &completed.op()]);
    let reset = tf.add_op(Held(AskReader::<RESET, VERSION>), &[&reader], None);
    drop(after);
    let _after = tf.control_dependencies([&reset]);
    let anew = tf.add(Held(AskReader::<PRODUCED, VERSION>), &[&reader]);
    vec![read.output(0), read.output(1), several.output(0), several.output(1), produced, completed, anew]
}

pub(in crate::ops) fn reader_cases<const KIND: u8, const VERSION: u8>() -> Vec<Case> {
    // A file that is there wherever the cases run; as records it is damaged, and names alone are no file.
    let file = || {
        if KIND == IDENTITY { "name" } else { concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml") }.to_string()
    };
    vec![Case::new("two files", move |tf| {
        if KIND == TF_RECORD {
            let one = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/record/plain.tfrecord").to_string();
            return reading::<KIND, VERSION>(tf, [one.clone(), one]);
        }
        reading::<KIND, VERSION>(tf, [file(), file()])
    })]
}
