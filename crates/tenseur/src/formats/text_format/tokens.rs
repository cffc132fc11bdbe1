//! The words of the text form, each with the line and column where it begins.

use crate::error::{Error, Result};

/// A place in the text; both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// An error here.
    pub(super) fn error(self, what: impl std::fmt::Display) -> Error {
        Error::invalid(format!("line {}, column {}: {what}", self.line, self.column))
    }
}

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, or a number: letters, digits and `_ . + -`, not beginning with a sign.
    Word(String),
    /// A string, without its quotes and escapes.
    Text(Vec<u8>),
    /// One of `: { } < > [ ] , ; - /`.
    Sign(char),
    /// The text is over.
    End,
}

impl Token {
    /// As an error names it.
    pub(super) fn describe(&self) -> String {
        match self {
            Token::Word(word) if word.chars().count() > 40 => {
                format!("\"{}…\"", word.chars().take(40).collect::<String>())
            }
            Token::Word(word) => format!("\"{word}\""),
            Token::Text(_) => "a string".to_string(),
            Token::Sign(sign) => format!("\"{sign}\""),
            Token::End => "the end of the text".to_string(),
        }
    }
}

/// Takes a text apart, one word ahead.
pub(super) struct Tokens<'a> {
    rest: std::str::Chars<'a>,
    /// Where `rest` begins.
    at: Place,
    next: (Token, Place),
}

impl<'a> Tokens<'a> {
    /// The words of `text`.
    ///
    /// # Errors
    /// When already the first word is none.
    pub(super) fn new(text: &'a str) -> Result<Tokens<'a>> {
        let start = Place { line: 1, column: 1 };
        let rest = text.strip_prefix('\u{feff}').unwrap_or(text).chars();
        let mut tokens = Tokens { rest, at: start, next: (Token::End, start) };
        tokens.advance()?;
        Ok(tokens)
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> &Token {
        &self.next.0
    }

    /// Where the next word begins.
    pub(super) fn place(&self) -> Place {
        self.next.1
    }

    /// Takes the next word.
    pub(super) fn take(&mut self) -> Result<Token> {
        let taken = std::mem::replace(&mut self.next.0, Token::End);
        self.advance()?;
        Ok(taken)
    }

    /// Takes the next word if it is this sign.
    pub(super) fn take_sign(&mut self, sign: char) -> Result<bool> {
        let found = *self.peek() == Token::Sign(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Takes this sign.
    pub(super) fn expect(&mut self, sign: char) -> Result<()> {
        match self.take_sign(sign)? {
            true => Ok(()),
            false => Err(self
                .place()
                .error(format!("there should be a \"{sign}\", and there is {}", self.peek().describe()))),
        }
    }

    fn look(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn character(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.at = match c {
            '\n' => Place { line: self.at.line + 1, column: 1 },
            _ => Place { column: self.at.column + 1, ..self.at },
        };
        Some(c)
    }

    fn advance(&mut self) -> Result<()> {
        while let Some(c) = self.look() {
            match c {
                '#' => {
                    while self.look().is_some_and(|c| c != '\n') {
                        self.character();
                    }
                }
                _ if c.is_ascii_whitespace() || c == '\u{b}' => drop(self.character()),
                _ => break,
            }
        }
        let place = self.at;
        let token = match self.look() {
            None => Token::End,
            Some(quote @ ('"' | '\'')) => Token::Text(self.text(quote)?),
            Some(sign) if ":{}<>[],;-/".contains(sign) => {
                self.character();
                Token::Sign(sign)
            }
            Some(c) if c.is_ascii_alphanumeric() || "_.".contains(c) => Token::Word(self.word()),
            Some(c) => return Err(place.error(format!("\"{}\" has no meaning here", c.escape_debug()))),
        };
        self.next = (token, place);
        Ok(())
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.look() {
            // The exponent of a number may have a sign.
            let number =
                word.starts_with(|c: char| c.is_ascii_digit() || c == '.') && !word.starts_with("0x");
            let exponent = number && word.ends_with(['e', 'E']) && "+-".contains(c);
            if !(c.is_ascii_alphanumeric() || "_.".contains(c) || exponent) {
                break;
            }
            word.push(c);
            self.character();
        }
        word
    }

    fn text(&mut self, quote: char) -> Result<Vec<u8>> {
        let start = self.at;
        self.character();
        let mut bytes = Vec::new();
        let mut buffer = [0; 4];
        loop {
            let place = self.at;
            match self.character() {
                None | Some('\n') => return Err(start.error("the string has no end on its line")),
                Some(c) if c == quote => return Ok(bytes),
                Some('\\') => self.escape(place, &mut bytes)?,
                Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
            }
        }
    }

    /// What is after a backslash.
    fn escape(&mut self, place: Place, bytes: &mut Vec<u8>) -> Result<()> {
        let bad = || place.error("a string cannot have this escape");
        let c = self.character().ok_or_else(bad)?;
        match c {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            't' => bytes.push(b'\t'),
            'n' => bytes.push(b'\n'),
            'v' => bytes.push(11),
            'f' => bytes.push(12),
            'r' => bytes.push(b'\r'),
            '\\' | '\'' | '"' | '?' => bytes.push(c as u8),
            '0'..='7' => {
                let value = self.digits(c.to_digit(8), 8, 2);
                bytes.push(u8::try_from(value).map_err(|_| bad())?);
            }
            'x' | 'X' => {
                let first = self.character().and_then(|c| c.to_digit(16)).ok_or_else(bad)?;
                bytes.push(self.digits(Some(first), 16, 1) as u8);
            }
            'u' | 'U' => {
                let count = if c == 'u' { 4 } else { 8 };
                let mut value = 0u32;
                for _ in 0..count {
                    let digit = self.character().and_then(|c| c.to_digit(16)).ok_or_else(bad)?;
                    value = value.checked_mul(16).ok_or_else(bad)? + digit;
                }
                let c = char::from_u32(value).ok_or_else(bad)?;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return Err(bad()),
        }
        Ok(())
    }

    /// A number that begins with `first` and goes on for at most `more` digits.
    fn digits(&mut self, first: Option<u32>, radix: u32, more: usize) -> u32 {
        let mut value = first.unwrap_or_default();
        for _ in 0..more {
            let Some(digit) = self.look().and_then(|c| c.to_digit(radix)) else { break };
            self.character();
            value = value * radix + digit;
        }
        value
    }
}
