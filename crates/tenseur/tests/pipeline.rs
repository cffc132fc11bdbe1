//! Pipelines: what a plain loop would give, from any place on, on a thread or not, in constant memory.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tenseur::data::pipeline::{Dataset, Element, Records, image_folder_classes};
use tenseur::data::{Compression, TfRecordReader, TfRecordWriter};
use tenseur::{Array, Code, DType, array};

fn numbers(count: i64) -> Dataset {
    Dataset::from_arrays(&[Array::new([count as usize], (0..count).collect::<Vec<i64>>()).unwrap()]).unwrap()
}

fn all(dataset: &Dataset) -> Vec<Element> {
    dataset.iter().unwrap().collect::<tenseur::Result<_>>().unwrap()
}

fn integers(dataset: &Dataset) -> Vec<i64> {
    all(dataset).iter().flat_map(|element| element[0].to_i64().unwrap()).collect()
}

#[test]
fn stages_do_what_loops_do() {
    let ten = numbers(10);
    assert_eq!(integers(&ten), (0..10).collect::<Vec<_>>());
    let double = ten.map(|element| Ok(vec![Array::scalar(2 * element[0].item::<i64>()?)]));
    assert_eq!(integers(&double), (0..10).map(|i| 2 * i).collect::<Vec<_>>());
    let even = ten.filter(|element| Ok(element[0].item::<i64>()? % 2 == 0));
    assert_eq!(integers(&even), [0, 2, 4, 6, 8]);
    assert_eq!(integers(&ten.skip(2).take(3).concatenate(&ten.skip(9))), [2, 3, 4, 9]);
    assert_eq!(integers(&even.repeat(Some(2))), [0, 2, 4, 6, 8, 0, 2, 4, 6, 8]);
    assert_eq!(integers(&numbers(0).repeat(None)), [0i64; 0]);
    assert!(integers(&ten.repeat(Some(0))).is_empty());
    let batches = all(&ten.batch(4, false));
    assert_eq!(batches.iter().map(|batch| batch[0].len()).collect::<Vec<_>>(), [4, 4, 2]);
    assert_eq!(all(&ten.batch(4, true)).len(), 2);
    assert_eq!(all(&ten.batch(4, true).batch(2, true))[0][0].shape()[..], [2, 4]);
    let words = Dataset::from_arrays(&[array!["a", "b", "c"]]).unwrap();
    assert_eq!(all(&words.batch(2, false))[1][0], array!["c"]);
    let flat = numbers(5).interleave(2, 3, |element| Ok(numbers(element[0].item::<i64>()?)));
    assert_eq!(integers(&flat), [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]);
}

#[test]
fn a_shuffle_has_every_element_once_and_another_order_each_time() {
    let shuffled = numbers(100).shuffle(30, 5);
    let order = integers(&shuffled);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    // No element comes earlier than the buffer allows.
    assert!(order.iter().enumerate().all(|(place, &number)| (number as usize) < place + 30));
    assert_eq!(integers(&shuffled), order);
    assert_ne!(integers(&numbers(100).shuffle(30, 6)), order);
    let twice = integers(&shuffled.repeat(Some(2)));
    assert_eq!(twice[..100], order);
    assert_ne!(twice[100..], order);
    assert_eq!(integers(&numbers(100).shuffle(1, 5)), (0..100).collect::<Vec<_>>());
}

/// Pipelines of every stage in many orders.
fn pipeline(stages: &[u8]) -> Dataset {
    stages.iter().enumerate().fold(numbers(23), |dataset, (place, stage)| match stage {
        0 => dataset.map(Ok),
        1 => dataset.filter(|element| Ok(element[0].to_i64()?.iter().sum::<i64>() % 3 != 1)),
        2 => dataset.batch(1, true),
        3 => dataset.shuffle(7, place as u64),
        4 => dataset.repeat(Some(2)),
        5 => dataset.prefetch(3),
        6 => dataset.take(31),
        7 => dataset.skip(4),
        8 => dataset.concatenate(&dataset.take(5)),
        9 => dataset
            .interleave(3, 2, |element| Dataset::from_arrays(&[element[0].reshape([1, element[0].len()])?])),
        _ => Dataset::zip(&[dataset.clone(), dataset]).unwrap(),
    })
}

