//! The loom engine against the rules, on random programs.
//!
//! Method: a program is a few goroutines, each a short list of operations on a few shared objects,
//! so that they get in each other's way. The set of distinct ends under loom must be that of a
//! search over the rules that visits every state. Received and read values go into a cell of the
//! goroutine's own, so that a lost or invented execution shows in an end.

use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::explore::{Limits, Meter, Search};
use gordian_checker::loom::Loom;
use gordian_checker::model::Fault;
use gordian_checker::sync::*;
use gordian_checker::{Subject, TimerRules};

use crate::ends_by_the_rules;

/// Pseudo-random numbers that are the same each time (xorshift64*, Vigna 2016).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) % n
    }

    fn object(&mut self) -> usize {
        usize::try_from(self.below(2)).expect("small")
    }
}

/// An operation of a goroutine, with the index of one of two objects.
#[derive(Clone, Copy, Debug)]
enum Do {
    Lock(usize),
    Unlock(usize),
    TryLock(usize),
    RLock,
    RUnlock,
    WLock,
    WUnlock,
    TryWLock,
    Send(usize),
    Recv(usize),
    Close(usize),
    Len(usize),
    SendOrRecv(usize, usize),
    RecvOrRecv(bool),
    SendOrDefault(usize),
    Add,
    Done,
    Wait,
    Once(usize),
    CondWait,
    Signal,
    Broadcast,
    Bump,
    Cancel,
    Timeout,
    Stop,
    Reset,
    Drain,
    LenOfAlarm,
    Choose,
}

/// The operations of a family of programs; all are equally likely.
type Draws = &'static [fn(&mut Numbers) -> Do];

/// Families of programs.
const FAMILIES: [(&str, Draws); 7] = [
    (
        "mutexes",
        &[
            |n| Do::Lock(n.object()),
            |n| Do::Lock(n.object()),
            |n| Do::Unlock(n.object()),
            |n| Do::Unlock(n.object()),
            |_| Do::Bump,
        ],
    ),
    (
        "tries and conditions",
        &[
            |n| Do::Lock(n.object()),
            |_| Do::Unlock(0),
            |n| Do::TryLock(n.object()),
            |_| Do::CondWait,
            |_| Do::CondWait,
            |_| Do::Signal,
            |_| Do::Broadcast,
        ],
    ),
    (
        "read-write locks",
        &[
            |_| Do::RLock,
            |_| Do::RLock,
            |_| Do::RUnlock,
            |_| Do::RUnlock,
            |_| Do::WLock,
            |_| Do::WUnlock,
            |_| Do::WUnlock,
            |n| {
                if n.below(3) == 0 {
                    Do::TryWLock
                } else {
                    Do::Bump
                }
            },
            |n| {
                if n.below(3) == 0 {
                    Do::Lock(0)
                } else {
                    Do::WLock
                }
            },
        ],
    ),
    (
        "channels",
        &[
            |n| Do::Send(n.object()),
            |n| Do::Send(n.object()),
            |n| Do::Recv(n.object()),
            |n| Do::Recv(n.object()),
            |n| {
                if n.below(3) == 0 {
                    Do::Close(n.object())
                } else {
                    Do::Recv(0)
                }
            },
            |n| Do::Len(n.object()),
            |n| Do::Lock(n.object()),
            |n| Do::Unlock(n.object()),
        ],
    ),
    (
        "selects",
        &[
            |n| Do::Send(n.object()),
            |n| Do::Recv(n.object()),
            |n| Do::SendOrRecv(n.object(), n.object()),
            |n| Do::SendOrRecv(n.object(), n.object()),
            |n| Do::RecvOrRecv(n.below(2) == 0),
            |n| Do::SendOrDefault(n.object()),
            |n| {
                if n.below(3) == 0 {
                    Do::Close(n.object())
                } else {
                    Do::Recv(1)
                }
            },
        ],
    ),
    (
        "the others",
        &[
            |_| Do::Add,
            |_| Do::Done,
            |_| Do::Wait,
            |n| Do::Once(n.object()),
            |_| Do::Bump,
            |_| Do::Cancel,
            |_| Do::Timeout,
            |_| Do::Stop,
            |_| Do::Choose,
            |_| Do::Recv(0),
            |_| Do::Send(0),
        ],
    ),
    (
        "timers",
        &[
            |_| Do::Timeout,
            |_| Do::Stop,
            |_| Do::Stop,
            |_| Do::Reset,
            |_| Do::Reset,
            |_| Do::Drain,
            |_| Do::Drain,
            |_| Do::LenOfAlarm,
            |n| {
                if n.below(2) == 0 {
                    Do::Cancel
                } else {
                    Do::Bump
                }
            },
        ],
    ),
];

#[derive(Clone, Copy)]
struct Objects {
    mutexes: [Mutex<u32>; 2],
    rwlock: RwLock<u32>,
    chans: [Chan<u32>; 2],
    group: WaitGroup,
    onces: [Once; 2],
    cond: Cond,
    count: Atomic,
    ctx: Context,
    alarm: Option<Timer>,
}

