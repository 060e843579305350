//! Sentences about a trace that are the same in every form.

use std::collections::BTreeMap;

use super::layout::width;
use crate::execution::words::is_nil_case;
use crate::explain::trace::{Chance, Ending, Place, Standing, State, Trace};
use crate::explain::wait_for_graph::{Edge, LookedAt, Reason, ReasonKind, Way, WayOut};

/// Returns a count of goroutines: `1 of 1 goroutine is`, `2 of 3 goroutines are`.
fn of_goroutines(count: usize, all: usize) -> String {
    let (noun, verb) = match (all, count) {
        (1, _) => ("goroutine", "is"),
        (_, 1) => ("goroutines", "is"),
        _ => ("goroutines", "are"),
    };
    format!("{count} of {all} {noun} {verb}")
}

/// Returns the summary line: kind, kernel, variant, number of stuck goroutines.
#[must_use]
pub fn headline(trace: &Trace) -> String {
    let level = match trace.end {
        Ending::Deadlock | Ending::Leak => "error",
        Ending::Panic | Ending::Fail | Ending::Exit | Ending::Misuse | Ending::LateLog => "error",
        Ending::Race => "error",
        Ending::Complete => "ok",
        Ending::Bounded | Ending::Open => "note",
    };
    format!("{level}[{}]: {}", trace.end, summary(trace))
}

/// Returns the headline without its first word.
#[must_use]
pub fn summary(trace: &Trace) -> String {
    let name = match (&trace.kernel, &trace.variant) {
        (Some(kernel), Some(variant)) => format!("{kernel} ({variant}): "),
        (Some(kernel), None) => format!("{kernel}: "),
        _ => String::new(),
    };
    let all = trace.goroutine_count();
    let stuck = trace.stuck().count();
    let text = match trace.end {
        Ending::Deadlock | Ending::Leak => {
            let main = match trace.standing("main").map(|standing| standing.state) {
                Some(State::Returned) => "; main returned",
                _ if trace.cycle > 0 => " while others run on for ever",
                _ => "",
            };
            format!("{} blocked for ever{main}", of_goroutines(stuck, all))
        }
        Ending::Panic | Ending::Fail | Ending::Exit | Ending::Misuse | Ending::LateLog => {
            let mut panicked = trace.last.iter().filter(|s| s.state == State::Panicked);
            match panicked.next() {
                Some(one) if matches!(trace.end, Ending::Fail | Ending::Exit) => {
                    format!("{}: {}", one.goroutine, one.reason)
                }
                Some(one) => format!("{} panics: {}", one.goroutine, one.reason),
                // A wait group that is used again too early panics under Go only by chance.
                None if trace.end == Ending::Misuse => "an object is misused".to_owned(),
                None => "a goroutine panics".to_owned(),
            }
        }
        Ending::Race => {
            let both = trace.last.iter();
            let both = both.filter_map(|it| Some(format!("{} {}", it.goroutine, it.races()?)));
            both.collect::<Vec<_>>().join(", ")
        }
        Ending::Complete if all == 1 => "the goroutine returned".to_owned(),
        Ending::Complete => format!("all {all} goroutines returned"),
        Ending::Bounded => "a goroutine waits for a tick beyond the kernel's limit".to_owned(),
        Ending::Open => format!(
            "not over after {}: {} can move",
            steps(trace.steps.len()),
            trace.enabled.join(", ")
        ),
    };
    format!("{name}{text}")
}

/// Fewest goroutines that are listed as one, if they have one name but for its number, and are
/// stuck at the same.
const ALIKE_MIN: usize = 4;

