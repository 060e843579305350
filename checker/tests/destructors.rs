//! Destructors of a kernel: of guards that move to another goroutine, of bodies that never begin,
//! of goroutines that are abandoned where they block.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use gordian_checker::model::{Fault, StallCause};
use gordian_checker::sync::{
    Chan, ControlFlow, after, atomic, chan, choose, defer, forever, go, gosched, mutex, repeat,
    rwlock,
};
use gordian_checker::{Checker, Engine, Report, Verdict};

/// The report of each engine that explores all there is.
fn on_every_engine(kernel: impl Fn() + Clone + Send + 'static) -> Vec<Report> {
    let engines = Engine::ALL
        .into_iter()
        .filter(|engine| *engine != Engine::Random);
    engines
        .map(|engine| {
            let checker = Checker::new()
                .engine(engine)
                .stall_max(Some(Duration::from_secs(60)));
            checker.check(kernel.clone())
        })
        .collect()
}

#[track_caller]
fn assert_verdict(verdict: Verdict, kernel: impl Fn() + Clone + Send + 'static) {
    for report in on_every_engine(kernel) {
        assert_eq!(
            report.verdict,
            verdict,
            "{}: {report}",
            report.engine.name()
        );
    }
}

/// Enough for each engine to run goroutines again, and to drop bodies that never begin.
fn two_ways() {
    choose(2);
    go("other", gosched);
}

#[test]
fn a_guard_that_moves_to_another_goroutine_is_unlocked_there() {
    assert_verdict(Verdict::Proved, || {
        let m = mutex("m", 0);
        let held = m.lock();
        go("w", move || held.unlock());
        two_ways();
        m.lock().unlock();
    });
    assert_verdict(Verdict::Proved, || {
        let m = mutex("m", 0);
        let held = m.lock();
        go("w", move || drop(held));
        two_ways();
        m.lock().unlock();
    });
}

#[test]
fn read_and_write_guards_move_as_well() {
    assert_verdict(Verdict::Proved, || {
        let l = rwlock("l", 0);
        let (one, two) = (l.rlock(), l.rlock());
        go("w", move || drop((one, two)));
        choose(2);
        *l.lock() += 1;
    });
    assert_verdict(Verdict::Proved, || {
        let l = rwlock("l", 0);
        let held = vec![Some(l.lock())];
        go("w", move || drop(held));
        choose(2);
        assert_eq!(*l.rlock(), 0);
    });
}

#[test]
fn what_is_deferred_moves_as_well() {
    assert_verdict(Verdict::Proved, || {
        let (m, done) = (mutex("m", ()), chan::<()>("done", 1));
        m.lock().leave_locked();
        let unlock = defer(move || m.unlock());
        go("w", move || {
            let _unlock = unlock;
            done.send(());
        });
        two_ways();
        done.recv();
        m.lock().unlock();
    });
}

/// A value whose destructor does an operation.
struct Closes(Chan<()>);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[test]
fn a_destructor_that_does_an_operation_moves_as_well() {
    assert_verdict(Verdict::Proved, || {
        let (one, two) = (chan::<()>("one", 0), chan::<()>("two", 0));
        let both = (Closes(one), Closes(two));
        go("w", move || drop(both));
        two_ways();
        one.recv();
        two.recv();
    });
}

#[test]
fn a_goroutine_that_blocks_for_ever_has_no_effect_when_it_is_unwound() {
    assert_verdict(Verdict::Leak, || {
        let (m, never) = (mutex("m", 0), chan::<()>("never", 0));
        let closed = chan::<()>("closed", 0);
        go("stuck", move || {
            let _close = Closes(closed);
            let _close_too = defer(move || closed.close());
            let _guard = m.lock();
            never.recv();
        });
        choose(2);
        gosched();
    });
}

#[test]
fn a_goroutine_that_blocks_for_ever_gives_back_what_it_owns() {
    for engine in [
        Engine::Optimal,
        Engine::Remembering,
        Engine::Exhaustive,
        Engine::Loom,
    ] {
        let owned = Arc::new(());
        let kept = owned.clone();
        let report = Checker::new().engine(engine).check(move || {
            let (never, owned) = (chan::<()>("never", 0), kept.clone());
            go("stuck", move || {
                never.recv();
                drop(owned);
            });
            choose(3);
        });
        assert_eq!(report.verdict, Verdict::Leak);
        assert_eq!(Arc::strong_count(&owned), 1, "{}", engine.name());
    }
}

