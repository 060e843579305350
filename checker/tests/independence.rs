//! The operations on one object that commute.
//!
//! All searches but the plain one rest on it: too few dependences lose executions, too many only
//! cost time. So the number of inequivalent executions is written out here for pairs of operations
//! of two goroutines: one if they commute, else two.

mod oracle;

use std::rc::Rc;

use gordian_checker::sync::{
    Atomic, Chan, Context, Mutex, Once, RwLock, Semaphore, Shared, WaitGroup, after, atomic,
    background, chan, cond, go, mutex, once, rwlock, semaphore, shared, timer, waitgroup,
};
use gordian_checker::{Checker, Engine, Subject, TimerRules, select};

const THEY_COMMUTE: u64 = 1;
const THE_ORDER_MATTERS: u64 = 2;

fn executions_of(kernel: impl Fn() + Send + 'static) -> u64 {
    executions_with(TimerRules::default(), kernel)
}

fn executions_with(timers: TimerRules, kernel: impl Fn() + Send + 'static) -> u64 {
    let checker = Checker::new().engine(Engine::Optimal).keep_going(true);
    checker.timers(timers).check(kernel).findings.executions
}

/// Returns the number of executions of two operations on the object that `prepare` makes.
fn executions<T: Copy + 'static>(prepare: fn() -> T, one: fn(T), other: fn(T)) -> u64 {
    executions_of(move || {
        let object = prepare();
        go("other", move || other(object));
        one(object);
    })
}

#[track_caller]
fn assert_commute<T: Copy + 'static>(prepare: fn() -> T, one: fn(T), other: fn(T)) {
    assert_eq!(executions(prepare, one, other), THEY_COMMUTE);
    assert_eq!(executions(prepare, other, one), THEY_COMMUTE);
}

#[track_caller]
fn assert_order_matters<T: Copy + 'static>(prepare: fn() -> T, one: fn(T), other: fn(T)) {
    assert_eq!(executions(prepare, one, other), THE_ORDER_MATTERS);
    assert_eq!(executions(prepare, other, one), THE_ORDER_MATTERS);
}

#[test]
fn attempts_to_lock_what_is_held() {
    let held = || {
        let lock = mutex("lock", ());
        lock.lock().leave_locked();
        lock
    };
    assert_commute(
        held,
        |lock| drop(lock.try_lock()),
        |lock| drop(lock.try_lock()),
    );
    assert_order_matters(held, |lock| drop(lock.try_lock()), |lock| lock.unlock());
    let free = || mutex("lock", ());
    let try_lock = |lock: Mutex<()>| {
        if let Some(guard) = lock.try_lock() {
            guard.leave_locked();
        }
    };
    assert_order_matters(free, try_lock, try_lock);
}

#[test]
fn readers() {
    let free = || rwlock("lock", ());
    let in_and_out = |lock: RwLock<()>| lock.rlock().runlock();
    assert_commute(free, in_and_out, in_and_out);
    let try_in = |lock: RwLock<()>| {
        if let Some(guard) = lock.try_rlock() {
            guard.leave_locked();
        }
    };
    assert_commute(free, try_in, try_in);
    assert_commute(free, try_in, in_and_out);
    // A goroutine that unlocks another's lock may come too late.
    let one_inside = || {
        let lock = rwlock("lock", ());
        lock.rlock().leave_locked();
        lock
    };
    assert_order_matters(one_inside, |lock| lock.runlock(), |lock| lock.runlock());
}

#[test]
fn attempts_to_write() {
    let try_write = |lock: RwLock<()>| {
        if let Some(guard) = lock.try_lock() {
            guard.leave_locked();
        }
    };
    let written = || {
        let lock = rwlock("lock", ());
        lock.lock().leave_locked();
        lock
    };
    assert_commute(written, try_write, try_write);
    assert_order_matters(written, try_write, |lock| lock.unlock());
    let read = || {
        let lock = rwlock("lock", ());
        lock.rlock().leave_locked();
        lock
    };
    assert_order_matters(read, try_write, |lock| lock.runlock());
    assert_order_matters(|| rwlock("lock", ()), try_write, try_write);
}

#[test]
fn counters_of_things_to_be_done() {
    fn group<const COUNT: i64>() -> WaitGroup {
        let group = waitgroup("group");
        group.add(COUNT);
        group
    }
    let done = |group: WaitGroup| group.done();
    let two_done = |group: WaitGroup| group.add(-2);
    let one_more = |group: WaitGroup| group.add(1);
    assert_commute(group::<2>, done, done);
    assert_commute(group::<3>, done, two_done);
    // For one of the two it is one too many, and the order decides for which.
    assert_order_matters(group::<1>, done, done);
    assert_order_matters(group::<2>, done, two_done);
    assert_order_matters(group::<0>, done, one_more);
    let wait = |group: WaitGroup| group.wait();
    assert_commute(group::<0>, wait, wait);
    assert_order_matters(group::<0>, wait, one_more);
}

