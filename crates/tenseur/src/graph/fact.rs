//! What is known of a tensor before it is computed.

use std::fmt;

use smallvec::SmallVec;

use crate::error::Reason;
use crate::value::{Array, DType, MAX_RANK, PartialShape};

/// What is known of one output of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its element type.
    pub dtype: DType,
    /// What is known of its shape.
    pub shape: PartialShape,
    /// Its value, where that is already known: a constant, the shape of something whose shape is known, small sums of those.
    pub value: Option<Array>,
    /// What is known of each element, in order, of a few integers whose value is only partly known: the shape of a batch
    /// is `[?, 784]`.
    pub elements: Option<Vec<Option<i64>>>,
    /// Whether it is a reference to a variable rather than a value (TensorFlow 1's `float32_ref`).
    pub reference: bool,
    /// Whether it is that by a resource's handle; the type is then the variable's, and a file says `resource`.
    pub resource: bool,
}

/// The facts of all outputs of a node.
pub type Facts = SmallVec<[Fact; 1]>;

impl Fact {
    /// Type and shape are known, the value is not.
    pub fn new(dtype: DType, shape: impl Into<PartialShape>) -> Fact {
        Fact { dtype, shape: shape.into(), value: None, elements: None, reference: false, resource: false }
    }

    /// All is known.
    pub fn constant(value: Array) -> Fact {
        let dtype = value.dtype();
        let shape = PartialShape::from(value.shape());
        Fact { value: Some(value), ..Fact::new(dtype, shape) }
    }

    /// A reference to a variable of this type and shape.
    pub fn reference(dtype: DType, shape: impl Into<PartialShape>) -> Fact {
        Fact { reference: true, ..Fact::new(dtype, shape) }
    }

    /// A handle of a resource variable of this type and shape.
    pub fn handle(dtype: DType, shape: impl Into<PartialShape>) -> Fact {
        Fact { resource: true, ..Fact::reference(dtype, shape) }
    }

    /// What is known of the value that is read from it.
    pub fn read(&self) -> Fact {
        Fact { reference: false, resource: false, ..self.clone() }
    }

    /// These facts of a node with one output.
    pub fn one(self) -> Facts {
        SmallVec::from_iter([self])
    }

    /// The facts, if there can be such tensors at all.
    ///
    /// # Errors
    /// When one would have more elements than any memory, or more axes than TensorFlow allows.
    pub(crate) fn all_possible(facts: Facts) -> Result<Facts, Reason> {
        for fact in &facts {
            let shape = &fact.shape;
            if shape.known().is_some_and(|shape| shape.checked_elements().is_none()) {
                return Err(format!("a tensor of shape {shape} has more elements than any memory").into());
            }
            if let Some(rank) = shape.rank().filter(|&rank| rank > MAX_RANK) {
                return Err(format!("a tensor has {rank} axes and may have {MAX_RANK}").into());
            }
        }
        Ok(facts)
    }

    /// The value as integers (a shape operand, axes), if it is known and of integers.
    pub fn integers(&self) -> Option<Vec<i64>> {
        self.value.as_ref()?.to_i64().ok()
    }

    /// The value as integers as far as they are known, if any is.
    pub fn known_integers(&self) -> Option<Vec<Option<i64>>> {
        match &self.value {
            Some(_) => self.integers().map(|values| values.into_iter().map(Some).collect()),
            // Of a vector of none all are known.
            None if self.shape.size(0) == Some(0) && self.shape.rank() == Some(1) => Some(Vec::new()),
            None => self.elements.clone(),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match (self.reference, self.resource) {
            (true, false) => "_ref",
            (true, true) => " resource",
            _ => "",
        };
        write!(f, "{}{kind} {}", self.dtype, self.shape)
    }
}