#[test]
fn a_scoped_thread_has_ended_before_the_stack_it_borrows_from_is_used_again() {
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    for _ in 0..20 {
        let report = Checker::new().engine(Engine::Exhaustive).check(|| {
            let never = chan::<()>("never", 0);
            let (tell, told) = std::sync::mpsc::channel::<()>();
            let local = [7_usize; 64];
            std::thread::scope(|scope| {
                let local = &local;
                scope.spawn(move || {
                    // Until the goroutine's frame goes.
                    let _ = told.recv();
                    SEEN.fetch_add(
                        usize::from(local.iter().all(|n| *n == 7)),
                        Ordering::Relaxed,
                    );
                    ENDED.fetch_add(1, Ordering::Relaxed);
                });
                let _tell = tell;
                never.recv();
            });
        });
        assert_eq!(report.verdict, Verdict::Deadlock);
    }
    assert_eq!(SEEN.load(Ordering::Relaxed), ENDED.load(Ordering::Relaxed));
    assert!(ENDED.load(Ordering::Relaxed) >= 20);
}

#[test]
fn a_goroutine_that_catches_every_panic_leaves_its_stack_and_says_so() {
    for report in on_every_engine(|| {
        let never = chan::<()>("never", 0);
        go("catcher", move || {
            loop {
                let _ = catch_unwind(AssertUnwindSafe(|| never.recv()));
            }
        });
        choose(2);
    }) {
        assert_eq!(report.verdict, Verdict::Leak, "{report}");
        assert!(report.lost_stack_bytes > 0, "{}", report.engine.name());
        assert!(
            report.to_string().contains("bytes of stack are lost"),
            "{report}"
        );
    }
}

/// A value whose destructor panics.
struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

#[test]
fn a_destructor_that_panics_while_its_goroutine_unwinds_does_no_harm() {
    for report in on_every_engine(|| {
        let never = chan::<()>("never", 0);
        go("stuck", move || {
            let _panics = Panics;
            never.recv();
        });
        choose(2);
    }) {
        assert_eq!(report.verdict, Verdict::Leak, "{report}");
        assert!(report.lost_stack_bytes > 0, "{}", report.engine.name());
    }
}

/// More goroutines than are kept where they stand: some have to be unwound while there is more to
/// be said.
#[test]
fn a_destructor_that_panics_before_the_search_is_over_is_a_fault() {
    for report in on_every_engine(|| {
        let never = chan::<()>("never", 0);
        go("stuck", move || {
            let _panics = Panics;
            choose(1_000);
            never.recv();
        });
    }) {
        let Some(Fault::Stalled(stall)) = &report.fault else {
            panic!("{}: {report}", report.engine.name());
        };
        assert_eq!(stall.cause, StallCause::DestructorPanics, "{report}");
        assert_eq!(stall.goroutine, "stuck");
        assert!(stall.from.file.ends_with("destructors.rs"), "{stall:?}");
    }
}

/// A body that is never begun, or a value, is dropped in no goroutine, and who is in its destructor
/// is told all the same.
#[test]
fn a_destructor_that_never_ends_is_told() {
    static ENOUGH: AtomicBool = AtomicBool::new(false);
    struct Spins;
    impl Drop for Spins {
        fn drop(&mut self) {
            while !ENOUGH.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        }
    }
    let checker = Checker::new()
        .engine(Engine::Exhaustive)
        .stall_max(Some(Duration::from_millis(200)));
    let unbegun = checker.check(|| {
        let spins = Spins;
        go("spinner", move || std::mem::forget(spins));
        choose(2);
    });
    let blocked = checker.check(|| {
        let _spins = Spins;
        chan::<()>("never", 0).recv();
    });
    ENOUGH.store(true, Ordering::Relaxed);
    for (report, name) in [(unbegun, "spinner"), (blocked, "main")] {
        let Some(Fault::Stalled(stall)) = &report.fault else {
            panic!("{report}");
        };
        assert_eq!(
            (stall.goroutine.as_str(), stall.cause),
            (name, StallCause::Runs)
        );
    }
}

/// What a destructor makes that no search knows of changes neither ids nor names.
#[test]
fn what_is_made_while_a_goroutine_is_unwound_is_no_part_of_the_run() {
    struct Makes;
    impl Drop for Makes {
        fn drop(&mut self) {
            let made = mutex("made", 3);
            *made.lock() += 1;
            assert_eq!(*made.lock(), 3, "operations have no effect");
            atomic("made too", 0).add(1);
            after("later").recv();
            go("nobody", || ());
        }
    }
    for report in on_every_engine(|| {
        let never = chan::<()>("never", 0);
        go("stuck", move || {
            let _makes = Makes;
            // More than are kept where they stand.
            choose(300);
            never.recv();
        });
        go("worker", move || {
            let made = mutex("made", 0);
            let _held = made.lock();
            made.lock();
        });
    }) {
        assert_eq!(report.verdict, Verdict::Leak, "{report}");
        assert_eq!(report.fault, None);
        let found = format!("{:?}", report.findings.bad);
        assert!(found.contains("lock made\""), "{found}");
    }
}

