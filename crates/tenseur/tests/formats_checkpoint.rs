//! Checkpoints that TensorFlow wrote are read; what we write is what TensorFlow writes; damage is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tenseur::formats::checkpoint::{self, CheckpointReader, CheckpointWriter};
use tenseur::ops::codec::checkpoint_v1::{Restore, Save};
use tenseur::{Array, Code, DType, array};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkpoint").join(name)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_type_that_tensorflow_saved_is_read() {
    let reader = CheckpointReader::open(fixture("variables")).unwrap();
    let read = |name| reader.read(name).unwrap();
    assert_eq!(read("dense/kernel"), array![[0.0, 0.25, 0.5], [0.75, 1.0, 1.25]]);
    assert_eq!(read("dense/bias"), Array::new([3], [-1.5f64, 0.0, 3.25]).unwrap());
    assert_eq!(read("global_step"), Array::scalar(7i64));
    assert_eq!(read("empty"), Array::zeros(DType::Float32, [0, 4]).unwrap());
    assert_eq!(read("no_words"), Array::zeros(DType::String, [0]).unwrap());
    assert_eq!(read("flag"), array![true, false]);
    assert_eq!(read("int8"), Array::new([1], [-5i8]).unwrap());
    assert_eq!(read("int16"), Array::new([1], [-5i16]).unwrap());
    assert_eq!(read("int32"), Array::new([2], [i32::MIN, 5]).unwrap());
    assert_eq!(read("uint8"), Array::new([2], [0u8, 255]).unwrap());
    assert_eq!(read("uint16"), Array::new([1], [u16::MAX]).unwrap());
    assert_eq!(read("uint32"), Array::new([1], [u32::MAX]).unwrap());
    assert_eq!(read("uint64"), Array::new([1], [u64::MAX]).unwrap());
    assert_eq!((read("half").dtype(), read("half").to_f64().unwrap()), (DType::Float16, vec![1.5, -2.0]));
    assert_eq!((read("brain").dtype(), read("brain").to_f64().unwrap()), (DType::BFloat16, vec![0.5, 3.0]));
    let long = "x".repeat(200);
    assert_eq!(read("words"), Array::strings([2, 3], ["a", "", "déjà", &long, "b\0c", "z"]).unwrap());

    let complex: Vec<u8> = [1.0f32, 2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(reader.read_bytes("complex").unwrap(), complex);
    assert_eq!(read("complex").bytes().unwrap(), complex);
    assert_eq!(reader.entry("complex").unwrap().dtype(), Some(DType::Complex64));
    assert_eq!(reader.entries().count(), 17);
    let missing = reader.read("dense/kernels").unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    assert!(missing.message().ends_with("the checkpoint has no tensor \"dense/kernels\""), "{missing}");
}

