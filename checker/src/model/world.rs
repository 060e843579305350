//! A state of a program: the [`World`].
//!
//! It can be cloned, compared and hashed, and holds nothing else: no closure, no clock, no name.
//! [`World::enabled`] lists the enabled steps, and [`World::take`] takes one. Other goroutines
//! cannot tell if a goroutine has "already arrived" at an operation that blocks. So arriving is not
//! a step: a goroutine arrives at its next operation within the step that completed the one before.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::compound::Case;
use super::id::{CellId, GoroutineId, LocalState, ObjectId, ValueId};
use super::object::Object;
use super::op::{Op, Pause};
use super::primitive::Kind;
use super::program::{Fault, Next, Program};
use super::timer::{Action, Timer};
use super::{ChanOp, WaitGroupOp};

/// A state.
#[derive(PartialEq, Eq, Hash, Debug, Default)]
pub struct World {
    pub(super) goroutines: Vec<Goroutine>,
    pub(super) objects: Vec<Object>,
    /// The memory that goroutines share beside the objects, by cell. [`ValueId::UNIT`] stands for
    /// no cell.
    pub(super) cells: Vec<ValueId>,
}

impl Clone for World {
    fn clone(&self) -> Self {
        Self {
            goroutines: self.goroutines.clone(),
            objects: self.objects.clone(),
            cells: self.cells.clone(),
        }
    }

    /// Copies the other state and keeps the allocations of this one.
    fn clone_from(&mut self, source: &Self) {
        self.goroutines.clone_from(&source.goroutines);
        self.objects.clone_from(&source.objects);
        self.cells.clone_from(&source.cells);
    }
}

/// A goroutine within a state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Goroutine {
    /// Its place in its code.
    pub local: LocalState,
    /// The phase of the operation that it is about to do there.
    pub phase: Phase,
}

impl Goroutine {
    /// Returns the operation that it is about to do.
    #[must_use]
    pub fn pending<'a>(&self, program: &'a dyn Program) -> Pending<'a> {
        match self.phase {
            Phase::Absent | Phase::Returned | Phase::Panicked(_) => Pending::Nothing,
            Phase::Timer(timer) => Pending::Fire(timer),
            Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken => {
                match &program.arrival(self.local).next {
                    Next::Op(op) => Pending::Op(op),
                    Next::Return | Next::Panic(_) | Next::Unrecovered(_) => Pending::Nothing,
                }
            }
        }
    }
}

/// The phase of a goroutine's operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// It has not been started.
    Absent,
    /// It has arrived, and has done no part of the operation yet.
    Ready,
    /// It is a writer that has announced itself and waits for the readers to leave.
    Announced,
    /// It waits for a signal, or in the queue of a semaphore.
    Waiting,
    /// It was signalled and must take the mutex again, or it was served in the queue and goes on.
    Woken,
    /// It has returned.
    Returned,
    /// It has panicked. It takes no more steps. The others run on, since they could have done
    /// before whatever they do next.
    Panicked(Panic),
    /// It is not a goroutine of the program: it fires this timer.
    Timer(ObjectId),
}

impl Phase {
    /// Returns true if it has done a part of its operation and has more of it to do.
    #[must_use]
    pub fn is_within(self) -> bool {
        match self {
            Self::Announced | Self::Waiting | Self::Woken => true,
            Self::Absent | Self::Ready | Self::Returned | Self::Panicked(_) | Self::Timer(_) => {
                false
            }
        }
    }
}

/// The reason why a goroutine panicked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Panic {
    /// Its own code panics. The message is in its [`Next::Panic`].
    Own,
    /// "send on closed channel".
    SendOnClosed(ObjectId),
    /// "close of closed channel".
    CloseOfClosed(ObjectId),
    /// "close of nil channel".
    CloseOfNil,
    /// "sync: negative WaitGroup counter".
    NegativeCounter(ObjectId),
    /// "sync: unlock of unlocked mutex".
    UnlockOfUnlocked(ObjectId),
    /// "sync: RUnlock of unlocked RWMutex".
    RUnlockOfUnlocked(ObjectId),
    /// "sync: Unlock of unlocked RWMutex".
    WUnlockOfUnlocked(ObjectId),
    /// "semaphore: released more than held".
    ReleasedMoreThanHeld(ObjectId),
}

