//! Arrays as text with few of their elements, as TensorFlow prints them.

use crate::error::Reason;
use crate::ops::complex::numbers;
use crate::ops::text::printf::Format;
use crate::value::{Array, DType};

/// The elements of an array of some type, each as text.
pub(in crate::ops) struct Texts {
    elements: Vec<String>,
    dtype: DType,
}

/// A number with so few digits as tell it from its neighbours: `usual` of them where these do, else `all`.
fn shortest(value: f64, usual: i64, all: i64, same: impl Fn(f64) -> bool) -> String {
    let digits = |precision| {
        Format { precision, scientific: false, shortest: true, width: -1, fill: String::new() }.float(value)
    };
    let text = digits(usual);
    match value.is_nan() || text.parse().is_ok_and(same) {
        true => text,
        false => digits(all),
    }
}

fn of_float32(value: f32) -> String {
    shortest(value.into(), 6, 9, |other| other as f32 == value)
}

/// A string in which ASCII's letters that are not plain are written as C writes them: `\n`, `\001`, `\"`.
fn escaped(string: &[u8]) -> String {
    let mut text = Vec::with_capacity(string.len());
    for &byte in string {
        match byte {
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            b'\t' => text.extend(b"\\t"),
            b'"' | b'\'' | b'\\' => text.extend([b'\\', byte]),
            ..0x20 | 0x7F => text.extend(format!("\\{byte:03o}").into_bytes()),
            _ => text.push(byte),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

impl Texts {
    /// Those of an array; strings are in quotes where `quoted`.
    pub(in crate::ops) fn of(array: &Array, quoted: bool) -> Result<Texts, Reason> {
        let dtype = array.dtype();
        let elements = match dtype {
            DType::String => {
                let quote = if quoted { "\"" } else { "" };
                array
                    .as_strings()?
                    .iter()
                    .map(|string| format!("{quote}{}{quote}", escaped(string)))
                    .collect()
            }
            DType::Bool => array.as_slice::<bool>()?.iter().map(|&x| u8::from(x).to_string()).collect(),
            DType::Float64 => {
                let text = |&value: &f64| shortest(value, 15, 17, |other| other == value);
                array.as_slice::<f64>()?.iter().map(text).collect()
            }
            DType::UInt64 => array.as_slice::<u64>()?.iter().map(u64::to_string).collect(),
            dtype if dtype.is_float() => array.to_f64()?.into_iter().map(|x| of_float32(x as f32)).collect(),
            dtype if dtype.is_complex() => vec!["?".to_string(); numbers(array)?.len()],
            _ => array.to_i64()?.iter().map(i64::to_string).collect(),
        };
        Ok(Texts { elements, dtype })
    }

    /// Rows in brackets, `[[1 2 ... 8 9]\n [...]]`, with at most `edge` of them at each end of each axis; all where it is
    /// negative. Of complex numbers, which have no rows in TensorFlow's texts, it is the first `edge`.
    pub(in crate::ops) fn with_edges(&self, shape: &[usize], edge: i64) -> String {
        match self.elements.is_empty() {
            _ if self.dtype.is_complex() => {
                let first = self.first(shape, edge);
                if shape.is_empty() { first } else { format!("[{first}]") }
            }
            // TensorFlow's ways of showing nothing.
            true if self.dtype == DType::Bool => String::new(),
            true if shape.len() > 1 && shape[0] > 0 => format!("[{} ...]", "\n".repeat(shape.len() - 1)),
            _ => {
                let mut text = String::new();
                self.edges(shape, shape.len(), 0, usize::try_from(edge).ok(), &mut text);
                text
            }
        }
    }

    fn edges(&self, shape: &[usize], rank: usize, place: usize, edge: Option<usize>, text: &mut String) {
        let Some((&count, inner)) = shape.split_first() else {
            text.push_str(self.elements.get(place).map_or("", String::as_str));
            return;
        };
        let size: usize = inner.iter().product();
        let between = match inner.len() {
            0 => " ".to_string(),
            deep => "\n".repeat(deep) + &" ".repeat(rank - deep),
        };
        text.push('[');
        let cut = edge.filter(|edge| count > 2 * edge);
        for i in 0..count {
            match cut {
                Some(edge) if i == edge => {
                    text.push_str(&format!("{}...", if i > 0 { &between[..] } else { "" }))
                }
                Some(edge) if (edge..count - edge).contains(&i) => {}
                _ => {
                    text.push_str(if i > 0 { &between } else { "" });
                    self.edges(inner, rank, place + i * size, edge, text);
                }
            }
        }
        text.push(']');
    }

    /// The first `count` elements, with brackets around the rows of what has two axes or more, `[1 2][3...`, but of complex
    /// numbers.
    pub(in crate::ops) fn first(&self, shape: &[usize], count: i64) -> String {
        let most = usize::try_from(count).unwrap_or(usize::MAX).min(self.elements.len());
        let mut text = String::new();
        if shape.is_empty() || self.dtype.is_complex() {
            text.push_str(&self.elements[..most].join(" "));
        } else {
            self.rows(shape, shape.len() > 1, &mut 0, most, &mut text);
        }
        if self.elements.len() > most {
            text.push_str("...");
        }
        text
    }

    fn rows(&self, shape: &[usize], within: bool, place: &mut usize, most: usize, text: &mut String) {
        let Some((&count, inner)) = shape.split_first() else { return };
        for i in 0..count {
            if *place >= most {
                // A row among rows that is cut off says so.
                if i > 0 && inner.is_empty() && within {
                    text.push_str("...");
                }
                return;
            }
            if inner.is_empty() {
                text.push_str(if i > 0 { " " } else { "" });
                text.push_str(&self.elements[*place]);
                *place += 1;
            } else {
                text.push('[');
                self.rows(inner, within, place, most, text);
                text.push(']');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    fn first(array: &Array, count: i64) -> String {
        Texts::of(array, false).unwrap().first(array.shape(), count)
    }

    fn edges(array: &Array, edge: i64) -> String {
        Texts::of(array, true).unwrap().with_edges(array.shape(), edge)
    }

    // What TensorFlow 2.21 prints.
    #[test]
    fn the_first_elements() {
        let rows = array![[0, 1, 2, 3], [4, 5, 6, 7]];
        for (count, text) in [
            (0, "..."),
            (1, "[0...]..."),
            (4, "[0 1 2 3]..."),
            (5, "[0 1 2 3][4...]..."),
            (8, "[0 1 2 3][4 5 6 7]"),
            (-1, "[0 1 2 3][4 5 6 7]"),
        ] {
            assert_eq!(first(&rows, count), text);
        }
        assert_eq!(first(&array![[[0, 1], [2, 3]], [[4, 5], [6, 7]]], 3), "[[0 1][2...]]...");
        assert_eq!(first(&array![0, 1, 2], 2), "0 1...");
        assert_eq!(first(&array!["a\"b", "c\u{1}"], 3), "a\\\"b c\\001");
    }

    #[test]
    fn rows_with_edges() {
        let numbers = array![0.1, 1234567.0, 1e-7, 123456789.0, 1.0 / 3.0, 1.0, f32::NAN, f32::INFINITY];
        assert_eq!(edges(&numbers, 2), "[0.1 1234567 ... nan inf]");
        assert_eq!(edges(&numbers, -1), "[0.1 1234567 1e-07 123456792 0.333333343 1 nan inf]");
        assert_eq!(edges(&array![[0, 1, 2], [3, 4, 5], [6, 7, 8]], 1), "[[0 ... 2]\n ...\n [6 ... 8]]");
        assert_eq!(edges(&array![[[0, 1]], [[2, 3]]], 3), "[[[0 1]]\n\n [[2 3]]]");
        assert_eq!(edges(&array!["a"], 3), "[\"a\"]");
        assert_eq!(edges(&array![true, false], 3), "[1 0]");
        for (shape, text) in [(&[0, 2][..], "[]"), (&[2, 0], "[\n ...]"), (&[2, 0, 2], "[\n\n ...]")] {
            assert_eq!(edges(&Array::zeros(DType::Int32, shape).unwrap(), 3), text);
            assert_eq!(edges(&Array::zeros(DType::Bool, shape).unwrap(), 3), "");
            assert_eq!(edges(&Array::zeros(DType::Complex64, shape).unwrap(), 3), "[]");
        }
    }

    #[test]
    fn complex_numbers_in_one_row() {
        let zeros = |shape: &[usize]| Array::zeros(DType::Complex64, shape).unwrap();
        assert_eq!(edges(&zeros(&[2, 2]), 3), "[? ? ?...]");
        assert_eq!(edges(&zeros(&[]), 0), "...");
        assert_eq!(first(&zeros(&[2, 2]), 3), "? ? ?...");
        assert_eq!(first(&zeros(&[2, 2]), -1), "? ? ? ?");
    }
}
