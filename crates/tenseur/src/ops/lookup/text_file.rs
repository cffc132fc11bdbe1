//! Keys and values from the lines of a file.

use std::path::PathBuf;

use crate::error::{Code, Reason};
use crate::value::{Array, DType};

/// What of a line is a key or a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The line.
    WholeLine,
    /// Its number, from 0.
    LineNumber,
    /// What stands between two delimiters, counted from 0.
    Number(usize),
}

impl Column {
    /// By the number that attributes have for it.
    ///
    /// # Errors
    /// When it is below −2.
    pub(super) fn from_index(index: i64) -> Result<Column, Reason> {
        match index {
            -2 => Ok(Column::WholeLine),
            -1 => Ok(Column::LineNumber),
            _ => usize::try_from(index)
                .map(Column::Number)
                .map_err(|_| format!("a column is counted from 0, or is −1 or −2, and not {index}").into()),
        }
    }

    /// The number that attributes have for it.
    pub(super) fn index(self) -> i64 {
        match self {
            Column::WholeLine => -2,
            Column::LineNumber => -1,
            Column::Number(number) => number as i64,
        }
    }
}

/// How a file is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Which are the keys.
    pub key: Column,
    /// Which are the values.
    pub value: Column,
    /// How many lines are read; all where it is −1.
    pub vocab_size: i64,
    /// What stands between columns: a byte.
    pub delimiter: Vec<u8>,
    /// How many lines are passed over first.
    pub offset: i64,
}

impl Columns {
    /// Keys and values of the file that is called so.
    pub(super) fn read(&self, name: &[u8], key: DType, value: DType) -> Result<[Array; 2], Reason> {
        let path = PathBuf::from(String::from_utf8_lossy(name).into_owned());
        let content = std::fs::read(&path).map_err(|error| {
            let code = match error.kind() {
                std::io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::FailedPrecondition,
            };
            Reason::new(code, format!("{}: {error}", path.display()))
        })?;
        let mut lines: Vec<&[u8]> = content.split(|&byte| byte == b'\n').collect();
        if lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let mut lines: Vec<&[u8]> =
            lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
        lines.drain(..usize::try_from(self.offset).unwrap_or(0).min(lines.len()));
        if let Ok(wanted) = usize::try_from(self.vocab_size) {
            if lines.len() < wanted {
                let (file, count) = (path.display(), lines.len());
                return Err(format!("vocab_size is {wanted}, and {file} has {count} lines").into());
            }
            lines.truncate(wanted);
        }
        Ok([self.column(self.key, key, &lines)?, self.column(self.value, value, &lines)?])
    }

    fn column(&self, column: Column, dtype: DType, lines: &[&[u8]]) -> Result<Array, Reason> {
        if column == Column::LineNumber {
            if dtype != DType::Int64 {
                return Err(format!("a line's number is int64, and it is to be {dtype}").into());
            }
            return Ok(Array::new([lines.len()], (0..lines.len() as i64).collect::<Vec<_>>())?);
        }
        let mut found = Vec::with_capacity(lines.len());
        for (number, line) in lines.iter().enumerate() {
            let part = match column {
                Column::Number(column) => line.split(|byte| self.delimiter.contains(byte)).nth(column),
                _ => Some(*line),
            };
            let text = || String::from_utf8_lossy(line);
            found.push(
                part.ok_or_else(|| {
                    format!("line {number}, \"{}\", has no column {}", text(), column.index())
                })?,
            );
        }
        if dtype == DType::String {
            return Ok(Array::strings([found.len()], found)?);
        }
        let wrong = |number: usize| {
            Reason::from(format!(
                "\"{}\" in line {number} is not of {dtype}",
                String::from_utf8_lossy(found[number])
            ))
        };
        fn parsed<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
            std::str::from_utf8(text).ok()?.trim().parse().ok()
        }
        match dtype {
            DType::Int32 | DType::Int64 => {
                let numbers = found.iter().enumerate().map(|(i, text)| {
                    let number: i64 = parsed(text).ok_or_else(|| wrong(i))?;
                    match i32::try_from(number).is_err() && dtype == DType::Int32 {
                        true => Err(wrong(i)),
                        false => Ok(number),
                    }
                });
                let numbers = numbers.collect::<Result<Vec<i64>, Reason>>()?;
                if dtype == DType::Int64 {
                    return Ok(Array::new([numbers.len()], numbers)?);
                }
                let numbers: Vec<i32> = numbers.into_iter().map(|number| number as i32).collect();
                Ok(Array::new([numbers.len()], numbers)?)
            }
            DType::Float32 => {
                let numbers =
                    found.iter().enumerate().map(|(i, text)| parsed::<f32>(text).ok_or_else(|| wrong(i)));
                let numbers = numbers.collect::<Result<Vec<f32>, Reason>>()?;
                Ok(Array::new([numbers.len()], numbers)?)
            }
            DType::Float64 => {
                let numbers =
                    found.iter().enumerate().map(|(i, text)| parsed::<f64>(text).ok_or_else(|| wrong(i)));
                let numbers = numbers.collect::<Result<Vec<f64>, Reason>>()?;
                Ok(Array::new([numbers.len()], numbers)?)
            }
            other => Err(format!("a column of a file is not read as {other}").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    fn read(text: &str, columns: Columns, key: DType, value: DType) -> Result<[Array; 2], Reason> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words");
        std::fs::write(&path, text).unwrap();
        columns.read(path.to_str().unwrap().as_bytes(), key, value)
    }

    fn columns(key: Column, value: Column) -> Columns {
        Columns { key, value, vocab_size: -1, delimiter: b"\t".to_vec(), offset: 0 }
    }

    #[test]
    fn lines_their_numbers_and_their_columns() {
        let words = columns(Column::WholeLine, Column::LineNumber);
        let [keys, values] = read("a\r\nb c\n", words.clone(), DType::String, DType::Int64).unwrap();
        assert_eq!(keys, array!["a", "b c"]);
        assert_eq!(values.as_slice::<i64>().unwrap(), [0, 1]);
        let pairs = columns(Column::Number(1), Column::Number(0));
        let [keys, values] = read("1.5\t7\n2\t8", pairs.clone(), DType::Int64, DType::Float32).unwrap();
        assert_eq!((keys.as_slice::<i64>().unwrap(), values), (&[7, 8][..], array![1.5, 2.0]));
        for (text, columns) in
            [("a\n", Columns { vocab_size: 2, ..words }), ("1.5\n", pairs.clone()), ("1.5\tx\n", pairs)]
        {
            assert!(read(text, columns, DType::Int64, DType::Float32).is_err(), "{text}");
        }
    }
}