impl Panic {
    /// Returns true if it is a fatal error in Go, which ends the program whatever is deferred.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        match self {
            Self::UnlockOfUnlocked(_) | Self::RUnlockOfUnlocked(_) | Self::WUnlockOfUnlocked(_) => {
                true
            }
            Self::Own
            | Self::SendOnClosed(_)
            | Self::CloseOfClosed(_)
            | Self::CloseOfNil
            | Self::NegativeCounter(_)
            | Self::ReleasedMoreThanHeld(_) => false,
        }
    }

    /// Returns Go's own message, without the object's name; `None` for the program's own panic.
    #[must_use]
    pub fn message(self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::SendOnClosed(_) => Some("send on closed channel"),
            Self::CloseOfClosed(_) => Some("close of closed channel"),
            Self::CloseOfNil => Some("close of nil channel"),
            Self::NegativeCounter(_) => Some("sync: negative WaitGroup counter"),
            Self::UnlockOfUnlocked(_) => Some("sync: unlock of unlocked mutex"),
            Self::RUnlockOfUnlocked(_) => Some("sync: RUnlock of unlocked RWMutex"),
            Self::WUnlockOfUnlocked(_) => Some("sync: Unlock of unlocked RWMutex"),
            Self::ReleasedMoreThanHeld(_) => Some("semaphore: released more than held"),
        }
    }

    /// Returns the object that it concerns.
    #[must_use]
    pub fn object(self) -> Option<ObjectId> {
        match self {
            Self::Own | Self::CloseOfNil => None,
            Self::SendOnClosed(o)
            | Self::CloseOfClosed(o)
            | Self::NegativeCounter(o)
            | Self::UnlockOfUnlocked(o)
            | Self::RUnlockOfUnlocked(o)
            | Self::WUnlockOfUnlocked(o)
            | Self::ReleasedMoreThanHeld(o) => Some(o),
        }
    }
}

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

/// The operation that a goroutine is about to do.
#[derive(Clone, Copy, Debug)]
pub enum Pending<'a> {
    /// None: it has not begun, has returned or has panicked.
    Nothing,
    /// An operation of the program.
    Op(&'a Op),
    /// Firing a timer.
    Fire(ObjectId),
}

