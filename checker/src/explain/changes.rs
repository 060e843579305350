//! The changes of a fix, as claims that can be judged, and their words.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::compare::Why;
use super::survey::{Make, Survey};
use super::trace::{Operation, Standing, State, Trace, Verb};
use crate::execution::words;
use crate::model::ObjectKind;

/// Most uses of an object that are listed.
const USES_MAX: usize = 3;

/// A change that a fix makes. The names of what one variant lacks are as their makers gave them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum Change {
    /// An object of the fixed variant. No state of the buggy variant that was looked at has one of
    /// this name.
    ObjectAdded {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        object: String,
        /// The first uses of it in the fixed variant's run.
        uses: Vec<Use>,
        /// True if the run has more uses.
        more: bool,
    },
    /// An object of the buggy variant. No state of the fixed variant that was looked at has one of
    /// this name.
    ObjectRemoved {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        object: String,
    },
    /// A channel that can hold another number of values.
    Room {
        /// Its name.
        object: String,
        /// The number in the buggy variant.
        before: u32,
        /// The number in the fixed variant.
        now: u32,
    },
    /// An object of another kind.
    Kind {
        /// Its name.
        object: String,
        /// Its kind in the buggy variant.
        before: ObjectKind,
        /// Its kind in the fixed variant.
        now: ObjectKind,
    },
    /// A goroutine of the fixed variant. No state of the buggy variant that was looked at has one
    /// of this name.
    GoroutineAdded {
        /// Its name.
        goroutine: String,
        /// The line where it is started.
        line: u32,
    },
    /// A goroutine of the buggy variant. No state of the fixed variant that was looked at has one
    /// of this name.
    GoroutineRemoved {
        /// Its name.
        goroutine: String,
    },
    /// A goroutine that takes part in the step at which the two part, and stands elsewhere in the
    /// fixed variant.
    Parted {
        /// The goroutine.
        goroutine: String,
        /// Its part in the buggy variant's step.
        act: String,
        /// The line of that part.
        line: u32,
        /// The step, from 1.
        step: usize,
        /// Its position in the fixed variant.
        now: Position,
    },
    /// The goroutines of the step at which the two part stand at its operations, and cannot do them
    /// there.
    NotEnabled {
        /// The step, from 1.
        step: usize,
    },
    /// A goroutine that stands elsewhere in the fixed variant at the end of the buggy schedule.
    Moved {
        /// The goroutine.
        goroutine: String,
        /// Its position in the buggy variant.
        before: Position,
        /// Its position in the fixed variant.
        now: Position,
    },
    /// This schedule shows no change.
    Nothing,
}

/// The use of an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Use {
    /// The goroutine.
    pub goroutine: String,
    /// The operation.
    pub op: Verb,
    /// The line.
    pub line: u32,
}

/// The position of a goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// It is about to do this.
    At {
        /// The operation.
        op: String,
        /// The line.
        line: u32,
    },
    /// It has returned or panicked.
    Ended,
    /// It is the hidden goroutine of a timer that does not fire.
    Spent,
    /// It was not started.
    NotStarted,
}

impl Position {
    /// Returns the position of a goroutine at the end of a trace.
    pub(super) fn of(standing: &Standing) -> Self {
        match (&standing.op, standing.state) {
            (Some(op), _) => Self::At {
                op: op.text(),
                line: standing.place.line,
            },
            (None, State::Returned | State::Panicked) => Self::Ended,
            (None, State::Stuck | State::Ready | State::Waiting) => Self::NotStarted,
        }
    }
}

/// Finds the changes: objects, goroutines, and the operations at which goroutines stand.
pub(super) fn changes(why: &Why, buggy: &Survey, fixed: &Survey) -> Vec<Change> {
    let mut changes = changed_objects(&why.fixed, buggy, fixed);
    let added = |(name, _): &&(String, u32)| !buggy.has_goroutine(name);
    changes.extend(fixed.goroutines.iter().filter(added).map(|(name, line)| {
        Change::GoroutineAdded {
            goroutine: name.clone(),
            line: *line,
        }
    }));
    let removed = |(name, _): &&(String, u32)| !fixed.has_goroutine(name);
    changes.extend(buggy.goroutines.iter().filter(removed).map(|(name, _)| {
        Change::GoroutineRemoved {
            goroutine: name.clone(),
        }
    }));
    match &why.parted {
        Some(parted) => changes.extend(parted.changes.iter().cloned()),
        // If the two parted before the end, the goroutines stand at different points, which are not
        // compared.
        None => changes.extend(
            why.buggy
                .last
                .iter()
                .filter_map(|before| moved(why, before)),
        ),
    }
    if changes.is_empty() {
        changes.push(Change::Nothing);
    }
    changes
}

