//! A state of a program: the [`World`].
//!
//! It can be cloned, compared and hashed, and holds nothing else: no closure, no clock, no name.
//! [`World::enabled`] lists the enabled steps, and [`World::take`] takes one. Other goroutines
//! cannot tell if a goroutine has "already arrived" at an operation that blocks. So arriving is not
//! a step: a goroutine arrives at its next operation within the step that completed the one before.

use smallvec::SmallVec;

use super::fault::Fault;
use super::id::{CellId, GoroutineId, LocalState, ObjectId, ValueId};
use super::object::Object;
use super::op::Op;
use super::primitive::Kind;
use super::program::{Next, Program};
use super::tracked::Tracked;

/// A state.
#[derive(PartialEq, Eq, Hash, Debug, Default)]
pub struct World {
    pub(super) goroutines: Tracked<Goroutine>,
    pub(super) objects: Tracked<Object>,
    /// The memory that goroutines share beside the objects, by cell. [`ValueId::UNIT`] stands for
    /// no cell.
    pub(super) cells: Tracked<ValueId>,
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

impl World {
    /// Notes the changes of `other`, of which this state was a copy before either was changed.
    pub(super) fn note_changes(&mut self, other: &Self) {
        self.goroutines.note_changes(&other.goroutines);
        self.objects.note_changes(&other.objects);
        self.cells.note_changes(&other.cells);
    }

    /// Forgets what was changed: all copies have noted it.
    pub(super) fn forget_changes(&mut self) {
        self.goroutines.forget_changes();
        self.objects.forget_changes();
        self.cells.forget_changes();
    }

    /// Makes the state equal to `other` again, of which it was a copy before steps were taken.
    pub(super) fn go_back_to(&mut self, other: &Self) {
        self.goroutines.go_back_to(&other.goroutines);
        self.objects.go_back_to(&other.objects);
        self.cells.go_back_to(&other.cells);
        debug_assert_eq!(self, other, "a part was changed unseen");
    }

    /// Makes the state equal to `ahead`. Both were copies of one state before steps were taken.
    pub(crate) fn catch_up_with(&mut self, ahead: &Self) {
        self.note_changes(ahead);
        self.go_back_to(ahead);
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
    #[inline]
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
            let count = id.index() + 1;
            self.cells.list_mut().resize(count, ValueId::UNIT);
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

    /// Returns true if this is main, and it has called `Goexit`.
    #[must_use]
    pub fn has_exited(&self, program: &dyn Program, id: GoroutineId) -> bool {
        matches!(self.pending(program, id), Pending::Op(Op::Exited))
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
            let count = id.index() + 1;
            self.objects.list_mut().resize(count, Object::Absent);
        }
        self.objects[id.index()] = object;
    }

    fn set(&mut self, id: GoroutineId, goroutine: Goroutine) {
        if self.goroutines.len() <= id.index() {
            let absent = Goroutine {
                local: LocalState(0),
                phase: Phase::Absent,
            };
            self.goroutines.list_mut().resize(id.index() + 1, absent);
        }
        self.goroutines[id.index()] = goroutine;
    }
}
