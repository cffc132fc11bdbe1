//! Whatever bytes come are imported as a GraphDef and run: an error or arrays may come of it, and nothing else.
//!
//! Half of the changes that the fuzzer makes are its own, of bytes; the others change what a graph says.
#![no_main]

mod memory;

use std::time::Duration;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use tenseur_conformance::exercise::exercise;
use tenseur_conformance::mutate::mutate;

fuzz_target!(|bytes: &[u8]| {
    let seed = bytes.iter().fold(0_u64, |seed, &byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let _ = exercise(bytes, seed, Duration::from_millis(500));
});

fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
    let own = mutate(&bytes[..size], u64::from(seed));
    if seed.is_multiple_of(2) || own.len() > most || own == bytes[..size] {
        return fuzzer_mutate(bytes, size, most);
    }
    bytes[..own.len()].copy_from_slice(&own);
    own.len()
});
