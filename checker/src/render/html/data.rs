//! A [`StateGraph`] as compact JSON, for the script of a page.
//!
//! A text stands once, in a table, and whatever has it has its number. A state has only what
//! differs from its parent, which is the first state with a step to it. The states are one text,
//! with numbers of base 36: what stands between two of them is most of a list.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::super::states::Layout;
use super::super::text::{closing, edge_text};
use crate::execution::escape::{visible, visible_lines};
use crate::explain::state_graph::{Access, Edge, Node, Outlook, StateGraph};
use crate::explain::trace::{Act, Ending, ObjectChange, Place, Standing, State};
use crate::explain::wait_for_graph::{Reason, Waits};

/// Items that stand once each, by their numbers.
#[derive(Serialize)]
#[serde(transparent)]
struct Pool<T: Clone + Eq + Hash> {
    items: Vec<T>,
    #[serde(skip)]
    numbers: FxHashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> Default for Pool<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            numbers: FxHashMap::default(),
        }
    }
}

impl<T: Clone + Eq + Hash> Pool<T> {
    /// Returns the number of an item.
    fn number(&mut self, item: T) -> usize {
        if let Some(&known) = self.numbers.get(&item) {
            return known;
        }
        self.items.push(item.clone());
        self.numbers.insert(item, self.items.len() - 1);
        self.items.len() - 1
    }
}

/// The number of a text, a goroutine, a place or the like.
type Number = usize;

/// The part of a goroutine in a step: the goroutine, the verb, the object or label, a note, a
/// value, the place, the locks that are taken and given back, and 1 for a case of a `select`.
type ActData = (
    Number,
    Number,
    Number,
    Number,
    Number,
    Number,
    Vec<Number>,
    Vec<Number>,
    u8,
);

/// The position of a goroutine: the goroutine, its state, the operation, the place, the reason, and
/// each lock that it holds with the way in which it holds it.
type StandingData = (Number, u8, Number, Number, Number, Vec<(Number, Number)>);

/// The state of an object: the object, the state in words, its values, and who waits to do what.
type ContentData = (Number, Number, Vec<Number>, Vec<(Number, Number)>);

/// A wait: who, for whom, at which object, 1 if it is certain, and the sentence.
type WaitData = (Number, Number, Number, u8, Number);

/// A reason: its name, its members, the length of its cycle, and its sentence.
type ReasonData = (Number, Vec<Number>, usize, Number);

