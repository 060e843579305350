//! The conclusion of a search: its distinct ends, in names, compared with the rules.
//!
//! Each distinct end is replayed by the rules, on coroutines, step by step as it was recorded under
//! loom. If the rules do not allow a step, or come to another end, one of the two accounts is
//! wrong: that is a [`Fault::Disagreement`].

use std::collections::BTreeSet;

use super::execution::{Status, Taken};
use super::history::Did;
use super::record::{Met, Position, Record};
use super::threads::Threads;
use crate::execution::end_state::{EndState, GoroutineStatus};
use crate::execution::replay::{Played, play};
use crate::execution::{schedule, words};
use crate::explore::Bad;
use crate::explore::Findings;
use crate::explore::Limit;
use crate::explore::Meter;
use crate::model::{
    End, Fault, FileId, GoroutineId, GoroutineInfo, Names, ObjectId, ObjectInfo, Program, ValueId,
};
use crate::runtime::backend::Backend;

/// Number of ends that are replayed, however much time that takes.
const PLAYED_MIN: usize = 16;

impl Names for Threads {
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        self.registry.borrow().goroutine(id)
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        self.registry.borrow().object(id)
    }

    fn value(&self, id: ValueId) -> String {
        self.values.borrow().text(id).to_owned()
    }

    fn file(&self, _: FileId) -> &str {
        // Its places are not numbered.
        ""
    }
}

impl Threads {
    pub(super) fn goroutine_name(&self, id: GoroutineId) -> String {
        self.goroutine(id).name
    }

    /// Returns the action of a goroutine in words.
    pub(super) fn describe(&self, did: &Did) -> String {
        match did {
            Did::Op(op, site) => {
                let op = words::operation(self, op);
                format!("{op} at {}:{}", site.file, site.line)
            }
            Did::Return => "return".to_owned(),
            Did::Panic(message) => format!("panic: {message}"),
        }
    }

    /// Returns the step as a schedule writes it.
    fn token(&self, step: &Taken) -> String {
        let mover = |(id, choice)| schedule::mover(|id| self.goroutine_name(id), id, choice);
        match step.partner {
            None => mover(step.actor),
            Some(partner) => format!("{}+{}", mover(step.actor), mover(partner)),
        }
    }

    fn standing(&self, status: &Status) -> Option<GoroutineStatus> {
        Some(match status {
            Status::Returned => GoroutineStatus::Returned,
            Status::Waiting(Some((op, line))) => {
                GoroutineStatus::Blocked(words::operation(self, op), *line)
            }
            Status::Panicked(_, Some(message)) => GoroutineStatus::Panicked(message.clone()),
            Status::Panicked(panic, None) => {
                let message = panic.message().unwrap_or("a panic with no message");
                GoroutineStatus::Panicked(match panic.object() {
                    Some(object) => format!("{message}: {}", self.name(object)),
                    None => message.to_owned(),
                })
            }
            Status::Running | Status::Waiting(None) => return None,
        })
    }

    fn end_state(&self, position: &Position) -> EndState {
        let goroutines = position.goroutines.iter();
        let mut goroutines: Vec<(String, GoroutineStatus)> = goroutines
            .filter_map(|(id, status)| Some((self.goroutine_name(*id), self.standing(status)?)))
            .collect();
        goroutines.sort();
        let objects = position.objects.iter();
        let mut objects: Vec<(String, String)> = objects
            .map(|(id, text)| (self.name(*id), text.clone()))
            .collect();
        objects.sort();
        EndState {
            end: position.end,
            goroutines,
            objects,
        }
    }

