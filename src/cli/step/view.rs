//! What is shown at each point.

use std::io::{self, Write};

use gordian_checker::explore::reach::Ahead;
use gordian_checker::model::{End, Fault};

use super::game::Game;
use crate::cli::look::{Look, Tone, count, thousands};
use crate::cli::plain::{self, Standing, State};

/// Draws the point that is looked at.
pub(super) fn draw(out: &mut dyn Write, look: &Look, game: &Game) -> io::Result<()> {
    let of = match game.len() {
        len if len == game.at() => String::new(),
        len => format!(" of {len}"),
    };
    let title = format!("after step {}{of}", game.at());
    writeln!(out, "\n{}", look.paint(Tone::Name, &title))?;
    for standing in plain::standings(game.program(), game.world()) {
        writeln!(out, "{}", row(look, &standing))?;
    }
    let choices = game.choices();
    for (index, (step, token)) in choices.iter().enumerate() {
        let lead = if index == 0 { "choices" } else { "" };
        let rendezvous = if step.partner.is_some() {
            "  (they meet)"
        } else {
            ""
        };
        writeln!(out, "  {lead:9} {token}{rendezvous}")?;
    }
    let end = plain::end(game.program(), game.world());
    let (text, tone) = match end {
        Some(End::Complete) => (
            "the end: all goroutines have returned".to_owned(),
            Tone::Good,
        ),
        Some(End::Cut) => (
            "the end: a goroutine waits for a tick beyond the kernel's limit".to_owned(),
            Tone::Doubtful,
        ),
        Some(end) => (format!("the end: {}", plain::end_word(end)), Tone::Bad),
        None => (ahead(game), Tone::Faint),
    };
    writeln!(out, "  {}", look.paint(tone, &text))
}

fn row(look: &Look, standing: &Standing) -> String {
    let number = standing.id.index() + 1;
    let place = match standing.site.line {
        0 => String::new(),
        line => format!(":{line}"),
    };
    let (state, tone) = match &standing.state {
        State::Ready => ("can move".to_owned(), Tone::Good),
        State::Waits(reason) => (reason.clone(), Tone::Bad),
        State::Returned => ("returned".to_owned(), Tone::Faint),
        State::Panicked(message) => (format!("panicked: {message}"), Tone::Bad),
    };
    let mut line = format!(
        "  {number:>3}  {:10} {:28} {place:>5}  {}",
        standing.name,
        standing.what,
        look.paint(tone, &state)
    );
    if !standing.holds.is_empty() {
        let holds = format!("HOLDS {}", standing.holds.join(", "));
        line += &format!("  {}", look.paint(Tone::Doubtful, &holds));
    }
    line
}

/// What can come of the point, in a sentence.
pub(super) fn ahead(game: &Game) -> String {
    let states = thousands(game.reach().states() as u64);
    match game.ahead() {
        Ahead::Bad(way) => format!(
            "a bad end ({}) can still be reached from here, in {}",
            plain::end_word(way.end),
            count(way.steps, "more step")
        ),
        Ahead::Nothing => "no bad end can be reached from here".to_owned(),
        Ahead::Unknown => format!(
            "no bad end is known from here, but only {states} states were looked at (--reach-max)"
        ),
    }
}

/// Of each choice, what can come of it.
pub(super) fn hint(look: &Look, game: &mut Game) -> Result<String, Fault> {
    let mut lines = Vec::new();
    for (step, token) in game.choices() {
        let after = game.after(step)?;
        let (text, tone) = match game.reach().ahead(&after) {
            Ahead::Bad(way) if way.steps == 0 => (
                format!("the {} is here", plain::end_word(way.end)),
                Tone::Bad,
            ),
            Ahead::Bad(way) => {
                let more = count(way.steps, "more step");
                (
                    format!(
                        "a {} can still be reached, in {more}",
                        plain::end_word(way.end)
                    ),
                    Tone::Doubtful,
                )
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
