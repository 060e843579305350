//! What is shown at each point.

use std::io::{self, Write};

use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::{Act, Ending, Operation, Place, Standing, State, Step};
use gordian_checker::explore::reach::Ahead;
use gordian_checker::model::{End, Fault};
use gordian_checker::render::text::{chain, wrap};
use gordian_checker::render::{self};

use super::game::Game;
use crate::cli::look::{Look, Tone, count, cut, thousands};

/// How many choices are listed.
const CHOICES_SHOWN: usize = 100;

/// Draws the point that is looked at.
pub(super) fn draw(out: &mut dyn Write, look: &Look, trace: &Trace, game: &Game) -> io::Result<()> {
    let of = match game.len() {
        len if len == game.at() => String::new(),
        len => format!(" of {len}"),
    };
    let title = format!("after step {}{of}", game.at());
    writeln!(out, "\n{}", look.paint(Tone::Name, &title))?;
    let timers = game.timers(trace);
    let columns = Columns::new(look, trace, timers.iter().map(|(_, name)| name));
    for standing in &trace.last {
        for line in columns.rows(standing, game.number(&standing.goroutine)) {
            writeln!(out, "{line}")?;
        }
    }
    for (number, name) in &timers {
        let name = cut(name, columns.name, look);
        let state = look.paint(Tone::Good, "a timer, can fire");
        writeln!(out, "  {number:>3}  {name:0$} {state}", columns.name)?;
    }
    let choices = game.choices();
    for (index, (step, token)) in choices.iter().take(CHOICES_SHOWN).enumerate() {
        let lead = if index == 0 { "choices" } else { "" };
        let rendezvous = if step.partner.is_some() {
            "  (they meet)"
        } else {
            ""
        };
        let line = format!("  {lead:9} {token}{rendezvous}");
        writeln!(out, "{}", cut(&line, look.width, look))?;
    }
    if let Some(more) = choices.len().checked_sub(CHOICES_SHOWN + 1) {
        writeln!(out, "            and {} more", more + 1)?;
    }
    let (text, tone) = match trace.end {
        Ending::Open if is_bad(game) => (ahead(game), Tone::Bad),
        Ending::Open => (ahead(game), Tone::Faint),
        Ending::Complete => (
            "the end: all goroutines have returned".to_owned(),
            Tone::Good,
        ),
        Ending::Bounded => {
            let text = "the end: a goroutine waits for a tick beyond the kernel's limit";
            (text.to_owned(), Tone::Doubtful)
        }
        end => (format!("the end: {end}"), Tone::Bad),
    };
    for text in wrap(&text, look.width - 2, &plain(look)) {
        writeln!(out, "  {}", look.paint(tone, &text))?;
    }
    reasons(out, look, trace)
}

/// Returns true at a bad end at which others can still move.
fn is_bad(game: &Game) -> bool {
    matches!(game.ahead(), Ahead::Bad(way) if way.steps == 0)
}

/// Why nobody can move, if that is so.
fn reasons(out: &mut dyn Write, look: &Look, trace: &Trace) -> io::Result<()> {
    for reason in &trace.waits.reasons {
        let text = match &reason.sentence {
            Some(sentence) => format!("{}: {sentence}", reason.members.join(", ")),
            None => chain(trace, reason),
        };
        for (index, text) in wrap(&text, look.width - 13, &plain(look))
            .iter()
            .enumerate()
        {
            let lead = if index == 0 { reason.kind.name() } else { "" };
            writeln!(out, "  {lead:9}  {text}")?;
        }
    }
    Ok(())
}

/// The look of the library's renderings, of which only the characters matter here.
fn plain(look: &Look) -> render::Look {
    render::Look {
        ascii: look.ascii,
        ..render::Look::default()
    }
}

/// The widths of the columns, so that no line is wider than it may be.
struct Columns<'a> {
    look: &'a Look,
    name: usize,
    what: usize,
}

