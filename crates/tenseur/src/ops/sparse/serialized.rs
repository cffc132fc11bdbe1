//! Sparse tensors as strings or variants, three to a tensor, and back: SerializeSparse, SerializeManySparse, DeserializeSparse
//! and DeserializeManySparse.
//!
//! The strings are TensorFlow's TensorProto of indices, values and shape. A variant is a list: of the three parts, or, of
//! several sparse tensors, of such lists.

use std::sync::Arc;

use prost::Message;

use super::stored::{Stored, together};
use crate::conformance::Case;
use crate::error::Reason;
use crate::formats::proto::TensorProto;
use crate::formats::tensor_proto::{array_from_proto, content_proto};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{List, Lowered, Value};
use crate::ops::array::wrong_count;
use crate::ops::sparse::SparseTensor;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// Why no gradient goes through them.
const NO_GRADIENT: &str = "bytes do not change a little";

/// What the ops do besides: nothing with strings; lists go alone.
fn effects_of(dtype: DType) -> Effects {
    match dtype {
        DType::Variant => Effects::of(Effect::Outside).failing(),
        _ => Effects::PURE.failing(),
    }
}

/// String or variant, as the attribute `name` says; string where it is missing.
fn kind_of(attrs: &Attrs, name: &str) -> Result<DType, Reason> {
    match attrs.optional(name, DType::String)? {
        dtype @ (DType::String | DType::Variant) => Ok(dtype),
        other => Err(format!("attribute \"{name}\" should be string or variant and is {other}").into()),
    }
}

/// A sparse tensor as three strings or variants, `[3]`; of MANY, those along its first axis, `[count, 3]`. Inputs: indices,
/// values and shape.
#[derive(Clone, Debug)]
pub struct SerializeSparse<const MANY: bool> {
    /// String or variant.
    pub out_type: DType,
}

impl<const MANY: bool> SerializeSparse<MANY> {
    /// The sparse tensors of these parts, one or several.
    fn stored(parts: [&Array; 3]) -> Result<Vec<Stored>, Reason> {
        let [indices, values, shape] = parts;
        let whole = Stored::new(indices, values, shape)?;
        match MANY {
            true => whole.apart(),
            false => Ok(vec![whole]),
        }
    }
}

