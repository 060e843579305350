//! States as strings of bytes: short, and equal if and only if the states are.

use smallvec::SmallVec;

use super::context::Reason;
use super::id::{GoroutineId, Local, ObjectId, ValueId};
use super::once::Once;
use super::rwlock::Writer;
use super::timer::Action;
use super::world::{Goroutine, Panic, Phase, World};
use super::{Atomic, Cell, Chan, Cond, Context, Mutex, Object, RwLock, Timer, WaitGroup};

impl World {
    /// Appends the state to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.goroutines.len() as u64);
        for goroutine in &self.goroutines {
            put_phase(out, goroutine.phase);
            if goroutine.phase != Phase::Absent {
                put(out, goroutine.local.0.into());
            }
        }
        put_ids(out, self.cells.iter().map(|cell| cell.0));
        for object in &self.objects {
            put_object(out, object);
        }
    }

    /// The state that these bytes are.
    ///
    /// # Panics
    /// If they are no state that [`World::encode`] wrote.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let mut world = Self::default();
        world.decode_from(bytes);
        world
    }

    /// As [`World::decode`], in place of the state that is here, whose memory is kept.
    ///
    /// # Panics
    /// As [`World::decode`].
    pub fn decode_from(&mut self, bytes: &[u8]) {
        let mut input = Input { bytes };
        let count = input.number();
        self.goroutines.clear();
        self.goroutines
            .extend((0..count).map(|_| input.goroutine()));
        let count = input.number();
        self.cells.clear();
        self.cells.extend((0..count).map(|_| ValueId(input.id())));
        self.objects.clear();
        while !input.bytes.is_empty() {
            self.objects.push(input.object());
        }
    }
}

/// A number in as few bytes as it needs: seven bits each, the lowest first, the top bit says that more follow.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A number that may be negative: near zero is short.
fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

fn put_ids(out: &mut Vec<u8>, ids: impl ExactSizeIterator<Item = u32>) {
    put(out, ids.len() as u64);
    ids.for_each(|id| put(out, id.into()));
}

/// Nobody is 0, and everybody else one more than the number.
fn put_option(out: &mut Vec<u8>, id: Option<u32>) {
    put(out, id.map_or(0, |id| u64::from(id) + 1));
}

fn put_phase(out: &mut Vec<u8>, phase: Phase) {
    let (tag, object) = match phase {
        Phase::Absent => (0, None),
        Phase::Ready => (1, None),
        Phase::Announced => (2, None),
        Phase::Waiting => (3, None),
        Phase::Woken => (4, None),
        Phase::Returned => (5, None),
        Phase::Timer(timer) => (6, Some(timer)),
        Phase::Panicked(panic) => {
            let tag = match panic {
                Panic::Own => 7,
                Panic::CloseOfNil => 8,
                Panic::SendOnClosed(_) => 9,
                Panic::CloseOfClosed(_) => 10,
                Panic::NegativeCounter(_) => 11,
                Panic::UnlockOfUnlocked(_) => 12,
                Panic::RUnlockOfUnlocked(_) => 13,
                Panic::WUnlockOfUnlocked(_) => 14,
            };
            (tag, panic.object())
        }
    };
    out.push(tag);
    if let Some(object) = object {
        put(out, object.0.into());
    }
}