#[test]
fn checkpoints_of_the_first_version_are_read_and_written_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let tf = tenseur::Graph::new();
    let text = |text: &str| tf.constant(Array::strings([], [text]).unwrap());
    let file = |path: &Path| text(path.to_str().unwrap());
    let restore = |path: &Path, name: &str, dt: DType| {
        tf.add(Restore::<false> { dt, preferred_shard: -1 }, &[&file(path), &text(name)])
    };
    let words = |words: &[&str]| tf.constant(Array::strings([words.len()], words.iter().copied()).unwrap());
    let run = |tensor| tenseur::Session::new(&tf).unwrap().run(tensor, tenseur::feeds![]).unwrap();

    let numbers = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 bool complex64 complex128";
    let mut names: Vec<&str> = numbers.split(' ').collect();
    let types = names.iter().map(|name| DType::from_name(name).unwrap());
    let types: Vec<DType> = types.chain([DType::String, DType::Float32, DType::Float32]).collect();
    names.extend(["string", "none", "scalar"]);
    let path = fixture("first_version");
    let restored: Vec<_> = names.iter().zip(&types).map(|(name, &dt)| restore(&path, name, dt)).collect();
    assert_eq!(run(&restored[5]), array![[1, 0, 2], [3, -1, 100]]);
    assert_eq!(run(&restored[12]), array!["a", "", "é"]);
    let copy = folder.path().join("copy");
    let (into, named) = (file(&copy), words(&names));
    let inputs: Vec<_> = [&into, &named].into_iter().chain(&restored).collect();
    let save = tf.add_op(Save::<false>, &inputs, None);
    tenseur::Session::new(&tf).unwrap().run_op(&save, tenseur::feeds![]).unwrap();
    assert_eq!(fs::read(copy).unwrap(), fs::read(path).unwrap());

    let path = fixture("first_version_pieces");
    let (w, b) = (restore(&path, "w", DType::Float32), restore(&path, "b", DType::Int32));
    assert_eq!(run(&b), Array::new([70], (0..70).collect::<Vec<i32>>()).unwrap());
    let expected: Vec<f32> = (0..600).map(|i| if i < 200 { 1.0 } else { 2.0 }).collect();
    assert_eq!(run(&w), Array::new([300, 2], expected).unwrap());
    let copy = folder.path().join("pieces");
    let parts = words(&["300 2 0,100:-", "300 2 100,200:-", ""]);
    let (top, bottom) = (w.slice([0, 0], [100, 2]), w.slice([100, 0], [200, 2]));
    let save = Save::<true>;
    let save = tf.add_op(save, &[&file(&copy), &words(&["w", "w", "b"]), &parts, &top, &bottom, &b], None);
    tenseur::Session::new(&tf).unwrap().run_op(&save, tenseur::feeds![]).unwrap();
    assert_eq!(fs::read(copy).unwrap(), fs::read(path).unwrap());
}

#[test]
fn partitioned_variables_are_read_whole() {
    let reader = CheckpointReader::open(fixture("pieces")).unwrap();
    let rows = Array::new([7, 2], (0..14).collect::<Vec<i32>>()).unwrap();
    assert_eq!(reader.read("split/rows").unwrap(), rows);
    assert_eq!(reader.entry("split/rows").unwrap().pieces(), 3);
    let columns = Array::new([2, 150], (0..300u16).map(f32::from).collect::<Vec<f32>>()).unwrap();
    assert_eq!(reader.read("split/columns").unwrap(), columns);
    let words = Array::strings([2, 3], ["a", "bb", "ccc", "", "e", "f"]).unwrap();
    assert_eq!(reader.read("split/words").unwrap(), words);
    assert_eq!(reader.entries().count(), 3);
}

#[test]
fn several_data_files_are_read() {
    let tensors = checkpoint::load(fixture("sharded")).unwrap();
    let want = [
        ("a", array![1.0, 2.0]),
        ("b", array![[3], [4]]),
        ("c", Array::strings(tenseur::Shape::scalar(), ["text"]).unwrap()),
    ];
    assert_eq!(tensors, want.map(|(name, array)| (name.to_string(), array)).into());
}

