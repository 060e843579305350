//! Many readers or one writer: Go's `sync.RWMutex`, with its preference for writers.
//!
//! A writer first announces itself. From then on no new reader gets in ("a blocked Lock call
//! excludes new readers from acquiring the lock", package sync). It holds the lock once the readers
//! that it found have gone. With no reader inside, both are one step. Two read locks by one
//! goroutine, with a writer announced in between, are a deadlock.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use super::decode::Input;
use super::dependence::Classes;
use super::encode::{put, put_ids};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::mutex::content;
use super::op::Outcome;
use super::primitive::{Effect, Facts, Holders, Mode, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::{Behind, WaitsFor, Way, Ways};
use super::world::{Panic, Phase};

/// The state of a `sync.RWMutex`.
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct RwLock {
    /// The goroutines that hold it for reading, in order, once for each time.
    pub readers: SmallVec<[GoroutineId; 4]>,
    /// The writer that has announced itself or holds the lock.
    pub writer: Option<Writer>,
    /// The data that it protects.
    pub content: ValueId,
}

// A derived copy of the list would go item by item, and states are copied all the time.
impl Clone for RwLock {
    fn clone(&self) -> Self {
        Self {
            readers: SmallVec::from_slice(&self.readers),
            ..*self
        }
    }
}

/// A writer that no other writer, and no new reader, can pass.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Writer {
    /// The goroutine of the writer.
    pub goroutine: GoroutineId,
    /// True if the readers have gone, so that it holds the lock.
    pub holds: bool,
}

const R_LOCK: Classes = Classes::one(0);
const TRY_R_LOCK: Classes = Classes::one(1);
/// `RUnlock` by one that holds it for reading, as it was seen.
const R_UNLOCK: Classes = Classes::one(2);
/// `RUnlock` that lets another out, or fails, as it was seen.
const R_UNLOCK_OTHER: Classes = Classes::one(3);
const LOCK: Classes = Classes::one(4);
const TRY_LOCK: Classes = Classes::one(5);
const UNLOCK: Classes = Classes::one(6);

/// An operation on a [`RwLock`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RwLockOp {
    /// `RLock`.
    RLock,
    /// `TryRLock`.
    TryRLock,
    /// `RUnlock`.
    RUnlock,
    /// `Lock`: announces the writer, which holds the lock once the readers that it found have gone.
    Lock,
    /// `TryLock`.
    TryLock,
    /// `Unlock`, with the content as in [`MutexOp::Unlock`](super::MutexOp::Unlock).
    Unlock(Option<ValueId>),
}

impl RwLock {
    /// Returns an unlocked lock over this data.
    #[must_use]
    pub fn new(content: ValueId) -> Self {
        Self {
            readers: SmallVec::new(),
            writer: None,
            content,
        }
    }

    /// Returns true if a reader can get in.
    #[must_use]
    pub fn admits_reader(&self) -> bool {
        self.writer.is_none()
    }

    /// Returns true if `by` can go on with its write lock: announce itself or, if announced, hold
    /// the lock.
    #[must_use]
    pub fn admits_writer(&self, by: GoroutineId) -> bool {
        match self.writer {
            None => true,
            Some(writer) => writer.goroutine == by && !writer.holds && self.readers.is_empty(),
        }
    }

    /// Returns the writer that has announced itself and does not hold the lock yet.
    #[must_use]
    pub fn announced(&self) -> Option<GoroutineId> {
        let writer = self.writer.filter(|writer| !writer.holds)?;
        Some(writer.goroutine)
    }

    /// Lets a reader in.
    ///
    /// # Panics
    /// If a writer is announced or holds: the step was not enabled.
    pub fn read_lock(&mut self, by: GoroutineId) -> ValueId {
        assert!(self.admits_reader(), "{by:?} reads under {:?}", self.writer);
        let at = self.readers.partition_point(|&reader| reader <= by);
        self.readers.insert(at, by);
        self.content
    }

    /// Lets a reader out: `by` if it is one, else any other. Returns false if there is none.
    pub fn read_unlock(&mut self, by: GoroutineId) -> bool {
        if self.readers.is_empty() {
            return false;
        }
        let at = self
            .readers
            .iter()
            .position(|&reader| reader == by)
            .unwrap_or(0);
        self.readers.remove(at);
        true
    }

    /// Returns true if `RUnlock` by this goroutine lets out one of several others: the one with the
    /// smallest id.
    pub(super) fn lets_out_by_id(&self, by: GoroutineId) -> bool {
        let several = self.readers.windows(2).any(|two| two[0] != two[1]);
        several && !self.readers.contains(&by)
    }

    /// Announces the writer `by`, or lets it hold the lock. Returns the content once it holds.
    ///
    /// # Panics
    /// If the step was not enabled.
    pub fn write_lock(&mut self, by: GoroutineId) -> Option<ValueId> {
        assert!(
            self.admits_writer(by),
            "{by:?} writes under {:?}",
            self.writer
        );
        let holds = self.readers.is_empty();
        self.writer = Some(Writer {
            goroutine: by,
            holds,
        });
        holds.then_some(self.content)
    }

