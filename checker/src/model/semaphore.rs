//! A weighted semaphore: `semaphore.Weighted` of Go's golang.org/x/sync.
//!
//! The rules are from semaphore.go. `Acquire(n)` takes `n` permits at once if there is room and
//! nobody waits. Otherwise it joins the end of a queue. `TryAcquire(n)` takes them under the same
//! condition, or fails. `Release(n)` gives `n` back and then serves the queue from the front, up to
//! the first waiter that does not find room. So a waiter that asks for many permits holds up those
//! behind it that ask for few, and is not starved. Any goroutine may give back permits. Giving back
//! more than are held is a panic ("semaphore: released more than held"), and the count stays below
//! zero, as in Go. A goroutine that asks for more permits than the semaphore has waits for ever,
//! and holds up nobody.
//!
//! The queue is part of the state, since its order decides who is served. So an `Acquire` that has
//! to wait is two steps: it joins the queue and, once served, goes on. As in Go, its permits are
//! taken by the release that serves it and not when it goes on. A goroutine that tries in between
//! finds only what is left. Nobody else can see the step of going on. The waiter could instead look
//! for room by itself, as a writer of an `RWMutex` does. That would save a step and be wrong. A
//! `TryAcquire` after the release could fail because of a waiter that should have been served by
//! then.
//!
//! Go's `Acquire` also takes a context, and gives up when it is done. This one has none; it is
//! `Acquire(context.Background(), n)`. The goroutine that acquired is recorded only to be shown.

use smallvec::SmallVec;

use super::decode::Input;
use super::dependence::Classes;
use super::encode::{put, put_ids, put_signed};
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, Holders, Mode, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::{Behind, WaitsFor, Way, Ways};
use super::world::{Panic, Phase};

const RELEASE: Ways = Ways::new("releases {}", &[Way::Release]);

/// The state of a weighted semaphore.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Semaphore {
    /// Number of permits.
    pub size: u32,
    /// Number of permits that are taken; below zero only after a panic.
    pub held: i64,
    /// The holders and the waiters. They are boxed so that other objects need no more room for
    /// them.
    pub parties: Box<Parties>,
}

/// The goroutines that have permits of a semaphore, or wait for some.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Parties {
    /// The acquired permits that were not given back, each with its goroutine, in order; once for
    /// each time.
    pub holders: Shares,
    /// The goroutines that wait, with the permits that each wants, in the order of their arrival.
    pub queue: Shares,
    /// The goroutines that were served and have not gone on yet, in order.
    pub served: SmallVec<[GoroutineId; 4]>,
}

/// Goroutines, with the number of permits that each has or wants.
pub type Shares = SmallVec<[(GoroutineId, u32); 4]>;

const ACQUIRE: Classes = Classes::one(0);
const TRY_ACQUIRE: Classes = Classes::one(1);
const RELEASED: Classes = Classes::one(2);

/// An operation on a [`Semaphore`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SemaphoreOp {
    /// `Acquire`, of this many permits.
    Acquire(u32),
    /// `TryAcquire`.
    TryAcquire(u32),
    /// `Release`.
    Release(u32),
}

impl Semaphore {
    /// Returns a semaphore whose permits are all free.
    #[must_use]
    pub fn new(size: u32) -> Self {
        Self {
            size,
            held: 0,
            parties: Box::default(),
        }
    }

    /// Returns the number of free permits.
    #[must_use]
    pub fn free(&self) -> i64 {
        i64::from(self.size) - self.held
    }

    /// Returns the goroutine that is served next, and its permits. Those that ask for more permits
    /// than there are in total are passed over.
    #[must_use]
    pub fn next(&self) -> Option<(GoroutineId, u32)> {
        let mut queue = self.parties.queue.iter().copied();
        queue.find(|(_, permits)| *permits <= self.size)
    }

    /// Returns true if a goroutine that asks now gets this many permits at once.
    #[must_use]
    pub fn admits_at_once(&self, permits: u32) -> bool {
        self.has_room(permits) && self.next().is_none()
    }

    fn has_room(&self, permits: u32) -> bool {
        self.free() >= i64::from(permits)
    }

    fn is_served(&self, by: GoroutineId) -> bool {
        self.parties.served.contains(&by)
    }

