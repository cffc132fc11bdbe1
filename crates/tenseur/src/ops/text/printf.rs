//! Numbers as C's printf writes them: `%d`, `%f`, `%e` and `%g`, with a fill, a width and a precision.

/// How a number is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// Digits behind the point (of `%g`: digits in all), or −1 for 6.
    pub precision: i64,
    /// `%e`.
    pub scientific: bool,
    /// `%g`.
    pub shortest: bool,
    /// The fewest characters, or −1 for any number.
    pub width: i64,
    /// Nothing, or one of printf's flags: a space, `+`, `-`, `0`, `#`.
    pub fill: String,
}

impl Format {
    /// A whole number.
    pub(super) fn integer(&self, value: i128) -> String {
        self.padded(value < 0, value.unsigned_abs().to_string(), true)
    }

    /// A number with a point.
    pub(super) fn float(&self, value: f64) -> String {
        let (negative, size) = (value.is_sign_negative() && !value.is_nan(), value.abs());
        let digits = match (value.is_nan(), value.is_infinite()) {
            (true, _) => "nan".to_string(),
            (_, true) => "inf".to_string(),
            _ if self.scientific => self.exponent(size, self.digits()),
            _ if self.shortest => self.general(size),
            _ => self.fixed(size, self.digits()),
        };
        self.padded(negative, digits, value.is_finite())
    }

    fn digits(&self) -> usize {
        usize::try_from(self.precision).unwrap_or(6)
    }

    fn fixed(&self, size: f64, digits: usize) -> String {
        let point = if self.fill == "#" && digits == 0 { "." } else { "" };
        format!("{size:.digits$}{point}")
    }

    fn exponent(&self, size: f64, digits: usize) -> String {
        let text = format!("{size:.digits$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        format!("{mantissa}e{sign}{exponent:0>2}")
    }

    /// `%g`: fixed where the exponent is from −4 to below the precision, without zeros at the end.
    fn general(&self, size: f64) -> String {
        let precision = self.digits().max(1);
        let rounded = format!("{size:.*e}", precision - 1);
        let exponent: i64 =
            rounded.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
        let fixed = exponent >= -4 && exponent < precision as i64;
        let text = match fixed {
            true => self.fixed(size, (precision as i64 - 1 - exponent).max(0) as usize),
            false => self.exponent(size, precision - 1),
        };
        if self.fill == "#" {
            return text;
        }
        let (mantissa, rest) = text.split_at(text.find('e').unwrap_or(text.len()));
        let short = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        format!("{short}{rest}")
    }

    fn padded(&self, negative: bool, digits: String, zeros: bool) -> String {
        let sign = match (negative, &self.fill[..]) {
            (true, _) => "-",
            (false, "+") => "+",
            (false, " ") => " ",
            _ => "",
        };
        let width = usize::try_from(self.width).unwrap_or(0);
        let missing = width.saturating_sub(sign.len() + digits.len());
        match &self.fill[..] {
            "0" if zeros => format!("{sign}{}{digits}", "0".repeat(missing)),
            "-" => format!("{sign}{digits}{}", " ".repeat(missing)),
            _ => format!("{}{sign}{digits}", " ".repeat(missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_printf_writes_them() {
        let format = |precision, scientific, shortest, width, fill: &str| Format {
            precision,
            scientific,
            shortest,
            width,
            fill: fill.to_string(),
        };
        let plain = format(-1, false, false, -1, "");
        assert_eq!((plain.float(1.5), plain.float(-0.0)), ("1.500000".into(), "-0.000000".into()));
        assert_eq!(format(2, false, false, 8, "").float(2.625), "    2.62");
        assert_eq!(format(2, false, false, 8, "0").float(-2.625), "-0002.62");
        assert_eq!(format(2, false, false, 8, "0").float(f64::INFINITY), "     inf");
        assert_eq!(format(-1, true, false, -1, "+").float(1234.5), "+1.234500e+03");
        assert_eq!(format(1, true, false, -1, "").float(1e-120), "1.0e-120");
        let general = |value| format(-1, false, true, -1, "").float(value);
        assert_eq!(
            [general(100000.0), general(1e6), general(1e-4), general(1e-5)],
            ["100000", "1e+06", "0.0001", "1e-05"]
        );
        assert_eq!([general(0.0), general(999999.5), general(f64::NAN)], ["0", "1e+06", "nan"]);
        assert_eq!(format(3, false, true, -1, "#").float(1.0), "1.00");
        assert_eq!(format(-1, false, false, 5, "0").integer(-42), "-0042");
        assert_eq!(format(-1, false, false, 5, "-").integer(42), "42   ");
        assert_eq!(format(-1, false, false, -1, " ").integer(42), " 42");
    }
}
