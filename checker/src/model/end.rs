//! The end of an execution: who is blocked for ever, and what that is.

use serde::{Deserialize, Serialize};

use super::compound::Case;
use super::id::{GoroutineId, ObjectId};
use super::op::{Op, Pause};
use super::primitive::Kind as _;
use super::program::Program;
use super::timer::{Action, Timer};
use super::world::{Pending, Phase, World};
use super::{ChanOp, WaitGroupOp};

/// The end of an execution, seen from a state in which no step is enabled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum End {
    /// Every goroutine has returned, or is a daemon that only waits.
    Complete,
    /// Main returned, or runs on for ever. Another goroutine is blocked for ever.
    Leak,
    /// Main is blocked for ever.
    Deadlock,
    /// A goroutine panicked.
    Panic,
    /// A goroutine waits for a ticker that has come to its limit. What would come next is unknown.
    Cut,
}

impl End {
    /// Returns true if it is a bug: a goroutine has panicked, or is blocked for ever.
    #[must_use]
    pub fn is_bad(self) -> bool {
        match self {
            Self::Panic | Self::Deadlock | Self::Leak => true,
            Self::Complete | Self::Cut => false,
        }
    }

    /// Returns the end of an execution in which these goroutines are blocked for ever, whether the
    /// others have returned or run on. No other place decides what is a deadlock and what is a
    /// leak.
    #[must_use]
    pub fn of_blocked(blocked: impl IntoIterator<Item = GoroutineId>) -> Self {
        let of_one = |id| {
            if id == GoroutineId::MAIN {
                Self::Deadlock
            } else {
                Self::Leak
            }
        };
        blocked.into_iter().map(of_one).fold(Self::Complete, worse)
    }
}

/// Combines the ends of two goroutines into that of an execution. A panic is worst, and a cut
/// ticker makes a block uncertain.
fn worse(a: End, b: End) -> End {
    let rank = |end| match end {
        End::Complete => 0,
        End::Leak => 1,
        End::Deadlock => 2,
        End::Cut => 3,
        End::Panic => 4,
    };
    if rank(a) >= rank(b) { a } else { b }
}

impl World {
    /// Returns the end of the execution, if no step is enabled.
    #[must_use]
    pub fn end(&self, program: &dyn Program) -> End {
        let is_excused = |id: GoroutineId| program.excuses(self.goroutines[id.index()].local);
        // It has ended the program, so only panics that could come before it are bad.
        if self.panicked().any(is_excused) {
            return match self.panicked().all(is_excused) {
                true => End::Complete,
                false => End::Panic,
            };
        }
        let mut end = End::Complete;
        for index in 0..self.goroutines.len() {
            let id = GoroutineId::from_index(index);
            let this = match self.goroutines[index].phase {
                Phase::Panicked(_) => End::Panic,
                Phase::Absent | Phase::Returned | Phase::Timer(_) => End::Complete,
                Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken => {
                    if self.waits_for_a_cut_ticker(program, id) {
                        End::Cut
                    } else if self.may_wait(program, id) {
                        End::Complete
                    } else {
                        self.end_of_blocked(program, [id])
                    }
                }
            };
            end = worse(end, this);
        }
        end
    }

    /// Returns true if the goroutine may be blocked for ever: it is a daemon, and only waits. It
    /// waits for others to communicate with it or to signal it. It does not wait for a lock or
    /// anything else that is to be given back.
    #[must_use]
    pub fn may_wait(&self, program: &dyn Program, id: GoroutineId) -> bool {
        let Pending::Op(op) = self.pending(program, id) else {
            return false;
        };
        let only_waits = match op {
            Op::Chan(_, ChanOp::Send(_) | ChanOp::Recv) | Op::Select { .. } => true,
            Op::WaitGroup(_, WaitGroupOp::Wait) => true,
            Op::CondWait { .. } => self.goroutines[id.index()].phase == Phase::Waiting,
            Op::Chan(_, ChanOp::Close | ChanOp::Len)
            | Op::WaitGroup(_, WaitGroupOp::Add(_))
            | Op::Go(_)
            | Op::Mutex(..)
            | Op::RwLock(..)
            | Op::Once(..)
            | Op::Cond(..)
            | Op::CtxDerive(..)
            | Op::CtxCancel(_)
            | Op::Context(..)
            | Op::Timer(..)
            | Op::Atomic(..)
            | Op::Cell(..)
            | Op::Semaphore(..)
            | Op::Choose(..)
            | Op::Pause(_)
            | Op::Touch(..)
            | Op::Exited => false,
        };
        only_waits && program.is_daemon(id)
    }

    /// Returns the end of an execution in which these goroutines are blocked for ever. That others
    /// do not end for which one waits to end is their leak.
    #[must_use]
    pub fn end_of_blocked(
        &self,
        program: &dyn Program,
        blocked: impl IntoIterator<Item = GoroutineId>,
    ) -> End {
        let ends = blocked.into_iter().map(|id| {
            let pending = self.pending(program, id);
            match matches!(pending, Pending::Op(Op::Pause(Pause::Verify))) {
                true => End::Leak,
                false => End::of_blocked([id]),
            }
        });
        ends.fold(End::Complete, worse)
    }

    /// Returns true if a ticker that has come to its limit would wake the goroutine.
    pub(crate) fn waits_for_a_cut_ticker(&self, program: &dyn Program, id: GoroutineId) -> bool {
        let Pending::Op(op) = self.pending(program, id) else {
            return false;
        };
        let awaits = |channel: ObjectId| {
            let mut cases = op.cases();
            cases.any(|(_, case)| case == Case::Recv(Some(channel)))
        };
        let timers = self.objects.iter().filter_map(Timer::of);
        let mut cut = timers.filter(|timer| timer.is_cut());
        cut.any(|timer| match timer.action {
            Action::Send(channel) => awaits(channel),
            Action::Cancel(_) => false,
        })
    }
}
