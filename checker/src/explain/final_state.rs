//! The position of every goroutine after the last step, and the states of the objects: the second
//! half of building a [`Trace`](super::trace::Trace).

use std::collections::BTreeSet;

use super::object_state::state_of;
use super::record::Recorder;
use super::trace::{Held, HeldAs, Object as TraceObject, Operation, Standing, State};
use crate::execution::end_state::panic_message;
use crate::execution::words;
use crate::model::op::on_object;
use crate::model::primitive::{Kind as _, Mode, Primitive};
use crate::model::{
    Case, Chan, GoroutineId, ObjectId, Op, Pause, Pending, Phase, Site, Step, Timer, TimerRules,
    Verb, WaitsFor,
};

/// Describes where this goroutine stands.
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
        place: recorder.program.place(site),
        reason: String::new(),
        holds: holds(recorder, id),
    };
    if let Some(message) = panic_message(recorder.program, world, id) {
        standing.state = State::Panicked;
        standing.reason = message;
    }
    match world.pending(recorder.program, id) {
        Pending::Nothing if phase == Some(Phase::Returned) => standing.state = State::Returned,
        Pending::Nothing if phase.is_none() && recorder.has_acted(id) => {
            standing.state = State::Returned;
        }
        // A timer that cannot fire is nobody who is stuck, so it counts as ended.
        Pending::Fire(timer) => {
            standing.op = Some(Operation {
                verb: Verb::Fire,
                object: Some(words::object(recorder.program, Some(timer))),
                label: None,
                cases: Vec::new(),
            });
            standing.state = State::Returned;
        }
        Pending::Op(op) => {
            let site = recorder
                .program
                .site(id, recorder.world.goroutines()[id.index()].local);
            standing.op = Some(operation(recorder, op, site));
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

/// Returns an operation as data.
pub(super) fn operation(recorder: &Recorder<'_>, op: &Op, site: Site) -> Operation {
    Operation {
        verb: op.facts().verb,
        object: words::subject_at(recorder.program, op, site),
        label: words::label(recorder.program, op),
        cases: words::cases_with_lines(recorder.program, op),
    }
}

fn holds(recorder: &Recorder<'_>, id: GoroutineId) -> Vec<Held> {
    let held = |hold: &super::record::Hold| Held {
        lock: recorder.program.object(hold.lock).name,
        mode: match hold.mode {
            Mode::Write => HeldAs::Lock,
            Mode::Read => HeldAs::RLock,
            Mode::Permits(_) => HeldAs::Acquire,
        },
        step: hold.step,
        place: recorder.program.place(hold.site),
    };
    let own = recorder.holds.iter().filter(|hold| hold.goroutine == id);
    own.map(held).collect()
}

/// Returns the reason why an operation cannot be done, in a few words.
fn reason(recorder: &Recorder<'_>, id: GoroutineId, op: &Op) -> String {
    on_object!(op, K, |object, op| reason_at::<K>(recorder, id, *object, op), {
        Op::Exited => "has called runtime.Goexit".to_owned(),
        Op::Pause(Pause::Settle) => "until its bubble is at rest, or has ended".to_owned(),
        Op::Pause(Pause::Verify) => "until all other goroutines have ended".to_owned(),
        Op::Go(_)
        | Op::Choose(..)
        | Op::Pause(Pause::Sleep | Pause::Yield)
        | Op::CtxDerive(..)
        | Op::CtxCancel(_)
        | Op::Touch(..) => String::new(),
        Op::Chan(None, _) => "nil channel: blocks for ever".to_owned(),
        Op::Select { cases, .. } => select_reason(cases).to_owned(),
        Op::CondWait { cond, mutex, .. } => cond_wait_reason(recorder, id, *cond, *mutex),
    })
}

/// Returns the reason why an operation on this object cannot be done.
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
    match hold.step {
        0 => format!("held by {who}"),
        step => format!("held by {who} since step {step}"),
    }
}

/// Returns the objects that were made.
pub(super) fn objects(recorder: &Recorder<'_>) -> Vec<TraceObject> {
    let users = recorder.users();
    let count = recorder.world.objects().len();
    (0..count)
        .map(ObjectId::from_index)
        .filter_map(|id| object(recorder, id, users.get(&id).map_or(0, BTreeSet::len)))
        .collect()
}

fn object(recorder: &Recorder<'_>, id: ObjectId, users: usize) -> Option<TraceObject> {
    let object = recorder.world.object(id);
    let info = recorder.program.object(id);
    Some(TraceObject {
        name: info.name,
        kind: object.kind()?,
        cap: Chan::of(object).map(|chan| chan.capacity),
        place: recorder.program.place(info.site),
        now: state_of(recorder, id)?,
        users,
    })
}

/// Returns the rules of the timers that were made, if they are not the default.
pub(super) fn timers(recorder: &Recorder<'_>) -> Option<TimerRules> {
    let timers = recorder.world.objects().iter().filter_map(Timer::of);
    let rules = timers.map(|timer| timer.rules).max();
    rules.filter(|&rules| rules != TimerRules::default())
}
