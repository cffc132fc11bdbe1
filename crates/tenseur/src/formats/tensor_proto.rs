//! Tensors and shapes between the wire and memory.
//!
//! A [`TensorProto`] holds its elements in `tensor_content`, or in the list that fits its type. A list shorter than
//! the shape repeats its last element, an empty one stands for zeros; this is how TensorFlow writes down a constant
//! that is the same everywhere.

use crate::error::{Code, Reason};
use crate::formats::proto::{TensorProto, TensorShapeDim, TensorShapeProto};
use crate::value::{Array, DType, Element, MAX_RANK, PartialShape, Shape, room};
use half::{bf16, f16};
use prost::{decode_length_delimiter, encode_length_delimiter};

/// The most bytes that a few elements may be repeated to: what a message could hold if they were written out.
const MAX_REPEATED: usize = 2 << 30;

type Result<T> = std::result::Result<T, Reason>;

impl From<&Shape> for TensorShapeProto {
    fn from(shape: &Shape) -> TensorShapeProto {
        TensorShapeProto::from(&PartialShape::from(shape))
    }
}

impl From<&PartialShape> for TensorShapeProto {
    fn from(shape: &PartialShape) -> TensorShapeProto {
        let Some(sizes) = shape.sizes() else {
            return TensorShapeProto { dim: Vec::new(), unknown_rank: true };
        };
        let dim = |size: &Option<usize>| TensorShapeDim {
            size: size.map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX)),
            name: String::new(),
        };
        TensorShapeProto { dim: sizes.iter().map(dim).collect(), unknown_rank: false }
    }
}

/// The shape that a message describes, as far as it is known.
///
/// # Errors
/// When a size is below -1, there are more axes than TensorFlow allows, or axes are given and said to be unknown.
pub fn partial_shape(proto: &TensorShapeProto) -> Result<PartialShape> {
    if proto.unknown_rank {
        return if proto.dim.is_empty() {
            Ok(PartialShape::unknown())
        } else {
            Err("a shape has sizes and says that their number is unknown".into())
        };
    }
    if proto.dim.len() > MAX_RANK {
        return Err(format!("a shape has {} axes and may have {MAX_RANK}", proto.dim.len()).into());
    }
    let size = |dim: &TensorShapeDim| match dim.size {
        -1 => Ok(None),
        size => {
            usize::try_from(size).map(Some).map_err(|_| Reason::from(format!("a shape has a size of {size}")))
        }
    };
    proto.dim.iter().map(size).collect()
}

/// The shape that a message describes. An absent message is a scalar's shape.
///
/// # Errors
/// When a size is not known or negative, or the number of elements is beyond all memory.
pub fn known_shape(proto: Option<&TensorShapeProto>) -> Result<Shape> {
    let Some(proto) = proto else { return Ok(Shape::scalar()) };
    let partial = partial_shape(proto)?;
    let shape =
        partial.known().ok_or_else(|| Reason::from(format!("the shape {partial} is not fully known")))?;
    match shape.checked_elements() {
        Some(_) => Ok(shape),
        None => Err(format!("the shape {shape} has more elements than any memory").into()),
    }
}

