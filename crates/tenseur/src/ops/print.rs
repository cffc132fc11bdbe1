//! Ops that print what passes.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Operation, Tensor};
use crate::lowering::{Lowered, Value};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::text::scalar_string;
use crate::ops::text::summarized::Texts;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::DType;

/// Input 0 as it is; the other inputs are printed to the standard error, with their first elements.
#[derive(Clone, Debug)]
pub struct Print {
    /// What is printed before them.
    pub message: Vec<u8>,
    /// In how many runs of a session it prints; always where it is negative.
    pub first_n: i64,
    /// How many elements of each are printed; all where it is negative.
    pub summarize: i64,
}

impl Op for Print {
    fn name(&self) -> &'static str {
        "Print"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types: Vec<DType> = node.inputs.iter().skip(1).map(|fact| fact.dtype).collect();
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("U", types)
            .with("first_n", self.first_n)
            .with("message", self.message.clone())
            .with("summarize", self.summarize)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Print, Reason> {
        Ok(Print {
            message: attrs.optional("message", Vec::new())?,
            first_n: attrs.optional("first_n", -1)?,
            summarize: attrs.optional("summarize", 3)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let Some(x) = inputs.first() else { return Err(wrong_count(1, inputs)) };
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let mut gradients = vec![None; node.inputs()];
            gradients[0] = node.dy(0).cloned();
            gradients
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::objects(node.inputs.len(), move |objects, inputs| {
            let printed = Value::Kept(objects.of_session("", || Ok(AtomicU64::new(0)))?);
            let before =
                printed.kept::<AtomicU64>("a count of what was printed")?.fetch_add(1, Ordering::Relaxed);
            if u64::try_from(op.first_n).is_ok_and(|most| before >= most) {
                return Ok(vec![inputs[0].clone()]);
            }
            let mut line = op.message.clone();
            for value in &inputs[1..] {
                let array = value.array()?;
                let text = Texts::of(array, false)?.first(array.shape(), op.summarize);
                line.extend(format!("[{text}]").into_bytes());
            }
            line.push(b'\n');
            // Where nobody reads what is printed, the run goes on.
            let _ = std::io::stderr().write_all(&line);
            Ok(vec![inputs[0].clone()])
        }))
    }
}

/// Prints a string, its input.
#[derive(Clone, Debug)]
pub struct PrintV2 {
    /// Where: `stdout`, `stderr` or `log(…)`, or `file://` and a path, at the end of which it is added.
    pub output_stream: String,
    /// What is printed behind it.
    pub end: Vec<u8>,
}

impl Op for PrintV2 {
    fn name(&self) -> &'static str {
        "PrintV2"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("end", self.end.clone()).with("output_stream", self.output_stream.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<PrintV2, Reason> {
        let stream = attrs.optional("output_stream", "stderr".to_string())?;
        let known = ["stdout", "stderr", "log(info)", "log(warning)", "log(error)"];
        if !known.contains(&&stream[..]) && !stream.starts_with("file://") {
            let known = known.join(", ");
            return Err(
                format!("attribute \"output_stream\" is \"{stream}\"; it is {known} or file://…").into()
            );
        }
        Ok(PrintV2 { output_stream: stream, end: attrs.optional("end", b"\n".to_vec())? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [text] = inputs else { return Err(wrong_count(1, inputs)) };
        if text.dtype != DType::String {
            return Err(format!("it prints a string, not {}", text.dtype).into());
        }
        must_be_scalar(text, "what is printed")?;
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
        Ok(Lowered::host(1, move |arrays| {
            let text = [scalar_string(&arrays[0])?, &op.end].concat();
            // Where nobody reads what is printed, the run goes on.
            match op.output_stream.strip_prefix("file://") {
                None if op.output_stream == "stdout" => drop(std::io::stdout().write_all(&text)),
                None => drop(std::io::stderr().write_all(&text)),
                Some(path) => {
                    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
                    file.and_then(|mut file| file.write_all(&text))
                        .map_err(|error| Reason::new(Code::FailedPrecondition, format!("{path}: {error}")))?;
                }
            }
            Ok(Vec::new())
        }))
    }
}

impl Tensor {
    /// The tensor itself; each time it is computed, `message` and the first elements of `data` are printed to the standard
    /// error (`tf.Print`).
    #[track_caller]
    pub fn print(&self, data: &[&Tensor], message: &str) -> Tensor {
        let op = Print { message: message.into(), first_n: -1, summarize: 3 };
        let inputs: Vec<&Tensor> = [self].into_iter().chain(data.iter().copied()).collect();
        self.graph().add(op, &inputs)
    }

    /// Prints this string and a new line to the standard error.
    #[track_caller]
    pub fn print_line(&self) -> Operation {
        let op = PrintV2 { output_stream: "stderr".to_string(), end: b"\n".to_vec() };
        self.graph().add_op(op, &[self], None)
    }
}

pub(super) fn print_cases() -> Vec<Case> {
    vec![Case::fed("passes", [array![1.0, 2.0]], |tf, x| {
        // It prints in none of the runs.
        let op = Print { message: b"x: ".to_vec(), first_n: 0, summarize: 3 };
        vec![tf.add(op, &[&(&x[0] * &x[0]), &x[0]]) * 2.0]
    })]
}

pub(super) fn print_v2_cases() -> Vec<Case> {
    // It is looked at, and not run: the test below does that.
    vec![Case::fed("a line", [array![1.0, 2.0]], |tf, x| {
        tf.constant("a line").print_line();
        vec![&x[0] + 1.0]
    })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn lines_are_added_to_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let tf = Graph::new();
        let op = PrintV2 { output_stream: format!("file://{}", path.display()), end: b"!\n".to_vec() };
        let print = tf.add_op(op, &[&tf.constant("one")], None);
        let sess = Session::new(&tf).unwrap();
        for _ in 0..2 {
            sess.run_op(&print, feeds![]).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one!\none!\n");
    }
}
