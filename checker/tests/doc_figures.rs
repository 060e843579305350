//! Asserts that the interleavings drawn in the module docs of the searches are right: each drawing
//! is compared with what the search does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Limits, Meter, Progress, Search};
use gordian_checker::script::Operand::Constant;
use gordian_checker::script::Statement::{Lock, Send, Unlock};
use gordian_checker::script::{Memory, Script, Start, Statement};

const OPTIMAL: &str = include_str!("../src/explore/optimal/mod.rs");
const STATEFUL: &str = include_str!("../src/explore/stateful.rs");
const STUBBORN: &str = include_str!("../src/explore/stubborn/mod.rs");

/// Returns the section of a module doc with this heading, without the comment signs.
fn section(source: &str, heading: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let mut lines = lines.skip_while(|line| *line != heading).peekable();
    assert!(lines.peek().is_some(), "no section `{heading}`");
    let lines = lines.skip(1).take_while(|line| !line.starts_with("# "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the drawing of a section, without the fences.
fn drawing(section: &str) -> &str {
    let (_, drawing) = section.split_once("```text\n").expect("a drawing");
    drawing.split_once("```").expect("its end").0
}

/// Asserts that the prose of a section has this text, wherever its lines are broken.
#[track_caller]
fn assert_says(section: &str, text: &str) {
    let words: Vec<&str> = section.split_whitespace().collect();
    assert!(words.join(" ").contains(text), "the page lacks: {text}");
}

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
            let name = ["a", "b", "c"][step.actor.index()];
            format!("{name}{number}")
        });
        steps.collect::<Vec<_>>().join(" ")
    });
    drawn.collect()
}

fn together<const N: usize>(make: impl Fn(&mut Script) -> [Vec<Statement>; N]) -> Script {
    let mut script = Script::new();
    for (name, body) in ["a", "b", "c"].into_iter().zip(make(&mut script)) {
        script.goroutine(name, body);
    }
    script
}

#[test]
fn six_interleavings_of_two_goroutines_of_two_steps_have_nine_states() {
    let script = together(|script| {
        let (p, q) = (script.mutex("p"), script.mutex("q"));
        [vec![Lock(p), Unlock(p)], vec![Lock(q), Unlock(q)]]
    });
    let all = executions(&script, Exhaustive::new().keeping_executions());
    assert_eq!(all.len(), 6);
    let mut search = Stateful::new();
    let mut program = script.interpreter(Start::Together, Memory::Forgetful);
    let mut meter = Meter::new(Limits::default(), Arc::default());
    while search.advance(&mut program, &mut meter).expect("no fault") == Progress::Paused {}
    let states = search.findings().states.expect("it counts states");
    let page: Vec<&str> = STATEFUL.lines().collect();
    let page = page.join("\n").replace("//! ", "").replace("//!", "");
    let visited = drawing(&page);
    // A state is drawn as the number of steps that each goroutine has taken.
    let is_state = |word: &&str| *word == "start" || word.parse::<u32>().is_ok();
    let drawn: Vec<&str> = visited
        .split(|c: char| !c.is_alphanumeric())
        .filter(is_state)
        .collect();
    let distinct: BTreeSet<&&str> = drawn.iter().collect();
    assert_eq!(drawn.len(), distinct.len(), "a state is drawn once");
    assert_eq!(states, drawn.len() as u64);
    // All steps but one into each state lead to a state that was met before.
    let again = visited.matches("a1x").count() + visited.matches("a2x").count();
    assert_eq!(search.findings().steps, states - 1 + again as u64);
    let mut reduced = Stubborn::new().keeping_executions();
    while reduced.advance(&mut program, &mut meter).expect("no fault") == Progress::Paused {}
    let example = section(STUBBORN, "# An example");
    let words = |test: &dyn Fn(&&str) -> bool| {
        let words = drawing(&example).split(|c: char| !c.is_alphanumeric());
        words.filter(test).collect::<Vec<_>>()
    };
    let drawn = words(&is_state);
    // The first and the last are stored. There is a step between two that are drawn.
    assert_eq!(reduced.findings().states, Some(2));
    let steps = words(&|word| word.starts_with(['a', 'b']));
    assert_eq!(drawn.len(), steps.len() + 1);
    assert_eq!(executions(&script, reduced), [steps.join(" ")]);
}