/// The array that a message describes.
///
/// # Errors
/// When there are no arrays of its type, its shape is not fully known, or its content does not fit the shape.
pub fn array_from_proto(proto: &TensorProto) -> Result<Array> {
    let dtype = match DType::from_number(proto.dtype) {
        Some((dtype, false)) => dtype,
        _ => return Err(format!("a tensor cannot have the data type number {}", proto.dtype).into()),
    };
    let shape = known_shape(proto.tensor_shape.as_ref())?;
    if dtype == DType::String {
        return strings_from_proto(shape, proto);
    }
    let Some(size) = dtype.size() else {
        return Err(Reason::new(Code::Unimplemented, format!("there are no arrays of {dtype}")));
    };
    if !proto.tensor_content.is_empty() {
        let content = proto.tensor_content.len();
        if shape.elements().checked_mul(size) != Some(content) {
            let elements = shape.elements();
            return Err(format!(
                "a tensor of {dtype} with shape {shape} has {elements} elements of {size} bytes, and its content has \
                 {content} bytes"
            )
            .into());
        }
        return Array::from_bytes(dtype, shape, &proto.tensor_content).map_err(reason);
    }
    if shape.elements().checked_mul(size).is_none_or(|bytes| bytes > MAX_REPEATED) {
        let why = format!(
            "a tensor of {dtype} with shape {shape} is too large to be written down as a few elements"
        );
        return Err(Reason::new(Code::ResourceExhausted, why));
    }
    let TensorProto { float_val, double_val, int_val, half_val, int64_val, bool_val, .. } = proto;
    match dtype {
        DType::Float16 => repeated(shape, half_val, |x| f16::from_bits(x as u16)),
        DType::BFloat16 => repeated(shape, half_val, |x| bf16::from_bits(x as u16)),
        DType::Float32 => repeated(shape, float_val, |x| x),
        DType::Float64 => repeated(shape, double_val, |x| x),
        DType::Int8 => repeated(shape, int_val, |x| x as i8),
        DType::Int16 => repeated(shape, int_val, |x| x as i16),
        DType::Int32 => repeated(shape, int_val, |x| x),
        DType::Int64 => repeated(shape, int64_val, |x| x),
        DType::UInt8 => repeated(shape, int_val, |x| x as u8),
        DType::UInt16 => repeated(shape, int_val, |x| x as u16),
        DType::UInt32 => repeated(shape, &proto.uint32_val, |x| x),
        DType::UInt64 => repeated(shape, &proto.uint64_val, |x| x),
        DType::Bool => repeated(shape, bool_val, |x| x),
        DType::Complex64 => {
            let pairs: Vec<[f32; 2]> =
                proto.scomplex_val.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
            let all = repeated_pairs(&shape, &pairs)?;
            Array::from_bytes(dtype, shape, bytemuck::cast_slice(&all)).map_err(reason)
        }
        DType::Complex128 => {
            let pairs: Vec<[f64; 2]> =
                proto.dcomplex_val.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
            let all = repeated_pairs(&shape, &pairs)?;
            Array::from_bytes(dtype, shape, bytemuck::cast_slice(&all)).map_err(reason)
        }
        DType::String | DType::Resource | DType::Variant => {
            Err(Reason::new(Code::Unimplemented, format!("there are no arrays of {dtype}")))
        }
    }
}

/// An array of `shape` whose elements are `values` converted, the last one again and again.
fn repeated<V: Copy + Default, T: Element>(
    shape: Shape,
    values: &[V],
    convert: impl Fn(V) -> T,
) -> Result<Array> {
    let last = values.last().copied().unwrap_or_default();
    let mut elements = room(shape.elements()).map_err(reason)?;
    let values = values.iter().copied().chain(std::iter::repeat(last)).take(shape.elements());
    elements.extend(values.map(convert));
    Array::new(shape, elements).map_err(reason)
}

/// Complex numbers for a shape, the last one again and again.
fn repeated_pairs<T: Copy + Default>(shape: &Shape, pairs: &[[T; 2]]) -> Result<Vec<[T; 2]>> {
    let last = pairs.last().copied().unwrap_or_default();
    let mut all = room(shape.elements()).map_err(reason)?;
    all.extend(pairs.iter().copied().chain(std::iter::repeat(last)).take(shape.elements()));
    Ok(all)
}

