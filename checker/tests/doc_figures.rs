//! Asserts that the interleavings drawn in the module docs of the searches are right.

use std::collections::BTreeMap;
use std::sync::Arc;

use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Limits, Meter, Progress, Search};
use gordian_checker::script::Operand::Constant;
use gordian_checker::script::Statement::{Lock, Send, Unlock};
use gordian_checker::script::{Memory, Script, Start, Statement};

/// Returns the executions that a search keeps, as the docs write them: `a1 b1 a2`.
fn executions(script: &Script, mut search: impl Search) -> Vec<String> {
    let mut program = script.interpreter(Start::Together, Memory::Forgetful);
    let mut meter = Meter::new(Limits::default(), Arc::default());
    while search.advance(&mut program, &mut meter).expect("no fault") == Progress::Paused {}
    let findings = search.findings();
    assert!(findings.complete);
    let kept = findings.kept.as_ref().expect("they are kept");
    let drawn = kept.iter().map(|path| {
        let mut taken = BTreeMap::new();
        let steps = path.iter().map(|step| {
            let number = taken.entry(step.actor).or_insert(0);
            *number += 1;
            let name = ["a", "b"][step.actor.index()];
            format!("{name}{number}")
        });
        steps.collect::<Vec<_>>().join(" ")
    });
    drawn.collect()
}

fn two(make: impl Fn(&mut Script) -> [Vec<Statement>; 2]) -> Script {
    let mut script = Script::new();
    let [a, b] = make(&mut script);
    script.goroutine("a", a);
    script.goroutine("b", b);
    script
}

#[test]
fn six_interleavings_of_two_goroutines_of_two_steps_have_nine_states() {
    let script = two(|script| {
        let (p, q) = (script.mutex("p"), script.mutex("q"));
        [vec![Lock(p), Unlock(p)], vec![Lock(q), Unlock(q)]]
    });
    assert_eq!(
        executions(&script, Exhaustive::new().keeping_executions()),
        [
            "a1 a2 b1 b2",
            "a1 b1 a2 b2",
            "a1 b1 b2 a2",
            "b1 a1 a2 b2",
            "b1 a1 b2 a2",
            "b1 b2 a1 a2"
        ]
    );
    let states = |search: &mut dyn Search| {
        let mut program = script.interpreter(Start::Together, Memory::Forgetful);
        let mut meter = Meter::new(Limits::default(), Arc::default());
        while search.advance(&mut program, &mut meter).expect("no fault") == Progress::Paused {}
        search.findings().states
    };
    assert_eq!(states(&mut Stateful::new()), Some(9));
    assert_eq!(states(&mut Stubborn::new()), Some(5));
    let reduced = Stubborn::new().keeping_executions();
    assert_eq!(executions(&script, reduced), ["a1 a2 b1 b2"]);
}

#[test]
fn of_eight_interleavings_in_two_classes_two_are_executed() {
    let script = two(|script| {
        let m = script.mutex("m");
        let (x, y) = (script.chan("x", 1), script.chan("y", 1));
        [
            vec![Lock(m), Unlock(m), Send(x, Constant(1))],
            vec![Lock(m), Unlock(m), Send(y, Constant(1))],
        ]
    });
    let all = executions(&script, Exhaustive::new().keeping_executions());
    let drawn = [
        "a1 a2 a3 b1 b2 b3",
        "a1 a2 b1 a3 b2 b3",
        "a1 a2 b1 b2 a3 b3",
        "a1 a2 b1 b2 b3 a3",
    ];
    assert_eq!(all.len(), 8);
    assert_eq!(all[..4], drawn);
    assert_eq!(
        executions(&script, Optimal::new().keeping_executions()),
        ["a1 a2 a3 b1 b2 b3", "b1 b2 a1 a2 a3 b3"]
    );
}
