//! Pictures, tables, records and tensors as bytes, and files.
//!
//! - pictures: [`picture`] decodes PNG, JPEG, GIF and BMP, [`crop`] parts of JPEG, [`encode`] makes PNG and JPEG;
//! - tables: [`csv`];
//! - records: [`example`], [`sequence`] (`sequence_parsing.rs`: for programs);
//! - tensors: [`tensor`];
//! - files: [`files`], [`checkpoint`], [`checkpoint_v1`].

pub mod bmp;
pub mod checkpoint;
pub mod checkpoint_v1;
pub mod crop;
pub mod csv;
pub mod encode;
pub mod example;
mod features;
pub mod files;
pub mod gif;
pub mod jpeg;
pub mod picture;
pub mod png;
pub mod sequence;
mod sequence_cases;
mod sequence_parsing;
mod steps;
pub mod tensor;

pub use crop::decode_and_crop_jpeg;
pub use encode::{encode_jpeg, encode_png};
pub use picture::{decode_bmp, decode_gif, decode_image, decode_jpeg, decode_png, extract_jpeg_shape};
pub use sequence_parsing::ParsedSequences;

/// Why no gradient goes through bytes.
const BYTES: &str = "bytes do not change a little";

/// Pictures with more bytes than this are refused: what is small as a file can be very large.
const MOST_BYTES: u64 = 1 << 28;
