//! A buffer of tuples that a session keeps, the first in being the first out: Stage, Unstage, StagePeek, StageSize and
//! StageClear.
//!
//! Nodes with one `shared_name` share a buffer; where it is empty, the node's own name is meant. Who makes it decides how many
//! tuples and bytes it holds. A run waits for room and for tuples as at a queue.

use std::collections::VecDeque;

use super::HANDED_ON;
use super::waiting::Shared;
use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts};
use crate::lowering::{Kept, Lowered, Objects, Value};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// What all its ops say of a buffer.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    /// How many tuples there may be; 0 for any number.
    pub capacity: i64,
    /// How many bytes they may have; 0 for any number.
    pub memory_limit: i64,
    /// The types of a tuple's components.
    pub dtypes: Vec<DType>,
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which several nodes share it.
    pub shared_name: String,
}

/// The tuples.
#[derive(Debug, Default)]
struct Tuples {
    tuples: VecDeque<(Vec<Value>, usize)>,
    /// The bytes of all.
    bytes: usize,
    capacity: usize,
    memory_limit: usize,
}

/// The bytes of a tuple, by TensorFlow's count.
fn bytes_of(tuple: &[Value]) -> usize {
    let of = |value: &Value| match value {
        Value::Array(array) => match array.as_strings() {
            // A string is a handle of 24 bytes, and its own.
            Ok(strings) => strings.iter().map(|string| 24 + string.len()).sum(),
            Err(_) => array.bytes().map_or(0, <[u8]>::len),
        },
        _ => 0,
    };
    tuple.iter().map(of).sum()
}

impl Tuples {
    fn put(&mut self, tuple: &mut Vec<Value>, bytes: usize) -> Option<()> {
        let full = self.capacity > 0 && self.tuples.len() >= self.capacity;
        let heavy = self.memory_limit > 0 && self.bytes.saturating_add(bytes) > self.memory_limit;
        if full || heavy {
            return None;
        }
        self.bytes += bytes;
        self.tuples.push_back((std::mem::take(tuple), bytes));
        Some(())
    }

    fn take(&mut self) -> Option<Vec<Value>> {
        let (tuple, bytes) = self.tuples.pop_front()?;
        self.bytes -= bytes;
        Some(tuple)
    }
}

