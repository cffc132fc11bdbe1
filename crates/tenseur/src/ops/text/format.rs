//! Text with arrays in it.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::TEXT;
use crate::ops::text::summarized::Texts;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// A text in which each placeholder stands for an input, which is written there with few of its elements.
#[derive(Clone, Debug)]
pub struct StringFormat {
    /// The text.
    pub template: Vec<u8>,
    /// What stands for an input.
    pub placeholder: Vec<u8>,
    /// How many elements are written at each end of each axis; all where it is negative.
    pub summarize: i64,
}

impl StringFormat {
    /// The text between placeholders.
    fn parts(&self) -> Vec<&[u8]> {
        let (mut parts, mut rest) = (Vec::new(), &self.template[..]);
        let found =
            |rest: &[u8]| rest.windows(self.placeholder.len().max(1)).position(|at| at == self.placeholder);
        while let Some(at) = found(rest) {
            parts.push(&rest[..at]);
            rest = &rest[at + self.placeholder.len()..];
        }
        parts.push(rest);
        parts
    }
}

impl OverArrays for StringFormat {
    const NAME: &'static str = "StringFormat";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types: Vec<DType> = node.inputs.iter().map(|fact| fact.dtype).collect();
        Attrs::new()
            .with("T", types)
            .with("placeholder", self.placeholder.clone())
            .with("summarize", self.summarize)
            .with("template", self.template.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(StringFormat {
            template: attrs.optional("template", b"%s".to_vec())?,
            placeholder: attrs.optional("placeholder", b"%s".to_vec())?,
            summarize: attrs.optional("summarize", 3)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let places = self.parts().len() - 1;
        if places != inputs.len() {
            return Err(format!("there are {places} placeholders and {} inputs", inputs.len()).into());
        }
        Ok(Fact::new(DType::String, PartialShape::scalar()).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let parts = self.parts();
        let mut text = parts[0].to_vec();
        for (array, part) in inputs.iter().zip(&parts[1..]) {
            text.extend(Texts::of(array, true)?.with_edges(array.shape(), self.summarize).into_bytes());
            text.extend_from_slice(part);
        }
        Ok(vec![Array::strings([], [text])?])
    }
}

/// The text `template`, in which each `{}` stands for one of `inputs`, with three elements at each end of each axis
/// (`tf.strings.format`).
///
/// ```
/// use tenseur::ops::text::format::string_format;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let text = string_format("x is {}", &[&tf.constant(array![1.5, 2.0])]);
/// assert_eq!(Session::new(&tf)?.run(&text, feeds![])?.as_strings()?, [b"x is [1.5 2]"]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn string_format(template: &str, inputs: &[&Tensor]) -> Tensor {
    let op = ByArrays(StringFormat { template: template.into(), placeholder: b"{}".to_vec(), summarize: 3 });
    let graph = inputs.first().map_or_else(Graph::new, |first| first.graph().clone());
    graph.add(op, inputs)
}

pub(in crate::ops) fn string_format_cases() -> Vec<Case> {
    vec![
        Case::fed("numbers and words", [array![[1, 2], [3, 4]], array!["a"]], |_, x| {
            vec![string_format("{} and {}.", &[&x[0], &x[1]])]
        })
        .expecting([Array::strings([], ["[[1 2]\n [3 4]] and [\"a\"]."]).expect("one string")]),
    ]
}
