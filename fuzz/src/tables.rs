//! Whatever bytes come are a CSV file: as a table to learn from, and line by line.
#![no_main]

mod memory;

use libfuzzer_sys::fuzz_target;
use tenseur::DType;
use tenseur::data::csv::{self, Options};
use tenseur::data::pipeline::Dataset;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(table) = csv::parse(bytes, &"fuzz", &Options::default()) {
        let _ = csv::parse_as(bytes, &"fuzz", table.encoding(), &Options::default());
        let _ = csv::parse_features(bytes, &"fuzz", table.encoding(), &Options::default());
    }
    let path = std::env::temp_dir().join(format!("tenseur-fuzz-{}.csv", std::process::id()));
    std::fs::write(&path, bytes).expect("the disk has room");
    for types in [&[DType::Float32, DType::Int64, DType::String][..], &[DType::String]] {
        if let Ok(lines) = Dataset::csv(&path, bytes.len() % 2 == 0, types).iter() {
            lines.take(1000).for_each(drop);
        }
    }
});
