//! Optional values, as TensorFlow 2's functional conditionals use them: lists of what they hold, which are empty where they
//! are not there.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, Value};
use crate::ops::array::wrong_count;
use crate::ops::held::{Held, Holding};
use crate::ops::list::{list, made};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// An optional value that is there: of one component or several, the inputs.
#[derive(Clone, Debug)]
pub struct OptionalFromValue;

impl Op for OptionalFromValue {
    fn name(&self) -> &'static str {
        "OptionalFromValue"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types: Vec<DType> = node.inputs.iter().map(|fact| fact.dtype).collect();
        Attrs::new().with("Toutput_types", types)
    }

    fn from_attrs(_: &Attrs) -> Result<OptionalFromValue, Reason> {
        Ok(OptionalFromValue)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.is_empty() {
            true => Err("an optional value has one component or more".into()),
            false => Ok(list()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let Some(dy) = node.dy(0) else { return vec![None; node.inputs()] };
            let facts: Vec<Option<Fact>> = (0..node.inputs()).map(|i| node.x(i).fact()).collect();
            let components = facts.iter().map(|fact| match fact {
                Some(fact) => (fact.dtype, fact.shape.clone()),
                None => (DType::Variant, PartialShape::unknown()),
            });
            let node = dy.graph().add_op(OptionalGetValue { components: components.collect() }, &[dy], None);
            (0..facts.len()).map(|output| Some(node.output(output))).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::objects(node.inputs.len(), |_, components| {
            let components = components.iter().cloned().map(Some).collect();
            Ok(made(DType::Variant, PartialShape::unknown(), components))
        }))
    }
}

/// The components of an optional value, which must be there.
#[derive(Clone, Debug)]
pub struct OptionalGetValue {
    /// Type and shape of each.
    pub components: Vec<(DType, PartialShape)>,
}

impl Op for OptionalGetValue {
    fn name(&self) -> &'static str {
        "OptionalGetValue"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let (types, shapes): (Vec<DType>, Vec<PartialShape>) = self.components.iter().cloned().unzip();
        Attrs::new().with("output_types", types).with("output_shapes", shapes)
    }

    fn from_attrs(attrs: &Attrs) -> Result<OptionalGetValue, Reason> {
        let types: Vec<DType> = attrs.require("output_types")?;
        let mut shapes: Vec<PartialShape> = attrs.optional("output_shapes", Vec::new())?;
        if shapes.is_empty() {
            shapes.resize(types.len(), PartialShape::unknown());
        }
        if types.is_empty() || types.len() != shapes.len() {
            let counts = format!("{} types and {} shapes", types.len(), shapes.len());
            return Err(format!("each component has a type and a shape, and there are {counts}").into());
        }
        Ok(OptionalGetValue { components: types.into_iter().zip(shapes).collect() })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [_] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(self.components.iter().map(|(dtype, shape)| Fact::new(*dtype, shape.clone())).collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let all: Vec<Tensor> = (0..node.outputs())
                .map(|output| node.dy(output).cloned().unwrap_or_else(|| node.y(output).zeros_like()))
                .collect();
            let all: Vec<&Tensor> = all.iter().collect();
            vec![Some(node.x(0).graph().add(OptionalFromValue, &all))]
        }))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let components = self.components.clone();
        Ok(Lowered::objects(1, move |_, x| {
            let held = &x[0].list()?.elements;
            if held.is_empty() {
                return Err("the optional value is not there".into());
            }
            if held.len() != components.len() {
                let (there, asked) = (held.len(), components.len());
                return Err(format!("the optional value has {there} components, and not {asked}").into());
            }
            let mut values = Vec::with_capacity(held.len());
            for (value, (dtype, shape)) in held.iter().zip(&components) {
                let value = value.as_ref().ok_or("a component is not there")?;
                if let Value::Array(array) = value
                    && (array.dtype() != *dtype || !shape.accepts(array.shape()))
                {
                    let (own, shaped) = (array.dtype(), array.shape());
                    return Err(format!("a component is {own} {shaped}, and not {dtype} {shape}").into());
                }
                values.push(value.clone());
            }
            Ok(values)
        }))
    }
}

/// Ops that look at whether an optional value is there.
macro_rules! optional_ops {
    ($($(#[$doc:meta])* $name:ident, $inputs:literal, $outputs:expr, |$in:ident| $body:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name;

        impl Holding for $name {
            const NAME: &'static str = stringify!($name);
            const INPUTS: usize = $inputs;

            fn attrs(&self, _: Signature<'_>) -> Attrs {
                Attrs::new()
            }

            fn from_attrs(_: &Attrs) -> Result<$name, Reason> {
                Ok($name)
            }

            fn outputs(&self) -> Facts {
                $outputs
            }

            fn grad(&self) -> Grad<'_> {
                Grad::None("whether a value is there does not change a little")
            }

            fn lower(&self) -> Lowered {
                Lowered::objects($inputs, |_, $in: &mut [Value]| $body)
            }
        }
    )* };
}

optional_ops! {
    /// An optional value that is not there.
    OptionalNone, 0, list(), |_x| Ok(made(DType::Variant, PartialShape::unknown(), Vec::new()));
    /// Whether an optional value is there.
    OptionalHasValue, 1, Fact::new(DType::Bool, PartialShape::scalar()).one(), |x| {
        Ok(vec![Value::Array(Array::scalar(!x[0].list()?.elements.is_empty()))])
    };
}

/// An optional value, there and not there.
pub(super) fn cases() -> Vec<Case> {
    vec![Case::fed("there and not there", [crate::array![1.0, 2.0]], |tf: &Graph, x: &[Tensor]| {
        let filled = tf.add(OptionalFromValue, &[&x[0]]);
        let empty = tf.add(Held(OptionalNone), &[]);
        let get = OptionalGetValue { components: vec![(DType::Float32, PartialShape::unknown())] };
        vec![tf.add(get, &[&filled]) * 1.0, tf.add(Held(OptionalHasValue), &[&empty])]
    })]
}
