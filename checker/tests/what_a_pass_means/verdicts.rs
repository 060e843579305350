//! The part about the verdicts.

use gordian_checker::explore::random::Draw;
use gordian_checker::explore::{Limit, Limits};
use gordian_checker::model::Fault;
use gordian_checker::sync::{atomic, chan, choose, go, gosched, mutex};
use gordian_checker::{Checker, Engine, Verdict, check};

use super::assert_verdict;

/// Fails in one order only, in which each of the two is interrupted at the worst places: three
/// preemptions.
fn one_bad_order(asserts: bool) {
    let turn = atomic("turn", 0);
    go("other", move || {
        turn.compare_and_swap(0, 1);
        turn.compare_and_swap(2, 3);
    });
    turn.compare_and_swap(1, 2);
    turn.compare_and_swap(3, 4);
    assert!(!asserts || turn.load() != 4, "the one bad order");
}

#[test]
fn proved_means_every_interleaving() {
    for engine in [
        Engine::Auto,
        Engine::Optimal,
        Engine::Stateful,
        Engine::Stubborn,
        Engine::Exhaustive,
    ] {
        let checker = Checker::new().engine(engine);
        let proof = checker.check(|| one_bad_order(false));
        assert_eq!(proof.verdict, Verdict::Proved);
        assert!(proof.findings.complete && proof.findings.limits.is_empty());
        let refutation = checker.check(|| one_bad_order(true));
        assert_eq!(refutation.verdict, Verdict::Panic);
    }
}

#[test]
fn within_means_few_preemptions() {
    let bounded = |max| {
        let checker = Checker::new().preemptions_max(max);
        checker.check(|| one_bad_order(true))
    };
    let within = bounded(2);
    assert_eq!(within.verdict, Verdict::Within);
    assert_eq!(within.findings.limits, [Limit::Preemptions(2)]);
    assert_eq!(bounded(3).verdict, Verdict::Panic);
}

#[test]
fn bounded_means_a_limit_was_hit() {
    let kernel = || {
        for _ in 0..30 {
            gosched();
        }
        panic!("the thirty-first step");
    };
    let limits = Limits {
        steps_max: 20,
        ..Limits::default()
    };
    let report = Checker::new().limits(limits).check(kernel);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Steps(20)]);
    assert_verdict(kernel, Verdict::Panic);
}

#[test]
fn random_is_never_a_proof() {
    let report = Checker::new()
        .random(1, Draw::Uniform)
        .limits(Limits {
            executions_max: Some(10),
            ..Limits::default()
        })
        .check(|| {});
    assert_eq!(report.verdict, Verdict::Bounded);
}

#[test]
fn fault_means_the_kernel_cannot_be_judged() {
    let turns = std::cell::Cell::new(0);
    let report = check(move || {
        turns.set(turns.get() + 1);
        let order = atomic("order", 0);
        for _ in 0..turns.get() {
            go("a", move || {
                order.add(1);
            });
        }
        order.add(1);
    });
    assert_eq!(report.verdict, Verdict::Fault);
    assert!(matches!(report.fault, Some(Fault::Nondeterminism { .. })));
}

#[test]
fn one_bad_end_refutes() {
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        let (a, b) = (mutex("a", ()), mutex("b", ()));
        go("other", move || {
            let _b = b.lock();
            let _a = a.lock();
        });
        let _a = a.lock();
        let _b = b.lock();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
    let findings = report.findings;
    assert_eq!((findings.bad_executions, findings.executions), (1, 3));

    let up_to = |worst| {
        move || {
            let never = chan::<u8>("never", 0);
            match choose(worst) {
                0 => go("stuck", move || never.send(1)),
                1 => never.send(1),
                _ => panic!("worst of all"),
            }
        }
    };
    assert_verdict(up_to(1), Verdict::Leak);
    assert_verdict(up_to(2), Verdict::Deadlock);
    assert_verdict(up_to(3), Verdict::Panic);
}

#[test]
fn what_is_deterministic_is_asserted_by_the_kernel() {
    let kernel = |asserts: bool| {
        move || {
            let (ch, sum) = (chan("ch", 1), atomic("sum", 0));
            go("adder", move || {
                sum.add(1);
                ch.send(());
            });
            ch.recv();
            assert!(!asserts || sum.load() == 2, "a wrong sum");
        }
    };
    assert_verdict(kernel(false), Verdict::Proved);
    assert_verdict(kernel(true), Verdict::Panic);
}
