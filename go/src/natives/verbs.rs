//! Numbers and strings as Go's package fmt writes them.

/// The flags of a verb.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Flags {
    pub(super) plus: bool,
    /// True if the names of fields are printed: `%+v`.
    pub(super) names: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Flags {
    /// Returns the text with as many spaces, or zeros, as the width asks for.
    pub(super) fn pad(&self, text: &[u8]) -> Vec<u8> {
        let length = String::from_utf8_lossy(text).chars().count();
        let Some(missing) = self.width.and_then(|width| width.checked_sub(length)) else {
            return text.to_vec();
        };
        let fill = if self.zero && !self.minus { b'0' } else { b' ' };
        let fill = vec![fill; missing];
        if self.minus {
            [text, &fill].concat()
        } else {
            [&fill[..], text].concat()
        }
    }

    /// Returns an integer in this verb; `None` if the verb is none for integers.
    pub(super) fn integer(&self, number: i64, signed: bool, verb: u8) -> Option<Vec<u8>> {
        let negative = signed && number < 0;
        let size = if signed {
            number.unsigned_abs()
        } else {
            number.cast_unsigned()
        };
        let rune = || {
            u32::try_from(size)
                .ok()
                .and_then(char::from_u32)
                .unwrap_or('\u{fffd}')
        };
        let (digits, prefix) = match verb {
            b'd' | b'v' => (size.to_string(), ""),
            b'b' => (format!("{size:b}"), if self.sharp { "0b" } else { "" }),
            b'o' => (format!("{size:o}"), if self.sharp { "0" } else { "" }),
            b'O' => (format!("{size:o}"), "0o"),
            b'x' => (format!("{size:x}"), if self.sharp { "0x" } else { "" }),
            b'X' => (format!("{size:X}"), if self.sharp { "0X" } else { "" }),
            b'c' => return Some(self.pad(rune().to_string().as_bytes())),
            b'q' => return Some(self.pad(quoted_rune(rune()).as_bytes())),
            b'U' => {
                let text = format!("U+{size:04X}");
                return Some(self.pad(text.as_bytes()));
            }
            _ => return None,
        };
        let mut digits = digits;
        // As in Go, a zero with precision 0 has no digits.
        if self.precision == Some(0) && number == 0 {
            digits.clear();
        }
        let sign = match negative {
            true => "-",
            false if self.plus => "+",
            false if self.space => " ",
            false => "",
        };
        let least = match self.precision {
            Some(precision) => precision,
            None if self.zero && !self.minus => self.width.unwrap_or(0).saturating_sub(sign.len()),
            None => 0,
        };
        let digits = format!("{digits:0>least$}");
        let text = format!("{sign}{prefix}{digits}");
        let spaces = Self {
            zero: false,
            ..*self
        };
        Some(spaces.pad(text.as_bytes()))
    }

    /// Returns a float in this verb; `None` if the verb is none for floats.
    pub(super) fn float(&self, number: f64, bits: u32, verb: u8) -> Option<Vec<u8>> {
        let text = match verb {
            b'v' | b'g' | b'G' => float(number, b'g', self.precision, bits),
            b'e' | b'E' | b'f' | b'F' => {
                let verb = verb.to_ascii_lowercase();
                float(number, verb, Some(self.precision.unwrap_or(6)), bits)
            }
            _ => return None,
        };
        let text = if verb.is_ascii_uppercase() {
            text.to_uppercase()
        } else {
            text
        };
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            // An infinity has its sign.
            None if text.starts_with('+') => ("", text.as_str()),
            None if self.plus => ("+", text.as_str()),
            None if self.space => (" ", text.as_str()),
            None => ("", text.as_str()),
        };
        let finite = number.is_finite();
        if self.zero && !self.minus && finite && !sign.is_empty() {
            let width = self.width.map(|width| width.saturating_sub(1));
            let rest = Self { width, ..*self }.pad(rest.as_bytes());
            return Some([sign.as_bytes(), &rest].concat());
        }
        let flags = Self {
            zero: self.zero && finite,
            ..*self
        };
        Some(flags.pad(format!("{sign}{rest}").as_bytes()))
    }

    /// Returns a string in this verb; `None` if the verb is none for strings.
    pub(super) fn string(&self, text: &[u8], verb: u8) -> Option<Vec<u8>> {
        let cut = |text: &[u8]| match self.precision {
            Some(most) => {
                let text = String::from_utf8_lossy(text);
                text.chars().take(most).collect::<String>().into_bytes()
            }
            None => text.to_vec(),
        };
        let hex = |upper: bool| {
            let bytes = &text[..self.precision.unwrap_or(text.len()).min(text.len())];
            let mut out = String::new();
            for (at, byte) in bytes.iter().enumerate() {
                if self.space && at > 0 {
                    out.push(' ');
                }
                if self.sharp && (self.space || at == 0) {
                    out.push_str(if upper { "0X" } else { "0x" });
                }
                out += &if upper {
                    format!("{byte:02X}")
                } else {
                    format!("{byte:02x}")
                };
            }
            out.into_bytes()
        };
        Some(self.pad(&match verb {
            b'v' | b's' => cut(text),
            b'x' => hex(false),
            b'X' => hex(true),
            b'q' if self.sharp && !text.contains(&b'`') => {
                format!("`{}`", String::from_utf8_lossy(&cut(text))).into_bytes()
            }
            b'q' => quoted(&cut(text)).into_bytes(),
            _ => return None,
        }))
    }
}

