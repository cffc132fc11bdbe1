//! Arrays: the values that are fed, fetched and kept.

use std::fmt;
use std::sync::Arc;

use tenseur_kernels::Buffer;

use crate::error::{Code, Error, Result};
use crate::value::{ArrayView, DType, Element, Literal, Nested, Shape};

/// A dense array in row-major order: a [`DType`], a [`Shape`] and the data. Cloning is cheap: clones share the data
/// until one of them is changed.
///
/// ```
/// use tenseur::{Array, array};
/// let a = array![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(a.shape()[..], [2, 2]);
/// assert_eq!(a.as_slice::<f32>()?, [1.0, 2.0, 3.0, 4.0]);
/// let b = Array::new([3], vec![1i64, 2, 3])?;
/// assert_eq!(b.to_string(), "[1, 2, 3]");
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone)]
pub struct Array {
    dtype: DType,
    shape: Shape,
    data: Data,
}

#[derive(Clone)]
enum Data {
    Numbers(Arc<Buffer>),
    Strings(Arc<Vec<Vec<u8>>>),
}

impl Array {
    /// An array of `shape` with `values` in row-major order.
    ///
    /// # Errors
    /// When the number of values is not the shape's.
    pub fn new<T: Element>(shape: impl Into<Shape>, values: impl AsRef<[T]>) -> Result<Array> {
        Array::from_bytes(T::DTYPE, shape, T::to_bytes(values.as_ref()))
    }

    /// An array of strings (any bytes) in row-major order.
    ///
    /// # Errors
    /// When the number of strings is not the shape's.
    pub fn strings(
        shape: impl Into<Shape>,
        values: impl IntoIterator<Item = impl Into<Vec<u8>>>,
    ) -> Result<Array> {
        let shape = shape.into();
        let values: Vec<Vec<u8>> = values.into_iter().map(Into::into).collect();
        if shape.checked_elements() != Some(values.len()) {
            return Err(wrong_count(&shape, values.len()));
        }
        Ok(Array { dtype: DType::String, shape, data: Data::Strings(Arc::new(values)) })
    }

    /// One number, an array without axes.
    pub fn scalar<T: Element>(value: T) -> Array {
        let data = Data::Numbers(Arc::new(Buffer::from_slice(T::to_bytes(&[value]))));
        Array { dtype: T::DTYPE, shape: Shape::scalar(), data }
    }

    /// One number of type `dtype`, converted from `value` as a cast does; an array without axes.
    ///
    /// # Errors
    /// When `dtype` is not a type of numbers.
    pub fn scalar_of(dtype: DType, value: f64) -> Result<Array> {
        Array::full(dtype, Shape::scalar(), value)
    }

    /// `shape` filled with `value`, converted to `dtype` as a cast does.
    ///
    /// # Errors
    /// When `dtype` is not a type of numbers, or the shape is too large to hold.
    pub fn full(dtype: DType, shape: impl Into<Shape>, value: f64) -> Result<Array> {
        use half::{bf16, f16};
        let mut array = Array::zeros(dtype, shape)?;
        fn fill<T: bytemuck::Pod>(bytes: &mut [u8], value: T) {
            bytemuck::cast_slice_mut::<u8, T>(bytes).fill(value);
        }
        let bytes = array.bytes_mut()?;
        match dtype {
            DType::Float16 => fill(bytes, f16::from_f64(value)),
            DType::BFloat16 => fill(bytes, bf16::from_f64(value)),
            DType::Float32 => fill(bytes, value as f32),
            DType::Float64 => fill(bytes, value),
            DType::Int8 => fill(bytes, value as i8),
            DType::Int16 => fill(bytes, value as i16),
            DType::Int32 => fill(bytes, value as i32),
            DType::Int64 => fill(bytes, value as i64),
            DType::UInt8 => fill(bytes, value as u8),
            DType::UInt16 => fill(bytes, value as u16),
            DType::UInt32 => fill(bytes, value as u32),
            DType::UInt64 => fill(bytes, value as u64),
            DType::Complex64 => fill(bytes, [value as f32, 0.0]),
            DType::Complex128 => fill(bytes, [value, 0.0]),
            _ => fill(bytes, u8::from(value != 0.0)),
        }
        Ok(array)
    }