#[test]
fn a_destructor_that_panics_by_itself_is_a_panic() {
    assert_verdict(Verdict::Panic, || {
        go("g", || drop(Panics));
        choose(2);
    });
}

fn endless(n: u64) -> u64 {
    std::hint::black_box(if n == u64::MAX {
        0
    } else {
        1 + endless(std::hint::black_box(n + 1))
    })
}

#[test]
fn endless_recursion_is_a_panic() {
    for report in on_every_engine(|| {
        choose(2);
        endless(0);
    }) {
        assert_eq!(report.verdict, Verdict::Panic, "{report}");
        assert!(report.to_string().contains("stack overflow"), "{report}");
        assert_eq!(report.lost_stack_bytes, 0);
    }
}

/// More than are kept as they are: the memory of the others goes back.
#[test]
fn stacks_that_overflow_can_be_many() {
    let report = Checker::new().engine(Engine::Exhaustive).check(|| {
        choose(300);
        endless(0);
    });
    assert_eq!(report.verdict, Verdict::Panic, "{report}");
    assert_eq!(report.findings.bad_executions, 300);
    assert!(mapped_but_closed() >= 200, "{}", mapped_but_closed());
}

/// The number of stacks of 8 MiB that are mapped and cannot be touched.
fn mapped_but_closed() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("it can be read");
    let closed = maps.lines().filter(|line| line.contains(" ---p "));
    let bytes = closed.filter_map(|line| {
        let (from, to) = line.split_whitespace().next()?.split_once('-')?;
        let number = |text| usize::from_str_radix(text, 16).ok();
        Some(number(to)? - number(from)?)
    });
    bytes.map(|bytes| bytes / (8 << 20)).sum()
}

/// A value that does an operation where the search compares or copies it.
struct Meddles(&'static str);

impl Meddles {
    fn act(&self, place: &str) {
        if self.0 == place {
            gosched();
        }
    }
}

impl std::fmt::Debug for Meddles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.act("Debug");
        f.write_str(self.0)
    }
}
impl Clone for Meddles {
    fn clone(&self) -> Self {
        self.act("Clone");
        Self(self.0)
    }
}
impl PartialEq for Meddles {
    fn eq(&self, other: &Self) -> bool {
        self.act("Eq");
        self.0 == other.0
    }
}
impl Eq for Meddles {}
impl std::hash::Hash for Meddles {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.act("Hash");
        self.0.hash(state);
    }
}

#[test]
fn an_operation_within_the_code_of_a_value_is_a_fault() {
    for place in ["Clone", "Eq", "Hash", "Debug"] {
        for report in on_every_engine(move || {
            let c = chan("c", 2);
            go("g", move || {
                c.send(Meddles(place));
                c.send(Meddles(place));
            });
            c.recv();
            c.recv();
        }) {
            let Some(Fault::OperationOfValue {
                type_name, site, ..
            }) = &report.fault
            else {
                panic!("{place} under {}: {report}", report.engine.name());
            };
            assert!(type_name.ends_with("Meddles"), "{type_name}");
            assert!(site.file.ends_with("destructors.rs"), "{site:?}");
        }
    }
}

/// Such a goroutine cannot be unwound, and stands in the middle of `Clone`. What was found before
/// it can be told all the same.
#[test]
fn a_value_that_catches_what_is_to_end_it_keeps_nothing_locked() {
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Catches(u32);
    impl Clone for Catches {
        fn clone(&self) -> Self {
            loop {
                let _ = catch_unwind(AssertUnwindSafe(gosched));
            }
        }
    }
    for report in on_every_engine(|| {
        let (c, told) = (chan("c", 1), chan("told", 1));
        told.send("a value".to_owned());
        if choose(2) == 0 {
            c.send(Catches(1));
            c.recv();
        }
        told.send("another value".to_owned());
    }) {
        assert!(
            matches!(report.fault, Some(Fault::OperationOfValue { .. })),
            "{}: {report}",
            report.engine.name()
        );
        assert!(report.lost_stack_bytes > 0, "{}", report.engine.name());
    }
}

