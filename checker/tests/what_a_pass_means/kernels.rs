//! The part about the rules for kernels.

use std::rc::Rc;

use gordian_checker::model::{Fault, StallCause};
use gordian_checker::sync::{ControlFlow, chan, forever, go, gosched};
use gordian_checker::{Checker, Verdict, check};

use super::assert_verdict;

#[test]
fn values_that_are_equal_are_the_same() {
    /// Equal to all of its kind, though it holds a number.
    #[derive(Clone, Debug)]
    struct Careless(u32);
    impl PartialEq for Careless {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }
    impl Eq for Careless {}
    impl std::hash::Hash for Careless {
        fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
    }
    assert_verdict(
        || {
            let ch = chan("ch", 2);
            ch.send(Careless(1));
            ch.send(Careless(2));
            ch.recv();
            let second = ch.recv();
            assert!(second.is_some_and(|value| value.0 == 1), "2 was sent");
        },
        Verdict::Proved,
    );
}

#[test]
fn destructors_do_not_panic_while_their_goroutine_unwinds() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let in_a_panic = || {
        go("panics", || {
            let _panics = Panics;
            panic!("first");
        });
    };
    let report = check(in_a_panic);
    let Some(Fault::Stalled(stall)) = &report.fault else {
        panic!("{report}");
    };
    assert_eq!(stall.goroutine, "panics");
    assert_eq!(stall.cause, StallCause::DestructorPanics);

    let abandoned = || {
        let never = chan::<u8>("never", 0);
        go("stuck", move || {
            let _panics = Panics;
            never.recv();
        });
    };
    let report = check(abandoned);
    assert_eq!(report.verdict, Verdict::Leak, "{report}");
    assert!(report.lost_stack_bytes > 0);

    // On the caller's thread, which no search can use any more.
    let thread = std::thread::spawn(move || {
        [(); 2].map(|()| Checker::new().check_subject(&Rc::new(abandoned)))
    });
    let [first, second] = thread.join().expect("it goes on");
    assert_eq!(first.verdict, Verdict::Leak, "{first}");
    assert_eq!(second.fault, Some(Fault::Unwinding), "{second}");
}

#[test]
fn state_that_a_loop_hides() {
    let turns_that_differ = |from: u32| {
        check(move || {
            let turns = std::cell::Cell::new(0);
            forever(move || {
                gosched();
                turns.set(turns.get() + 1);
                assert!(turns.get() < from, "it was hidden");
                ControlFlow::<()>::Continue(())
            });
        })
    };
    assert!(matches!(
        turns_that_differ(16).fault,
        Some(Fault::HiddenState { .. })
    ));
    assert_eq!(
        turns_that_differ(1_000).verdict,
        Verdict::Proved,
        "too late to be noticed"
    );
}

#[test]
fn state_that_is_hidden_from_the_search() {
    // A cell of Rust's, not of `sync`: the switch between the two operations is at no step, so it
    // is never seen.
    assert_verdict(
        || {
            let hidden = Rc::new(std::cell::Cell::new(0));
            let add = |hidden: Rc<std::cell::Cell<i32>>| {
                let value = hidden.get();
                hidden.set(value + 1);
            };
            let other = hidden.clone();
            go("other", move || add(other));
            add(hidden);
        },
        Verdict::Proved,
    );
}