#[test]
fn from_any_place_on_the_elements_are_the_same() {
    let stages = prop::collection::vec(0..11u8, 0..6);
    proptest!(ProptestConfig::with_cases(200), |(stages in stages, part in 0.0..1.1f64)| {
        let dataset = pipeline(&stages);
        let whole = all(&dataset);
        let from = (whole.len() as f64 * part) as usize;
        let elements = dataset.iter_from(from as u64).unwrap();
        prop_assert_eq!(elements.position(), from.min(whole.len()) as u64);
        let rest = elements.collect::<tenseur::Result<Vec<_>>>().unwrap();
        prop_assert_eq!(&rest[..], &whole[from.min(whole.len())..], "{:?}", stages);
    });
}

#[test]
fn a_run_is_taken_up_in_the_middle_of_an_epoch() {
    let training = numbers(50).shuffle(20, 3).repeat(None).batch(8, true).prefetch(2);
    let uninterrupted: Vec<Element> = training.iter().unwrap().take(40).map(Result::unwrap).collect();
    let mut first = training.iter().unwrap();
    let before: Vec<Element> = first.by_ref().take(17).map(Result::unwrap).collect();
    let position = first.position();
    drop(first);
    let after = training.iter_from(position).unwrap().take(23).map(Result::unwrap);
    assert_eq!(before.into_iter().chain(after).collect::<Vec<_>>(), uninterrupted);
}

#[test]
fn errors_end_the_run_and_come_through_threads() {
    for prefetch in [false, true] {
        let failing = numbers(10).map(|element| match element[0].item::<i64>()? {
            3 => Err(tenseur::Error::invalid("three")),
            _ => Ok(element),
        });
        let failing = if prefetch { failing.prefetch(2) } else { failing };
        let got: Vec<_> = failing.iter().unwrap().collect();
        assert_eq!(got.len(), 4);
        assert_eq!(got[3].as_ref().unwrap_err().message(), "three");
    }
    let panicking = numbers(10).map(|_| panic!("in a function of the program")).prefetch(1);
    let error = panicking.iter().unwrap().next().unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    let uneven = Dataset::from_fn(|| Ok([array![1], array![1, 2]].into_iter().map(|array| Ok(vec![array]))));
    let error = uneven.batch(2, false).iter().unwrap().next().unwrap().unwrap_err();
    assert!(error.message().contains("int32 [1] and int32 [2] cannot be in one batch"), "{error}");
    assert!(Dataset::from_arrays(&[]).is_err() && Dataset::from_arrays(&[1.0.into()]).is_err());
    assert!(Dataset::from_arrays(&[array![1], array![1, 2]]).is_err());
}

#[test]
fn a_table_is_read_by_lines_and_told_by_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    fs::write(&path, "a,b\n1,x\n2,\"two\nlines\"\n3.5,z\n").unwrap();
    let table = Dataset::csv(&path, true, &[DType::Int64, DType::String]);
    let got: Vec<_> = table.iter().unwrap().collect();
    assert_eq!(got[1].as_ref().unwrap()[1].as_strings().unwrap(), [b"two\nlines"]);
    let error = got[2].as_ref().unwrap_err();
    assert!(error.message().ends_with("table.csv, line 5: column 1: \"3.5\" is no int64"), "{error}");
    let narrow = Dataset::csv(&path, true, &[DType::Int64]).iter().unwrap().next().unwrap().unwrap_err();
    assert!(narrow.message().ends_with("line 2: there are 2 cells and should be 1"), "{narrow}");
    assert_eq!(
        Dataset::csv(folder.path().join("none"), true, &[]).iter().unwrap_err().code(),
        Code::NotFound
    );
}

