//! The words in which operations are written, the same in every rendering.

#![warn(clippy::wildcard_enum_match_arm)]

use crate::model::op::on_object;
use crate::model::{Case, Choice, Fault, ObjectId, Op, Program, Stall};

/// The object's name, or `nil`.
#[must_use]
pub fn object(program: &dyn Program, id: Option<ObjectId>) -> String {
    id.map_or_else(|| "nil".to_owned(), |id| program.object(id).name)
}

/// What an operation is about, by its name: the first object that it names, or the goroutine that it starts.
#[must_use]
pub fn subject(program: &dyn Program, op: &Op) -> Option<String> {
    let name = |id: &ObjectId| Some(program.object(*id).name);
    on_object!(op, _K, |object, _| name(object), {
        Op::Go(child) => Some(program.goroutine(*child).name),
        Op::Select { .. } | Op::Choose(_) | Op::Pause(_) => None,
        Op::Chan(None, _) => Some("nil".to_owned()),
        Op::CondWait { cond: object, .. }
        | Op::CtxDerive(object, _)
        | Op::CtxCancel(object) => name(object),
    })
}

/// The number that `choose` yields, in words.
#[must_use]
pub fn chosen(choice: Choice) -> Option<String> {
    match choice {
        Choice::Number(number) => Some(format!("= {number}")),
        Choice::Only | Choice::Case(_) | Choice::Default | Choice::Wakes(_) => None,
    }
}

/// The cases of a select in words; of another operation none.
#[must_use]
pub fn cases(program: &dyn Program, op: &Op) -> Vec<String> {
    let Op::Select { cases, default } = op else {
        return Vec::new();
    };
    let words = cases.iter().map(|&it| case(program, it));
    words.chain(default.then(|| "default".to_owned())).collect()
}

/// An operation in a few words: `send w.result`, `select send w.result, recv w.stopped`.
#[must_use]
pub fn operation(program: &dyn Program, op: &Op) -> String {
    let verb = op.facts().verb;
    if matches!(op, Op::Select { .. }) {
        return format!("{verb} {}", cases(program, op).join(", "));
    }
    if let Op::Choose(below) = op {
        return format!("{verb} {below}");
    }
    match subject(program, op) {
        Some(subject) => format!("{verb} {subject}"),
        None => verb.to_owned(),
    }
}

/// A case of a select: `recv w.stopped`.
#[must_use]
pub fn case(program: &dyn Program, case: Case) -> String {
    format!("{} {}", case.verb(), object(program, case.channel()))
}

/// Why a program cannot go on, in sentences, with the likely cause.
#[must_use]
pub fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Nondeterminism {
            goroutine,
            operation,
            first,
            now,
        } => format!(
            "{goroutine} is not deterministic: its operation {operation} was `{first}` and is `{now}` when it is run again with the same \
             outcomes. A kernel may depend on nothing but its operations: not on a clock, a random number, the order of a hash map, or \
             a variable outside it. Use `choose` for choices and `shared` for variables."
        ),
        Fault::StaleObject {
            goroutine,
            object,
            site,
        } => format!(
            "{goroutine} uses {object} at {}:{} before it is made in this execution: it comes from an earlier one. Make all objects inside the \
             kernel.",
            site.file, site.line
        ),
        Fault::Disagreement {
            schedule,
            loom,
            rules,
        } => format!(
            "a defect of the checker: under loom the schedule `{schedule}` led to `{loom}`, and by the rules it leads to `{rules}`"
        ),
        Fault::TooMany { what, max } => format!("the kernel makes more than {max} {what}"),
        Fault::Misfit { why } => format!("the saved search is of another program or of other settings: {why}"),
        Fault::Unwinding => "the thread that checks the kernel is panicking already: check it somewhere else than in a destructor that runs \
             while a panic unwinds"
            .to_owned(),
        Fault::Stalled(stalled) => format!(
            "{}. If it computes for long, allow more (`Checker::stall_max`); if it is in a loop, let the loop have an operation \
             (`gosched`, an atomic load).",
            stall(stalled)
        ),
        Fault::EmptyLoop { goroutine, site } => format!(
            "{goroutine} goes round the loop at {}:{} without a visible operation, for ever",
            site.file, site.line
        ),
    }
}

/// That a goroutine has run for so long without a visible operation, since its last one.
#[must_use]
pub fn stall(stall: &Stall) -> String {
    let Stall {
        goroutine,
        from,
        time,
    } = stall;
    let seconds = time.as_secs_f64();
    let time = if seconds >= 1.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0}ms", seconds * 1e3)
    };
    let since = if from.line > 0 {
        format!("since its operation at {}:{}", from.file, from.line)
    } else {
        "since its start".to_owned()
    };
    format!("goroutine `{goroutine}` has run for {time} without a visible operation, {since}")
}
