//! `cargo run -p tenseur-conformance --example keep -- write FOLDER`: writes checkpoints, models, records and events for
//! `xtask/peers/keep.py` to read in TensorFlow and TensorBoard; `… -- read FOLDER`: reads what that has written in TensorFlow.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use tenseur::data::{Compression, Example, TfRecordReader, TfRecordWriter};
use tenseur::formats::saved_model::{SavedModel, simple_save};
use tenseur::freeze::freeze;
use tenseur::prelude::*;
use tenseur::summary::{FileWriter, Summary};
use tenseur::train::Saver;
use tenseur::{Error, Result};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", folder] => write(Path::new(folder)),
        ["read", folder] => read(Path::new(folder)),
        _ => Err(Error::invalid("keep write FOLDER, or keep read FOLDER")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A layer `y = x·w + b`, w in two parts, b a resource variable.
fn layer() -> Result<(Graph, Tensor, Tensor, [Variable; 3])> {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let top = tf.variable(array![[1.0, 2.0]], "w/part_0");
    let bottom = tf.variable(array![[3.0, 4.0], [5.0, 6.0]], "w/part_1");
    let b = tf.resource_variable(array![0.5, -0.5], "b");
    let w = tf.concat(&[&*top, &*bottom], 0);
    let y = (x.matmul(&w) + &*b).named("y");
    Ok((tf, x, y, [top, bottom, b]))
}

fn write(folder: &Path) -> Result<()> {
    let (tf, x, y, [top, bottom, b]) = layer()?;
    let sess = Session::new(&tf)?;
    sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    let mut saver = Saver::of(&tf, [("b", &b)])?
        .with_part("w", [3, 2], &[0, 0], &top)?
        .with_part("w", [3, 2], &[1, 0], &bottom)?
        .sharded(2);
    saver.save(&sess, folder.join("sharded"), 7)?;
    Saver::new(&tf).save(&sess, folder.join("plain"), None)?;
    simple_save(&sess, folder.join("model"), [("x", &x)], [("y", &y)])?;
    tenseur::formats::graph_file::save_bytes(folder.join("frozen.pb"), &freeze(&sess, &[&y])?)?;
    for (name, compression) in
        [("plain", Compression::None), ("gzip", Compression::Gzip), ("zlib", Compression::Zlib)]
    {
        let mut writer = TfRecordWriter::create(folder.join(format!("{name}.tfrecord")), compression)?;
        for number in 0..3i64 {
            let example =
                Example::default().with("number", number).with("name", "é").with("half", number as f32 / 2.0);
            writer.write(&example.to_bytes())?;
        }
        writer.finish()?;
    }
    let mut writer = FileWriter::new(folder.join("events"))?;
    writer.add_graph(&tf)?;
    for step in 0..5i64 {
        let picture = Array::full(DType::UInt8, [1, 2, 3, 3], 40.0 * step as f64)?;
        let summary = Summary::default()
            .scalar("loss", 1.0 / (step + 1) as f32)
            .histogram("weights", &sess.run(&top, feeds![])?)?
            .image("picture", &picture, 1)?
            .text("remark", &format!("step **{step}**"))?;
        writer.add_summary(summary, step)?;
    }
    writer.flush()
}

fn read(folder: &Path) -> Result<()> {
    let x = BTreeMap::from([("x".to_string(), array![[1.0, 2.0, 3.0], [-1.0, 0.0, 0.5]])]);
    let expected = tenseur::formats::npy::load(folder.join("y.npy"))?;
    for name in ["reference", "resource"] {
        let y = SavedModel::open(folder.join(name))?.run("serving_default", &x)?.remove("y");
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-5 * b.abs().max(1.0);
        let right = y.as_ref().is_some_and(|y| {
            let (Ok(ours), Ok(theirs)) = (y.as_slice::<f32>(), expected.as_slice::<f32>()) else {
                return false;
            };
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(near)
        });
        if !right {
            return Err(Error::invalid(format!("{name}: {y:?}, and TensorFlow's is {expected:?}")));
        }
        println!("TensorFlow's model with {name} variables gives the same");
    }
    for record in TfRecordReader::open(folder.join("examples.tfrecord"))? {
        let example = Example::from_bytes(&record?)?;
        if example.integers("label")?.len() != 1 || example.floats("values")?.len() != 4 {
            return Err(Error::invalid(format!("TensorFlow wrote another example: {example:?}")));
        }
    }
    println!("TensorFlow's records are read");
    Ok(())
}
