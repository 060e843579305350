//! A counterexample as a value: the [`Trace`].
//!
//! It holds only strings and numbers, and it is self-contained: no program, source file or search
//! is needed to draw it. Every rendering is a pure function of it, and its JSON form
//! ([`json`](crate::render::json)) suffices to reproduce the text. Goroutines and objects have
//! names that are unique within a trace.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use super::act::{Act, TakenCase};
pub use super::object_state::{ObjectChange, ObjectState, Waiting};
use crate::execution::escape::visible_in;
use crate::explain::wait_for_graph::Waits;
pub use crate::explore::chance::Chance;
use crate::model::End;
use crate::model::verb::words;
pub use crate::model::{ObjectKind, Place, Verb};

/// The version of the JSON form of a trace. New fields keep the version; a change of a field's
/// meaning increases it.
pub const VERSION: u32 = 1;

/// One execution, from its start to its end, or to the point where it was left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trace {
    /// [`VERSION`].
    pub version: u32,
    /// The kind of end.
    pub end: Ending,
    /// The kernel's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// The kernel's variant, if it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The facts of the kernel, if it belongs to a catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// The facts of the search that found it, if a search did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchFacts>,
    /// The version of Go whose rules the timers follow. It is given if any were made and the rules
    /// are not the [default](crate::model::TimerRules) or not those of the kernel's own facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timers: Option<String>,
    /// The goroutines, main first; the hidden ones of timers only if they moved.
    pub goroutines: Vec<Goroutine>,
    /// The objects that were made.
    pub objects: Vec<Object>,
    /// The objects that are there before the first step, each with its state then. With the
    /// [`changes`](Step::changes) of the steps it tells their states at any point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<ObjectChange>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The number of last steps that form the cycle in which others run on for ever, while a
    /// goroutine can never move again; otherwise 0.
    #[serde(default)]
    pub cycle: usize,
    /// The position of each goroutine after the last step, in the order of `goroutines`.
    pub last: Vec<Standing>,
    /// The steps that can be taken after the last one, in the form of a schedule. Of a choice among
    /// numbers, the first hundred.
    pub enabled: Vec<String>,
    /// The wait-for graph.
    pub waits: Waits,
    /// The choices that lead here, for a replay.
    pub schedule: String,
}

/// The facts of the kernel of a trace.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Why the buggy variant fails, in one sentence.
    pub mechanism: String,
    /// The upstream fix, in one sentence.
    pub fix: String,
    /// The upstream description of the bug.
    pub upstream: String,
    /// The bounds that were put on loops and the like: a proof holds only within them.
    pub bound: String,
}

impl Facts {
    /// Returns the facts that are not empty, each with its name.
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

/// The kind of end that a trace has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Main is blocked for ever.
    Deadlock,
    /// Main returned, or runs on, and another goroutine is blocked for ever.
    Leak,
    /// A goroutine panicked.
    Panic,
    /// A test failed. This and the next three are panics that the user of the trace tells apart.
    Fail,
    /// The program exited with a code that is not 0.
    Exit,
    /// An object was used in a way that its library refuses.
    Misuse,
    /// A goroutine logged for a test that was over.
    #[serde(rename = "late-log")]
    LateLog,
    /// Two goroutines access the same memory at once, as the user of the trace knows. It is not
    /// over.
    Race,
    /// Every goroutine returned.
    Complete,
    /// A goroutine waits for a tick beyond the kernel's limit.
    Bounded,
    /// It is not over: some goroutine can move.
    Open,
}

impl Ending {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Deadlock,
        Self::Leak,
        Self::Panic,
        Self::Fail,
        Self::Exit,
        Self::Misuse,
        Self::LateLog,
        Self::Race,
        Self::Complete,
        Self::Bounded,
        Self::Open,
    ];

    /// Returns its name, as it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::Leak => "leak",
            Self::Panic => "panic",
            Self::Fail => "fail",
            Self::Exit => "exit",
            Self::Misuse => "misuse",
            Self::LateLog => "late-log",
            Self::Race => "race",
            Self::Complete => "complete",
            Self::Bounded => "bounded",
            Self::Open => "open",
        }
    }

    /// Returns true if it is a bug.
    #[must_use]
    pub fn is_bad(self) -> bool {
        match self {
            Self::Deadlock | Self::Leak => true,
            Self::Complete | Self::Bounded | Self::Open => false,
            Self::Panic | Self::Fail | Self::Exit | Self::Misuse | Self::LateLog | Self::Race => {
                true
            }
        }
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

/// The facts of the search that found a trace.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SearchFacts {
    /// Executions that were explored.
    pub executions: u64,
    /// The number of bad executions among them.
    pub bad: u64,
    /// States that were stored, if the search is stateful.
    pub states: Option<u64>,
    /// True if the program may have more states, since steps were left out for which others can
    /// wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reduced: bool,
    /// True if nothing is left to explore.
    pub complete: bool,
    /// Distinct bad ends, of which this trace is one.
    pub distinct: usize,
    /// The probability of a bad end, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Chance>,
}

/// A goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Goroutine {
    /// Its name.
    pub name: String,
    /// The goroutine that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The place where it was started.
    #[serde(flatten)]
    pub place: Place,
    /// True if it is the hidden goroutine of a timer. It does not appear in `last`.
    pub timer: bool,
}