    /// Zeros (or `false`, or empty strings).
    ///
    /// # Errors
    /// When there are no arrays of `dtype`, or the shape is too large to hold.
    pub fn zeros(dtype: DType, shape: impl Into<Shape>) -> Result<Array> {
        let shape = shape.into();
        let count = shape.checked_elements().ok_or_else(|| too_large(dtype, &shape))?;
        if dtype == DType::String {
            let mut strings = room(count)?;
            strings.resize(count, Vec::new());
            return Array::strings(shape, strings);
        }
        let bytes = count.checked_mul(size_of_dtype(dtype)?).filter(|&bytes| isize::try_from(bytes).is_ok());
        let buffer = bytes.and_then(Buffer::try_zeroed).ok_or_else(|| too_large(dtype, &shape))?;
        Ok(Array { dtype, shape, data: Data::Numbers(Arc::new(buffer)) })
    }

    /// An array of `dtype` and `shape` from its bytes in memory order.
    ///
    /// # Errors
    /// When the number of bytes does not fit, or a byte of a `bool` array is neither 0 nor 1.
    pub fn from_bytes(dtype: DType, shape: impl Into<Shape>, bytes: &[u8]) -> Result<Array> {
        let shape = shape.into();
        let size = size_of_dtype(dtype)?;
        if shape.checked_elements().and_then(|n| n.checked_mul(size)) != Some(bytes.len()) {
            return Err(wrong_count(&shape, bytes.len() / size));
        }
        if dtype == DType::Bool && bytes.iter().any(|&byte| byte > 1) {
            return Err(Error::invalid("a byte of a bool array is neither 0 nor 1"));
        }
        let buffer = Buffer::try_from_bytes(bytes).ok_or_else(|| too_large(dtype, &shape))?;
        Ok(Array { dtype, shape, data: Data::Numbers(Arc::new(buffer)) })
    }

    /// An array over memory that already is as it should be.
    pub(crate) fn from_buffer(dtype: DType, shape: Shape, buffer: Arc<Buffer>) -> Array {
        debug_assert_eq!(Some(buffer.len()), dtype.size().map(|size| size * shape.elements()));
        Array { dtype, shape, data: Data::Numbers(buffer) }
    }

