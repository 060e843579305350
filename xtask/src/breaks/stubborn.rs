//! The ways in which the search with stubborn sets is broken: each rule is left out.
//!
//! Some rules are not here, since no program of the tests needs them. They are sound. They say whom
//! those wait for who are blocked at an RWMutex, a wait group, a Once or a semaphore. Two others
//! say that signals matter to each other, and that what a timer was seen to do is learned.

use super::list::Break;

const STUBBORN: &str = "explore/stubborn/mod.rs";
const CYCLES: &str = "explore/stubborn/cycles.rs";
const FUTURES: &str = "explore/stubborn/futures.rs";
const SETS: &str = "explore/stubborn/sets.rs";
const CHAN: &str = "model/chan.rs";
const SELECT: &str = "model/compound/select.rs";
const COND_WAIT: &str = "model/compound/cond_wait.rs";
const COND: &str = "model/cond.rs";
const MUTEX: &str = "model/mutex.rs";
const ONCE: &str = "model/once.rs";
const RWLOCK: &str = "model/rwlock.rs";
const SEMAPHORE: &str = "model/semaphore.rs";
const WAITGROUP: &str = "model/waitgroup.rs";
const TIMER: &str = "model/timer.rs";
const DEPENDENCE: &str = "model/dependence.rs";

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break {
        what: "stubborn: a future has nothing of the goroutines that are started",
        file: FUTURES,
        old: "            let was = was.map_or(from, |it| it.local);\n",
        new: "            let Some(was) = was.map(|it| it.local) else {\n\
              \x20               continue;\n\
              \x20           };\n",
    },
    Break {
        what: "stubborn: no set grows with what is learned later",
        file: STUBBORN,
        old: "false => Dependences::new(program, world, &enabled, &self.futures)\
              .closed(node.set),",
        new: "false => node.set,",
    },
    Break {
        what: "stubborn: a cycle may put a goroutine off for ever",
        file: CYCLES,
        old: "            if partly && self",
        new: "            if false && partly && self",
    },
    Break {
        what: "stubborn: a select does not ask if its cases are ready",
        file: SELECT,
        old: "        let asks = default || cases.len() > 1;\n",
        new: "        let asks = default && cases.is_empty();\n",
    },
    Break {
        what: "stubborn: a close matters to nobody",
        file: CHAN,
        old: "            ChanOp::Close => CLOSE,\n",
        new: "            ChanOp::Close => Classes::NONE,\n",
    },
    Break {
        what: "stubborn: letting another reader out is as letting oneself out",
        file: RWLOCK,
        old: "            (RwLockOp::RUnlock, _) => R_UNLOCK_OTHER,\n",
        new: "            (RwLockOp::RUnlock, _) => R_UNLOCK,\n",
    },
    Break {
        what: "stubborn: a counter that falls below zero is as one that does not",
        file: WAITGROUP,
        old: "            (WaitGroupOp::Add(..0), _) => LOWER_TOO_FAR,\n",
        new: "            (WaitGroupOp::Add(..0), _) => LOWER,\n",
    },
    Break {
        what: "stubborn: a timer does nothing to others",
        file: TIMER,
        old: "            Some(Action::Send(channel)) => concerns.push((channel, Classes::ALL)),\n",
        new: "            Some(Action::Send(_)) => {}\n",
    },
    Break {
        what: "stubborn: a cancellation does nothing below its context",
        file: DEPENDENCE,
        old: "            Self::CtxDerive(..) | Self::CtxCancel(_) => {\n",
        new: "            Self::CtxCancel(_) => Concerns::new(),\n\
              \x20           Self::CtxDerive(..) => {\n",
    },
    Break {
        what: "stubborn: a set is not closed",
        file: SETS,
        old: "            set.0 |= self.of(id).0;\n",
        new: "            set.0 |= if done == set { self.of(id).0 } else { 0 };\n",
    },
    Break {
        what: "stubborn: a future has only the next operation",
        file: FUTURES,
        old: "                self.add(earlier, thing, classes);\n",
        new: "                let _ = (earlier, thing, classes);\n",
    },
    Break {
        what: "stubborn: what is seen of an operation is not learned",
        file: FUTURES,
        old: "                for (object, classes) in op.classes_seen(event) {\n",
        new: "                for (object, classes) in \
              op.classes_seen(event).into_iter().take(0) {\n",
    },
    Break {
        what: "stubborn: more who are stuck while others run on may be left out",
        file: CYCLES,
        old: "        if self.hides() && (stuck.is_any() || stuck.cut) {\n",
        new: "        if false && stuck.is_any() {\n",
    },
    Break {
        what: "stubborn: a bad end is all that can be bad",
        file: CYCLES,
        old: "        let look = if self.hides() && is_bad {\n",
        new: "        let look = if false && is_bad {\n",
    },
    Break {
        what: "stubborn: the limit of a ticker leaves the cycles alone",
        file: CYCLES,
        old: ".all(|it| *it == Limit::Ticks)",
        new: ".all(|it| *it == Limit::Interrupt)",
    },
    Break {
        what: "stubborn: who waits for a mutex waits for nobody",
        file: MUTEX,
        old: "            MutexOp::Lock | MutexOp::TryLock => UNLOCK,\n",
        new: "            MutexOp::Lock | MutexOp::TryLock => Classes::NONE,\n",
    },
    Break {
        what: "stubborn: a mutex that is free rests on no other lock",
        file: MUTEX,
        old: "if self.is_free() => Classes::ALL,",
        new: "if self.is_free() => UNLOCK,",
    },
    Break {
        what: "stubborn: an unlock does not matter to who tries",
        file: MUTEX,
        old: "            MutexOp::Unlock(_) => UNLOCK | TRY_LOCK,\n",
        new: "            MutexOp::Unlock(_) => UNLOCK,\n",
    },
    Break {
        what: "stubborn: a reader does not mind writers",
        file: RWLOCK,
        old: "        let writers = LOCK | TRY_LOCK | R_UNLOCK_OTHER;\n",
        new: "        let writers = R_UNLOCK_OTHER;\n",
    },
    Break {
        what: "stubborn: a writer's unlock does not matter to who tries",
        file: RWLOCK,
        old: " if writer.holds => UNLOCK | TRY_LOCK | TRY_R_LOCK,",
        new: " if writer.holds => UNLOCK,",
    },
    Break {
        what: "stubborn: a send into a full buffer waits for nobody",
        file: CHAN,
        old: "            ChanOp::Send(_) => RECV | CLOSE,\n",
        new: "            ChanOp::Send(_) => CLOSE,\n",
    },
    Break {
        what: "stubborn: a receive from an empty channel waits for nobody",
        file: CHAN,
        old: "            ChanOp::Recv => SEND | CLOSE,\n",
        new: "            ChanOp::Recv => CLOSE,\n",
    },
    Break {
        what: "stubborn: who meets one does not mind others who come",
        file: CHAN,
        old: "if self.capacity == 0 && meets => both,",
        new: "if self.capacity == 0 && meets => CLOSE,",
    },
    Break {
        what: "stubborn: a send into a buffer does not matter to who looks",
        file: CHAN,
        old: "if room => SEND | CLOSE | IS_READY | Classes::LOOKS,",
        new: "if room => SEND | CLOSE,",
    },
    Break {
        what: "stubborn: a receive from a buffer does not matter to who looks",
        file: CHAN,
        old: "=> RECV | IS_READY | Classes::LOOKS,",
        new: "=> RECV,",
    },
    Break {
        what: "stubborn: a length rests on nothing",
        file: CHAN,
        old: "            ChanOp::Len => SEND | RECV,\n",
        new: "            ChanOp::Len => Classes::NONE,\n",
    },
    Break {
        what: "stubborn: a close rests on nothing",
        file: CHAN,
        old: "            ChanOp::Close => !Classes::LOOKS,\n",
        new: "            ChanOp::Close => Classes::NONE,\n",
    },
    Break {
        what: "stubborn: a counter that falls rests on nothing",
        file: WAITGROUP,
        old: "Access::Decrement { .. }) => ADD | LOWER_TOO_FAR,",
        new: "Access::Decrement { .. }) => Classes::NONE,",
    },
    Break {
        what: "stubborn: who waits on a condition waits for nobody",
        file: COND_WAIT,
        old: "            Phase::Waiting => smallvec![(cond, SIGNALLED)],\n",
        new: "            Phase::Waiting => Concerns::new(),\n",
    },
    Break {
        what: "stubborn: who was woken waits for no lock",
        file: COND_WAIT,
        old: "            Phase::Woken => smallvec![self.depends::<Mutex>(mutex, \
              &MutexOp::Lock, by)],\n",
        new: "            Phase::Woken => Concerns::new(),\n",
    },
    Break {
        what: "stubborn: a signal that nobody hears rests on nothing",
        file: COND,
        old: "if self.waiters.is_empty() => WAIT,",
        new: "if self.waiters.is_empty() => Classes::NONE,",
    },
    Break {
        what: "stubborn: it matters not who begins a Once",
        file: ONCE,
        old: "            (OnceOp::Begin, Self::Fresh) => Classes::ALL,\n",
        new: "            (OnceOp::Begin, Self::Fresh) => END,\n",
    },
    Break {
        what: "stubborn: operations on a semaphore rest on nothing",
        file: SEMAPHORE,
        old: "                Classes::ALL\n\
              \x20           }\n\
              \x20       }\n\
              \x20   }\n\
              \n\
              \x20   fn waits_for",
        new: "                Classes::NONE\n\
              \x20           }\n\
              \x20       }\n\
              \x20   }\n\
              \n\
              \x20   fn waits_for",
    },
    Break {
        what: "stubborn: who looks rests on nothing",
        file: DEPENDENCE,
        old: "            Access::Shared => !Self::LOOKS,\n",
        new: "            Access::Shared => Self::NONE,\n",
    },
    Break {
        what: "stubborn: who changes a cell rests on nothing",
        file: DEPENDENCE,
        old: "            Access::Exclusive | Access::Decrement { .. } => Self::ALL,\n\
              \x20       }\n\
              \x20   }\n\
              \n\
              \x20   /// Returns the class",
        new: "            Access::Exclusive | Access::Decrement { .. } => Self::NONE,\n\
              \x20       }\n\
              \x20   }\n\
              \n\
              \x20   /// Returns the class",
    },
    Break {
        what: "stubborn: a timer that fires rests on nothing",
        file: TIMER,
        old: "        let mut concerns = self.fire_concerns(timer);\n",
        new: "        let mut concerns = self.fire_concerns(timer);\n\
              \x20       concerns.clear();\n",
    },
];
