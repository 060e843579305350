//! The words for operations, the same in every rendering.

#![warn(clippy::wildcard_enum_match_arm)]

use crate::memory::Bytes;
use crate::model::op::on_object;
use crate::model::{
    Action, Case, CellOp, ChanOp, Choice, Fault, GoroutineId, MutexOp, Names, NilCase, ObjectId,
    Op, Pending, Place, Program, RwLockOp, Site, Stage, Stall, StallCause, Step, Timer, ValueId,
    Verb, World,
};

/// Returns the object's name, or `nil`.
#[must_use]
pub fn object(names: &dyn Names, id: Option<ObjectId>) -> String {
    id.map_or_else(|| "nil".to_owned(), |id| names.object(id).name)
}

/// Returns the name of the operation's subject: the first object that it names, or the goroutine
/// that it starts.
#[must_use]
pub fn subject(names: &dyn Names, op: &Op) -> Option<String> {
    let name = |id: &ObjectId| Some(names.object(*id).name);
    on_object!(op, _K, |object, _| name(object), {
        Op::Go(child) => Some(names.goroutine(*child).name),
        Op::Select { .. } | Op::Choose(..) | Op::Pause(_) | Op::Exited => None,
        Op::Chan(None, _) => Some("nil".to_owned()),
        Op::CondWait { cond: object, .. }
        | Op::CtxDerive(object, _)
        | Op::CtxCancel(object)
        | Op::Touch(object, _) => name(object),
    })
}

/// Returns the label of an operation that is on no object.
#[must_use]
pub fn label(names: &dyn Names, op: &Op) -> Option<String> {
    let Op::Choose(_, label) = op else {
        return None;
    };
    label.map(|label| names.value(label))
}

/// Returns the number that `choose` yields, in words.
#[must_use]
pub fn chosen(choice: Choice) -> Option<String> {
    choice.number().map(|number| format!("= {number}"))
}

/// Returns the cases of a select in words; none for another operation. A nil channel has the name
/// of the one that it stands for: `recv n.propc (nil)`.
#[must_use]
pub fn cases(names: &dyn Names, op: &Op) -> Vec<String> {
    cases_with(names, op, |_| None)
}

/// Returns the cases like [`cases`]. A nil channel without a name has the line of its case instead:
/// `recv nil (:86)`.
#[must_use]
pub fn cases_with_lines(names: &dyn Names, op: &Op) -> Vec<String> {
    let line = |nil: &NilCase| Some(nil.site.line).filter(|&line| line > 0);
    cases_with(names, op, |nil| {
        line(nil).map(|line| format!("nil (:{line})"))
    })
}

/// Returns cases that [`cases_with_lines`] made as [`cases`] makes them. They can be compared with
/// those of another variant.
#[must_use]
pub fn without_nil_lines(text: &str) -> String {
    let mut parts = text.split(" nil (:");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once(')').unwrap_or_default();
        plain.push_str(" nil");
        plain.push_str(rest);
    }
    plain
}

/// Returns true if this case is on a nil channel, and so never ready.
#[must_use]
pub fn is_nil_case(case: &str) -> bool {
    let plain = without_nil_lines(case);
    plain.ends_with(" nil") || plain.ends_with(" (nil)")
}

fn cases_with(
    names: &dyn Names,
    op: &Op,
    nameless: impl Fn(&NilCase) -> Option<String>,
) -> Vec<String> {
    let Op::Select {
        cases,
        default,
        nils,
    } = op
    else {
        return Vec::new();
    };
    let channel = |case: Case, number| {
        let nil = nils.iter().find(|nil| nil.case == number);
        let words = nil.and_then(|nil| match nil.of {
            Some(of) => Some(format!("{} (nil)", object(names, Some(of)))),
            None => named_nil(names, nil.site).or_else(|| nameless(nil)),
        });
        words.unwrap_or_else(|| object(names, case.channel()))
    };
    let words = cases.iter().zip(0..);
    let words = words.map(|(&case, number)| format!("{} {}", case.verb(), channel(case, number)));
    words.chain(default.then(|| "default".to_owned())).collect()
}

