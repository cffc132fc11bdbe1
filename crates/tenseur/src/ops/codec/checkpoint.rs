//! Checkpoints as a run writes and reads them: SaveV2, RestoreV2 and what goes with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::BYTES;
use super::checkpoint_v1::first_version;
use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::formats::checkpoint::{CheckpointReader, CheckpointWriter, exists, remove};
use crate::graph::{Fact, Facts, Graph};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, must_be_vector, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// Writes tensors to a checkpoint. Inputs: its name, the tensors' names, of each which part of a whole it is (`4 8 0,2:-`, the
/// whole's sizes and then along each axis where it begins and how long it is; or nothing), and the tensors.
#[derive(Clone, Debug)]
pub struct SaveV2;

/// Reads tensors of a checkpoint: inputs as the first three of [`SaveV2`].
#[derive(Clone, Debug)]
pub struct RestoreV2 {
    /// Their types.
    pub dtypes: Vec<DType>,
}

/// Makes one checkpoint of several: inputs are their names, and that of the one.
#[derive(Clone, Debug)]
pub struct MergeV2Checkpoints {
    /// Whether the folders of the several are removed, where nothing else is in them.
    pub delete_old_dirs: bool,
    /// Whether one of the several may be missing.
    pub allow_missing_files: bool,
}

/// A part of a whole: of which shape that is, where the part begins, and its shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) whole: Shape,
    pub(super) start: Vec<usize>,
    pub(super) shape: Shape,
}

/// The part that a text names; none where it is empty.
pub(super) fn part(text: &[u8]) -> Result<Option<Part>, Reason> {
    if text.is_empty() {
        return Ok(None);
    }
    let shown = String::from_utf8_lossy(text);
    let wrong = || Reason::from(format!("\"{shown}\" is no part of a tensor, as \"4 8 0,2:-\" is"));
    let number = |text: &str| text.parse::<usize>().map_err(|_| wrong());
    let mut words: Vec<&str> = shown.split(' ').collect();
    let along = words.pop().ok_or_else(wrong)?;
    let whole = words.into_iter().map(number).collect::<Result<Vec<_>, _>>()?;
    let along: Vec<&str> = along.split(':').collect();
    if along.len() != whole.len() {
        return Err(wrong());
    }
    let (mut start, mut shape) = (Vec::new(), Vec::new());
    for (&size, along) in whole.iter().zip(along) {
        let (first, length) = match along.split_once(',') {
            Some((first, length)) => (number(first)?, number(length)?),
            None if along == "-" => (0, size),
            None => return Err(wrong()),
        };
        if first.checked_add(length).is_none_or(|end| end > size) {
            return Err(wrong());
        }
        start.push(first);
        shape.push(length);
    }
    Ok(Some(Part { whole: whole.into(), start, shape: shape.into() }))
}

pub(super) fn path(name: &Array) -> Result<PathBuf, Reason> {
    let bytes = scalar_string(name)?;
    match std::str::from_utf8(bytes) {
        Ok("") | Err(_) => Err(format!("\"{}\" names no checkpoint", String::from_utf8_lossy(bytes)).into()),
        Ok(text) => Ok(PathBuf::from(text)),
    }
}

pub(super) fn texts(array: &Array) -> Result<Vec<String>, Reason> {
    Ok(array.as_strings()?.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect())
}

/// The folder of a checkpoint, which is made where there is none.
fn folder_made(prefix: &Path) -> Result<(), Reason> {
    let Some(folder) = prefix.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
    else {
        return Ok(());
    };
    std::fs::create_dir(folder).or_else(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Ok(()),
        _ => Err(Reason::new(Code::NotFound, format!("{}: {error}", folder.display()))),
    })
}

