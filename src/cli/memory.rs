//! Memory on the command line.

use std::fmt;
use std::str::FromStr;

use gordian_checker::memory::{self, Bytes};

use super::values::number_and_unit;

/// A limit on memory that can be lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Memory(pub(crate) Option<u64>);

/// The units of memory: powers of two and powers of ten.
const UNITS: [(&str, u64); 12] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
];

impl Memory {
    /// Returns the limit that was given, or half of the memory that there is.
    pub(crate) fn or_half(given: Option<Self>) -> Option<u64> {
        given.map_or_else(memory::half, |given| given.0)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) => f.write_str(&Bytes(max).to_string().replace(' ', "")),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let wrong = || "no memory: write 512MiB, 2G or `none`".to_owned();
        let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
        let unit = unit.to_ascii_lowercase();
        let (_, bytes) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(wrong)?;
        let max = number * *bytes as f64;
        if !(1.0..9e18).contains(&max) {
            return Err(wrong());
        }
        if memory::anonymous().is_none() {
            return Err(memory::NOT_TOLD.to_owned());
        }
        Ok(Self(Some(max as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_written_as_people_write_it() {
        let memory = |text: &str| text.parse::<Memory>().map(|memory| memory.0);
        assert_eq!(memory("512MiB"), Ok(Some(512 << 20)));
        assert_eq!(memory("2G"), Ok(Some(2 << 30)));
        assert_eq!(memory("1.5 gib"), Ok(Some(3 << 29)));
        assert_eq!(memory("64k"), Ok(Some(64 << 10)));
        assert_eq!(memory("2GB"), Ok(Some(2_000_000_000)));
        assert_eq!(memory("none"), Ok(None));
        for wrong in [
            "",
            "512",
            "0G",
            "G",
            "-1G",
            "9999999T",
            "10 parsecs",
            "1.2.3G",
        ] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
        for text in ["512MiB", "1.5GiB", "none"] {
            assert_eq!(text.parse::<Memory>().unwrap().to_string(), text);
        }
    }
}
