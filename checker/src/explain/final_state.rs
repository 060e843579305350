//! Where everybody stands after the last step, and the state of the objects: the second half of
//! building a
//! [`Trace`](super::trace::Trace).

use std::collections::BTreeSet;

use super::record::{Recorder, place};
use super::trace::{Held, Object as TraceObject, Operation, Standing, State, Waiting};
use crate::execution::end_state::panic_message;
use crate::execution::words;
use crate::model::op::on_object;
use crate::model::primitive::{Kind as _, Mode, Primitive};
use crate::model::{
    Case, Chan, GoroutineId, Object, ObjectId, Op, Pending, Phase, Step, Timer, TimerRules,
    WaitsFor,
};

/// Where this goroutine stands.
pub(super) fn standing(
    recorder: &Recorder<'_>,
    id: GoroutineId,
    enabled: &[Step],
    stuck: &BTreeSet<GoroutineId>,
) -> Standing {
    let world = &recorder.world;
    let phase = world.goroutine(id).map(|state| state.phase);
    let site = recorder.site(world, id);
    let mut standing = Standing {
        goroutine: recorder.name(id),
        state: State::Waiting,
        op: None,
        place: place(site),
        reason: String::new(),
        holds: holds(recorder, id),
    };
    if let Some(message) = panic_message(recorder.program, world, id) {
        standing.state = State::Panicked;
        standing.reason = message;
    }
    match world.pending(recorder.program, id) {
        Pending::Nothing if phase == Some(Phase::Returned) => standing.state = State::Returned,
        Pending::Fire(timer) => {
            standing.op = Some(Operation {
                verb: "fire".to_owned(),
                object: Some(words::object(recorder.program, Some(timer))),
                cases: Vec::new(),
            });
            standing.state = State::Returned;
        }
        Pending::Op(op) => {
            standing.op = Some(operation(recorder, op));
            standing.reason = reason(recorder, id, op);
        }
        Pending::Nothing => {}
    }
    if enabled.iter().any(|step| step.moves(id)) {
        standing.state = State::Ready;
        standing.reason = "can move".to_owned();
    } else if stuck.contains(&id) {
        standing.state = State::Stuck;
    }
    standing
}

/// An operation as data.
pub(super) fn operation(recorder: &Recorder<'_>, op: &Op) -> Operation {
    Operation {
        verb: op.facts().verb.to_owned(),
        object: words::subject(recorder.program, op),
        cases: words::cases(recorder.program, op),
    }
}

fn holds(recorder: &Recorder<'_>, id: GoroutineId) -> Vec<Held> {
    let held = |hold: &super::record::Hold| Held {
        lock: recorder.program.object(hold.lock).name,
        mode: match hold.mode {
            Mode::Write => "lock",
            Mode::Read => "rlock",
            Mode::Permits(_) => "acquire",
        }
        .to_owned(),
        step: hold.step,
        place: place(hold.site),
    };
    let own = recorder.holds.iter().filter(|hold| hold.goroutine == id);
    own.map(held).collect()
}

/// Why an operation cannot be done, in a few words.
fn reason(recorder: &Recorder<'_>, id: GoroutineId, op: &Op) -> String {
    on_object!(op, K, |object, op| reason_at::<K>(recorder, id, *object, op), {
        Op::Go(_)
        | Op::Choose(_)
        | Op::Pause(_)
        | Op::CtxDerive(..)
        | Op::CtxCancel(_)
        | Op::Touch(..) => String::new(),
        Op::Chan(None, _) => "nil channel: blocks for ever".to_owned(),
        Op::Select { cases, .. } => select_reason(cases).to_owned(),
        Op::CondWait { cond, mutex, .. } => cond_wait_reason(recorder, id, *cond, *mutex),
    })
}

/// Why an operation on this object cannot be done.
fn reason_at<P: Primitive>(
    recorder: &Recorder<'_>,
    id: GoroutineId,
    object: ObjectId,
    op: &P::Op,
) -> String {
    let Some(state) = recorder.world.state::<P>(object) else {
        return String::new();
    };
    let blocked = state.blocked(op, id, recorder.program);
    blocked.unwrap_or_else(|| match state.waits_for(op, object, id) {
        WaitsFor::Holders(lock, _) => held_by(recorder, id, lock),
        WaitsFor::One { .. } | WaitsFor::Any(_) | WaitsFor::Nothing(_) | WaitsFor::Unknown => {
            String::new()
        }
    })
}

fn select_reason(cases: &[Case]) -> &'static str {
    let sends = cases.iter().any(|case| matches!(case, Case::Send(..)));
    let receives = cases.iter().any(|case| matches!(case, Case::Recv(_)));
    if cases.iter().all(|case| case.channel().is_none()) {
        return match cases.is_empty() {
            true => "no cases: blocks for ever",
            false => "nil channels: blocks for ever",
        };
    }
    match (sends, receives) {
        (true, true) => "no partner in any case",
        (true, false) => "no receiver",
        (false, _) => "no sender, none closed",
    }
}

