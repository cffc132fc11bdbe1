//! Whether the right class is among the likeliest.

use tenseur_kernels::{Call, KernelError};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// Whether the target of each row is among the k largest predictions of that row: inputs are predictions
/// `[batch, classes]`, targets `[batch]`, and k. Ties count as being among them; a row whose target is no class, or in
/// which something is not finite, counts as wrong. (InTopK, where k is an attribute, is a spelling of it.)
#[derive(Clone, Debug)]
pub struct InTopK {
    /// k, where it is not an input.
    pub k: Option<i64>,
}

impl Op for InTopK {
    fn name(&self) -> &'static str {
        match self.k {
            Some(_) => "InTopK",
            None => "InTopKV2",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[1].dtype);
        match self.k {
            Some(k) => attrs.with("k", k),
            None => attrs,
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<InTopK, Reason> {
        Ok(InTopK { k: attrs.get("k").is_some().then(|| attrs.require("k")).transpose()? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let (predictions, targets) = match (inputs, self.k) {
            ([predictions, targets], Some(_)) => (predictions, targets),
            ([predictions, targets, k], None) => {
                if !k.shape.accepts(&Shape::scalar()) || k.dtype != targets.dtype {
                    return Err(format!("k must be one {} and is {k}", targets.dtype).into());
                }
                (predictions, targets)
            }
            _ => return Err(wrong_count(3 - usize::from(self.k.is_some()), inputs)),
        };
        let matrix = predictions.shape.rank().is_none_or(|rank| rank == 2);
        if predictions.dtype != DType::Float32 || !matrix {
            return Err(
                format!("predictions are [batch, classes] of float32 and these are {predictions}").into()
            );
        }
        let vector = targets.shape.rank().is_none_or(|rank| rank == 1);
        if !matches!(targets.dtype, DType::Int32 | DType::Int64) || !vector {
            return Err(format!("targets are [batch] of int32 or int64 and these are {targets}").into());
        }
        let batch = PartialShape::from([predictions.shape.size(0)]).merge(&targets.shape);
        let batch = batch.ok_or_else(|| {
            format!("there are predictions {} and targets {}", predictions.shape, targets.shape)
        })?;
        Ok(Fact::new(DType::Bool, batch).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("right or wrong does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let [rows, classes] = known_shape(node.inputs[0])?[..] else {
            return Err("predictions are [batch, classes]".into());
        };
        let wide = node.inputs[1].dtype == DType::Int64;
        let integer = if wide { 8 } else { 4 };
        let mut bytes = vec![rows * classes * size_of::<f32>(), rows * integer];
        bytes.extend(self.k.is_none().then_some(integer));
        let fixed = self.k;
        Ok(Lowered::kernel(Call::new("InTopK", bytes, vec![rows], move |inputs, outputs| {
            let integers = |bytes: &[u8]| -> Result<Vec<i64>, KernelError> {
                let wrong = |error: bytemuck::PodCastError| KernelError::invalid(error.to_string());
                match wide {
                    true => Ok(bytemuck::try_cast_slice::<u8, i64>(bytes).map_err(wrong)?.to_vec()),
                    false => {
                        let narrow = bytemuck::try_cast_slice::<u8, i32>(bytes).map_err(wrong)?;
                        Ok(narrow.iter().map(|&x| x.into()).collect())
                    }
                }
            };
            let predictions: &[f32] = bytemuck::try_cast_slice(inputs[0])
                .map_err(|error| KernelError::invalid(error.to_string()))?;
            let targets = integers(inputs[1])?;
            let k = match fixed {
                Some(k) => k,
                None => integers(inputs[2])?[0],
            };
            for (row, target) in targets.into_iter().enumerate() {
                let predictions = &predictions[row * classes..(row + 1) * classes];
                outputs[0][row] = is_in_top_k(predictions, target, k).into();
            }
            Ok(())
        })))
    }
}

fn is_in_top_k(predictions: &[f32], target: i64, k: i64) -> bool {
    let target = usize::try_from(target).ok().and_then(|target| predictions.get(target));
    target.is_some_and(|target| {
        let larger = predictions.iter().filter(|prediction| *prediction > target).count() as i64;
        predictions.iter().all(|prediction| prediction.is_finite()) && larger < k
    })
}

/// Whether the target of each row, the number of a class, is among the `k` largest of the row's predictions, float32
/// `[batch, classes]`: one bool for each row. Those that tie with the k-th count too; a row in which something is not
/// finite does not.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let predictions = tf.constant(array![[0.1, 0.5, 0.4], [0.6, 0.3, 0.1]]);
/// let right = nn::in_top_k(&predictions, array![2, 2], 2);
/// assert_eq!(Session::new(&tf)?.run(&right, feeds![])?, array![true, false]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn in_top_k(predictions: impl AsRef<Tensor>, targets: impl Into<Operand>, k: i32) -> Tensor {
    let predictions = predictions.as_ref();
    let targets = targets.into().tensor(predictions);
    let k = predictions.graph().constant_like(k.into(), &targets);
    predictions.graph().add(InTopK { k: None }, &[predictions, &targets, &k])
}

fn predictions() -> Array {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    array![[0.1, 0.5, 0.4], [0.3, 0.3, 0.1], [nan, 1.0, 0.0], [1.0, 2.0, inf]]
}

pub(super) fn in_top_k_cases() -> Vec<Case> {
    vec![
        Case::fed("k as an attribute", [predictions(), array![2, 0, 1, 1]], |tf, x| {
            vec![tf.add(InTopK { k: Some(1) }, &[&x[0], &x[1]])]
        })
        .at_kink()
        .expecting([array![false, true, false, false]]),
    ]
}

pub(super) fn in_top_k_v2_cases() -> Vec<Case> {
    let case = |name, targets: Array, k: i32, answer: Array| {
        Case::fed(name, [predictions(), targets], move |_, x| vec![in_top_k(&x[0], &x[1], k)])
            .at_kink()
            .expecting([answer])
    };
    vec![
        case("the largest", array![1, 1, 1, 1], 1, array![true, true, false, false]),
        case("the second", array![2, 0, 2, 0], 2, array![true, true, false, false]),
        case("none", array![1, 0, 1, 1], 0, array![false, false, false, false]),
        case("no such class", array![3, -1, 0, 1], 3, array![false, false, false, false]),
        Case::fed("int64", [predictions(), array![2, 0, 2, 0]], |_, x| {
            vec![in_top_k(&x[0], x[1].cast::<i64>(), 2)]
        })
        .at_kink(),
    ]
}
