//! Summaries are what TensorFlow makes of the same numbers, and event files what it reads.

use std::fs;
use std::path::Path;

use prost::Message;
use tenseur::prelude::*;
use tenseur::summary::{self, Event, EventKind, FileWriter, Summary, SummaryKind, summary_iterator};

/// What TensorFlow's ops gave for the tensors of [`graph`].
fn recorded() -> Summary {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/summary/merged.pb");
    Summary::decode(fs::read(path).unwrap().as_slice()).unwrap()
}

fn graph() -> (Graph, Tensor) {
    let tf = Graph::new();
    let numbers: Vec<f32> = (0..500).map(|i| ((i * 37 % 101) as f32 - 50.0) / 7.0).collect();
    let numbers = Array::new([500], numbers).unwrap();
    let pictures: Vec<f32> = (0..48).map(|i| (i * 29 % 23) as f32 - 4.0).collect();
    let pictures = Array::new([2, 4, 2, 3], pictures).unwrap();
    let sound = Array::new([1, 5, 2], [0.0f32, 0.5, -0.5, 1.0, -1.0, 2.0, 0.25, -0.25, 0.001, 0.7]).unwrap();
    {
        let _scope = tf.name_scope("scope");
        summary::scalar("loss", tf.constant(0.25));
    }
    summary::histogram("numbers", tf.constant(numbers));
    summary::image("pictures", tf.constant(pictures), 3);
    summary::audio("sound", tf.constant(sound), 8000.0, 1);
    summary::text("words", tf.constant(array!["a", "**b**"]));
    let merged = summary::merge_all(&tf).unwrap();
    (tf, merged)
}

#[test]
fn ops_give_what_those_of_tensorflow_give() {
    let (tf, merged) = graph();
    let bytes = Session::new(&tf).unwrap().run(&merged, feeds![]).unwrap();
    let ours = Summary::decode(bytes.as_strings().unwrap()[0].as_slice()).unwrap();
    let theirs = recorded();
    assert_eq!(ours.value.len(), theirs.value.len());
    for (ours, theirs) in ours.value.iter().zip(&theirs.value) {
        assert_eq!((&ours.tag, &ours.metadata), (&theirs.tag, &theirs.metadata));
        match (ours.value.as_ref().unwrap(), theirs.value.as_ref().unwrap()) {
            (SummaryKind::Histogram(ours), SummaryKind::Histogram(theirs)) => {
                assert_eq!((ours.min, ours.max, ours.num), (theirs.min, theirs.max, theirs.num));
                assert_eq!(ours.bucket, theirs.bucket);
                for (ours, theirs) in ours.bucket_limit.iter().zip(&theirs.bucket_limit) {
                    assert!((ours - theirs).abs() <= 1e-12 * theirs.abs());
                }
            }
            (SummaryKind::Image(ours), SummaryKind::Image(theirs)) => {
                assert_eq!(
                    (ours.height, ours.width, ours.colorspace),
                    (theirs.height, theirs.width, theirs.colorspace)
                );
                // Packed otherwise, the same pixels.
                assert_eq!(pixels(&ours.encoded_image_string), pixels(&theirs.encoded_image_string));
            }
            (SummaryKind::Tensor(ours), SummaryKind::Tensor(theirs)) => {
                use tenseur::formats::tensor_proto::array_from_proto;
                assert_eq!(array_from_proto(ours).unwrap(), array_from_proto(theirs).unwrap());
            }
            (ours, theirs) => assert_eq!(ours, theirs),
        }
    }
}

fn pixels(png: &[u8]) -> Array {
    let tf = Graph::new();
    let picture =
        tenseur::image::decode_png(&tf.constant(Array::strings([], [png]).unwrap()), 0, DType::UInt8);
    Session::new(&tf).unwrap().run(&picture, feeds![]).unwrap()
}

