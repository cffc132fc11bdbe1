//! Sampled classes that happen to be true ones.

use std::collections::HashMap;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{must_be_vector, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::image::{same, sizes_of};
use crate::ops::random::Seeds;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// Where a sampled class is a true one: inputs are the true classes `[batch, num_true]` and the sampled ones; outputs are,
/// for each such hit, the row, the place in the sample, and a weight of −3.4·10³⁸, which added to a logit takes it out of a
/// softmax.
#[derive(Clone, Debug)]
pub struct ComputeAccidentalHits {
    /// How many true classes a row has.
    pub num_true: i64,
    /// Kept.
    pub seeds: Seeds,
}

impl OverArrays for ComputeAccidentalHits {
    const NAME: &'static str = "ComputeAccidentalHits";
    const NO_GRADIENT: &'static str = "a class does not change a little";

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.seeds.add_to(Attrs::new().with("num_true", self.num_true))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(ComputeAccidentalHits { num_true: attrs.require("num_true")?, seeds: Seeds::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [true_classes, sampled] = inputs else { return Err(wrong_count(2, inputs)) };
        for fact in [true_classes, sampled] {
            if fact.dtype != DType::Int64 {
                return Err(format!("classes are int64, and these are {}", fact.dtype).into());
            }
        }
        let [_, columns] = sizes_of(true_classes, "true classes")?;
        same(columns, usize::try_from(self.num_true).ok(), "the number of true classes")?;
        must_be_vector(sampled, "the sampled classes")?;
        let hits = |dtype| Fact::new(dtype, [None]);
        Ok([hits(DType::Int32), hits(DType::Int64), hits(DType::Float32)].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (true_classes, sampled) = (inputs[0].as_slice::<i64>()?, inputs[1].as_slice::<i64>()?);
        let places: HashMap<i64, i64> = sampled.iter().copied().zip(0..).collect();
        let (mut rows, mut found) = (Vec::new(), Vec::new());
        let columns = usize::try_from(self.num_true).unwrap_or(1).max(1);
        for (row, classes) in true_classes.chunks(columns).enumerate() {
            for place in classes.iter().filter_map(|class| places.get(class)) {
                rows.push(row as i32);
                found.push(*place);
            }
        }
        let count = rows.len();
        Ok(vec![
            Array::new([count], rows)?,
            Array::new([count], found)?,
            Array::new([count], vec![f32::MIN; count])?,
        ])
    }
}

pub(in crate::ops) fn compute_accidental_hits_cases() -> Vec<Case> {
    let classes = [array![[1, 2], [3, 4], [2, 5]], array![5, 2, 9]].map(|array| as_type(array, DType::Int64));
    vec![
        Case::fed("two rows hit", classes, |tf, x| {
            let op = ByArrays(ComputeAccidentalHits { num_true: 2, seeds: Seeds(0, 0) });
            let node = tf.add_op(op, &[&x[0], &x[1]], None);
            vec![node.output(0), node.output(1), node.output(2)]
        })
        .expecting([
            array![0, 2, 2],
            as_type(array![1, 1, 0], DType::Int64),
            array![f32::MIN, f32::MIN, f32::MIN],
        ]),
    ]
}
