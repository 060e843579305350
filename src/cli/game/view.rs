//! All that is to be seen of a game, as a value.

use std::collections::BTreeMap;

use gordian_checker::execution::escape::visible;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::{Act, Ending, Operation, Standing, State, Step, Verb};
use gordian_checker::explore::outlook::Outlook;
use gordian_checker::explore::reach::Ahead;
use gordian_checker::model::Fault;
use gordian_checker::render::Sources;
use gordian_checker::session::{Move, Session};

use super::state::{Game, Page};
use crate::cli::point::{self, BOUNDED, COMPLETE, end_word, is_bad_end, score};
use crate::cli::terminal::{Terminal, Tone, count, thousands};

/// A text with its meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) tone: Tone,
}

fn said(tone: Tone, text: impl Into<String>) -> Said {
    let text = text.into();
    Said { text, tone }
}

/// A step that can be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Choice {
    pub(super) words: String,
    /// The outcome, if hints are on.
    pub(super) hint: Option<Said>,
}

/// The position of a goroutine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stand {
    pub(super) name: String,
    /// The operation, with its place.
    pub(super) operation: String,
    pub(super) state: Said,
    pub(super) holds: String,
    /// The line of the source.
    pub(super) code: String,
}

/// A row of the lanes: a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) number: usize,
    /// The parts of the goroutines, each with the index of its lane. In a rendezvous the sender
    /// comes first.
    pub(super) parts: Vec<(usize, String)>,
    pub(super) is_rendezvous: bool,
}

/// A lane: a goroutine, and the rows in which it lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lane {
    pub(super) name: Said,
    /// The index of the first row in which it is there, and that of the row in which it returns.
    pub(super) from: usize,
    pub(super) until: usize,
}

/// All that is to be seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct View {
    pub(super) terminal: Terminal,
    pub(super) title: String,
    pub(super) position: String,
    pub(super) goal: String,
    pub(super) status: Said,
    /// The steps that can be taken, and the index of the selected one.
    pub(super) choices: Vec<Choice>,
    pub(super) selected: usize,
    /// The lines on the end, if this is one.
    pub(super) ending: Vec<Said>,
    pub(super) stands: Vec<Stand>,
    pub(super) lanes: Vec<Lane>,
    pub(super) rows: Vec<Row>,
    pub(super) message: String,
    pub(super) keys: String,
    pub(super) page: Option<Page>,
}

impl View {
    pub(super) fn of(game: &mut Game) -> Result<Self, Fault> {
        let mut trace = game.session.trace()?.for_people();
        game.target.tell_apart(&mut trace);
        let choices = choices(game)?;
        let sources = game.target.sources(&trace.files());
        let session = &game.session;
        let other = game.other_variant().map(|target| target.form());
        Ok(Self {
            terminal: game.setting.terminal,
            title: format!("{} ({})", visible(game.target.name()), game.target.form()),
            position: point::position(session),
            goal: goal(session),
            status: status(session, &trace, game.hints),
            ending: ending(game, &trace),
            choices,
            selected: game.selected,
            stands: trace.last.iter().map(|it| stand(it, &sources)).collect(),
            lanes: lanes(&trace),
            rows: rows(&trace),
            message: visible(&game.message),
            keys: keys(other.as_deref()),
            page: game.page.clone(),
        })
    }
}

fn keys(other: Option<&str>) -> String {
    let other = other.map_or_else(String::new, |form| format!("f {form}  w why  "));
    format!("1-9 move  u undo  r redo  g go  h hints  s show  {other}? keys  q quit")
}

/// Returns the goal, and how few moves would do.
fn goal(session: &Session) -> String {
    let all = session.reach().is_complete();
    match session.ahead_of_start() {
        Ahead::Bad(way) => {
            let shortest = match all {
                true => format!("; the shortest way has {}", count(way.steps, "move")),
                false => String::new(),
            };
            format!("goal: a {}{shortest}", end_word(way.end))
        }
        Ahead::Nothing => "goal: a bad end, and nobody can come to one".to_owned(),
        Ahead::Unknown => "goal: a bad end, and none is known".to_owned(),
    }
}

/// Returns what can still come, without a word that a player has not asked for.
fn status(session: &Session, trace: &Trace, hints: bool) -> Said {
    let states = thousands(session.reach().states() as u64);
    let steps = match session.ahead() {
        Ahead::Bad(way) if hints => format!(", in {}", count(way.steps, "more step")),
        Ahead::Bad(_) | Ahead::Nothing | Ahead::Unknown => String::new(),
    };
    let end = match session.ahead() {
        Ahead::Bad(way) => end_word(way.end),
        Ahead::Nothing | Ahead::Unknown => "bad end",
    };
    if is_bad_end(session) {
        let word = match trace.end {
            Ending::Open => end,
            other => other.name(),
        };
        return said(Tone::Bad, format!("this is a {word}"));
    }
    match session.outlook() {
        Outlook::Doomed if session.at() == 0 => said(
            Tone::Bad,
            format!("a {end} is certain from the start: no schedule avoids it{steps}"),
        ),
        Outlook::Doomed => said(
            Tone::Bad,
            format!("a {end} is certain: every way from here ends badly{steps}"),
        ),
        Outlook::Avoidable | Outlook::Possible => said(
            Tone::Doubtful,
            format!("a {end} can still be reached{steps}"),
        ),
        Outlook::Safe if session.ahead_of_start() == Ahead::Nothing => said(
            Tone::Good,
            format!("no bad end can be reached: these are all {states} states, and none is one"),
        ),
        Outlook::Safe => said(Tone::Good, "no bad end can be reached any more"),
        Outlook::Unknown => said(
            Tone::Faint,
            format!("no bad end is known from here; {states} states were looked at (--reach-max)"),
        ),
    }
}

