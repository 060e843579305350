//! States as strings of bytes. They are short, and equal if and only if the states are.

use smallvec::SmallVec;

use super::id::{LocalState, ObjectId, ValueId};
use super::object::Object;
use super::world::{Goroutine, Panic, Phase, World};

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
            object.encode(out);
        }
    }

    /// Returns the state that these bytes encode.
    ///
    /// # Panics
    /// If they are not a state that [`World::encode`] wrote.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let mut world = Self::default();
        world.decode_from(bytes);
        world
    }

    /// Does the same as [`World::decode`], in place of this state, and keeps its allocations.
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
            self.objects.push(Object::decode(&mut input));
        }
    }
}

/// Appends a number in as few bytes as it needs. Each has seven bits, the lowest first. The top bit
/// says that more follow.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a number that may be negative. Numbers near zero are short.
pub(super) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

pub(super) fn put_ids(out: &mut Vec<u8>, ids: impl ExactSizeIterator<Item = u32>) {
    put(out, ids.len() as u64);
    ids.for_each(|id| put(out, id.into()));
}

/// Appends an optional number: 0 for `None`, else the number plus one.
pub(super) fn put_option(out: &mut Vec<u8>, id: Option<u32>) {
    put(out, id.map_or(0, |id| u64::from(id) + 1));
}

/// Makes the writer and the reader of a panic from one table. It has the tags of the panics that
/// have no object, and of those that have one.
macro_rules! panics {
    ($($tag:literal: $panic:ident,)*; $($tag_about:literal: $about:ident,)*) => {
        fn tag_of(panic: Panic) -> u8 {
            match panic {
                $(Panic::$panic => $tag,)*
                $(Panic::$about(_) => $tag_about,)*
            }
        }

        impl Input<'_> {
            fn panic(&mut self, tag: u8) -> Panic {
                match tag {
                    $($tag => Panic::$panic,)*
                    $($tag_about => Panic::$about(ObjectId(self.id())),)*
                    other => panic!("no phase has the tag {other}"),
                }
            }
        }
    };
}

panics! {
    7: Own,
    8: CloseOfNil,
    ;
    9: SendOnClosed,
    10: CloseOfClosed,
    11: NegativeCounter,
    12: UnlockOfUnlocked,
    13: RUnlockOfUnlocked,
    14: WUnlockOfUnlocked,
    15: ReleasedMoreThanHeld,
}

#[inline]
fn put_phase(out: &mut Vec<u8>, phase: Phase) {
    let (tag, object) = match phase {
        Phase::Absent => (0, None),
        Phase::Ready => (1, None),
        Phase::Announced => (2, None),
        Phase::Waiting => (3, None),
        Phase::Woken => (4, None),
        Phase::Returned => (5, None),
        Phase::Timer(timer) => (6, Some(timer)),
        Phase::Panicked(panic) => (tag_of(panic), panic.object()),
    };
    out.push(tag);
    if let Some(object) = object {
        put(out, object.0.into());
    }
}

/// The rest of an encoded state that must still be read.
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
}

impl Input<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().expect("a state is cut short");
        self.bytes = rest;
        *first
    }

    pub(super) fn number(&mut self) -> u64 {
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

    pub(super) fn id(&mut self) -> u32 {
        u32::try_from(self.number()).expect("ids have 32 bits")
    }

    pub(super) fn signed(&mut self) -> i64 {
        let number = self.number();
        (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
    }

    pub(super) fn option(&mut self) -> Option<u32> {
        let number = self.number();
        number
            .checked_sub(1)
            .map(|id| u32::try_from(id).expect("ids have 32 bits"))
    }

    pub(super) fn ids<T, const N: usize>(&mut self, make: impl Fn(u32) -> T) -> SmallVec<[T; N]>
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
                    local: LocalState(0),
                    phase: Phase::Absent,
                };
            }
            1 => Phase::Ready,
            2 => Phase::Announced,
            3 => Phase::Waiting,
            4 => Phase::Woken,
            5 => Phase::Returned,
            6 => Phase::Timer(ObjectId(self.id())),
            tag => Phase::Panicked(self.panic(tag)),
        };
        Goroutine {
            local: LocalState(self.id()),
            phase,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::semaphore::Parties;
    use super::super::{
        Action, Atomic, AtomicType, Cell, Chan, Cond, Context, GoroutineId, Mutex, Once, Reason,
        RwLock, Semaphore, Timer, TimerRules, ValueId, WaitGroup, Writer,
    };
    use super::*;

    /// Returns a goroutine in each phase.
    fn goroutines() -> Vec<Goroutine> {
        let o = ObjectId(200);
        let goroutine = |phase| Goroutine {
            local: LocalState(70_000),
            phase,
        };
        let panic = |panic| goroutine(Phase::Panicked(panic));
        vec![
            goroutine(Phase::Ready),
            Goroutine {
                local: LocalState(0),
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
            panic(Panic::ReleasedMoreThanHeld(o)),
        ]
    }

    /// Returns an object of each kind, in each of its forms.
    fn objects() -> Vec<Object> {
        // Numbers of one and of several bytes, and the ends of their types.
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
        let atomic = |value, shown_as| Object::Atomic(Atomic { value, shown_as });
        vec![
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
            atomic(i64::MIN, AtomicType::U64),
            atomic(-70, AtomicType::I64),
            atomic(1, AtomicType::Bool),
            Object::Cell(Cell { value: ValueId(3) }),
            Object::Semaphore(Semaphore {
                size: 700,
                held: -3,
                parties: Box::new(Parties {
                    holders: SmallVec::from_slice(&[(GoroutineId(1), 2), (GoroutineId(300), 0)]),
                    queue: SmallVec::from_slice(&[(GoroutineId(5), 701), (GoroutineId(4), 1)]),
                    served: ids(),
                }),
            }),
        ]
    }

    #[test]
    fn a_state_comes_back_as_it_was() {
        let world = World {
            cells: vec![ValueId(3), ValueId::UNIT, ValueId(70_000)],
            goroutines: goroutines(),
            objects: objects(),
        };
        let mut bytes = Vec::new();
        world.encode(&mut bytes);
        assert_eq!(World::decode(&bytes), world);
    }
}
