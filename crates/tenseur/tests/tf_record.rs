//! TFRecord files that TensorFlow wrote are read and written; damage is told by its place, or passed over and counted.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tenseur::Code;
use tenseur::data::{Compression, Example, Feature, SequenceExample, TfRecordReader, TfRecordWriter};

const ALL: [(&str, Compression); 3] =
    [("plain", Compression::None), ("gzip", Compression::Gzip), ("zlib", Compression::Zlib)];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/record/{name}.tfrecord"))
}

fn all(path: &Path) -> Vec<Vec<u8>> {
    TfRecordReader::open(path).unwrap().collect::<tenseur::Result<_>>().unwrap()
}

fn write(path: &Path, compression: Compression, records: &[Vec<u8>]) {
    let mut writer = TfRecordWriter::create(path, compression).unwrap();
    records.iter().for_each(|record| writer.write(record).unwrap());
    writer.finish().unwrap();
}

fn reader(bytes: &[u8]) -> TfRecordReader {
    TfRecordReader::new(std::io::Cursor::new(bytes.to_vec()), "data.tfrecord", Compression::None)
}

#[test]
fn what_tensorflow_wrote_is_read_and_is_what_we_write() {
    let folder = tempfile::tempdir().unwrap();
    let records = all(&fixture("plain"));
    let example = Example::from_bytes(&records[0]).unwrap();
    assert_eq!(example.floats("floats").unwrap(), [1.5, -2.0]);
    assert_eq!(example.integers("integers").unwrap(), [7, -1, 1 << 40]);
    assert_eq!(example.strings("strings").unwrap(), [b"a".as_slice(), b"\xff\0"]);
    assert_eq!(example.feature("nothing"), Some(&Feature { kind: None }));
    let missing = example.floats("float").unwrap_err();
    assert!(
        missing.message().contains("no \"float\"; it has floats, integers, nothing, strings"),
        "{missing}"
    );
    let ours = Example::default()
        .with("strings", vec![b"a".to_vec(), b"\xff\0".to_vec()])
        .with("floats", vec![1.5, -2.0])
        .with("integers", vec![7i64, -1, 1 << 40])
        .with("nothing", Feature { kind: None });
    // Byte for byte, but for the list of no kind, which TensorFlow writes as an empty one.
    assert_eq!(Example::from_bytes(&ours.to_bytes()).unwrap(), example);
    assert_eq!(ours.to_bytes().len() + 2, records[0].len());
    let sequence = SequenceExample::from_bytes(&records[2]).unwrap();
    assert_eq!(sequence.context("language"), Some(&"la".into()));
    assert_eq!(sequence.steps("word").unwrap(), ["veni", "vidi", "vici"].map(Feature::from));
    assert_eq!(sequence.to_bytes(), records[2]);

    for (name, compression) in ALL {
        assert_eq!(all(&fixture(name)), records, "{name}");
        let path = folder.path().join(name);
        write(&path, compression, &records);
        assert_eq!(all(&path), records, "{name}");
    }
    assert_eq!(fs::read(folder.path().join("plain")).unwrap(), fs::read(fixture("plain")).unwrap());
}

#[test]
fn any_records_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let records = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20);
    proptest!(ProptestConfig::with_cases(64), |(records in records, which in 0..3usize)| {
        write(&path, ALL[which].1, &records);
        prop_assert_eq!(all(&path), records);
    });
}

#[test]
fn a_plain_file_that_begins_like_a_packed_one_is_plain() {
    let folder = tempfile::tempdir().unwrap();
    // Lengths whose first bytes are those of gzip and of zlib.
    for length in [0x8b1fusize, 0x9c78] {
        let path = folder.path().join("records");
        write(&path, Compression::None, &[vec![1; length]]);
        assert_eq!(all(&path), [vec![1; length]]);
    }
}

