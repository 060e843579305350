//! The words in which operations are written, the same in every rendering.

use crate::model::{AtomicOp, Case, Fault, ObjectId, Op, Pause, Program, Stall};

/// The verb of an operation: `send`, `lock`.
#[must_use]
pub fn verb(op: &Op) -> &'static str {
    match op {
        Op::Go(_) => "go",
        Op::Lock(_) | Op::WLock(_) => "lock",
        Op::TryLock(_) | Op::TryWLock(_) => "try-lock",
        Op::Unlock(..) | Op::WUnlock(..) => "unlock",
        Op::RLock(_) => "rlock",
        Op::TryRLock(_) => "try-rlock",
        Op::RUnlock(_) => "runlock",
        Op::Send(..) => "send",
        Op::Recv(_) => "recv",
        Op::Close(_) => "close",
        Op::Len(_) => "len",
        Op::Select { .. } => "select",
        Op::WgAdd(_, -1) => "done",
        Op::WgAdd(..) => "add",
        Op::WgWait(_) | Op::CondWait { .. } => "wait",
        Op::OnceBegin(_) => "once",
        Op::OnceEnd(_) => "once-end",
        Op::CondSignal(_) => "signal",
        Op::CondBroadcast(_) => "broadcast",
        Op::CtxDerive(..) => "derive",
        Op::CtxCancel(_) => "cancel",
        Op::CtxErr(_) => "err",
        Op::TimerStop(_) => "stop",
        Op::TimerReset(_) => "reset",
        Op::Atomic(_, op) => match op {
            AtomicOp::Load => "load",
            AtomicOp::Store(_) => "store",
            AtomicOp::Add(_) => "atomic-add",
            AtomicOp::Swap(_) => "swap",
            AtomicOp::CompareAndSwap(..) => "compare-and-swap",
        },
        Op::Get(_) => "get",
        Op::Touch(_, false) => "read",
        Op::Touch(_, true) => "write",
        Op::Set(..) => "set",
        Op::Choose(_) => "choose",
        Op::Pause(Pause::Sleep) => "sleep",
        Op::Pause(Pause::Yield) => "yield",
    }
}

/// The object's name, or `nil`.
#[must_use]
pub fn object(program: &dyn Program, id: Option<ObjectId>) -> String {
    id.map_or_else(|| "nil".to_owned(), |id| program.object(id).name)
}

/// An operation in a few words: `send w.result`, `select send w.result, recv w.stopped`.
#[must_use]
pub fn operation(program: &dyn Program, op: &Op) -> String {
    let verb = verb(op);
    match op {
        Op::Go(child) => format!("{verb} {}", program.goroutine(*child).name),
        Op::Select { cases, default } => {
            let mut words: Vec<String> = cases.iter().map(|&c| case(program, c)).collect();
            if *default {
                words.push("default".to_owned());
            }
            format!("{verb} {}", words.join(", "))
        }
        Op::Choose(below) => format!("{verb} {below}"),
        Op::Pause(_) => verb.to_owned(),
        Op::Send(None, _) | Op::Recv(None) | Op::Close(None) => format!("{verb} nil"),
        _ => format!("{verb} {}", object(program, op.objects().first().copied())),
    }
}

/// A case of a select: `recv w.stopped`.
#[must_use]
pub fn case(program: &dyn Program, case: Case) -> String {
    match case {
        Case::Send(channel, _) => format!("send {}", object(program, channel)),
        Case::Recv(channel) => format!("recv {}", object(program, channel)),
    }
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
        Fault::Unsupported { what, site } if site.line > 0 => {
            format!("it {what} at {}:{}, which is not modelled", site.file, site.line)
        }
        Fault::Unsupported { what, .. } => format!("it {what}, which is not modelled"),
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
