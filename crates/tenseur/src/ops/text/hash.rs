//! Strings spread over buckets by a hash (StringToHashBucket and its kin): TensorFlow's own numbers.

mod farm;
mod murmur;
mod sip;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::{TEXT, each_string};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

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
