//! A trace's end in the shape of the dump that Go's runtime writes, with what Go does not know:
//! names, and who holds what.

use crate::explain::trace::{Ending, Standing, State, Trace};

/// The last row as a dump of goroutines.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let trace = &trace.for_people();
    let mut panics = trace.last.iter().filter(|s| s.state == State::Panicked);
    let head = match trace.end {
        Ending::Panic => match panics.next() {
            Some(one) => format!("panic: {}", one.reason),
            None => "panic".to_owned(),
        },
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

/// What Go's runtime would call it, and at which object.
fn status(trace: &Trace, standing: &Standing) -> String {
    if standing.state == State::Panicked {
        return "running".to_owned();
    }
    let Some(op) = &standing.op else {
        return "running".to_owned();
    };
    let kind = |name: &String| {
        let object = trace.objects.iter().find(|object| object.name == *name);
        object.map_or("", |object| object.kind.as_str())
    };
    let object = op.object.clone().unwrap_or_default();
    let what = match (op.verb.as_str(), kind(&object)) {
        ("send", _) if object == "nil" => return "chan send (nil chan)".to_owned(),
        ("recv", _) if object == "nil" => return "chan receive (nil chan)".to_owned(),
        ("send", _) => "chan send",
        ("recv", _) => "chan receive",
        ("select", _) if op.cases.is_empty() => return "select (no cases)".to_owned(),
        ("select", _) => return format!("select: {}", op.cases.join(", ")),
        ("rlock", _) => "sync.RWMutex.RLock",
        ("lock", "rwmutex") => "sync.RWMutex.Lock",
        ("lock", _) => "sync.Mutex.Lock",
        ("wait", "waitgroup") => "sync.WaitGroup.Wait",
        ("wait", _) => "sync.Cond.Wait",
        ("once", _) => "sync.Once.Do",
        ("acquire", _) => "semaphore.Weighted.Acquire",
        (verb, _) => {
            let stands = match standing.state {
                State::Ready => "runnable",
                _ => "waiting",
            };
            return format!("{stands}: {}", format!("{verb} {object}").trim_end());
        }
    };
    let why = if standing.state == State::Ready {
        ", can move".to_owned()
    } else if standing.reason.starts_with("held by") || standing.reason.starts_with("writer") {
        format!(", {}", standing.reason)
    } else {
        String::new()
    };
    format!("{what}: {object}{why}")
}
