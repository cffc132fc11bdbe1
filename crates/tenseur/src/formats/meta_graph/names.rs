//! The names of nodes in what a MetaGraphDef says beside the graph, where nodes are called otherwise now.

use std::collections::HashMap;
use std::sync::Arc;

use crate::formats::graphdef::recorded_name;
use crate::formats::proto::{SaverDef, SignatureDef, TensorEncoding, TensorInfo, VariableDef};
use crate::graph::Contents;

/// The new names of nodes that are called otherwise than in their file, by the old ones.
pub(super) struct NewNames(HashMap<String, Arc<str>>);

impl NewNames {
    pub(super) fn of(contents: &Contents) -> NewNames {
        let renamed = contents.nodes.iter().filter_map(|node| {
            let old = recorded_name(node)?;
            (old != *node.name).then(|| (old, node.name.clone()))
        });
        NewNames(renamed.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a node or tensor.
    pub(super) fn rename(&self, text: &mut String) {
        let (name, output) = match text.split_once(':') {
            Some((name, output)) => (name, Some(output)),
            None => (text.as_str(), None),
        };
        if let Some(new) = self.0.get(name) {
            *text = match output {
                Some(output) => format!("{new}:{output}"),
                None => new.to_string(),
            };
        }
    }

    pub(super) fn rename_variable(&self, def: &mut VariableDef) {
        self.rename(&mut def.variable_name);
        self.rename(&mut def.initializer_name);
        self.rename(&mut def.snapshot_name);
        self.rename(&mut def.initial_value_name);
    }

    pub(super) fn rename_saver(&self, def: &mut SaverDef) {
        self.rename(&mut def.filename_tensor_name);
        self.rename(&mut def.save_tensor_name);
        self.rename(&mut def.restore_op_name);
    }

    pub(super) fn rename_signature(&self, def: &mut SignatureDef) {
        def.inputs.values_mut().chain(def.outputs.values_mut()).for_each(|info| self.rename_tensor(info));
    }

    pub(super) fn rename_tensor(&self, info: &mut TensorInfo) {
        match &mut info.encoding {
            Some(TensorEncoding::Name(name)) => self.rename(name),
            Some(TensorEncoding::CooSparse(sparse)) => {
                self.rename(&mut sparse.values_tensor_name);
                self.rename(&mut sparse.indices_tensor_name);
                self.rename(&mut sparse.dense_shape_tensor_name);
            }
            Some(TensorEncoding::CompositeTensor(composite)) => {
                composite.components.iter_mut().for_each(|component| self.rename_tensor(component));
            }
            None => {}
        }
    }
}
