//! States as strings of bytes. They are short, and equal if and only if the states are. They are
//! read back in [`decode`](super::decode).

use super::decode::Input;
use super::id::{ObjectId, ValueId};
use super::world::{Goroutine, Panic, Phase, World};

impl World {
    /// Appends the state to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.goroutines.len() as u64);
        for goroutine in &*self.goroutines {
            put_goroutine(out, *goroutine);
        }
        put_cells(out, &self.cells);
        for object in &*self.objects {
            object.encode(out);
        }
    }
}

/// Appends a number in as few bytes as it needs. Each has seven bits, the lowest first. The top bit
/// says that more follow.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, number: u64) {
    if number < 0x80 {
        out.push(number as u8);
    } else {
        put_long(out, number);
    }
}

// Most numbers are short, and each place that has one stays so.
#[inline(never)]
fn put_long(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends the first byte of an object, and a number. The byte is `first` or one of those after it,
/// in all so many as there are forms. A small number is one of the forms. The last form is that of
/// all others, whose rest follows.
#[inline]
pub(super) fn put_form(out: &mut Vec<u8>, first: u8, forms: u8, number: u64) {
    let last = forms - 1;
    match number.checked_sub(last.into()) {
        None => out.push(first + number as u8),
        Some(rest) => {
            out.push(first + last);
            put(out, rest);
        }
    }
}

/// Returns a number that may be negative as one that is not. Numbers near zero stay small.
pub(super) fn unsigned(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// Appends a number that may be negative. Numbers near zero are short.
pub(super) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, unsigned(number));
}

pub(super) fn put_ids(out: &mut Vec<u8>, ids: impl ExactSizeIterator<Item = u32>) {
    put(out, ids.len() as u64);
    ids.for_each(|id| put(out, id.into()));
}

/// Appends the memory beside the objects.
pub(super) fn put_cells(out: &mut Vec<u8>, cells: &[ValueId]) {
    put_ids(out, cells.iter().map(|cell| cell.0));
}

/// Returns an optional id as a number: 0 for `None`, else the id plus one.
pub(super) fn number_of(id: Option<u32>) -> u64 {
    id.map_or(0, |id| u64::from(id) + 1)
}

/// Appends an optional id.
pub(super) fn put_option(out: &mut Vec<u8>, id: Option<u32>) {
    put(out, number_of(id));
}