#[test]
fn pictures_in_folders_come_with_their_class() {
    let folder = tempfile::tempdir().unwrap();
    let tf = tenseur::Graph::new();
    for (class, grey) in [("cats", 10u8), ("dogs", 200)] {
        fs::create_dir(folder.path().join(class)).unwrap();
        for number in 0..2usize {
            let picture = Array::new([2, 2 + number, 1], vec![grey; 2 * (2 + number)]).unwrap();
            let png = tenseur::image::encode_png(&tf.constant(picture));
            let bytes = tenseur::Session::new(&tf).unwrap().run(&png, tenseur::feeds![]).unwrap();
            let path = folder.path().join(class).join(format!("{number}.PNG"));
            fs::write(path, &bytes.as_strings().unwrap()[0]).unwrap();
        }
        fs::write(folder.path().join(class).join("notes.txt"), "no picture").unwrap();
    }
    assert_eq!(image_folder_classes(folder.path()).unwrap(), ["cats", "dogs"]);
    let pictures = all(&Dataset::image_folder(folder.path(), 3).unwrap());
    let labels: Vec<i64> = pictures.iter().flat_map(|element| element[1].to_i64().unwrap()).collect();
    assert_eq!(labels, [0, 0, 1, 1]);
    assert_eq!(pictures[3][0], Array::new([2, 3, 3], [200u8; 18]).unwrap());
    fs::write(folder.path().join("dogs").join("broken.png"), "no picture").unwrap();
    let error =
        Dataset::image_folder(folder.path(), 3).unwrap().iter().unwrap().find_map(Result::err).unwrap();
    assert!(error.message().contains("broken.png: "), "{error}");
    assert!(
        Dataset::image_folder(folder.path().join("cats"), 3)
            .unwrap_err()
            .message()
            .contains("has no folders")
    );
}

#[test]
fn damaged_records_are_errors_or_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let mut writer = TfRecordWriter::create(&path, Compression::None).unwrap();
    (0..5u8).for_each(|i| writer.write(&[i; 10]).unwrap());
    writer.finish().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[2 * 26 + 15] ^= 1;
    fs::write(&path, bytes).unwrap();
    let strict = Dataset::tf_records([&path, &path], Records::default());
    let error = strict.iter().unwrap().find_map(Result::err).unwrap();
    assert!(error.message().contains("records: record 2 at byte 52"), "{error}");
    assert_eq!(all(&Dataset::tf_records([&path, &path], Records { skip_damaged: true })).len(), 8);
}

/// The most memory that this process has had at once, in bytes.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[test]
fn a_large_file_streams_in_constant_memory() {
    const RECORD: usize = 1 << 16;
    const RECORDS: usize = 4096; // 256 MiB, unpacked
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = &folder.path().join("large.tfrecord.gz");
    let mut writer = TfRecordWriter::create(path, Compression::Gzip).unwrap();
    let mut record = vec![7u8; RECORD];
    for number in 0..RECORDS {
        record[..8].copy_from_slice(&(number as u64).to_le_bytes());
        writer.write(&record).unwrap();
    }
    writer.finish().unwrap();
    let before = peak_memory();
    let batches = Dataset::tf_records([path], Records::default()).shuffle(64, 1).batch(16, false).prefetch(2);
    let mut sum = 0;
    for batch in batches.iter().unwrap() {
        for record in batch.unwrap()[0].as_strings().unwrap() {
            assert_eq!(record.len(), RECORD);
            sum += u64::from_le_bytes(record[..8].try_into().unwrap());
        }
    }
    assert_eq!(sum, (RECORDS * (RECORDS - 1) / 2) as u64);
    assert_eq!(TfRecordReader::open(path).unwrap().count(), RECORDS);
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        // The buffer's 64 records, some batches of 16, and what else a process takes.
        assert!(after - before < 48 << 20, "{} MiB", (after - before) >> 20);
    }
}