    /// Lets the writer out. Returns false if none holds the lock.
    pub fn write_unlock(&mut self, content: Option<ValueId>) -> bool {
        if !self.writer.is_some_and(|writer| writer.holds) {
            return false;
        }
        self.writer = None;
        self.content = content.unwrap_or(self.content);
        true
    }
}

impl Primitive for RwLock {
    type Op = RwLockOp;

    #[inline]
    fn facts(op: &RwLockOp) -> Facts {
        match op {
            RwLockOp::RLock => Facts::simple(Verb::RLock, Tells::Content, None).locks(),
            RwLockOp::TryRLock => Facts::simple(Verb::TryRLock, Tells::ContentIfFree, None).locks(),
            RwLockOp::RUnlock => Facts::simple(Verb::RUnlock, Tells::Nothing, Some(Way::Unlock)),
            RwLockOp::Lock => Facts::simple(Verb::Lock, Tells::Content, None).locks(),
            RwLockOp::TryLock => Facts::simple(Verb::TryLock, Tells::ContentIfFree, None).locks(),
            RwLockOp::Unlock(content) => {
                Facts::simple(Verb::Unlock, Tells::Nothing, Some(Way::Unlock)).leaves(*content)
            }
        }
    }

    fn admits(&self, op: &RwLockOp, by: GoroutineId) -> bool {
        match op {
            RwLockOp::RLock => self.admits_reader(),
            RwLockOp::Lock => self.admits_writer(by),
            RwLockOp::TryRLock | RwLockOp::RUnlock | RwLockOp::TryLock | RwLockOp::Unlock(_) => {
                true
            }
        }
    }

    fn apply(&mut self, op: &RwLockOp, ObjectStep { object, by, .. }: ObjectStep) -> Effect {
        match op {
            RwLockOp::RLock => Effect::Done(Outcome::Value(self.read_lock(by))),
            RwLockOp::TryRLock => Effect::tried(self.admits_reader().then(|| self.read_lock(by))),
            RwLockOp::RUnlock => {
                Effect::done_unless(Panic::RUnlockOfUnlocked(object), self.read_unlock(by))
            }
            RwLockOp::Lock => match self.write_lock(by) {
                Some(content) => Effect::Done(Outcome::Value(content)),
                None => Effect::Now(Phase::Announced),
            },
            RwLockOp::TryLock => {
                let free = self.writer.is_none() && self.readers.is_empty();
                Effect::tried(if free { self.write_lock(by) } else { None })
            }
            RwLockOp::Unlock(content) => Effect::done_unless(
                Panic::WUnlockOfUnlocked(object),
                self.write_unlock(*content),
            ),
        }
    }

    fn access(&self, op: &RwLockOp, by: GoroutineId) -> Access {
        match op {
            RwLockOp::RLock | RwLockOp::TryRLock => Access::Shared,
            // Unlocking one's own read lock always succeeds. Unlocking someone else's may find
            // none.
            RwLockOp::RUnlock => Access::shared_if(self.readers.contains(&by)),
            // A `TryLock` that fails because of the readers depends on each of them.
            RwLockOp::TryLock => Access::shared_if(self.writer.is_some()),
            RwLockOp::Lock | RwLockOp::Unlock(_) => Access::Exclusive,
        }
    }

    fn class(op: &RwLockOp) -> Classes {
        match op {
            RwLockOp::RLock => R_LOCK,
            RwLockOp::TryRLock => TRY_R_LOCK,
            RwLockOp::RUnlock => Classes::NONE,
            RwLockOp::Lock => LOCK,
            RwLockOp::TryLock => TRY_LOCK,
            RwLockOp::Unlock(_) => UNLOCK,
        }
    }

    fn class_seen(op: &RwLockOp, access: Access) -> Classes {
        match (op, access) {
            (RwLockOp::RUnlock, Access::Shared) => R_UNLOCK,
            (RwLockOp::RUnlock, _) => R_UNLOCK_OTHER,
            (
                RwLockOp::RLock
                | RwLockOp::TryRLock
                | RwLockOp::Lock
                | RwLockOp::TryLock
                | RwLockOp::Unlock(_),
                _,
            ) => Self::class(op),
        }
    }

    fn depends_on(&self, op: &RwLockOp, by: GoroutineId) -> Classes {
        let writers = LOCK | TRY_LOCK | R_UNLOCK_OTHER;
        match (op, self.writer) {
            (RwLockOp::RLock, None) | (RwLockOp::TryRLock, _) => writers | UNLOCK,
            // Only the writer's unlock lets anyone in, or makes trying worth while.
            (RwLockOp::RLock | RwLockOp::TryLock, Some(_)) => UNLOCK,
            (RwLockOp::RUnlock, _) if self.readers.contains(&by) => writers,
            // Readers that a writer has found have to leave; nobody enters any more.
            (RwLockOp::Lock, Some(writer))
                if writer.goroutine == by && !self.readers.is_empty() =>
            {
                R_UNLOCK | R_UNLOCK_OTHER
            }
            (RwLockOp::Lock, Some(_)) => UNLOCK,
            (RwLockOp::Unlock(_), Some(writer)) if writer.holds => UNLOCK | TRY_LOCK | TRY_R_LOCK,
            (RwLockOp::RUnlock | RwLockOp::Unlock(_), _)
            | (RwLockOp::Lock | RwLockOp::TryLock, None) => Classes::ALL,
        }
    }

