//! What a run does, as text: which steps, in which order, over which values.

use std::fmt;

use crate::value::{DType, PartialShape};

/// What a run does, step by step: what [`Session::explain`](crate::Session::explain) gives. Its text has a line for each
/// input and for each step:
///
/// ```text
/// a   float32 [2, 3]  fed
/// y   float32 [2, 3]  fed
/// %1  float32 [2]     CrossEntropyLoss(a, y)
/// %2  float32 []      sum(%1) / 2
/// gives %2
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What is read of what was there before the run: feeds and variables.
    pub inputs: Vec<ExplainedInput>,
    /// What is computed, in order.
    pub steps: Vec<ExplainedStep>,
    /// What the run gives: the name of an input or of a step's result, or a constant, for each fetch.
    pub fetches: Vec<String>,
}

/// Something that a run finds.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedInput {
    /// The tensor, by its name in the graph.
    pub value: ExplainedValue,
    /// Whether it is fed, and not a variable.
    pub fed: bool,
}

/// One kernel of a plan; or one node, of a run node by node.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedStep {
    /// The node of the graph that it comes from; of several that became one step, the last.
    pub node: String,
    /// All of those, that one last.
    pub nodes: Vec<String>,
    /// What it computes: a formula over names, `sum(%1) / 2`, or an op and what it reads, `LogSoftmax(a)`.
    pub text: String,
    /// What it writes: numbered results, and variables.
    pub results: Vec<ExplainedValue>,
}

/// A value of an [`Explanation`].
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedValue {
    /// `%3` for the third result, and the name of what is fed or kept.
    pub name: String,
    /// Its type.
    pub dtype: DType,
    /// Its shape: the whole of a plan's, and what is known before the run of one that is run node by node.
    pub shape: PartialShape,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<[String; 3]> = Vec::new();
        let columns =
            |value: &ExplainedValue| (value.name.clone(), format!("{} {}", value.dtype, value.shape));
        for input in &self.inputs {
            let (name, what) = columns(&input.value);
            rows.push([name, what, if input.fed { "fed" } else { "variable" }.to_string()]);
        }
        for step in &self.steps {
            let results = step.results.iter().map(columns).collect::<Vec<_>>();
            let (names, whats): (Vec<String>, Vec<String>) = results.into_iter().unzip();
            rows.push([names.join(", "), whats.join(", "), step.text.clone()]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (names, whats) = (width(0), width(1));
        for [name, what, text] in &rows {
            writeln!(f, "{}", format!("{name:names$}  {what:whats$}  {text}").trim_end())?;
        }
        match self.fetches.is_empty() {
            true => Ok(()),
            false => writeln!(f, "gives {}", self.fetches.join(", ")),
        }
    }
}