impl<const MANY: bool> Op for SerializeSparse<MANY> {
    fn name(&self) -> &'static str {
        if MANY { "SerializeManySparse" } else { "SerializeSparse" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(SerializeSparse { out_type: kind_of(attrs, "out_type")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        parts_of(inputs)?;
        let count = inputs[2].known_integers().and_then(|sizes| sizes.first().copied().flatten());
        let count = count.and_then(|count| usize::try_from(count).ok());
        let shape: PartialShape = match MANY {
            true => [count, Some(3)].into(),
            false => [3].into(),
        };
        Ok(Fact::new(self.out_type, shape).one())
    }

    fn effects(&self) -> Effects {
        effects_of(self.out_type)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(NO_GRADIENT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if self.out_type != DType::Variant {
            return Ok(Lowered::arrays(self.name(), node, |parts| {
                let all = Self::stored([&parts[0], &parts[1], &parts[2]])?;
                let bytes = |array: &Array| content_proto(array).encode_to_vec();
                let strings = all.iter().flat_map(|one| [&one.indices, &one.values, &one.shape]).map(bytes);
                let count = all.len();
                Ok(vec![match MANY {
                    true => Array::strings([count, 3], strings)?,
                    false => Array::strings([3], strings)?,
                }])
            }));
        }
        Ok(Lowered::objects(3, |_, parts| {
            let mut all = Self::stored([parts[0].array()?, parts[1].array()?, parts[2].array()?])?;
            let list = |elements: Vec<Value>| {
                let elements = elements.into_iter().map(Some).collect();
                let shape = PartialShape::unknown();
                Value::List(Arc::new(List { dtype: DType::Variant, shape, elements, most: None }))
            };
            let one = |one: Stored| list([one.indices, one.values, one.shape].map(Value::Array).into());
            Ok(vec![match (MANY, all.pop()) {
                (false, Some(only)) => one(only),
                (_, last) => list(all.into_iter().chain(last).map(one).collect()),
            }])
        }))
    }
}

/// Whether inputs can be the parts of a sparse tensor, by their types and how many axes they have.
///
/// # Errors
/// Which cannot.
pub(super) fn parts_of(inputs: &[&Fact]) -> Result<(), Reason> {
    let [indices, values, shape] = inputs else { return Err(wrong_count(3, inputs)) };
    for (fact, rank, what) in [(indices, 2, "indices"), (values, 1, "values"), (shape, 1, "the shape")] {
        if fact.shape.rank().is_some_and(|own| own != rank) {
            return Err(
                format!("{what} of a sparse tensor must have {rank} axes, not shape {}", fact.shape).into()
            );
        }
        if what != "values" && fact.dtype != DType::Int64 {
            return Err(format!("{what} of a sparse tensor must be int64, not {}", fact.dtype).into());
        }
    }
    Ok(())
}

/// The sparse tensor in strings or variants `[…, 3]`, with the axes before the last as its first: indices, values, shape. Of
/// MANY strings `[count, 3]`.
#[derive(Clone, Debug)]
pub struct DeserializeSparse<const MANY: bool> {
    /// The type that the values must have.
    pub dtype: DType,
    /// String or variant.
    pub serialized: DType,
}

impl<const MANY: bool> DeserializeSparse<MANY> {
    /// Whether a sparse tensor is what is asked for.
    fn check(&self, one: Stored) -> Result<Stored, Reason> {
        one.check()?;
        if one.values.dtype() != self.dtype {
            let (own, asked) = (one.values.dtype(), self.dtype);
            return Err(format!("the values are of {own}, and {asked} was asked for").into());
        }
        for part in [&one.indices, &one.shape] {
            if part.dtype() != DType::Int64 {
                return Err(format!("indices and shape are of int64, and not of {}", part.dtype()).into());
            }
        }
        Ok(one)
    }

    fn of_strings(&self, strings: &Array) -> Result<[Array; 3], Reason> {
        let Some((3, leading)) = strings.shape().split_last().map(|(&last, leading)| (last, leading)) else {
            let shape = strings.shape();
            return Err(format!("a sparse tensor is three strings, and here is shape {shape}").into());
        };
        let part = |bytes: &Vec<u8>| {
            let proto = TensorProto::decode(&bytes[..])
                .map_err(|error| Reason::from(format!("the bytes are not those of a tensor: {error}")))?;
            array_from_proto(&proto)
        };
        let one = |parts: &[Vec<u8>]| {
            self.check(Stored::new(&part(&parts[0])?, &part(&parts[1])?, &part(&parts[2])?)?)
        };
        let all = strings.as_strings()?.chunks(3).map(one).collect::<Result<Vec<_>, Reason>>()?;
        together(&all, leading)
    }

    fn of_variants(&self, value: &Value) -> Result<[Array; 3], Reason> {
        let list = value.list()?;
        let part = |parts: &List, place: usize| match parts.elements.get(place) {
            Some(Some(part)) if parts.elements.len() == 3 => part.array().cloned(),
            _ => Err(format!("a sparse tensor is three variants, and not {}", parts.elements.len()).into()),
        };
        let one =
            |parts: &List| self.check(Stored::new(&part(parts, 0)?, &part(parts, 1)?, &part(parts, 2)?)?);
        if matches!(list.elements.first(), Some(Some(Value::Array(_)))) {
            return together(&[one(list)?], &[]);
        }
        let several = |element: &Option<Value>| match element {
            Some(parts) => one(parts.list()?),
            None => Err("a sparse tensor is not there".into()),
        };
        let all = list.elements.iter().map(several).collect::<Result<Vec<_>, Reason>>()?;
        together(&all, &[all.len()])
    }
}

impl<const MANY: bool> Op for DeserializeSparse<MANY> {
    fn name(&self) -> &'static str {
        if MANY { "DeserializeManySparse" } else { "DeserializeSparse" }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        match MANY {
            true => Attrs::new().with("dtype", self.dtype),
            false => Attrs::new().with("Tserialized", self.serialized).with("dtype", self.dtype),
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let serialized = if MANY { DType::String } else { kind_of(attrs, "Tserialized")? };
        Ok(DeserializeSparse { dtype: attrs.require("dtype")?, serialized })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [all] = inputs else { return Err(wrong_count(1, inputs)) };
        if all.dtype != self.serialized {
            return Err(format!("it takes {}, and not {}", self.serialized, all.dtype).into());
        }
        let fits = !MANY || all.shape.merge(&[None, Some(3)].into()).is_some();
        // The shape of variants is not what a file says.
        let last = all.shape.sizes().map(|sizes| sizes.last().copied());
        let last = self.serialized == DType::Variant || matches!(last, None | Some(Some(None | Some(3))));
        if !fits || !last {
            return Err(
                format!("serialized sparse tensors have 3 columns, and not shape {}", all.shape).into()
            );
        }
        let fact = |dtype, shape: PartialShape| Fact::new(dtype, shape);
        Ok([
            fact(DType::Int64, [None, None].into()),
            fact(self.dtype, [None].into()),
            fact(DType::Int64, [None].into()),
        ]
        .into_iter()
        .collect())
    }

    fn effects(&self) -> Effects {
        effects_of(self.serialized)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(NO_GRADIENT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(match self.serialized {
            DType::Variant => {
                Lowered::objects(1, move |_, inputs| Ok(op.of_variants(&inputs[0])?.map(Value::Array).into()))
            }
            _ => Lowered::arrays(self.name(), node, move |arrays| Ok(op.of_strings(&arrays[0])?.into())),
        })
    }
}

impl SparseTensor {
    /// It as three strings, of its indices, values and shape.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 1], [2, 0]], array![1.0, 2.0], [3, 2]);
    /// let y = SparseTensor::deserialize(&x.serialize(), DType::Float32);
    /// assert_eq!(Session::new(&tf)?.run(&y.to_dense(0.0), feeds![])?, array![[0.0, 1.0], [0.0, 0.0], [2.0, 0.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn serialize(&self) -> Tensor {
        self.graph().add(SerializeSparse::<false> { out_type: DType::String }, &self.parts())
    }

    /// Those along its first axis, as strings `[count, 3]`.
    #[track_caller]
    pub fn serialize_many(&self) -> Tensor {
        self.graph().add(SerializeSparse::<true> { out_type: DType::String }, &self.parts())
    }

    /// The sparse tensor of `dtype` in strings `[…, 3]`: the axes before the last become its first, and each size is that of
    /// the largest.
    #[track_caller]
    pub fn deserialize(serialized: &Tensor, dtype: DType) -> SparseTensor {
        let op = DeserializeSparse::<false> { dtype, serialized: DType::String };
        let node = serialized.graph().add_op(op, &[serialized], None);
        SparseTensor::new(&node.output(0), &node.output(1), &node.output(2))
    }

    fn graph(&self) -> &Graph {
        self.values.graph()
    }
}

/// Two rows, of which the second is empty.
fn two_rows(tf: &Graph, x: &Tensor) -> SparseTensor {
    SparseTensor::from_parts(tf, &[[0, 1], [0, 2]], crate::array![1.0, 2.0], [2, 3]).with_values(x)
}

pub(in crate::ops) fn cases<const MANY: bool>() -> Vec<Case> {
    let there_and_back = |out_type: DType| {
        move |tf: &Graph, x: &[Tensor]| {
            let sparse = two_rows(tf, &x[0]);
            let bytes = match MANY {
                true => tf.add(SerializeSparse::<true> { out_type }, &sparse.parts()),
                false => tf.add(SerializeSparse::<false> { out_type }, &sparse.parts()),
            };
            let dtype = DType::Float32;
            let node = match (MANY, out_type) {
                (true, DType::String) => {
                    tf.add_op(DeserializeSparse::<true> { dtype, serialized: out_type }, &[&bytes], None)
                }
                _ => tf.add_op(DeserializeSparse::<false> { dtype, serialized: out_type }, &[&bytes], None),
            };
            (0..3).map(|part| node.output(part)).collect()
        }
    };
    let long = |array: Array| crate::conformance::as_type(array, DType::Int64);
    let expected =
        || [long(crate::array![[0, 1], [0, 2]]), crate::array![1.5, -2.0], long(crate::array![2, 3])];
    [DType::String, DType::Variant]
        .map(|dtype| {
            Case::fed(dtype.name(), [crate::array![1.5, -2.0]], there_and_back(dtype)).expecting(expected())
        })
        .into()
}