/// Makes the writer and the reader of a panic from one table. It has the tags of the panics that
/// have no object, and of those that have one.
macro_rules! panics {
    ($($tag:literal: $panic:ident,)*; $($tag_about:literal: $about:ident,)*) => {
        fn tag_of(panic: Panic) -> u64 {
            match panic {
                $(Panic::$panic => $tag,)*
                $(Panic::$about(_) => $tag_about,)*
            }
        }

        impl Input<'_> {
            pub(super) fn panic(&mut self, tag: u64) -> Panic {
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
    5: Own,
    6: CloseOfNil,
    ;
    7: SendOnClosed,
    8: CloseOfClosed,
    9: NegativeCounter,
    10: UnlockOfUnlocked,
    11: RUnlockOfUnlocked,
    12: WUnlockOfUnlocked,
    13: ReleasedMoreThanHeld,
}

/// Number of tags of phases.
pub(super) const TAGS: u64 = 14;

/// Appends a goroutine. Most are ready or have returned. Then one number above the tags of the
/// other phases says which, and where it stands.
#[inline]
pub(super) fn put_goroutine(out: &mut Vec<u8>, goroutine: Goroutine) {
    let local = u64::from(goroutine.local.0);
    let has_returned = goroutine.phase == Phase::Returned;
    if has_returned || goroutine.phase == Phase::Ready {
        put(out, TAGS + 2 * local + u64::from(has_returned));
    } else {
        put_goroutine_in(out, goroutine.phase, local);
    }
}

/// Appends a goroutine in one of the other phases.
#[inline(never)]
fn put_goroutine_in(out: &mut Vec<u8>, phase: Phase, local: u64) {
    let (tag, object) = match phase {
        Phase::Ready | Phase::Returned => unreachable!("those are one number"),
        Phase::Absent => return put(out, 0),
        Phase::Announced => (1, None),
        Phase::Waiting => (2, None),
        Phase::Woken => (3, None),
        Phase::Timer(timer) => (4, Some(timer)),
        Phase::Panicked(panic) => (tag_of(panic), panic.object()),
    };
    put(out, tag);
    if let Some(object) = object {
        put(out, object.0.into());
    }
    put(out, local);
}

#[cfg(test)]
mod tests {
    use smallvec::SmallVec;

    use super::super::decode::signed;
    use super::super::semaphore::Parties;
    use super::super::{
        Action, Atomic, AtomicType, Cell, Chan, Cond, Context, GoroutineId, LocalState, Mutex,
        Object, Once, Reason, RwLock, Semaphore, Timer, TimerRules, ValueId, WaitGroup, Writer,
    };
    use super::*;

    /// Returns numbers on both sides of those that are forms of their own, if there are so many
    /// forms, and of those whose rest takes one byte.
    fn limits(forms: u32) -> [u32; 6] {
        [0, forms - 2, forms - 1, forms + 126, forms + 127, u32::MAX]
    }

    /// Returns a goroutine in each phase.
    fn goroutines() -> Vec<Goroutine> {
        let o = ObjectId(200);
        let at = |local, phase| Goroutine {
            local: LocalState(local),
            phase,
        };
        let goroutine = |phase| at(70_000, phase);
        let panic = |panic| goroutine(Phase::Panicked(panic));
        // The last that take one byte, and the first that take more.
        let locals = [0, 56, 57, 8184, 8185, u32::MAX];
        let most = locals.map(|local| [Phase::Ready, Phase::Returned].map(|it| at(local, it)));
        let rest = [
            at(0, Phase::Absent),
            goroutine(Phase::Announced),
            goroutine(Phase::Waiting),
            goroutine(Phase::Woken),
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
        ];
        most.into_iter().flatten().chain(rest).collect()
    }

    /// Returns locks in each of their forms.
    fn locks() -> Vec<Object> {
        let readers = [SmallVec::new(), ids()];
        let writer = |holds| {
            Some(Writer {
                goroutine: GoroutineId(300),
                holds,
            })
        };
        let contents = [0, 2, 3, 130, 131, u32::MAX].map(ValueId);
        let mut locks = Vec::new();
        for content in contents {
            let holders = limits(16).map(|number| number.checked_sub(1).map(GoroutineId));
            let mutex = |holder| Object::Mutex(Mutex { holder, content });
            locks.extend(holders.map(mutex));
            for writer in [None, writer(false), writer(true)] {
                let of = |readers| RwLock {
                    readers,
                    writer,
                    content,
                };
                locks.extend(readers.clone().map(|readers| Object::RwLock(of(readers))));
            }
        }
        locks
    }

    /// Returns objects with a number, on both sides of each limit of their forms.
    fn counts() -> Vec<Object> {
        let mut counts = Vec::new();
        for number in limits(16) {
            let value = signed(number.into());
            counts.push(Object::WaitGroup(WaitGroup { count: value }));
            counts.push(Object::Cell(Cell {
                value: ValueId(number),
            }));
            let atomic = |shown_as| Object::Atomic(Atomic { value, shown_as });
            counts.extend([AtomicType::I64, AtomicType::U64, AtomicType::Bool].map(atomic));
            for closed in [false, true] {
                let values = [ValueId(1), ValueId(0)].into_iter();
                counts.push(Object::Chan(Chan {
                    capacity: number / 2,
                    buffer: values.take(number as usize / 2).collect(),
                    closed,
                }));
            }
        }
        counts
    }

    fn ids() -> SmallVec<[GoroutineId; 4]> {
        SmallVec::from_slice(&[GoroutineId(1), GoroutineId(300)])
    }

    /// Returns an object of each other kind, in each of its forms.
    fn objects() -> Vec<Object> {
        // Numbers of one and of several bytes, and the ends of their types.
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
            Object::Absent,
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
            atomic(i64::MAX, AtomicType::I64),
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
            cells: vec![ValueId(3), ValueId::UNIT, ValueId(70_000)].into(),
            goroutines: goroutines().into(),
            objects: [locks(), counts(), objects()].concat().into(),
        };
        let mut bytes = Vec::new();
        world.encode(&mut bytes);
        assert_eq!(World::decode(&bytes), world);
    }

    #[test]
    fn the_common_parts_of_a_state_take_a_byte_each() {
        let held = Mutex {
            holder: Some(GoroutineId(13)),
            content: ValueId(2),
        };
        let objects = vec![
            Object::Mutex(Mutex::new(ValueId::UNIT)),
            Object::Mutex(held),
            Object::Chan(Chan::new(0)),
            Object::WaitGroup(WaitGroup { count: 7 }),
            Object::Cell(Cell { value: ValueId(14) }),
        ];
        let world = World {
            goroutines: goroutines()[..4].to_vec().into(),
            objects: objects.into(),
            cells: Vec::new().into(),
        };
        let mut bytes = Vec::new();
        world.encode(&mut bytes);
        // Two more are the numbers of goroutines and of cells.
        assert_eq!(bytes.len(), 4 + 5 + 2, "{bytes:?}");
    }
}