#[test]
fn every_damaged_byte_is_told_with_file_and_offset_or_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let records: Vec<Vec<u8>> = (0..4u8).map(|i| vec![i + 1; 5 + usize::from(i)]).collect();
    write(&path, Compression::None, &records);
    let whole = fs::read(&path).unwrap();
    let begins: Vec<usize> = (0..4).map(|i| (0..i).map(|i| 16 + 5 + i).sum()).collect();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let hit = begins.iter().rposition(|&begin| begin <= at).unwrap();
        let mut broken = reader(&bytes);
        let before: Vec<Vec<u8>> = broken.by_ref().map_while(Result::ok).collect();
        assert_eq!(before, records[..hit], "{at}");
        assert!(broken.next().is_none());

        let error = reader(&bytes).find_map(Result::err).unwrap();
        assert_eq!(error.code(), Code::DataLoss);
        let place = format!("data.tfrecord: record {hit} at byte {}: ", begins[hit]);
        assert!(error.message().starts_with(&place), "{error}");

        let mut skipping = reader(&bytes).skip_damaged();
        let rest: Vec<Vec<u8>> = skipping.by_ref().collect::<tenseur::Result<_>>().unwrap();
        let want: Vec<Vec<u8>> = (0..4).filter(|&i| i != hit).map(|i| records[i].clone()).collect();
        assert_eq!((rest, skipping.damaged(), skipping.records()), (want, 1, 3), "{at}");
    }
}

#[test]
fn a_file_that_is_cut_short_is_told_and_counted_once() {
    let whole = fs::read(fixture("plain")).unwrap();
    let ends: Vec<usize> = {
        let mut at = 0;
        let records = all(&fixture("plain"));
        records
            .iter()
            .map(|record| {
                at += 16 + record.len();
                at
            })
            .collect()
    };
    for cut in 0..whole.len() {
        let complete = ends.iter().filter(|&&end| end <= cut).count();
        let at_an_end = cut == 0 || ends.contains(&cut);
        let read: Vec<_> = reader(&whole[..cut]).collect();
        assert_eq!(read.len(), complete + usize::from(!at_an_end), "{cut}");
        if let Some(Err(error)) = read.last() {
            assert!(error.message().contains(&format!("record {complete} at byte")), "{error}");
        }
        let mut skipping = reader(&whole[..cut]).skip_damaged();
        assert_eq!(skipping.by_ref().map(Result::unwrap).count(), complete);
        assert_eq!(skipping.damaged(), u64::from(!at_an_end), "{cut}");
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["gzip", "zlib"] {
        let packed = fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        for cut in 13..packed.len() {
            fs::write(&path, &packed[..cut]).unwrap();
            // The last bytes are a checksum, of which what is whole does not depend.
            let read: Vec<_> = TfRecordReader::open(&path).unwrap().collect();
            assert!(read.last().is_some_and(Result::is_err) || cut + 8 >= packed.len(), "{name} {cut}");
        }
    }
}

#[test]
fn a_length_alone_asks_for_no_memory() {
    let mut bytes = Vec::new();
    let length = (1u64 << 62).to_le_bytes();
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&tenseur::formats::masked_crc32c(&length).to_le_bytes());
    bytes.extend_from_slice(b"short");
    let error = reader(&bytes).next().unwrap().unwrap_err();
    assert!(
        error.message().ends_with("it should have 4611686018427387904 bytes, and the file ends after 5"),
        "{error}"
    );
    let whole = fs::read(fixture("plain")).unwrap();
    let error = reader(&whole).longest_record(100).find_map(Result::err).unwrap();
    assert!(error.message().contains("and at most 100 are read"), "{error}");
    let mut skipping = reader(&whole).longest_record(100).skip_damaged();
    assert!(skipping.by_ref().count() >= 1 && skipping.damaged() >= 1);
}

#[test]
fn a_writer_that_is_dropped_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    write(&path, Compression::None, &[b"old".to_vec()]);
    let mut writer = TfRecordWriter::create(&path, Compression::Gzip).unwrap();
    writer.write(b"new").unwrap();
    drop(writer);
    assert_eq!(all(&path), [b"old"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(TfRecordWriter::create(folder.path().join("no/records"), Compression::None).is_err());
    let error = TfRecordReader::open(folder.path().join("none")).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}