impl<'a> Columns<'a> {
    /// For a trace and, besides, these timers.
    fn new<'t>(
        look: &'a Look,
        trace: &'t Trace,
        timers: impl IntoIterator<Item = &'t String>,
    ) -> Self {
        let names = trace.last.iter().map(|standing| &standing.goroutine);
        let name = names.chain(timers).map(|name| name.chars().count()).max();
        let name = name.unwrap_or(0).clamp(8, (look.width / 4).max(8));
        // Besides these two: the number with its blanks, and the place with those around it.
        let room = look.width.saturating_sub(name + 17);
        Self {
            look,
            name,
            what: room.min(32),
        }
    }

    /// A goroutine: where it stands, why it does not move, and what it holds; on lines of their own
    /// where there is no room beside.
    fn rows(&self, standing: &Standing, number: usize) -> Vec<String> {
        let place = place_text(&standing.place);
        let op = standing.op.as_ref();
        let verb = |op: &Operation| match op.cases.is_empty() {
            true => op.text(),
            false => op.verb.clone(),
        };
        let what = cut(&op.map(verb).unwrap_or_default(), self.what, self.look);
        let name = cut(&standing.goroutine, self.name, self.look);
        let (name_max, what_max) = (self.name, self.what);
        let mut line = format!("  {number:>3}  {name:name_max$} {what:what_max$} {place:>6}");
        let mut left = self.look.width.saturating_sub(line.chars().count());
        let mut lines = Vec::new();
        let (state, tone) = match standing.state {
            State::Ready => ("can move".to_owned(), Tone::Good),
            State::Stuck | State::Waiting => (standing.reason.clone(), Tone::Bad),
            State::Returned => ("returned".to_owned(), Tone::Faint),
            State::Panicked => (format!("panicked: {}", standing.reason), Tone::Bad),
        };
        let held: Vec<&str> = standing.holds.iter().map(|h| h.lock.as_str()).collect();
        let holds = match held[..] {
            [] => String::new(),
            _ => format!("HOLDS {}", held.join(", ")),
        };
        let indent = name_max + 10;
        for (text, tone) in [(state, tone), (holds, Tone::Doubtful)] {
            let columns = text.chars().count() + 2;
            if text.is_empty() {
                continue;
            }
            if columns > left {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent - 2)));
                left = self.look.width - indent + 2;
            }
            let text = cut(&text, left - 2, self.look);
            line += &format!("  {}", self.look.paint(tone, &text));
            left = left.saturating_sub(columns);
        }
        lines.push(line);
        for case in op.iter().flat_map(|op| &op.cases) {
            let case = cut(case, self.look.width - indent, self.look);
            lines.push(format!("{:indent$}{case}", ""));
        }
        lines
    }
}

/// `:64`, or `(:64)` where the guard of the lock that is taken there is dropped.
fn place_text(place: &Place) -> String {
    match (place.line, place.column) {
        (0, _) => String::new(),
        (line, 0) => format!("(:{line})"),
        (line, _) => format!(":{line}"),
    }
}

/// A step that was taken, a line for each goroutine that moved.
pub(super) fn step_lines(look: &Look, trace: &Trace, step: &Step) -> Vec<String> {
    let columns = Columns::new(look, trace, []);
    let (name_max, what_max) = (columns.name, columns.what);
    let line = |(index, act): (usize, &Act)| {
        let number = if index == 0 {
            step.n.to_string()
        } else {
            String::new()
        };
        let place = place_text(&act.place);
        let name = cut(&act.goroutine, name_max, look);
        let what = cut(&act.text(), what_max, look);
        let text = format!("{number:>5}  {name:name_max$} {what:what_max$} {place:>6}");
        text.trim_end().to_owned()
    };
    step.by.iter().enumerate().map(line).collect()
}

/// What can come of the point, in a sentence.
pub(super) fn ahead(game: &Game) -> String {
    let states = thousands(game.reach().states() as u64);
    match game.ahead() {
        Ahead::Bad(way) if way.steps == 0 => format!(
            "this is a bad end ({}): a goroutine can never move again, though others can run on \
             for ever",
            end_word(way.end)
        ),
        Ahead::Bad(way) => format!(
            "a bad end ({}) can still be reached from here, in {}",
            end_word(way.end),
            count(way.steps, "more step")
        ),
        Ahead::Nothing => "no bad end can be reached from here".to_owned(),
        Ahead::Unknown => {
            format!(
                "no bad end is known from here, but only {states} states were looked at \
                 (--reach-max)"
            )
        }
    }
}

/// Of each choice, what can come of it.
pub(super) fn hint(look: &Look, game: &mut Game) -> Result<String, Fault> {
    let mut lines = Vec::new();
    let choices = game.choices();
    let widest = choices.iter().map(|(_, token)| token.chars().count()).max();
    let room = widest
        .unwrap_or(0)
        .clamp(8, look.width.saturating_sub(50).max(8));
    for (step, token) in choices {
        let token = cut(&token, room, look);
        let after = game.after(step)?;
        let (text, tone) = match game.reach().ahead(&after) {
            Ahead::Bad(way) if way.steps == 0 => {
                (format!("the {} is here", end_word(way.end)), Tone::Bad)
            }
            Ahead::Bad(way) => {
                let more = count(way.steps, "more step");
                let text = format!("a {} can be reached, in {more}", end_word(way.end));
                (text, Tone::Doubtful)
            }
            Ahead::Nothing => ("no bad end can be reached any more".to_owned(), Tone::Good),
            Ahead::Unknown => ("not known".to_owned(), Tone::Faint),
        };
        let text = cut(&text, look.width - room - 4, look);
        lines.push(format!("  {token:room$}  {}", look.paint(tone, &text)));
    }
    Ok(match lines[..] {
        [] => "  nobody can move".to_owned(),
        _ => lines.join("\n"),
    })
}

/// An end in one word.
fn end_word(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::Leak => "leak",
        End::Deadlock => "deadlock",
        End::Panic => "panic",
        End::Cut => "cut",
    }
}
