//! Using a graph as the function that one of its signatures describes.

use std::collections::BTreeMap;

use super::Signature;
use crate::error::{Code, Error, Result};
use crate::graph::Tensor;
use crate::session::{Feeds, Session};
use crate::value::Array;

impl Signature {
    /// Computes the results for these arguments, each by its name in the signature; `feeds` are fed too.
    ///
    /// # Errors
    /// When there is no such argument, one is missing or does not fit, or the run fails.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use tenseur::formats::meta_graph::Signature;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None], "x");
    /// let y = &x * 2.0;
    /// let doubles = Signature {
    ///     inputs: BTreeMap::from([("x".to_string(), x)]),
    ///     outputs: BTreeMap::from([("y".to_string(), y)]),
    ///     method_name: "tensorflow/serving/predict".to_string(),
    /// };
    /// let sess = Session::new(&tf)?;
    /// let results = doubles.run(&sess, &BTreeMap::from([("x".to_string(), array![1.0, 3.0])]), feeds![])?;
    /// assert_eq!(results["y"], array![2.0, 6.0]);
    /// let error = doubles.run(&sess, &BTreeMap::new(), feeds![]).unwrap_err();
    /// assert_eq!(error.message(), "it takes \"x\", which is not given");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn run(
        &self,
        session: &Session,
        arguments: &BTreeMap<String, Array>,
        mut feeds: Feeds,
    ) -> Result<BTreeMap<String, Array>> {
        for (name, value) in arguments {
            let tensor = self.inputs.get(name).ok_or_else(|| {
                let known: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
                Error::new(Code::NotFound, format!("it takes no \"{name}\"; it takes: {}", known.join(", ")))
            })?;
            feeds = feeds.with(tensor, value);
        }
        if let Some(missing) = self.inputs.keys().find(|name| !arguments.contains_key(*name)) {
            return Err(Error::invalid(format!("it takes \"{missing}\", which is not given")));
        }
        let tensors: Vec<Tensor> = self.outputs.values().cloned().collect();
        let results = session.run(tensors.as_slice(), feeds)?;
        Ok(self.outputs.keys().cloned().zip(results).collect())
    }
}
