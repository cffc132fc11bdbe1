//! Whatever bytes come are a TFRecord file, plain or packed, and records: events, summaries and examples.
#![no_main]

mod memory;

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use prost::Message;
use tenseur::data::{Compression, Example, SequenceExample, TfRecordReader};
use tenseur::summary::Event;

fuzz_target!(|bytes: &[u8]| {
    for compression in [Compression::None, Compression::Gzip, Compression::Zlib] {
        for skip in [false, true] {
            let reader = TfRecordReader::new(Cursor::new(bytes.to_vec()), "fuzz", compression).longest_record(1 << 20);
            let mut reader = if skip { reader.skip_damaged() } else { reader };
            while let Ok(Some(record)) = reader.next_record() {
                let record = record.to_vec();
                look(&record);
            }
            // An empty file lacks what a packed one begins with.
            assert!(reader.damaged() <= 1 + bytes.len() as u64 * 2000);
        }
    }
    look(bytes);
});

/// Takes a record for each of the messages that records are.
fn look(record: &[u8]) {
    let _ = Event::decode(record);
    if let Ok(sequence) = SequenceExample::from_bytes(record) {
        let again = SequenceExample::from_bytes(&sequence.to_bytes()).expect("what was written is read");
        assert_eq!(again.to_bytes(), sequence.to_bytes());
    }
    let Ok(example) = Example::from_bytes(record) else { return };
    for feature in example.features.iter().flat_map(|features| features.feature.values()) {
        let _ = feature.to_array();
    }
    let again = Example::from_bytes(&example.to_bytes()).expect("what was written is read");
    assert_eq!(again.to_bytes(), example.to_bytes());
}
