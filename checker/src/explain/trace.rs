//! A counterexample as a value: the [`Trace`].
//!
//! It holds strings and numbers only and stands for itself: no program, no source file and no
//! search is needed to draw it. Every rendering is a pure function of it, and its JSON form
//! ([`json`](crate::render::json)) is enough to make the same text again. Goroutines and objects
//! are named; their names are unique within a trace.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::execution::escape::visible_in;
use crate::explain::wait_for_graph::Waits;
pub use crate::explore::chance::Chance;
use crate::model::End;

/// The version of the form in which a trace is written as JSON. Fields may be added under the same
/// version; a change of the meaning of one gets a new number.
pub const VERSION: u32 = 1;

/// One execution, from its start to where it ends or was left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trace {
    /// [`VERSION`].
    pub version: u32,
    /// What kind of end it is.
    pub end: Ending,
    /// The kernel's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// The kernel's variant, if it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What is known of the kernel, if it is of a catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// What the search that found it has to say, if a search did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchFacts>,
    /// The version of Go by whose rules the timers go that were made, if these are not the
    /// [default](crate::model::TimerRules) or not those of the kernel's own facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timers: Option<String>,
    /// The goroutines, main first; the hidden ones of timers only if they moved.
    pub goroutines: Vec<Goroutine>,
    /// The objects that were made.
    pub objects: Vec<Object>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// If others run on for ever while a goroutine can never move again: how many of the last steps
    /// are the cycle in which they run.
    #[serde(default)]
    pub cycle: usize,
    /// Where each goroutine stands after the last step, in the order of `goroutines`.
    pub last: Vec<Standing>,
    /// The steps that can be taken after the last one, as they are written in a schedule; of a
    /// choice among numbers the first hundred.
    pub enabled: Vec<String>,
    /// Who waits for whom.
    pub waits: Waits,
    /// The choices that lead here, to be played again.
    pub schedule: String,
}

/// What is known of the kernel of a trace.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Why the buggy variant fails, in one sentence.
    pub mechanism: String,
    /// What the upstream fix does, in one sentence.
    pub fix: String,
    /// Where the bug is described upstream.
    pub upstream: String,
    /// To how few turns loops and the like were cut: within this a proof holds.
    pub bound: String,
}

impl Facts {
    /// Those that say something, each with its name.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("mechanism", self.mechanism.as_str()),
            ("the fix", &self.fix),
            ("upstream", &self.upstream),
            ("bound", &self.bound),
        ];
        all.into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }
}

/// What kind of end a trace has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Main is blocked for ever.
    Deadlock,
    /// Main returned, or runs on, and another goroutine is blocked for ever.
    Leak,
    /// A goroutine panicked.
    Panic,
    /// Every goroutine returned.
    Complete,
    /// A goroutine waits for a tick beyond the kernel's limit.
    Bounded,
    /// It is not over: some goroutine can move.
    Open,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Deadlock,
        Self::Leak,
        Self::Panic,
        Self::Complete,
        Self::Bounded,
        Self::Open,
    ];

    /// Its name, as it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::Leak => "leak",
            Self::Panic => "panic",
            Self::Complete => "complete",
            Self::Bounded => "bounded",
            Self::Open => "open",
        }
    }

    /// Whether it is a bug.
    #[must_use]
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Deadlock | Self::Leak | Self::Panic)
    }
}

/// The end of an execution that is over.
impl From<End> for Ending {
    fn from(end: End) -> Self {
        match end {
            End::Complete => Self::Complete,
            End::Leak => Self::Leak,
            End::Deadlock => Self::Deadlock,
            End::Panic => Self::Panic,
            End::Cut => Self::Bounded,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is known from the search that found a trace.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SearchFacts {
    /// Executions that were explored.
    pub executions: u64,
    /// How many of them are bad.
    pub bad: u64,
    /// States that were visited, where the search remembers them.
    pub states: Option<u64>,
    /// Whether nothing is left to explore.
    pub complete: bool,
    /// Distinct bad ends, of which this trace is one.
    pub distinct: usize,
    /// How likely a bad end is, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Chance>,
}

/// A place in source code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the compiler names it; empty if no source line made it.
    pub file: String,
    /// The line, from 1; 0 if there is none.
    pub line: u32,
    /// The column, from 1; 0 if the place is that of the lock whose guard is dropped: where a drop
    /// happens is not known.
    pub column: u32,
}

/// A goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Goroutine {
    /// Its name.
    pub name: String,
    /// Who started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Where it was started.
    #[serde(flatten)]
    pub place: Place,
    /// Whether it is the hidden one that fires a timer: it has no place of its own in `last`.
    pub timer: bool,
}

/// An object that goroutines share, with its state after the last step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// What it is, in one word.
    pub kind: String,
    /// Of a channel: how many values it can hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u32>,
    /// Where it was made.
    #[serde(flatten)]
    pub place: Place,
    /// Its state in a few words.
    pub state: String,
    /// The values that wait in a channel, the oldest first; else the value of the object, if it has
    /// one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<String>,
    /// Who waits for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// How many goroutines use it in this trace, those that are about to included.
    pub users: usize,
}

/// A goroutine that waits for an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// Who.
    pub goroutine: String,
    /// To do what.
    pub verb: String,
}