    /// The array that `array![…]` makes.
    pub fn from_literal<N: Nested>(nested: N) -> Array {
        let mut shape = Vec::new();
        N::sizes(&mut shape);
        let mut values = Vec::new();
        nested.flatten(&mut values);
        <N::Leaf as Literal>::array(shape.into(), values)
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The sizes along each axis.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.shape.elements()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// When the array's type is not `T`.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        if self.dtype != T::DTYPE {
            return Err(Error::invalid(format!(
                "an array of {} was read as {}; cast it, or read it as what it is",
                self.dtype,
                T::DTYPE
            )));
        }
        T::from_bytes(self.bytes()?).ok_or_else(|| Error::invalid("the array's bytes are not its elements"))
    }

    /// The strings in row-major order.
    ///
    /// # Errors
    /// When the array does not hold strings.
    pub fn as_strings(&self) -> Result<&[Vec<u8>]> {
        match &self.data {
            Data::Strings(strings) => Ok(strings),
            Data::Numbers(_) => {
                Err(Error::invalid(format!("an array of {} was read as strings", self.dtype)))
            }
        }
    }

    /// The only element.
    ///
    /// # Errors
    /// When the array's type is not `T`, or it does not have exactly one element.
    pub fn item<T: Element>(&self) -> Result<T> {
        match self.as_slice()? {
            [value] => Ok(*value),
            values => Err(Error::invalid(format!(
                "one element was asked for and the array of shape {} has {}",
                self.shape,
                values.len()
            ))),
        }
    }

    /// The bytes in memory order.
    ///
    /// # Errors
    /// When the array holds strings.
    pub fn bytes(&self) -> Result<&[u8]> {
        match &self.data {
            Data::Numbers(buffer) => Ok(buffer.bytes()),
            Data::Strings(_) => Err(Error::invalid("an array of strings has no bytes of its own")),
        }
    }

    /// The bytes in memory order, to be written; other clones keep the old ones.
    pub(crate) fn bytes_mut(&mut self) -> Result<&mut [u8]> {
        match &mut self.data {
            Data::Numbers(buffer) => {
                if Arc::strong_count(buffer) > 1 {
                    let own = Buffer::try_from_bytes(buffer.bytes());
                    *buffer = Arc::new(own.ok_or_else(|| too_large(self.dtype, &self.shape))?);
                }
                // Nobody else has it now, so that nothing is copied.
                Ok(Arc::make_mut(buffer).bytes_mut())
            }
            Data::Strings(_) => Err(Error::invalid("an array of strings has no bytes of its own")),
        }
    }

    /// The elements, to be written; other clones keep the old ones. `bool` arrays cannot be written so.
    ///
    /// # Errors
    /// When the array's type is not `T`.
    pub fn as_mut_slice<T: Element + bytemuck::Pod>(&mut self) -> Result<&mut [T]> {
        self.as_slice::<T>()?;
        self.bytes_mut().map(bytemuck::cast_slice_mut)
    }

    /// The same elements in another shape.
    ///
    /// # Errors
    /// When the shape has another number of elements.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Array> {
        let shape = shape.into();
        if shape.checked_elements() != Some(self.len()) {
            return Err(Error::invalid(format!(
                "an array of shape {} has {} elements and cannot take shape {shape}, which has {}",
                self.shape,
                self.len(),
                shape.elements()
            )));
        }
        Ok(Array { shape, ..self.clone() })
    }

    /// The elements as `f64`, whatever their type of numbers (`bool` as 0 and 1).
    ///
    /// # Errors
    /// When the array holds strings.
    pub fn to_f64(&self) -> Result<Vec<f64>> {
        use half::{bf16, f16};
        fn convert<T: Element>(array: &Array, f: impl Fn(T) -> f64) -> Result<Vec<f64>> {
            Ok(array.as_slice::<T>()?.iter().map(|&x| f(x)).collect())
        }
        match self.dtype {
            DType::Float16 => convert::<f16>(self, f16::to_f64),
            DType::BFloat16 => convert::<bf16>(self, bf16::to_f64),
            DType::Float32 => convert::<f32>(self, f64::from),
            DType::Float64 => convert::<f64>(self, |x| x),
            DType::Int8 => convert::<i8>(self, f64::from),
            DType::Int16 => convert::<i16>(self, f64::from),
            DType::Int32 => convert::<i32>(self, f64::from),
            DType::Int64 => convert::<i64>(self, |x| x as f64),
            DType::UInt8 => convert::<u8>(self, f64::from),
            DType::UInt16 => convert::<u16>(self, f64::from),
            DType::UInt32 => convert::<u32>(self, f64::from),
            DType::UInt64 => convert::<u64>(self, |x| x as f64),
            DType::Bool => convert::<bool>(self, |x| f64::from(u8::from(x))),
            other => Err(Error::invalid(format!("an array of {other} was read as numbers"))),
        }
    }

    /// The elements as `i64`, if it is an array of integers.
    ///
    /// # Errors
    /// When the array does not hold integers, or one of them is beyond `i64`.
    pub fn to_i64(&self) -> Result<Vec<i64>> {
        fn convert<T: Element + TryInto<i64> + fmt::Display>(array: &Array) -> Result<Vec<i64>> {
            let values = array.as_slice::<T>()?.iter();
            values
                .map(|&x| x.try_into().map_err(|_| Error::invalid(format!("{x} is beyond int64"))))
                .collect()
        }
        match self.dtype {
            DType::Int8 => convert::<i8>(self),
            DType::Int16 => convert::<i16>(self),
            DType::Int32 => convert::<i32>(self),
            DType::Int64 => convert::<i64>(self),
            DType::UInt8 => convert::<u8>(self),
            DType::UInt16 => convert::<u16>(self),
            DType::UInt32 => convert::<u32>(self),
            DType::UInt64 => convert::<u64>(self),
            other => Err(Error::invalid(format!("an array of {other} was read as integers"))),
        }
    }

    /// Each complex number as it is written: `1-2i`.
    fn complex_texts(&self) -> Vec<String> {
        let bytes = self.bytes().unwrap_or_default();
        let text = |re: f64, im: f64| format!("{re}{im:+}i");
        match self.dtype {
            DType::Complex64 => {
                let parts: &[[f32; 2]] = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                parts.iter().map(|&[re, im]| text(re.into(), im.into())).collect()
            }
            _ => {
                let parts: &[[f64; 2]] = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                parts.iter().map(|&[re, im]| text(re, im)).collect()
            }
        }
    }

    /// The bytes in memory order, to be written, unless another array shares them: for doors to other languages, which
    /// give the memory away with the array.
    ///
    /// ```
    /// use tenseur::array;
    /// let mut a = array![1.0];
    /// assert_eq!(a.unshared_bytes_mut(), Some(&mut 1f32.to_ne_bytes()[..]));
    /// let _b = a.clone();
    /// assert_eq!(a.unshared_bytes_mut(), None);
    /// ```
    pub fn unshared_bytes_mut(&mut self) -> Option<&mut [u8]> {
        match &mut self.data {
            Data::Numbers(buffer) => Arc::get_mut(buffer).map(Buffer::bytes_mut),
            Data::Strings(_) => None,
        }
    }

    /// A borrowed view of it.
    pub fn view(&self) -> Result<ArrayView<'_>> {
        Ok(ArrayView { dtype: self.dtype, shape: &self.shape, bytes: self.bytes()? })
    }
}

