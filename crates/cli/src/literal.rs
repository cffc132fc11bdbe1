//! Values as one writes them down: `0.5`, `[[1, 2], [3, 4]]`, `["a", "b"]`.

use std::str::FromStr;

use tenseur::{Array, DType, Element, Error, Result};

/// A value that was read, of no type yet: its shape, and what stands at each place.
pub(crate) struct Literal {
    pub(crate) shape: Vec<usize>,
    pub(crate) texts: Vec<String>,
}

impl Literal {
    /// The value that `text` writes down.
    pub(crate) fn read(text: &str) -> Result<Literal> {
        let mut reader =
            Reader { rest: text.trim(), literal: Literal { shape: Vec::new(), texts: Vec::new() } };
        reader.value(0)?;
        match reader.rest {
            "" => Ok(reader.literal),
            rest => Err(Error::invalid(format!("after the value comes \"{rest}\""))),
        }
    }

    /// The array of this type.
    pub(crate) fn array(&self, dtype: DType) -> Result<Array> {
        match dtype {
            DType::String => Array::strings(self.shape.as_slice(), self.texts.iter().map(String::as_bytes)),
            DType::Float16 => self.numbers::<half::f16>(),
            DType::BFloat16 => self.numbers::<half::bf16>(),
            DType::Float32 => self.numbers::<f32>(),
            DType::Float64 => self.numbers::<f64>(),
            DType::Int8 => self.numbers::<i8>(),
            DType::Int16 => self.numbers::<i16>(),
            DType::Int32 => self.numbers::<i32>(),
            DType::Int64 => self.numbers::<i64>(),
            DType::UInt8 => self.numbers::<u8>(),
            DType::UInt16 => self.numbers::<u16>(),
            DType::UInt32 => self.numbers::<u32>(),
            DType::UInt64 => self.numbers::<u64>(),
            DType::Bool => {
                let truth = |text: &String| match text.as_str() {
                    "true" | "True" | "1" => Ok(true),
                    "false" | "False" | "0" => Ok(false),
                    _ => Err(Error::invalid(format!("\"{text}\" is neither true nor false"))),
                };
                let values: Vec<bool> = self.texts.iter().map(truth).collect::<Result<_>>()?;
                Array::new(self.shape.as_slice(), values)
            }
            other => Err(Error::invalid(format!("there are no arrays of {other}"))),
        }
    }

    fn numbers<T: Element + FromStr>(&self) -> Result<Array> {
        let number = |text: &String| {
            text.trim().parse::<T>().map_err(|_| Error::invalid(format!("\"{text}\" is no {}", T::DTYPE)))
        };
        let values: Vec<T> = self.texts.iter().map(number).collect::<Result<_>>()?;
        Array::new(self.shape.as_slice(), values)
    }
}

/// How deep lists may lie in lists: as many axes as an array may have.
const DEEPEST: usize = 254;

struct Reader<'a> {
    rest: &'a str,
    literal: Literal,
}

impl Reader<'_> {
    /// Reads a value that lies in `depth` lists.
    fn value(&mut self, depth: usize) -> Result<()> {
        let Some(rest) = self.rest.strip_prefix('[') else {
            // The first that is no list says how deep all are.
            if depth != self.literal.shape.len() {
                return Err(Error::invalid("its lists are not equally deep"));
            }
            let text = self.scalar()?;
            self.literal.texts.push(text);
            return Ok(());
        };
        if depth >= DEEPEST {
            return Err(Error::invalid(format!("its lists lie more than {DEEPEST} deep")));
        }
        self.rest = rest.trim_start();
        let first = self.literal.texts.is_empty() && self.literal.shape.len() == depth;
        if first {
            self.literal.shape.push(0);
        } else if depth >= self.literal.shape.len() {
            return Err(Error::invalid("its lists are not equally deep"));
        }
        let mut length = 0;
        while !self.take(']') {
            if length > 0 && !self.take(',') {
                return Err(Error::invalid("a list has no \"]\" at its end, or no \",\" between two values"));
            }
            self.value(depth + 1)?;
            length += 1;
        }
        match first || self.literal.shape[depth] == length {
            true => {
                self.literal.shape[depth] = length;
                Ok(())
            }
            false => {
                let other = self.literal.shape[depth];
                Err(Error::invalid(format!("one of its lists has {length} values and another {other}")))
            }
        }
    }

    fn take(&mut self, sign: char) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// A word, or a string in quotes.
    fn scalar(&mut self) -> Result<String> {
        let Some(quote) = self.rest.chars().next().filter(|c| "'\"".contains(*c)) else {
            let end = self.rest.find([',', ']', '[']).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            return match word.trim_end() {
                "" => Err(Error::invalid("a value is missing")),
                word => Ok(word.to_string()),
            };
        };
        let mut text = String::new();
        let mut characters = self.rest[1..].char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                _ if c == quote => {
                    self.rest = self.rest[1 + at + 1..].trim_start();
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, c)) => text.push(c),
                    None => break,
                },
                _ => text.push(c),
            }
        }
        Err(Error::invalid("a string has no end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenseur::array;

    #[test]
    fn values_have_the_shape_that_they_are_written_in() {
        let read = |text: &str, dtype| Literal::read(text).and_then(|literal| literal.array(dtype)).unwrap();
        assert_eq!(read("0.5", DType::Float32), 0.5f32.into());
        assert_eq!(read(" -inf ", DType::Float64), Array::scalar(f64::NEG_INFINITY));
        assert_eq!(read("[[1, 2],[3,4] ]", DType::Int32), array![[1, 2], [3, 4]]);
        assert_eq!(read("9223372036854775807", DType::Int64), Array::scalar(i64::MAX));
        assert_eq!(read("[true, False, 1]", DType::Bool), array![true, false, true]);
        assert_eq!(&**read("[]", DType::Float32).shape(), [0]);
        assert_eq!(&**read("[[], []]", DType::Float32).shape(), [2, 0]);
        let words = read("['a, b', \"c]\\\"\", d e]", DType::String);
        assert_eq!(words.as_strings().unwrap(), [&b"a, b"[..], b"c]\"", b"d e"]);
    }

    #[test]
    fn what_is_no_value_is_told() {
        for (text, dtype, why) in [
            ("[1, [2]]", DType::Int32, "not equally deep"),
            ("[[1], 2]", DType::Int32, "not equally deep"),
            ("[[1, 2], [3]]", DType::Int32, "one of its lists has 1 values and another 2"),
            ("[[1], [[]]]", DType::Int32, "not equally deep"),
            ("[1, 2", DType::Int32, "no \"]\" at its end"),
            ("[1,, 2]", DType::Int32, "a value is missing"),
            ("1] 2", DType::Int32, "after the value comes \"] 2\""),
            ("\"a", DType::String, "a string has no end"),
            ("300", DType::UInt8, "\"300\" is no uint8"),
            ("1.5", DType::Int64, "\"1.5\" is no int64"),
            ("yes", DType::Bool, "neither true nor false"),
            (&"[".repeat(300), DType::Int32, "more than 254 deep"),
        ] {
            let error = Literal::read(text).and_then(|literal| literal.array(dtype)).unwrap_err();
            assert!(error.message().contains(why), "{text}: {error}");
        }
    }
}
