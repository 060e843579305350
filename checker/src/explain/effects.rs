//! The effects of a fix on the reasons of the bug, as claims that can be judged, and their words.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::compare::Why;
use super::survey::{Survey, Visited, given};
use super::trace::{Act, Ending, Operation, Standing, State};
use super::wait_for_graph::Reason;
use crate::execution::words;

/// Most goroutines beside the reasons of the bug of which it is said that they can move.
const OTHERS_MAX: usize = 3;

/// An effect of a fix: what becomes of a reason of the bug in the fixed variant. The state is the
/// one in which the buggy schedule ends, or in which the two part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "effect")]
pub enum Effect {
    /// A step of the buggy schedule cannot be taken here.
    NotTaken {
        /// The step, from 1.
        step: usize,
        /// Its parts, each with its goroutine.
        acts: Vec<String>,
        /// The end that does not come about this way.
        end: Ending,
    },
    /// A goroutine that is in a reason of the bug does not wait as it did.
    Wait {
        /// The goroutine.
        goroutine: String,
        /// The waits of the reason that were its own: the object, and the goroutine waited for.
        edges: Vec<(String, String)>,
        /// Its position here.
        now: Now,
    },
    /// A wait of this cycle is gone.
    CycleGone {
        /// Its members, in order.
        members: Vec<String>,
    },
    /// A goroutine in no reason of the bug can move here, and could not.
    CanMove {
        /// The goroutine.
        goroutine: String,
        /// True if it was stuck, false if it had returned.
        was_stuck: bool,
        /// The operation that it is about to do.
        op: String,
        /// The line.
        line: u32,
    },
    /// Nobody has panicked here, where the buggy variant panics.
    NoPanic,
    /// These steps can be taken here, and nothing else is known to differ.
    GoesOn {
        /// The steps, as in a schedule.
        enabled: Vec<String>,
    },
    /// The fixed variant cannot move here either.
    Nothing,
    /// The fixed variant never waits as the buggy one does.
    NeverWaits(NeverWaits),
}

/// A wait of the bug that the fixed variant does not do under some locks. In none of its states
/// that were visited is a goroutine that holds one of them about to do the operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NeverWaits {
    /// The goroutine of the bug.
    pub goroutine: String,
    /// The operation at which it waits.
    pub op: String,
    /// The line.
    pub line: u32,
    /// The locks that it holds there.
    pub holds: Vec<String>,
    /// The locks among them that the claim is about. If there are none, no goroutine at all is
    /// about to do the operation.
    pub never: Vec<String>,
    /// The states of the fixed variant.
    pub visited: Visited,
}

/// A goroutine's position in the fixed variant, where it waited in the buggy one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Now {
    /// It has returned.
    HasReturned,
    /// It has panicked.
    HasPanicked,
    /// It is at a select that has the operation at which it waited, and other cases.
    HasWayOut {
        /// The other cases that can ever be ready.
        cases: Vec<String>,
        /// The line.
        line: u32,
        /// True if it can move.
        can_move: bool,
    },
    /// It can move.
    CanMove {
        /// The operation that it is about to do.
        op: String,
        /// The line.
        line: u32,
    },
    /// It waits at another operation.
    WaitsElsewhere {
        /// The operation.
        op: String,
        /// The line.
        line: u32,
    },
}