    fn waits(&self, by: GoroutineId) -> bool {
        self.parties.queue.iter().any(|(waiter, _)| *waiter == by)
    }

    fn give(&mut self, to: GoroutineId, permits: u32) {
        self.held += i64::from(permits);
        let holders = &mut self.parties.holders;
        if permits > 0 {
            let at = holders.partition_point(|share| *share <= (to, permits));
            holders.insert(at, (to, permits));
        }
    }

    /// Takes permits back from `by`, or from others if it has fewer. Returns false if fewer are
    /// held in total.
    fn take_back(&mut self, by: GoroutineId, permits: u32) -> bool {
        self.held -= i64::from(permits);
        let holders = &mut self.parties.holders;
        let same = |share: &(GoroutineId, u32)| *share == (by, permits);
        if let Some(at) = holders.iter().position(same) {
            holders.remove(at);
            return self.held >= 0;
        }
        let mut left = permits;
        while left > 0 && !holders.is_empty() {
            let own = holders.iter().position(|(holder, _)| *holder == by);
            let at = own.unwrap_or(0);
            let taken = left.min(holders[at].1);
            left -= taken;
            holders[at].1 -= taken;
            if holders[at].1 == 0 {
                holders.remove(at);
            }
        }
        holders.sort_unstable();
        self.held >= 0
    }

    /// Returns true if `Release` by this goroutine takes permits from some of several others: from
    /// those with the smallest ids.
    pub(super) fn takes_by_id(&self, by: GoroutineId, permits: u32) -> bool {
        let holders = &self.parties.holders;
        let (own, others): (Shares, Shares) = holders
            .iter()
            .copied()
            .partition(|(holder, _)| *holder == by);
        let several = others.windows(2).any(|two| two[0].0 != two[1].0);
        several && own.iter().map(|(_, share)| share).sum::<u32>() < permits
    }

    /// Serves the waiters in order, up to the first that does not find room.
    fn serve(&mut self) -> SmallVec<[GoroutineId; 4]> {
        let mut woken = SmallVec::new();
        while let Some((waiter, permits)) = self.next().filter(|next| self.has_room(next.1)) {
            self.parties.queue.retain(|(other, _)| *other != waiter);
            self.give(waiter, permits);
            let served = &mut self.parties.served;
            served.insert(served.partition_point(|other| *other < waiter), waiter);
            woken.push(waiter);
        }
        woken
    }

    /// Returns what the first in the queue waits for: for all holders, if it needs permits of each.
    fn waits_in_front(&self, object: ObjectId, permits: u32) -> WaitsFor {
        if self.held < 0 {
            return WaitsFor::Nothing(
                "nothing can release it: more was released than was held, and so was nobody served",
            );
        }
        let holders = &self.parties.holders;
        let missing = i64::from(permits) - self.free();
        let without = |one: GoroutineId| -> i64 {
            let others = holders.iter().filter(|(holder, _)| *holder != one);
            others.map(|(_, share)| i64::from(*share)).sum()
        };
        if holders.iter().all(|&(one, _)| without(one) < missing) {
            WaitsFor::Holders(object, RELEASE)
        } else {
            WaitsFor::any(object, RELEASE)
        }
    }
}

impl Primitive for Semaphore {
    type Op = SemaphoreOp;

    fn may_panic(op: &SemaphoreOp, object: ObjectId) -> Option<Panic> {
        match op {
            SemaphoreOp::Release(_) => Some(Panic::ReleasedMoreThanHeld(object)),
            SemaphoreOp::Acquire(_) | SemaphoreOp::TryAcquire(_) => None,
        }
    }

    #[inline]
    fn facts(op: &SemaphoreOp) -> Facts {
        match op {
            // What it does rests on whether its goroutine was served, which nobody sees.
            SemaphoreOp::Acquire(_) => Facts::wide(Verb::Acquire, Tells::Nothing, None).locks(),
            SemaphoreOp::TryAcquire(_) => {
                Facts::simple(Verb::TryAcquire, Tells::Number, None).locks()
            }
            SemaphoreOp::Release(_) => {
                Facts::wide(Verb::Release, Tells::Nothing, Some(Way::Release))
            }
        }
    }

