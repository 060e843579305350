//! Parsers for the values of flags.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use gordian_checker::catalogue::TimerRules;
use gordian_checker::explain::trace::Ending;
use gordian_checker::render::{Format, Layout};
use gordian_checker::{Engine, Verdict};

/// Parses a number of columns: at least one.
pub(super) fn columns() -> impl TypedValueParser<Value = u16> {
    clap::value_parser!(u16).range(1..)
}

/// Parses the name of one of these.
fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    value: fn(T) -> PossibleValue,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.map(value)).map(move |name| {
        let found = all.into_iter().find(|it| value(*it).matches(&name, false));
        found.expect("one of the names")
    })
}

/// Parses the name of a search.
pub(super) fn engine() -> impl TypedValueParser<Value = Engine> {
    one_of(Engine::ALL, |it| {
        let name = PossibleValue::new(it.name());
        match it {
            // An older name.
            Engine::Stateful => name.alias("remembering"),
            _ => name,
        }
    })
}

/// Parses the name of a format.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    one_of(Format::ALL, |it| {
        PossibleValue::new(it.name()).help(it.about())
    })
}

/// Parses the name of a layout.
pub(super) fn layout() -> impl TypedValueParser<Value = Layout> {
    one_of(Layout::ALL, |it| {
        PossibleValue::new(it.name()).help(it.about())
    })
}

/// Parses the version of Go that stands for the rules of timers.
pub(super) fn timers() -> impl TypedValueParser<Value = TimerRules> {
    one_of(TimerRules::ALL, |it| PossibleValue::new(it.name()))
}

/// Parses the name of a variant: one of the two of a kernel, or a test of a Go package.
pub(super) fn variant() -> impl TypedValueParser<Value = String> {
    Variants
}

/// The reader of names of variants.
#[derive(Clone)]
struct Variants;

impl Variants {
    const OF_KERNELS: [&str; 2] = ["buggy", "fixed"];
}

impl TypedValueParser for Variants {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        match value.to_str() {
            Some(test) if test == "main" || test.starts_with("Test") => Ok(test.to_owned()),
            _ => PossibleValuesParser::new(Self::OF_KERNELS).parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(
            Self::OF_KERNELS.into_iter().map(PossibleValue::new),
        ))
    }
}

/// The verdicts that can be expected.
const VERDICTS: [Verdict; 11] = [
    Verdict::Proved,
    Verdict::Deadlock,
    Verdict::Leak,
    Verdict::Panic,
    Verdict::Race,
    Verdict::Fail,
    Verdict::Exit,
    Verdict::Misuse,
    Verdict::LateLog,
    Verdict::Within,
    Verdict::Bounded,
];

/// Parses the name of a verdict.
pub(super) fn verdict() -> impl TypedValueParser<Value = Verdict> {
    one_of(VERDICTS, |it| PossibleValue::new(it.name()))
}

/// Parses the name of an ending. The error for a name that only a verdict has says so.
pub(super) fn ending() -> impl TypedValueParser<Value = Ending> {
    let endings = Ending::ALL.map(|ending| PossibleValue::new(ending.name()).help(about(ending)));
    let verdicts = ["proved", "race", "within", "unsupported", "fault"];
    let verdicts = verdicts.map(|name| PossibleValue::new(name).hide(true));
    PossibleValuesParser::new(endings.into_iter().chain(verdicts)).try_map(|name| {
        let found = Ending::ALL.into_iter().find(|end| end.name() == name);
        found.ok_or(
            "that is a verdict of a search, and a replay is one execution: it has an ending, and \
             proves nothing. If all goroutines return, the ending is `complete`; `run --expect` \
             takes verdicts",
        )
    })
}

fn about(ending: Ending) -> &'static str {
    match ending {
        Ending::Deadlock => "Main is blocked for ever",
        Ending::Leak => "Another goroutine is blocked for ever",
        Ending::Panic => "A goroutine panics",
        Ending::Fail => "The test fails, in Go",
        Ending::Exit => "The program exits with a code that is not 0, in Go",
        Ending::Misuse => "A wait group is used in a way that Go refuses",
        Ending::LateLog => "A goroutine logs for a test that is over, in Go",
        Ending::Race => "Two goroutines access the same memory at once, in Go",
        Ending::Complete => "All goroutines return",
        Ending::Bounded => "A goroutine waits for a tick beyond the kernel's limit",
        Ending::Open => "It is not over: a goroutine can move",
    }
}

/// A limit that can be lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Maximum(pub(crate) Option<u64>);

impl fmt::Display for Maximum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) => max.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Maximum {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        match text.replace(['_', ' '], "").parse() {
            Ok(0) => Err("a limit of 0 leaves nothing to look at".to_owned()),
            Ok(max) => Ok(Self(Some(max))),
            Err(_) => Err("neither a whole number nor `none`".to_owned()),
        }
    }
}

/// An optional bound, which may be 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bound(pub(crate) Option<u32>);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) => max.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            _ => match text.parse() {
                Ok(max) => Ok(Self(Some(max))),
                Err(_) => Err("neither a whole number nor `none`".to_owned()),
            },
        }
    }
}

/// Parses a seed, decimal or hexadecimal.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "no number of 64 bits, decimal or hexadecimal after 0x".to_owned())
}

/// Splits a text into a number and the unit after it; `None` if the number or the unit is missing.
pub(super) fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim()))
}

/// A limit on time that can be lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Time(pub(crate) Option<Duration>);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) if max.subsec_millis() == 0 => write!(f, "{}s", max.as_secs()),
            Some(max) => write!(f, "{}ms", max.as_millis()),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let wrong = || "no time: write 10s, 500ms, 5m, 1h or `none`".to_owned();
        let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
        let seconds = match unit {
            "ms" => number / 1000.0,
            "s" => number,
            "m" | "min" => number * 60.0,
            "h" => number * 3600.0,
            _ => return Err(wrong()),
        };
        match Duration::try_from_secs_f64(seconds) {
            Ok(time) if time > Duration::ZERO => Ok(Self(Some(time))),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_write_them() {
        let time = |text: &str| text.parse::<Time>().map(|time| time.0);
        assert_eq!(time("10s"), Ok(Some(Duration::from_secs(10))));
        assert_eq!(time("1.5s"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(time("500ms"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(time("2m"), Ok(Some(Duration::from_secs(120))));
        assert_eq!(time("none"), Ok(None));
        for wrong in ["", "10", "0s", "s", "-1s", "1e9s", "10 parsecs"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_are_numbers_or_none() {
        let maximum = |text: &str| text.parse::<Maximum>().map(|maximum| maximum.0);
        assert_eq!(maximum("200_000"), Ok(Some(200_000)));
        assert_eq!(maximum("none"), Ok(None));
        assert_eq!("0".parse(), Ok(Bound(Some(0))));
        assert_eq!((seed("17"), seed("0x11")), (Ok(17), Ok(17)));
        assert!(seed("0xyz").is_err());
        assert!(maximum("0").is_err());
        assert!(maximum("many").is_err());
    }
}