/// A step: one goroutine's operation, or a rendezvous of two.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Its number, from 1.
    pub n: usize,
    /// What kind of step: `rendezvous`, or the verb of its one operation; of a timer `fire`, or
    /// `expire` and `send`.
    pub op: String,
    /// The choice, as it is written in a schedule.
    pub choice: String,
    /// Who moves; of a rendezvous the sender first.
    pub by: Vec<Act>,
    /// All that could have been done instead, and this, as written in a schedule; of a choice among
    /// numbers the first hundred.
    pub enabled: Vec<String>,
    /// Whom it woke.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wakes: Vec<String>,
    /// The locks that are held after it, by their holders.
    pub held: BTreeMap<String, Vec<String>>,
    /// Whether nobody else could have interfered: there was no other choice, or what it touches
    /// only one goroutine ever uses in this trace.
    pub quiet: bool,
}

/// What one goroutine does in a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Act {
    /// Who.
    pub goroutine: String,
    /// What: `send`, `lock`.
    pub op: String,
    /// With what: an object, or the goroutine that is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What came of it, where that is not plain: `closed`, `announced`, `nobody waits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The value that was sent, received, read or written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Whether it is a case of a `select`.
    #[serde(default)]
    pub select: bool,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The locks that it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// The locks that it gives back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<String>,
}

impl Act {
    /// The act in a few words: `recv w.stopped (closed)`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.op.clone();
        if let Some(object) = &self.object {
            text.push(' ');
            text.push_str(object);
        }
        if let Some(note) = &self.note {
            text.push_str(&format!(" ({note})"));
        }
        text
    }
}

/// Where a goroutine stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Standing {
    /// Who.
    pub goroutine: String,
    /// How it is.
    pub state: State,
    /// The operation that it is about to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<Operation>,
    /// Where that is, or where it panicked.
    #[serde(flatten)]
    pub place: Place,
    /// Why it does not move, in a few words; of a panic its message.
    pub reason: String,
    /// The locks that it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Held>,
}

/// How a goroutine is at the end of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has returned.
    Returned,
    /// It cannot move.
    Stuck,
    /// It can move.
    Ready,
    /// It cannot move now; whether for ever, the trace does not say.
    Waiting,
    /// It has panicked.
    Panicked,
}

/// An operation that has not been done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// The verb.
    pub verb: String,
    /// The object, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The cases of a `select`, each as `recv w.stopped`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
}

impl Operation {
    /// The operation in a few words, the cases of a `select` included.
    #[must_use]
    pub fn text(&self) -> String {
        if !self.cases.is_empty() {
            return format!("{} {}", self.verb, self.cases.join(", "));
        }
        match &self.object {
            Some(object) => format!("{} {object}", self.verb),
            None => self.verb.clone(),
        }
    }
}

/// A lock that a goroutine holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Held {
    /// The lock.
    pub lock: String,
    /// `lock`, or `rlock` of a reader.
    pub mode: String,
    /// The step in which it was taken, from 1.
    pub step: usize,
    /// Where it was taken.
    #[serde(flatten)]
    pub place: Place,
}

impl Trace {
    /// With what is known of its kernel.
    #[must_use]
    pub fn with_facts(self, facts: Facts) -> Self {
        Self {
            facts: Some(facts),
            ..self
        }
    }

    /// With the name of the kernel and its variant.
    #[must_use]
    pub fn named(mut self, kernel: &str, variant: &str) -> Self {
        self.kernel = Some(kernel.to_owned());
        self.variant = Some(variant.to_owned());
        self
    }

    /// The same with all that is not seen in its texts, such as control characters, written so that
    /// it is: every rendering for people begins with this.
    #[must_use]
    pub fn for_people(&self) -> Self {
        visible_in(self)
    }

    /// The goroutines that are stuck for ever.
    pub fn stuck(&self) -> impl Iterator<Item = &Standing> {
        self.last
            .iter()
            .filter(|standing| standing.state == State::Stuck)
    }

    /// Where this goroutine stands.
    #[must_use]
    pub fn standing(&self, goroutine: &str) -> Option<&Standing> {
        self.last
            .iter()
            .find(|standing| standing.goroutine == goroutine)
    }

    /// How many goroutines of the program there are: the hidden ones of timers are not counted.
    #[must_use]
    pub fn goroutine_count(&self) -> usize {
        self.goroutines.iter().filter(|g| !g.timer).count()
    }

    /// How often the goroutine that moves changes. A rendezvous goes on with either of its two.
    #[must_use]
    pub fn switches(&self) -> usize {
        let moves = |step: &Step, name: &str| step.by.iter().any(|act| act.goroutine == name);
        self.steps
            .windows(2)
            .filter(|pair| !pair[0].by.iter().any(|act| moves(&pair[1], &act.goroutine)))
            .count()
    }

    /// The files that it speaks of, the one that it speaks of most first.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let acts = self.steps.iter().flat_map(|step| &step.by);
        let places = acts.map(|act| &act.place);
        for place in places.chain(self.last.iter().map(|standing| &standing.place)) {
            if !place.file.is_empty() {
                *counts.entry(&place.file).or_default() += 1;
            }
        }
        let mut files: Vec<(&str, usize)> = counts.into_iter().collect();
        files.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        files.into_iter().map(|(file, _)| file).collect()
    }
}