fn put_object(out: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Absent => out.push(0),
        Object::Mutex(mutex) => {
            out.push(1);
            put_option(out, mutex.holder.map(|holder| holder.0));
            put(out, mutex.content.0.into());
        }
        Object::RwLock(lock) => {
            out.push(2);
            put_ids(out, lock.readers.iter().map(|reader| reader.0));
            put_option(out, lock.writer.map(|writer| writer.goroutine.0));
            out.push(lock.writer.is_some_and(|writer| writer.holds).into());
            put(out, lock.content.0.into());
        }
        Object::Chan(chan) => {
            out.push(if chan.closed { 4 } else { 3 });
            put(out, chan.capacity.into());
            put_ids(out, chan.buffer.iter().map(|value| value.0));
        }
        Object::WaitGroup(group) => {
            out.push(5);
            put_signed(out, group.count);
        }
        Object::Once(Once::Fresh) => out.push(6),
        Object::Once(Once::Done) => out.push(7),
        Object::Once(Once::Running(by)) => {
            out.push(8);
            put(out, by.0.into());
        }
        Object::Cond(cond) => {
            out.push(9);
            put_ids(out, cond.waiters.iter().map(|waiter| waiter.0));
        }
        Object::Context(context) => {
            out.push(match context.ended {
                None => 10,
                Some(Reason::Canceled) => 11,
                Some(Reason::DeadlineExceeded) => 12,
            });
            put(out, context.done.0.into());
            put_option(out, context.timer.map(|timer| timer.0));
            put_ids(out, context.children.iter().map(|child| child.0));
        }
        Object::Timer(timer) => {
            out.push(match timer.action {
                Action::Send(_) => 13,
                Action::Cancel(_) => 14,
            });
            let (Action::Send(target) | Action::Cancel(target)) = timer.action;
            put(out, target.0.into());
            out.push(timer.flags());
            put(out, timer.left.into());
        }
        Object::Atomic(atomic) => {
            out.push(15);
            put_signed(out, atomic.value);
        }
        Object::Cell(cell) => {
            out.push(16);
            put(out, cell.value.0.into());
        }
    }
}

