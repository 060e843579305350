//! The behaviours of errgroup and singleflight of golang.org/x/sync that their own tests check.

use gordian_checker::blocks::{errgroup, singleflight};
use gordian_checker::sync::{atomic, background, defer, go, goexit, recover, shared, waitgroup};
use gordian_checker::{Checker, Verdict};

/// x/sync's `TestZeroGroup`: the group returns the first error of any goroutine.
#[test]
fn a_group_has_the_first_error_of_any() {
    let report = gordian_checker::check(|| {
        let group: errgroup::Group<&str> = errgroup::Group::new("g");
        let (first, wg) = (shared("first", None), waitgroup("wg"));
        wg.add(2);
        for name in ["a", "b"] {
            group.go(name, move || {
                wg.done();
                Err(name)
            });
        }
        first.set(group.wait().err());
        assert!(first.get().is_some());
    });
    report.assert_proved();
}

/// x/sync's `TestWithContext`: an error cancels the context; so does the end of the wait.
#[test]
fn an_error_cancels_the_context() {
    let report = gordian_checker::check(|| {
        let (group, ctx) = errgroup::Group::with_context("g", background());
        group.go("fails", || Err("no"));
        group.go("waits", move || {
            ctx.done().recv();
            Ok(())
        });
        assert_eq!(group.wait(), Err("no"));
        assert!(ctx.err().is_some());
    });
    report.assert_proved();
}

/// x/sync's `TestGoLimit`: no more goroutines than the limit are active at once.
#[test]
fn no_more_than_the_limit_run_at_once() {
    let report = gordian_checker::check(|| {
        let group: errgroup::Group<()> = errgroup::Group::new("g").with_limit("g", 1);
        let active = atomic("active", 0);
        for name in ["a", "b"] {
            group.go(name, move || {
                assert_eq!(active.add(1), 1);
                active.add(-1);
                Ok(())
            });
        }
        assert_eq!(group.wait(), Ok(()));
    });
    report.assert_proved();
}

/// x/sync's `TestTryGo`.
#[test]
fn a_try_go_starts_nobody_beyond_the_limit() {
    let report = gordian_checker::check(|| {
        let group: errgroup::Group<()> = errgroup::Group::new("g").with_limit("g", 1);
        let wg = waitgroup("wg");
        wg.add(1);
        assert!(group.try_go("a", move || {
            wg.wait();
            Ok(())
        }));
        assert!(!group.try_go("b", || Ok(())));
        wg.done();
        assert_eq!(group.wait(), Ok(()));
    });
    report.assert_proved();
}

/// neilotoole/errgroup issue 11 in small: a goroutine of a limited group starts another.
#[test]
fn a_goroutine_that_starts_another_in_a_full_group_blocks() {
    let report = gordian_checker::check(|| {
        let group: errgroup::Group<()> = errgroup::Group::new("g").with_limit("g", 1);
        group.go("outer", move || {
            group.go("inner", || Ok(()));
            Ok(())
        });
        assert_eq!(group.wait(), Ok(()));
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
}

/// x/sync's `TestDoDupSuppress`: a caller that comes while the call is in progress gets its value.
#[test]
fn a_call_that_is_under_way_is_waited_for() {
    let report = gordian_checker::check(|| {
        let group: singleflight::Group<u8, u8> = singleflight::Group::new("g");
        let calls = atomic("calls", 0);
        let (mine, its) = (shared("mine", 0), shared("its", 0));
        let wg = waitgroup("wg");
        wg.add(1);
        let work = move || {
            calls.add(1);
            7
        };
        go("other", move || {
            its.set(group.call(1, work).0);
            wg.done();
        });
        mine.set(group.call(1, work).0);
        wg.wait();
        assert!((1..=2).contains(&calls.load()));
        assert_eq!((mine.get(), its.get()), (7, 7));
    });
    report.assert_proved();
}

/// A call that has ended is not in progress, so the next one calls its function.
#[test]
fn the_next_call_after_the_end_is_made_anew() {
    let report = Checker::new().check(|| {
        let group: singleflight::Group<u8, u8> = singleflight::Group::new("g");
        assert_eq!(group.call(1, || 1), (1, false));
        assert_eq!(group.call(1, || 2), (2, false));
        group.forget(&1);
    });
    report.assert_proved();
}

/// golang/go issue 33519, x/sync's `TestPanicDo`: the panic of the function is one of every caller,
/// and the key is free again.
#[test]
fn a_panic_of_the_function_reaches_every_caller() {
    let report = gordian_checker::check(|| {
        let group: singleflight::Group<u8, u8> = singleflight::Group::new("g");
        let (told, wg) = (shared("told", None), waitgroup("wg"));
        let call = move || recover(|| group.call(1, || panic!("boom")));
        wg.add(1);
        go("other", move || {
            told.set(call().err());
            wg.done();
        });
        assert_eq!(call(), Err("boom".to_owned()));
        wg.wait();
        assert_eq!(told.get(), Some("boom".to_owned()));
        assert_eq!(group.call(1, || 7), (7, false));
    });
    report.assert_proved();
}

/// A panic that nobody recovers has the place of the caller, and not one in the block.
#[test]
fn a_panic_of_the_function_has_the_place_of_the_call() {
    let report = gordian_checker::check(|| {
        let group: singleflight::Group<u8, u8> = singleflight::Group::new("g");
        group.call(1, || panic!("boom"));
    });
    assert_eq!(report.verdict, Verdict::Panic);
    let last = &report.trace().expect("it panics").last[0];
    assert_eq!(last.reason, "boom");
    assert!(last.place.file.ends_with("behaviour/blocks.rs"), "{last:?}");
}

/// x/sync's `TestGoexitDo`: a `Goexit` of the function ends every caller, and the key is free
/// again.
#[test]
fn an_exit_of_the_function_ends_every_caller() {
    let report = gordian_checker::check(|| {
        let group: singleflight::Group<u8, u8> = singleflight::Group::new("g");
        let wg = waitgroup("wg");
        wg.add(2);
        for name in ["a", "b"] {
            go(name, move || {
                let _done = defer(move || wg.done());
                group.call(1, || goexit());
                unreachable!("a caller goes on");
            });
        }
        wg.wait();
        assert_eq!(group.call(1, || 7), (7, false));
    });
    report.assert_proved();
}
