//! The display of a point.

use std::io::{self, Write};

use gordian_checker::execution::escape::visible;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::{Act, Ending, Operation, Place, Standing, Step};
use gordian_checker::explore::reach::Ahead;
use gordian_checker::model::Fault;
use gordian_checker::render::Sources;
use gordian_checker::render::text::wrap;
use gordian_checker::session::{Move, NoMove, Session};

use crate::cli::point::{
    self, BOUNDED, COMPLETE, end_word, is_bad_end, place, position, score, source_line,
};
use crate::cli::terminal::{Terminal, Tone, count, cut, thousands};

/// Most choices that are listed.
const CHOICES_SHOWN: usize = 100;

/// Draws the point that is looked at.
pub(super) fn draw(
    out: &mut dyn Write,
    terminal: &Terminal,
    (trace, sources): (&Trace, &Sources),
    game: &Session,
) -> io::Result<()> {
    writeln!(out, "\n{}", terminal.paint(Tone::Name, &position(game)))?;
    let shown = |(number, name): (usize, String)| (number, visible(&name));
    let timers: Vec<_> = game.timers().into_iter().map(shown).collect();
    let goroutines: Vec<_> = game.goroutines().into_iter().map(shown).collect();
    let number = |name: &str| {
        let mut named = goroutines.iter().filter(|(_, other)| other == name);
        named.next().map_or(0, |(number, _)| *number)
    };
    let columns = Columns::new(terminal, trace, timers.iter().map(|(_, name)| name));
    for standing in &trace.last {
        for line in columns.rows(standing, number(&standing.goroutine), sources) {
            writeln!(out, "{line}")?;
        }
    }
    for (number, name) in &timers {
        let name = cut(name, columns.name, terminal);
        let state = terminal.paint(Tone::Good, "a timer, can fire");
        writeln!(out, "  {number:>3}  {name:0$} {state}", columns.name)?;
    }
    let choices = game.moves();
    for (index, Move { step, choice, .. }) in choices.iter().take(CHOICES_SHOWN).enumerate() {
        let lead = if index == 0 { "choices" } else { "" };
        let rendezvous = if step.partner.is_some() {
            "  (they meet)"
        } else {
            ""
        };
        let line = format!("  {lead:9} {choice}{rendezvous}");
        writeln!(out, "{}", cut(&line, terminal.width, terminal))?;
    }
    if let Some(more) = choices.len().checked_sub(CHOICES_SHOWN + 1) {
        writeln!(out, "            and {} more", more + 1)?;
    }
    let (text, tone) = match trace.end {
        Ending::Open if is_bad_end(game) => {
            (format!("{}. {}", ahead(game), score(game)), Tone::Bad)
        }
        Ending::Open => (ahead(game), Tone::Faint),
        Ending::Complete => (COMPLETE.to_owned(), Tone::Good),
        Ending::Bounded => (BOUNDED.to_owned(), Tone::Doubtful),
        end => (format!("the end: {end}. {}", score(game)), Tone::Bad),
    };
    for text in wrap(&text, terminal.width - 2) {
        writeln!(out, "  {}", terminal.paint(tone, &text))?;
    }
    reasons(out, terminal, trace)
}

/// Prints the reasons why nobody can move, if that is so.
fn reasons(out: &mut dyn Write, terminal: &Terminal, trace: &Trace) -> io::Result<()> {
    for reason in &trace.waits.reasons {
        let text = point::reason(trace, reason);
        for (index, text) in wrap(&text, terminal.width - 13).iter().enumerate() {
            let lead = if index == 0 { reason.kind.name() } else { "" };
            writeln!(out, "  {lead:9}  {text}")?;
        }
    }
    Ok(())
}

/// The widths of the columns, so that lines fit into the width.
struct Columns<'a> {
    terminal: &'a Terminal,
    name: usize,
    what: usize,
}