struct Input<'a> {
    bytes: &'a [u8],
}

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().expect("a state is cut short");
        self.bytes = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return number;
            }
            shift += 7;
        }
    }

    fn id(&mut self) -> u32 {
        u32::try_from(self.number()).expect("ids have 32 bits")
    }

    fn signed(&mut self) -> i64 {
        let number = self.number();
        (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
    }

    fn option(&mut self) -> Option<u32> {
        let number = self.number();
        number
            .checked_sub(1)
            .map(|id| u32::try_from(id).expect("ids have 32 bits"))
    }

    fn ids<T, const N: usize>(&mut self, make: impl Fn(u32) -> T) -> SmallVec<[T; N]>
    where
        [T; N]: smallvec::Array<Item = T>,
    {
        let count = self.number();
        (0..count).map(|_| make(self.id())).collect()
    }

    fn goroutine(&mut self) -> Goroutine {
        let phase = match self.byte() {
            0 => {
                return Goroutine {
                    local: Local(0),
                    phase: Phase::Absent,
                };
            }
            1 => Phase::Ready,
            2 => Phase::Announced,
            3 => Phase::Waiting,
            4 => Phase::Woken,
            5 => Phase::Returned,
            6 => Phase::Timer(ObjectId(self.id())),
            7 => Phase::Panicked(Panic::Own),
            8 => Phase::Panicked(Panic::CloseOfNil),
            tag => {
                let object = ObjectId(self.id());
                Phase::Panicked(match tag {
                    9 => Panic::SendOnClosed(object),
                    10 => Panic::CloseOfClosed(object),
                    11 => Panic::NegativeCounter(object),
                    12 => Panic::UnlockOfUnlocked(object),
                    13 => Panic::RUnlockOfUnlocked(object),
                    14 => Panic::WUnlockOfUnlocked(object),
                    _ => panic!("no phase has the tag {tag}"),
                })
            }
        };
        Goroutine {
            local: Local(self.id()),
            phase,
        }
    }

    fn object(&mut self) -> Object {
        match self.byte() {
            0 => Object::Absent,
            1 => Object::Mutex(Mutex {
                holder: self.option().map(GoroutineId),
                content: ValueId(self.id()),
            }),
            2 => Object::RwLock(self.rwlock()),
            tag @ (3 | 4) => Object::Chan(Chan {
                capacity: self.id(),
                buffer: self.ids(ValueId),
                closed: tag == 4,
            }),
            5 => Object::WaitGroup(WaitGroup {
                count: self.signed(),
            }),
            6 => Object::Once(Once::Fresh),
            7 => Object::Once(Once::Done),
            8 => Object::Once(Once::Running(GoroutineId(self.id()))),
            9 => Object::Cond(Cond {
                waiters: self.ids(GoroutineId),
            }),
            tag @ 10..=12 => Object::Context(Context {
                done: ObjectId(self.id()),
                timer: self.option().map(ObjectId),
                children: self.ids(ObjectId),
                ended: match tag {
                    10 => None,
                    11 => Some(Reason::Canceled),
                    _ => Some(Reason::DeadlineExceeded),
                },
            }),
            tag @ (13 | 14) => Object::Timer(self.timer(tag == 13)),
            15 => Object::Atomic(Atomic {
                value: self.signed(),
            }),
            16 => Object::Cell(Cell {
                value: ValueId(self.id()),
            }),
            tag => panic!("no object has the tag {tag}"),
        }
    }

    fn rwlock(&mut self) -> RwLock {
        let readers = self.ids(GoroutineId);
        let writer = self.option();
        let holds = self.byte() == 1;
        let writer = writer.map(|id| Writer {
            goroutine: GoroutineId(id),
            holds,
        });
        RwLock {
            readers,
            writer,
            content: ValueId(self.id()),
        }
    }

    fn timer(&mut self, sends: bool) -> Timer {
        let target = ObjectId(self.id());
        let action = if sends {
            Action::Send(target)
        } else {
            Action::Cancel(target)
        };
        let flags = self.byte();
        Timer::of_flags(action, flags, self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TimerRules;

    #[test]
    fn a_state_comes_back_as_it_was() {
        let ids = || SmallVec::from_slice(&[GoroutineId(1), GoroutineId(300)]);
        let writer = Some(Writer {
            goroutine: GoroutineId(0),
            holds: false,
        });
        let timer = |action| Timer {
            action,
            periodic: true,
            left: u32::MAX,
            stopped: true,
            sending: Timer::SENDING_MAX,
            rules: TimerRules::Go1_22,
        };
        let o = ObjectId(200);
        let context = |ended| {
            Object::Context(Context {
                done: o,
                timer: Some(ObjectId(0)),
                children: SmallVec::from_slice(&[o]),
                ended,
            })
        };
        let goroutine = |phase| Goroutine {
            local: Local(70_000),
            phase,
        };
        let panic = |panic| goroutine(Phase::Panicked(panic));
        let world = World {
            cells: vec![ValueId(3), ValueId::UNIT, ValueId(70_000)],
            goroutines: vec![
                goroutine(Phase::Ready),
                Goroutine {
                    local: Local(0),
                    phase: Phase::Absent,
                },
                goroutine(Phase::Announced),
                goroutine(Phase::Waiting),
                goroutine(Phase::Woken),
                goroutine(Phase::Returned),
                goroutine(Phase::Timer(o)),
                panic(Panic::Own),
                panic(Panic::CloseOfNil),
                panic(Panic::SendOnClosed(o)),
                panic(Panic::CloseOfClosed(o)),
                panic(Panic::NegativeCounter(o)),
                panic(Panic::UnlockOfUnlocked(o)),
                panic(Panic::RUnlockOfUnlocked(o)),
                panic(Panic::WUnlockOfUnlocked(o)),
            ],
            objects: vec![
                Object::Mutex(Mutex {
                    holder: Some(GoroutineId(0)),
                    content: ValueId(5),
                }),
                Object::Absent,
                Object::RwLock(RwLock {
                    readers: ids(),
                    writer,
                    content: ValueId(9),
                }),
                Object::Chan(Chan {
                    capacity: 2,
                    buffer: SmallVec::from_slice(&[ValueId(1), ValueId(0)]),
                    closed: true,
                }),
                Object::WaitGroup(WaitGroup { count: 77 }),
                Object::Once(Once::Running(GoroutineId(4))),
                Object::Once(Once::Fresh),
                Object::Once(Once::Done),
                Object::Cond(Cond { waiters: ids() }),
                context(None),
                context(Some(Reason::Canceled)),
                context(Some(Reason::DeadlineExceeded)),
                Object::Timer(timer(Action::Send(o))),
                Object::Timer(timer(Action::Cancel(o))),
                Object::Timer(Timer::once(Action::Send(o), TimerRules::Go1_23)),
                Object::Atomic(Atomic { value: i64::MIN }),
                Object::Atomic(Atomic { value: -70 }),
                Object::Cell(Cell { value: ValueId(3) }),
            ],
        };
        let mut bytes = Vec::new();
        world.encode(&mut bytes);
        assert_eq!(World::decode(&bytes), world);
    }
}
