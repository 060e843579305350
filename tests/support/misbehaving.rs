//! A catalogue of kernels that misbehave.

use std::sync::atomic::{AtomicU32, Ordering};

use gordian::catalogue::{Expected, Kernel, TimerRules, Variant};
use gordian::select;
use gordian::sync::{Chan, ControlFlow, atomic, chan, choose, forever, go, gosched, mutex, timer};

/// All of them.
pub(crate) const CATALOGUE: &[Kernel] = &[
    kernel("bad/close-twice", close_twice, Expected::Panic),
    kernel("bad/endless-alone", endless_alone, Expected::Proved),
    kernel("bad/endless-beside", endless_beside, Expected::Deadlock),
    kernel("bad/four", four, Expected::Proved),
    kernel("bad/large", large, Expected::Proved),
    kernel("bad/late", late, Expected::Leak),
    kernel("bad/lies", crossed, Expected::Proved),
    kernel("bad/never-ends", never_ends, Expected::Proved),
    kernel("bad/nondeterministic", nondeterministic, Expected::Proved),
    kernel("bad/panics", panics, Expected::Panic),
    kernel("bad/secret-of-luck", secret_of_luck, Expected::Deadlock),
    kernel("bad/send-on-closed", send_on_closed, Expected::Panic),
    kernel("bad/six-goroutines", six_goroutines, Expected::Proved),
    kernel("bad/spins", spins, Expected::Proved),
    kernel("bad/spins-at-last", spins_at_last, Expected::Proved),
    kernel("time/stale-value", stale_value, Expected::Proved),
    Kernel {
        timers: TimerRules::Go1_22,
        ..kernel("time/stale-value-of-old", stale_value, Expected::Panic)
    },
    kernel("bad/unlock-unlocked", unlock_unlocked, Expected::Panic),
    facts(
        "facts/late",
        late,
        Expected::Leak,
        &[("worker9", "recv never")],
    ),
    facts(
        "facts/nobody",
        crossed,
        Expected::Deadlock,
        &[("mian", "lock b"), ("other", "lock a")],
    ),
    facts(
        "facts/panic",
        close_twice,
        Expected::Panic,
        &[("main", CLOSED)],
    ),
    facts(
        "facts/panic-typo",
        close_twice,
        Expected::Panic,
        &[("main", "close of closed channel: thrice")],
    ),
    facts(
        "facts/proved",
        nothing,
        Expected::Proved,
        &[("main", "recv a")],
    ),
    facts(
        "facts/right",
        crossed,
        Expected::Deadlock,
        &[("other", "lock a"), ("main", "lock b")],
    ),
    facts(
        "facts/some",
        crossed,
        Expected::Deadlock,
        &[("main", "lock b")],
    ),
    facts(
        "facts/two",
        one_of_two,
        Expected::Deadlock,
        &[("main", "recv b")],
    ),
    facts(
        "facts/two-typo",
        one_of_two,
        Expected::Deadlock,
        &[("main", "recv c")],
    ),
    facts(
        "facts/typo",
        crossed,
        Expected::Deadlock,
        &[("main", "lock bb"), ("other", "lock a")],
    ),
];

/// Go's message for a channel that is closed twice.
const CLOSED: &str = "close of closed channel: twice";

/// Returns the facts of a variant in which these are stuck.
const fn facts(
    name: &'static str,
    main: fn(),
    expected: Expected,
    stuck: &'static [(&'static str, &'static str)],
) -> Kernel {
    let mut kernel = kernel(name, main, expected);
    kernel.buggy.stuck = stuck;
    kernel
}

/// Returns a kernel with this buggy variant, and a fixed variant that does nothing.
const fn kernel(name: &'static str, main: fn(), expected: Expected) -> Kernel {
    let variant = Variant {
        main,
        file: file!(),
        source: "",
        in_go: None,
        expected,
        stuck: &[],
    };
    Kernel {
        name,
        upstream: "none",
        class: "Test / misuse",
        mechanism: "it misbehaves",
        fix: "it does nothing",
        bound: "none",
        left_out: "nothing",
        timers: TimerRules::Go1_23,
        buggy: variant,
        fixed: Variant {
            main: nothing,
            file: file!(),
            source: "",
            in_go: None,
            expected: Expected::Proved,
            stuck: &[],
        },
    }
}

fn nothing() {}