#[test]
fn our_files_are_those_of_tensorflow_byte_for_byte() {
    let reader = CheckpointReader::open(fixture("variables")).unwrap();
    let complex = reader.read_bytes("complex").unwrap();
    let arrays: BTreeMap<&str, Array> = reader
        .entries()
        .filter(|(name, _)| *name != "complex")
        .map(|(name, _)| (name, reader.read(name).unwrap()))
        .collect();
    let mut writer = CheckpointWriter::new();
    writer.add("complex", DType::Complex64, &[1].into(), &complex).unwrap();
    for (name, array) in &arrays {
        writer.add_array(name, array).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    writer.write(directory.path().join("variables")).unwrap();
    assert_eq!(names(directory.path()), ["variables.data-00000-of-00001", "variables.index"]);
    for name in names(directory.path()) {
        assert_eq!(
            fs::read(directory.path().join(&name)).unwrap(),
            fs::read(fixture(&name)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn a_checkpoint_is_replaced_in_one_step() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("model");
    let tensors = |value: f32| BTreeMap::from([("w".to_string(), Array::scalar(value))]);
    checkpoint::save(&prefix, &tensors(1.0)).unwrap();
    let first = CheckpointReader::open(&prefix).unwrap();
    for value in [2.0, 3.0, 4.0] {
        checkpoint::save(&prefix, &tensors(value)).unwrap();
        assert_eq!(checkpoint::load(&prefix).unwrap(), tensors(value));
        let files = names(directory.path());
        assert_eq!(
            files.iter().filter(|name| name.contains(".data-")).count(),
            if value == 3.0 { 1 } else { 2 }
        );
        assert_eq!(files.last().unwrap(), "model.index");
    }
    // Whoever had opened the first one reads nothing rather than another one's data.
    checkpoint::save(&prefix, &tensors(5.0)).unwrap();
    checkpoint::save(&prefix, &tensors(6.0)).unwrap();
    assert!(first.read("w").is_err());

    // Data without an index is no checkpoint, and in nobody's way.
    fs::remove_file(directory.path().join("model.index")).unwrap();
    assert!(!checkpoint::exists(&prefix));
    checkpoint::save(&prefix, &tensors(7.0)).unwrap();
    assert_eq!(names(directory.path()), ["model.data-00000-of-00001", "model.index"]);

    // Others whose names begin alike are left alone.
    checkpoint::save(directory.path().join("model.data-x"), &tensors(8.0)).unwrap();
    checkpoint::save(directory.path().join("model-1"), &tensors(9.0)).unwrap();
    checkpoint::remove(&prefix).unwrap();
    checkpoint::remove(&prefix).unwrap();
    assert_eq!(checkpoint::load(directory.path().join("model-1")).unwrap(), tensors(9.0));
    assert_eq!(checkpoint::load(directory.path().join("model.data-x")).unwrap(), tensors(8.0));
    assert_eq!(names(directory.path()).len(), 4);
}

#[test]
fn a_failure_leaves_what_was_there_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("model");
    let tensors = BTreeMap::from([("w".to_string(), array![1.0, 2.0])]);

    let error = checkpoint::save(directory.path().join("missing").join("model"), &tensors).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("missing does not exist"), "{error}");
    assert!(names(directory.path()).is_empty());

    // A directory stands where the index should go: the last step fails.
    fs::create_dir(directory.path().join("model.index")).unwrap();
    assert!(checkpoint::save(&prefix, &tensors).is_err());
    assert_eq!(names(directory.path()), ["model.index"]);
    fs::remove_dir(directory.path().join("model.index")).unwrap();

    // A directory stands where the new data should go.
    fs::create_dir(directory.path().join("model.data-00000-of-00001")).unwrap();
    assert!(checkpoint::save(&prefix, &tensors).is_err());
    assert_eq!(names(directory.path()), ["model.data-00000-of-00001"]);
}

#[test]
fn names_and_sizes_that_do_not_fit_are_refused() {
    let strings = [b"a".to_vec()];
    let mut writer = CheckpointWriter::new();
    let refused = |result: tenseur::Result<()>, why: &str| {
        let error = result.unwrap_err();
        assert!(error.message().contains(why), "{error}");
    };
    refused(writer.add("", DType::Int8, &[1].into(), &[0]), "cannot be called");
    refused(writer.add("\0a", DType::Int8, &[1].into(), &[0]), "cannot be called");
    refused(
        writer.add("a", DType::Int16, &[2].into(), &[0]),
        "has 2 elements of 2 bytes, and 1 bytes were given",
    );
    refused(writer.add("a", DType::Resource, &[1].into(), &[0]), "no fixed number of bytes");
    refused(writer.add_strings("a", &[2].into(), &strings), "has 2 elements, and 1 strings were given");
    writer.add_strings("a", &[1].into(), &strings).unwrap();
    refused(writer.add("a", DType::Int8, &[1].into(), &[0]), "has a tensor \"a\" already");
}

#[test]
fn what_is_missing_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("model");
    assert_eq!(CheckpointReader::open(&prefix).unwrap_err().code(), Code::NotFound);
    fs::copy(fixture("variables.index"), directory.path().join("model.index")).unwrap();
    let error = CheckpointReader::open(&prefix).unwrap().read("flag").unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("tensor \"flag\""), "{error}");
    assert!(error.message().contains("model.data-00000-of-00001"), "{error}");
}