/// Under loom, which has goroutines of its own. Their stacks count beside those of the program that
/// its ends are compared with.
#[test]
fn stacks_that_are_lost_are_not_without_number() {
    let report = Checker::new().engine(Engine::Loom).check(|| {
        let never = chan::<()>("never", 0);
        choose(6_000);
        loop {
            let _ = catch_unwind(AssertUnwindSafe(|| never.recv()));
        }
    });
    let Some(Fault::TooMany { what, .. }) = &report.fault else {
        panic!("{report}");
    };
    assert!(what.contains("stacks"), "{what}");
    assert!(report.lost_stack_bytes <= 600 << 20, "{report}");
}

#[track_caller]
fn assert_hidden(engines: &[Engine], kernel: impl Fn() + Clone + Send + 'static) {
    for engine in engines {
        let report = Checker::new().engine(*engine).check(kernel.clone());
        assert!(
            matches!(report.fault, Some(Fault::HiddenState { .. })),
            "{}: {report}",
            engine.name()
        );
    }
}

#[test]
fn state_that_a_loop_hides_is_a_fault() {
    let engines = [Engine::Auto, Engine::Remembering];
    for turns in [2, 3, 5, 9, 15] {
        assert_hidden(&engines, move || {
            let n = Cell::new(0);
            forever(move || {
                gosched();
                n.set(n.get() + 1);
                assert!(n.get() < turns);
                ControlFlow::<()>::Continue(())
            });
        });
        assert_hidden(&engines, move || {
            let (n, c) = (Rc::new(Cell::new(0)), chan::<()>("c", 0));
            go("g", move || {
                forever(|| {
                    n.set(n.get() + 1);
                    gosched();
                    if n.get() == turns {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                });
                c.recv();
            });
        });
    }
}

/// Hidden state that only one of several ways round the loop shows, or that one way makes and
/// another shows.
#[test]
fn each_way_round_a_loop_is_looked_at() {
    let engines = [Engine::Auto, Engine::Remembering];
    for (makes, shows) in [(0, 0), (1, 1), (2, 2), (0, 1), (1, 0), (2, 0)] {
        assert_hidden(&engines, move || {
            let n = Cell::new(0);
            forever(move || {
                let way = choose(3);
                if way == makes {
                    n.set(n.get() + 1);
                }
                assert!(way != shows || n.get() < 5);
                ControlFlow::<()>::Continue(())
            });
        });
        // A way that does several operations, and undoes what another one made.
        assert_hidden(&engines, move || {
            let n = Cell::new(0);
            forever(move || {
                let way = choose(3);
                gosched();
                n.set(if way == makes { n.get() + 1 } else { 0 });
                if n.get() == 6 {
                    gosched();
                }
                ControlFlow::<()>::Continue(())
            });
        });
    }
}

/// Seen as soon as the loop comes back to where it was.
#[test]
fn a_second_turn_that_differs_is_hidden_state() {
    assert_hidden(
        &[Engine::Auto, Engine::Remembering, Engine::Optimal],
        || {
            let (n, m) = (Cell::new(0), mutex("m", ()));
            forever(move || {
                n.set(n.get() + 1);
                if n.get() == 2 {
                    m.lock().unlock();
                }
                gosched();
                ControlFlow::<()>::Continue(())
            });
        },
    );
}

/// A number that is equal to all others.
#[derive(Clone, Debug)]
struct Alike(u32);

impl PartialEq for Alike {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Alike {}
impl std::hash::Hash for Alike {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

#[test]
fn a_loop_whose_states_are_not_equal_though_they_say_so_is_a_fault() {
    assert_hidden(&[Engine::Auto, Engine::Remembering], || {
        repeat(Alike(0), |Alike(n)| {
            gosched();
            assert!(n < 4);
            ControlFlow::<(), _>::Continue(Alike(n + 1))
        });
    });
}

#[test]
fn a_loop_that_hides_nothing_is_proved() {
    for engine in [Engine::Auto, Engine::Remembering] {
        let report = Checker::new().engine(engine).check(|| {
            let (c, m) = (chan("c", 1), mutex("m", 0));
            go("server", move || {
                forever(move || {
                    let turn: u32 = c.recv().unwrap_or(0);
                    *m.lock() = turn;
                    ControlFlow::<()>::Continue(())
                });
            });
            repeat(0, move |n: u32| {
                c.send(n);
                ControlFlow::<(), _>::Continue((n + 1) % 3)
            });
        });
        assert_eq!(report.verdict, Verdict::Proved, "{report}");
    }
}
