//! Where everybody stands after the last step, and the state of the objects: the second half of building a
//! [`Trace`](super::trace::Trace).

use std::collections::BTreeSet;

use super::record::{Mode, Recorder, place};
use super::trace::{Held, Object as TraceObject, Operation, Standing, State, Waiting};
use crate::execution::end_state::panic_message;
use crate::execution::words;
use crate::model::{
    Case, Chan, GoroutineId, Mutex, Object, ObjectId, Once, Op, Pending, Phase, RwLock, Step,
    TimerRules,
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
    let mut operation = Operation {
        verb: words::verb(op).to_owned(),
        object: None,
        cases: Vec::new(),
    };
    match op {
        Op::Go(child) => operation.object = Some(recorder.name(*child)),
        Op::Select { cases, default } => {
            let texts = cases
                .iter()
                .map(|&case| words::case(recorder.program, case));
            operation.cases = texts.chain(default.then(|| "default".to_owned())).collect();
        }
        Op::Choose(_) | Op::Pause(_) => {}
        Op::Send(None, _) | Op::Recv(None) | Op::Close(None) => {
            operation.object = Some("nil".to_owned());
        }
        _ => {
            operation.object = op
                .objects()
                .first()
                .map(|&o| recorder.program.object(o).name)
        }
    }
    operation
}

