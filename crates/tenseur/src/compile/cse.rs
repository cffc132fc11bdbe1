//! Common subexpressions: what is computed twice is computed once.

use std::fmt::Write;

use foldhash::HashMap;

use crate::compile::{Flow, Source};
use crate::ops::Effect;
use crate::ops::source::Const;
use crate::value::Array;

/// Lets every pure node that repeats an earlier one (same op, same attributes, same inputs) be that one.
pub(crate) fn cse(flow: &mut Flow) {
    let mut seen: HashMap<String, usize> =
        HashMap::with_capacity_and_hasher(flow.nodes.len(), Default::default());
    let mut same: HashMap<Source, Source> = HashMap::default();
    for index in 0..flow.nodes.len() {
        for i in 0..flow.nodes[index].inputs.len() {
            if let Some(&earlier) = same.get(&flow.nodes[index].inputs[i]) {
                flow.nodes[index].inputs[i] = earlier;
            }
        }
        let node = &flow.nodes[index];
        // What a reading of a variable gives depends on when it is read.
        let reads_state = node.inputs.iter().any(|&input| flow.fact(input).reference);
        if node.op.effects().effect != Effect::Pure || reads_state || node.outputs.is_empty() {
            continue;
        }
        let mut key = String::new();
        match node.op.downcast::<Const>() {
            Some(constant) => match constant_key(&constant.value) {
                Some(text) => key = text,
                None => continue,
            },
            None => {
                let _ = write!(key, "{}{:?}{:?}", node.op.name(), node.op, node.inputs);
            }
        }
        match seen.get(&key) {
            Some(&earlier) => {
                for output in 0..node.outputs.len() {
                    same.insert(Source::Node(index, output), Source::Node(earlier, output));
                }
            }
            None => {
                seen.insert(key, index);
            }
        }
    }
    flow.replace(&same);
}

/// What tells small constants apart. Large ones are left alone: comparing them costs more than it saves.
fn constant_key(value: &Array) -> Option<String> {
    let bytes = value.bytes().ok().filter(|bytes| bytes.len() <= 64)?;
    Some(format!("Const {} {} {bytes:?}", value.dtype(), value.shape()))
}