fn strings_from_proto(shape: Shape, proto: &TensorProto) -> Result<Array> {
    let count = shape.elements();
    let content = &proto.tensor_content;
    if content.is_empty() {
        if count.saturating_mul(size_of::<Vec<u8>>()) > MAX_REPEATED {
            return Err(format!("a tensor of strings with shape {shape} is too large to be repeated").into());
        }
        let values = &proto.string_val;
        let last = values.last().cloned().unwrap_or_default();
        if values.len() < count && last.len().saturating_mul(count - values.len()) > MAX_REPEATED {
            return Err(format!("a tensor of strings with shape {shape} is too large to be repeated").into());
        }
        let mut all: Vec<Vec<u8>> = room(count).map_err(reason)?;
        all.extend(values.iter().cloned().chain(std::iter::repeat(last)).take(count));
        return Array::strings(shape, all).map_err(reason);
    }
    // All lengths, then all strings.
    let damaged =
        || Reason::from(format!("the content of a tensor of strings with shape {shape} is damaged"));
    if count > content.len() {
        return Err(damaged());
    }
    let mut rest = content.as_slice();
    let mut lengths = Vec::with_capacity(count);
    for _ in 0..count {
        lengths.push(decode_length_delimiter(&mut rest).map_err(|_| damaged())?);
    }
    let mut strings = Vec::with_capacity(count);
    for length in lengths {
        let (string, after) = rest.split_at_checked(length).ok_or_else(damaged)?;
        strings.push(string.to_vec());
        rest = after;
    }
    if !rest.is_empty() {
        return Err(damaged());
    }
    Array::strings(shape, strings).map_err(reason)
}

/// The message that describes an array: a single element in its type's list, more as `tensor_content`, and strings
/// in `string_val`, as TensorFlow writes them.
pub fn proto_from_array(array: &Array) -> TensorProto {
    let mut proto = TensorProto {
        dtype: array.dtype().number(),
        tensor_shape: Some(array.shape().into()),
        ..TensorProto::default()
    };
    if let Ok(strings) = array.as_strings() {
        proto.string_val = strings.to_vec();
        return proto;
    }
    let bytes = array.bytes().unwrap_or_default();
    match (array.len(), array.dtype()) {
        (1, DType::Float16 | DType::BFloat16) => {
            proto.half_val = vec![i32::from(number(bytes, u16::from_le_bytes))]
        }
        (1, DType::Float32) => proto.float_val = vec![number(bytes, f32::from_le_bytes)],
        (1, DType::Float64) => proto.double_val = vec![number(bytes, f64::from_le_bytes)],
        (1, DType::Int8) => proto.int_val = vec![i32::from(number(bytes, i8::from_le_bytes))],
        (1, DType::Int16) => proto.int_val = vec![i32::from(number(bytes, i16::from_le_bytes))],
        (1, DType::Int32) => proto.int_val = vec![number(bytes, i32::from_le_bytes)],
        (1, DType::Int64) => proto.int64_val = vec![number(bytes, i64::from_le_bytes)],
        (1, DType::UInt8) => proto.int_val = vec![i32::from(number(bytes, u8::from_le_bytes))],
        (1, DType::UInt16) => proto.int_val = vec![i32::from(number(bytes, u16::from_le_bytes))],
        (1, DType::UInt32) => proto.uint32_val = vec![number(bytes, u32::from_le_bytes)],
        (1, DType::UInt64) => proto.uint64_val = vec![number(bytes, u64::from_le_bytes)],
        (1, DType::Bool) => proto.bool_val = vec![bytes == [1]],
        (1, DType::Complex64) => {
            proto.scomplex_val = bytes.chunks_exact(4).map(|part| number(part, f32::from_le_bytes)).collect();
        }
        (1, DType::Complex128) => {
            proto.dcomplex_val = bytes.chunks_exact(8).map(|part| number(part, f64::from_le_bytes)).collect();
        }
        _ => proto.tensor_content = bytes.to_vec(),
    }
    proto
}

/// The message that describes an array with all elements in `tensor_content`, however few they are; of strings all lengths,
/// and then all strings.
pub(crate) fn content_proto(array: &Array) -> TensorProto {
    let content = match array.as_strings() {
        Ok(strings) => {
            let mut content = Vec::new();
            for string in strings {
                // A vector has room for a length.
                let _ = encode_length_delimiter(string.len(), &mut content);
            }
            content.extend(strings.iter().flatten());
            content
        }
        Err(_) => array.bytes().unwrap_or_default().to_vec(),
    };
    TensorProto {
        dtype: array.dtype().number(),
        tensor_shape: Some(array.shape().into()),
        tensor_content: content,
        ..TensorProto::default()
    }
}