fn holds(recorder: &Recorder<'_>, id: GoroutineId) -> Vec<Held> {
    let held = |hold: &super::record::Hold| Held {
        lock: recorder.program.object(hold.lock).name,
        mode: match hold.mode {
            Mode::Write => "lock",
            Mode::Read => "rlock",
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
    let world = &recorder.world;
    let phase = world.goroutine(id).map(|state| state.phase);
    match op {
        Op::Lock(lock) => held_by(recorder, id, *lock),
        Op::RLock(lock) | Op::WLock(lock) => rwlock_reason(recorder, id, *lock, op),
        Op::Send(channel, _) => send_reason(recorder, *channel),
        Op::Recv(channel) => receive_reason(recorder, *channel),
        Op::Select { cases, .. } if cases.is_empty() => "no cases: blocks for ever".to_owned(),
        Op::Select { cases, .. } => {
            let all_nil = cases.iter().all(|case| case.channel().is_none());
            let sends = cases.iter().any(|case| matches!(case, Case::Send(..)));
            let receives = cases.iter().any(|case| matches!(case, Case::Recv(_)));
            match (sends, receives) {
                _ if all_nil => "nil channels: blocks for ever",
                (true, true) => "no partner in any case",
                (true, false) => "no receiver",
                _ => "no sender, none closed",
            }
            .to_owned()
        }
        Op::WgWait(group) => match world.object(*group) {
            Object::WaitGroup(group) => format!("counter is {}", group.count),
            _ => String::new(),
        },
        Op::OnceBegin(once) => match world.object(*once) {
            Object::Once(Once::Running(runner)) if *runner == id => {
                "is inside it itself".to_owned()
            }
            Object::Once(Once::Running(runner)) => format!("{} is inside", recorder.name(*runner)),
            _ => String::new(),
        },
        Op::CondWait { mutex, .. } if phase == Some(Phase::Woken) => {
            let lock = recorder.program.object(*mutex).name;
            format!("woken; {lock} {}", held_by(recorder, id, *mutex))
        }
        Op::CondWait { cond, .. } => {
            let idle = recorder.idle_signals.iter().rfind(|(c, _)| c == cond);
            match idle {
                Some((_, step)) => format!("the signal of step {step} found nobody"),
                None => "no signal".to_owned(),
            }
        }
        _ => String::new(),
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

fn rwlock_reason(recorder: &Recorder<'_>, id: GoroutineId, lock: ObjectId, op: &Op) -> String {
    let Object::RwLock(state) = recorder.world.object(lock) else {
        return String::new();
    };
    match state.writer {
        Some(writer) if writer.holds => held_by(recorder, id, lock),
        Some(writer) if writer.goroutine == id => {
            let names: BTreeSet<String> = state.readers.iter().map(|&r| recorder.name(r)).collect();
            let names: Vec<String> = names.into_iter().collect();
            let count = if names.len() == 1 {
                "reader"
            } else {
                "readers"
            };
            format!("announced; {count} inside: {}", names.join(", "))
        }
        Some(writer) if matches!(op, Op::RLock(_)) => {
            format!("writer announced: {}", recorder.name(writer.goroutine))
        }
        Some(writer) => format!("behind the writer {}", recorder.name(writer.goroutine)),
        None => String::new(),
    }
}

fn send_reason(recorder: &Recorder<'_>, channel: Option<ObjectId>) -> String {
    let Some(channel) = channel else {
        return "nil channel: blocks for ever".to_owned();
    };
    match recorder.world.object(channel) {
        Object::Chan(chan) if chan.capacity > 0 => {
            format!("full ({} of {})", chan.buffer.len(), chan.capacity)
        }
        _ => "no receiver".to_owned(),
    }
}

fn receive_reason(recorder: &Recorder<'_>, channel: Option<ObjectId>) -> String {
    let Some(channel) = channel else {
        return "nil channel: blocks for ever".to_owned();
    };
    match recorder.world.object(channel) {
        Object::Chan(chan) if chan.capacity > 0 => "empty, not closed".to_owned(),
        _ => "no sender, not closed".to_owned(),
    }
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
        cap: match object {
            Object::Chan(chan) => Some(chan.capacity),
            _ => None,
        },
        place: place(info.site),
        state: state(recorder, id, object),
        values: values(recorder, object),
        holders,
        waiting: waiting(recorder, id),
        users,
    }
}

/// The rules by which the timers go that were made, if these are not the default.
pub(super) fn timers(recorder: &Recorder<'_>) -> Option<TimerRules> {
    let objects = recorder.world.objects().iter();
    let rules = objects.filter_map(|object| match object {
        Object::Timer(timer) => Some(timer.rules),
        _ => None,
    });
    rules.max().filter(|&rules| rules != TimerRules::default())
}

fn values(recorder: &Recorder<'_>, object: &Object) -> Vec<String> {
    let text = |id| recorder.program.value(id);
    match object {
        Object::Chan(chan) => chan.buffer.iter().map(|&value| text(value)).collect(),
        Object::Mutex(Mutex { content, .. }) | Object::RwLock(RwLock { content, .. }) => {
            let content = text(*content);
            if content == "()" {
                Vec::new()
            } else {
                vec![content]
            }
        }
        Object::Cell(cell) => vec![text(cell.value)],
        Object::Atomic(atomic) => vec![atomic.value.to_string()],
        _ => Vec::new(),
    }
}

fn state(recorder: &Recorder<'_>, id: ObjectId, object: &Object) -> String {
    match object {
        Object::Mutex(_) | Object::RwLock(_) => lock_state(recorder, id, object),
        Object::Chan(chan) => chan_state(chan),
        Object::WaitGroup(group) => format!("counter {}", group.count),
        Object::Once(Once::Fresh) => "not done".to_owned(),
        Object::Once(Once::Running(runner)) => format!("{} is inside", recorder.name(*runner)),
        Object::Once(Once::Done) => "done".to_owned(),
        Object::Cond(_) => String::new(),
        Object::Context(context) => match context.ended {
            None => "live".to_owned(),
            Some(reason) => format!("ended: {reason:?}"),
        },
        Object::Timer(timer) if timer.sending > 0 => "expired, about to send".to_owned(),
        Object::Timer(timer) if timer.is_pending() => "pending".to_owned(),
        Object::Timer(timer) if timer.stopped => "stopped".to_owned(),
        Object::Timer(_) => "fired".to_owned(),
        Object::Atomic(atomic) => format!("= {}", atomic.value),
        Object::Cell(cell) => format!("= {}", recorder.program.value(cell.value)),
        Object::Absent => "not made".to_owned(),
    }
}

fn lock_state(recorder: &Recorder<'_>, id: ObjectId, object: &Object) -> String {
    let mut parts: Vec<String> = Vec::new();
    for hold in recorder.holds.iter().filter(|hold| hold.lock == id) {
        let how = match hold.mode {
            Mode::Read => "read by",
            Mode::Write => "held by",
        };
        parts.push(format!(
            "{how} {} (step {})",
            recorder.name(hold.goroutine),
            hold.step
        ));
    }
    if let Object::RwLock(lock) = object
        && let Some(writer) = lock.writer.filter(|writer| !writer.holds)
    {
        parts.push(format!(
            "writer announced: {}",
            recorder.name(writer.goroutine)
        ));
    }
    if parts.is_empty() {
        "free".to_owned()
    } else {
        parts.join(", ")
    }
}

fn chan_state(chan: &Chan) -> String {
    let open = if chan.closed { "closed" } else { "open" };
    match chan.buffer.len() {
        0 => format!("{open}, empty"),
        n if n == chan.capacity as usize => format!("{open}, full ({n} of {n})"),
        n => format!("{open}, {n} of {}", chan.capacity),
    }
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
        match op {
            Op::Select { cases, .. } => {
                let own = cases.iter().filter(|case| case.channel() == Some(id));
                verbs.extend(own.map(|case| match case {
                    Case::Send(..) => "send",
                    Case::Recv(_) => "recv",
                }));
            }
            Op::CondWait { cond, mutex, .. } => {
                let phase = world.goroutines()[index].phase;
                if (phase == Phase::Waiting && *cond == id)
                    || (phase == Phase::Woken && *mutex == id)
                {
                    verbs.push("wait");
                }
            }
            _ if op.objects().contains(&id) => verbs.push(words::verb(op)),
            _ => {}
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
