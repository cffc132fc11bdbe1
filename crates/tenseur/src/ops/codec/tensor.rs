//! Tensors as bytes and back, as TensorFlow's TensorProto: SerializeTensor and ParseTensor.

use prost::Message;

use super::BYTES;
use crate::conformance::Case;
use crate::error::Reason;
use crate::formats::proto::TensorProto;
use crate::formats::tensor_proto::{array_from_proto, content_proto, proto_from_array};
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// A tensor of any type as the bytes of a TensorProto.
#[derive(Clone, Debug)]
pub struct SerializeTensor;

/// The tensor in the bytes of a TensorProto.
#[derive(Clone, Debug)]
pub struct ParseTensor {
    /// The type that it must have.
    pub out_type: DType,
}

impl OverArrays for SerializeTensor {
    const NAME: &'static str = "SerializeTensor";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SerializeTensor)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs {
            [_] => Ok(Fact::new(DType::String, ()).one()),
            _ => Err(wrong_count(1, inputs)),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let proto = match inputs[0].dtype() {
            DType::String => proto_from_array(&inputs[0]),
            _ => content_proto(&inputs[0]),
        };
        Ok(vec![Array::strings([], [proto.encode_to_vec()])?])
    }
}

impl OverArrays for ParseTensor {
    const NAME: &'static str = "ParseTensor";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(ParseTensor { out_type: attrs.require("out_type")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [bytes] = inputs else { return Err(wrong_count(1, inputs)) };
        must_be_scalar(bytes, "the bytes of a tensor")?;
        match bytes.dtype {
            DType::String => Ok(Fact::new(self.out_type, PartialShape::unknown()).one()),
            other => Err(format!("the bytes of a tensor are a string, not {other}").into()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let bytes = scalar_string(&inputs[0])?;
        let proto = TensorProto::decode(bytes)
            .map_err(|error| Reason::from(format!("the bytes are not those of a tensor: {error}")))?;
        let array = array_from_proto(&proto)?;
        match array.dtype() == self.out_type {
            true => Ok(vec![array]),
            false => {
                Err(format!("the tensor is of {}, and {} was asked for", array.dtype(), self.out_type).into())
            }
        }
    }
}

impl Tensor {
    /// It as bytes, a scalar string, which [`parse_tensor`](Tensor::parse_tensor) reads: TensorFlow's TensorProto.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0]]);
    /// let y = x.serialize_tensor().parse_tensor(DType::Float32);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[1.0, 2.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn serialize_tensor(&self) -> Tensor {
        self.graph().add(ByArrays(SerializeTensor), &[self])
    }

    /// The tensor of type `dtype` in these bytes, a scalar string.
    #[track_caller]
    pub fn parse_tensor(&self, dtype: DType) -> Tensor {
        self.graph().add(ByArrays(ParseTensor { out_type: dtype }), &[self])
    }
}

/// There and back, of several types.
pub(in crate::ops) fn tensor_cases() -> Vec<Case> {
    let arrays = [
        crate::array![[1.5, -2.0], [0.0, 3.0]],
        crate::array![1, 2, 3],
        crate::array!["a", "", "ÿ"],
        Array::scalar(true),
        Array::from_literal([[0.0; 0]; 2]),
    ];
    let case = |array: Array| {
        let dtype = array.dtype();
        let build = move |_: &crate::Graph, x: &[Tensor]| vec![x[0].serialize_tensor().parse_tensor(dtype)];
        Case::fed(dtype.name(), [array.clone()], build).expecting([array])
    };
    arrays.map(case).into()
}
