//! What is told of the model itself: its state, and its signatures as a `SignatureDef` in JSON.

use serde_json::{Map, Value, json};
use tenseur::servable::Servable;
use tenseur::{DType, Tensor};

use crate::route::Served;

/// What the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Loading,
    Available,
    Stopping,
}

impl State {
    /// TensorFlow Serving's name for it.
    fn name(self) -> &'static str {
        match self {
            State::Loading => "LOADING",
            State::Available => "AVAILABLE",
            State::Stopping => "UNLOADING",
        }
    }
}

/// The status of the one version there is.
pub(crate) fn status(served: &Served, state: State) -> String {
    let status = json!({ "model_version_status": [{
        "version": served.version.to_string(),
        "state": state.name(),
        "status": { "error_code": "OK", "error_message": "" },
    }] });
    status.to_string()
}

/// The signatures.
pub(crate) fn metadata(served: &Served, model: &Servable) -> String {
    let tensors = |tensors: &std::collections::BTreeMap<String, Tensor>| -> Map<String, Value> {
        tensors.iter().map(|(name, tensor)| (name.clone(), tensor_info(tensor))).collect()
    };
    let signature = |(name, signature): (&str, &tenseur::formats::meta_graph::Signature)| {
        let def = json!({
            "inputs": tensors(&signature.inputs),
            "outputs": tensors(&signature.outputs),
            "method_name": signature.method_name,
            "defaults": {},
        });
        (name.to_string(), def)
    };
    let signatures: Map<String, Value> = model.signatures().map(signature).collect();
    let spec = json!({ "name": served.name, "signature_name": "", "version": served.version.to_string() });
    // The message is a map within a message within a map.
    json!({ "model_spec": spec, "metadata": { "signature_def": { "signature_def": signatures } } })
        .to_string()
}

fn tensor_info(tensor: &Tensor) -> Value {
    let shape = tensor.shape();
    let dim = |size: &Option<usize>| {
        let size = size.map_or("-1".to_string(), |size| size.to_string());
        json!({ "size": size, "name": "" })
    };
    let dims: Vec<Value> = shape.sizes().unwrap_or_default().iter().map(dim).collect();
    json!({
        "dtype": tensor.dtype().map_or("DT_INVALID".to_string(), dtype_name),
        "tensor_shape": { "dim": dims, "unknown_rank": shape.rank().is_none() },
        "name": tensor.name(),
    })
}

/// The name in TensorFlow's `DataType`.
fn dtype_name(dtype: DType) -> String {
    match dtype {
        DType::Float16 => "DT_HALF".to_string(),
        DType::Float32 => "DT_FLOAT".to_string(),
        DType::Float64 => "DT_DOUBLE".to_string(),
        other => format!("DT_{}", other.name().to_uppercase()),
    }
}
