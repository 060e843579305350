//! The words in which operations are written, the same in every rendering.

use crate::memory::Bytes;
use crate::model::Action;
use crate::model::AtomicOp;
use crate::model::Case;
use crate::model::Fault;
use crate::model::Object;
use crate::model::ObjectId;
use crate::model::Op;
use crate::model::Pause;
use crate::model::Program;
use crate::model::Stage;
use crate::model::Stall;
use crate::model::StallCause;
use crate::model::World;

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
        Fault::HiddenState {
            goroutine,
            site,
            turn,
            first,
            now,
        } => format!(
            "the loop of {goroutine} at {}:{} has state that the search cannot see: its turn {turn} does \
             `{now}`, where another turn that looks the same does `{first}`. Let `repeat` carry what \
             changes from turn to turn, or put it into a sync object.",
            site.file, site.line
        ),
        Fault::OperationOfValue {
            goroutine,
            type_name,
            site,
        } => format!(
            "{goroutine} does an operation at {}:{} within Eq, Hash, Clone or Debug of a value of type \
             {type_name}. The search compares and copies values as it likes, so these may do none.",
            site.file, site.line
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
        Fault::Stalled(stalled) => format!("{}. {}", stall(stalled), stall_advice(stalled.cause)),
        Fault::Choice {
            goroutine,
            below,
            site,
        } => format!(
            "{goroutine} chooses among {below} numbers at {}:{}: `choose` takes from 1 to {}. Let it choose among those that make a \
             difference, or twice among fewer.",
            site.file,
            site.line,
            Op::CHOICES_MAX
        ),
        Fault::NoMemory { bytes } => {
            format!("the system had no memory for {} more", Bytes(*bytes))
        }
        Fault::NoStack { bytes } => format!(
            "the system had no memory for another goroutine's stack of {}",
            Bytes(*bytes)
        ),
        Fault::EmptyLoop { goroutine, site } => format!(
            "{goroutine} goes round the loop at {}:{} without a visible operation, for ever",
            site.file, site.line
        ),
    }
}

/// What a timer does in this case, and with which object.
#[must_use]
pub fn of_timer(world: &World, timer: ObjectId, case: u32) -> (&'static str, ObjectId) {
    let Object::Timer(state) = world.object(timer) else {
        return ("fire", timer);
    };
    match (state.stage(case), state.action) {
        (Stage::Send, Action::Send(channel)) => ("send", channel),
        (stage, _) => (stage.name().unwrap_or("fire"), timer),
    }
}

/// That a goroutine does not come to its next operation, and the reason.
#[must_use]
pub fn stall(stall: &Stall) -> String {
    let goroutine = &stall.goroutine;
    let from = stall.from;
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
                "a destructor of goroutine `{goroutine}` panics while it unwinds; it has run {since}"
            )
        }
        StallCause::CatchesEverything => {
            format!(
                "goroutine `{goroutine}` catches the panic that is to end it, again and again, {since}"
            )
        }
        StallCause::StackOverflow => {
            format!("goroutine `{goroutine}` overflows its stack; it has run {since}")
        }
    }
}

/// What to do about a goroutine that does not come to its next operation.
#[must_use]
pub fn stall_advice(cause: StallCause) -> &'static str {
    match cause {
        StallCause::Runs => {
            "A loop without one never ends under any schedule, and only the goroutine itself could \
             leave it. If it computes for long, allow more (--stall-max, `Checker::stall_max`); if \
             it spins, let it spin on an operation (gosched, an atomic load)."
        }
        StallCause::DestructorPanics => {
            "Rust ends the process there, so the search has lost its thread. A goroutine that is \
             blocked for ever, or panics, runs its destructors: let them not panic, or not while \
             `std::thread::panicking()`."
        }
        StallCause::CatchesEverything => {
            "Loom's goroutines end by unwinding. Use another engine, or let the goroutine leave its \
             loop when it has caught a panic that is not its own."
        }
        StallCause::StackOverflow => {
            "It cannot be left there, so the search has lost its thread. Use less recursion, or \
             give goroutines a larger stack (`Checker::stack_bytes`); under loom, use another engine \
             to see the panic."
        }
    }
}
