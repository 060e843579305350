//! The objects of a trace as text: their contents, and who waits for them.

use super::reasons::wrapped;
use super::text::{Line, Look, Role, under, width};
use crate::explain::trace::{Object, ObjectKind, Trace};

/// Most objects that are shown; those with waiting goroutines come first.
const OBJECTS_MAX: usize = 12;

/// Returns the objects and their contents.
pub(super) fn objects(trace: &Trace, look: &Look) -> Vec<Line> {
    let mut all: Vec<&Object> = trace.objects.iter().filter(|o| o.users > 0).collect();
    // Objects that somebody waits for or holds tell the most, and are left out last.
    all.sort_by_key(|object| (object.now.waiting.is_empty(), object.now.holders.is_empty()));
    let max = if look.all { all.len() } else { OBJECTS_MAX };
    let left_out = all.len().saturating_sub(max);
    all.truncate(max);
    let columns = look.columns() - 12;
    let widest = |text: &dyn Fn(&Object) -> String| {
        let widths = all.iter().map(|object| width(&text(object)));
        widths.max().unwrap_or(0)
    };
    let name_width = widest(&|object| object.name.clone()).min(columns / 3);
    let kind_width = widest(&kind);
    let from = name_width + kind_width + 4;
    let state_width = widest(&state).min(columns.saturating_sub(from));
    let mut lines = Vec::new();
    for object in all {
        let mut line = Line::of(Role::Strong, object.name.clone());
        if width(&object.name) > name_width {
            lines.push(line);
            line = Line::new();
        }
        line.pad(name_width + 2);
        line.plain(kind(object));
        line.pad(from);
        let role = if object.now.holders.is_empty() {
            Role::Plain
        } else {
            Role::Held
        };
        line.push(role, state(object));
        let waiting = waiting_text(object);
        let at = from + state_width + 2;
        let room = columns.saturating_sub(at.max(line.width()));
        if !waiting.is_empty() && width(&waiting) <= room {
            line.pad(at);
            line.plain(waiting);
            lines.push(line);
            continue;
        }
        lines.extend(line.broken(columns, from));
        let indent = name_width + 2;
        let waiting = (!waiting.is_empty()).then_some(waiting);
        for below in wrapped(waiting.into_iter().collect(), columns - indent) {
            let mut line = Line::new();
            line.pad(indent);
            line.append(below);
            lines.push(line);
        }
    }
    if left_out > 0 {
        lines.push(Line::of(Role::Dim, format!("and {left_out} more (--all)")));
    }
    under("objects", 12, lines)
}

/// Returns the kind of an object, and how many values it can hold.
fn kind(object: &Object) -> String {
    match object.cap {
        Some(cap) => format!("{} {cap}", object.kind),
        None => object.kind.to_string(),
    }
}

/// Returns the state of an object, with the values that are in a channel.
fn state(object: &Object) -> String {
    let values = object.now.values.join(", ");
    if !values.is_empty() && object.kind == ObjectKind::Chan {
        format!("{}: {values}", object.now.state)
    } else {
        object.now.state.clone()
    }
}

/// Lists the goroutines that wait for an object, with their operations where these are not obvious.
fn waiting_text(object: &Object) -> String {
    if object.now.waiting.is_empty() {
        return String::new();
    }
    let plain = match object.kind {
        ObjectKind::Mutex
        | ObjectKind::Once
        | ObjectKind::WaitGroup
        | ObjectKind::Cond
        | ObjectKind::Semaphore => true,
        ObjectKind::RwLock
        | ObjectKind::Chan
        | ObjectKind::Context
        | ObjectKind::Timer
        | ObjectKind::Atomic
        | ObjectKind::Cell => false,
    };
    let who = object.now.waiting.iter().map(|waiting| match plain {
        true => waiting.goroutine.clone(),
        false => format!("{} ({})", waiting.goroutine, waiting.verb),
    });
    format!("waiting: {}", who.collect::<Vec<_>>().join(", "))
}