/// Two arrays are equal if type, shape and every element are (so an array with a NaN is not equal to itself).
impl PartialEq for Array {
    fn eq(&self, other: &Array) -> bool {
        if self.dtype != other.dtype || self.shape != other.shape {
            return false;
        }
        match (&self.data, &other.data) {
            (Data::Strings(a), Data::Strings(b)) => a == b,
            _ if self.dtype.is_float() => match (self.to_f64(), other.to_f64()) {
                (Ok(a), Ok(b)) => a == b,
                _ => false,
            },
            (Data::Numbers(a), Data::Numbers(b)) => a.bytes() == b.bytes(),
            _ => false,
        }
    }
}

/// A vector without elements and with room for `count`.
///
/// # Errors
/// ResourceExhausted, if there is no memory for them.
pub(crate) fn room<T>(count: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    match vector.try_reserve_exact(count) {
        Ok(()) => Ok(vector),
        Err(_) => Err(Error::new(
            Code::ResourceExhausted,
            format!("there is no memory for {count} elements of {} bytes", size_of::<T>()),
        )),
    }
}

fn too_large(dtype: DType, shape: &Shape) -> Error {
    let text = format!("there is no memory for an array of {dtype} with shape {shape}");
    Error::new(Code::ResourceExhausted, text)
}

pub(super) fn size_of_dtype(dtype: DType) -> Result<usize> {
    let missing = || Error::new(Code::Unimplemented, format!("there are no arrays of {dtype}"));
    dtype.size().ok_or_else(missing)
}