#[test]
fn permits() {
    fn held<const HELD: u32>() -> Semaphore {
        let semaphore = semaphore("semaphore", 3);
        semaphore.acquire(HELD);
        semaphore
    }
    let one = |semaphore: Semaphore| semaphore.acquire(1);
    let two = |semaphore: Semaphore| semaphore.acquire(2);
    let try_two = |semaphore: Semaphore| {
        let _ = semaphore.try_acquire(2);
    };
    let release = |semaphore: Semaphore| semaphore.release(1);
    assert_commute(held::<0>, one, two);
    assert_commute(held::<0>, one, try_two);
    // The second one waits, or fails.
    assert_order_matters(held::<1>, one, two);
    assert_order_matters(held::<1>, one, try_two);
    assert_commute(held::<2>, try_two, try_two);
    // The line has an order.
    assert_order_matters(held::<3>, one, two);
    assert_order_matters(held::<1>, two, release);
    assert_order_matters(held::<3>, one, release);
    // It gets in line before the first release, between the two, or after both. Once it is served,
    // the moment at which it goes on makes no difference.
    let served = executions_of(|| {
        let semaphore = semaphore("semaphore", 2);
        semaphore.acquire(2);
        go("waits", move || semaphore.acquire(1));
        semaphore.release(1);
        semaphore.release(1);
    });
    assert_eq!(served, 3);
}

#[test]
fn what_is_done_once() {
    let call = |once: Once| once.do_once(|| {});
    assert_order_matters(|| once("once"), call, call);
    let done = || {
        let once = once("once");
        once.do_once(|| {});
        once
    };
    assert_commute(done, call, call);
}

#[test]
fn signals_that_nobody_waits_for() {
    let nobody = || cond("cond");
    assert_commute(nobody, |cond| cond.signal(), |cond| cond.signal());
    assert_commute(nobody, |cond| cond.signal(), |cond| cond.broadcast());
    assert_commute(nobody, |cond| cond.broadcast(), |cond| cond.broadcast());
}

#[test]
fn looks_at_numbers_and_cells() {
    let zero = || atomic("number", 0);
    let load = |number: Atomic| _ = number.load();
    let fail = |number: Atomic| _ = number.compare_and_swap(7, 8);
    assert_commute(zero, load, load);
    assert_commute(zero, load, fail);
    assert_commute(zero, fail, fail);
    assert_order_matters(zero, load, |number| number.store(1));
    assert_order_matters(zero, load, |number| _ = number.compare_and_swap(0, 1));
    assert_order_matters(zero, |number| number.store(2), |number| number.store(1));
    assert_order_matters(zero, |number| _ = number.swap(2), load);
    assert_order_matters(zero, |number| _ = number.add(2), load);
    let cell = || shared("cell", 0);
    let get = |cell: Shared<i32>| _ = cell.get();
    assert_commute(cell, get, get);
    assert_order_matters(cell, get, |cell| cell.set(1));
    assert_order_matters(cell, |cell| cell.set(2), |cell| cell.set(1));
}

#[test]
fn communications() {
    let closed = || {
        let ch = chan::<()>("ch", 1);
        ch.close();
        ch
    };
    let receive = |ch: Chan<()>| _ = ch.recv();
    let send = |ch: Chan<()>| ch.send(());
    let close = |ch: Chan<()>| ch.close();
    let length = |ch: Chan<()>| _ = ch.len();
    assert_commute(closed, receive, receive);
    assert_commute(closed, send, send);
    assert_commute(closed, close, close);
    assert_commute(closed, close, receive);
    assert_commute(closed, send, receive);
    assert_commute(Chan::<()>::nil, close, close);
    let buffered = || chan::<()>("ch", 2);
    assert_order_matters(buffered, send, send);
    assert_order_matters(buffered, close, close);
    assert_order_matters(buffered, send, close);
    assert_order_matters(buffered, length, send);
    assert_commute(buffered, length, length);
    let one_waits = || {
        let ch = chan("ch", 1);
        ch.send(());
        ch
    };
    assert_order_matters(one_waits, receive, receive);
    assert_order_matters(|| chan::<()>("ch", 0), close, close);
}