/// Reads everything that can be read. Whatever the files hold, this must return.
fn read_all(prefix: &Path) -> tenseur::Result<Vec<Vec<u8>>> {
    let reader = CheckpointReader::open(prefix)?;
    let all = reader.entries().map(|(name, entry)| match entry.dtype() {
        Some(DType::String) => Ok(reader.read_strings(name)?.concat()),
        _ => reader.read_bytes(name),
    });
    all.collect()
}

/// Copies a checkpoint of TensorFlow's, changes one of its files, and reads it.
fn read_changed(directory: &Path, name: &str, suffix: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
    for file in names(&fixture("")).iter().filter(|file| file.starts_with(name)) {
        let to = directory.join(file);
        if !to.exists() {
            fs::copy(fixture(file), to).unwrap();
        }
    }
    let path = format!("{name}.{suffix}");
    let mut bytes = fs::read(fixture(&path)).unwrap();
    change(&mut bytes);
    fs::write(directory.join(path), bytes).unwrap();
    read_all(&directory.join(name)).is_ok()
}

const FILES: [(&str, &str); 5] = [
    ("variables", "index"),
    ("variables", "data-00000-of-00001"),
    ("pieces", "index"),
    ("pieces", "data-00000-of-00001"),
    ("sharded", "index"),
];

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    for (name, suffix) in FILES {
        let directory = tempfile::tempdir().unwrap();
        let whole = fs::read(fixture(&format!("{name}.{suffix}"))).unwrap().len();
        assert!(read_changed(directory.path(), name, suffix, |_| ()));
        for length in 0..whole {
            let read = read_changed(directory.path(), name, suffix, |bytes| bytes.truncate(length));
            assert!(!read, "{name}.{suffix} cut off after {length} bytes was read");
        }
    }
}

#[test]
fn a_bit_that_is_turned_over_anywhere_is_noticed() {
    for (name, suffix) in FILES {
        let directory = tempfile::tempdir().unwrap();
        let whole = fs::read(fixture(&format!("{name}.{suffix}"))).unwrap().len();
        for at in 0..whole {
            let bit = at % 8;
            let read = read_changed(directory.path(), name, suffix, |bytes| bytes[at] ^= 1 << bit);
            assert!(!read, "{name}.{suffix} with bit {bit} of byte {at} turned over was read");
        }
    }
}

/// The checksum of a block, made right again, so that what is inside it is looked at.
fn mend_checksums(index: &mut [u8]) {
    let body = index.len() - 48;
    let handles = index[body..body + 40].to_vec();
    let mut rest = handles.as_slice();
    let mut handle = || {
        let number = |rest: &mut &[u8]| prost::decode_length_delimiter(rest).unwrap();
        (number(&mut rest), number(&mut rest))
    };
    let (metaindex, index_block) = (handle(), handle());
    for (offset, size) in [(0, metaindex.0 - 5), metaindex, index_block] {
        let end = offset + size + 1;
        let crc = crc32c::crc32c(&index[offset..end]).rotate_right(15).wrapping_add(0xa282_ead8);
        index[end..end + 4].copy_from_slice(&crc.to_le_bytes());
    }
}

fn test_runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() })
}

#[test]
fn hostile_indexes_do_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let changes = prop::collection::vec((0usize..4096, any::<u8>()), 1..6);
    let mut runner = test_runner(1000);
    let result = runner.run(&(0usize..3, changes), |(which, changes)| {
        let name = ["variables", "pieces", "sharded"][which];
        read_changed(directory.path(), name, "index", |bytes| {
            let body = bytes.len() - 48;
            for (at, byte) in changes {
                bytes[at % body] = byte;
            }
            mend_checksums(bytes);
        });
        Ok(())
    });
    result.unwrap();
}

#[test]
fn hostile_tables_do_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let mut runner = test_runner(256);
    let result = runner.run(&prop::collection::vec(any::<u8>(), 40..200), |mut bytes| {
        bytes.extend_from_slice(&0xdb47_7524_8b80_fb57_u64.to_le_bytes());
        fs::write(directory.path().join("model.index"), bytes).unwrap();
        prop_assert!(read_all(&directory.path().join("model")).is_err());
        Ok(())
    });
    result.unwrap();
}
