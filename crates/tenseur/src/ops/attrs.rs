//! Attributes: what an op is told when it is made, under the names that TensorFlow's NodeDef has for them.

use crate::error::Reason;
use crate::value::{Array, DType, PartialShape};

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The names are TensorFlow's.
pub enum Attr {
    Type(DType),
    Shape(PartialShape),
    Int(i64),
    Float(f32),
    Bool(bool),
    Bytes(Vec<u8>),
    Tensor(Array),
    /// The name of a function of the graph.
    Function(String),
    List(Vec<Attr>),
}

/// Attributes by name, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attrs(Vec<(String, Attr)>);

impl Attrs {
    /// None.
    pub fn new() -> Attrs {
        Attrs::default()
    }

    /// These and `name`, set to `value`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Attr>) -> Attrs {
        self.0.push((name.to_string(), value.into()));
        self
    }

    /// The attribute called `name`.
    pub fn get(&self, name: &str) -> Option<&Attr> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attr)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The attribute called `name` as what is wanted.
    ///
    /// # Errors
    /// When it is missing or of another kind.
    pub fn require<T: FromAttr>(&self, name: &str) -> Result<T, Reason> {
        let value = self.get(name).ok_or_else(|| format!("attribute \"{name}\" is missing"))?;
        T::from_attr(value)
            .ok_or_else(|| format!("attribute \"{name}\" should be {} and is {value:?}", T::WHAT).into())
    }

    /// The attribute called `name` as what is wanted, or `default` if it is missing.
    ///
    /// # Errors
    /// When it is of another kind.
    pub fn optional<T: FromAttr>(&self, name: &str, default: T) -> Result<T, Reason> {
        match self.get(name) {
            None => Ok(default),
            Some(_) => self.require(name),
        }
    }
}

impl<S: Into<String>> FromIterator<(S, Attr)> for Attrs {
    fn from_iter<I: IntoIterator<Item = (S, Attr)>>(attrs: I) -> Attrs {
        Attrs(attrs.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

/// What an attribute can be read as.
pub trait FromAttr: Sized {
    /// The kind, for error texts: "an integer".
    const WHAT: &'static str;

    /// The value, if the attribute is of the kind.
    fn from_attr(attr: &Attr) -> Option<Self>;
}

macro_rules! kinds {
    ($($rust:ty, $kind:ident, $what:literal;)*) => { $(
        impl FromAttr for $rust {
            const WHAT: &'static str = $what;

            fn from_attr(attr: &Attr) -> Option<Self> {
                match attr {
                    Attr::$kind(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }

        impl From<$rust> for Attr {
            fn from(value: $rust) -> Attr {
                Attr::$kind(value)
            }
        }
    )* };
}
kinds! {
    DType, Type, "a type";
    PartialShape, Shape, "a shape";
    i64, Int, "an integer";
    f32, Float, "a number";
    bool, Bool, "true or false";
    Vec<u8>, Bytes, "a string";
    Array, Tensor, "a tensor";
}

impl FromAttr for String {
    const WHAT: &'static str = "a string";

    fn from_attr(attr: &Attr) -> Option<String> {
        Vec::from_attr(attr).and_then(|bytes| String::from_utf8(bytes).ok())
    }
}

impl From<&str> for Attr {
    fn from(value: &str) -> Attr {
        Attr::Bytes(value.into())
    }
}

impl From<String> for Attr {
    fn from(value: String) -> Attr {
        Attr::Bytes(value.into())
    }
}

/// The name of a function, where an attribute is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName(pub String);

impl FromAttr for FunctionName {
    const WHAT: &'static str = "a function";

    fn from_attr(attr: &Attr) -> Option<FunctionName> {
        match attr {
            Attr::Function(name) => Some(FunctionName(name.clone())),
            _ => None,
        }
    }
}

impl FromAttr for Vec<DType> {
    const WHAT: &'static str = "a list of types";

    fn from_attr(attr: &Attr) -> Option<Vec<DType>> {
        match attr {
            Attr::List(items) => items.iter().map(DType::from_attr).collect(),
            _ => None,
        }
    }
}

impl From<Vec<DType>> for Attr {
    fn from(types: Vec<DType>) -> Attr {
        Attr::List(types.into_iter().map(Attr::Type).collect())
    }
}

impl FromAttr for Vec<i64> {
    const WHAT: &'static str = "a list of integers";

    fn from_attr(attr: &Attr) -> Option<Vec<i64>> {
        match attr {
            Attr::List(items) => items.iter().map(i64::from_attr).collect(),
            _ => None,
        }
    }
}

impl From<Vec<i64>> for Attr {
    fn from(values: Vec<i64>) -> Attr {
        Attr::List(values.into_iter().map(Attr::Int).collect())
    }
}

impl FromAttr for Vec<f32> {
    const WHAT: &'static str = "a list of numbers";

    fn from_attr(attr: &Attr) -> Option<Vec<f32>> {
        match attr {
            Attr::List(items) => items.iter().map(f32::from_attr).collect(),
            _ => None,
        }
    }
}

impl FromAttr for Vec<PartialShape> {
    const WHAT: &'static str = "a list of shapes";

    fn from_attr(attr: &Attr) -> Option<Vec<PartialShape>> {
        match attr {
            Attr::List(items) => items.iter().map(PartialShape::from_attr).collect(),
            _ => None,
        }
    }
}

impl From<Vec<PartialShape>> for Attr {
    fn from(shapes: Vec<PartialShape>) -> Attr {
        Attr::List(shapes.into_iter().map(Attr::Shape).collect())
    }
}

impl From<Vec<f32>> for Attr {
    fn from(values: Vec<f32>) -> Attr {
        Attr::List(values.into_iter().map(Attr::Float).collect())
    }
}