/// What the first inputs are to be.
fn must_name(inputs: &[&Fact], count: usize) -> Result<(), Reason> {
    let [prefix, names, parts, ..] = inputs else { return Err(wrong_count(3, inputs)) };
    if let Some(other) = [prefix, names, parts].into_iter().find(|fact| fact.dtype != DType::String) {
        return Err(format!("names are strings, not {}", other.dtype).into());
    }
    must_be_scalar(prefix, "a checkpoint's name")?;
    for (fact, what) in [(names, "tensors' names"), (parts, "tensors' parts")] {
        must_be_vector(fact, what)?;
        if let Some(told) = fact.shape.size(0).filter(|told| *told != count) {
            return Err(format!("there are {told} {what}, and {count} tensors").into());
        }
    }
    Ok(())
}

/// The same of arrays.
fn must_be_as_many(names: &Array, parts: &Array, count: usize) -> Result<(), Reason> {
    match names.len() == count && parts.len() == count {
        true => Ok(()),
        false => {
            Err(format!("there are {} names and {} parts of {count} tensors", names.len(), parts.len())
                .into())
        }
    }
}

impl Op for SaveV2 {
    fn name(&self) -> &'static str {
        "SaveV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("dtypes", node.inputs.iter().skip(3).map(|fact| fact.dtype).collect::<Vec<_>>())
    }

    fn from_attrs(_: &Attrs) -> Result<SaveV2, Reason> {
        Ok(SaveV2)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        must_name(inputs, inputs.len().saturating_sub(3))?;
        Ok(Facts::new())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(node.inputs.len(), |arrays| {
            let [prefix, names, parts, tensors @ ..] = arrays else {
                return Err("it has three inputs".into());
            };
            must_be_as_many(names, parts, tensors.len())?;
            let prefix = path(prefix)?;
            let mut writer = CheckpointWriter::new();
            for ((name, place), tensor) in texts(names)?.iter().zip(parts.as_strings()?).zip(tensors) {
                match part(place)? {
                    None => writer.add_array(name, tensor)?,
                    Some(part) if part.shape == *tensor.shape() => {
                        writer.add_piece(name, &part.whole, &part.start, tensor)?;
                    }
                    Some(part) => {
                        let (wanted, got) = (part.shape, tensor.shape());
                        return Err(format!(
                            "the part of \"{name}\" has shape {wanted}, and the tensor {got}"
                        )
                        .into());
                    }
                }
            }
            folder_made(&prefix)?;
            writer.write(&prefix)?;
            Ok(Vec::new())
        }))
    }
}