    fn admits(&self, op: &SemaphoreOp, by: GoroutineId) -> bool {
        match op {
            SemaphoreOp::Acquire(_) => !self.waits(by),
            SemaphoreOp::TryAcquire(_) | SemaphoreOp::Release(_) => true,
        }
    }

    fn apply(&mut self, op: &SemaphoreOp, ObjectStep { object, by, .. }: ObjectStep) -> Effect {
        match *op {
            SemaphoreOp::Acquire(_) if self.is_served(by) => {
                self.parties.served.retain(|other| *other != by);
                Effect::DONE
            }
            SemaphoreOp::Acquire(permits) if self.admits_at_once(permits) => {
                self.give(by, permits);
                Effect::DONE
            }
            SemaphoreOp::Acquire(permits) => {
                self.parties.queue.push((by, permits));
                Effect::Now(Phase::Waiting)
            }
            SemaphoreOp::TryAcquire(permits) => {
                let could = self.admits_at_once(permits);
                if could {
                    self.give(by, permits);
                }
                Effect::number(could)
            }
            SemaphoreOp::Release(permits) => {
                if self.take_back(by, permits) {
                    Effect::Wakes(self.serve(), Phase::Woken)
                } else {
                    Effect::Panics(Panic::ReleasedMoreThanHeld(object))
                }
            }
        }
    }

    fn access(&self, op: &SemaphoreOp, by: GoroutineId) -> Access {
        match *op {
            SemaphoreOp::Acquire(_) if self.is_served(by) => Access::Unseen,
            SemaphoreOp::Acquire(permits) | SemaphoreOp::TryAcquire(permits)
                if self.admits_at_once(permits) =>
            {
                let by = i64::from(permits);
                Access::Decrement {
                    after: self.free() - by,
                    by,
                }
            }
            SemaphoreOp::TryAcquire(_) => Access::Shared,
            SemaphoreOp::Acquire(_) | SemaphoreOp::Release(_) => Access::Exclusive,
        }
    }

    fn class(op: &SemaphoreOp) -> Classes {
        match op {
            SemaphoreOp::Acquire(_) => ACQUIRE,
            SemaphoreOp::TryAcquire(_) => TRY_ACQUIRE,
            SemaphoreOp::Release(_) => RELEASED,
        }
    }

    fn depends_on(&self, op: &SemaphoreOp, by: GoroutineId) -> Classes {
        match *op {
            // Its permits are its own already.
            SemaphoreOp::Acquire(_) if self.is_served(by) => Classes::NONE,
            // Those before it in the queue are served by releases, too.
            SemaphoreOp::Acquire(_) if self.waits(by) => RELEASED,
            SemaphoreOp::TryAcquire(permits) if !self.admits_at_once(permits) => RELEASED,
            SemaphoreOp::Acquire(_) | SemaphoreOp::TryAcquire(_) | SemaphoreOp::Release(_) => {
                Classes::ALL
            }
        }
    }

    fn waits_for(&self, op: &SemaphoreOp, object: ObjectId, by: GoroutineId) -> WaitsFor {
        match *op {
            SemaphoreOp::Acquire(permits) if permits > self.size => {
                WaitsFor::Nothing("nothing can release it: it asks for more than the semaphore has")
            }
            SemaphoreOp::Acquire(permits) => match self.next().filter(|next| next.0 != by) {
                None => self.waits_in_front(object, permits),
                Some((who, _)) => WaitsFor::One {
                    object,
                    who,
                    way: Way::TakeTurn,
                    behind: Some(Behind::Queue),
                    otherwise: RELEASE,
                },
            },
            SemaphoreOp::TryAcquire(_) | SemaphoreOp::Release(_) => WaitsFor::Unknown,
        }
    }

    fn rename(&mut self, new: Rename<'_>) {
        let Parties {
            holders,
            queue,
            served,
        } = &mut *self.parties;
        for (goroutine, _) in queue.iter_mut().chain(holders.iter_mut()) {
            *goroutine = new(*goroutine);
        }
        served.iter_mut().for_each(|one| *one = new(*one));
        holders.sort_unstable();
        served.sort_unstable();
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put(out, self.size.into());
        put_signed(out, self.held);
        for shares in [&self.parties.holders, &self.parties.queue] {
            put_ids(out, shares.iter().map(|(goroutine, _)| goroutine.0));
            for (_, permits) in shares {
                put(out, (*permits).into());
            }
        }
        put_ids(out, self.parties.served.iter().map(|served| served.0));
    }

