//! What the text renderings share: the [`Look`], lines of coloured pieces, fitting into a width, and the sentences that are the same everywhere.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::execution::escape::visible;
use crate::explain::trace::Ending;
use crate::explain::trace::Place;
use crate::explain::trace::Standing;
use crate::explain::trace::State;
use crate::explain::trace::Trace;
use crate::explain::wait_for_graph::Edge;
use crate::explain::wait_for_graph::Reason;
use crate::explain::wait_for_graph::ReasonKind;
use crate::explain::wait_for_graph::WayOut;

/// How a text is to look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// The width in columns; no line is wider. Below [`Look::WIDTH_MIN`] it counts as that.
    pub width: usize,
    /// Whether to use ASCII only.
    pub ascii: bool,
    /// Whether to colour it, with ANSI escapes. All can be read without.
    pub colour: bool,
    /// Whether to show every step; else runs of steps with which nobody could interfere are folded.
    pub all: bool,
    /// The name of the program, in the commands that are to be typed next.
    pub program: String,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            width: 100,
            ascii: false,
            colour: false,
            all: false,
            program: "gordian".to_owned(),
        }
    }
}

impl Look {
    /// The least width that is laid out for.
    pub const WIDTH_MIN: usize = 40;

    /// The width below which a trace is drawn as a list rather than as a table.
    pub const TABLE_MIN: usize = 80;

    /// The width that is laid out for.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(Self::WIDTH_MIN)
    }

    /// The glyph, or what stands for it in ASCII.
    pub(super) fn glyph(&self, glyph: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { glyph }
    }

    /// The mark of someone who is stuck.
    pub(super) fn cross(&self) -> &'static str {
        self.glyph("✗", "x")
    }
}

/// What a piece of text is, which says its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Plain,
    /// Somebody is stuck, or has panicked.
    Stuck,
    /// A lock is held.
    Held,
    /// The name of an object, or a heading.
    Strong,
    /// Less important.
    Dim,
}

impl Role {
    fn style(self) -> Style {
        let style = Style::new();
        match self {
            Self::Plain => style,
            Self::Stuck => style.fg_color(Some(AnsiColor::Red.into())),
            Self::Held => style.fg_color(Some(AnsiColor::Yellow.into())),
            Self::Strong => style.bold(),
            Self::Dim => style.dimmed(),
        }
    }
}

/// A line, or a part of one, in pieces of one colour each.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pieces: Vec<(Role, String)>,
    /// It is to be pasted: it is never cut.
    uncut: bool,
}

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn of(role: Role, text: impl Into<String>) -> Self {
        let mut line = Self::new();
        line.push(role, text);
        line
    }

    /// A line of a command.
    pub(super) fn uncut(text: String) -> Self {
        let mut line = Self::of(Role::Plain, text);
        line.uncut = true;
        line
    }

    pub(super) fn push(&mut self, role: Role, text: impl Into<String>) {
        self.pieces.push((role, text.into()));
    }

    pub(super) fn plain(&mut self, text: impl Into<String>) {
        self.push(Role::Plain, text);
    }

    pub(super) fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
        self.uncut |= other.uncut;
    }

    pub(super) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }

    /// Adds blanks up to this width.
    pub(super) fn pad(&mut self, to: usize) {
        let width = self.width();
        if width < to {
            self.plain(" ".repeat(to - width));
        }
    }

    /// Cuts it to this width, unless it is to be pasted.
    pub(super) fn cut(&mut self, to: usize, look: &Look) {
        if self.uncut || self.width() <= to {
            return;
        }
        let mut left = to;
        let mut pieces = Vec::new();
        for (role, text) in std::mem::take(&mut self.pieces) {
            if width(&text) < left {
                left -= width(&text);
                pieces.push((role, text));
            } else {
                // What follows is more than nothing, or this piece alone is too wide: either way something is lost here.
                pieces.push((
                    role,
                    fit(&format!("{text}{}", " ".repeat(left)), left, look),
                ));
                break;
            }
        }
        self.pieces = pieces;
    }

    /// The line as text, without blanks at its end.
    pub(super) fn render(&self, look: &Look) -> String {
        if !look.colour {
            let text: String = self.pieces.iter().map(|(_, text)| text.as_str()).collect();
            return text.trim_end().to_owned();
        }
        let mut out = String::new();
        for (role, text) in &self.pieces {
            let style = role.style();
            if *role == Role::Plain || text.trim().is_empty() {
                out.push_str(text);
            } else {
                out.push_str(&format!("{style}{text}{style:#}"));
            }
        }
        out.trim_end().to_owned()
    }
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text, if it takes at most `max` columns; else its two ends, with a mark between them. Control characters become blanks.
pub(super) fn fit(text: &str, max: usize, look: &Look) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if width(&text) <= max {
        return text;
    }
    let (head, tail) = ends(&text, max);
    format!("{head}{}{tail}", look.glyph("…", "~"))
}

