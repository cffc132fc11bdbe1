//! Random numbers that are a function of a key and a counter, which are inputs: the second version of the stateless ops.
//! StatelessRandomGetKeyCounter makes both of two seeds, and the numbers are then those of the first version.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::ops::array::{must_be_scalar, shape_from, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::random::stateless::{Kind, draw, stream};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

const NO_GRADIENT: &str = "what is drawn depends on no input smoothly";

/// TensorFlow's numbers for the generators: Philox, and whichever the device has.
const PHILOX: i64 = 1;
const AUTO_SELECT: i64 = 3;

/// What key and counter a pair of seeds, the input, is mixed to: uint64 `[1]` and `[2]`; where ALGORITHM, the generator's number
/// too.
#[derive(Clone, Debug)]
pub struct GetKeyCounter<const ALGORITHM: bool>;

impl<const ALGORITHM: bool> OverArrays for GetKeyCounter<ALGORITHM> {
    const NAME: &'static str =
        if ALGORITHM { "StatelessRandomGetKeyCounterAlg" } else { "StatelessRandomGetKeyCounter" };
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tseed", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(GetKeyCounter)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [seeds] = inputs else { return Err(wrong_count(1, inputs)) };
        if !seeds.dtype.is_integer() || seeds.shape.merge(&PartialShape::from([2])).is_none() {
            return Err(format!("seeds are two integers, not {seeds}").into());
        }
        let mut facts = Facts::new();
        facts.extend([1, 2].map(|size| Fact::new(DType::UInt64, [size])));
        facts.extend(ALGORITHM.then(|| Fact::new(DType::Int32, PartialShape::scalar())));
        Ok(facts)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (key, high) = stream(&inputs[0])?;
        let mut made = vec![Array::new([1], [key as u64])?, Array::new([2], [0, high as u64])?];
        made.extend(ALGORITHM.then(|| Array::scalar(PHILOX as i32)));
        Ok(made)
    }
}

/// The number of the generator that stateless ops use: Philox.
#[derive(Clone, Debug)]
pub struct GetAlg;

impl OverArrays for GetAlg {
    const NAME: &'static str = "StatelessRandomGetAlg";
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<GetAlg, Reason> {
        Ok(GetAlg)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs {
            [] => Ok(Fact::new(DType::Int32, PartialShape::scalar()).one()),
            _ => Err(wrong_count(0, inputs)),
        }
    }

    fn compute(&self, _: &[Array]) -> Result<Vec<Array>, Reason> {
        Ok(vec![Array::scalar(PHILOX as i32)])
    }
}

/// Draws from the stream of a key, at a counter: inputs are the shape, these two and the generator's number (of integers in a
/// range then its bounds). KIND is one of [`Kind`]'s numbers.
#[derive(Clone, Debug)]
pub struct ByKey<const KIND: usize> {
    /// The type of the numbers.
    pub dtype: DType,
}

const KINDS: [Kind; 5] = [Kind::Uniform, Kind::Normal, Kind::Truncated, Kind::Integers, Kind::FullIntegers];

