//! Checkpoints of TensorFlow's first version as a run writes and reads them: Save, SaveSlices, Restore, RestoreSlice.

use std::path::PathBuf;

use super::BYTES;
use super::checkpoint::{Part, part, path, texts};
use super::files::found_by;
use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::formats::checkpoint::first_version::{FirstVersion, Saved, write};
use crate::graph::{Fact, Facts};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, must_be_vector, wrong_count};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// Writes tensors into one file. Inputs: its name, the tensors' names, with SLICES of each which part of a whole it is (as for
/// [`SaveV2`](super::checkpoint::SaveV2)), and the tensors.
#[derive(Clone, Debug)]
pub struct Save<const SLICES: bool>;

/// Reads a tensor. Inputs: the file's name, or a pattern for several; the tensor's name; of a SLICE which part it is.
#[derive(Clone, Debug)]
pub struct Restore<const SLICE: bool> {
    /// Its type.
    pub dt: DType,
    /// Which of the files TensorFlow opens first; kept.
    pub preferred_shard: i64,
}

/// The checkpoint of the first version whose files the name, or pattern, is that of; none where there are no files.
pub(super) fn first_version(pattern: &Array) -> Result<Option<FirstVersion>, Reason> {
    let mut found = Vec::new();
    found_by(&path(pattern)?.to_string_lossy(), &mut found);
    found.sort();
    let files: Vec<PathBuf> = found.into_iter().map(PathBuf::from).filter(|path| path.is_file()).collect();
    match files.is_empty() {
        true => Ok(None),
        false => Ok(Some(FirstVersion::open(files)?)),
    }
}

impl FirstVersion {
    /// The tensor, or the part of it that a text names, which must be of this type.
    pub(super) fn restored(&self, name: &str, place: &[u8], dtype: DType) -> Result<Array, Reason> {
        let array = match part(place)? {
            None => self.read(name, None)?,
            Some(Part { whole, start, shape }) => match self.shape(name) {
                Some(told) if *told != whole => {
                    return Err(format!("\"{name}\" has shape {told}, and a part is told of {whole}").into());
                }
                _ => self.read(name, Some((&start, &shape)))?,
            },
        };
        match array.dtype() == dtype {
            true => Ok(array),
            false => Err(format!("\"{name}\" is of {}, and not of {dtype}", array.dtype()).into()),
        }
    }
}

impl<const SLICES: bool> Op for Save<SLICES> {
    fn name(&self) -> &'static str {
        if SLICES { "SaveSlices" } else { "Save" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let tensors = node.inputs.iter().skip(2 + usize::from(SLICES));
        Attrs::new().with("T", tensors.map(|fact| fact.dtype).collect::<Vec<_>>())
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Save)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let first = 2 + usize::from(SLICES);
        if inputs.len() <= first {
            return Err(wrong_count(first + 1, inputs));
        }
        if let Some(other) = inputs[..first].iter().find(|fact| fact.dtype != DType::String) {
            return Err(format!("names are strings, not {}", other.dtype).into());
        }
        must_be_scalar(inputs[0], "the file's name")?;
        let count = inputs.len() - first;
        for names in &inputs[1..first] {
            must_be_vector(names, "the tensors' names and parts")?;
            if let Some(told) = names.shape.size(0).filter(|told| *told != count) {
                return Err(format!("there are {told} names, or parts, and {count} tensors").into());
            }
        }
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
            let (heads, tensors) = arrays.split_at(2 + usize::from(SLICES));
            let names = texts(&heads[1])?;
            let places = match SLICES {
                true => heads[2].as_strings()?.to_vec(),
                false => vec![Vec::new(); tensors.len()],
            };
            let (named, placed) = (names.len(), places.len());
            if named != tensors.len() || placed != tensors.len() {
                let count = tensors.len();
                return Err(format!("there are {named} names and {placed} parts of {count} tensors").into());
            }
            let mut saved = Vec::with_capacity(tensors.len());
            for ((name, place), array) in names.iter().zip(&places).zip(tensors) {
                let part = part(place)?;
                if let Some(part) = part.as_ref().filter(|part| part.shape != *array.shape()) {
                    let (wanted, got) = (&part.shape, array.shape());
                    return Err(
                        format!("the part of \"{name}\" has shape {wanted}, and the tensor {got}").into()
                    );
                }
                saved.push(Saved { name, array, part: part.map(|part| (part.whole, part.start)) });
            }
            write(&path(&heads[0])?, &saved)?;
            Ok(Vec::new())
        }))
    }
}