impl<'a> Columns<'a> {
    /// Computes the widths for a trace and these timers.
    fn new<'t>(
        terminal: &'a Terminal,
        trace: &'t Trace,
        timers: impl IntoIterator<Item = &'t String>,
    ) -> Self {
        let names = trace.last.iter().map(|standing| &standing.goroutine);
        let name = names.chain(timers).map(|name| name.chars().count()).max();
        let name = name.unwrap_or(0).clamp(8, (terminal.width / 4).max(8));
        // The rest of a line: the number and the place, with their blanks.
        let room = terminal.width.saturating_sub(name + 17);
        Self {
            terminal,
            name,
            what: room.min(32),
        }
    }

    /// Returns the lines of a goroutine: its position, its state, its locks, and the source line.
    /// State and locks get lines of their own if there is no room beside.
    fn rows(&self, standing: &Standing, number: usize, sources: &Sources) -> Vec<String> {
        let place = place(&standing.place);
        let op = standing.op.as_ref();
        let verb = |op: &Operation| match op.cases.is_empty() {
            true => op.text(),
            false => op.verb.to_string(),
        };
        let what = cut(&op.map(verb).unwrap_or_default(), self.what, self.terminal);
        let name = cut(&standing.goroutine, self.name, self.terminal);
        let (name_max, what_max) = (self.name, self.what);
        // One that has returned may have no number any more.
        let number = match number {
            0 => String::new(),
            number => number.to_string(),
        };
        let mut line = format!("  {number:>3}  {name:name_max$} {what:what_max$} {place:>6}");
        let mut left = self.terminal.width.saturating_sub(line.chars().count());
        let mut lines = Vec::new();
        let indent = name_max + 10;
        let holds = (point::holds(standing), Tone::Doubtful);
        for (text, tone) in [point::state(standing), holds] {
            let columns = text.chars().count() + 2;
            if text.is_empty() {
                continue;
            }
            if columns > left {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent - 2)));
                left = self.terminal.width - indent + 2;
            }
            let text = cut(&text, left - 2, self.terminal);
            line += &format!("  {}", self.terminal.paint(tone, &text));
            left = left.saturating_sub(columns);
        }
        lines.push(line);
        lines.extend(self.source(&standing.place, sources, indent));
        for case in op.iter().flat_map(|op| &op.cases) {
            let case = cut(case, self.terminal.width - indent, self.terminal);
            lines.push(format!("{:indent$}{case}", ""));
        }
        lines
    }

    /// Returns the source line of a place, behind a bar.
    fn source(&self, place: &Place, sources: &Sources, indent: usize) -> Option<String> {
        let code = source_line(place, sources)?;
        let bar = self.terminal.glyph("│", "|");
        let code = cut(&code, self.terminal.width - indent - 2, self.terminal);
        let code = self.terminal.paint(Tone::Faint, &format!("{bar} {code}"));
        Some(format!("{:indent$}{code}", ""))
    }
}

/// Returns the lines of a step, one for each goroutine that moved.
pub(super) fn step_lines(terminal: &Terminal, trace: &Trace, step: &Step) -> Vec<String> {
    let columns = Columns::new(terminal, trace, []);
    let (name_max, what_max) = (columns.name, columns.what);
    let line = |(index, act): (usize, &Act)| {
        let number = if index == 0 {
            step.n.to_string()
        } else {
            String::new()
        };
        let place = place(&act.place);
        let name = cut(&act.goroutine, name_max, terminal);
        let what = cut(&act.text(), what_max, terminal);
        let text = format!("{number:>5}  {name:name_max$} {what:what_max$} {place:>6}");
        text.trim_end().to_owned()
    };
    step.by.iter().enumerate().map(line).collect()
}

/// Returns what can come of the point, in a sentence.
pub(super) fn ahead(game: &Session) -> String {
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

/// Tells of each choice what can come of it.
pub(super) fn hint(terminal: &Terminal, game: &mut Session) -> Result<String, Fault> {
    let mut lines = Vec::new();
    let choices = game.moves();
    let widest = choices.iter().map(|it| it.choice.chars().count()).max();
    let room = widest
        .unwrap_or(0)
        .clamp(8, terminal.width.saturating_sub(50).max(8));
    for Move { step, choice, .. } in choices {
        let token = cut(&choice, room, terminal);
        let (text, tone) = match game.ahead_of(step)? {
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
        let text = cut(&text, terminal.width - room - 4, terminal);
        lines.push(format!("  {token:room$}  {}", terminal.paint(tone, &text)));
    }
    Ok(match lines[..] {
        [] => "  nobody can move".to_owned(),
        _ => lines.join("\n"),
    })
}

/// Says why nobody has moved, in words of what can be typed.
pub(super) fn no_move(why: NoMove) -> String {
    let (what, enabled) = match why {
        NoMove::Unknown { choice, enabled } => (
            format!("`{choice}` is no command, goroutine or choice (see `help`)"),
            enabled,
        ),
        NoMove::Blocked { name, enabled } => {
            (format!("{} cannot move now", visible(&name)), enabled)
        }
        NoMove::Ambiguous { .. } | NoMove::Fault(_) => return why.to_string(),
    };
    match enabled[..] {
        [] => format!("{what}; nobody can move, but `undo` goes back"),
        _ => format!("{what}; what can: {}", enabled.join(", ")),
    }
}
