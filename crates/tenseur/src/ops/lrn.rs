//! Local response normalisation: `y = x / (bias + α · Σ x²)^β`, the sum being over the channel and up to `depth_radius`
//! neighbours on either side. (Krizhevsky, Sutskever and Hinton, *ImageNet Classification with Deep Convolutional Neural
//! Networks*, 2012.)

use tenseur_kernels::Call;

use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::gradients::gradients_from;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::conv::numbers;
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// What the op and its gradient are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalResponse {
    /// How many neighbours count on either side.
    pub depth_radius: i64,
    /// What keeps the divisor away from 0.
    pub bias: f32,
    /// How much the sum of squares counts.
    pub alpha: f32,
    /// The power of the divisor.
    pub beta: f32,
}

impl Default for LocalResponse {
    fn default() -> LocalResponse {
        LocalResponse { depth_radius: 5, bias: 1.0, alpha: 1.0, beta: 0.5 }
    }
}

/// Each channel of x, `[batch, height, width, channels]`, divided by what it and its neighbours amount to.
#[derive(Clone, Debug)]
pub struct Lrn {
    /// What it is told.
    pub response: LocalResponse,
}

/// The gradient of [`Lrn`]. Inputs: the gradient of y, x, and y.
#[derive(Clone, Debug)]
pub struct LrnGrad {
    /// What it is told.
    pub response: LocalResponse,
}

impl LocalResponse {
    fn from_attrs(attrs: &Attrs) -> Result<LocalResponse, Reason> {
        let default = LocalResponse::default();
        let response = LocalResponse {
            depth_radius: attrs.optional("depth_radius", default.depth_radius)?,
            bias: attrs.optional("bias", default.bias)?,
            alpha: attrs.optional("alpha", default.alpha)?,
            beta: attrs.optional("beta", default.beta)?,
        };
        Ok(response)
    }

    fn attrs(&self, dtype: DType) -> Attrs {
        let attrs = Attrs::new().with("T", dtype).with("depth_radius", self.depth_radius);
        attrs.with("bias", self.bias).with("alpha", self.alpha).with("beta", self.beta)
    }

    fn check(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let dtypes: Vec<DType> = inputs.iter().map(|fact| fact.dtype).collect();
        if !dtypes[0].is_float() || dtypes.iter().any(|&dtype| dtype != dtypes[0]) {
            return Err(refusal(&dtypes, DType::is_float));
        }
        if self.depth_radius < 0 {
            return Err(format!("the radius is {}; it is 0 or more", self.depth_radius).into());
        }
        let mut shape = inputs[0].shape.clone();
        for fact in inputs {
            let both = shape.merge(&fact.shape);
            shape = both.ok_or_else(|| format!("shapes {shape} and {} are not the same", fact.shape))?;
        }
        match shape.rank() {
            None | Some(4) => Ok(Fact::new(dtypes[0], shape).one()),
            Some(_) => {
                Err(format!("it takes 4 axes, batch, height, width and channels, and not {shape}").into())
            }
        }
    }

    /// The channels that count for channel `c` of so many.
    fn around(&self, c: usize, channels: usize) -> std::ops::Range<usize> {
        let radius = usize::try_from(self.depth_radius).unwrap_or(0);
        c.saturating_sub(radius)..channels.min(c.saturating_add(radius).saturating_add(1))
    }

    /// What the channels of a pixel are divided by, before the power.
    fn norms(&self, x: &[f64]) -> Vec<f64> {
        let sum = |c| x[self.around(c, x.len())].iter().map(|x| x * x).sum::<f64>();
        (0..x.len()).map(|c| f64::from(self.bias) + f64::from(self.alpha) * sum(c)).collect()
    }

    /// The gradient of [`Lrn`] written in ops that have gradients themselves: with `s` the norms,
    /// `dx = dy · s^−β − 2αβ · x · Σ dy · x · s^(−β−1)`, summed over the neighbours.
    fn gradient(&self, dy: &Tensor, x: &Tensor, channels: usize) -> Option<Tensor> {
        let dtype = x.dtype()?;
        let neighbours: Vec<f64> = (0..channels * channels)
            .map(|i| f64::from(u8::from(self.around(i / channels, channels).contains(&(i % channels)))))
            .collect();
        let band = Array::new([channels, channels], neighbours).ok()?;
        let band = x.graph().constant(band).cast_to(dtype);
        let around = |x: &Tensor| x.reshape([-1, channels as i32]).matmul(&band).reshape_like(x);
        let number = |value: f64| x.graph().full_of(dtype, Shape::scalar(), value);
        let (alpha, beta) = (f64::from(self.alpha), f64::from(self.beta));
        let norms = around(&x.square()) * number(alpha) + number(self.bias.into());
        let inner = around(&(dy * x * norms.pow(number(-beta - 1.0))));
        Some(dy * norms.pow(number(-beta)) - x * inner * number(2.0 * alpha * beta))
    }
}

/// The numbers of `arrays` a pixel at a time, to numbers of the first's type and shape.
fn by_pixel(
    name: &'static str,
    node: Signature<'_>,
    inputs: usize,
    body: impl Fn(&[&[f64]]) -> Vec<f64> + Send + Sync + 'static,
) -> Result<Lowered, Reason> {
    let shape = known_shape(&node.outputs[0])?;
    let dtype = node.outputs[0].dtype;
    let size = dtype.size().ok_or_else(|| format!("there are no loops over {dtype}"))?;
    let channels = shape.last().copied().unwrap_or(1);
    let bytes = shape.elements() * size;
    Ok(Lowered::kernel(Call::new(name, vec![bytes; inputs], vec![bytes], move |inputs, outputs| {
        let said = |error: crate::Error| tenseur_kernels::KernelError::from(error);
        let numbers = |bytes: &&[u8]| Array::from_bytes(dtype, shape.clone(), bytes)?.to_f64();
        let inputs: Vec<Vec<f64>> = inputs.iter().map(numbers).collect::<Result<_, _>>().map_err(said)?;
        for (pixel, to) in outputs[0].chunks_exact_mut((channels * size).max(1)).enumerate() {
            let of_pixel: Vec<&[f64]> =
                inputs.iter().map(|numbers| &numbers[pixel * channels..][..channels]).collect();
            for (number, to) in body(&of_pixel).into_iter().zip(to.chunks_exact_mut(size)) {
                let scalar = Array::scalar_of(dtype, number).map_err(said)?;
                to.copy_from_slice(scalar.bytes().map_err(said)?);
            }
        }
        Ok(())
    })))
}

