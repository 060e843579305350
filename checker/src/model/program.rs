//! The interface of the code under test to the rules and the searches: a [`Program`].
//!
//! A goroutine is an automaton. At a [`LocalState`] it is about to do one [`Op`], or it has
//! returned or panicked. Given the [`Outcome`] of the operation, it moves on to the next local
//! state. Nothing here is a closure or a coroutine. An interpreter of another language can be a
//! program just as well.

use serde::{Deserialize, Serialize};

use super::dependence::Classes;
use super::fault::Fault;
use super::id::{FileId, GoroutineId, LocalState, ObjectId, RegionId, ValueId};
use super::known::Known;
use super::learned::Learned;
use super::object::Object;
use super::op::{Op, Outcome};
use super::step::Step;
use super::world::{Panic, World};

/// A place in the source code of a program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Site {
    /// The file: see [`Names::file`].
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Site {
    /// No place, for what no source line made.
    pub const NONE: Self = Self {
        file: FileId::NONE,
        line: 0,
        column: 0,
    };
}

/// A place in source code with the name of its file, for those who do not have the program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the compiler names it; empty if no source line made it.
    pub file: String,
    /// The line, from 1; 0 if there is none.
    pub line: u32,
    /// The column, from 1; 0 if the place is that of the lock whose guard is dropped: where a drop
    /// happens is not known.
    pub column: u32,
}

/// The arrival of a goroutine at a local state, and what it does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The objects that it made on its way here. Making an object is not a step: nobody else can
    /// know of it yet.
    pub created: Vec<Creation>,
    /// The next thing that it does.
    pub next: Next,
    /// The place of that in the source.
    pub site: Site,
}

/// The next thing that a goroutine does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Next {
    /// It is about to do this operation.
    Op(Op),
    /// It has returned.
    Return,
    /// It has panicked, with this message.
    Panic(String),
    /// One of its operations has panicked, and it did not recover.
    Unrecovered(Panic),
}

/// An object that a goroutine has made.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Creation {
    /// Its id.
    pub id: ObjectId,
    /// Its first state.
    pub object: Object,
    /// The hidden goroutine that fires it, if it is a timer.
    pub timer: Option<GoroutineId>,
}

/// Information about a goroutine that is not part of a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GoroutineInfo {
    /// The name that the program gave it, unique among all.
    pub name: String,
    /// The goroutine that started it; `None` for those that exist from the start.
    pub parent: Option<GoroutineId>,
    /// The place of the `go` statement, or the place where the timer was made.
    pub site: Site,
    /// True if it is the hidden goroutine of a timer.
    pub timer: bool,
    /// True if it may outlive main: see [`World::may_wait`](super::World::may_wait).
    pub daemon: bool,
}

/// Information about an object that is not part of a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ObjectInfo {
    /// The name that the program gave it, unique among all.
    pub name: String,
    /// The place where it was made.
    pub site: Site,
}

/// Names of what a program has: all that is needed to tell an execution in words.
pub trait Names {
    /// Tells about a goroutine. The name is unique among all goroutines that have been seen so far.
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo;

    /// Returns true if the goroutine may outlive main.
    fn is_daemon(&self, id: GoroutineId) -> bool {
        self.goroutine(id).daemon
    }

    /// Tells about an object. The name is unique among all objects that have been seen so far.
    fn object(&self, id: ObjectId) -> ObjectInfo;

    /// Returns a value as text, as its type's `Debug` writes it.
    fn value(&self, id: ValueId) -> String;

    /// Returns what stands at this place for a channel that is nil: `w.result`; `None` if that is
    /// not known.
    fn nil_channel(&self, site: Site) -> Option<String> {
        let _ = site;
        None
    }

    /// Returns the name of a file; empty for [`FileId::NONE`].
    fn file(&self, id: FileId) -> &str;

    /// Returns a place with the name of its file.
    fn place(&self, site: Site) -> Place {
        Place {
            file: self.file(site.file).to_owned(),
            line: site.line,
            column: site.column,
        }
    }
}

