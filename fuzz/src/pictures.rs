//! Whatever bytes come are a picture: PNG, JPEG, GIF or BMP, with as many channels as it has, or as are asked for.
#![no_main]

mod memory;

use libfuzzer_sys::fuzz_target;
use tenseur::{Array, DType, Feeds, Graph, Session, image};

fuzz_target!(|bytes: &[u8]| {
    let tf = Graph::new();
    let contents = tf.constant(Array::strings([0; 0], [bytes]).expect("a scalar"));
    let mut pictures = vec![image::extract_jpeg_shape(&contents)];
    for channels in [0, 1, 3, 4] {
        pictures.push(image::decode_image(&contents, channels, DType::UInt8));
        pictures.push(image::decode_png(&contents, channels, DType::UInt16));
        pictures.push(image::decode_bmp(&contents, channels));
    }
    pictures.push(image::decode_gif(&contents));
    let Ok(session) = Session::new(&tf) else { return };
    for picture in &pictures {
        let _ = session.run(picture, Feeds::new());
    }
});