#[test]
fn of_eight_interleavings_in_two_classes_two_are_executed() {
    let script = together(|script| {
        let m = script.mutex("m");
        let (x, y) = (script.chan("x", 1), script.chan("y", 1));
        [
            vec![Lock(m), Unlock(m), Send(x, Constant(1))],
            vec![Lock(m), Unlock(m), Send(y, Constant(1))],
        ]
    });
    let executed = executions(&script, Optimal::new().keeping_executions());
    assert_eq!(executed.len(), 2);
    let all = executions(&script, Exhaustive::new().keeping_executions());
    let struck = |execution: &String| match executed.contains(execution) {
        true => execution.clone(),
        false => format!("~{execution}~"),
    };
    let words: Vec<String> = all.iter().map(struck).collect();
    let page = section(OPTIMAL, "# An example");
    // What the search executes comes first in its line, and each line is one class.
    let lines = drawing(&page).lines();
    let drawn: Vec<Vec<&str>> = lines.map(|line| line.split("     ").collect()).collect();
    assert_eq!(drawn.concat().len(), all.len());
    for (line, first) in drawn.iter().zip(&executed) {
        assert_eq!(line[0], first);
        let locker = first.split(' ').next().expect("a step");
        for execution in line {
            assert!(words.iter().any(|word| word == execution), "{execution}");
            assert!(execution.trim_start_matches('~').starts_with(locker));
        }
    }
    let distinct: BTreeSet<&str> = drawn.concat().into_iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn the_blocked_lock_has_three_classes_and_each_is_executed_as_told() {
    let script = together(|script| {
        let (p, q) = (script.mutex("p"), script.mutex("q"));
        [
            vec![Lock(p), Lock(q), Unlock(q), Unlock(p)],
            vec![Lock(q), Lock(p), Unlock(p), Unlock(q)],
        ]
    });
    let executed = executions(&script, Optimal::new().keeping_executions());
    let [first, deadlock, third] = &executed[..] else {
        panic!("not three executions: {executed:?}");
    };
    let page = section(OPTIMAL, "# A blocked lock");
    assert_says(
        &page,
        "There are three classes, and one of them is a deadlock.",
    );
    assert_says(&page, &format!("The first execution is `{first}`."));
    let told = format!("the second execution begins with `{deadlock}`, and ends there");
    assert_says(&page, &told);
    assert_says(&page, &format!("the third execution, `{third}`."));
    // The rest of the third execution follows the sequence that is inserted.
    assert_says(&page, "the sequence `b1 b2` is inserted at the start");
    assert!(third.starts_with("b1 b2 "));
}

/// The tree itself is compared by a unit test of `tree.rs`.
#[test]
fn the_wakeup_tree_leads_to_the_executions_that_are_told() {
    let script = together(|script| {
        let m = script.mutex("m");
        let (x, y) = (script.chan("x", 1), script.chan("y", 1));
        [
            vec![Lock(m), Unlock(m)],
            vec![Send(x, Constant(1)), Lock(m), Unlock(m)],
            vec![Send(y, Constant(1)), Lock(m), Unlock(m)],
        ]
    });
    let executed = executions(&script, Optimal::new().keeping_executions());
    let page = section(OPTIMAL, "# A wakeup tree");
    assert_says(&page, &format!("The first execution is `{}`.", executed[0]));
    assert!(executed[1].starts_with("a1 ") && executed[2].starts_with("b1 "));
    assert_says(&page, &format!("the third execution, `{}`.", executed[2]));
    assert_eq!(executed.len(), 6);
    assert_says(&page, "There are six classes");
    assert_says(&page, "and six executions.");
}