/// The two ends of a text that, with a mark between them, take `max` columns.
fn ends(text: &str, max: usize) -> (String, String) {
    let tail_max = max.saturating_sub(1) / 3;
    let tail: String = take_width(text.trim_end().chars().rev(), tail_max)
        .chars()
        .rev()
        .collect();
    let head = take_width(text.chars(), max.saturating_sub(1 + width(&tail)));
    (head, tail)
}

/// As [`fit`], of a text with ANSI escapes, which take no width: they are all kept, so that the colours begin and end where they did.
pub(super) fn fit_coloured(text: &str, max: usize, look: &Look) -> String {
    let pieces = escapes_apart(text);
    let shown: String = pieces.iter().map(|(_, shown)| *shown).collect();
    let shown = shown.trim_end();
    if width(shown) <= max {
        return text.to_owned();
    }
    let (head, tail) = ends(shown, max);
    let tail_from = shown.len() - tail.len();
    let (mut out, mut at) = (String::new(), 0);
    for (escape, piece) in pieces {
        out.push_str(escape);
        for c in piece.chars() {
            if at == head.len() {
                out.push_str(look.glyph("…", "~"));
            }
            if at < head.len() || (tail_from..shown.len()).contains(&at) {
                out.push(c);
            }
            at += c.len_utf8();
        }
    }
    out
}

/// As [`visible`], of a text with escapes that set colours: those are kept.
pub(super) fn visible_coloured(text: &str) -> String {
    let pieces = escapes_apart(text).into_iter();
    pieces
        .map(|(escape, shown)| format!("{escape}{}", visible(shown)))
        .collect()
}

/// The text without the escapes that set colours.
pub(super) fn without_colour(text: &str) -> String {
    let pieces = escapes_apart(text).into_iter();
    pieces.map(|(_, shown)| shown).collect()
}

/// Each escape that sets a colour (the first piece has none), with the text after it.
fn escapes_apart(text: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let escape = match rest
            .strip_prefix("\u{1b}[")
            .and_then(|after| after.find('m'))
        {
            Some(end) => end + 3,
            None => 0,
        };
        let shown = &rest[escape..];
        let next = match shown.find("\u{1b}[") {
            Some(0) if escape == 0 => shown.len(),
            Some(next) => next,
            None => shown.len(),
        };
        pieces.push((&rest[..escape], &shown[..next]));
        rest = &shown[next..];
    }
    pieces
}

fn take_width(chars: impl Iterator<Item = char>, max: usize) -> String {
    let mut taken = String::new();
    for c in chars {
        taken.push(c);
        if width(&taken) > max {
            taken.pop();
            break;
        }
    }
    taken
}

/// Breaks a text at its blanks into lines of at most `max` columns; a word that is wider is cut.
#[must_use]
pub fn wrap(text: &str, max: usize, look: &Look) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = fit(word, max, look);
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= max => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Lines under a heading: the first after the heading, the others below the first.
pub(super) fn under(heading: &str, indent: usize, lines: Vec<Line>) -> Vec<Line> {
    let mut all = Vec::new();
    for (index, line) in lines.into_iter().enumerate() {
        let mut whole = Line::of(Role::Plain, "  ");
        if index == 0 {
            whole.push(Role::Strong, heading);
        }
        whole.pad(indent);
        whole.append(line);
        all.push(whole);
    }
    all
}

/// `1 goroutine is`, `2 goroutines are`.
fn of_goroutines(count: usize, all: usize) -> String {
    let (noun, verb) = match (all, count) {
        (1, _) => ("goroutine", "is"),
        (_, 1) => ("goroutines", "is"),
        _ => ("goroutines", "are"),
    };
    format!("{count} of {all} {noun} {verb}")
}

/// The line that says it all: kind, kernel, variant, how many.
#[must_use]
pub fn headline(trace: &Trace) -> String {
    let level = match trace.end {
        end if end.is_bad() => "error",
        Ending::Complete => "ok",
        _ => "note",
    };
    format!("{level}[{}]: {}", trace.end, summary(trace))
}