/// Finds what becomes of the reasons of the bug in the fixed variant.
pub(super) fn effects(why: &Why, fixed: &Survey) -> Vec<Effect> {
    // Where the two part, the end of the bug is not reached, so there are no waits to compare.
    if let Some(parted) = &why.parted {
        let step = &why.buggy.steps[parted.step - 1];
        let act = |act: &Act| format!("{}: {}", act.goroutine, act.text());
        let not_taken = Effect::NotTaken {
            step: parted.step,
            acts: step.by.iter().map(act).collect(),
            end: why.buggy.end,
        };
        let mut effects = vec![not_taken];
        effects.extend(never_waits(why, fixed));
        return effects;
    }
    let mut effects = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for reason in &why.buggy.waits.reasons {
        let before = effects.len();
        for name in &reason.members {
            if let Some(now) = now(why, name).filter(|_| told.insert(name)) {
                effects.push(wait(why, reason, name, now));
            }
        }
        if effects.len() > before && reason.simple && is_gone(why, &reason.members) {
            effects.push(Effect::CycleGone {
                members: reason.members.clone(),
            });
        }
    }
    let others = why.now.last.iter().filter(|standing| {
        standing.state == State::Ready && !told.contains(standing.goroutine.as_str())
    });
    let others = others.take(OTHERS_MAX);
    effects.extend(others.filter_map(|standing| can_move(why, standing)));
    if why.buggy.end == Ending::Panic && why.now.end != Ending::Panic {
        effects.push(Effect::NoPanic);
    }
    if effects.is_empty() {
        let enabled = why.now.enabled.clone();
        effects.push(match enabled.is_empty() {
            true => Effect::Nothing,
            false => Effect::GoesOn { enabled },
        });
    }
    effects
}

fn wait(why: &Why, reason: &Reason, name: &str, now: Now) -> Effect {
    let inner = why.buggy.waits.within(reason);
    let own = inner.filter(|edge| edge.from == name);
    Effect::Wait {
        goroutine: name.to_owned(),
        edges: own.map(|it| (it.object.clone(), it.to.clone())).collect(),
        now,
    }
}

/// Returns true if one of the waits of a cycle of several is not there in the fixed variant.
fn is_gone(why: &Why, members: &[String]) -> bool {
    let next = members.iter().cycle().skip(1);
    let mut waits = members.iter().zip(next);
    let edges = &why.now.waits.edges;
    members.len() > 1
        && waits.any(|(from, to)| !edges.iter().any(|it| it.from == *from && it.to == *to))
}

/// Returns what a goroutine that can move in the fixed variant did in the buggy one, where it could
/// not.
fn can_move(why: &Why, now: &Standing) -> Option<Effect> {
    let was_stuck = match why.buggy.standing(&now.goroutine)?.state {
        State::Stuck => true,
        State::Returned => false,
        State::Ready | State::Waiting | State::Panicked => return None,
    };
    Some(Effect::CanMove {
        goroutine: now.goroutine.clone(),
        was_stuck,
        op: now.op.as_ref()?.text(),
        line: now.place.line,
    })
}

/// Returns the change for a goroutine that was stuck; `None` if it waits as before.
fn now(why: &Why, name: &str) -> Option<Now> {
    let before = why.buggy.standing(name)?.op.as_ref()?;
    let standing = why.now.standing(name)?;
    let line = standing.place.line;
    let can_move = standing.state == State::Ready;
    let Some(now) = &standing.op else {
        return match standing.state {
            State::Returned => Some(Now::HasReturned),
            State::Panicked => Some(Now::HasPanicked),
            State::Stuck | State::Ready | State::Waiting => None,
        };
    };
    let cases = other_cases(before, now);
    if !cases.is_empty() {
        return Some(Now::HasWayOut {
            cases,
            line,
            can_move,
        });
    }
    let op = now.text();
    if can_move {
        Some(Now::CanMove { op, line })
    } else if words::without_nil_lines(&op) == words::without_nil_lines(&before.text()) {
        None
    } else {
        Some(Now::WaitsElsewhere { op, line })
    }
}

/// Returns the cases that a select has beside those of the operation before. There are none if it
/// has none of those.
fn other_cases(before: &Operation, now: &Operation) -> Vec<String> {
    let was = |case: &&String| **case == before.text() || before.cases.contains(case);
    let open = now.cases.iter().filter(|case| !words::is_nil_case(case));
    let (same, others): (Vec<&String>, Vec<&String>) = open.partition(was);
    match same.is_empty() {
        true => Vec::new(),
        false => others.into_iter().cloned().collect(),
    }
}

/// Finds the waits of the bug's reasons that the fixed variant does under no such lock, or not at
/// all.
fn never_waits(why: &Why, fixed: &Survey) -> Vec<Effect> {
    let reasons = why.buggy.waits.reasons.iter();
    let mut told: BTreeSet<&String> = BTreeSet::new();
    let members = reasons.flat_map(|reason| &reason.members);
    let members = members.filter(|name| told.insert(name));
    let standings = members.filter_map(|name| why.buggy.standing(name));
    standings
        .filter_map(|standing| never_waits_so(standing, fixed))
        .map(Effect::NeverWaits)
        .collect()
}

