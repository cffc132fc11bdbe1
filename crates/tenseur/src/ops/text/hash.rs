//! Strings spread over buckets by a hash (StringToHashBucket and its kin), and fingerprints: TensorFlow's own numbers.

pub(in crate::ops) mod farm;
mod murmur;
mod sip;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::{TEXT, each_string, must_be_strings, scalar_string};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, room};

/// The hash of each string modulo the number of buckets. HASH is 0 for MurmurHash64A, 1 for FarmHash's fingerprint, 2 for
/// SipHash with a key.
#[derive(Clone, Debug)]
pub struct HashBucket<const HASH: u8> {
    /// How many buckets there are.
    pub num_buckets: i64,
    /// SipHash's key.
    pub key: [i64; 2],
}

/// By MurmurHash64A.
pub type StringToHashBucket = ByArrays<HashBucket<0>>;
/// By FarmHash's fingerprint of 64 bits.
pub type StringToHashBucketFast = ByArrays<HashBucket<1>>;
/// By SipHash, whose buckets nobody can fill on purpose without the key.
pub type StringToHashBucketStrong = ByArrays<HashBucket<2>>;

impl<const HASH: u8> OverArrays for HashBucket<HASH> {
    const NAME: &'static str =
        ["StringToHashBucket", "StringToHashBucketFast", "StringToHashBucketStrong"][HASH as usize];
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("num_buckets", self.num_buckets);
        if HASH == 2 { attrs.with("key", self.key.to_vec()) } else { attrs }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let num_buckets: i64 = attrs.require("num_buckets")?;
        if num_buckets < 1 {
            return Err(format!("attribute \"num_buckets\" is {num_buckets}; there is at least one").into());
        }
        let key: Vec<i64> = if HASH == 2 { attrs.require("key")? } else { vec![0, 0] };
        match key[..] {
            [low, high] => Ok(HashBucket { num_buckets, key: [low, high] }),
            _ => Err(format!("attribute \"key\" has {} numbers; it has 2", key.len()).into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::Int64)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let bucket = |string: &Vec<u8>| {
            let hash = match HASH {
                0 => murmur::hash(string),
                1 => farm::fingerprint(string),
                _ => sip::hash(self.key.map(|half| half as u64), string),
            };
            (hash % self.num_buckets as u64) as i64
        };
        let buckets: Vec<i64> = inputs[0].as_strings()?.iter().map(bucket).collect();
        Ok(vec![Array::new(inputs[0].shape().clone(), buckets)?])
    }
}

/// FarmHash's fingerprint of what lies at each place of the first axis of any data: inputs are the data and the method's name,
/// "farmhash64"; the output is `[places, 8]`, bytes. Where several strings lie at a place it is that of their fingerprints.
#[derive(Clone, Debug)]
pub struct Fingerprint;

/// Bytes of a fingerprint.
const WIDTH: usize = 8;

impl OverArrays for Fingerprint {
    const NAME: &'static str = "Fingerprint";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Fingerprint)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [data, method] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_strings(method)?;
        must_be_scalar(method, "the method")?;
        if data.shape.rank() == Some(0) {
            return Err("data have at least one axis".into());
        }
        Ok(Fact::new(DType::UInt8, [data.shape.size(0), Some(WIDTH)]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (data, method) = (&inputs[0], scalar_string(&inputs[1])?);
        if method != b"farmhash64" {
            let name = String::from_utf8_lossy(method);
            return Err(format!("there is no method \"{name}\"; there is farmhash64").into());
        }
        let places = *data.shape().first().ok_or("data have at least one axis")?;
        let mut all: Vec<u8> = room(places.saturating_mul(WIDTH))?;
        let bytes = |hash: u64| hash.to_le_bytes();
        let hashes: Vec<u64> = match data.as_strings() {
            Ok(strings) => {
                let size = strings.len().checked_div(places).unwrap_or(0);
                let hash = |place: usize| match &strings[place * size..(place + 1) * size] {
                    [one] => farm::fingerprint(one),
                    several => {
                        let hashes: Vec<u8> =
                            several.iter().flat_map(|string| bytes(farm::fingerprint(string))).collect();
                        farm::fingerprint(&hashes)
                    }
                };
                (0..places).map(hash).collect()
            }
            Err(_) => {
                let numbers = data.bytes()?;
                let size = numbers.len().checked_div(places).unwrap_or(0);
                (0..places)
                    .map(|place| farm::fingerprint(&numbers[place * size..(place + 1) * size]))
                    .collect()
            }
        };
        all.extend(hashes.into_iter().flat_map(bytes));
        Ok(vec![Array::new([places, WIDTH], all)?])
    }
}

impl Tensor {
    /// Its strings spread over buckets, by FarmHash's fingerprint (`tf.string_to_hash_bucket_fast`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array!["a", "b", "a"]).string_to_hash_bucket_fast(100).cast::<i32>();
    /// let y = Session::new(&tf)?.run(&y, feeds![])?;
    /// assert_eq!(y.as_slice::<i32>()?[0], y.as_slice::<i32>()?[2]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn string_to_hash_bucket_fast(&self, num_buckets: i64) -> Tensor {
        self.graph().add(ByArrays(HashBucket::<1> { num_buckets, key: [0, 0] }), &[self])
    }

    /// Its strings spread over buckets, by SipHash with a key (`tf.string_to_hash_bucket_strong`).
    #[track_caller]
    pub fn string_to_hash_bucket_strong(&self, num_buckets: i64, key: [i64; 2]) -> Tensor {
        self.graph().add(ByArrays(HashBucket::<2> { num_buckets, key }), &[self])
    }
}

fn cases<const HASH: u8>(answer: [i32; 3]) -> Vec<Case> {
    vec![
        Case::fed("three", [array!["a", "tenseur", ""]], |tf, x| {
            let key = if HASH == 2 { [1, 2] } else { [0, 0] };
            vec![tf.add(ByArrays(HashBucket::<HASH> { num_buckets: 1000, key }), &[&x[0]])]
        })
        .expecting([as_type(Array::from_literal(answer), DType::Int64)]),
    ]
}

pub(in crate::ops) fn string_to_hash_bucket_cases() -> Vec<Case> {
    cases::<0>([868, 786, 899])
}

pub(in crate::ops) fn string_to_hash_bucket_fast_cases() -> Vec<Case> {
    cases::<1>([939, 726, 263])
}

pub(in crate::ops) fn string_to_hash_bucket_strong_cases() -> Vec<Case> {
    cases::<2>([646, 346, 435])
}

pub(in crate::ops) fn fingerprint_cases() -> Vec<Case> {
    let bytes = |rows: [[i32; 8]; 2]| as_type(Array::from_literal(rows), DType::UInt8);
    vec![
        Case::fed("strings", [array!["a", "bc"]], |tf, x| {
            vec![tf.add(ByArrays(Fingerprint), &[&x[0], &tf.constant("farmhash64")])]
        })
        .expecting([bytes([[227, 117, 223, 182, 101, 66, 69, 179], [119, 129, 82, 223, 68, 160, 90, 83]])]),
        Case::fed("several strings a place", [array![["a", "b"], ["cc", "d"]]], |tf, x| {
            vec![tf.add(ByArrays(Fingerprint), &[&x[0], &tf.constant("farmhash64")])]
        })
        .expecting([bytes([[122, 64, 59, 169, 136, 60, 55, 83], [78, 116, 248, 240, 146, 210, 122, 233]])]),
    ]
}