#[test]
fn summaries_without_a_graph_are_those_of_the_ops() {
    let (tf, merged) = graph();
    let sess = Session::new(&tf).unwrap();
    let bytes = sess.run(&merged, feeds![]).unwrap();
    let ops = Summary::decode(bytes.as_strings().unwrap()[0].as_slice()).unwrap();
    let input = |name: &str| {
        let operation = tf.operation(name).unwrap();
        let node = tf.node(operation.id()).unwrap();
        let from = node.inputs[1];
        let tensor = tf.tensor_at(from.node.index(), from.output as usize).unwrap();
        sess.run(&tensor, feeds![]).unwrap()
    };
    let ours = Summary::default()
        .scalar("scope/loss", 0.25)
        .histogram("numbers", &input("numbers"))
        .and_then(|summary| summary.image("pictures", &input("pictures"), 3))
        .and_then(|summary| summary.audio("sound", &input("sound"), 8000.0, 1))
        .unwrap();
    assert_eq!(ours.value, ops.value[..ours.value.len()]);
    let text = Summary::default().text("t", "x").unwrap();
    assert_eq!(text.value[0].metadata, ops.value.last().unwrap().metadata);
}

#[test]
fn an_event_file_has_what_was_written_with_step_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = || 1_763_900_000.5;
    let (tf, merged) = graph();
    let run = Session::new(&tf).unwrap().run(&merged, feeds![]).unwrap();
    let mut writer = FileWriter::with_clock(folder.path().join("new/logs"), clock).unwrap();
    let second = FileWriter::with_clock(folder.path().join("new/logs"), clock).unwrap();
    assert!(writer.path() != second.path());
    let name = writer.path().file_name().unwrap().to_str().unwrap().to_string();
    assert_eq!(name, "events.out.tfevents.1763900000.tenseur");
    writer.add_graph(&tf).unwrap();
    writer.add_run(&run, 7).unwrap();
    writer.add_summary(Summary::default().scalar("x", 1.0), -3).unwrap();
    let path = writer.path().to_path_buf();
    drop(writer);
    let events: Vec<Event> = summary_iterator(&path).unwrap().map(Result::unwrap).collect();
    assert!(events.iter().all(|event| event.wall_time == 1_763_900_000.5));
    assert_eq!(events.iter().map(|event| event.step).collect::<Vec<_>>(), [0, 0, 7, -3]);
    assert_eq!(events[0].what, Some(EventKind::FileVersion("brain.Event:2".into())));
    let Some(EventKind::GraphDef(graph)) = &events[1].what else { panic!("{:?}", events[1]) };
    assert_eq!(Graph::from_graph_def(graph).unwrap().len(), tf.len());
    let Some(EventKind::Summary(written)) = &events[2].what else { panic!("{:?}", events[2]) };
    assert_eq!(written.encode_to_vec(), run.as_strings().unwrap()[0]);

    // Cut short, as of a program that was killed: what is whole is read, then the place is told.
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    let events: Vec<_> = summary_iterator(&path).unwrap().collect();
    assert_eq!(events.len(), 4);
    assert!(events[3].as_ref().unwrap_err().message().contains("record 3 at byte"), "{:?}", events[3]);
}

#[test]
fn what_is_no_summary_is_refused() {
    let tf = Graph::new();
    let nan = summary::histogram("w", tf.constant(array![1.0, f32::NAN]));
    summary::image("picture", tf.placeholder::<f32>([None, Some(3)], "flat"), 1);
    assert!(tf.take_error().unwrap().message().contains("[batch, height, width, channels]"));
    let error = Session::new(&tf).unwrap().run(&nan, feeds![]).unwrap_err();
    assert!(error.message().contains("the histogram \"w\" has NaN among its numbers"), "{error}");

    let tf = Graph::new();
    let (a, b) = (tf.constant(1.0), tf.constant(2.0));
    let once = summary::scalar("a", &a);
    let tags = tf.constant("a");
    let twice =
        tf.add(tenseur::ops::by_arrays::ByArrays(tenseur::ops::summary::scalar::ScalarSummary), &[&tags, &b]);
    let merged = summary::merge(&tf, &[&once, &twice]);
    let error = Session::new(&tf).unwrap().run(&merged, feeds![]).unwrap_err();
    assert!(error.message().contains("two of the summaries are called \"a\""), "{error}");
    assert!(summary::merge_all(&Graph::new()).is_none());

    let folder = tempfile::tempdir().unwrap();
    let mut writer = FileWriter::new(folder.path()).unwrap();
    assert!(writer.add_run(&array!["a", "b"], 0).is_err());
    assert!(writer.add_run(&Array::strings([], [b"\xff"]).unwrap(), 0).is_err());
    assert!(Summary::default().histogram("x", &array!["a"]).is_err());
}
