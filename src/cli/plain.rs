//! Where everybody stands, and a step, in plain words.

use gordian_checker::model::{
    End, GoroutineId, Object, ObjectId, Once, Op, Pending, Phase, Program, Site, Step, World,
};
use gordian_checker::report::{end_state, words};

/// Where a goroutine stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) id: GoroutineId,
    pub(crate) name: String,
    /// What it is about to do.
    pub(crate) what: String,
    pub(crate) site: Site,
    pub(crate) state: State,
    pub(crate) holds: Vec<String>,
}

/// Whether a goroutine can move.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Ready,
    /// It cannot, for this reason.
    Waits(String),
    Returned,
    Panicked(String),
}

/// Where all goroutines stand, the hidden ones of timers among them while they can move.
pub(crate) fn standings(program: &dyn Program, world: &World) -> Vec<Standing> {
    let mut enabled = Vec::new();
    world.enabled(program, &mut enabled);
    let mut all = Vec::new();
    for (index, goroutine) in world.goroutines().iter().enumerate() {
        let id = GoroutineId::from_index(index);
        let ready = enabled.iter().any(|step| step.moves(id));
        let (what, state) = match (goroutine.phase, world.pending(program, id)) {
            (Phase::Absent, _) => continue,
            (Phase::Timer(_), _) if !ready => continue,
            (Phase::Timer(timer), _) => {
                (format!("fire {}", program.object(timer).name), State::Ready)
            }
            (Phase::Returned, _) => (String::new(), State::Returned),
            (Phase::Panicked(_), _) => {
                let message = end_state::panic_message(program, world, id);
                (String::new(), State::Panicked(message.unwrap_or_default()))
            }
            (_, Pending::Op(op)) if ready => (words::operation(program, op), State::Ready),
            (_, Pending::Op(op)) => {
                let reason = reason(program, world, id, op);
                (words::operation(program, op), State::Waits(reason))
            }
            (_, Pending::Nothing | Pending::Fire(_)) => continue,
        };
        all.push(Standing {
            id,
            name: program.goroutine(id).name,
            what,
            site: program.arrival(goroutine.local).site,
            state,
            holds: holds(program, world, id),
        });
    }
    all
}

/// The locks that a goroutine holds.
fn holds(program: &dyn Program, world: &World, id: GoroutineId) -> Vec<String> {
    let mut held = Vec::new();
    for (index, object) in world.objects().iter().enumerate() {
        let name = || program.object(ObjectId::from_index(index)).name;
        match object {
            Object::Mutex(mutex) if mutex.holder == Some(id) => held.push(name()),
            Object::RwLock(lock) => {
                if lock
                    .writer
                    .is_some_and(|writer| writer.goroutine == id && writer.holds)
                {
                    held.push(name());
                }
                if lock.readers.contains(&id) {
                    held.push(format!("{} (reading)", name()));
                }
            }
            _ => {}
        }
    }
    held
}

/// Why an operation cannot be done now.
fn reason(program: &dyn Program, world: &World, id: GoroutineId, op: &Op) -> String {
    let name = |id: GoroutineId| program.goroutine(id).name;
    let object = op.objects().first().map(|&object| world.object(object));
    match (op, object) {
        (Op::Lock(_), Some(Object::Mutex(mutex))) => holder(mutex.holder.map(name)),
        (Op::CondWait { mutex, .. }, _) => {
            match (world.goroutine(id).map(|g| g.phase), world.object(*mutex)) {
                (Some(Phase::Woken), Object::Mutex(mutex)) => holder(mutex.holder.map(name)),
                _ => "waits for a signal".to_owned(),
            }
        }
        (Op::RLock(_) | Op::WLock(_), Some(Object::RwLock(lock))) => match lock.writer {
            Some(writer) if writer.goroutine == id || writer.holds => {
                let readers: Vec<String> =
                    lock.readers.iter().map(|&reader| name(reader)).collect();
                match readers[..] {
                    [] => holder(Some(name(writer.goroutine))),
                    _ => format!("read by {}", readers.join(", ")),
                }
            }
            Some(writer) => format!("{} waits to write", name(writer.goroutine)),
            None => String::new(),
        },
        (Op::Send(None, _) | Op::Recv(None), _) => "nil channel".to_owned(),
        (Op::Send(..), Some(Object::Chan(chan))) if chan.capacity == 0 => "no receiver".to_owned(),
        (Op::Send(..), Some(Object::Chan(chan))) => format!("full: {0} of {0}", chan.capacity),
        (Op::Recv(_), Some(Object::Chan(chan))) if chan.capacity == 0 => {
            "no sender, not closed".to_owned()
        }
        (Op::Recv(_), _) => "empty, not closed".to_owned(),
        (Op::Select { .. }, _) => "no case is ready".to_owned(),
        (Op::WgWait(_), Some(Object::WaitGroup(group))) => format!("counter is {}", group.count),
        (Op::OnceBegin(_), Some(Object::Once(Once::Running(by)))) => {
            format!("{} is in it", name(*by))
        }
        _ => "cannot move".to_owned(),
    }
}

fn holder(name: Option<String>) -> String {
    format!("held by {}", name.as_deref().unwrap_or("?"))
}

/// A step that is about to be taken, a line for each goroutine that moves.
pub(crate) fn moves(program: &dyn Program, world: &World, step: Step) -> Vec<String> {
    let part = |id: GoroutineId, other: Option<String>| {
        let what = match world.pending(program, id) {
            Pending::Op(op) => words::operation(program, op),
            Pending::Fire(timer) => format!("fire {}", program.object(timer).name),
            Pending::Nothing => String::new(),
        };
        let line = world
            .goroutine(id)
            .map_or(0, |state| program.arrival(state.local).site.line);
        let name = program.goroutine(id).name;
        format!(
            "{name:10} {what:28} {:>5}{}",
            format!(":{line}"),
            other.unwrap_or_default()
        )
    };
    let name = |id| program.goroutine(id).name;
    match step.partner {
        None => vec![part(step.actor, None)],
        Some((receiver, _)) => vec![
            part(step.actor, Some(format!("  > {}", name(receiver)))),
            part(receiver, Some(format!("  < {}", name(step.actor)))),
        ],
    }
}

/// What kind of end this state is, if it is one.
pub(crate) fn end(program: &dyn Program, world: &World) -> Option<End> {
    let mut enabled = Vec::new();
    world.enabled(program, &mut enabled);
    let end = world.end(program);
    (enabled.is_empty() || end == End::Panic).then_some(end)
}

/// An end in one word.
pub(crate) fn end_word(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::Leak => "leak",
        End::Deadlock => "deadlock",
        End::Panic => "panic",
        End::Cut => "cut",
    }
}