/// Until Go 1.22 the value may arrive after the drain.
fn stale_value() {
    let due = timer("due");
    let mut old = 0;
    if !due.stop() {
        old = select! {
            recv(due.c) => { 1 }
            default => { 0 }
        };
    }
    due.reset();
    due.c.recv();
    assert!(old == 1 || due.c.is_empty(), "a stale value");
}

fn close_twice() {
    let twice = chan::<()>("twice", 0);
    twice.close();
    twice.close();
}

/// Goes round for ever, and nobody is stuck.
fn endless_alone() {
    forever(|| {
        gosched();
        ControlFlow::<()>::Continue(())
    });
}

/// Goes round for ever, while main is stuck.
fn endless_beside() {
    let never = chan::<()>("never", 0);
    go("runs on", endless_alone);
    never.recv();
}

/// More interleavings than anybody can wait for, and more states.
fn large() {
    let total = atomic("total", 0);
    for worker in 0..12 {
        go(&format!("worker{worker}"), move || {
            for round in 1..9 {
                total.store(total.load().wrapping_mul(3).wrapping_add(worker + round));
            }
        });
    }
}

/// As many, with no more goroutines than loom can run.
fn four() {
    let total = atomic("total", 0);
    for worker in 0..3 {
        go(&format!("worker{worker}"), move || {
            for round in 1..40 {
                total.store(total.load().wrapping_mul(3).wrapping_add(worker + round));
            }
        });
    }
}

/// 34,650 orders, in some of which a goroutine is left behind.
fn late() {
    let (log, never) = (mutex("log", Vec::new()), chan::<()>("never", 0));
    for worker in 0..3_u64 {
        go(&format!("worker{worker}"), move || {
            for _ in 0..4 {
                let mut held = log.lock();
                held.push(worker);
                let seen = held.clone();
                held.unlock();
                let number = seen.iter().fold(0, |number, digit| 3 * number + digit);
                if seen.len() == 12 && number % 101 == 7 {
                    never.recv();
                }
            }
        });
    }
}

fn crossed() {
    let (a, b) = (mutex("a", ()), mutex("b", ()));
    go("other", move || {
        let of_b = b.lock();
        let of_a = a.lock();
        of_a.unlock();
        of_b.unlock();
    });
    let of_a = a.lock();
    let of_b = b.lock();
    of_b.unlock();
    of_a.unlock();
}

/// Main is stuck at one or the other. If it chooses the second, another goroutine is stuck with it.
fn one_of_two() {
    let (a, b) = (chan::<()>("a", 0), chan::<()>("b", 0));
    if choose(2) == 0 {
        b.recv();
    }
    go("other", move || {
        b.recv();
    });
    a.recv();
}

/// Counts for ever: no state comes back.
fn never_ends() {
    let count = atomic("count", 0);
    loop {
        count.add(1);
    }
}

/// Depends on the number of earlier runs.
fn nondeterministic() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let x = atomic("x", 0);
    if RUNS.fetch_add(1, Ordering::Relaxed) == 0 {
        x.add(1);
    } else {
        x.load();
    }
    // The second of these choices can only be made by running main again.
    choose(2);
}

fn panics() {
    let results: Chan<u32> = chan("results", 1);
    go("worker", move || results.send(3));
    assert_eq!(results.recv(), Some(4), "the answer is wrong");
}

/// One choice in a million deadlocks: a search with a limit does not find it.
fn secret_of_luck() {
    let never = chan::<()>("never", 0);
    let digits: Vec<u32> = (0..6).map(|_| choose(10)).collect();
    if digits == [9, 9, 9, 9, 9, 9] {
        never.recv();
    }
}

fn send_on_closed() {
    let closed = chan::<u32>("closed", 1);
    go("closer", move || closed.close());
    closed.send(1);
}

fn six_goroutines() {
    for name in ["a", "b", "c", "d", "e"] {
        go(name, move || mutex("own", ()).lock().unlock());
    }
}

/// A loop without a visible operation.
fn spins() {
    let gate = mutex("gate", ());
    gate.lock().unlock();
    let mut turns = 0u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

/// The same, but not in the first schedule that anybody would try.
fn spins_at_last() {
    if choose(2) == 1 {
        spins();
    }
}

fn unlock_unlocked() {
    mutex("lock", ()).unlock();
}
