//! Whatever bytes come are the files of a checkpoint: the first two say how many of the others are its index, and the rest is
//! data. All tensors are read, as arrays, bytes, strings and pieces.
#![no_main]

mod memory;

use libfuzzer_sys::fuzz_target;
use tenseur::formats::checkpoint::{CheckpointReader, CheckpointState};

fuzz_target!(|bytes: &[u8]| {
    let _ = CheckpointState::parse(&String::from_utf8_lossy(bytes));
    let Some((size, rest)) = bytes.split_first_chunk::<2>() else { return };
    let (index, data) = rest.split_at(usize::from(u16::from_le_bytes(*size)).min(rest.len()));
    let prefix = std::env::temp_dir().join(format!("tenseur-fuzz-{}", std::process::id()));
    let file = |ending: &str| prefix.with_extension(ending);
    std::fs::write(file("index"), index).expect("the disk has room");
    std::fs::write(file("data-00000-of-00001"), data).expect("the disk has room");
    if let Ok(reader) = CheckpointReader::open(&prefix) {
        let names: Vec<String> = reader.entries().map(|(name, _)| name.to_string()).collect();
        for name in names {
            let _ = (reader.read(&name), reader.read_bytes(&name), reader.read_strings(&name));
            if let Some(entry) = reader.entry(&name) {
                let start = vec![0; entry.shape.rank()];
                let _ = reader.read_piece(&name, &start, &entry.shape.clone());
            }
        }
    }
});