impl Op for RestoreV2 {
    fn name(&self) -> &'static str {
        "RestoreV2"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtypes", self.dtypes.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<RestoreV2, Reason> {
        Ok(RestoreV2 { dtypes: attrs.require("dtypes")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 3 {
            return Err(wrong_count(3, inputs));
        }
        must_name(inputs, self.dtypes.len())?;
        Ok(self.dtypes.iter().map(|&dtype| Fact::new(dtype, PartialShape::unknown())).collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("what is read from a file depends on no input")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let dtypes = self.dtypes.clone();
        Ok(Lowered::host(3, move |arrays| {
            must_be_as_many(&arrays[1], &arrays[2], dtypes.len())?;
            let (prefix, names) = (path(&arrays[0])?, texts(&arrays[1])?);
            if !exists(&prefix) {
                let each = names.iter().zip(arrays[2].as_strings()?).zip(&dtypes);
                if let Some(reader) = first_version(&arrays[0])? {
                    return each.map(|((name, place), &dtype)| reader.restored(name, place, dtype)).collect();
                }
            }
            let reader = CheckpointReader::open(&prefix)?;
            let missing: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| reader.entry(name).is_none()).collect();
            if !missing.is_empty() {
                let why = format!("{} has no tensors \"{}\"", prefix.display(), missing.join("\", \""));
                return Err(Reason::new(Code::NotFound, why));
            }
            let mut restored = Vec::with_capacity(names.len());
            for ((name, place), &dtype) in names.iter().zip(arrays[2].as_strings()?).zip(&dtypes) {
                let whole = reader.entry(name).map(|entry| entry.shape.clone()).unwrap_or_default();
                let array = match part(place)? {
                    None => reader.read(name)?,
                    Some(part) if part.whole == whole => reader.read_piece(name, &part.start, &part.shape)?,
                    Some(part) => {
                        let told = part.whole;
                        return Err(
                            format!("\"{name}\" has shape {whole}, and a part is told of {told}").into()
                        );
                    }
                };
                if array.dtype() != dtype {
                    return Err(format!("\"{name}\" is of {}, and not of {dtype}", array.dtype()).into());
                }
                restored.push(array);
            }
            Ok(restored)
        }))
    }
}

impl Op for MergeV2Checkpoints {
    fn name(&self) -> &'static str {
        "MergeV2Checkpoints"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("allow_missing_files", self.allow_missing_files)
            .with("delete_old_dirs", self.delete_old_dirs)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MergeV2Checkpoints, Reason> {
        Ok(MergeV2Checkpoints {
            delete_old_dirs: attrs.optional("delete_old_dirs", true)?,
            allow_missing_files: attrs.optional("allow_missing_files", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [several, one] = inputs else { return Err(wrong_count(2, inputs)) };
        if several.dtype != DType::String || one.dtype != DType::String {
            return Err("checkpoints' names are strings".into());
        }
        must_be_vector(several, "the checkpoints' names")?;
        must_be_scalar(one, "the new checkpoint's name")?;
        Ok(Facts::new())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::host(2, move |arrays| {
            let (names, one) = (texts(&arrays[0])?, path(&arrays[1])?);
            let mut tensors: BTreeMap<String, Array> = BTreeMap::new();
            let mut merged = Vec::new();
            for name in names {
                let reader = match CheckpointReader::open(&name) {
                    Err(error) if op.allow_missing_files && error.code() == Code::NotFound => continue,
                    reader => reader?,
                };
                for (tensor, _) in reader.entries() {
                    if tensors.insert(tensor.to_string(), reader.read(tensor)?).is_some() {
                        return Err(format!("two of the checkpoints have a tensor \"{tensor}\"").into());
                    }
                }
                merged.push(PathBuf::from(name));
            }
            folder_made(&one)?;
            crate::formats::checkpoint::save(&one, &tensors)?;
            for old in merged.iter().filter(|old| **old != one) {
                remove(old)?;
                if let (true, Some(folder)) = (op.delete_old_dirs, old.parent()) {
                    // A folder that is not empty stays.
                    let _ = std::fs::remove_dir(folder);
                }
            }
            Ok(Vec::new())
        }))
    }
}

/// The name of one of several files that make up a whole, `NAME-00001-of-00003`: inputs are the name, which it is, and how
/// many there are. ALL of them have the name that matches each, `NAME-?????-of-00003`, of inputs without the second.
#[derive(Clone, Debug)]
pub struct ShardedFile<const ALL: bool>;

impl<const ALL: bool> OverArrays for ShardedFile<ALL> {
    const NAME: &'static str = if ALL { "ShardedFilespec" } else { "ShardedFilename" };
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(ShardedFile)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let count = 3 - usize::from(ALL);
        if inputs.len() != count {
            return Err(wrong_count(count, inputs));
        }
        for (i, fact) in inputs.iter().enumerate() {
            let wanted = if i == 0 { DType::String } else { DType::Int32 };
            if fact.dtype != wanted {
                return Err(format!("its input {i} is {wanted}, not {}", fact.dtype).into());
            }
            must_be_scalar(fact, "each input")?;
        }
        Ok(Fact::new(DType::String, PartialShape::scalar()).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let name = String::from_utf8_lossy(scalar_string(&inputs[0])?).into_owned();
        let numbers = inputs[1..].iter().map(Array::item::<i32>).collect::<Result<Vec<_>, _>>()?;
        let text = match numbers[..] {
            [shard, shards] => format!("{name}-{shard:05}-of-{shards:05}"),
            _ => format!("{name}-?????-of-{:05}", numbers[0]),
        };
        Ok(vec![Array::strings([], [text])?])
    }
}

pub(in crate::ops) fn sharded_file_cases<const ALL: bool>() -> Vec<Case> {
    vec![
        Case::new("one of three", |tf: &Graph| {
            let name = tf.constant(Array::strings([], ["model"]).expect("one string"));
            let (shard, shards) = (tf.constant(1), tf.constant(3));
            vec![match ALL {
                true => tf.add(ByArrays(ShardedFile::<ALL>), &[&name, &shards]),
                false => tf.add(ByArrays(ShardedFile::<ALL>), &[&name, &shard, &shards]),
            }]
        })
        .expecting([Array::strings(
            [],
            [if ALL { "model-?????-of-00003" } else { "model-00001-of-00003" }],
        )
        .expect("one string")]),
    ]
}

/// A checkpoint's name, a tensor's, and that it is whole.
fn named(tf: &Graph, prefix: &str) -> [crate::Tensor; 3] {
    let prefix = tf.constant(Array::strings([], [prefix]).expect("one string"));
    [prefix, tf.constant(array!["w"]), tf.constant(array![""])]
}

pub(in crate::ops) fn checkpoint_cases() -> Vec<Case> {
    // It is looked at, and not run: the tests below do that. Who runs it all the same finds no folder there.
    vec![Case::fed("written, read and merged", [array![1.0, 2.0]], |tf, x| {
        let [prefix, names, parts] = named(tf, concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml/none"));
        tf.add_op(SaveV2, &[&prefix, &names, &parts, &x[0]], None);
        tf.add_op(RestoreV2 { dtypes: vec![DType::Float32] }, &[&prefix, &names, &parts], None);
        let merge = MergeV2Checkpoints { delete_old_dirs: true, allow_missing_files: false };
        tf.add_op(merge, &[&names, &prefix], None);
        vec![&x[0] + 1.0]
    })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn what_is_saved_is_restored() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = format!("{}/new/model", folder.path().display());
        let tf = Graph::new();
        let w = tf.variable(array![[1.0, 2.0], [3.0, 4.0]], "w");
        let [prefix, names, parts] = named(&tf, &prefix);
        let save = tf.add_op(SaveV2, &[&prefix, &names, &parts, w.reference()], None);
        let dtypes = vec![DType::Float32];
        let restored =
            tf.add_op(RestoreV2 { dtypes: dtypes.clone() }, &[&prefix, &names, &parts], None).output(0);
        let row = tf.constant(array!["2 2 1,1:-"]);
        let row = tf.add_op(RestoreV2 { dtypes: dtypes.clone() }, &[&prefix, &names, &row], None).output(0);
        let other = tf.constant(array!["v"]);
        let missing = tf.add_op(RestoreV2 { dtypes }, &[&prefix, &other, &parts], None).output(0);
        let back = w.assign(&restored);
        let sess = Session::new(&tf).unwrap();
        let code = |fetch: &Tensor| sess.run(fetch, feeds![]).unwrap_err().code();
        assert_eq!(code(&restored), Code::NotFound);
        sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        sess.run_op(&save, feeds![]).unwrap();
        assert_eq!(sess.run(&row, feeds![]).unwrap(), array![[3.0, 4.0]]);
        assert_eq!(code(&missing), Code::NotFound);
        sess.run_op(&w.assign_add(array![[1.0, 1.0], [1.0, 1.0]]), feeds![]).unwrap();
        sess.run_op(&back, feeds![]).unwrap();
        assert_eq!(sess.run(&w, feeds![]).unwrap(), array![[1.0, 2.0], [3.0, 4.0]]);
    }

    #[test]
    fn parts_are_read_from_their_text() {
        assert_eq!(part(b"").unwrap(), None);
        let expected = Part { whole: [4, 8].into(), start: vec![1, 0], shape: [2, 8].into() };
        assert_eq!(part(b"4 8 1,2:-").unwrap(), Some(expected));
        for wrong in ["4 8 1,2", "4 3,2", "x -", "-", "4 8 1,2:"] {
            assert!(part(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
