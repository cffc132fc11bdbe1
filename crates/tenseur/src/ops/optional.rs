//! Optional values, as TensorFlow 2's functional conditionals use them: lists of at most one element.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Value};
use crate::ops::held::{Held, Holding};
use crate::ops::list::{element_fact, list, made};
use crate::ops::{Attrs, Grad, Signature};
use crate::value::{Array, DType, PartialShape};

/// Ops on optional values; their attributes are types that only OptionalGetValue needs.
macro_rules! optional_ops {
    ($($(#[$doc:meta])* $name:ident, $inputs:literal, |$types:ident| $outputs:expr, |$in:ident| $body:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            attrs: Attrs,
            types: Vec<DType>,
        }

        impl Holding for $name {
            const NAME: &'static str = stringify!($name);
            const INPUTS: usize = $inputs;

            fn attrs(&self, _: Signature<'_>) -> Attrs {
                self.attrs.clone()
            }

            fn from_attrs(attrs: &Attrs) -> Result<$name, Reason> {
                Ok($name { attrs: attrs.clone(), types: attrs.optional("output_types", Vec::new())? })
            }

            fn outputs(&self) -> Facts {
                let $types = &self.types;
                $outputs
            }

            fn grad(&self) -> Grad<'_> {
                Grad::Undefined("there is no rule for optional values yet")
            }

            fn lower(&self) -> Lowered {
                Lowered::objects($inputs, |_, $in: &mut [Value]| $body)
            }
        }
    )* };
}

optional_ops! {
    /// An optional value that is there.
    OptionalFromValue, 1, |_types| list(), |x| {
        Ok(made(DType::Variant, PartialShape::unknown(), vec![Some(x[0].clone())]))
    };
    /// An optional value that is not there.
    OptionalNone, 0, |_types| list(), |_x| Ok(made(DType::Variant, PartialShape::unknown(), Vec::new()));
    /// Whether an optional value is there.
    OptionalHasValue, 1, |_types| Fact::new(DType::Bool, PartialShape::scalar()).one(), |x| {
        Ok(vec![Value::Array(Array::scalar(!x[0].list()?.elements.is_empty()))])
    };
    /// An optional value, which must be there.
    OptionalGetValue, 1, |types| element_fact(types.first().copied().unwrap_or(DType::Variant)), |x| {
        let value = x[0].list()?.elements.first().cloned().flatten();
        Ok(vec![value.ok_or("the optional value is not there")?])
    };
}

/// An optional value, there and not there.
pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::fed("there and not there", [crate::array![1.0, 2.0]], |tf, x| {
            let attrs = Attrs::new().with("output_types", vec![DType::Float32]);
            let none = Attrs::new();
            let filled = OptionalFromValue::from_attrs(&none).map(Held).expect("no attribute is needed");
            let filled = tf.add(filled, &[&x[0]]);
            let empty = OptionalNone::from_attrs(&none).map(Held).expect("no attribute is needed");
            let empty = tf.add(empty, &[]);
            let get = OptionalGetValue::from_attrs(&attrs).map(Held).expect("its type is there");
            let asked = OptionalHasValue::from_attrs(&none).map(Held).expect("no attribute is needed");
            vec![tf.add(get, &[&filled]) * 1.0, tf.add(asked, &[&empty])]
        })
        .at_kink(),
    ]
}
