//! Layers: functions that make variables, and what is computed with them.

use crate::error::Error;
use crate::graph::{Operand, Tensor};
use crate::nn::init::Initializer;
use crate::nn::{bias_add, relu};
use crate::value::DType;

/// x·W + b, a transfer function of it, and new variables W `[inputs, units]`, called `name/kernel`, and b `[units]`,
/// called `name/bias`. x is `[…, inputs]`, where `inputs` is known; what comes out is `[…, units]`.
///
/// W starts with Glorot's uniform numbers and b with zeros; for others see [`Dense`].
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(784)], "x");
/// let hidden = nn::dense(&x, 128, nn::relu, "hidden");
/// let logits = nn::dense(&hidden, 10, nn::linear, "logits");
/// assert_eq!(logits.shape().to_string(), "[?, 10]");
/// let names: Vec<String> = tf.trainable_variables().iter().map(|variable| variable.name()).collect();
/// assert_eq!(names, ["hidden/kernel:0", "hidden/bias:0", "logits/kernel:0", "logits/bias:0"]);
/// ```
#[track_caller]
pub fn dense(
    x: impl AsRef<Tensor>,
    units: usize,
    activation: impl FnOnce(Tensor) -> Tensor,
    name: &str,
) -> Tensor {
    Dense::new(units).apply(x, activation, name)
}

/// x itself: the transfer function of a layer that has none.
pub fn linear(x: Tensor) -> Tensor {
    x
}

/// A [`dense`] layer of which more is said.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(64)], "x");
/// let layer = nn::Dense::new(32).kernel_initializer(nn::init::he_normal().seed(1)).without_bias();
/// let y = layer.apply(&x, nn::relu, "hidden");
/// assert_eq!(tf.trainable_variables().len(), 1);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does something when it is applied"]
pub struct Dense {
    units: usize,
    kernel: Initializer,
    bias: Option<Initializer>,
}

impl Dense {
    /// A layer of so many units.
    pub fn new(units: usize) -> Dense {
        Dense { units, kernel: crate::nn::init::glorot_uniform(), bias: Some(crate::nn::init::zeros()) }
    }

    /// What W starts with.
    pub fn kernel_initializer(self, kernel: Initializer) -> Dense {
        Dense { kernel, ..self }
    }

    /// What b starts with.
    pub fn bias_initializer(self, bias: Initializer) -> Dense {
        Dense { bias: Some(bias), ..self }
    }

    /// The same without b.
    pub fn without_bias(self) -> Dense {
        Dense { bias: None, ..self }
    }

    /// The layer over x, with variables of its own.
    #[track_caller]
    pub fn apply(
        &self,
        x: impl AsRef<Tensor>,
        activation: impl FnOnce(Tensor) -> Tensor,
        name: &str,
    ) -> Tensor {
        let x = x.as_ref();
        let graph = x.graph();
        let inputs = x.shape().sizes().and_then(|sizes| *sizes.last()?);
        let Some(inputs) = inputs else {
            return match x.fact() {
                Some(_) => graph.fail(Error::invalid(format!(
                    "dense: the last axis of \"{}\", of shape {}, must be known: it says how many weights there are",
                    x.name(),
                    x.shape()
                ))),
                None => x.clone(), // An earlier error, which stands.
            };
        };
        let _scope = graph.name_scope(name);
        let dtype = x.dtype_or(DType::Float32);
        let kernel = graph.variable(self.kernel.tensor(graph, [inputs, self.units], dtype), "kernel");
        let product = x.matmul(&kernel);
        let sum = match &self.bias {
            Some(bias) => {
                let bias = graph.variable(bias.tensor(graph, [self.units], dtype), "bias");
                // A vector has no batch for BiasAdd to add to.
                if x.rank() == Some(1) { product + &bias } else { bias_add(product, &bias) }
            }
            None => product,
        };
        activation(sum)
    }
}

/// x·w + b, for x `[batch, inputs]`, w `[inputs, outputs]` and b `[outputs]`.
#[track_caller]
pub fn xw_plus_b(x: impl AsRef<Tensor>, w: impl Into<Operand>, b: impl Into<Operand>) -> Tensor {
    let x = x.as_ref();
    let _scope = x.graph().name_scope("xw_plus_b");
    bias_add(x.matmul(w), b)
}

/// max(x·w + b, 0), for x `[batch, inputs]`, w `[inputs, outputs]` and b `[outputs]`.
#[track_caller]
pub fn relu_layer(x: impl AsRef<Tensor>, w: impl Into<Operand>, b: impl Into<Operand>) -> Tensor {
    let x = x.as_ref();
    let _scope = x.graph().name_scope("relu_layer");
    relu(bias_add(x.matmul(w), b))
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn dense_is_a_product_a_bias_and_a_transfer_function() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(2)], "x");
        let layer = nn::Dense::new(2)
            .kernel_initializer(nn::init::constant(2.0))
            .bias_initializer(nn::init::constant(-7.0));
        let y = layer.apply(&x, nn::relu, "dense");
        let again = layer.apply(&x, nn::linear, "dense");
        assert_eq!(tf.trainable_variables()[2].name(), "dense_1/kernel:0");
        let sess = Session::new(&tf).unwrap();
        sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        let feed = array![[1.0, 2.0], [3.0, 4.0]];
        let (y, again) = sess.run((&y, &again), feeds![x => feed]).unwrap();
        assert_eq!(y, array![[0.0, 0.0], [7.0, 7.0]]);
        assert_eq!(again, array![[-1.0, -1.0], [7.0, 7.0]]);
    }

    #[test]
    fn the_number_of_inputs_must_be_known() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, None], "x");
        let _ = nn::dense(&x, 3, nn::relu, "dense");
        let said = tf.check().unwrap_err().message().to_string();
        assert!(said.contains("the last axis of \"x:0\", of shape [?, ?], must be known"), "{said}");
    }

    #[test]
    fn functions_over_given_weights() {
        let tf = Graph::new();
        let x = tf.constant(array![[1.0, 2.0]]);
        let (w, b) = (array![[1.0, -1.0], [1.0, -1.0]], array![0.5, 0.5]);
        let sess = Session::new(&tf).unwrap();
        let both = (&nn::xw_plus_b(&x, &w, &b), &nn::relu_layer(&x, &w, &b));
        assert_eq!(sess.run(both, feeds![]).unwrap(), (array![[3.5, -2.5]], array![[3.5, 0.0]]));
    }
}
