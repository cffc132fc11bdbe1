//! Reading JSON of which nothing is trusted: nested so deep, with so many values, no key twice.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Value, shown};

/// Lists and objects may be nested this deep.
const DEEPEST: usize = 64;

/// What a list and an object count beside what is in them: about as many values as fit into the memory that they take.
const LIST: usize = 4;
const OBJECT: usize = 16;

/// The value that a text is, if it has at most `most_values` values in it.
///
/// # Errors
/// What is wrong with it, and at which byte.
pub(crate) fn parse(bytes: &[u8], most_values: usize) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 at byte {}", error.valid_up_to()))?;
    let mut parser = Parser { text, place: 0, depth: 0, left: most_values, most_values };
    parser.skip_space();
    if parser.peek().is_none() {
        return Err("it is empty".to_string());
    }
    let value = parser.value()?;
    parser.skip_space();
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.wrong("the end of the text was expected")),
    }
}

struct Parser<'a> {
    text: &'a str,
    place: usize,
    depth: usize,
    /// So many values may still come.
    left: usize,
    most_values: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.place).copied()
    }

    fn wrong(&self, what: &str) -> String {
        format!("{what} at byte {}", self.place)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.place += 1;
        }
    }

    /// Takes `byte`, if it comes next.
    fn took(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.place += usize::from(there);
        there
    }

    fn value(&mut self) -> Result<Value, String> {
        self.skip_space();
        let cost = match self.peek() {
            Some(b'[') => LIST,
            Some(b'{') => OBJECT,
            _ => 1,
        };
        let left = self.left.checked_sub(cost);
        self.left = left.ok_or_else(|| format!("it holds more than {} values", self.most_values))?;
        match self.peek() {
            Some(b'[') => self.nested(Parser::list),
            Some(b'{') => self.nested(Parser::object),
            Some(b'"') => self.text().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        if self.depth == DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST} at byte {}", self.place));
        }
        self.depth += 1;
        self.place += 1;
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, String> {
        let mut list = Vec::new();
        self.skip_space();
        if self.took(b']') {
            return Ok(Value::List(list));
        }
        loop {
            list.push(self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.place += 1,
                Some(b']') => {
                    self.place += 1;
                    return Ok(Value::List(list));
                }
                _ => return Err(self.wrong("\",\" or \"]\" was expected")),
            }
        }
    }

    fn object(&mut self) -> Result<Value, String> {
        let mut object = BTreeMap::new();
        self.skip_space();
        if self.took(b'}') {
            return Ok(Value::Object(object));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in quotes was expected"));
            }
            let start = self.place;
            let key = self.text()?;
            self.skip_space();
            if !self.took(b':') {
                return Err(self.wrong("\":\" was expected"));
            }
            let value = self.value()?;
            match object.entry(key) {
                Entry::Vacant(entry) => entry.insert(value),
                Entry::Occupied(entry) => {
                    return Err(format!("the key {} comes twice at byte {start}", shown(entry.key())));
                }
            };
            self.skip_space();
            match self.peek() {
                Some(b',') => self.place += 1,
                Some(b'}') => {
                    self.place += 1;
                    return Ok(Value::Object(object));
                }
                _ => return Err(self.wrong("\",\" or \"}\" was expected")),
            }
        }
    }

    /// A text in quotes, of which the first comes next.
    fn text(&mut self) -> Result<String, String> {
        self.place += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.place..];
            let plain = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\x1f')).unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.place += plain;
            match self.peek() {
                Some(b'"') => {
                    self.place += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escaped()?),
                Some(_) => return Err(self.wrong("a control character stands in a text")),
                None => return Err(self.wrong("a text does not end")),
            }
        }
    }

    /// The character that a `\` and what follows stand for.
    fn escaped(&mut self) -> Result<char, String> {
        let start = self.place;
        self.place += 1;
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.place += 1;
                return self.code_point(start);
            }
            _ => return Err(format!("\"\\\" is followed by no letter that it could be at byte {start}")),
        };
        self.place += 1;
        Ok(character)
    }

    /// The character of four hexadecimal digits, or of two times four, which come next.
    fn code_point(&mut self, start: usize) -> Result<char, String> {
        let lone = || format!("half of a surrogate pair stands alone at byte {start}");
        let first = self.four_digits(start)?;
        let code = match first {
            0xdc00..=0xdfff => return Err(lone()),
            0xd800..=0xdbff => {
                if !(self.took(b'\\') && self.took(b'u')) {
                    return Err(lone());
                }
                let second = self.four_digits(start)?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(lone());
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(lone)
    }

    fn four_digits(&mut self, start: usize) -> Result<u32, String> {
        let digits = self.text.get(self.place..self.place + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.place += 4;
        code.ok_or_else(|| format!("\"\\u\" is followed by no four hexadecimal digits at byte {start}"))
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.place;
        let wrong = |what: &str| format!("{what} at byte {start}");
        let negative = self.took(b'-');
        if negative && self.peek() == Some(b'I') {
            return match self.word()? {
                Value::Decimal(infinity) => Ok(Value::Decimal(-infinity)),
                _ => Err(wrong("a number was expected")),
            };
        }
        let first = self.peek();
        let digits = self.digits();
        if digits == 0 || digits > 1 && first == Some(b'0') {
            return Err(wrong("a number does not begin so"));
        }
        let mut whole = true;
        if self.took(b'.') {
            whole = false;
            if self.digits() == 0 {
                return Err(wrong("a number has no digits after its point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.place += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.place += 1;
            }
            if self.digits() == 0 {
                return Err(wrong("a number has no digits in its exponent"));
            }
        }
        let text = &self.text[start..self.place];
        if whole && let Ok(value) = text.parse() {
            return Ok(Value::Integer(value));
        }
        if whole && let Ok(value) = text.parse() {
            return Ok(Value::Unsigned(value));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Decimal(value)),
            _ => Err(wrong("a number is too large for float64")),
        }
    }

    /// Takes digits, and says how many.
    fn digits(&mut self) -> usize {
        let start = self.place;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.place += 1;
        }
        self.place - start
    }

    fn word(&mut self) -> Result<Value, String> {
        const WORDS: [(&str, Value); 5] = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Decimal(f64::NAN)),
            ("Infinity", Value::Decimal(f64::INFINITY)),
        ];
        let rest = &self.text[self.place..];
        match WORDS.into_iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, value)) => {
                self.place += word.len();
                Ok(value)
            }
            None if rest.is_empty() => Err(self.wrong("the text ends where a value was expected")),
            None => Err(self.wrong("a value was expected")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str) -> Result<Value, String> {
        parse(text.as_bytes(), usize::MAX)
    }

    /// What another reader makes of a value; none where the two see numbers differently.
    fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Value::Integer(a), serde_json::Value::Number(b)) => {
                b.as_i64() == Some(*a) || b.as_f64() == Some(*a as f64)
            }
            (Value::Unsigned(a), serde_json::Value::Number(b)) => b.as_u64() == Some(*a),
            (Value::Decimal(a), serde_json::Value::Number(b)) => b.as_f64() == Some(*a),
            (Value::Text(a), serde_json::Value::String(b)) => a == b,
            (Value::List(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
            }
            _ => false,
        }
    }

    proptest! {
        /// Texts that are nearly JSON: what we read, serde_json reads the same, and what it refuses we refuse.
        #[test]
        fn another_reader_agrees(text in r#"([\[\]{},:"\\ ]|-|0|1|2\.5|e3|E-2|true|null|"a"|"b":|\\u[dD][89c]00|\\n|é|\[1,2\]|\{"c":1\})*"#) {
            match (all(&text), serde_json::from_str::<serde_json::Value>(&text)) {
                (Ok(ours), Ok(theirs)) => prop_assert!(same(&ours, &theirs), "{ours:?} {theirs:?}"),
                (Err(_), Err(_)) => {}
                (Err(ours), Ok(theirs)) => prop_assert!(ours.contains("twice"), "{ours}: {theirs:?}"),
                (Ok(ours), Err(theirs)) => prop_assert!(false, "{ours:?}: {theirs}"),
            }
        }

        #[test]
        fn bytes_never_break_it(bytes: Vec<u8>) {
            let _ = parse(&bytes, 100);
        }
    }

    #[test]
    fn what_json_has_not_is_read_too() {
        let read = all(r#"[NaN, Infinity, -Infinity, 18446744073709551615, 100000000000000000000]"#).unwrap();
        let Value::List(list) = read else { panic!("{read}") };
        assert!(matches!(list[0], Value::Decimal(value) if value.is_nan()));
        assert_eq!(list[1..3], [Value::Decimal(f64::INFINITY), Value::Decimal(f64::NEG_INFINITY)]);
        assert_eq!(list[3..], [Value::Unsigned(u64::MAX), Value::Decimal(1e20)]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, told) in [
            ("", "it is empty"),
            ("  ", "it is empty"),
            ("{\"a\":1,\"a\":2}", "the key \"a\" comes twice at byte 7"),
            ("1e400", "a number is too large for float64 at byte 0"),
            ("[1 2]", "\",\" or \"]\" was expected at byte 3"),
            ("\"\\ud800\"", "half of a surrogate pair stands alone at byte 1"),
            ("\"\\ud800\\u0041\"", "half of a surrogate pair stands alone at byte 1"),
            ("\"\\udc00\"", "half of a surrogate pair stands alone at byte 1"),
            ("\"\\u12\"", "\"\\u\" is followed by no four hexadecimal digits at byte 1"),
            ("[01]", "a number does not begin so at byte 1"),
            ("[1.]", "a number has no digits after its point at byte 1"),
            ("[-]", "a number does not begin so at byte 1"),
            ("-Inf", "a value was expected at byte 1"),
            ("{1:2}", "a key in quotes was expected at byte 1"),
            ("[1,", "the text ends where a value was expected at byte 3"),
            ("[] []", "the end of the text was expected at byte 3"),
            ("\"a\nb\"", "a control character stands in a text at byte 2"),
        ] {
            assert_eq!(all(text), Err(told.to_string()), "{text}");
        }
        assert_eq!(parse(b"[\"\xff\"]", 9), Err("it is not UTF-8 at byte 2".to_string()));
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(all(&nested(DEEPEST)).is_ok());
        assert_eq!(all(&nested(DEEPEST + 1)), Err("it is nested deeper than 64 at byte 64".to_string()));
        assert!(all(&"[".repeat(1_000_000)).is_err());
        assert!(parse(b"[1,2,3]", LIST + 3).is_ok());
        assert_eq!(parse(b"[1,2,3]", LIST + 2), Err("it holds more than 6 values".to_string()));
        assert!(parse(b"[{\"a\":1}]", LIST + OBJECT + 1).is_ok());
        assert!(parse(b"[{\"a\":1}]", LIST + OBJECT).is_err());
    }
}