impl Buffer {
    fn attrs(&self, dtypes: Vec<DType>) -> Attrs {
        Attrs::new()
            .with("capacity", self.capacity)
            .with("container", self.container.as_str())
            .with("dtypes", dtypes)
            .with("memory_limit", self.memory_limit)
            .with("shared_name", self.shared_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Buffer, Reason> {
        let count = |name: &str| match attrs.optional(name, 0)? {
            count @ 0.. => Ok(count),
            other => Err(Reason::from(format!("attribute \"{name}\" is {other}, and must be 0 or more"))),
        };
        Ok(Buffer {
            capacity: count("capacity")?,
            memory_limit: count("memory_limit")?,
            dtypes: attrs.optional("dtypes", Vec::new())?,
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
        })
    }

    /// The buffer that the session keeps.
    fn found(&self, objects: &mut Objects) -> Result<Kept, Reason> {
        objects.of_kind("Stage", &self.shared_name, || {
            let [capacity, memory_limit] =
                [self.capacity, self.memory_limit].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
            let shared = Shared::<Tuples>::default();
            shared.act(|tuples| (tuples.capacity, tuples.memory_limit) = (capacity, memory_limit));
            Ok(shared)
        })
    }

    /// Whether a tuple that was taken is what is asked for.
    fn check(&self, tuple: Vec<Value>) -> Result<Vec<Value>, Reason> {
        let fits = |(value, dtype): (&Value, &DType)| match value {
            Value::Array(array) => array.dtype() == *dtype,
            Value::List(_) => *dtype == DType::Variant,
            _ => *dtype == DType::Resource,
        };
        match tuple.len() == self.dtypes.len() && tuple.iter().zip(&self.dtypes).all(fits) {
            true => Ok(tuple),
            false => {
                let count = tuple.len();
                Err(format!("a tuple of {count} components is not one of {:?}", self.dtypes).into())
            }
        }
    }
}

fn buffer(value: &Value) -> Result<&Shared<Tuples>, Reason> {
    value.kept("a buffer")
}

/// Puts its inputs into a buffer, as a tuple.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Which buffer.
    pub buffer: Buffer,
}

impl Op for Stage {
    fn name(&self) -> &'static str {
        "Stage"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.buffer.attrs(node.inputs.iter().map(|fact| fact.dtype).collect())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Stage { buffer: Buffer::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.is_empty() {
            true => Err("a tuple has one component or more".into()),
            false => Ok(Facts::new()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let own = self.buffer.clone();
        Ok(Lowered::objects(node.inputs.len(), move |objects, inputs| {
            let kept = Value::Kept(own.found(objects)?);
            let mut tuple = inputs.to_vec();
            let bytes = bytes_of(&tuple);
            let put = |tuples: &mut Tuples| {
                let limit = tuples.memory_limit;
                if limit > 0 && bytes > limit {
                    let text = format!("a tuple of {bytes} bytes does not go into a buffer of {limit}");
                    return Err(Reason::new(Code::ResourceExhausted, text));
                }
                Ok(tuples.put(&mut tuple, bytes))
            };
            let full = |tuples: &Tuples| {
                let (count, bytes) = (tuples.tuples.len(), tuples.bytes);
                format!("the buffer is full, with {count} tuples of {bytes} bytes")
            };
            buffer(&kept)?.wait(objects, put, full)?;
            Ok(Vec::new())
        }))
    }
}

/// Takes the first tuple out of a buffer; or, of PEEK, gives the one whose number is the input, and leaves it there.
#[derive(Clone, Debug)]
pub struct Unstage<const PEEK: bool> {
    /// Which buffer.
    pub buffer: Buffer,
}

impl<const PEEK: bool> Op for Unstage<PEEK> {
    fn name(&self) -> &'static str {
        if PEEK { "StagePeek" } else { "Unstage" }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.buffer.attrs(self.buffer.dtypes.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Unstage { buffer: Buffer::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match (PEEK, inputs) {
            (false, []) => {}
            (true, [number]) if number.dtype == DType::Int32 => {
                must_be_scalar(number, "the number of a tuple")?
            }
            (true, [other]) => {
                return Err(format!("the number of a tuple is int32, not {}", other.dtype).into());
            }
            _ => return Err(wrong_count(usize::from(PEEK), inputs)),
        }
        let any = |&dtype: &DType| Fact::new(dtype, PartialShape::unknown());
        Ok(self.buffer.dtypes.iter().map(any).collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Takes).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let own = self.buffer.clone();
        Ok(Lowered::objects(node.inputs.len(), move |objects, inputs| {
            let kept = Value::Kept(own.found(objects)?);
            let number = match inputs.first() {
                Some(number) => {
                    let number = number.array()?.item::<i32>()?;
                    usize::try_from(number).map_err(|_| format!("there is no tuple {number}"))?
                }
                None => 0,
            };
            let take = |tuples: &mut Tuples| {
                Ok(match PEEK {
                    true => tuples.tuples.get(number).map(|(tuple, _)| tuple.clone()),
                    false => tuples.take(),
                })
            };
            let too_few = |tuples: &Tuples| format!("the buffer has too few tuples, {}", tuples.tuples.len());
            own.check(buffer(&kept)?.wait(objects, take, too_few)?)
        }))
    }
}

/// How many tuples a buffer has, int32; or, of CLEAR, takes all of them out.
#[derive(Clone, Debug)]
pub struct StageSize<const CLEAR: bool> {
    /// Which buffer.
    pub buffer: Buffer,
}

impl<const CLEAR: bool> Op for StageSize<CLEAR> {
    fn name(&self) -> &'static str {
        if CLEAR { "StageClear" } else { "StageSize" }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.buffer.attrs(self.buffer.dtypes.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(StageSize { buffer: Buffer::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs {
            [] if CLEAR => Ok(Facts::new()),
            [] => Ok(Fact::new(DType::Int32, ()).one()),
            _ => Err(wrong_count(0, inputs)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let own = self.buffer.clone();
        Ok(Lowered::objects(0, move |objects, _| {
            let kept = Value::Kept(own.found(objects)?);
            let count = buffer(&kept)?.act(|tuples| {
                if CLEAR {
                    (tuples.tuples, tuples.bytes) = (VecDeque::new(), 0);
                }
                tuples.tuples.len()
            });
            Ok(if CLEAR { Vec::new() } else { vec![Value::Array(Array::scalar(count as i32))] })
        }))
    }
}

/// Two tuples go in; the second is looked at, the first taken, and the rest thrown away.
pub(in crate::ops) fn cases() -> Vec<Case> {
    vec![
        Case::fed("in and out", [array![1.0, 2.0]], |tf, x| {
            let buffer =
                Buffer { dtypes: vec![DType::Float32], shared_name: "tuples".into(), ..Buffer::default() };
            let x = x[0].stop_gradient();
            let clear = tf.add_op(StageSize::<true> { buffer: buffer.clone() }, &[], None);
            let after = tf.control_dependencies([&clear]);
            let first = tf.add_op(Stage { buffer: buffer.clone() }, &[&x], None);
            drop(after);
            let after = tf.control_dependencies([&first]);
            let second = tf.add_op(Stage { buffer: buffer.clone() }, &[&(&x * 2.0)], None);
            drop(after);
            let after = tf.control_dependencies([&second]);
            let size = tf.add(StageSize::<false> { buffer: buffer.clone() }, &[]);
            let seen = tf.add(Unstage::<true> { buffer: buffer.clone() }, &[&tf.constant(1)]);
            drop(after);
            let _after = tf.control_dependencies([&size.op(), &seen.op()]);
            vec![size, seen, tf.add(Unstage::<false> { buffer }, &[])]
        })
        .twice()
        .expecting([Array::scalar(2), array![2.0, 4.0], array![1.0, 2.0]]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::prelude::*;

    #[test]
    fn a_run_waits_for_a_tuple_and_for_room() {
        let tf = Graph::new();
        let buffer = Buffer {
            capacity: 1,
            dtypes: vec![DType::Int32],
            shared_name: "one".into(),
            ..Buffer::default()
        };
        let put = tf.add_op(Stage { buffer: buffer.clone() }, &[&tf.constant(7)], None);
        let one = tf.add(Unstage::<false> { buffer: buffer.clone() }, &[]);
        let heavy = Buffer { memory_limit: 3, shared_name: "light".into(), ..buffer };
        let heavy = tf.add_op(Stage { buffer: heavy }, &[&tf.constant(7)], None);
        for executor in [Executor::Planned, Executor::Reference] {
            let sess = Session::new(&tf).unwrap().executor(executor);
            let taken = std::thread::scope(|scope| {
                let taker =
                    scope.spawn(|| (0..20).map(|_| sess.run(&one, feeds![]).unwrap()).collect::<Vec<_>>());
                (0..20).for_each(|_| sess.run_op(&put, feeds![]).unwrap());
                taker.join().unwrap()
            });
            assert!(taken.iter().all(|value| *value == 7.into()) && taken.len() == 20);
            assert_eq!(sess.run_op(&heavy, feeds![]).unwrap_err().code(), crate::Code::ResourceExhausted);
        }
    }
}