/// An end: its name, 1 if it is bad, and the reasons.
type EndData = (&'static str, u8, Vec<Number>);

/// A step: the choice, the choice with all its cases if that is another text, the acts, who is
/// woken, in whose order it stands if others than its movers, and what it touches.
type StepData = (
    Number,
    Number,
    Vec<ActData>,
    Vec<Number>,
    Vec<Number>,
    Vec<(Number, AccessData)>,
);

/// An access: 0 if it is shared, 1 if it is exclusive, and a decrement as the number after it and
/// by how much.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
enum AccessData {
    Kind(u8),
    Decrement(i64, i64),
}

impl AccessData {
    /// Returns the access; `None` if it commutes with all others.
    fn of(access: Access) -> Option<Self> {
        match access {
            Access::Unseen => None,
            Access::Shared => Some(Self::Kind(0)),
            Access::Exclusive => Some(Self::Kind(1)),
            Access::Decrement { after, by } => Some(Self::Decrement(after, by)),
        }
    }
}

/// The graph, as the script reads it.
#[derive(Default, Serialize)]
pub(super) struct Data {
    strings: Pool<String>,
    /// The file, the line and the column of each place.
    places: Pool<(Number, u32, u32)>,
    /// The name, the parent, the place, and 1 for a timer.
    goroutines: Vec<(Number, Option<Number>, Number, u8)>,
    /// The name, the kind and the place.
    objects: Vec<(Number, Number, Number)>,
    standings: Pool<StandingData>,
    contents: Pool<ContentData>,
    steps: Pool<StepData>,
    waits: Pool<WaitData>,
    /// The waits of a state.
    lists: Pool<Vec<Number>>,
    reasons: Pool<ReasonData>,
    /// The letter of each state's outlook.
    outlook: String,
    ends: Pool<EndData>,
    /// The steps from each state to the nearest bad end. The script counts them itself in a graph
    /// that is whole.
    to_bad: Vec<Option<usize>>,
    /// The states, each with its standings and contents that are not as in its parent, its list of
    /// waits, its steps, and its end. A step is how much greater the number of the next state is,
    /// and its own number.
    states: String,
    /// The row of each state in the picture; empty if there are too many.
    rows: Vec<usize>,
    ways: Vec<Vec<usize>>,
    /// The executions that the search `optimal` explores. Each has as many steps of the one before
    /// as its first number says, and then those that follow. `None` if there are too many.
    executions: Option<String>,
    visited: usize,
    complete: bool,
    whole: bool,
    edges: usize,
}

impl Data {
    pub(super) fn of(graph: &StateGraph, files: &[&str]) -> Self {
        let mut data = Self {
            ways: graph.ways.clone(),
            executions: graph.executions.as_deref().map(executions),
            visited: graph.visited,
            complete: graph.complete,
            whole: graph.is_whole(),
            edges: graph.edges(),
            rows: Layout::of(graph).rows,
            to_bad: match graph.is_whole() {
                true => Vec::new(),
                false => graph.states.iter().map(|node| node.to_bad).collect(),
            },
            ..Self::default()
        };
        // An empty text has the number 0.
        data.text("");
        for goroutine in &graph.goroutines {
            let name = data.text(&goroutine.name);
            let parent = goroutine.parent.as_ref().map(|parent| data.text(parent));
            let place = data.place(&goroutine.place);
            let timer = u8::from(goroutine.timer);
            data.goroutines.push((name, parent, place, timer));
        }
        for object in &graph.objects {
            let kind = match object.cap {
                Some(cap) => format!("{} {cap}", object.kind),
                None => object.kind.to_string(),
            };
            let (name, kind) = (data.text(&object.name), data.text(&kind));
            let place = data.place(&object.place);
            data.objects.push((name, kind, place));
        }
        let mut known: Vec<Option<(Vec<Number>, Vec<Number>)>> = vec![None; graph.states.len()];
        for (number, node) in graph.states.iter().enumerate() {
            let parent = known[number].take().unwrap_or_default();
            let now = data.state(graph, files, number, &parent);
            for to in node.steps.iter().filter_map(|edge| edge.to) {
                if to > number {
                    known[to].get_or_insert_with(|| now.clone());
                }
            }
        }
        data
    }

    /// Adds a state. Returns its standings and contents.
    fn state(
        &mut self,
        graph: &StateGraph,
        files: &[&str],
        number: usize,
        parent: &(Vec<Number>, Vec<Number>),
    ) -> (Vec<Number>, Vec<Number>) {
        let node = &graph.states[number];
        let standings: Vec<Number> = node.standings.iter().map(|it| self.standing(it)).collect();
        let contents: Vec<Number> = node.objects.iter().map(|it| self.content(it)).collect();
        let waits = node.waits.edges.iter();
        let waits = waits
            .map(|wait| {
                let sentence = self.text(&edge_text(wait, files, 0, 0));
                let data = (
                    self.text(&wait.from),
                    self.text(&wait.to),
                    self.text(&wait.object),
                    u8::from(wait.certain),
                    sentence,
                );
                self.waits.number(data)
            })
            .collect();
        let list = self.lists.number(waits);
        self.outlook.push(letter(node.outlook));
        let end = self.end(node);
        let mut steps = Vec::new();
        for edge in &node.steps {
            let step = self.step(edge);
            let to = edge.to.map(|to| base_36(to as i64 - number as i64));
            steps.push(format!(
                "{} {}",
                to.as_deref().unwrap_or("."),
                base_36(step as i64)
            ));
        }
        let new = |now: &[Number], before: &[Number]| {
            let news = now.iter().filter(|it| !before.contains(it));
            numbers(&news.copied().collect::<Vec<_>>())
        };
        let fields = [
            new(&standings, &parent.0),
            new(&contents, &parent.1),
            numbers(&[list]),
            steps.join(" "),
            end.map_or_else(String::new, |end| numbers(&[end])),
        ];
        if number > 0 {
            self.states.push('|');
        }
        self.states.push_str(fields.join(";").trim_end_matches(';'));
        (standings, contents)
    }

    /// Returns the number of the end of a state, if it is one.
    fn end(&mut self, node: &Node) -> Option<Number> {
        if node.end == Ending::Open {
            return None;
        }
        let reasons = node.waits.reasons.iter();
        let reasons = reasons
            .map(|reason| {
                let sentence = reason_text(&node.waits, reason);
                let data = (
                    self.text(reason.kind.name()),
                    reason.members.iter().map(|it| self.text(it)).collect(),
                    reason.cycle,
                    self.text(&sentence),
                );
                self.reasons.number(data)
            })
            .collect();
        let bad = u8::from(node.end.is_bad());
        Some(self.ends.number((node.end.name(), bad, reasons)))
    }

    fn text(&mut self, text: &str) -> Number {
        self.strings.number(visible(text))
    }

    fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a String>) -> Vec<Number> {
        texts.into_iter().map(|text| self.text(text)).collect()
    }

    fn place(&mut self, place: &Place) -> Number {
        let file = self.text(&place.file);
        self.places.number((file, place.line, place.column))
    }

    fn standing(&mut self, standing: &Standing) -> Number {
        let op = standing.op.as_ref().map(|op| op.text());
        let holds = standing.holds.iter();
        let data = (
            self.text(&standing.goroutine),
            match standing.state {
                State::Returned => 0,
                State::Stuck => 1,
                State::Ready => 2,
                State::Waiting => 3,
                State::Panicked => 4,
            },
            self.text(op.as_deref().unwrap_or_default()),
            self.place(&standing.place),
            self.strings.number(visible_lines(&standing.reason)),
            holds
                .map(|held| (self.text(&held.lock), self.text(&held.mode.to_string())))
                .collect(),
        );
        self.standings.number(data)
    }

    fn content(&mut self, object: &ObjectChange) -> Number {
        let now = &object.now;
        let waiting = now.waiting.iter();
        let data = (
            self.text(&object.object),
            self.text(&now.state),
            self.texts(&now.values),
            waiting
                .map(|it| (self.text(&it.goroutine), self.text(&it.verb.to_string())))
                .collect(),
        );
        self.contents.number(data)
    }

    fn step(&mut self, edge: &Edge) -> Number {
        let acts = edge.by.iter().map(|act| self.act(act)).collect();
        let full = match edge.full_choice == edge.choice {
            true => "",
            false => &edge.full_choice,
        };
        let movers = edge.by.iter().map(|act| &act.goroutine);
        let actors = match movers.eq(&edge.actors) {
            true => &[][..],
            false => &edge.actors,
        };
        let touches = edge.touches.iter();
        let touches = touches
            .filter_map(|(object, access)| Some((self.text(object), AccessData::of(*access)?)))
            .collect();
        let step = (
            self.text(&edge.choice),
            self.text(full),
            acts,
            self.texts(&edge.wakes),
            self.texts(actors),
            touches,
        );
        self.steps.number(step)
    }

    fn act(&mut self, act: &Act) -> ActData {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let subject = act.object.as_ref().or(act.label.as_ref());
        (
            self.text(&act.goroutine),
            self.text(&act.op.to_string()),
            self.text(&subject.cloned().unwrap_or_default()),
            self.text(&of(&act.note)),
            self.text(&of(&act.value)),
            self.place(&act.place),
            self.texts(&act.takes),
            self.texts(&act.releases),
            u8::from(act.select),
        )
    }
}