fn changed_objects(run: &Trace, buggy: &Survey, fixed: &Survey) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (name, (kind, _)) in &fixed.objects {
        if !told.insert(name) {
            continue;
        }
        if buggy.has_object(name) {
            let makes = buggy.make(name).zip(fixed.make(name));
            changes.extend(makes.and_then(|(before, now)| made_otherwise(name, before, now)));
            continue;
        }
        let mut uses = uses(run, name);
        let more = uses.len() > USES_MAX;
        uses.truncate(USES_MAX);
        changes.push(Change::ObjectAdded {
            kind: *kind,
            object: name.clone(),
            uses,
            more,
        });
    }
    for (name, (kind, _)) in &buggy.objects {
        if !fixed.has_object(name) && told.insert(name) {
            changes.push(Change::ObjectRemoved {
                kind: *kind,
                object: name.clone(),
            });
        }
    }
    changes
}

fn made_otherwise(name: &str, before: Make, now: Make) -> Option<Change> {
    let object = name.to_owned();
    if before.0 != now.0 {
        return Some(Change::Kind {
            object,
            before: before.0,
            now: now.0,
        });
    }
    let (before, now) = before.1.zip(now.1)?;
    (before != now).then_some(Change::Room {
        object,
        before,
        now,
    })
}

fn moved(why: &Why, before: &Standing) -> Option<Change> {
    let now = why.now.standing(&before.goroutine)?;
    let text = |standing: &Standing| {
        let op = standing.op.as_ref().map(Operation::text);
        op.map(|text| words::without_nil_lines(&text))
    };
    (text(before) != text(now)).then(|| Change::Moved {
        goroutine: before.goroutine.clone(),
        before: Position::of(before),
        now: Position::of(now),
    })
}

/// Lists the uses of an object in a trace, each once.
fn uses(trace: &Trace, object: &str) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    for act in trace.steps.iter().flat_map(|step| &step.by) {
        let named = act.object.as_deref().map(words::given);
        let one = Use {
            goroutine: act.goroutine.clone(),
            op: act.op,
            line: act.place.line,
        };
        if named.as_deref() == Some(object) && !uses.contains(&one) {
            uses.push(one);
        }
    }
    uses
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectAdded {
                kind,
                object,
                uses,
                more,
            } => {
                let mut uses: Vec<String> = uses.iter().map(Use::to_string).collect();
                uses.extend(more.then(|| "..".to_owned()));
                let colon = if uses.is_empty() { "" } else { ": " };
                write!(f, "+ {kind} {object}{colon}{}", uses.join(", "))
            }
            Self::ObjectRemoved { kind, object } => write!(f, "- {kind} {object}"),
            Self::Room {
                object,
                before,
                now,
            } => write!(f, "~ chan {object} has room for {now} instead of {before}"),
            Self::Kind {
                object,
                before,
                now,
            } => write!(f, "~ {object} is a {now} instead of a {before}"),
            Self::GoroutineAdded { goroutine, line } => {
                write!(f, "+ goroutine {goroutine}, started at :{line}")
            }
            Self::GoroutineRemoved { goroutine } => write!(f, "- goroutine {goroutine}"),
            Self::Parted {
                goroutine,
                act,
                line,
                step,
                now,
            } => write!(
                f,
                "~ where {goroutine} came to {act} (:{line}) in step {step} it now {now}"
            ),
            Self::NotEnabled { step } => write!(
                f,
                "~ the operations of step {step} are there, and cannot be done"
            ),
            Self::Moved {
                goroutine,
                before,
                now,
            } => match before {
                Position::At { op, line } => {
                    write!(
                        f,
                        "~ where {goroutine} stood at {op} (:{line}) it now {now}"
                    )
                }
                Position::Ended | Position::Spent | Position::NotStarted => {
                    write!(f, "~ where {goroutine} had ended it now {now}")
                }
            },
            Self::Nothing => f.write_str("nothing that this schedule shows"),
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} :{}", self.goroutine, self.op, self.line)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { op, line } => write!(f, "stands at {op} (:{line})"),
            Self::Ended => f.write_str("has ended"),
            Self::Spent => f.write_str("does not fire"),
            Self::NotStarted => f.write_str("is not there"),
        }
    }
}