impl<const KIND: usize> OverArrays for ByKey<KIND> {
    const NAME: &'static str = [
        "StatelessRandomUniformV2",
        "StatelessRandomNormalV2",
        "StatelessTruncatedNormalV2",
        "StatelessRandomUniformIntV2",
        "StatelessRandomUniformFullIntV2",
    ][KIND];
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tshape", node.inputs[0].dtype).with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        use DType::*;
        let dtype = match KINDS[KIND] {
            Kind::Integers => attrs.require("dtype")?,
            Kind::FullIntegers => attrs.optional("dtype", UInt64)?,
            _ => attrs.optional("dtype", Float32)?,
        };
        let drawn = match KINDS[KIND] {
            Kind::Integers | Kind::FullIntegers => matches!(dtype, Int32 | Int64 | UInt32 | UInt64),
            _ => dtype.is_float(),
        };
        if drawn { Ok(ByKey { dtype }) } else { Err(format!("it does not draw {dtype}").into()) }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let (shape, key, counter, algorithm, bounds) = match (inputs, KINDS[KIND]) {
            ([shape, key, counter, algorithm, low, high], Kind::Integers) => {
                (shape, key, counter, algorithm, vec![low, high])
            }
            ([shape, key, counter, algorithm], kind) if kind != Kind::Integers => {
                (shape, key, counter, algorithm, Vec::new())
            }
            (_, Kind::Integers) => return Err(wrong_count(6, inputs)),
            _ => return Err(wrong_count(4, inputs)),
        };
        for (fact, size, what) in [(key, 1, "the key"), (counter, 2, "the counter")] {
            if fact.dtype != DType::UInt64 || fact.shape.merge(&PartialShape::from([size])).is_none() {
                return Err(format!("{what} is uint64 [{size}], not {fact}").into());
            }
        }
        must_be_scalar(algorithm, "the number of the generator")?;
        for bound in bounds {
            must_be_scalar(bound, "a bound")?;
            if bound.dtype != self.dtype {
                return Err(format!("bounds are of {}, not of {}", self.dtype, bound.dtype).into());
            }
        }
        Ok(Fact::new(self.dtype, shape_from(shape)?).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (key, counter) = (inputs[1].as_slice::<u64>()?, inputs[2].as_slice::<u64>()?);
        match inputs[3].to_i64()?[..] {
            [PHILOX | AUTO_SELECT] => {}
            _ => {
                let text = format!("the generator {} does not exist here; Philox, {PHILOX}, does", inputs[3]);
                return Err(Reason::new(Code::Unimplemented, text));
            }
        }
        let stream = ((key[0] as i64, counter[1] as i64), counter[0]);
        let bounds: Vec<&Array> = inputs[4..].iter().collect();
        Ok(vec![draw(KINDS[KIND], self.dtype, stream, &inputs[0], &bounds)?])
    }
}

/// Cases of a kind, from seeds and from a counter that is far on.
fn cases<const KIND: usize>(dtype: DType) -> Vec<Case> {
    let draw = move |tf: &Graph, key: &Tensor, counter: &Tensor| {
        let shape = tf.constant(array![2, 3]);
        let algorithm = tf.add(ByArrays(GetAlg), &[]);
        let bounds = [-5, 7].map(|bound| tf.constant(as_type(bound.into(), dtype)));
        let mut inputs = vec![&shape, key, counter, &algorithm];
        if KINDS[KIND] == Kind::Integers {
            inputs.extend(&bounds);
        }
        vec![tf.add(ByArrays(ByKey::<KIND> { dtype }), &inputs)]
    };
    vec![
        Case::fed("from seeds", [array![1, -2]], move |tf, x| {
            let made = tf.add_op(ByArrays(GetKeyCounter::<false>), &[&x[0]], None);
            draw(tf, &made.output(0), &made.output(1))
        })
        .twice(),
        Case::new("far on", move |tf| {
            let counter = as_type(array![1_000_000, 3], DType::UInt64);
            draw(tf, &tf.constant(as_type(array![9], DType::UInt64)), &tf.constant(counter))
        }),
    ]
}

pub(in crate::ops) fn key_counter_cases() -> Vec<Case> {
    vec![
        Case::fed("with the generator", [array![1, -2]], |tf, x| {
            let made = tf.add_op(ByArrays(GetKeyCounter::<true>), &[&x[0]], None);
            let plain = tf.add_op(ByArrays(GetKeyCounter::<false>), &[&x[0]], None);
            let same = |i| made.output(i).equal(plain.output(i)).reduce_all(..);
            vec![same(0), same(1), made.output(2)]
        })
        .expecting([true.into(), true.into(), 1.into()]),
    ]
}

pub(in crate::ops) fn uniform_cases() -> Vec<Case> {
    cases::<0>(DType::Float32)
}

pub(in crate::ops) fn normal_cases() -> Vec<Case> {
    cases::<1>(DType::Float64)
}

pub(in crate::ops) fn truncated_cases() -> Vec<Case> {
    cases::<2>(DType::Float16)
}

pub(in crate::ops) fn integer_cases() -> Vec<Case> {
    cases::<3>(DType::Int32)
}

pub(in crate::ops) fn full_integer_cases() -> Vec<Case> {
    cases::<4>(DType::UInt64)
}
