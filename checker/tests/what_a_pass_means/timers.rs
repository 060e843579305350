//! The rules of timers, and what they leave out.

use gordian_checker::model::TimerRules;
use gordian_checker::sync::{go, sleep, timer};
use gordian_checker::{Checker, Verdict, select};

use super::assert_verdict;

/// Returns the two verdicts of a kernel: by the rules of Go 1.23, and by those until 1.22.
fn by_both_rules(kernel: impl Fn() + Copy + Send + 'static) -> [Verdict; 2] {
    [TimerRules::Go1_23, TimerRules::Go1_22]
        .map(|rules| Checker::new().timers(rules).check(kernel).verdict)
}

#[test]
fn timers_as_in_go_1_23() {
    assert_verdict(
        || {
            let t = timer("t");
            sleep();
            assert!(t.c.is_empty() && t.stop(), "somebody has received");
            assert!(t.c.is_empty(), "a stale value");
        },
        Verdict::Proved,
    );
    assert_verdict(
        || {
            let t = timer("t");
            t.c.recv();
            assert!(t.stop(), "somebody has received");
        },
        Verdict::Panic,
    );
}

#[test]
fn timers_as_in_go_until_1_22() {
    // Stop returned false, and a drain that does not block found nothing or something. Now nothing
    // is there, but a value may come.
    let stale = || {
        let t = timer("t");
        if !t.stop() {
            select! {
                recv(t.c) => {}
                default => {}
            }
        }
        sleep();
        assert_eq!(t.c.len(), 0, "stale");
    };
    assert_eq!(by_both_rules(stale), [Verdict::Proved, Verdict::Panic]);
    let empty = || {
        let t = timer("t");
        if !t.stop() {
            select! {
                recv(t.c) => {}
                default => { panic!("empty though Stop said false") }
            }
        }
    };
    assert_eq!(by_both_rules(empty), [Verdict::Proved, Verdict::Panic]);
    let report = Checker::new().timers(TimerRules::Go1_22).check(empty);
    assert_eq!(report.traces[0].timers.as_deref(), Some("1.22"));
}

#[test]
fn four_late_values_of_one_timer() {
    fn under_way(values: u32) {
        let t = timer("t");
        let resets = (1..values).filter(|_| t.reset()).count();
        let all_expired = resets == 0 && !t.stop();
        assert!(!all_expired || !t.c.is_empty(), "all are under way");
    }
    assert_eq!(by_both_rules(|| under_way(3))[1], Verdict::Panic);
    // In Go they can be, with five processors.
    assert_eq!(by_both_rules(|| under_way(4))[1], Verdict::Proved);
}

#[test]
fn stop_and_reset_of_one_timer_at_once() {
    // Reset found the timer stopped, so the value comes. In Go, Stop may take it.
    assert_verdict(
        || {
            let t = timer("t");
            go("stops", move || _ = t.stop());
            if !t.reset() {
                t.c.recv();
            }
        },
        Verdict::Proved,
    );
}
