//! The end of a trace in the form of the Go runtime's dump. It has facts that Go does not have:
//! names, and the holders of locks.

use crate::explain::trace::{Ending, ObjectKind, Standing, State, Trace, Verb};

/// Returns the last state as a goroutine dump.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let trace = &trace.for_people();
    let mut panics = trace.last.iter().filter(|s| s.state == State::Panicked);
    let head = match trace.end {
        Ending::Panic | Ending::Misuse | Ending::LateLog => match panics.next() {
            Some(one) => format!("panic: {}", one.reason),
            None => "panic".to_owned(),
        },
        Ending::Fail | Ending::Exit => match panics.next() {
            Some(one) => one.reason.clone(),
            None => trace.end.to_string(),
        },
        // Go reports a deadlock only if every goroutine is blocked.
        Ending::Deadlock if trace.stuck().count() == live(trace) => {
            "fatal error: all goroutines are asleep - deadlock!".to_owned()
        }
        Ending::Deadlock => "deadlock: main is blocked for ever".to_owned(),
        Ending::Leak if trace.cycle > 0 => {
            "leak: goroutines are blocked for ever while others run on".to_owned()
        }
        Ending::Leak => "leak: main returned, these goroutines are blocked for ever".to_owned(),
        Ending::Complete => "all goroutines returned".to_owned(),
        Ending::Bounded => "a goroutine waits for a tick beyond the kernel's limit".to_owned(),
        Ending::Race => "race: two goroutines access the same memory at once".to_owned(),
        Ending::Open => "not over".to_owned(),
    };
    let mut out = format!("{head}\n\n");
    for standing in trace.last.iter().filter(|s| s.state != State::Returned) {
        let mut line = format!(
            "goroutine {} [{}",
            standing.goroutine,
            status(trace, standing)
        );
        if !standing.holds.is_empty() {
            let locks: Vec<&str> = standing
                .holds
                .iter()
                .map(|held| held.lock.as_str())
                .collect();
            line.push_str(&format!("], holds {}:\n", locks.join(", ")));
        } else {
            line.push_str("]:\n");
        }
        out.push_str(&line);
        let place = &standing.place;
        if place.line > 0 {
            out.push_str(&format!("\t{}:{}\n", place.file, place.line));
        }
        let info = trace
            .goroutines
            .iter()
            .find(|g| g.name == standing.goroutine);
        if let Some(info) = info
            && let Some(parent) = &info.parent
        {
            let (file, line) = (&info.place.file, info.place.line);
            out.push_str(&format!("created by {parent} at\n\t{file}:{line}\n"));
        }
    }
    out
}

fn live(trace: &Trace) -> usize {
    let live = trace.last.iter().filter(|s| s.state != State::Returned);
    live.count()
}

/// Returns the status in the words of Go's runtime, with the object.
fn status(trace: &Trace, standing: &Standing) -> String {
    if standing.state == State::Panicked {
        return "running".to_owned();
    }
    let Some(op) = &standing.op else {
        return "running".to_owned();
    };
    let object = op.object.clone().unwrap_or_default();
    let known = trace.objects.iter().find(|known| known.name == object);
    let kind = known.map(|known| known.kind);
    let is_nil = object == "nil" || object.ends_with(" (nil)");
    let what = match op.verb {
        Verb::Send if is_nil => return "chan send (nil chan)".to_owned(),
        Verb::Recv if is_nil => return "chan receive (nil chan)".to_owned(),
        Verb::Send => "chan send",
        Verb::Recv => "chan receive",
        Verb::Select if op.cases.is_empty() => return "select (no cases)".to_owned(),
        Verb::Select => return format!("select: {}", op.cases.join(", ")),
        Verb::RLock => "sync.RWMutex.RLock",
        Verb::Lock if kind == Some(ObjectKind::RwLock) => "sync.RWMutex.Lock",
        Verb::Lock => "sync.Mutex.Lock",
        Verb::Wait if kind == Some(ObjectKind::WaitGroup) => "sync.WaitGroup.Wait",
        // A goroutine waits for no object only in a bubble, or in goleak.
        Verb::Wait if op.object.is_none() => return "synctest.Wait".to_owned(),
        Verb::Wait => "sync.Cond.Wait",
        Verb::Once => "sync.Once.Do",
        Verb::Acquire => "semaphore.Weighted.Acquire",
        Verb::Goexit => return "goexit".to_owned(),
        Verb::Go
        | Verb::Choose
        | Verb::Sleep
        | Verb::Yield
        | Verb::TryLock
        | Verb::Unlock
        | Verb::TryRLock
        | Verb::RUnlock
        | Verb::Close
        | Verb::Len
        | Verb::Done
        | Verb::Add
        | Verb::OnceEnd
        | Verb::Signal
        | Verb::Broadcast
        | Verb::Derive
        | Verb::Cancel
        | Verb::Err
        | Verb::Stop
        | Verb::Reset
        | Verb::Fire
        | Verb::Expire
        | Verb::Load
        | Verb::Store
        | Verb::AtomicAdd
        | Verb::Swap
        | Verb::CompareAndSwap
        | Verb::And
        | Verb::Or
        | Verb::Max
        | Verb::Get
        | Verb::Set
        | Verb::Read
        | Verb::Write
        | Verb::TryAcquire
        | Verb::Release => return never_blocks(standing.state, op.verb, &object),
    };
    format!("{what}: {object}{}", why(standing))
}

fn why(standing: &Standing) -> String {
    if standing.state == State::Ready {
        ", can move".to_owned()
    } else if standing.reason.starts_with("held by") || standing.reason.starts_with("writer") {
        format!(", {}", standing.reason)
    } else {
        String::new()
    }
}

/// Returns the status of a goroutine at an operation for which Go has no name, since it waits for
/// nobody.
fn never_blocks(state: State, verb: Verb, object: &str) -> String {
    let stands = match state {
        State::Ready => "runnable",
        State::Returned | State::Stuck | State::Waiting | State::Panicked => "waiting",
    };
    format!("{stands}: {}", format!("{verb} {object}").trim_end())
}
