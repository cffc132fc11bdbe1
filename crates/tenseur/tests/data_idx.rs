//! IDX files and folders laid out as MNIST's: what is read, what each error says, and that no bytes make it panic.

use std::fs;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use tenseur::data::{Inputs, idx, mnist};
use tenseur::{Array, Code, DType, array};

/// An IDX file of `data`, which is big-endian already.
fn file(type_byte: u8, sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, type_byte, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Array {
    let array = idx::parse(bytes, &"f").unwrap();
    assert_eq!(idx::parse(&packed(bytes), &"f.gz").unwrap(), array);
    array
}

fn refused(bytes: &[u8]) -> String {
    idx::parse(bytes, &"f").unwrap_err().message().to_string()
}

#[test]
fn every_type_is_read() {
    assert_eq!(
        read(&file(0x08, &[2, 2], &[0, 1, 128, 255])),
        Array::new([2, 2], [0u8, 1, 128, 255]).unwrap()
    );
    assert_eq!(read(&file(0x09, &[3], &[0, 127, 128])), Array::new([3], [0i8, 127, -128]).unwrap());
    assert_eq!(read(&file(0x0b, &[2], &[1, 2, 0xff, 0xfe])), Array::new([2], [258i16, -2]).unwrap());
    assert_eq!(
        read(&file(0x0c, &[2], &[0, 1, 0, 2, 255, 255, 255, 255])),
        Array::new([2], [65538i32, -1]).unwrap()
    );
    let floats = [1.5f32, -0.25].map(f32::to_be_bytes).concat();
    assert_eq!(read(&file(0x0d, &[1, 2], &floats)), array![[1.5, -0.25]]);
    let doubles = [1e300f64, -0.0].map(f64::to_be_bytes).concat();
    assert_eq!(read(&file(0x0e, &[2], &doubles)), Array::new([2], [1e300f64, -0.0]).unwrap());
    assert_eq!(read(&file(0x08, &[], &[7])), Array::scalar(7u8));
    assert_eq!(read(&file(0x0c, &[0, 28], &[])), Array::zeros(DType::Int32, [0, 28]).unwrap());
}

#[test]
fn damaged_files_are_refused_with_the_offset_and_what_was_expected() {
    assert_eq!(refused(&[]), "f: an IDX file starts with 4 bytes and this has 0");
    assert_eq!(
        refused(b"\x89PNG\r\n"),
        "f: not an IDX file: at offset 0 stand the bytes 0x89 0x50, and 0x00 0x00 were expected"
    );
    assert_eq!(
        refused(&file(0x0a, &[1], &[0])),
        "f: at offset 2 stands the type 0x0a, and one of 0x08, 0x09, 0x0b, 0x0c, 0x0d and 0x0e was expected"
    );
    assert_eq!(
        refused(&[0, 0, 8, 3, 0, 0, 0, 1]),
        "f: the header of 3 axes is 16 bytes long and there are 8"
    );
    assert_eq!(
        refused(&file(0x0b, &[2, 3], &[0; 11])),
        "f: the file is 23 bytes long and its header declares int16 [2, 3], 24 bytes in all"
    );
    assert_eq!(
        refused(&file(0x08, &[2], &[0; 3])),
        "f: the file goes on after byte 10, where the uint8 [2] of its header end"
    );
    assert_eq!(
        refused(&packed(&file(0x08, &[2], &[0; 1]))),
        "f: the unpacked data is 9 bytes long and its header declares uint8 [2], 10 bytes in all"
    );
    assert_eq!(
        refused(&packed(&file(0x08, &[2], &[0; 3]))),
        "f: the unpacked data goes on after byte 10, where the uint8 [2] of its header end"
    );
    let whole = packed(&file(0x08, &[200], &[0; 200]));
    assert!(
        refused(&whole[..whole.len() - 4]).starts_with("f: the gzip data is damaged or cut short after ")
    );
    assert_eq!(idx::parse(&[], &"f").unwrap_err().code(), Code::DataLoss);
}

#[test]
fn declared_sizes_are_not_believed() {
    let huge = [u32::MAX, u32::MAX];
    assert_eq!(
        refused(&file(0x08, &huge, &[1, 2, 3])),
        format!(
            "f: the file is 15 bytes long and its header declares uint8 [{0}, {0}], 18446744065119617037 bytes in all",
            u32::MAX
        )
    );
    assert!(
        refused(&packed(&file(0x08, &huge, &[1, 2, 3]))).starts_with("f: the unpacked data is 15 bytes long")
    );
    assert_eq!(
        refused(&file(0x0e, &huge, &[])),
        format!("f: at offset 4 stand the sizes [{0}, {0}], more than any file can hold", u32::MAX)
    );
    assert!(refused(&file(0x08, &[u32::MAX; 255], &[])).contains("more than any file can hold"));
}

/// A folder with four little files: 3 training images of 2×2 pixels and 2 held back.
fn folder(joint: &str, pack: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (part, count) in [("train", 3u32), ("t10k", 2)] {
        let pixels: Vec<u8> = (0..count as u8 * 4).map(|i| i * 15).collect();
        let labels: Vec<u8> = (0..count as u8).rev().collect();
        write(
            folder.path(),
            &format!("{part}-images{joint}idx3-ubyte"),
            &file(8, &[count, 2, 2], &pixels),
            pack,
        );
        write(folder.path(), &format!("{part}-labels{joint}idx1-ubyte"), &file(8, &[count], &labels), pack);
    }
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8], pack: bool) {
    let (name, bytes) =
        if pack { (format!("{name}.gz"), packed(bytes)) } else { (name.into(), bytes.to_vec()) };
    fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn folders_are_read_under_every_name() {
    for joint in ["-", "."] {
        for pack in [false, true] {
            let folder = folder(joint, pack);
            assert!(mnist::is_folder(&folder));
            let (training, held_back) = mnist::read(&folder).unwrap();
            let held_back = held_back.unwrap();
            assert_eq!(training.encoding().inputs, Inputs::Image { height: 2, width: 2 });
            assert_eq!(training.encoding().classes(), ["0", "1", "2"]);
            assert_eq!(training.encoding(), held_back.encoding());
            assert_eq!(*training.targets(), array![2, 1, 0]);
            assert_eq!(*held_back.targets(), array![1, 0]);
            let pixels: Vec<f32> = (0..12).map(|i| (i * 15) as f32 / 255.0).collect();
            assert_eq!(training.features().as_slice::<f32>().unwrap(), pixels);
        }
    }
}

#[test]
fn the_held_back_part_may_be_left_out_and_other_types_keep_their_values() {
    let folder = folder("-", false);
    let (images, labels) = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
    fs::remove_file(folder.path().join("t10k-images-idx3-ubyte")).unwrap();
    let pixels = [0.5f32, -2.0].map(f32::to_be_bytes).concat();
    write(folder.path(), images, &file(0x0d, &[2, 1, 1], &pixels), false);
    write(folder.path(), labels, &file(0x0c, &[2], &[0, 0, 0, 4, 0, 0, 0, 0]), false);
    let (training, held_back) = mnist::read(&folder).unwrap();
    assert!(held_back.is_none());
    assert_eq!(*training.features(), array![[0.5], [-2.0]]);
    assert_eq!(training.encoding().output_count(), 5);
}

#[test]
fn folders_that_do_not_fit_are_refused() {
    let refused = |name: &str, bytes: Option<&[u8]>| {
        let folder = folder("-", false);
        let path = folder.path().join(name);
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let text = mnist::read(&folder).unwrap_err().message().to_string();
        let folder = folder.path().display().to_string();
        text.replace(&format!("{folder}{}", std::path::MAIN_SEPARATOR), "").replace(&folder, "F")
    };
    let labels = "train-labels-idx1-ubyte";
    assert_eq!(
        refused("train-images-idx3-ubyte", None),
        "F: there is no file train-images-idx3-ubyte (nor .idx3-ubyte, nor either with .gz)"
    );
    assert_eq!(
        refused(labels, None),
        "train-images-idx3-ubyte: its labels are missing: there is no file train-labels-idx1-ubyte (nor \
         .idx1-ubyte, nor either with .gz) beside it"
    );
    assert!(
        refused("t10k-labels-idx1-ubyte", None).starts_with("t10k-images-idx3-ubyte: its labels are missing")
    );
    assert_eq!(
        refused(labels, Some(&file(8, &[2], &[0, 1]))),
        "train-labels-idx1-ubyte: there are 2 labels, and 3 images in train-images-idx3-ubyte"
    );
    assert_eq!(
        refused(labels, Some(&file(8, &[1, 3], &[0; 3]))),
        "train-labels-idx1-ubyte: labels are [images] and this is [1, 3]"
    );
    assert_eq!(
        refused(labels, Some(&file(9, &[3], &[0, 1, 255]))),
        "train-labels-idx1-ubyte: at offset 10 stands the label -1, and 0 to 65535 were expected"
    );
    assert_eq!(
        refused(labels, Some(&packed(&file(0x0c, &[3], &[0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])))),
        "train-labels-idx1-ubyte: at offset 12 of the unpacked data stands the label 65536, and 0 to 65535 were \
         expected"
    );
    assert_eq!(
        refused(labels, Some(&file(0x0d, &[3], &[0; 12]))),
        "train-labels-idx1-ubyte: labels are whole numbers and these are float32"
    );
    assert_eq!(
        refused("t10k-labels-idx1-ubyte", Some(&file(8, &[2], &[0, 3]))),
        "t10k-labels-idx1-ubyte: at offset 9 stands the label 3, and 0 to 2 were expected"
    );
    let images = "train-images-idx3-ubyte";
    assert_eq!(
        refused(images, Some(&file(8, &[3, 4], &[0; 12]))),
        "train-images-idx3-ubyte: images are [images, height, width] and this is [3, 4]"
    );
    assert_eq!(
        refused(images, Some(&file(8, &[3, 0, 4], &[]))),
        "train-images-idx3-ubyte: there are no pixels in images of shape [3, 0, 4]"
    );
    let pixels = [0.0, 0.0, f32::NAN].map(f32::to_be_bytes).concat();
    assert_eq!(
        refused(images, Some(&file(0x0d, &[3, 1, 1], &pixels))),
        "train-images-idx3-ubyte: at offset 24 stands a pixel that is not a finite float32"
    );
    assert_eq!(
        refused("t10k-images-idx3-ubyte", Some(&file(8, &[2, 1, 2], &[0; 4]))),
        "t10k-images-idx3-ubyte: these images are 1×2 pixels and the training images 2×2"
    );
    assert!(refused(images, Some(&[0, 0])).starts_with("train-images-idx3-ubyte: an IDX file starts with"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), gzip in any::<bool>()) {
        let bytes = if gzip { packed(&bytes) } else { bytes };
        let _ = idx::parse(&bytes, &"f");
    }

    #[test]
    fn no_header_makes_the_reader_panic(
        type_byte in 8u8..15,
        sizes in proptest::collection::vec(prop_oneof![0u32..4, any::<u32>()], 0..5),
        data in proptest::collection::vec(any::<u8>(), 0..70),
    ) {
        if let Ok(array) = idx::parse(&file(type_byte, &sizes, &data), &"f") {
            prop_assert_eq!(array.bytes().unwrap().len(), data.len());
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_refused(
        data in proptest::collection::vec(any::<u8>(), 1..60),
        cut in any::<proptest::sample::Index>(),
        gzip in any::<bool>(),
    ) {
        let whole = file(8, &[data.len() as u32], &data);
        let whole = if gzip { packed(&whole) } else { whole };
        prop_assert!(idx::parse(&whole, &"f").is_ok());
        prop_assert!(idx::parse(&whole[..cut.index(whole.len())], &"f").is_err());
    }
}