/// Returns the name of a nil channel by the place where it is used: `w.result (nil)`.
fn named_nil(names: &dyn Names, site: Site) -> Option<String> {
    let name = names.nil_channel(site)?;
    Some(format!("{name} (nil)"))
}

/// Returns the [`subject`] of an operation at this place. A nil channel has the name by which the
/// source calls it, if that is known: `w.result (nil)`.
#[must_use]
pub fn subject_at(names: &dyn Names, op: &Op, site: Site) -> Option<String> {
    let is_nil = matches!(op, Op::Chan(None, _));
    let nil = is_nil.then(|| named_nil(names, site)).flatten();
    nil.or_else(|| subject(names, op))
}

/// Returns an operation in a few words: `send w.result`, `select send w.result, recv w.stopped`.
#[must_use]
pub fn operation(names: &dyn Names, op: &Op) -> String {
    operation_at(names, op, Site::NONE)
}

/// Returns the [`operation`] at this place, with the [`subject_at`] it.
#[must_use]
pub fn operation_at(names: &dyn Names, op: &Op, site: Site) -> String {
    let verb = op.facts().verb;
    let cases = cases(names, op);
    if !cases.is_empty() {
        return format!("{verb} {}", cases.join(", "));
    }
    if let Op::Choose(below, _) = op {
        let label = label(names, op);
        return format!("{verb} {}", label.unwrap_or_else(|| below.to_string()));
    }
    match subject_at(names, op, site) {
        Some(subject) => format!("{verb} {subject}"),
        None => verb.to_string(),
    }
}

/// Returns what an operation brings with it: its values, or else itself as code.
#[must_use]
pub fn values(names: &dyn Names, op: &Op) -> Vec<String> {
    let value = |value: &ValueId| vec![names.value(*value)];
    on_object!(op, _K, |_, op| vec![format!("{op:?}")], {
        Op::Chan(_, ChanOp::Send(sent)) => value(sent),
        Op::Cell(_, CellOp::Set(set)) => value(set),
        Op::Mutex(_, MutexOp::Unlock(Some(data)))
        | Op::RwLock(_, RwLockOp::Unlock(Some(data)))
        | Op::CondWait { content: Some(data), .. } => value(data),
        Op::Select { cases, .. } => {
            let sent = cases.iter().filter_map(|case| match case {
                Case::Send(_, sent) => Some(names.value(*sent)),
                Case::Recv(_) => None,
            });
            sent.collect()
        }
        Op::Choose(below, _) => vec![below.to_string()],
        Op::CondWait { content: None, .. }
        | Op::Go(_)
        | Op::Pause(_)
        | Op::Exited
        | Op::Touch(..)
        | Op::Chan(None, _)
        | Op::CtxDerive(..)
        | Op::CtxCancel(_) => Vec::new(),
    })
}