/// A program whose goroutines are deterministic automata.
pub trait Program: Names {
    /// Returns the goroutines that exist from the start and where they stand. The first is
    /// [`GoroutineId::MAIN`]. `world` is the state that begins; only its [memory](World::cell) may
    /// be changed.
    ///
    /// # Errors
    /// If the program cannot be started.
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault>;

    /// Returns what the goroutine at `local` does next, and what it made on the way there.
    fn arrival(&self, local: LocalState) -> &Arrival;

    /// Returns the local state of goroutine `id` after its operation at `local` had this outcome.
    /// After an operation that panicked, its deferred calls go on there, or its next is
    /// [`Next::Unrecovered`]. It is a function of these and of the memory of `world`. Only that
    /// memory may be read and changed.
    ///
    /// # Errors
    /// If the goroutine cannot go on for a reason that is not a behaviour of it.
    fn resume(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        world: &mut World,
    ) -> Result<LocalState, Fault>;

    /// Returns the first local state of the goroutine that goroutine `id` starts with the
    /// [`Op::Go`] at `local`. `world` is as for [`Program::resume`].
    ///
    /// # Errors
    /// As for [`Program::resume`].
    fn child(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        world: &mut World,
    ) -> Result<LocalState, Fault>;

    /// Takes out of a state all that no goroutine can come to again, so that states which differ in
    /// nothing else are equal. It is called after each step.
    fn tidy(&mut self, world: &mut World) {
        let _ = world;
    }

    /// Returns true if [`tidy`](Program::tidy) takes out goroutines that have returned. Then a
    /// state does not tell if one has returned or was never started.
    fn forgets_returned(&self) -> bool {
        false
    }

    /// Sets how the things that are made from now on are numbered, and returns true if the two ways
    /// differ for this program. By count, a number depends on the maker and on how many it has
    /// made, so the order of independent steps makes no difference. Otherwise free numbers are
    /// given again, so an endless loop does not need ever new ones. A program begins with the
    /// latter.
    fn number_by_count(&mut self, by_count: bool) -> bool {
        let _ = by_count;
        false
    }

    /// Returns the place of what the goroutine at `local` does. Goroutines that
    /// [share](Program::share_locals) their local states have places of their own.
    fn site(&self, id: GoroutineId, local: LocalState) -> Site {
        let _ = id;
        self.arrival(local).site
    }

    /// Lets goroutines with the same body and the same captured values stand at the same local
    /// states, as long as they make nothing and start nobody. Then only their ids tell them apart.
    /// Returns true if there may be such ones. It is called before the program starts.
    fn share_locals(&mut self) -> bool {
        false
    }

    /// Adds the goroutines of a state that only their ids tell apart from others, and ids that are
    /// free, each with the number of its group. If two of a group take each other's places in the
    /// state, its futures are the same but for their ids. There are none if locals are not
    /// [shared](Program::share_locals).
    fn exchange_groups(&self, world: &World, groups: &mut Vec<(u32, GoroutineId)>) {
        let _ = (world, groups);
    }

    /// Returns true if goroutines share memory that no [footprint](World::footprint) names. Then
    /// steps with no object in common need not commute where there is a race.
    fn shares_memory(&self) -> bool {
        false
    }

    /// Returns true if a goroutine that comes to this position has used such memory since its last
    /// operation.
    fn has_touched(&self, local: LocalState) -> bool {
        let _ = local;
        false
    }

    /// Tells the regions of such memory that a goroutine which comes to this position has used
    /// since its last operation, each with the [classes](super::MemoryAccess::class) of its
    /// accesses.
    fn visit_touched(&self, local: LocalState, tell: &mut dyn FnMut(RegionId, Classes)) {
        let _ = (local, tell);
    }

    /// Tells the same of all goroutines that had returned after the last step, by their ids, as it
    /// was before the state was [tidied](Program::tidy). They may stand behind less of it since:
    /// what nobody else can come to is forgotten.
    fn visit_returned(&self, tell: &mut dyn FnMut(GoroutineId, RegionId, Classes)) {
        let _ = tell;
    }

    /// Tells the regions that overlap with these, themselves included, each with the classes of the
    /// accesses that conflict with its own.
    fn visit_conflicts(&self, local: LocalState, tell: &mut dyn FnMut(RegionId, Classes)) {
        let _ = (local, tell);
    }

