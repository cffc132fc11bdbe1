//! Cases for the ops of the table: small graphs, each with its feeds, that the conformance suite runs on both
//! executors, differentiates twice and holds against finite differences.

use crate::graph::{Graph, Tensor};
use crate::value::{Array, DType};

type Build = Box<dyn Fn(&Graph, &[Tensor]) -> Vec<Tensor>>;

/// A small graph that shows an op at work.
pub struct Case {
    /// What it is about: "broadcast", "empty", "negative axis".
    pub name: String,
    /// An array for each placeholder.
    pub feeds: Vec<Array>,
    /// Makes the graph over one placeholder for each feed (the variables' initial values: see
    /// [`with_variables`](Case::with_variables)) and gives the tensors to look at.
    pub build: Build,
    /// The first so many inputs of `build` are variables, started with the feeds, instead of placeholders.
    pub variables: usize,
    /// How many runs in a row are compared.
    pub runs: usize,
    /// Whether derivatives are compared with finite differences: no for a case about a kink or with values at which
    /// they do not exist.
    pub smooth: bool,
    /// The known answers, where the case says them.
    pub expected: Option<Vec<Array>>,
}

impl Case {
    /// A case without feeds.
    pub fn new(name: &str, build: impl Fn(&Graph) -> Vec<Tensor> + 'static) -> Case {
        Case::fed(name, [], move |graph, _| build(graph))
    }

    /// A case with a placeholder for each of `feeds`.
    pub fn fed(
        name: &str,
        feeds: impl IntoIterator<Item = Array>,
        build: impl Fn(&Graph, &[Tensor]) -> Vec<Tensor> + 'static,
    ) -> Case {
        Case {
            name: name.to_string(),
            feeds: feeds.into_iter().collect(),
            build: Box::new(build),
            variables: 0,
            runs: 1,
            smooth: true,
            expected: None,
        }
    }

    /// The same case where the first `count` inputs are variables that start with the feeds' values, run `runs` times.
    #[must_use]
    pub fn with_variables(self, count: usize, runs: usize) -> Case {
        Case { variables: count, runs, ..self }
    }

    /// The same case, run twice in a row.
    #[must_use]
    pub fn twice(self) -> Case {
        Case { runs: 2, ..self }
    }

    /// The same case, at a kink or at special values: derivatives are not compared with finite differences.
    #[must_use]
    pub fn at_kink(self) -> Case {
        Case { smooth: false, ..self }
    }

    /// The same case, whose answers are known.
    #[must_use]
    pub fn expecting(self, expected: impl IntoIterator<Item = Array>) -> Case {
        Case { expected: Some(expected.into_iter().collect()), ..self }
    }
}

/// The numbers of a literal as elements of another type: `as_type(array![1, 2], DType::Int64)`.
///
/// # Panics
/// When the array is of strings, or `dtype` is not a type of numbers.
pub fn as_type(array: Array, dtype: DType) -> Array {
    let mut bytes = Vec::new();
    for number in array.to_f64().expect("a literal of numbers") {
        let scalar = Array::scalar_of(dtype, number).expect("a type of numbers");
        bytes.extend_from_slice(scalar.bytes().expect("numbers have bytes"));
    }
    Array::from_bytes(dtype, array.shape().clone(), &bytes).expect("as many elements as before")
}
