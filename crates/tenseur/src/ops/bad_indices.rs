//! What becomes of indices that lie outside: TensorFlow's attribute `bad_indices_policy`.

use crate::error::{Code, Reason};
use crate::ops::Attrs;

/// What becomes of indices that lie outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadIndices {
    /// They are an error.
    #[default]
    Refused,
    /// What they would pick is zeros; what they would change stays as it is.
    PassedOver,
}

impl BadIndices {
    /// What the attribute says; an error, if there is none.
    ///
    /// # Errors
    /// Unimplemented, when it says what is not known.
    pub(super) fn from_attrs(attrs: &Attrs) -> Result<BadIndices, Reason> {
        match attrs.optional("bad_indices_policy", String::new())?.as_str() {
            "" | "DEFAULT" | "ERROR" => Ok(BadIndices::Refused),
            "IGNORE" => Ok(BadIndices::PassedOver),
            other => {
                let text =
                    format!("attribute \"bad_indices_policy\" is ERROR or IGNORE, and not \"{other}\"");
                Err(Reason::new(Code::Unimplemented, text))
            }
        }
    }

    /// The number, counted through `axes`, of the place that a tuple of indices names; none where it lies outside and is passed over.
    ///
    /// # Errors
    /// When an index lies outside and is not.
    pub(super) fn place(self, tuple: &[i64], axes: &[usize]) -> Result<Option<usize>, Reason> {
        let mut place = 0;
        for (&index, &size) in tuple.iter().zip(axes) {
            match usize::try_from(index).ok().filter(|&index| index < size) {
                Some(index) => place = place * size + index,
                None if self == BadIndices::PassedOver => return Ok(None),
                None => return Err(format!("index {index} is outside [0, {size})").into()),
            }
        }
        Ok(Some(place))
    }

    /// The attributes with this one, where it is not the usual.
    pub(super) fn add_to(self, attrs: Attrs) -> Attrs {
        match self {
            BadIndices::Refused => attrs,
            BadIndices::PassedOver => attrs.with("bad_indices_policy", "IGNORE"),
        }
    }
}

/// Refuses indices, so many of them, into nothing at all, as TensorFlow does even where they would pick nothing.
///
/// # Errors
/// When there are some and `tensor` has no elements.
pub(super) fn into_something(count: usize, tensor: &[usize]) -> Result<(), Reason> {
    if count > 0 && tensor.contains(&0) {
        return Err(
            format!("there are {count} indices into a tensor of shape {tensor:?}, which is empty").into()
        );
    }
    Ok(())
}