    /// Returns true if it is known of a race, or of what is seen in some order of steps only that
    /// have no object in common.
    fn has_raced(&self) -> bool {
        false
    }

    /// Is told that two goroutines can stand at these positions at once, since nothing orders what
    /// they did last: if they used the same memory, that is a race.
    fn meet(&mut self, one: (GoroutineId, LocalState), other: (GoroutineId, LocalState)) {
        let _ = (one, other);
    }

    /// Sets whether ids of goroutines may have been exchanged in the states that are told. Nothing
    /// is kept that names goroutines then, such as a race: see [`Program::withheld`].
    fn withhold(&mut self, withholds: bool) {
        let _ = withholds;
    }

    /// Returns true if something was not kept that names goroutines, since this was asked last.
    fn withheld(&mut self) -> bool {
        false
    }

    /// Returns true if a goroutine that has panicked at this position ends the program in a way
    /// that is no finding. What the others would do after it is none either.
    fn excuses(&self, local: LocalState) -> bool {
        let _ = local;
        false
    }

    /// Returns true if time passes only when nobody else can move. Then a timer fires and a sleep
    /// is over only where no other step can be taken. Only searches that ask for [all
    /// steps](World::enabled) of a state may run such a program.
    fn is_quiet(&self) -> bool {
        false
    }

    /// Returns true if this goroutine may fire its timer, or end its [pause](super::Pause). That
    /// can depend on where all others stand. Only searches that ask for [all
    /// steps](World::enabled) of a state may run a program of which it does.
    fn may_go_on(&self, world: &World, id: GoroutineId) -> bool {
        let _ = (world, id);
        true
    }

    /// Returns the moment at which a step is due with which time passes; `None` if it is at any.
    /// In quiet time what is due first comes first.
    fn due(&self, world: &World, step: Step) -> Option<i64> {
        let _ = (world, step);
        None
    }

    /// Is told that this step is about to be taken, so that a clock can be set to its moment.
    fn elapse(&mut self, world: &mut World, step: Step) {
        let _ = (world, step);
    }

    /// Returns the learner of this program; `None` if all of it is known before it starts. A
    /// program that stands before another one returns the learner of that one.
    fn learner(&mut self) -> Option<&mut dyn Learner> {
        None
    }

    /// Returns what is known of the program, if that is all: its goroutines use no memory of a
    /// state, nothing is [taken out](Program::tidy), and time is not [quiet](Program::is_quiet).
    fn learned(&self) -> Option<&dyn Learned> {
        None
    }
}

/// The part of a [`Program`] that learns it on the fly. It gives an id to each thing when it is
/// first met. It may have to run code to find out what a goroutine does next.
pub trait Learner {
    /// Returns what has got an id so far.
    fn ids(&self) -> Known;

    /// Gives the ids that another program of the same code has given. Nothing has started yet.
    fn adopt_ids(&mut self, known: &Known);

    /// Returns false if no goroutine has come back to a local that it had left: then no state comes
    /// twice in one execution.
    fn may_cycle(&self) -> bool {
        true
    }

    /// Runs parts of the program again, and compares what they do with the first time.
    ///
    /// # Errors
    /// [`Fault::Nondeterminism`] if there is a difference.
    fn recheck(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Returns the goroutine with the longest history that is known, and the places of its
    /// operations in it, the last first.
    fn longest_history(&self) -> Option<(String, Vec<Place>)> {
        None
    }

    /// Returns true if [`Learner::forget`] would be of use now.
    fn wants_to_forget(&self) -> bool {
        false
    }

    /// Forgets locals that only a past execution needed. `live` are those that are still in use.
    fn forget(&mut self, live: &mut dyn Iterator<Item = LocalState>) {
        let _ = live;
    }

    /// Lets go of all that still runs. No local can be come to any more.
    fn finish(&mut self) {}

    /// Returns the bytes of stacks that are lost for good, since their goroutines did not let
    /// themselves be unwound.
    fn lost_stack_bytes(&self) -> usize {
        0
    }
}
