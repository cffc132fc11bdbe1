//! Whether an answer is the one expected.
//!
//! Type and shape are equal. Integers, booleans and strings are equal exactly; numbers with a fraction pass when
//! `|got − want| ≤ atol + rtol·|want|` for each, with NaN exactly where NaN is expected, and infinities of the same sign.

use tenseur::{Array, DType};

/// Compares `got` with `want`.
///
/// # Errors
/// What differs, and where.
pub fn compare(got: &Array, want: &Array, rtol: f64, atol: f64) -> Result<(), String> {
    if got.dtype() != want.dtype() || got.shape() != want.shape() {
        return Err(format!(
            "expected {} {} and got {} {}",
            want.dtype(),
            want.shape(),
            got.dtype(),
            got.shape()
        ));
    }
    if want.dtype() == DType::String {
        let (got, want) = (strings(got)?, strings(want)?);
        let different = got.iter().zip(&want).position(|(got, want)| got != want);
        return different.map_or(Ok(()), |at| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Err(format!("element {at}: expected {:?} and got {:?}", text(&want[at]), text(&got[at])))
        });
    }
    if !want.dtype().is_float() && !want.dtype().is_complex() {
        let (got_bytes, want_bytes) = (bytes(got)?, bytes(want)?);
        let size = want.dtype().size().unwrap_or(1);
        let mut pairs = got_bytes.chunks(size).zip(want_bytes.chunks(size));
        return match pairs.position(|(got, want)| got != want) {
            None => Ok(()),
            Some(at) => {
                let number = |array: &Array| array.to_f64().map(|values| values[at]).unwrap_or(f64::NAN);
                Err(format!("element {at}: expected {} and got {}", number(want), number(got)))
            }
        };
    }
    let values = |array: &Array| -> Result<Vec<f64>, String> {
        let said = |error: tenseur::Error| error.to_string();
        // A complex number is two, side by side.
        let real = match array.dtype() {
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            _ => return array.to_f64().map_err(said),
        };
        let parts = Array::from_bytes(real, [2 * array.len()], array.bytes().map_err(said)?);
        parts.and_then(|parts| parts.to_f64()).map_err(said)
    };
    let (got, want) = (values(got)?, values(want)?);
    let differ: Vec<usize> =
        (0..want.len().min(got.len())).filter(|&at| !close(got[at], want[at], rtol, atol)).collect();
    match differ.first() {
        None => Ok(()),
        Some(&at) => Err(format!(
            "{} of {} elements differ, first {at}: expected {} and got {}",
            differ.len(),
            want.len(),
            want[at],
            got[at]
        )),
    }
}

fn close(got: f64, want: f64, rtol: f64, atol: f64) -> bool {
    match (got.is_nan(), want.is_nan()) {
        (true, true) => true,
        (false, false) if got.is_infinite() || want.is_infinite() => got == want,
        (false, false) => (got - want).abs() <= atol + rtol * want.abs(),
        _ => false,
    }
}

fn bytes(array: &Array) -> Result<&[u8], String> {
    array.bytes().map_err(|error| error.to_string())
}

fn strings(array: &Array) -> Result<Vec<Vec<u8>>, String> {
    let strings = array.as_strings().map_err(|error| error.to_string())?;
    Ok(strings.to_vec())
}