/// Returns the names in a text as their makers gave them. A name is made unique by its maker's name
/// before a slash, or by a number after it, depending on what else was met.
#[must_use]
pub fn given(text: &str) -> String {
    let word = |word: &str| {
        let last = word.rsplit('/').next().unwrap_or(word);
        let (name, end) = last.split_at(last.trim_end_matches([',', ')']).len());
        let name = match name.rsplit_once('#') {
            Some((name, number)) if number.parse::<u32>().is_ok() => name,
            _ => name,
        };
        format!("{name}{end}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Explains why a program cannot go on, in sentences, with the likely cause.
#[must_use]
pub fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Disagreement {
            schedule,
            loom,
            rules,
        } => format!(
            "a defect of the checker: under loom the schedule `{schedule}` led to `{loom}`, and by \
             the rules it leads to `{rules}`"
        ),
        Fault::TooMany { what, max } => format!("the program makes more than {max} {what}"),
        Fault::Unsupported { what, site } => unsupported(what, site),
        Fault::CheckpointMismatch { why } => format!(
            "the saved search is of another program or of other \
            settings: {why}"
        ),
        Fault::Unwinding => "the thread that checks the kernel is panicking already. Do not check \
                             it in a destructor that runs while a panic unwinds. If a destructor \
                             of a kernel before it panicked so, check it on another thread."
            .to_owned(),
        Fault::Stalled(stalled) => format!("{}. {}", stall(stalled), stall_advice(stalled.cause)),
        Fault::NoMemory { bytes } => {
            format!("the system had no memory for {} more", Bytes(*bytes))
        }
        Fault::NoStack { bytes } => format!(
            "the system had no memory for another goroutine's stack of {}",
            Bytes(*bytes)
        ),
        Fault::Nondeterminism { .. }
        | Fault::HiddenState { .. }
        | Fault::OperationOfValue { .. }
        | Fault::StaleObject { .. }
        | Fault::Choice { .. }
        | Fault::EmptyLoop { .. } => fault_of_code(fault),
    }
}

/// Explains a fault of a program that does something not modelled.
fn unsupported(what: &str, site: &Place) -> String {
    let place = match site {
        Place { line: 0, .. } => String::new(),
        Place { file, line, .. } => format!(" at {file}:{line}"),
    };
    format!("it {what}{place}, which is not modelled")
}

/// Explains a fault that has a place in the kernel's code.
fn fault_of_code(fault: &Fault) -> String {
    let max = Op::CHOICES_MAX;
    match fault {
        Fault::Nondeterminism {
            goroutine,
            operation,
            first,
            now,
        } => format!(
            "{goroutine} is not deterministic: its operation {operation} was `{first}` and is \
             `{now}` when it is run again with the same outcomes. A kernel may depend on nothing \
             but its operations. Clocks, random numbers, the order of a hash map and variables \
             outside it are none. Use `choose` for choices and `shared` for variables."
        ),
        Fault::HiddenState {
            goroutine,
            site,
            turn,
            first,
            now,
        } => format!(
            "the loop of {goroutine} at {}:{} has state that the search cannot see. Its turn \
             {turn} does `{now}`, where another turn that looks the same does `{first}`. Let \
             `repeat` carry what changes from turn to turn, or put it into a sync object.",
            site.file, site.line
        ),
        Fault::OperationOfValue {
            goroutine,
            type_name,
            site,
        } => format!(
            "{goroutine} does an operation at {}:{} within Eq, Hash, Clone or Debug of a value of \
             type {type_name}. The search compares and copies values as it likes, so these may do \
             none.",
            site.file, site.line
        ),
        Fault::StaleObject {
            goroutine,
            object,
            site,
        } => format!(
            "{goroutine} uses {object} at {}:{} before it is made in this execution: it comes from \
             an earlier one. Make all objects inside the kernel.",
            site.file, site.line
        ),
        Fault::Choice {
            goroutine,
            below,
            site,
        } => format!(
            "{goroutine} chooses among {below} numbers at {}:{}: `choose` takes from 1 to {max}. \
             Let it choose among those that make a difference, or twice among fewer.",
            site.file, site.line
        ),
        Fault::EmptyLoop { goroutine, site } => format!(
            "{goroutine} goes round the loop at {}:{} without a visible operation, for ever",
            site.file, site.line
        ),
        Fault::Disagreement { .. }
        | Fault::TooMany { .. }
        | Fault::CheckpointMismatch { .. }
        | Fault::Unwinding
        | Fault::Unsupported { .. }
        | Fault::Stalled(..)
        | Fault::NoMemory { .. }
        | Fault::NoStack { .. } => {
            unreachable!("it is of no place: {fault:?}")
        }
    }
}

/// Returns what one does in a step: who, the verb, and with what; of a choice among numbers, which.
pub type Act = (String, Verb, Option<String>);

/// Returns what those who move do in a step that can be taken; of a rendezvous the sender first.
#[must_use]
pub fn acts(program: &dyn Program, world: &World, step: Step) -> Vec<Act> {
    let one = |id: GoroutineId| {
        let choice = step.choice_of(id);
        let (verb, subject) = match world.pending(program, id) {
            Pending::Nothing => unreachable!("who moves is about to do something"),
            Pending::Fire(timer) => {
                let (verb, object) = of_timer(world, timer, choice);
                (verb, Some(program.object(object).name))
            }
            Pending::Op(op) => match op.case(choice) {
                Some(case) => (case.verb(), Some(object(program, case.channel()))),
                None => (
                    op.facts().verb,
                    subject(program, op).or_else(|| chosen(choice)),
                ),
            },
        };
        (program.goroutine(id).name, verb, subject)
    };
    step.movers().map(one).collect()
}

/// Returns the same in a few words: `main send ch, loop recv ch`.
#[must_use]
pub fn step(program: &dyn Program, world: &World, step: Step) -> String {
    let words = |(who, verb, subject): Act| match subject {
        Some(subject) => format!("{who} {verb} {subject}"),
        None => format!("{who} {verb}"),
    };
    let acts = acts(program, world, step).into_iter();
    acts.map(words).collect::<Vec<_>>().join(", ")
}

/// Returns what a timer does in this step, and with which object.
#[must_use]
pub fn of_timer(world: &World, timer: ObjectId, choice: Choice) -> (Verb, ObjectId) {
    match (
        choice.stage(),
        world.state::<Timer>(timer).map(|state| state.action),
    ) {
        (Some(Stage::Send), Some(Action::Send(channel))) => (Verb::Send, channel),
        (Some(Stage::Send), Some(Action::Cancel(_)) | None) => (Verb::Send, timer),
        (Some(Stage::Expire), _) => (Verb::Expire, timer),
        (Some(Stage::Fire) | None, _) => (Verb::Fire, timer),
    }
}

/// Says that a goroutine does not reach its next operation, with the reason.
#[must_use]
pub fn stall(stall: &Stall) -> String {
    let goroutine = &stall.goroutine;
    let from = &stall.from;
    let since = if from.line > 0 {
        format!("since its operation at {}:{}", from.file, from.line)
    } else {
        "since its start".to_owned()
    };
    match stall.cause {
        StallCause::Runs => {
            let seconds = stall.time.as_secs_f64();
            let time = if seconds >= 1.0 {
                format!("{seconds:.0} s")
            } else {
                format!("{:.0}ms", seconds * 1e3)
            };
            format!(
                "goroutine `{goroutine}` has run for {time} without a visible operation, {since}"
            )
        }
        StallCause::DestructorPanics => {
            format!(
                "a destructor of goroutine `{goroutine}` panics while it unwinds; it has run \
                 {since}"
            )
        }
        StallCause::StackOverflow => {
            format!("goroutine `{goroutine}` overflows its stack; it has run {since}")
        }
    }
}

/// Advises what to do about a goroutine that does not reach its next operation.
#[must_use]
pub fn stall_advice(cause: StallCause) -> &'static str {
    match cause {
        StallCause::Runs => {
            "A loop without one never ends under any schedule, and only the goroutine itself could \
             leave it. If it computes for long, allow more (--stall-max, `Checker::stall_max`); if \
             it spins, let it spin on an operation (gosched, an atomic load); if it waits for \
             something that is not in `sync` (a lock or a channel of std, a thread, a sleep, \
             input), use `sync` in its place."
        }
        StallCause::DestructorPanics => {
            "Rust ends the process there, so the search is over, and nothing more can be checked \
             on its thread. A goroutine that is blocked for ever, or panics, runs its destructors: \
             let them not panic, or not while `std::thread::panicking()`."
        }
        StallCause::StackOverflow => {
            "It cannot be left there: memory is being allocated, a panic unwinds, or `Clone`, \
             `Eq`, `Hash` or `Debug` of a value runs. So the search has lost its thread. Use less \
             recursion, or give goroutines a larger stack (`Checker::stack_bytes`)."
        }
    }
}