/// Returns a string in double quotes, as `strconv.Quote` writes it.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape(c, '"', &mut out);
        }
        for byte in chunk.invalid() {
            out += &format!("\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

pub(super) fn quoted_rune(c: char) -> String {
    let mut out = String::from("'");
    escape(c, '\'', &mut out);
    out.push('\'');
    out
}

fn escape(c: char, quote: char, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c == quote => {
            out.push('\\');
            out.push(c);
        }
        c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
        c => out.push(c),
    }
}

/// Returns a float as `strconv.FormatFloat` writes it: `verb` is e, f or g; without a precision,
/// with as few digits as tell it apart.
pub(super) fn float(number: f64, verb: u8, precision: Option<usize>, bits: u32) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "+Inf".to_owned()
        } else {
            "-Inf".to_owned()
        };
    }
    match (verb, precision) {
        (b'f', Some(precision)) => format!("{number:.precision$}"),
        (b'f', None) if bits == 32 => format!("{}", number as f32),
        (b'f', None) => format!("{number}"),
        (b'e', precision) => exponent(&scientific(number, precision, bits)),
        (_, precision) => general(number, precision, bits),
    }
}

/// Writes a float in Rust's own form, `1.5e-7`.
fn scientific(number: f64, precision: Option<usize>, bits: u32) -> String {
    match precision {
        Some(precision) => format!("{number:.precision$e}"),
        None if bits == 32 => format!("{:e}", number as f32),
        None => format!("{number:e}"),
    }
}

/// Gives such a text a sign and at least two digits in its exponent.
fn exponent(text: &str) -> String {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{digits}e{sign}{power:0>2}")
}

fn general(number: f64, precision: Option<usize>, bits: u32) -> String {
    let digits = precision.map(|precision| precision.max(1) - 1);
    let text = scientific(number, digits, bits);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let plain = mantissa.trim_start_matches('-').replace('.', "");
    let significant = plain.trim_end_matches('0').len().max(1);
    let mut limit = precision.map_or(6, |precision| precision.max(1)) as i32;
    if precision.is_some() && limit as usize > significant && significant as i32 > power {
        limit = significant as i32;
    }
    if power < -4 || power >= limit {
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        return exponent(&format!("{mantissa}e{power}"));
    }
    let places = usize::try_from(significant as i32 - 1 - power).unwrap_or(0);
    match precision {
        None if bits == 32 => format!("{}", number as f32),
        None => format!("{number}"),
        Some(_) => format!("{number:.places$}"),
    }
}
