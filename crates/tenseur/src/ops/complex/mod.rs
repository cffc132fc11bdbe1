//! Complex numbers: made of two real ones and taken apart again ([`parts`]), computed with ([`arithmetic`]), multiplied as matrices
//! (`product`), and as
//! frequencies ([`fourier`]).

pub mod arithmetic;
pub mod fourier;
pub mod parts;
pub(in crate::ops) mod product;

use rustfft::num_complex::Complex as Number;

use crate::error::Reason;
use crate::value::{Array, DType, Shape};

pub use fourier::{fft, fft2d, fft3d, ifft, ifft2d, ifft3d, irfft, irfft2d, irfft3d, rfft, rfft2d, rfft3d};

/// A complex number in which is computed.
pub(in crate::ops) type Complex = Number<f64>;

/// The type of the real and the imaginary parts of `dtype`, if it is complex.
pub(in crate::ops) fn real_type(dtype: DType) -> Option<DType> {
    match dtype {
        DType::Complex64 => Some(DType::Float32),
        DType::Complex128 => Some(DType::Float64),
        _ => None,
    }
}

/// The type of complex numbers whose parts are of `dtype`, if it is a float that can be one.
pub(in crate::ops) fn complex_type(dtype: DType) -> Option<DType> {
    match dtype {
        DType::Float32 => Some(DType::Complex64),
        DType::Float64 => Some(DType::Complex128),
        _ => None,
    }
}

/// The elements as complex numbers; real ones have no imaginary part.
pub(in crate::ops) fn numbers(array: &Array) -> Result<Vec<Complex>, Reason> {
    Ok(match array.dtype() {
        DType::Complex64 => {
            let parts: &[[f32; 2]] =
                bytemuck::try_cast_slice(array.bytes()?).map_err(|error| error.to_string())?;
            parts.iter().map(|&[re, im]| Complex::new(re.into(), im.into())).collect()
        }
        DType::Complex128 => {
            let parts: &[[f64; 2]] =
                bytemuck::try_cast_slice(array.bytes()?).map_err(|error| error.to_string())?;
            parts.iter().map(|&[re, im]| Complex::new(re, im)).collect()
        }
        _ => array.to_f64()?.into_iter().map(Complex::from).collect(),
    })
}

/// An array of complex numbers, rounded to `dtype`.
pub(in crate::ops) fn array_of(
    dtype: DType,
    shape: impl Into<Shape>,
    numbers: &[Complex],
) -> Result<Array, Reason> {
    Ok(match dtype {
        DType::Complex64 => {
            let parts: Vec<[f32; 2]> = numbers.iter().map(|z| [z.re as f32, z.im as f32]).collect();
            Array::from_bytes(dtype, shape, bytemuck::cast_slice(&parts))?
        }
        DType::Complex128 => {
            let parts: Vec<[f64; 2]> = numbers.iter().map(|z| [z.re, z.im]).collect();
            Array::from_bytes(dtype, shape, bytemuck::cast_slice(&parts))?
        }
        other => return Err(format!("complex numbers are not stored as {other}").into()),
    })
}
