//! Destructors of a kernel: of guards that move to another goroutine, of bodies that never begin,
//! of goroutines that are abandoned where they block.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gordian_checker::model::{Fault, Stall, StallCause};
use gordian_checker::sync::{
    Chan, ControlFlow, chan, choose, defer, forever, go, gosched, mutex, repeat, rwlock,
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
        if report.engine == Engine::Loom {
            assert!(
                matches!(
                    report.fault,
                    Some(Fault::Stalled(Stall {
                        cause: StallCause::CatchesEverything,
                        ..
                    }))
                ),
                "{report}"
            );
            continue;
        }
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
fn a_destructor_that_panics_while_its_goroutine_unwinds_is_a_fault() {
    for report in on_every_engine(|| {
        let never = chan::<()>("never", 0);
        go("stuck", move || {
            let _panics = Panics;
            never.recv();
        });
        choose(2);
    }) {
        let Some(Fault::Stalled(stall)) = &report.fault else {
            panic!("{}: {report}", report.engine.name());
        };
        assert_eq!(stall.cause, StallCause::DestructorPanics, "{report}");
        assert_eq!(stall.goroutine, "stuck");
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
fn endless_recursion_is_a_panic_and_under_loom_a_fault() {
    for report in on_every_engine(|| {
        choose(2);
        endless(0);
    }) {
        if report.engine == Engine::Loom {
            let Some(Fault::Stalled(stall)) = &report.fault else {
                panic!("{report}");
            };
            assert_eq!(stall.cause, StallCause::StackOverflow);
        } else {
            assert_eq!(report.verdict, Verdict::Panic, "{report}");
            assert!(report.to_string().contains("stack overflow"), "{report}");
        }
    }
}

/// A value that does an operation where the search compares or copies it.
#[derive(Debug)]
struct Meddles(&'static str);

impl Meddles {
    fn act(&self, place: &str) {
        if self.0 == place {
            gosched();
        }
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
    for place in ["Clone", "Eq", "Hash"] {
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