impl<const SLICE: bool> Op for Restore<SLICE> {
    fn name(&self) -> &'static str {
        if SLICE { "RestoreSlice" } else { "Restore" }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dt", self.dt).with("preferred_shard", self.preferred_shard)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let preferred_shard = attrs.optional("preferred_shard", -1)?;
        Ok(Restore { dt: attrs.require("dt")?, preferred_shard })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let count = 2 + usize::from(SLICE);
        if inputs.len() != count {
            return Err(wrong_count(count, inputs));
        }
        for fact in inputs {
            if fact.dtype != DType::String {
                return Err(format!("names are strings, not {}", fact.dtype).into());
            }
            must_be_scalar(fact, "each name")?;
        }
        Ok(Fact::new(self.dt, PartialShape::unknown()).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(BYTES)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = self.dt;
        Ok(Lowered::host(node.inputs.len(), move |arrays| {
            let name = &texts(&arrays[1])?[0];
            let place = if SLICE { scalar_string(&arrays[2])? } else { &[] };
            let reader = first_version(&arrays[0])?.ok_or_else(|| {
                let pattern = texts(&arrays[0]).unwrap_or_default().concat();
                Reason::new(Code::NotFound, format!("no file is called \"{pattern}\""))
            })?;
            Ok(vec![reader.restored(name, place, dtype)?])
        }))
    }
}

pub(in crate::ops) fn checkpoint_v1_cases() -> Vec<Case> {
    // It is looked at, and not run: the tests below do that. Who runs it all the same finds no folder there.
    vec![Case::fed("written and read", [array![1.0, 2.0]], |tf, x| {
        let nowhere = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml/none");
        let file = tf.constant(Array::strings([], [nowhere]).expect("one string"));
        let (name, names) = (tf.constant("w"), tf.constant(array!["w"]));
        let (part, parts) = (tf.constant("2 0,2"), tf.constant(array!["2 0,2"]));
        tf.add_op(Save::<false>, &[&file, &names, &x[0]], None);
        tf.add_op(Save::<true>, &[&file, &names, &parts, &x[0]], None);
        let (dt, preferred_shard) = (DType::Float32, -1);
        tf.add_op(Restore::<false> { dt, preferred_shard }, &[&file, &name], None);
        tf.add_op(Restore::<true> { dt, preferred_shard }, &[&file, &name, &part], None);
        vec![&x[0] + 1.0]
    })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::codec::checkpoint::RestoreV2;
    use crate::prelude::*;

    #[test]
    fn what_is_saved_is_restored_by_either_version() {
        let folder = tempfile::tempdir().unwrap();
        let tf = Graph::new();
        let text = |text: String| tf.constant(Array::strings([], [text]).unwrap());
        let file = |name: &str| text(format!("{}/{name}", folder.path().display()));
        let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
        let names = tf.constant(array!["x"]);
        let save = |name: &str, part: &str| {
            let parts = tf.constant(Array::strings([1], [part]).unwrap());
            tf.add_op(Save::<true>, &[&file(name), &names, &parts, &x], None)
        };
        let sess = || Session::new(&tf).unwrap();
        sess().run_op(&save("m-0", "4 2 0,2:-"), feeds![]).unwrap();
        sess().run_op(&save("m-1", "4 2 2,2:-"), feeds![]).unwrap();
        let restore = |pattern: &str, part: &str, dt: DType| {
            let op = Restore::<true> { dt, preferred_shard: -1 };
            let one = tf.add(op, &[&file(pattern), &text("x".into()), &text(part.into())]);
            sess().run(&one, feeds![])
        };
        let float = DType::Float32;
        assert_eq!(restore("m-?", "4 2 1,2:-", float).unwrap(), array![[3.0, 4.0], [1.0, 2.0]]);
        let code = |pattern: &str, part: &str, dt| restore(pattern, part, dt).unwrap_err().code();
        assert_eq!(code("m-?", "", DType::Int32), Code::InvalidArgument);
        assert_eq!(code("m-0", "", float), Code::InvalidArgument);
        assert_eq!(code("m-?", "3 2 1,2:-", float), Code::InvalidArgument);
        assert_eq!(code("n-?", "", float), Code::NotFound);
        let op = RestoreV2 { dtypes: vec![float] };
        let second = tf.add(op, &[&file("m-?"), &names, &tf.constant(array!["4 2 0,1:-"])]);
        assert_eq!(sess().run(&second, feeds![]).unwrap(), array![[1.0, 2.0]]);
    }
}