/// The headline without its first word.
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
        Ending::Panic => {
            let mut panicked = trace.last.iter().filter(|s| s.state == State::Panicked);
            match panicked.next() {
                Some(one) => format!("{} panics: {}", one.goroutine, one.reason),
                None => "a goroutine panics".to_owned(),
            }
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

/// `1 step`, `4 steps`.
pub(super) fn steps(count: usize) -> String {
    match count {
        1 => "1 step".to_owned(),
        _ => format!("{count} steps"),
    }
}

/// What is known from the search, in short.
pub(super) fn facts(trace: &Trace) -> String {
    let mut parts = vec![steps(trace.steps.len())];
    if trace.cycle > 0 {
        parts.push(format!("of which the last {} repeat", trace.cycle));
    }
    if let Some(search) = &trace.search {
        match search.states {
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

/// A line number, with the file's name before it where that is not the trace's first file; in parentheses where a guard is dropped, since that is the line of
/// its lock.
pub(super) fn line_of(place: &Place, files: &[&str]) -> String {
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

/// The last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Whether some step is the drop of a guard, so that its line is that of the lock.
pub(super) fn has_drops(trace: &Trace) -> bool {
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

/// What the parentheses around a line mean.
pub(super) const DROP_LEGEND: &str = "(:n) the guard of the lock taken at line n is dropped";

/// What the star after a line means.
pub(super) fn seen_legend(trace: &Trace) -> String {
    let looked = trace.waits.looked_at;
    let which = if looked.all {
        format!("all {} states", looked.states)
    } else {
        format!("{} states", looked.states)
    };
    format!("* seen in other executions ({which} looked at)")
}

/// What two stars after a line mean.
pub(super) const IMAGINED_LEGEND: &str =
    "** what the code would do there; in no execution that was looked at does it come so far";

/// The ways out that are not certain: whether some were seen, and whether some are imagined.
pub(super) fn kinds_of_ways(trace: &Trace) -> (bool, bool) {
    let edges = trace.waits.edges.iter().filter(|edge| !edge.certain);
    let ways: Vec<&WayOut> = edges.flat_map(|edge| &edge.ways).collect();
    (
        ways.iter().any(|way| !way.imagined),
        ways.iter().any(|way| way.imagined),
    )
}

/// What would release: `close w.result (:23)*`.
pub(super) fn ways_text(edge: &Edge, files: &[&str]) -> String {
    let mut verbs: Vec<(String, bool, Vec<String>)> = Vec::new();
    for way in &edge.ways {
        let verb = match &way.by {
            Some(by) => format!("start {by} to {}", way.verb),
            None => way.verb.clone(),
        };
        let place = way.place.as_ref().map(|place| {
            let panics = if way.panics {
                ", the send then panics"
            } else {
                ""
            };
            format!("{}{panics}", line_of(place, files))
        });
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

/// `loop waits for watcher to close w.result (:23)*`, with the names filled up to these widths.
pub(super) fn edge_text(edge: &Edge, files: &[&str], from: usize, to: usize) -> String {
    let fill =
        |name: &str, to: usize| format!("{name}{}", " ".repeat(to.saturating_sub(width(name))));
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

/// Whom it waits for.
pub(super) fn waited_for(edge: &Edge) -> &str {
    if edge.to == edge.from {
        "itself"
    } else {
        &edge.to
    }
}

/// `loop -> watcher (w.result) -> loop (m.lock)`.
#[must_use]
pub fn chain(trace: &Trace, reason: &Reason) -> String {
    let mut text = reason.members.first().cloned().unwrap_or_default();
    for index in 0..reason.members.len() {
        let Some(edge) = trace.waits.onward(reason, index) else {
            break;
        };
        text.push_str(&format!(" -> {} ({})", edge.to, edge.object));
        if edge.to == reason.members[0] {
            break;
        }
    }
    text
}

/// The last word on a cycle.
pub(super) fn closing(reason: &Reason) -> &'static str {
    match (reason.kind, reason.members.len(), reason.simple) {
        (ReasonKind::SelfLock, ..) => "it can never go on to do so",
        (ReasonKind::StarvedByWriter, ..) => {
            "a reader that comes after the announced writer has to wait for it"
        }
        (_, 2, true) => "neither can move first",
        (_, _, true) => "none can move first",
        _ => "every way out of each leads back to one of them: none can move first",
    }
}

/// What a way out is, as a noun for a label: `the close`.
pub(super) fn way_noun(way: &WayOut) -> String {
    match way.verb.as_str() {
        "receive from" => "the receive".to_owned(),
        "send to" => "the send".to_owned(),
        "broadcast to" => "the broadcast".to_owned(),
        "lower" => "the done".to_owned(),
        verb => format!("the {}", verb.split(' ').next().unwrap_or(verb)),
    }
}

/// The words under a goroutine in the last row: why it does not move.
pub(super) fn standing_text(standing: &Standing) -> String {
    match standing.state {
        State::Returned => "returned".to_owned(),
        State::Panicked => format!("panic: {}", standing.reason),
        _ => standing.reason.clone(),
    }
}
