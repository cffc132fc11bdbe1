//! What work is made for: types and shapes of its inputs, and values where they decide shapes.

use smallvec::SmallVec;

use crate::graph::{Fact, NodeId};
use crate::run::State;
use crate::run::value::Value;
use crate::run::variables::Variables;
use crate::value::{Array, DType, PartialShape, Shape};

/// Integers of at most so many elements may decide shapes.
const SMALL: usize = 64;

/// What was seen of each input.
pub(super) type SeenAll = SmallVec<[Seen; 4]>;

/// What was seen of an input.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    /// An array of this type and shape; with a value, only that one.
    Array(DType, Shape, Option<Array>),
    /// A variable that held this.
    Variable(NodeId, Option<(DType, Shape)>),
    /// A handle or a list.
    Object,
}

impl Seen {
    /// What there is to see of a value; of small integers their value too, if `by_value`.
    pub(super) fn of(value: &Value, variables: &Variables<'_>, by_value: bool) -> Seen {
        match value {
            Value::Array(array) => {
                let value = (by_value && decides_shapes(array)).then(|| array.clone());
                Seen::Array(array.dtype(), array.shape().clone(), value)
            }
            Value::Reference(variable) => {
                let held = variables.get(*variable);
                Seen::Variable(*variable, held.map(|held| (held.dtype(), held.shape().clone())))
            }
            Value::Object(_) | Value::List(_) | Value::Kept(_) => Seen::Object,
        }
    }

    /// Whether this is seen of the value.
    pub(super) fn fits(&self, value: &Value, variables: &Variables<'_>) -> bool {
        match (self, value) {
            (Seen::Array(dtype, shape, seen), Value::Array(array)) => {
                *dtype == array.dtype()
                    && shape == array.shape()
                    && seen.as_ref().is_none_or(|seen| same_bytes(seen, array))
            }
            (Seen::Variable(seen, held), Value::Reference(variable)) => {
                seen == variable && variables.state_is(*variable, held.as_ref())
            }
            (Seen::Object, Value::Object(_) | Value::List(_) | Value::Kept(_)) => true,
            _ => false,
        }
    }

    /// That as a fact, of an input of which the graph knows `known`.
    pub(super) fn fact(&self, known: Option<&Fact>) -> Fact {
        let fact = match self {
            Seen::Array(.., Some(value)) => return Fact::constant(value.clone()),
            Seen::Array(dtype, shape, None) => {
                let value = known.and_then(|known| known.value.clone());
                return Fact { value, ..Fact::new(*dtype, shape) };
            }
            Seen::Variable(_, held) => {
                let known = known.filter(|known| known.reference).cloned();
                let fact = known.unwrap_or_else(|| Fact::handle(DType::Resource, PartialShape::unknown()));
                match held {
                    Some((dtype, shape)) => Fact { dtype: *dtype, shape: shape.into(), ..fact },
                    None => fact,
                }
            }
            Seen::Object => {
                known.cloned().unwrap_or_else(|| Fact::new(DType::Resource, PartialShape::scalar()))
            }
        };
        Fact { value: None, elements: None, ..fact }
    }
}

impl Variables<'_> {
    /// Whether a variable holds what is of this type and shape; or nothing.
    fn state_is(&self, variable: NodeId, held: Option<&(DType, Shape)>) -> bool {
        let state = self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        holds(&state, variable, held)
    }
}

fn holds(state: &State, variable: NodeId, held: Option<&(DType, Shape)>) -> bool {
    match (state.get(variable), held) {
        (Some(array), Some((dtype, shape))) => array.dtype() == *dtype && array.shape() == shape,
        (None, None) => true,
        _ => false,
    }
}

/// Whether the array's value may decide shapes.
pub(super) fn decides_shapes(array: &Array) -> bool {
    array.dtype().is_integer() && array.len() <= SMALL
}

fn same_bytes(a: &Array, b: &Array) -> bool {
    matches!((a.bytes(), b.bytes()), (Ok(a), Ok(b)) if a == b)
}