fn choices(game: &mut Game) -> Result<Vec<Choice>, Fault> {
    let mut choices = Vec::new();
    for Move { step, words, .. } in game.session.moves() {
        let hint = match game.hints {
            true => Some(hint(game.session.ahead_of(step)?)),
            false => None,
        };
        let words = visible(&words);
        choices.push(Choice { words, hint });
    }
    Ok(choices)
}

fn hint(ahead: Ahead) -> Said {
    match ahead {
        Ahead::Bad(way) if way.steps == 0 => said(Tone::Bad, format!("the {}", end_word(way.end))),
        Ahead::Bad(way) => {
            let more = count(way.steps, "more step");
            said(Tone::Doubtful, format!("{more} to a {}", end_word(way.end)))
        }
        Ahead::Nothing => said(Tone::Good, "no bad end any more"),
        Ahead::Unknown => said(Tone::Faint, "not known"),
    }
}

/// Returns what is to be said of the end: the score, the reasons, and the facts of the kernel.
fn ending(game: &Game, trace: &Trace) -> Vec<Said> {
    let session = &game.session;
    if !is_bad_end(session) {
        return match trace.end {
            Ending::Complete if session.ahead_of_start() == Ahead::Nothing => {
                let mut lines = vec![said(Tone::Good, COMPLETE)];
                let why = "as after every schedule of this variant: w says why";
                lines.push(said(Tone::Plain, why));
                lines
            }
            Ending::Complete => vec![
                said(Tone::Good, COMPLETE),
                said(Tone::Plain, "the bug has got away; u takes a step back"),
            ],
            Ending::Bounded => vec![said(Tone::Doubtful, BOUNDED)],
            _ => Vec::new(),
        };
    }
    let helped = if game.helped { ", with help" } else { "" };
    let mut lines = vec![said(Tone::Bad, format!("{}{helped}", score(session)))];
    let fewest = match session.ahead_of_start() {
        Ahead::Bad(way) => session.reach().is_complete() && way.steps == session.at(),
        Ahead::Nothing | Ahead::Unknown => false,
    };
    if fewest {
        lines.push(said(Tone::Good, "nobody can do it in fewer"));
    }
    for reason in &trace.waits.reasons {
        let text = point::reason(trace, reason);
        lines.push(said(Tone::Plain, format!("{}: {text}", reason.kind.name())));
    }
    if let Some(facts) = game.target.facts() {
        for (name, text) in facts.rows().into_iter().take(2) {
            lines.push(said(Tone::Plain, format!("{name}: {}", visible(text))));
        }
    }
    lines
}

fn stand(standing: &Standing, sources: &Sources) -> Stand {
    let (state, tone) = point::state(standing);
    let text = standing.op.as_ref().map(Operation::text);
    let place = point::place(&standing.place);
    Stand {
        name: standing.goroutine.clone(),
        operation: [text.unwrap_or_default(), place]
            .join(" ")
            .trim()
            .to_owned(),
        state: said(tone, state),
        holds: point::holds(standing),
        code: point::source_line(&standing.place, sources).unwrap_or_default(),
    }
}

/// Returns the lanes: one for each goroutine, and one for each timer that has fired.
fn lanes(trace: &Trace) -> Vec<Lane> {
    let rows = trace.steps.len();
    let starts = |step: &Step, name: &str| {
        let mut acts = step.by.iter();
        acts.any(|act| act.op == Verb::Go && act.object.as_deref() == Some(name))
    };
    let moves = |step: &Step, name: &str| step.by.iter().any(|act| act.goroutine == name);
    let lane = |name: &str| {
        let mut steps = trace.steps.iter();
        let from = steps
            .position(|step| starts(step, name))
            .map_or(0, |it| it + 1);
        let standing = trace.standing(name);
        let last = trace.steps.iter().rposition(|step| moves(step, name));
        let (until, tone) = match standing.map(|standing| standing.state) {
            Some(State::Returned) => (last.map_or(from, |it| it + 1), Tone::Faint),
            Some(State::Stuck | State::Waiting | State::Panicked) => (rows, Tone::Bad),
            Some(State::Ready) => (rows, Tone::Name),
            None => (last.map_or(0, |it| it + 1), Tone::Faint),
        };
        let name = said(tone, name);
        Lane { name, from, until }
    };
    trace.goroutines.iter().map(|it| lane(&it.name)).collect()
}

fn rows(trace: &Trace) -> Vec<Row> {
    let names = trace.goroutines.iter().enumerate();
    let lanes: BTreeMap<&str, usize> = names.map(|(lane, it)| (it.name.as_str(), lane)).collect();
    let row = |step: &Step| {
        let part = |act: &Act| {
            let lane = lanes.get(act.goroutine.as_str()).copied().unwrap_or(0);
            (lane, act.text())
        };
        Row {
            number: step.n,
            parts: step.by.iter().map(part).collect(),
            is_rendezvous: step.op == "rendezvous",
        }
    };
    trace.steps.iter().map(row).collect()
}
