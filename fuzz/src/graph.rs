//! Whatever bytes come are imported as a GraphDef and run: an error or arrays may come of it, and nothing else.
//!
//! Half of the changes that the fuzzer makes are its own, of bytes; the others change what a graph says. Memory is
//! short here: a larger allocation than [`LARGEST`] is refused, so that code which cannot take a refusal is found.
#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::time::Duration;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use tenseur_conformance::exercise::exercise;
use tenseur_conformance::mutate::mutate;

/// The largest single allocation, in bytes.
const LARGEST: usize = 16 << 20;

struct Short;

#[global_allocator]
static MEMORY: Short = Short;

// SAFETY: all that is allocated is the system's; a refusal is what any allocator may answer.
unsafe impl GlobalAlloc for Short {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match layout.size() > LARGEST {
            true => std::ptr::null_mut(),
            // SAFETY: passed on as it came.
            false => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: what this allocator gave is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match layout.size() > LARGEST {
            true => std::ptr::null_mut(),
            // SAFETY: passed on as it came.
            false => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match size > LARGEST {
            true => std::ptr::null_mut(),
            // SAFETY: passed on as it came, of what the system gave.
            false => unsafe { System.realloc(pointer, layout, size) },
        }
    }
}

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