fn cond_wait_reason(
    recorder: &Recorder<'_>,
    id: GoroutineId,
    cond: ObjectId,
    mutex: ObjectId,
) -> String {
    if recorder.world.goroutines()[id.index()].phase == Phase::Woken {
        let lock = recorder.program.object(mutex).name;
        return format!("woken; {lock} {}", held_by(recorder, id, mutex));
    }
    let idle = recorder.idle_signals.iter().rfind(|(it, _)| *it == cond);
    match idle {
        Some((_, step)) => format!("the signal of step {step} found nobody"),
        None => "no signal".to_owned(),
    }
}

fn held_by(recorder: &Recorder<'_>, id: GoroutineId, lock: ObjectId) -> String {
    let Some(hold) = recorder.holds.iter().find(|hold| hold.lock == lock) else {
        return String::new();
    };
    let who = if hold.goroutine == id {
        "itself".to_owned()
    } else {
        recorder.name(hold.goroutine)
    };
    let gone = recorder
        .world
        .goroutine(hold.goroutine)
        .is_some_and(|state| matches!(state.phase, Phase::Returned | Phase::Panicked(_)));
    if gone {
        return format!("held by {who}, which has ended");
    }
    format!("held by {who} since step {}", hold.step)
}

/// The objects that were made.
pub(super) fn objects(recorder: &Recorder<'_>) -> Vec<TraceObject> {
    let users = recorder.users();
    let count = recorder.world.objects().len();
    (0..count)
        .map(ObjectId::from_index)
        .filter(|&id| *recorder.world.object(id) != Object::Absent)
        .map(|id| object(recorder, id, users.get(&id).map_or(0, BTreeSet::len)))
        .collect()
}

fn object(recorder: &Recorder<'_>, id: ObjectId, users: usize) -> TraceObject {
    let object = recorder.world.object(id);
    let info = recorder.program.object(id);
    let mut holders: Vec<String> = Vec::new();
    for hold in recorder.holds.iter().filter(|hold| hold.lock == id) {
        holders.push(recorder.name(hold.goroutine));
    }
    TraceObject {
        name: info.name,
        kind: object.kind().to_owned(),
        cap: Chan::of(object).map(|chan| chan.capacity),
        place: place(info.site),
        state: state(recorder, id, object),
        values: object.values(recorder.program),
        holders,
        waiting: waiting(recorder, id),
        users,
    }
}

/// The rules by which the timers go that were made, if these are not the default.
pub(super) fn timers(recorder: &Recorder<'_>) -> Option<TimerRules> {
    let timers = recorder.world.objects().iter().filter_map(Timer::of);
    let rules = timers.map(|timer| timer.rules).max();
    rules.filter(|&rules| rules != TimerRules::default())
}

/// Who holds an object, and what else there is to say of its state.
fn state(recorder: &Recorder<'_>, id: ObjectId, object: &Object) -> String {
    let holds = recorder.holds.iter().filter(|hold| hold.lock == id);
    let held = holds.map(|hold| {
        let how = match hold.mode {
            Mode::Read => "read by".to_owned(),
            Mode::Write => "held by".to_owned(),
            Mode::Permits(permits) => format!("{permits} held by"),
        };
        format!(
            "{how} {} (step {})",
            recorder.name(hold.goroutine),
            hold.step
        )
    });
    let parts: Vec<String> = held.chain([object.state(recorder.program)]).collect();
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|it| !it.is_empty())
        .collect();
    parts.join(", ")
}

/// Who waits for this object, among those who cannot move.
fn waiting(recorder: &Recorder<'_>, id: ObjectId) -> Vec<Waiting> {
    let world = &recorder.world;
    let mut enabled = Vec::new();
    world.enabled(recorder.program, &mut enabled);
    let mut waiting = Vec::new();
    for index in 0..world.goroutines().len() {
        let goroutine = GoroutineId::from_index(index);
        let Pending::Op(op) = world.pending(recorder.program, goroutine) else {
            continue;
        };
        let mut verbs: Vec<&str> = Vec::new();
        if let Op::Select { cases, .. } = op {
            let own = cases.iter().filter(|case| case.channel() == Some(id));
            verbs.extend(own.map(|case| case.verb()));
        } else if let Op::CondWait { cond, mutex, .. } = op {
            let phase = world.goroutines()[index].phase;
            if (phase == Phase::Waiting && *cond == id) || (phase == Phase::Woken && *mutex == id) {
                verbs.push(op.facts().verb);
            }
        } else if op.objects().contains(&id) {
            verbs.push(op.facts().verb);
        }
        if enabled.iter().any(|step| step.moves(goroutine)) {
            continue;
        }
        waiting.extend(verbs.into_iter().map(|verb| Waiting {
            goroutine: recorder.name(goroutine),
            verb: verb.to_owned(),
        }));
    }
    waiting
}
