//! What is shown at each point.

use std::io::{self, Write};

use gordian_checker::explore::reach::Ahead;
use gordian_checker::model::{End, Fault};
use gordian_checker::report::Trace;
use gordian_checker::report::trace::{Ending, Standing, State, Step};

use super::game::Game;
use crate::cli::look::{Look, Tone, count, thousands};

/// Draws the point that is looked at.
pub(super) fn draw(out: &mut dyn Write, look: &Look, trace: &Trace, game: &Game) -> io::Result<()> {
    let of = match game.len() {
        len if len == game.at() => String::new(),
        len => format!(" of {len}"),
    };
    let title = format!("after step {}{of}", game.at());
    writeln!(out, "\n{}", look.paint(Tone::Name, &title))?;
    for standing in &trace.last {
        writeln!(
            out,
            "{}",
            row(look, standing, game.number(&standing.goroutine))
        )?;
    }
    for (index, (step, token)) in game.choices().iter().enumerate() {
        let lead = if index == 0 { "choices" } else { "" };
        let rendezvous = if step.partner.is_some() {
            "  (they meet)"
        } else {
            ""
        };
        writeln!(out, "  {lead:9} {token}{rendezvous}")?;
    }
    let (text, tone) = match trace.end {
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
    writeln!(out, "  {}", look.paint(tone, &text))
}

fn row(look: &Look, standing: &Standing, number: usize) -> String {
    let place = match standing.place.line {
        0 => String::new(),
        line => format!(":{line}"),
    };
    let what = standing.op.as_ref().map(|op| op.text()).unwrap_or_default();
    let (state, tone) = match standing.state {
        State::Ready => ("can move".to_owned(), Tone::Good),
        State::Stuck | State::Waiting => (standing.reason.clone(), Tone::Bad),
        State::Returned => ("returned".to_owned(), Tone::Faint),
        State::Panicked => (format!("panicked: {}", standing.reason), Tone::Bad),
    };
    let state = look.paint(tone, &state);
    let mut line = format!(
        "  {number:>3}  {:10} {what:28} {place:>5}  {state}",
        standing.goroutine
    );
    if !standing.holds.is_empty() {
        let holds: Vec<&str> = standing
            .holds
            .iter()
            .map(|held| held.lock.as_str())
            .collect();
        let holds = format!("HOLDS {}", holds.join(", "));
        line += &format!("  {}", look.paint(Tone::Doubtful, &holds));
    }
    line
}

/// A step that was taken, a line for each goroutine that moved.
pub(super) fn step_lines(step: &Step) -> Vec<String> {
    let line = |(index, act): (usize, &gordian_checker::report::trace::Act)| {
        let number = if index == 0 {
            step.n.to_string()
        } else {
            String::new()
        };
        let place = format!(":{}", act.place.line);
        let text = format!(
            "{number:>5}  {:10} {:28} {place:>5}",
            act.goroutine,
            act.text()
        );
        text.trim_end_matches(":0").trim_end().to_owned()
    };
    step.by.iter().enumerate().map(line).collect()
}

/// What can come of the point, in a sentence.
pub(super) fn ahead(game: &Game) -> String {
    let states = thousands(game.reach().states() as u64);
    match game.ahead() {
        Ahead::Bad(way) => format!(
            "a bad end ({}) can still be reached from here, in {}",
            end_word(way.end),
            count(way.steps, "more step")
        ),
        Ahead::Nothing => "no bad end can be reached from here".to_owned(),
        Ahead::Unknown => {
            format!(
                "no bad end is known from here, but only {states} states were looked at (--reach-max)"
            )
        }
    }
}

/// Of each choice, what can come of it.
pub(super) fn hint(look: &Look, game: &mut Game) -> Result<String, Fault> {
    let mut lines = Vec::new();
    for (step, token) in game.choices() {
        let after = game.after(step)?;
        let (text, tone) = match game.reach().ahead(&after) {
            Ahead::Bad(way) if way.steps == 0 => {
                (format!("the {} is here", end_word(way.end)), Tone::Bad)
            }
            Ahead::Bad(way) => {
                let more = count(way.steps, "more step");
                let text = format!("a {} can still be reached, in {more}", end_word(way.end));
                (text, Tone::Doubtful)
            }
            Ahead::Nothing => ("no bad end can be reached any more".to_owned(), Tone::Good),
            Ahead::Unknown => ("not known".to_owned(), Tone::Faint),
        };
        lines.push(format!("  {token:20} {}", look.paint(tone, &text)));
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