fn never_waits_so(standing: &Standing, fixed: &Survey) -> Option<NeverWaits> {
    let op = standing.op.as_ref()?;
    let ops = match op.cases.is_empty() {
        true => given([op.text()]),
        false => given(op.cases.iter().map(|it| words::without_nil_lines(it))),
    };
    let alike = fixed.waits.iter();
    let alike = alike.filter(|(others, _)| !ops.is_disjoint(others));
    let alike: Vec<&BTreeSet<String>> = alike.map(|(_, locks)| locks).collect();
    let holds: Vec<String> = standing.holds.iter().map(|it| it.lock.clone()).collect();
    let never = |lock: &&String| {
        let lock = words::given(lock);
        !alike.iter().any(|locks| locks.contains(&lock))
    };
    let never: Vec<String> = match alike.is_empty() {
        true => Vec::new(),
        false => holds.iter().filter(never).cloned().collect(),
    };
    (alike.is_empty() || !never.is_empty()).then(|| NeverWaits {
        goroutine: standing.goroutine.clone(),
        op: op.text(),
        line: standing.place.line,
        holds,
        never,
        visited: fixed.visited,
    })
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTaken { step, acts, end } => write!(
                f,
                "step {step} of the buggy schedule ({}) cannot be taken here, so the {end} does \
                 not come about this way",
                acts.join(", ")
            ),
            Self::Wait {
                goroutine,
                edges,
                now,
            } => {
                let edge =
                    |(object, to): &(String, String)| format!("{goroutine} -({object})-> {to}");
                let edges: Vec<String> = edges.iter().map(edge).collect();
                let colon = if edges.is_empty() { "" } else { ": " };
                write!(f, "{}{colon}{goroutine} {now}", edges.join(", "))
            }
            Self::CycleGone { members } => {
                let (cycle, back) = (members.join(" -> "), &members[0]);
                write!(f, "so {cycle} -> {back} is no cycle here")
            }
            Self::CanMove {
                goroutine,
                was_stuck,
                op,
                line,
            } => {
                let how = match was_stuck {
                    true => "is not stuck",
                    false => "has not returned yet",
                };
                write!(f, "{goroutine} {how}: it can go on with {op} (:{line})")
            }
            Self::NoPanic => {
                f.write_str("the step that panics in the buggy variant does not panic here")
            }
            Self::GoesOn { enabled } => write!(f, "it can go on here: {}", enabled.join(", ")),
            Self::Nothing => {
                f.write_str("nothing on this schedule: the fixed variant cannot move here either")
            }
            Self::NeverWaits(never) => never.fmt(f),
        }
    }
}

impl fmt::Display for NeverWaits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looked_at = match self.visited.all {
            true => "",
            false => " that were looked at",
        };
        let states = self.visited.states;
        let ground = format!("in none of the {states} states of the fixed variant{looked_at}");
        write!(
            f,
            "{} waits at {} (:{})",
            self.goroutine, self.op, self.line
        )?;
        if self.never.is_empty() {
            return write!(f, "; {ground} is a goroutine about to do so");
        }
        write!(
            f,
            " and holds {}; {ground} is a goroutine that holds {} about to do so",
            self.holds.join(", "),
            self.never.join(" or ")
        )
    }
}

impl fmt::Display for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HasReturned => f.write_str("has ended instead of waiting"),
            Self::HasPanicked => f.write_str("panics instead of waiting"),
            Self::HasWayOut {
                cases,
                line,
                can_move,
            } => {
                let can = if *can_move { ", and can go on" } else { "" };
                write!(
                    f,
                    "has another way out: {} (:{line}){can}",
                    cases.join(", ")
                )
            }
            Self::CanMove { op, line } => {
                write!(f, "does not wait: it can go on with {op} (:{line})")
            }
            Self::WaitsElsewhere { op, line } => write!(f, "waits elsewhere: {op} (:{line})"),
        }
    }
}