/// Lists who is stuck at what, with its line, or who panics. It distinguishes a bad end from
/// others. The first of many that are alike stands for all.
#[must_use]
pub fn ends_in(trace: &Trace) -> String {
    let files = trace.files();
    let end = |it| Some((it, end_of(it, trace.end, &files)?));
    let ends: Vec<(&Standing, String)> = trace.last.iter().filter_map(end).collect();
    let alike = |(standing, end): &(&Standing, String)| {
        let name = standing.goroutine.split('#').next();
        (name.unwrap_or_default().to_owned(), end.clone())
    };
    let mut counts = BTreeMap::new();
    for end in &ends {
        *counts.entry(alike(end)).or_insert(0) += 1;
    }
    let texts = ends.iter().filter_map(|end| {
        let count = counts.get_mut(&alike(end))?;
        let (who, text) = (&end.0.goroutine, &end.1);
        match *count {
            0 => None,
            1..ALIKE_MIN => Some(format!("{who}{text}")),
            _ => {
                let others = std::mem::take(count) - 1;
                Some(format!("{who} and {others} like it{text}"))
            }
        }
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// Returns what is bad about where a goroutine stands, after its name.
fn end_of(standing: &Standing, end: Ending, files: &[&str]) -> Option<String> {
    match (standing.state, &standing.op) {
        (State::Stuck, Some(op)) => {
            let place = bracketed(&line_of(&standing.place, files));
            Some(format!(" at {} {place}", op.text()))
        }
        (State::Panicked, _) if matches!(end, Ending::Fail | Ending::Exit) => {
            Some(format!(": {}", standing.reason))
        }
        (State::Panicked, _) => Some(format!(" panics: {}", standing.reason)),
        (State::Ready, _) => standing.races().map(|race| format!(" {race}")),
        (State::Stuck, None) | (State::Returned | State::Waiting, _) => None,
    }
}

/// Returns a number of steps: `1 step`, `4 steps`.
pub(in crate::render) fn steps(count: usize) -> String {
    match count {
        1 => "1 step".to_owned(),
        _ => format!("{count} steps"),
    }
}

/// Returns the facts of the search, in short.
pub(in crate::render) fn facts(trace: &Trace) -> String {
    let mut parts = vec![steps(trace.steps.len())];
    if trace.cycle > 0 {
        parts.push(format!("of which the last {} repeat", trace.cycle));
    }
    if let Some(search) = &trace.search {
        match search.states {
            Some(states) if search.reduced => parts.push(format!("{states} states stored")),
            Some(states) => parts.push(format!("{states} states")),
            None => parts.push(format!(
                "{} of {} execution{} bad",
                search.bad,
                search.executions,
                if search.executions == 1 { "" } else { "s" }
            )),
        }
        if !search.complete {
            parts.push("search not complete".to_owned());
        }
        if search.distinct > 1 {
            parts.push(format!("{} distinct bad ends", search.distinct));
        }
    }
    if let Some(version) = &trace.timers {
        parts.push(format!("timers as in Go {version}"));
    }
    parts.join(", ")
}

/// Returns the frequency of bad ends: `every execution ends badly (..)`.
pub(in crate::render) fn how_often(trace: &Trace, chance: &Chance) -> String {
    let ground = match (chance.states, chance.runs) {
        (Some(1), _) => "from its one state".to_owned(),
        (Some(states), _) => format!("from all {states} states"),
        (None, Some(runs)) => format!("by {runs} that were drawn, in 95 of 100 cases"),
        (None, None) => String::new(),
    };
    if chance.always {
        return format!("every execution ends badly ({ground})");
    }
    let share = match chance.states {
        Some(_) => share(chance.low),
        None => {
            let (low, high) = (percent(chance.low), percent(chance.high));
            format!("{low} % to {high} % of executions end")
        }
    };
    // A run in which a goroutine starves has no end.
    let endless = match trace.cycle {
        0 => "",
        _ => ", runs without an end not counted",
    };
    format!("{share} badly if each step is drawn evenly ({ground}{endless})")
}

/// Returns a computed share of executions that is neither none nor all, with the verb: `25 % of
/// executions end`.
fn share(millionths: u32) -> String {
    match millionths {
        0 => "fewer than 1 in 1000000 executions end".to_owned(),
        1..=9_999 => format!("{} executions ends", one_in(millionths)),
        990_001.. => match 1_000_000 - millionths {
            0 => "all but fewer than 1 in 1000000 executions end".to_owned(),
            rest => format!("all but {} executions end", one_in(rest)),
        },
        _ => format!("{} % of executions end", percent(millionths)),
    }
}

/// Returns `about 1 in 25000`, with two significant digits.
fn one_in(millionths: u32) -> String {
    let one_in = 1_000_000 / millionths;
    let step = 10_u32.pow(one_in.ilog10() - 1);
    format!("about 1 in {}", one_in / step * step)
}

/// Returns a share in per cent. Below 10 and above 90 per cent it is truncated to one digit after
/// the point; between them it is rounded to a whole number.
fn percent(millionths: u32) -> String {
    match millionths {
        1..=99_999 | 900_001..=999_999 => {
            format!("{}.{}", millionths / 10_000, millionths % 10_000 / 1_000)
        }
        _ => format!("{:.0}", f64::from(millionths) / 1e4),
    }
}

/// Returns a line number. The file's name precedes it if that is not the trace's first file. The
/// line of a lock whose guard is dropped is in parentheses.
pub(in crate::render) fn line_of(place: &Place, files: &[&str]) -> String {
    if place.line == 0 {
        return String::new();
    }
    let file = match files.first() {
        Some(first) if *first != place.file => base_name(&place.file),
        _ => "",
    };
    if place.column == 0 {
        format!("({file}:{})", place.line)
    } else {
        format!("{file}:{}", place.line)
    }
}

/// Returns the last part of a path.
pub(in crate::render) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Returns true if a step is the drop of a guard, so that its line is that of the lock.
pub(in crate::render) fn has_drops(trace: &Trace) -> bool {
    let acts = trace.steps.iter().flat_map(|step| &step.by);
    let mut places = acts
        .map(|act| &act.place)
        .chain(trace.last.iter().map(|standing| &standing.place))
        .chain(
            trace
                .waits
                .edges
                .iter()
                .flat_map(|edge| edge.ways.iter().filter_map(|way| way.place.as_ref())),
        );
    places.any(|place| place.line > 0 && place.column == 0)
}

/// Returns true if a goroutine stands at a select with a case on a nil channel, and that is shown.
pub(in crate::render) fn has_nil_cases(trace: &Trace) -> bool {
    let ops = trace.last.iter().filter_map(|it| it.op.as_ref());
    ops.flat_map(|op| &op.cases).any(|case| is_nil_case(case))
}

/// The meaning of a channel that is nil.
pub(in crate::render) const NIL_LEGEND: &str =
    "nil: this channel variable is nil there, so that its case is never ready";

/// The meaning of the parentheses around a line.
pub(in crate::render) const DROP_LEGEND: &str =
    "(:n) the guard of the lock taken at line n is dropped";

/// Returns the meaning of the star after a line.
pub(in crate::render) fn seen_legend(looked: LookedAt) -> String {
    let which = if looked.all {
        format!("all {} states", looked.states)
    } else {
        format!("{} states", looked.states)
    };
    format!("* seen in other executions ({which} looked at)")
}

/// The meaning of two stars after a line.
pub(in crate::render) const IMAGINED_LEGEND: &str =
    "** what the code would do there; in no execution that was looked at does it come so far";

/// Returns two flags about the uncertain ways out: some were observed, some are imagined.
pub(in crate::render) fn kinds_of_ways(trace: &Trace) -> (bool, bool) {
    let edges = trace.waits.edges.iter().filter(|edge| !edge.certain);
    let ways: Vec<&WayOut> = edges.flat_map(|edge| &edge.ways).collect();
    (
        ways.iter().any(|way| !way.imagined),
        ways.iter().any(|way| way.imagined),
    )
}

/// Returns the releasing actions: `close w.result (:23)*`.
pub(in crate::render) fn ways_text(edge: &Edge, files: &[&str]) -> String {
    let mut verbs: Vec<(String, bool, Vec<String>)> = Vec::new();
    for way in &edge.ways {
        let verb = match &way.by {
            Some(by) => format!("start {by} to {}", way.verb),
            None => way.verb.to_string(),
        };
        let place = way.place.as_ref().map(|place| line_of(place, files));
        // Seen and imagined actions have different stars, so they are not merged.
        let same =
            |(known, imagined, _): &(String, bool, _)| *known == verb && *imagined == way.imagined;
        let index = match verbs.iter().position(same) {
            Some(index) => index,
            None => {
                verbs.push((verb, way.imagined, Vec::new()));
                verbs.len() - 1
            }
        };
        let places = &mut verbs[index].2;
        places.extend(place.filter(|text| !text.is_empty() && !places.contains(text)));
    }
    let mut parts = Vec::new();
    for (index, (verb, imagined, places)) in verbs.iter().enumerate() {
        let star = match (edge.certain, imagined) {
            (true, _) => "",
            (false, false) => "*",
            (false, true) => "**",
        };
        let object = if index == 0 {
            edge.object.as_str()
        } else {
            "it"
        };
        let places = match places.len() {
            0 => String::new(),
            1..=3 => format!(" {}", bracketed(&places.join(", "))),
            _ => format!(" {}", bracketed(&format!("{}, ..", places[..2].join(", ")))),
        };
        parts.push(format!("{verb} {object}{places}{star}"));
    }
    parts.join(" or ")
}

fn bracketed(text: &str) -> String {
    if text.starts_with('(') && text.ends_with(')') {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

/// Returns an edge as text, with the names padded to these widths: `loop waits for watcher to close
/// w.result (:23)*`.
pub(in crate::render) fn edge_text(edge: &Edge, files: &[&str], from: usize, to: usize) -> String {
    let fill =
        |name: &str, to: usize| format!("{name}{}", " ".repeat(to.saturating_sub(width(name))));
    if let Some(missing) = &edge.missing {
        return format!(
            "{}: {}; {} could only wake it into a panic: {}",
            edge.from,
            missing.sentence(),
            waited_for(edge),
            ways_text(edge, files)
        );
    }
    let why = if edge.behind_writer {
        ", an announced writer,"
    } else {
        ""
    };
    format!(
        "{} waits for {}{why} to {}",
        fill(&edge.from, from),
        fill(waited_for(edge), if why.is_empty() { to } else { 0 }),
        ways_text(edge, files)
    )
}

/// Returns the goroutine that it waits for.
pub(in crate::render) fn waited_for(edge: &Edge) -> &str {
    if edge.to == edge.from {
        "itself"
    } else {
        &edge.to
    }
}

/// Returns a cycle as text: `loop -> watcher (w.result) -> loop (m.lock)`.
#[must_use]
pub fn chain(trace: &Trace, reason: &Reason) -> String {
    let mut text = reason.members.first().cloned().unwrap_or_default();
    for index in 0..reason.cycle {
        if let Some(edge) = trace.waits.onward(reason, index) {
            text.push_str(&format!(" -> {} ({})", edge.to, edge.object));
        }
    }
    text
}

/// Returns the conclusion about a cycle.
pub(in crate::render) fn closing(looked_at: LookedAt, reason: &Reason) -> &'static str {
    let knows_all = looked_at.all && looked_at.imagined_all;
    match (reason.kind, reason.members.len(), reason.simple) {
        (ReasonKind::SelfLock, ..) => "it can never go on to do so",
        (ReasonKind::SelfWait, ..) if knows_all => {
            "nobody else does so, and it can never go on to do so itself"
        }
        (ReasonKind::SelfWait, ..) => {
            "nobody else was seen to do so, and it can never go on to do so itself"
        }
        (ReasonKind::StarvedByWriter, ..) => {
            "a reader that comes after the announced writer has to wait for it"
        }
        (_, 2, true) => "neither can move first",
        (_, _, true) => "none can move first",
        _ => "every way out of each leads back to one of them: none can move first",
    }
}

/// Returns a way out as a noun for a label: `the close`.
pub(in crate::render) fn way_noun(way: &WayOut) -> &'static str {
    match way.verb {
        Way::Recv => "the receive",
        Way::Send => "the send",
        Way::Close => "the close",
        Way::Unlock => "the unlock",
        Way::Release => "the release",
        Way::Signal => "the signal",
        Way::Broadcast => "the broadcast",
        Way::Done => "the done",
        Way::OnceEnd => "the finish",
        Way::Cancel => "the cancel",
        Way::Fire => "the fire",
        Way::TakeAndUnlock | Way::TakeTurn => "the take",
    }
}

/// Returns the text under a goroutine in the last row: the reason why it does not move.
pub(in crate::render) fn standing_text(standing: &Standing) -> String {
    match standing.state {
        State::Returned => "returned".to_owned(),
        State::Panicked => format!("panic: {}", standing.reason),
        State::Stuck | State::Ready | State::Waiting => standing.reason.clone(),
    }
}