/// Does the operations of one goroutine. Guards and received values are its own.
fn perform(o: Objects, name: &str, tag: u32, ops: &[Do]) {
    let log = shared(&format!("{name}.log"), Vec::<u32>::new());
    let mut told = Vec::new();
    let mut held: [Option<MutexGuard<u32>>; 2] = [None, None];
    let mut reads = Vec::new();
    let mut write = None;
    for op in ops {
        match *op {
            Do::Lock(i) => held[i] = Some(o.mutexes[i].lock()),
            Do::TryLock(i) => match o.mutexes[i].try_lock() {
                Some(guard) => held[i] = Some(guard),
                None => told.push(50),
            },
            Do::Unlock(i) => match held[i].take() {
                Some(mut guard) => {
                    *guard = *guard * 4 + tag;
                    guard.unlock();
                }
                None => told.push(51),
            },
            Do::RLock => reads.push(o.rwlock.rlock()),
            Do::RUnlock => match reads.pop() {
                Some(guard) => {
                    told.push(*guard);
                    guard.runlock();
                }
                None => told.push(51),
            },
            Do::WLock => write = Some(o.rwlock.lock()),
            Do::TryWLock => match o.rwlock.try_lock() {
                Some(guard) => write = Some(guard),
                None => told.push(50),
            },
            Do::WUnlock => match write.take() {
                Some(mut guard) => {
                    *guard = *guard * 4 + tag;
                    guard.unlock();
                }
                None => told.push(51),
            },
            Do::Send(i) => o.chans[i].send(tag),
            Do::Recv(i) => told.push(o.chans[i].recv().unwrap_or(60)),
            Do::Close(i) => o.chans[i].close(),
            Do::Len(i) => told.push(u32::try_from(o.chans[i].len()).expect("small")),
            Do::SendOrRecv(i, j) => told.push(gordian_checker::select! {
                send(o.chans[i], tag) => { 70 }
                recv(o.chans[j]) -> value => { value.unwrap_or(60) }
            }),
            Do::RecvOrRecv(default) => told.push(if default {
                gordian_checker::select! {
                    recv(o.chans[0]) -> value => { value.unwrap_or(60) }
                    recv(o.chans[1]) -> value => { 10 + value.unwrap_or(60) }
                    default => { 71 }
                }
            } else {
                gordian_checker::select! {
                    recv(o.chans[0]) -> value => { value.unwrap_or(60) }
                    recv(o.chans[1]) -> value => { 10 + value.unwrap_or(60) }
                }
            }),
            Do::SendOrDefault(i) => told.push(gordian_checker::select! {
                send(o.chans[i], tag) => { 70 }
                default => { 71 }
            }),
            Do::Add => o.group.add(1),
            Do::Done => o.group.done(),
            Do::Wait => o.group.wait(),
            Do::Once(i) => o.onces[i].do_once(|| {
                o.count.add(10);
                told.push(80);
            }),
            Do::CondWait => {
                if let Some(guard) = held[0].take() {
                    let mut guard = o.cond.wait(guard);
                    *guard = *guard * 4 + tag;
                    held[0] = Some(guard);
                }
            }
            Do::Signal => o.cond.signal(),
            Do::Broadcast => o.cond.broadcast(),
            Do::Bump => {
                let value = o.count.load();
                o.count.store(value + i64::from(tag));
            }
            Do::Cancel => o.ctx.cancel(),
            Do::Timeout => told.push(match o.alarm {
                None => 52,
                Some(alarm) => gordian_checker::select! {
                    recv(alarm.c) => { 72 }
                    recv(o.ctx.done()) => { 73 }
                },
            }),
            Do::Stop => {
                if let Some(alarm) = o.alarm {
                    told.push(90 + u32::from(alarm.stop()));
                }
            }
            Do::Reset => {
                if let Some(alarm) = o.alarm {
                    told.push(94 + u32::from(alarm.reset()));
                }
            }
            Do::Drain => {
                if let Some(alarm) = o.alarm {
                    told.push(gordian_checker::select! {
                        recv(alarm.c) => { 96 }
                        default => { 97 }
                    });
                }
            }
            Do::LenOfAlarm => {
                if let Some(alarm) = o.alarm {
                    told.push(98 + u32::try_from(alarm.c.len()).expect("few"));
                }
            }
            Do::Choose => told.push(choose(2)),
        }
    }
    log.set(told);
    // Locks that are still held stay held, so ends differ in who holds them.
    held.into_iter()
        .flatten()
        .for_each(MutexGuard::leave_locked);
    reads.into_iter().for_each(ReadGuard::leave_locked);
    if let Some(guard) = write {
        guard.leave_locked();
    }
}

