//! Sparse tensors that a session keeps, by numbers that go through queues: AddSparseToTensorsMap, AddManySparseToTensorsMap and
//! TakeManySparseFromTensorsMap.
//!
//! Nodes with one `shared_name` share a map; where it is empty, the node's own name is meant. What is taken is no longer there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::stored::{Stored, together};
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Kept, Lowered, Objects, Value};
use crate::ops::array::{must_be_vector, wrong_count};
use crate::ops::sparse::SparseTensor;
use crate::ops::sparse::serialized::parts_of;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// Why no gradient goes through a map.
const KEPT: &str = "what is taken out of a map was put in by another run";

/// Sparse tensors by their numbers, and how many there have been.
#[derive(Debug, Default)]
struct Map {
    tensors: HashMap<i64, Stored>,
    next: i64,
}

/// Which map it is.
#[derive(Clone, Debug, Default)]
pub struct MapName {
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which several nodes share it.
    pub shared_name: String,
}

impl MapName {
    fn attrs(&self, attrs: Attrs) -> Attrs {
        attrs.with("container", self.container.as_str()).with("shared_name", self.shared_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<MapName, Reason> {
        Ok(MapName {
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
        })
    }

    /// Does something with the map that the session keeps.
    fn with<R>(
        &self,
        objects: &mut Objects,
        act: impl FnOnce(&mut Map) -> Result<R, Reason>,
    ) -> Result<R, Reason> {
        let kept: Kept =
            objects.of_kind("SparseTensorsMap", &self.shared_name, || Ok(Mutex::<Map>::default()))?;
        let value = Value::Kept(kept);
        let map = value.kept::<Mutex<Map>>("a map of sparse tensors")?;
        act(&mut map.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Map {
    fn add(&mut self, tensor: Stored) -> i64 {
        let number = self.next;
        self.next += 1;
        self.tensors.insert(number, tensor);
        number
    }
}

/// Puts a sparse tensor into a map and gives its number, int64; of MANY, those along its first axis, `[count]`. Inputs:
/// indices, values and shape.
#[derive(Clone, Debug, Default)]
pub struct AddSparse<const MANY: bool> {
    /// Which map.
    pub map: MapName,
}

impl<const MANY: bool> Op for AddSparse<MANY> {
    fn name(&self) -> &'static str {
        if MANY { "AddManySparseToTensorsMap" } else { "AddSparseToTensorsMap" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.map.attrs(Attrs::new().with("T", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(AddSparse { map: MapName::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        parts_of(inputs)?;
        Ok(match MANY {
            true => Fact::new(DType::Int64, [None]).one(),
            false => Fact::new(DType::Int64, ()).one(),
        })
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(KEPT)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let name = self.map.clone();
        Ok(Lowered::objects(3, move |objects, parts| {
            let whole = Stored::new(parts[0].array()?, parts[1].array()?, parts[2].array()?)?;
            whole.sizes()?;
            if !MANY {
                whole.check()?;
                let number = name.with(objects, |map| Ok(map.add(whole)))?;
                return Ok(vec![Value::Array(Array::scalar(number))]);
            }
            let all = whole.apart()?;
            let mut numbers = vec![0i64; all.len()];
            name.with(objects, |map| {
                // Those without elements get their numbers last.
                let (empty, others): (Vec<_>, Vec<_>) =
                    all.into_iter().enumerate().partition(|(_, tensor)| tensor.count() == 0);
                for (place, tensor) in others.into_iter().chain(empty) {
                    numbers[place] = map.add(tensor);
                }
                Ok(())
            })?;
            Ok(vec![Value::Array(Array::new([numbers.len()], numbers)?)])
        }))
    }
}

/// Takes sparse tensors out of a map, by their numbers `[count]`, and puts them together along a new first axis: indices,
/// values and shape.
#[derive(Clone, Debug)]
pub struct TakeManySparse {
    /// The type that their values must have.
    pub dtype: DType,
    /// Which map.
    pub map: MapName,
}

impl Op for TakeManySparse {
    fn name(&self) -> &'static str {
        "TakeManySparseFromTensorsMap"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.map.attrs(Attrs::new().with("dtype", self.dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(TakeManySparse { dtype: attrs.require("dtype")?, map: MapName::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [numbers] = inputs else { return Err(wrong_count(1, inputs)) };
        must_be_vector(numbers, "numbers of sparse tensors")?;
        if numbers.dtype != DType::Int64 {
            return Err(format!("numbers of sparse tensors are int64, and not {}", numbers.dtype).into());
        }
        let indices = Fact::new(DType::Int64, [None, None]);
        Ok([indices, Fact::new(self.dtype, [None]), Fact::new(DType::Int64, [None])].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(KEPT)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::objects(1, move |objects, inputs| {
            let numbers = inputs[0].array()?;
            if numbers.is_empty() || numbers.shape().rank() != 1 {
                let shape = numbers.shape();
                return Err(
                    format!("it takes one sparse tensor or more, and numbers of shape {shape}").into()
                );
            }
            let numbers = numbers.to_i64()?;
            let all = op.map.with(objects, |map| {
                let take = |number: &i64| {
                    let text = || {
                        format!("there is no sparse tensor {number} in the map \"{}\"", op.map.shared_name)
                    };
                    map.tensors.remove(number).ok_or_else(|| Reason::from(text()))
                };
                numbers.iter().map(take).collect::<Result<Vec<_>, Reason>>()
            })?;
            if let Some(other) = all.iter().find(|tensor| tensor.values.dtype() != op.dtype) {
                let own = other.values.dtype();
                return Err(format!("the values are of {own}, and {} was asked for", op.dtype).into());
            }
            Ok(together(&all, &[all.len()])?.map(Value::Array).into())
        }))
    }
}

/// Three rows go in and two of them come out.
pub(in crate::ops) fn cases<const MANY: bool>() -> Vec<Case> {
    vec![
        Case::fed("in and out", [crate::array![1.5, -2.0]], |tf, x| {
            let indices: &[[i64; 2]] = &[[0, 1], [2, 2]];
            let rows =
                SparseTensor::from_parts(tf, indices, crate::array![1.0, 2.0], [3, 3]).with_values(&x[0]);
            let map = MapName { shared_name: "rows".to_string(), ..MapName::default() };
            let numbers = match MANY {
                true => tf.add(AddSparse::<true> { map: map.clone() }, &rows.parts()).slice([1], [2]),
                false => tf.add(AddSparse::<false> { map: map.clone() }, &rows.parts()).reshape([1]),
            };
            let taken = tf.add_op(TakeManySparse { dtype: DType::Float32, map }, &[&numbers], None);
            (0..3).map(|part| taken.output(part)).collect()
        })
        .twice(),
    ]
}