impl World {
    /// Returns the state in which the program starts.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start(program: &mut dyn Program) -> Result<Self, Fault> {
        let mut world = Self::default();
        let mut born = SmallVec::new();
        for (id, local) in program.start(&mut world)? {
            world.arrive(program, id, local, &mut born)?;
        }
        program.tidy(&mut world);
        Ok(world)
    }

    /// Returns the goroutines, indexed by id. Those that are not started are [`Phase::Absent`].
    #[must_use]
    pub fn goroutines(&self) -> &[Goroutine] {
        &self.goroutines
    }

    /// Returns the ids of the goroutines, those that are not started included.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = GoroutineId> + Clone + use<> {
        (0..self.goroutines.len()).map(GoroutineId::from_index)
    }

    /// Returns the goroutines that have panicked.
    pub fn panicked(&self) -> impl Iterator<Item = GoroutineId> + '_ {
        let panicked =
            |id: &GoroutineId| matches!(self.goroutines[id.index()].phase, Phase::Panicked(_));
        self.ids().filter(panicked)
    }

    /// Returns the objects, by their ids; those that are not made are [`Object::Absent`].
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Returns the state of an object; [`Object::Absent`] if it was not made.
    #[must_use]
    pub fn object(&self, id: ObjectId) -> &Object {
        self.objects.get(id.index()).unwrap_or(&Object::Absent)
    }

    /// Returns the state of an object, if it was made and is of this kind.
    pub(crate) fn state<K: Kind>(&self, id: ObjectId) -> Option<&K> {
        K::of(self.object(id))
    }

    /// Returns the value in a cell of the memory; `None` if there is no such cell.
    #[must_use]
    pub fn cell(&self, id: CellId) -> Option<ValueId> {
        let value = self.cells.get(id.index()).copied();
        value.filter(|&value| value != ValueId::UNIT)
    }

    /// Returns the cells of the memory.
    pub fn cells(&self) -> impl Iterator<Item = CellId> + '_ {
        let cells = self.cells.iter().enumerate();
        let there = cells.filter(|(_, value)| **value != ValueId::UNIT);
        there.map(|(index, _)| CellId::from_index(index))
    }

    /// Returns a state for a goroutine that goes on alone: a copy of this one, or an empty one if
    /// this one has no memory.
    pub(crate) fn memory(&self) -> Self {
        if self.cells.is_empty() {
            Self::default()
        } else {
            self.clone()
        }
    }

    /// Changes or makes a cell of the memory, or takes it away. Only a [`Program`] whose goroutine
    /// goes on may do so.
    pub fn set_cell(&mut self, id: CellId, value: Option<ValueId>) {
        if self.cells.len() <= id.index() {
            self.cells.resize(id.index() + 1, ValueId::UNIT);
        }
        self.cells[id.index()] = value.unwrap_or(ValueId::UNIT);
    }

    /// Puts a goroutine at another position, at which it is about to do the same: for
    /// [`Program::tidy`].
    pub fn set_local(&mut self, id: GoroutineId, local: LocalState) {
        self.goroutines[id.index()].local = local;
    }

    /// Returns a goroutine; `None` if it has not been started.
    #[must_use]
    pub fn goroutine(&self, id: GoroutineId) -> Option<&Goroutine> {
        self.goroutines
            .get(id.index())
            .filter(|goroutine| goroutine.phase != Phase::Absent)
    }

    /// Returns the operation that the goroutine is about to do.
    #[must_use]
    pub fn pending<'a>(&self, program: &'a dyn Program, id: GoroutineId) -> Pending<'a> {
        let goroutine = self.goroutines.get(id.index());
        goroutine.map_or(Pending::Nothing, |goroutine| goroutine.pending(program))
    }

    /// Returns the number of goroutines that have been started, without the hidden ones of timers.
    #[must_use]
    pub fn count_goroutines(&self) -> usize {
        let counted =
            |goroutine: &&Goroutine| !matches!(goroutine.phase, Phase::Absent | Phase::Timer(_));
        self.goroutines.iter().filter(counted).count()
    }

    /// Returns the local states of all goroutines.
    pub fn locals(&self) -> impl Iterator<Item = LocalState> + '_ {
        let started = |goroutine: &&Goroutine| goroutine.phase != Phase::Absent;
        self.goroutines
            .iter()
            .filter(started)
            .map(|goroutine| goroutine.local)
    }

    /// Returns the end of the execution, if no step is enabled.
    #[must_use]
    pub fn end(&self, program: &dyn Program) -> End {
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
        let ends = blocked
            .into_iter()
            .map(|id| match self.pending(program, id) {
                Pending::Op(Op::Pause(Pause::Verify)) => End::Leak,
                _ => End::of_blocked([id]),
            });
        ends.fold(End::Complete, worse)
    }

    /// Returns true if this is main, and it has called `Goexit`.
    #[must_use]
    pub fn has_exited(&self, program: &dyn Program, id: GoroutineId) -> bool {
        matches!(self.pending(program, id), Pending::Op(Op::Exited))
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

    /// Moves the goroutine to this local state, with the objects that it made on the way.
    ///
    /// # Errors
    /// If it is about to choose among too few numbers or too many.
    pub(super) fn arrive(
        &mut self,
        program: &dyn Program,
        id: GoroutineId,
        local: LocalState,
        born: &mut SmallVec<[GoroutineId; 3]>,
    ) -> Result<(), Fault> {
        let arrival = program.arrival(local);
        for creation in &arrival.created {
            self.put(creation.id, creation.object.clone());
            if let Some(timer) = creation.timer {
                self.set(
                    timer,
                    Goroutine {
                        local,
                        phase: Phase::Timer(creation.id),
                    },
                );
                born.push(timer);
            }
        }
        let phase = match arrival.next {
            Next::Op(Op::Choose(below, _)) if !(1..=Op::CHOICES_MAX).contains(&below) => {
                return Err(Fault::Choice {
                    goroutine: program.goroutine(id).name,
                    below,
                    site: program.place(arrival.site),
                });
            }
            Next::Op(_) => Phase::Ready,
            Next::Return => Phase::Returned,
            Next::Panic(_) => Phase::Panicked(Panic::Own),
            Next::Unrecovered(panic) => Phase::Panicked(panic),
        };
        self.set(id, Goroutine { local, phase });
        Ok(())
    }

    fn put(&mut self, id: ObjectId, object: Object) {
        if self.objects.len() <= id.index() {
            self.objects.resize(id.index() + 1, Object::Absent);
        }
        self.objects[id.index()] = object;
    }

    fn set(&mut self, id: GoroutineId, goroutine: Goroutine) {
        if self.goroutines.len() <= id.index() {
            let absent = Goroutine {
                local: LocalState(0),
                phase: Phase::Absent,
            };
            self.goroutines.resize(id.index() + 1, absent);
        }
        self.goroutines[id.index()] = goroutine;
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