#[test]
fn selects() {
    let two = || (chan::<()>("a", 1), chan::<()>("b", 1));
    let look = |(a, b): (Chan<()>, Chan<()>)| {
        select! {
            recv(a) => {}
            recv(b) => {}
            default => {}
        }
    };
    assert_commute(two, look, look);
    assert_order_matters(two, look, |(a, _)| a.send(()));
    assert_order_matters(two, look, |(_, b)| b.send(()));
    let one_waits = || {
        let (a, b) = (chan::<()>("a", 1), chan::<()>("b", 1));
        a.send(());
        (a, b)
    };
    let take = |(a, b): (Chan<()>, Chan<()>)| {
        select! {
            recv(a) => {}
            recv(b) => {}
        }
    };
    assert_order_matters(one_waits, take, take);
    let both_wait = || {
        let (a, b) = (chan::<()>("a", 1), chan::<()>("b", 1));
        a.send(());
        b.send(());
        (a, b)
    };
    assert_commute(both_wait, |(a, _)| _ = a.recv(), |(_, b)| _ = b.recv());
}

/// Two selects meet only while one of them waits. The left one has another case that is ready from
/// the start; the right one has it once a value is sent. So the meeting depends on a channel that
/// it does not use.
#[test]
fn what_makes_a_select_ready_matters_to_those_that_would_meet() {
    let kernel = || {
        let (meet, left, right) = (chan::<()>("meet", 0), chan("left", 1), chan("right", 1));
        left.send(());
        go("left", move || {
            select! {
                recv(meet) => {}
                recv(left) => {}
            }
        });
        go("sender", move || right.send(()));
        select! {
            send(meet, ()) => {}
            recv(right) => {}
        }
    };
    let mut program = Rc::new(kernel).program(1 << 18);
    let pairs = oracle::independence::check(program.as_mut(), 1000);
    assert!(matches!(pairs, Ok(Some(1..))), "{pairs:?}");
}

#[test]
fn contexts_and_timers() {
    let fresh = || background().with_cancel("context");
    let cancelled = || {
        let context = background().with_cancel("context");
        context.cancel();
        context
    };
    let look = |context: Context| _ = context.err();
    let cancel = |context: Context| context.cancel();
    let derive = |context: Context| _ = context.with_cancel("child");
    assert_commute(fresh, look, look);
    assert_order_matters(fresh, look, cancel);
    assert_order_matters(fresh, cancel, cancel);
    assert_order_matters(fresh, derive, cancel);
    assert_commute(fresh, derive, derive);
    assert_commute(cancelled, look, look);
    assert_commute(cancelled, cancel, cancel);
    assert_commute(cancelled, derive, cancel);
}

/// The deadline of a derived context runs from its derivation on: it cannot pass before.
#[test]
fn a_deadline_passes_after_the_derivation() {
    let kernel = || {
        let parent = background().with_cancel("parent");
        go("other", move || parent.cancel());
        parent.with_timeout("child").done().recv();
    };
    // The parent is cancelled before the derivation, between it and the deadline, or after both.
    assert_eq!(executions_of(kernel), 3);
    let mut program = Rc::new(kernel).program(1 << 18);
    let pairs = oracle::independence::check(program.as_mut(), 1000);
    assert!(pairs.expect("they are independent").is_some());
}

/// Returns the number of executions by the rules of Go 1.23, and by those until 1.22.
fn by_both_rules(kernel: impl Fn() + Copy + Send + 'static) -> [u64; 2] {
    [TimerRules::Go1_23, TimerRules::Go1_22].map(|timers| executions_with(timers, kernel))
}

#[test]
fn timers() {
    // A look at the channel of a timer that nobody receives from: it finds nothing, or a value once
    // one is sent.
    assert_eq!(by_both_rules(|| _ = after("due").len()), [1, 2]);
    // A stop: before the timer expires, or else before or after it sends.
    assert_eq!(by_both_rules(|| _ = timer("due").stop()), [1, 3]);
    // A stop and a receive, of which only the first finds the timer. Until 1.22 a stop ignores a
    // value that was sent.
    let race = || {
        let due = timer("due");
        go("other", move || _ = due.stop());
        due.c.recv();
    };
    assert_eq!(by_both_rules(race), [2, 3]);
    // Two looks at a pending timer, without waiting for it, do not disturb one another.
    let looks = || {
        let (due, never) = (timer("due"), chan::<()>("never", 0));
        due.stop();
        let look = move || {
            select! {
                recv(due.c) => {}
                recv(never) => {}
                default => {}
            }
        };
        go("other", look);
        look();
    };
    assert_eq!(by_both_rules(looks)[0], 1);
}