    fn waits_for(&self, op: &RwLockOp, object: ObjectId, by: GoroutineId) -> WaitsFor {
        match op {
            RwLockOp::RLock | RwLockOp::Lock => {
                match self.announced().filter(|&writer| writer != by) {
                    None => WaitsFor::Holders(object, Ways::UNLOCK),
                    Some(who) => WaitsFor::One {
                        object,
                        who,
                        way: Way::TakeAndUnlock,
                        behind: (*op == RwLockOp::RLock).then_some(Behind::Writer),
                        otherwise: Ways::UNLOCK,
                    },
                }
            }
            RwLockOp::TryRLock | RwLockOp::RUnlock | RwLockOp::TryLock | RwLockOp::Unlock(_) => {
                WaitsFor::Unknown
            }
        }
    }

    fn content(&self) -> Option<ValueId> {
        Some(self.content)
    }

    fn content_mut(&mut self) -> Option<&mut ValueId> {
        Some(&mut self.content)
    }

    fn rename(&mut self, new: Rename<'_>) {
        self.readers
            .iter_mut()
            .for_each(|reader| *reader = new(*reader));
        self.readers.sort_unstable();
        if let Some(writer) = &mut self.writer {
            writer.goroutine = new(writer.goroutine);
        }
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        let has_content = self.content != ValueId::UNIT;
        let form = self.writer.map_or(0, |writer| 1 + u8::from(writer.holds));
        out.push(first + 2 * form + u8::from(has_content));
        put_ids(out, self.readers.iter().map(|reader| reader.0));
        if let Some(writer) = self.writer {
            put(out, writer.goroutine.0.into());
        }
        if has_content {
            put(out, self.content.0.into());
        }
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        let readers = input.ids(GoroutineId);
        let writer = (form >= 2).then(|| Writer {
            goroutine: GoroutineId(input.id()),
            holds: form >= 4,
        });
        Self {
            readers,
            writer,
            content: ValueId(if form.is_multiple_of(2) {
                0
            } else {
                input.id()
            }),
        }
    }

    fn assert_invariants(&self) {
        let holds = self.writer.is_some_and(|writer| writer.holds);
        assert!(
            !holds || self.readers.is_empty(),
            "a writer holds beside readers: {self:?}"
        );
        assert!(self.readers.is_sorted(), "readers out of order: {self:?}");
    }

    fn holders(&self) -> Holders {
        let readers = self.readers.iter().map(|&id| (id, Mode::Read));
        let writer = self.writer.filter(|writer| writer.holds);
        readers
            .chain(writer.map(|writer| (writer.goroutine, Mode::Write)))
            .collect()
    }

    fn state(&self, names: &dyn Names) -> String {
        match self.announced() {
            Some(writer) => format!("writer announced: {}", names.goroutine(writer).name),
            None if self.holders().is_empty() => "free".to_owned(),
            None => String::new(),
        }
    }

    fn left(&self, names: &dyn Names) -> Option<String> {
        let locked = if self.writer.is_some() {
            "write-locked "
        } else {
            ""
        };
        let (readers, content) = (self.readers.len(), names.value(self.content));
        Some(format!("{locked}{readers} readers {content}"))
    }

    fn values(&self, names: &dyn Names) -> Vec<String> {
        content(self.content, names)
    }

    fn note(&self, op: &RwLockOp, after: &Self, turn: ObjectStep, _: &dyn Names) -> Option<String> {
        match op {
            RwLockOp::Lock => (after.announced() == Some(turn.by)).then(|| "announced".to_owned()),
            RwLockOp::TryRLock | RwLockOp::TryLock => (self == after).then(|| "failed".to_owned()),
            RwLockOp::RLock | RwLockOp::RUnlock | RwLockOp::Unlock(_) => None,
        }
    }

    fn blocked(&self, op: &RwLockOp, by: GoroutineId, names: &dyn Names) -> Option<String> {
        let name = |id: GoroutineId| names.goroutine(id).name;
        let writer = self.announced()?;
        Some(if writer == by {
            let readers: BTreeSet<String> = self.readers.iter().map(|&id| name(id)).collect();
            let count = if readers.len() == 1 {
                "reader"
            } else {
                "readers"
            };
            let readers: Vec<String> = readers.into_iter().collect();
            format!("announced; {count} inside: {}", readers.join(", "))
        } else if *op == RwLockOp::RLock {
            format!("writer announced: {}", name(writer))
        } else {
            format!("behind the writer {}", name(writer))
        })
    }
}