/// Returns a number of base 36.
fn base_36(number: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = number.unsigned_abs();
    while digits.is_empty() || rest > 0 {
        let digit = u32::try_from(rest % 36).expect("a digit");
        digits.push(char::from_digit(digit, 36).expect("a digit"));
        rest /= 36;
    }
    digits.extend((number < 0).then_some('-'));
    digits.into_iter().rev().collect()
}

fn numbers(numbers: &[Number]) -> String {
    let all = numbers.iter().map(|&number| base_36(number as i64));
    all.collect::<Vec<_>>().join(" ")
}

/// Returns executions, each as what differs from the one before.
fn executions(ways: &[Vec<usize>]) -> String {
    let mut before: &[usize] = &[];
    let mut all = Vec::new();
    for way in ways {
        let same = before.iter().zip(way).take_while(|(a, b)| a == b).count();
        all.push(numbers(&[&[same], &way[same..]].concat()));
        before = way;
    }
    all.join("|")
}

/// Returns the letter of an outlook.
pub(super) fn letter(outlook: Outlook) -> char {
    match outlook {
        Outlook::Doomed => 'd',
        Outlook::Avoidable => 'a',
        Outlook::Safe => 's',
        Outlook::Possible => 'p',
        Outlook::Unknown => 'u',
    }
}

/// Returns what there is to say of a reason.
fn reason_text(waits: &Waits, reason: &Reason) -> String {
    match &reason.sentence {
        Some(sentence) => format!("{}: {sentence}", reason.members.join(", ")),
        None => {
            let mut chain = reason.members.first().cloned().unwrap_or_default();
            for index in 0..reason.cycle {
                if let Some(edge) = waits.onward(reason, index) {
                    chain.push_str(&format!(" → {} ({})", edge.to, edge.object));
                }
            }
            let mut text = format!("{chain}: {}", closing(waits.looked_at, reason));
            for case in waits.unanswered(reason) {
                text.push_str(&format!(". {}", case.sentence()));
            }
            text
        }
    }
}
