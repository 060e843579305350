//! What errgroup and singleflight of golang.org/x/sync do, as their own tests have it.

use gordian_checker::blocks::{errgroup, singleflight};
use gordian_checker::sync::{atomic, background, go, shared, waitgroup};
use gordian_checker::{Checker, Verdict};

/// x/sync's `TestZeroGroup`: the first error of any goroutine is that of the group.
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

/// x/sync's `TestGoLimit`: no more than so many are active at once.
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

/// neilotoole/errgroup issue 11 in small: a goroutine of a limited group that starts another.
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

/// x/sync's `TestDoDupSuppress`: whoever comes while the call is under way has its value.
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

/// golang/go issue 33519: the function ends by a panic; here that ends the program.
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