/// The message of a slice in a checkpoint of TensorFlow's first version: the elements in the list of their type, however many
/// they are, without type and shape.
///
/// # Errors
/// For types that such checkpoints do not have.
pub(crate) fn listed_proto(array: &Array) -> Result<TensorProto> {
    let mut proto = TensorProto::default();
    if let Ok(strings) = array.as_strings() {
        proto.string_val = strings.to_vec();
        return Ok(proto);
    }
    let dtype = array.dtype();
    let integers = || array.to_i64().map_err(reason);
    let narrow = || Ok::<_, Reason>(integers()?.into_iter().map(|x| x as i32).collect::<Vec<i32>>());
    match dtype {
        DType::Float16 => {
            let all = array.as_slice::<f16>().map_err(reason)?;
            proto.half_val = all.iter().map(|x| i32::from(x.to_bits())).collect();
        }
        DType::Float32 => proto.float_val = array.as_slice().map_err(reason)?.to_vec(),
        DType::Float64 => proto.double_val = array.as_slice().map_err(reason)?.to_vec(),
        DType::Int8 | DType::Int16 | DType::Int32 | DType::UInt8 | DType::UInt16 => proto.int_val = narrow()?,
        DType::Int64 => proto.int64_val = integers()?,
        DType::Bool => proto.bool_val = array.as_slice().map_err(reason)?.to_vec(),
        DType::Complex64 => {
            let parts = array.bytes().map_err(reason)?.chunks_exact(4);
            proto.scomplex_val = parts.map(|part| number(part, f32::from_le_bytes)).collect();
        }
        DType::Complex128 => {
            let parts = array.bytes().map_err(reason)?.chunks_exact(8);
            proto.dcomplex_val = parts.map(|part| number(part, f64::from_le_bytes)).collect();
        }
        DType::UInt32 | DType::UInt64 => {
            return Err(format!("checkpoints of the first version hold no {dtype}").into());
        }
        _ => {
            let why = format!("checkpoints of the first version hold no {dtype}");
            return Err(Reason::new(Code::Unimplemented, why));
        }
    }
    Ok(proto)
}

/// How many elements the message's list for a type has.
pub(crate) fn listed_elements(proto: &TensorProto, dtype: DType) -> usize {
    match dtype {
        DType::Float16 | DType::BFloat16 => proto.half_val.len(),
        DType::Float32 => proto.float_val.len(),
        DType::Float64 => proto.double_val.len(),
        DType::Int64 => proto.int64_val.len(),
        DType::UInt32 => proto.uint32_val.len(),
        DType::UInt64 => proto.uint64_val.len(),
        DType::Bool => proto.bool_val.len(),
        DType::String => proto.string_val.len(),
        DType::Complex64 => proto.scomplex_val.len() / 2,
        DType::Complex128 => proto.dcomplex_val.len() / 2,
        _ => proto.int_val.len(),
    }
}

/// The only element of an array, from its bytes.
fn number<const N: usize, T>(bytes: &[u8], convert: fn([u8; N]) -> T) -> T {
    let mut element = [0; N];
    element.copy_from_slice(bytes);
    convert(element)
}