/// An object that goroutines share.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// The kind of the object.
    pub kind: ObjectKind,
    /// The number of values that a channel can hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u32>,
    /// The place where it was made.
    #[serde(flatten)]
    pub place: Place,
    /// Its state after the last step.
    #[serde(flatten)]
    pub now: ObjectState,
    /// The number of goroutines that use it in this trace, those that are about to included.
    pub users: usize,
}

/// A step: one goroutine's operation, or a rendezvous of two.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Its number, from 1.
    pub n: usize,
    /// The kind of step: `rendezvous`, or the verb of its one operation. For a timer it is `fire`,
    /// or `expire` and `send`.
    pub op: String,
    /// The choice, as it is written in a schedule.
    pub choice: String,
    /// The parts of its goroutines; in a rendezvous the sender comes first.
    pub by: Vec<Act>,
    /// The steps that were enabled, this one included, in the form of a schedule. Of a choice among
    /// numbers, the first hundred.
    pub enabled: Vec<String>,
    /// The goroutines that it woke.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wakes: Vec<String>,
    /// The locks that are held after it, by their holders.
    pub held: BTreeMap<String, Vec<String>>,
    /// The objects whose state it changes, or that are made after it, each with its state after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ObjectChange>,
    /// True if nobody else could have interfered: there was no other choice, or what it touches
    /// only one goroutine ever uses in this trace.
    pub quiet: bool,
}

/// The position of a goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Standing {
    /// The goroutine.
    pub goroutine: String,
    /// Its state.
    pub state: State,
    /// The operation that it is about to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<Operation>,
    /// The place of that operation, or of the panic.
    #[serde(flatten)]
    pub place: Place,
    /// The reason why it does not move, in a few words; the message of a panic.
    pub reason: String,
    /// The locks that it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Held>,
}

impl Standing {
    /// The beginning of the reason of a goroutine that races.
    const RACES: &'static str = "races: ";

    /// Marks the goroutine as one that races, by what it does to the memory and where.
    pub fn race(&mut self, access: &str) {
        self.state = State::Ready;
        self.reason = format!("{}{access}", Self::RACES);
    }

    /// Returns what the goroutine does to the memory on which it races, and where.
    #[must_use]
    pub fn races(&self) -> Option<&str> {
        self.reason.strip_prefix(Self::RACES)
    }
}

/// The state of a goroutine at the end of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has returned.
    Returned,
    /// It cannot move.
    Stuck,
    /// It can move.
    Ready,
    /// It cannot move now. The trace does not say if it ever will.
    Waiting,
    /// It has panicked.
    Panicked,
}

/// An operation that has not been done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// The verb.
    pub verb: Verb,
    /// The object, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The name of what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The cases of a `select`, each as `recv w.stopped`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
}

impl Operation {
    /// Returns the operation in a few words, including the cases of a `select`.
    #[must_use]
    pub fn text(&self) -> String {
        if !self.cases.is_empty() {
            return format!("{} {}", self.verb, self.cases.join(", "));
        }
        match self.object.as_ref().or(self.label.as_ref()) {
            Some(name) => format!("{} {name}", self.verb),
            None => self.verb.to_string(),
        }
    }
}

/// A lock that a goroutine holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Held {
    /// The lock.
    pub lock: String,
    /// The way in which it is held.
    pub mode: HeldAs,
    /// The step in which it was taken, from 1.
    pub step: usize,
    /// The place where it was taken.
    #[serde(flatten)]
    pub place: Place,
}

words! {
    /// The way in which a lock is held: the verb of who took it.
    pub enum HeldAs {
        /// For writing, or a mutex.
        Lock = "lock",
        /// For reading.
        RLock = "rlock",
        /// Permits of a semaphore.
        Acquire = "acquire",
    }
}

impl Trace {
    /// Adds the facts of its kernel.
    #[must_use]
    pub fn with_facts(self, facts: Facts) -> Self {
        Self {
            facts: Some(facts),
            ..self
        }
    }

    /// Adds the names of the kernel and its variant.
    #[must_use]
    pub fn named(mut self, kernel: &str, variant: &str) -> Self {
        self.kernel = Some(kernel.to_owned());
        self.variant = Some(variant.to_owned());
        self
    }

    /// Returns the trace with invisible characters in its texts, such as control characters, made
    /// visible. Every rendering for people begins with this.
    #[must_use]
    pub fn for_people(&self) -> Self {
        visible_in(self)
    }

    /// Returns the goroutines that are stuck for ever.
    pub fn stuck(&self) -> impl Iterator<Item = &Standing> {
        self.last
            .iter()
            .filter(|standing| standing.state == State::Stuck)
    }

    /// Returns the position of this goroutine.
    #[must_use]
    pub fn standing(&self, goroutine: &str) -> Option<&Standing> {
        self.last
            .iter()
            .find(|standing| standing.goroutine == goroutine)
    }

    /// Returns the number of the program's goroutines, without the hidden ones of timers.
    #[must_use]
    pub fn goroutine_count(&self) -> usize {
        self.goroutines.iter().filter(|g| !g.timer).count()
    }

    /// Returns the number of context switches. After a rendezvous either goroutine may go on.
    #[must_use]
    pub fn switches(&self) -> usize {
        let moves = |step: &Step, name: &str| step.by.iter().any(|act| act.goroutine == name);
        self.steps
            .windows(2)
            .filter(|pair| !pair[0].by.iter().any(|act| moves(&pair[1], &act.goroutine)))
            .count()
    }

    /// Returns the files that it mentions, the most frequent first.
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