    #[inline]
    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        let shares = |input: &mut Input<'_>| {
            let goroutines: SmallVec<[GoroutineId; 4]> = input.ids(GoroutineId);
            let mut shares = Shares::new();
            shares.extend(goroutines.into_iter().map(|one| (one, input.id())));
            shares
        };
        Self {
            size: input.id(),
            held: input.signed(),
            parties: Box::new(Parties {
                holders: shares(input),
                queue: shares(input),
                served: input.ids(GoroutineId),
            }),
        }
    }

    fn assert_invariants(&self) {
        let Parties {
            holders,
            queue,
            served,
        } = &*self.parties;
        assert!(self.free() >= 0, "more is held than there is: {self:?}");
        assert!(
            holders.is_sorted() && served.is_sorted(),
            "out of order: {self:?}"
        );
        let twice = queue.iter().any(|(waiter, _)| served.contains(waiter));
        assert!(!twice, "one who is served waits: {self:?}");
        let next = self.next().filter(|next| self.has_room(next.1));
        assert!(
            next.is_none() || self.held < 0,
            "the first waits beside room: {self:?}"
        );
    }

    fn holders(&self) -> Holders {
        let holders = self.parties.holders.iter();
        holders
            .map(|&(holder, permits)| (holder, Mode::Permits(permits)))
            .collect()
    }

    fn state(&self, names: &dyn Names) -> String {
        let mut text = format!("{} of {} free", self.free(), self.size);
        for (index, (waiter, permits)) in self.parties.queue.iter().enumerate() {
            text.push_str(if index == 0 { ", in line: " } else { ", " });
            let name = names.goroutine(*waiter).name;
            text.push_str(&format!("{name} ({permits})"));
        }
        text
    }

    fn left(&self, _: &dyn Names) -> Option<String> {
        Some(format!("{} of {}", self.held, self.size))
    }

    fn note(
        &self,
        op: &SemaphoreOp,
        after: &Self,
        turn: ObjectStep,
        names: &dyn Names,
    ) -> Option<String> {
        match *op {
            SemaphoreOp::Acquire(_) if self.is_served(turn.by) => Some("goes on".to_owned()),
            SemaphoreOp::Acquire(permits) if after.waits(turn.by) => {
                Some(format!("waits for {permits}"))
            }
            SemaphoreOp::TryAcquire(permits) if !self.admits_at_once(permits) => {
                Some("failed".to_owned())
            }
            SemaphoreOp::Acquire(permits) | SemaphoreOp::TryAcquire(permits) => {
                Some(format!("takes {permits}"))
            }
            SemaphoreOp::Release(permits) => {
                let old = &self.parties.served;
                let new = after.parties.served.iter().filter(|it| !old.contains(it));
                let new: Vec<String> = new.map(|&id| names.goroutine(id).name).collect();
                Some(if new.is_empty() {
                    format!("gives back {permits}")
                } else {
                    format!("gives back {permits}, serves {}", new.join(", "))
                })
            }
        }
    }

    fn blocked(&self, op: &SemaphoreOp, by: GoroutineId, names: &dyn Names) -> Option<String> {
        let permits = match *op {
            SemaphoreOp::Acquire(permits) => permits,
            SemaphoreOp::TryAcquire(_) | SemaphoreOp::Release(_) => return None,
        };
        if permits > self.size {
            return Some(format!("asks for {permits} of {}", self.size));
        }
        if let Some((who, first)) = self.next().filter(|next| next.0 != by) {
            let name = names.goroutine(who).name;
            return Some(format!("behind {name}, which asks for {first}"));
        }
        let (free, size) = (self.free(), self.size);
        if free == 0 && self.parties.holders.len() == 1 {
            // The holders say it all.
            return None;
        }
        Some(format!("asks for {permits}, {free} of {size} free"))
    }
}