fn reason(error: crate::Error) -> Reason {
    Reason::new(error.code(), error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(sizes: &[i64]) -> Option<TensorShapeProto> {
        let dim = sizes.iter().map(|&size| TensorShapeDim { size, name: String::new() }).collect();
        Some(TensorShapeProto { dim, unknown_rank: false })
    }

    #[test]
    fn every_type_survives_as_one_element_and_as_many() {
        for dtype in DType::all().filter(|dtype| dtype.size().is_some()) {
            let size = dtype.size().unwrap();
            for count in [0, 1, 3] {
                // A bool's bytes are 0 and 1; these are also patterns of every other type.
                let bytes: Vec<u8> = (0..count * size).map(|i| (i % 2) as u8).collect();
                let array = Array::from_bytes(dtype, [count], &bytes).unwrap();
                let proto = proto_from_array(&array);
                assert_eq!(proto.tensor_content.is_empty(), count < 2);
                let back = array_from_proto(&proto).unwrap();
                assert_eq!((back.dtype(), back.shape()), (dtype, array.shape()));
                assert_eq!(back.bytes().unwrap(), bytes, "{dtype} {count}");
            }
        }
        let words = Array::strings([2, 1], ["a", ""]).unwrap();
        assert_eq!(array_from_proto(&proto_from_array(&words)).unwrap(), words);
    }

    #[test]
    fn short_lists_repeat_and_long_ones_are_cut() {
        let proto = |values: &[f32]| TensorProto {
            dtype: 1,
            tensor_shape: shape(&[2, 2]),
            float_val: values.to_vec(),
            ..TensorProto::default()
        };
        let read = |values| array_from_proto(&proto(values)).unwrap().to_f64().unwrap();
        assert_eq!(read(&[]), [0.0; 4]);
        assert_eq!(read(&[1.0, 2.0]), [1.0, 2.0, 2.0, 2.0]);
        assert_eq!(read(&[1.0, 2.0, 3.0, 4.0, 5.0]), [1.0, 2.0, 3.0, 4.0]);
        let bits = TensorProto { dtype: 14, half_val: vec![0x3f80], ..TensorProto::default() };
        assert_eq!(array_from_proto(&bits).unwrap().item::<bf16>().unwrap(), bf16::ONE);
    }

    #[test]
    fn shapes_and_contents_that_do_not_fit_are_refused() {
        let with = |dtype, sizes: &[i64], content: &[u8]| {
            let proto = TensorProto {
                dtype,
                tensor_shape: shape(sizes),
                tensor_content: content.to_vec(),
                ..TensorProto::default()
            };
            array_from_proto(&proto).map_err(|reason| reason.text)
        };
        assert!(with(1, &[2], &[0; 7]).unwrap_err().contains("has 7 bytes"));
        assert!(with(1, &[-1], &[]).unwrap_err().contains("not fully known"));
        assert!(with(1, &[-2], &[]).unwrap_err().contains("size of -2"));
        assert!(with(1, &[1 << 40], &[]).unwrap_err().contains("too large"));
        assert!(with(7, &[1 << 40], &[]).unwrap_err().contains("too large"));
        assert!(with(1, &[1 << 40, 1 << 40], &[]).unwrap_err().contains("more elements"));
        assert!(with(1, &[0, 1 << 40], &[]).unwrap().is_empty());
        assert!(with(1, &[1; 255], &[]).unwrap_err().contains("255 axes"));
        assert!(with(0, &[], &[]).unwrap_err().contains("number 0"));
        assert!(with(101, &[], &[]).unwrap_err().contains("number 101"));
        assert!(with(20, &[], &[]).unwrap_err().contains("no arrays of resource"));
        assert!(with(10, &[1], &[2]).unwrap_err().contains("neither 0 nor 1"));
        assert_eq!(
            with(7, &[2], &[1, 2, b'a', b'b', b'c']).unwrap().as_strings().unwrap(),
            [&b"a"[..], b"bc"]
        );
        assert!(with(7, &[2], &[1, 3, b'a', b'b', b'c']).unwrap_err().contains("damaged"));
        assert!(with(7, &[9], &[1, 0]).unwrap_err().contains("damaged"));
    }

    #[test]
    fn partial_shapes_survive() {
        for partial in [PartialShape::unknown(), PartialShape::scalar(), [None, Some(0), Some(7)].into()] {
            assert_eq!(partial_shape(&TensorShapeProto::from(&partial)).unwrap(), partial);
        }
        let both = TensorShapeProto { unknown_rank: true, ..shape(&[1]).unwrap() };
        assert!(partial_shape(&both).is_err());
    }
}