    /// Replays the way to a position by the rules, and compares where it leads.
    fn verify(
        &self,
        program: &mut dyn Program,
        position: &Position,
        met: &Met,
    ) -> Result<Played, Fault> {
        let tokens: Vec<String> = met.steps.iter().map(|step| self.token(step)).collect();
        let ours = self.end_state(position);
        let disagreement = |rules: String| Fault::Disagreement {
            schedule: schedule::join(&tokens),
            loom: format!("{ours:?}"),
            rules,
        };
        let played = play(program, &tokens)?;
        if let Some(divergence) = &played.divergence {
            return Err(disagreement(format!("{divergence:?}")));
        }
        let enabled = played.world.steps(program);
        if let Some(step) = enabled.first().filter(|_| !position.cut) {
            let token = schedule::token(program, *step, &enabled);
            return Err(disagreement(format!("it is not the end: {token} can move")));
        }
        let theirs = EndState::of(program, &played.world).in_given_names();
        let ours = ours.in_given_names();
        let same = if position.cut {
            panics(&theirs) == panics(&ours)
        } else {
            theirs == ours
        };
        if same {
            Ok(played)
        } else {
            Err(disagreement(format!("{theirs:?}")))
        }
    }

    /// Returns all distinct ends of executions, the findings, and the first fault. Bad ends are
    /// replayed first. Once the meter ends the search, only the first [`PLAYED_MIN`] are replayed.
    pub(super) fn conclude(
        &self,
        program: &mut dyn Program,
        complete: bool,
        meter: &Meter,
    ) -> (BTreeSet<EndState>, Findings, Option<Fault>) {
        let record = std::mem::take(&mut *self.record.borrow_mut());
        let mut findings = counts(&record, complete);
        let named = record.positions.iter();
        let mut named: Vec<(EndState, &Position, &Met)> = named
            .map(|(position, met)| (self.end_state(position), position, met))
            .collect();
        let is_good = |end: End| matches!(end, End::Complete | End::Cut);
        named.sort_by(|(a, one, _), (b, other, _)| {
            let by_end = is_good(one.end).cmp(&is_good(other.end));
            by_end.then_with(|| a.cmp(b))
        });
        let (mut ends, mut fault) = (BTreeSet::new(), None);
        for (index, (end_state, position, met)) in named.into_iter().enumerate() {
            let enough = index >= PLAYED_MIN;
            if let Some(limit) = meter.over_now().filter(|_| enough) {
                findings.record_limit(limit);
                findings.complete = false;
                break;
            }
            match self.verify(program, position, met) {
                Ok(played) => note(&mut findings, program, &played, position, met),
                Err(found) => {
                    fault.get_or_insert(found);
                }
            }
            if !position.cut {
                ends.insert(end_state);
            }
        }
        (ends, findings, fault)
    }
}

/// Records a bad end, as the other searches do, once for each execution that came to it.
fn note(
    findings: &mut Findings,
    program: &dyn Program,
    played: &Played,
    position: &Position,
    met: &Met,
) {
    let mut one = Findings::default();
    if position.cut {
        one.cut(program, &played.world, &played.path, Limit::Interrupt);
    } else {
        one.ended(program, &played.world, &played.path);
    }
    for (key, bad) in one.bad {
        let known = findings.bad.entry(key).or_insert(Bad {
            count: 0,
            ..bad.clone()
        });
        known.count += met.count;
        if (bad.path.len(), &bad.path) < (known.path.len(), &known.path) {
            known.path = bad.path;
        }
    }
}

/// Returns the findings without the bad ends.
fn counts(record: &Record, complete: bool) -> Findings {
    Findings {
        executions: record.executions,
        discarded: record.discarded,
        steps: record.steps,
        steps_max: record.steps_max,
        goroutines: record.goroutines,
        complete: complete && record.limits.is_empty(),
        limits: record.limits.clone(),
        bad_executions: record.bad_executions,
        first_bad: record.first_bad,
        ..Findings::default()
    }
}

/// Returns the goroutines that have panicked, each with its panic.
fn panics(state: &EndState) -> Vec<&(String, GoroutineStatus)> {
    let panicked = |(_, standing): &&(String, GoroutineStatus)| {
        matches!(standing, GoroutineStatus::Panicked(_))
    };
    state.goroutines.iter().filter(panicked).collect()
}
