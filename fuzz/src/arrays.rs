//! Whatever bytes come are a file of arrays: npy, npz, safetensors or IDX. What is read is written and read again.
#![no_main]

mod memory;

use libfuzzer_sys::fuzz_target;
use tenseur::data::idx;
use tenseur::formats::{npy, npz, safetensors};

fuzz_target!(|bytes: &[u8]| {
    let _ = idx::parse(bytes, &"fuzz");
    if let Ok(array) = npy::decode(bytes) {
        if let Ok(written) = npy::encode(&array) {
            let again = npy::decode(&written).expect("what was written is read");
            assert_eq!((again.dtype(), again.shape()), (array.dtype(), array.shape()));
        }
    }
    if let Ok(arrays) = npz::decode(bytes) {
        if let Ok(written) = npz::encode(&arrays) {
            assert_eq!(npz::decode(&written).expect("what was written is read").len(), arrays.len());
        }
    }
    if let Ok(arrays) = safetensors::decode(bytes) {
        let written = safetensors::encode(&arrays).expect("what was read can be written");
        assert_eq!(safetensors::decode(&written).expect("what was written is read").len(), arrays.len());
    }
});
