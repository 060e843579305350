//! The appearance of output: colours, characters, width, links.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stdout};

use anstyle::{AnsiColor, Style};
use gordian_checker::render::Look;

use super::args::{Colour, LookArgs};

/// The width if there is no terminal.
const WIDTH: usize = 100;

/// The least width.
const WIDTH_MIN: usize = 40;

/// The appearance of output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Terminal {
    /// True to use colours.
    pub(crate) colour: bool,
    /// True to use ASCII characters only.
    pub(crate) ascii: bool,
    /// The width in columns.
    pub(crate) width: usize,
    /// True to link to source lines.
    pub(crate) links: bool,
}

/// The meaning of a piece of text, which determines its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    /// Something is stuck, or is wrong.
    Bad,
    /// Something is held, or uncertain.
    Doubtful,
    /// Something is right.
    Good,
    /// The name of a thing.
    Name,
    /// Something less important.
    Faint,
    /// Nothing in particular.
    Plain,
}

impl Terminal {
    /// Determines the look from the flags, then the environment, then the terminal.
    pub(crate) fn new(args: &LookArgs) -> Self {
        let terminal = stdout().is_terminal();
        let colour = wants_colour(args.color, terminal, |name| env::var_os(name));
        let asked = args.width.map(usize::from);
        let found = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = asked.or_else(|| terminal.then(found).flatten());
        Self {
            colour,
            ascii: args.ascii || !speaks_unicode(|name| env::var_os(name)),
            width: width.unwrap_or(WIDTH).max(WIDTH_MIN),
            links: terminal && colour,
        }
    }

    /// Returns the look of the library's renderings, which name the program so in commands.
    pub(crate) fn look(&self, all: bool, program: &str) -> Look {
        Look {
            width: self.width,
            ascii: self.ascii,
            colour: self.colour,
            all,
            program: program.to_owned(),
        }
    }

    /// Returns the text in the colour of its meaning.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Doubtful => AnsiColor::Yellow.on_default(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Name => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Plain => return text.to_owned(),
        };
        format!("{style}{text}{style:#}")
    }

    /// Returns one of two forms of a character.
    pub(crate) fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { unicode }
    }

    /// Returns a horizontal line of this many columns.
    pub(crate) fn rule(&self, columns: usize) -> String {
        self.glyph("─", "-").repeat(columns)
    }
}

/// Returns true for colours. The flag decides first, then `NO_COLOR`, then `FORCE_COLOR` and
/// `CLICOLOR_FORCE`. Otherwise there must be a terminal that is not `dumb`.
fn wants_colour(flag: Colour, terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let forces = |name| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match flag {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if is_set("NO_COLOR") => false,
        Colour::Auto if forces("FORCE_COLOR") || forces("CLICOLOR_FORCE") => true,
        Colour::Auto => terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Returns true if the locale uses UTF-8, or none is set.
fn speaks_unicode(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    set.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Returns a number with spaces between the thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Returns a count with its noun: `1 variant`, `2 variants`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Returns a time as text, in at most six columns if it is less than a day.
pub(crate) fn short_time(time: std::time::Duration) -> String {
    match time.as_secs_f64() {
        s if s < 0.000_999_5 => format!("{}us", time.as_micros()),
        s if s < 0.999_5 => format!("{:.0}ms", s * 1000.0),
        s if s < 59.995 => format!("{s:.2}s"),
        s => format!("{}m{:02}s", s as u64 / 60, s as u64 % 60),
    }
}

/// Returns the text, cut to `columns` with a visible mark.
pub(crate) fn cut(text: &str, columns: usize, terminal: &Terminal) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let sign = terminal.glyph("…", "~");
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{kept}{sign}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        move |name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        }
    }

    #[test]
    fn the_flag_then_no_color_then_force_then_the_terminal() {
        let no_and_force = [("NO_COLOR", "1"), ("FORCE_COLOR", "1")];
        assert!(wants_colour(Colour::Always, false, with(&no_and_force)));
        assert!(!wants_colour(
            Colour::Never,
            true,
            with(&[("FORCE_COLOR", "1")])
        ));
        assert!(!wants_colour(Colour::Auto, true, with(&no_and_force)));
        assert!(wants_colour(
            Colour::Auto,
            false,
            with(&[("FORCE_COLOR", "1")])
        ));
        assert!(wants_colour(
            Colour::Auto,
            false,
            with(&[("CLICOLOR_FORCE", "1")])
        ));
        assert!(!wants_colour(
            Colour::Auto,
            false,
            with(&[("CLICOLOR_FORCE", "0")])
        ));
        assert!(wants_colour(Colour::Auto, true, with(&[("NO_COLOR", "")])));
        assert!(!wants_colour(Colour::Auto, true, with(&[("TERM", "dumb")])));
        assert!(!wants_colour(Colour::Auto, false, with(&[])));
    }

    #[test]
    fn a_locale_without_utf_8_gets_ascii() {
        assert!(speaks_unicode(with(&[])));
        assert!(speaks_unicode(with(&[("LANG", "de_DE.UTF-8")])));
        assert!(speaks_unicode(with(&[("LC_ALL", "C.utf8"), ("LANG", "C")])));
        assert!(!speaks_unicode(with(&[
            ("LC_ALL", "C"),
            ("LANG", "de_DE.UTF-8")
        ])));
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1000), "1 000");
        assert_eq!(thousands(63_063_000), "63 063 000");
    }

    #[test]
    fn a_time_takes_six_columns() {
        use std::time::Duration;
        for (micros, text) in [
            (7, "7us"),
            (999, "999us"),
            (1_500, "2ms"),
            (999_400, "999ms"),
            (999_600, "1.00s"),
            (59_990_000, "59.99s"),
            (60_000_000, "1m00s"),
            (3_599_000_000, "59m59s"),
        ] {
            assert_eq!(short_time(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn what_is_cut_shows() {
        let terminal = Terminal {
            colour: false,
            ascii: false,
            width: 100,
            links: false,
        };
        assert_eq!(cut("channel", 7, &terminal), "channel");
        assert_eq!(cut("channels", 7, &terminal), "channe…");
    }
}
