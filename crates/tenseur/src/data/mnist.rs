//! Folders laid out as MNIST's: four IDX files, images and labels to train on and to judge by. Fashion-MNIST, KMNIST and
//! others come in the same form.
//!
//! | file | holds |
//! |---|---|
//! | `train-images-idx3-ubyte` | training images, `[images, height, width]` |
//! | `train-labels-idx1-ubyte` | their labels, `[images]` |
//! | `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte` | the same for the held-back part; may be left out |
//!
//! `.idx3-ubyte` may stand for `-idx3-ubyte`, and a file may be gzipped and end in `.gz`.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::data::gzip::read_file;
use crate::data::idx::{self, IdxFile};
use crate::data::{Dataset, Encoding, Inputs, Target};
use crate::error::{Code, Error, Result};
use crate::value::{Array, DType};

/// The largest label that is believed. More classes than this are a sign of a file that holds something else.
const LARGEST_LABEL: i64 = u16::MAX as i64;

/// Whether `folder` holds training images under one of the names that [`read`] knows.
pub fn is_folder(folder: impl AsRef<Path>) -> bool {
    find(folder.as_ref(), "train-images", 3).is_some()
}

/// The training part of the folder, and the held-back part (`t10k-…`) if it is there.
///
/// Pixels of uint8 become `0 ..= 1` (divided by 255); of other types they are taken as they are. Labels are classes
/// named `0`, `1`, …, up to the largest in the training part.
///
/// # Errors
/// When a file is missing or damaged, images and labels differ in number, or a label is out of range: the file, the
/// offset, and what was expected.
pub fn read(folder: impl AsRef<Path>) -> Result<(Dataset, Option<Dataset>)> {
    let folder = folder.as_ref();
    let Some(images) = find(folder, "train-images", 3) else {
        return Err(Error::new(
            Code::NotFound,
            format!(
                "{}: there is no file train-images-idx3-ubyte (nor .idx3-ubyte, nor either with .gz)",
                folder.display()
            ),
        ));
    };
    let training = read_part(&images, &labels_of(folder, "train", &images)?, None)?;
    let held_back = match find(folder, "t10k-images", 3) {
        None => None,
        Some(images) => {
            let part = read_part(&images, &labels_of(folder, "t10k", &images)?, Some(training.encoding()))?;
            if part.encoding() != training.encoding() {
                return Err(Error::invalid(format!(
                    "{}: these images are {} pixels and the training images {}",
                    images.display(),
                    size(&part),
                    size(&training)
                )));
            }
            Some(part)
        }
    };
    Ok((training, held_back))
}

fn find(folder: &Path, start: &str, axes: usize) -> Option<PathBuf> {
    let names = ["-", "."].iter().flat_map(|joint| {
        ["", ".gz"].iter().map(move |end| folder.join(format!("{start}{joint}idx{axes}-ubyte{end}")))
    });
    names.into_iter().find(|path| path.is_file())
}

/// `28×28`.
fn size(images: &Dataset) -> String {
    match &images.encoding().inputs {
        Inputs::Image { height, width } => format!("{height}×{width}"),
        Inputs::Table(table) => format!("{}", table.columns.len()),
    }
}

fn labels_of(folder: &Path, part: &str, images: &Path) -> Result<PathBuf> {
    let start = format!("{part}-labels");
    find(folder, &start, 1).ok_or_else(|| {
        Error::new(
            Code::NotFound,
            format!(
                "{}: its labels are missing: there is no file {start}-idx1-ubyte (nor .idx1-ubyte, nor either with \
                 .gz) beside it",
                images.display()
            ),
        )
    })
}

fn read_part(images: &Path, labels: &Path, training: Option<&Encoding>) -> Result<Dataset> {
    let image_file = idx::parse_file(&read_file(images)?, &images.display())?;
    let label_file = idx::parse_file(&read_file(labels)?, &labels.display())?;
    let classes = training.map(|encoding| encoding.classes().len());
    let pixel = if image_file.array.dtype() == DType::UInt8 { 255.0 } else { 1.0 };
    let (images, labels) =
        ((image_file, &images.display() as &dyn Display), (label_file, &labels.display() as _));
    dataset(images, labels, pixel, classes)
}

/// The dataset of an array of images and one of labels, each with its name. Pixels are divided by `white`; there are
/// `classes` classes, or as many as the largest label asks for.
pub(super) fn dataset(
    (images, images_name): (IdxFile, &dyn Display),
    (labels, labels_name): (IdxFile, &dyn Display),
    white: f32,
    classes: Option<usize>,
) -> Result<Dataset> {
    let refuse = |name: &dyn Display, reason: String| Error::invalid(format!("{name}: {reason}"));
    let &[examples, height, width] = &images.array.shape()[..] else {
        let shape = images.array.shape();
        return Err(refuse(images_name, format!("images are [images, height, width] and this is {shape}")));
    };
    if labels.array.shape()[..] != [examples] {
        let reason = match labels.array.shape()[..] {
            [count] => format!("there are {count} labels, and {examples} images in {images_name}"),
            _ => format!("labels are [images] and this is {}", labels.array.shape()),
        };
        return Err(refuse(labels_name, reason));
    }
    if images.array.is_empty() {
        return Err(refuse(
            images_name,
            format!("there are no pixels in images of shape {}", images.array.shape()),
        ));
    }
    if !labels.array.dtype().is_integer() {
        return Err(refuse(
            labels_name,
            format!("labels are whole numbers and these are {}", labels.array.dtype()),
        ));
    }

    let numbers = labels.array.to_i64()?;
    let largest = classes.map_or(LARGEST_LABEL, |classes| classes as i64 - 1);
    if let Some(index) = numbers.iter().position(|label| !(0..=largest).contains(label)) {
        let place = labels.place(index);
        let reason = format!("{place} stands the label {}, and 0 to {largest} were expected", numbers[index]);
        return Err(refuse(labels_name, reason));
    }
    let classes = classes.unwrap_or_else(|| numbers.iter().max().map_or(0, |&label| label as usize + 1));
    let targets: Vec<i32> = numbers.iter().map(|&label| label as i32).collect();

    let mut features = Array::zeros(DType::Float32, [examples, height * width])?;
    let pixels = features.as_mut_slice::<f32>()?;
    match images.array.dtype() {
        // The common case needs no detour through eight bytes a pixel.
        DType::UInt8 => {
            for (pixel, &byte) in pixels.iter_mut().zip(images.array.as_slice::<u8>()?) {
                *pixel = f32::from(byte) / white;
            }
        }
        _ => {
            for (pixel, value) in pixels.iter_mut().zip(images.array.to_f64()?) {
                *pixel = value as f32 / white;
            }
        }
    }
    if let Some(index) = pixels.iter().position(|pixel| !pixel.is_finite()) {
        let reason = format!("{} stands a pixel that is not a finite float32", images.place(index));
        return Err(refuse(images_name, reason));
    }

    let target = Target::Classes {
        name: "label".into(),
        classes: (0..classes).map(|class| class.to_string()).collect(),
    };
    let encoding = Encoding { inputs: Inputs::Image { height, width }, scaling: None, target };
    Dataset::new(features, Array::new([examples], targets)?, encoding)
}