impl Op for Lrn {
    fn name(&self) -> &'static str {
        "LRN"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.response.attrs(node.inputs[0].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Lrn, Reason> {
        Ok(Lrn { response: LocalResponse::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [_] = inputs else { return Err(wrong_count(1, inputs)) };
        self.response.check(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let op = LrnGrad { response: self.response };
            [Some(dy.graph().add(op, &[dy, node.x(0), node.y(0)]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let response = self.response;
        by_pixel("LRN", node, 1, move |inputs| {
            let x = inputs[0];
            let norms = response.norms(x);
            x.iter().zip(norms).map(|(x, norm)| x * norm.powf(-f64::from(response.beta))).collect()
        })
    }
}

impl Op for LrnGrad {
    fn name(&self) -> &'static str {
        "LRNGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.response.attrs(node.inputs[0].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<LrnGrad, Reason> {
        Ok(LrnGrad { response: LocalResponse::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [_, _, _] = inputs else { return Err(wrong_count(3, inputs)) };
        self.response.check(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            // Copies, because dy may itself depend on x, which is none of this node's business.
            let inputs = [node.x(0).identity(), node.x(1).identity()];
            let channels = ddx.shape().size(3).or_else(|| node.x(1).shape().size(3));
            let Some(channels) = channels else {
                ddx.graph().fail(crate::Error::invalid(
                    "the second derivative of LRN needs the number of channels, which is not known",
                ));
                return [None, None, None];
            };
            let Some(dx) = self.response.gradient(&inputs[0], &inputs[1], channels) else {
                return [None, None, None];
            };
            let mut back = gradients_from(&[dx], &[Some(ddx.clone())], &inputs).into_iter();
            [back.next().flatten(), back.next().flatten(), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let response = self.response;
        by_pixel("LRNGrad", node, 3, move |inputs| {
            let (dy, x) = (inputs[0], inputs[1]);
            let (alpha, beta) = (f64::from(response.alpha), f64::from(response.beta));
            let norms = response.norms(x);
            let inner: Vec<f64> = (0..x.len()).map(|c| dy[c] * x[c] * norms[c].powf(-beta - 1.0)).collect();
            let slope = |c: usize| {
                let sum = inner[response.around(c, x.len())].iter().sum::<f64>();
                dy[c] * norms[c].powf(-beta) - 2.0 * alpha * beta * x[c] * sum
            };
            (0..x.len()).map(slope).collect()
        })
    }
}

/// Each channel of pictures x, `[batch, height, width, channels]`, divided by what it and its neighbours, up to
/// `depth_radius` on either side, amount to: `x / (bias + α · Σ x²)^β`.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![3.0, 4.0]).reshape([1, 1, 1, 2]);
/// let response = nn::LocalResponse { depth_radius: 1, bias: 0.0, alpha: 1.0, beta: 0.5 };
/// let y = nn::local_response_normalization(&x, response).reshape([2]);
/// assert_eq!(format!("{:.1}", Session::new(&tf)?.run(&y, feeds![])?), "[0.6, 0.8]");
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn local_response_normalization(x: impl AsRef<Tensor>, response: LocalResponse) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Lrn { response }, &[x])
}

fn responses() -> Vec<(&'static str, LocalResponse)> {
    vec![
        ("neighbours", LocalResponse { depth_radius: 1, bias: 2.0, alpha: 0.5, beta: 0.75 }),
        ("all channels", LocalResponse::default()),
        ("none but itself", LocalResponse { depth_radius: 0, ..LocalResponse::default() }),
    ]
}

pub(super) fn lrn_cases() -> Vec<Case> {
    let mut cases: Vec<Case> = responses()
        .into_iter()
        .map(|(name, response)| {
            Case::fed(name, [numbers([2, 1, 2, 4])], move |tf, x| {
                let x = x[0].reshape([2, 1, 2, 4]);
                vec![tf.add(Lrn { response }, &[&x])]
            })
        })
        .collect();
    cases.push(Case::fed("halves", [as_type(numbers([1, 1, 2, 4]), DType::Float16)], |_, x| {
        vec![local_response_normalization(&x[0], LocalResponse::default())]
    }));
    cases.push(
        Case::fed("no channels", [numbers([1, 1, 2, 0])], |_, x| {
            vec![local_response_normalization(&x[0], LocalResponse::default())]
        })
        .at_kink(),
    );
    cases
}

pub(super) fn lrn_grad_cases() -> Vec<Case> {
    let case = |(name, response)| {
        Case::fed(name, [numbers([1, 2, 2, 4]), numbers([1, 2, 2, 4])], move |tf, x| {
            let (dy, x) = (x[0].reshape([1, 2, 2, 4]), x[1].reshape([1, 2, 2, 4]));
            let y = tf.add(Lrn { response }, &[&x]).stop_gradient();
            vec![tf.add(LrnGrad { response }, &[&dy, &x, &y])]
        })
    };
    responses().into_iter().map(case).collect()
}