fn kernel(program: &Arc<Vec<Vec<Do>>>) {
    let timers = program.iter().flatten();
    let timers = timers
        .filter(|op| matches!(op, Do::Timeout | Do::Drain))
        .count();
    let objects = Objects {
        mutexes: [mutex("m0", 0), mutex("m1", 0)],
        rwlock: rwlock("rw", 0),
        chans: [chan("c0", 0), chan("c1", 1)],
        group: waitgroup("group"),
        onces: [once("once0"), once("once1")],
        cond: cond("cond"),
        count: atomic("count", 0),
        ctx: background().with_cancel("ctx"),
        alarm: (timers > 0).then(|| timer("alarm")),
    };
    for index in 1..program.len() {
        let program = program.clone();
        go(&format!("g{index}"), move || {
            let tag = u32::try_from(index).expect("few");
            perform(objects, &format!("g{index}"), tag, &program[index]);
        });
    }
    perform(objects, "main", 0, &program[0]);
}

/// Executions after which a program is given up; the ends found until then must be right.
const EXECUTIONS_MAX: u64 = 2_000;

/// Lets a search come to its end.
fn searched(mut search: Loom, subject: &dyn Subject, timers: TimerRules) -> Result<Loom, Fault> {
    let limits = Limits {
        executions_max: Some(EXECUTIONS_MAX),
        ..Limits::default()
    };
    let mut meter = Meter::new(limits, Arc::default());
    let mut program = subject.program_with(1 << 17, timers);
    search.advance(program.as_mut(), &mut meter)?;
    assert_eq!(search.unsupported(), None);
    Ok(search)
}

/// Draws `count` programs of a family, and compares the ends of each.
fn compare(family: usize, timers: TimerRules, count: u64, seed: u64) {
    let (name, draws) = FAMILIES[family];
    let mut numbers = Numbers(seed * 2 + 1);
    let (mut with_races, mut executions, mut of, mut cut) = (0, 0, 0, 0);
    for nth in 0..count {
        // A timer is one more thread, and all goroutines meet on its channel.
        let (goroutines, length_max) = match (name, timers, 2 + numbers.below(2)) {
            ("timers", TimerRules::Go1_22, _) => (2, 2),
            ("timers", TimerRules::Go1_23, _) => (2, 3),
            (_, _, 2) => (2, 5),
            (_, _, goroutines) => (goroutines, 3),
        };
        let mut draw = || {
            let length = 1 + numbers.below(length_max);
            let ops = (0..length).map(|_| {
                let which = numbers.below(draws.len() as u64);
                draws[usize::try_from(which).expect("small")](&mut numbers)
            });
            ops.collect::<Vec<Do>>()
        };
        let program: Arc<Vec<Vec<Do>>> = Arc::new((0..goroutines).map(|_| draw()).collect());
        let shown = program.clone();
        let subject = Rc::new(move || kernel(&program));
        let rules = ends_by_the_rules(&subject, timers);
        let search = Loom::of(&subject, 1 << 17).timers(timers);
        let search = searched(search, &subject, timers)
            .unwrap_or_else(|fault| panic!("{name} {nth}: {shown:?}: {fault:#?}"));
        let whole = search.findings().complete;
        cut += u64::from(!whole);
        assert!(
            *search.end_states() == rules || !whole && search.end_states().is_subset(&rules),
            "{name} {nth}: {shown:?}: loom misses {:#?} and invents {:#?}",
            rules.difference(search.end_states()).collect::<Vec<_>>(),
            search.end_states().difference(&rules).collect::<Vec<_>>(),
        );
        let all = Loom::of(&subject, 1 << 17)
            .timers(timers)
            .leave_nothing_out();
        let all = searched(all, &subject, timers).expect("no fault");
        assert!(
            !whole || !all.findings().complete || all.end_states() == search.end_states(),
            "{name} {nth}: {shown:?}: what is left out makes a difference",
        );
        with_races += u64::from(rules.len() > 1);
        executions += search.findings().executions;
        of += all.findings().executions;
    }
    println!(
        "{name}: {count} programs, {with_races} with several ends, {cut} cut, {executions} of \
         {of} executions"
    );
    assert!(
        with_races * 10 > count && cut * 5 < count,
        "too tame or too wild to show anything"
    );
    assert!(executions < of, "nothing is left out");
}

/// Compares this number of programs of a family. The environment variable `GORDIAN_PROGRAMS` sets
/// another number, `GORDIAN_SEED` other programs.
fn random(family: usize, timers: TimerRules) {
    let number = |name, default| {
        let text = std::env::var(name).ok();
        text.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (count, seed) = (number("GORDIAN_PROGRAMS", 40), number("GORDIAN_SEED", 1));
    compare(family, timers, count, seed);
}

#[test]
fn random_mutexes() {
    random(0, TimerRules::default());
}

#[test]
fn random_tries_and_conditions() {
    random(1, TimerRules::default());
}

#[test]
fn random_rwlocks() {
    random(2, TimerRules::default());
}

#[test]
fn random_channels() {
    random(3, TimerRules::default());
}

#[test]
fn random_selects() {
    random(4, TimerRules::default());
}

#[test]
fn random_others() {
    random(5, TimerRules::default());
}

#[test]
fn random_timers() {
    for timers in TimerRules::ALL {
        random(6, timers);
    }
}