pub(super) fn wrong_count(shape: &Shape, got: usize) -> Error {
    Error::invalid(format!(
        "an array of shape {shape} has {} elements and {got} were given",
        shape.elements()
    ))
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {self}", self.dtype, self.shape)
    }
}

/// Nested brackets, as numpy prints them: `[[1, 2], [3, 4]]`. A precision (`{:.2}`) applies to every float; the
/// middle of a long axis is left out.
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = match (&self.data, f.precision()) {
            (Data::Strings(strings), _) => {
                strings.iter().map(|s| format!("{:?}", String::from_utf8_lossy(s))).collect()
            }
            (_, Some(digits)) if self.dtype.is_float() => {
                self.to_f64().unwrap_or_default().iter().map(|x| format!("{x:.digits$}")).collect()
            }
            _ => match self.dtype {
                DType::Bool => {
                    self.to_f64().unwrap_or_default().iter().map(|&x| (x != 0.0).to_string()).collect()
                }
                DType::Float64 => self.to_f64().unwrap_or_default().iter().map(f64::to_string).collect(),
                _ if self.dtype.is_float() => {
                    self.to_f64().unwrap_or_default().iter().map(|&x| (x as f32).to_string()).collect()
                }
                DType::Complex64 | DType::Complex128 => self.complex_texts(),
                DType::UInt64 => {
                    self.as_slice::<u64>().unwrap_or_default().iter().map(u64::to_string).collect()
                }
                _ => self.to_i64().unwrap_or_default().iter().map(i64::to_string).collect(),
            },
        };
        write_nested(f, &self.shape, &texts)
    }
}

fn write_nested(f: &mut fmt::Formatter<'_>, shape: &[usize], texts: &[String]) -> fmt::Result {
    const EDGE: usize = 8;
    let Some((&size, inner)) = shape.split_first() else {
        return f.write_str(texts.first().map_or("", String::as_str));
    };
    let step: usize = inner.iter().product();
    f.write_str("[")?;
    for i in 0..size {
        if size > 2 * EDGE && i == EDGE {
            f.write_str(", …")?;
        }
        if size > 2 * EDGE && (EDGE..size - EDGE).contains(&i) {
            continue;
        }
        if i > 0 {
            f.write_str(", ")?;
        }
        write_nested(f, inner, &texts[i * step..(i + 1) * step])?;
    }
    f.write_str("]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    #[test]
    fn literals_are_float32_and_int32() {
        assert_eq!(array![[1.0], [2.5]].dtype(), DType::Float32);
        assert_eq!(array![1, 2].dtype(), DType::Int32);
        assert_eq!(array![true, false].dtype(), DType::Bool);
        assert_eq!(array!["a", "b"].as_strings().unwrap(), [b"a", b"b"]);
        assert_eq!(array![[1.0], [2.5]].to_string(), "[[1], [2.5]]");
        assert_eq!(format!("{:.2}", array![[1.0], [2.5]]), "[[1.00], [2.50]]");
    }

    #[test]
    fn wrong_counts_and_types_are_refused_with_both_sides_named() {
        let error = Array::new([2, 2], vec![1.0f32]).unwrap_err();
        assert_eq!(error.message(), "an array of shape [2, 2] has 4 elements and 1 were given");
        let error = array![1.0].as_slice::<f64>().unwrap_err();
        assert!(error.message().starts_with("an array of float32 was read as float64"), "{error}");
        assert!(Array::zeros(DType::Float64, [usize::MAX, 8]).is_err());
        assert!(Array::from_bytes(DType::Bool, [1], &[2]).is_err());
    }

    #[test]
    fn clones_are_independent() {
        let a = array![1.0, 2.0];
        let mut b = a.clone();
        b.as_mut_slice::<f32>().unwrap()[0] = 7.0;
        assert_eq!(a, array![1.0, 2.0]);
        assert_eq!(b, array![7.0, 2.0]);
    }
}
