//! The words for choices: the name of what is chosen, and the number of a case.

use gordian_checker::explain::trace::{Act, TakenCase};
use gordian_checker::model::Verb;
use gordian_checker::sync::{chan, choose, choose_named, go, select};
use gordian_checker::{Report, check};

use crate::{renderings, trace};

/// The second case of a select, and the second number of a choice, are a leak.
fn given_up() {
    let (jobs, stop) = (chan::<u8>("jobs", 0), chan::<()>("stop", 1));
    go("sender", move || jobs.send(1));
    stop.send(());
    if choose_named("retry", 2) == 1 {
        return;
    }
    select! {
        recv(jobs) => {}
        recv(stop) => {}
    }
}

/// The same without a name.
fn given_up_without_a_name() {
    let (jobs, stop) = (chan::<u8>("jobs", 0), chan::<()>("stop", 1));
    go("sender", move || jobs.send(1));
    stop.send(());
    if choose(2) == 1 {
        return;
    }
    select! {
        recv(jobs) => {}
        recv(stop) => {}
    }
}

/// Both cases are ready. After the second the sender is stuck, since the buffer stays full.
fn second_case() {
    let (jobs, stop) = (chan::<u8>("jobs", 1), chan::<()>("stop", 1));
    jobs.send(1);
    stop.send(());
    go("sender", move || jobs.send(2));
    select! {
        recv(jobs) => {}
        recv(stop) => {}
    }
}

fn acts(report: &Report) -> impl Iterator<Item = &Act> {
    let trace = report.trace().expect("it leaks");
    trace.steps.iter().flat_map(|step| &step.by)
}

#[test]
fn a_choice_is_shown_with_its_name() {
    for (form, text) in renderings(&trace(given_up)) {
        if ["table", "list", "mermaid"].contains(&form) {
            assert!(text.contains("choose retry (= 1)"), "{form}:\n{text}");
        }
        if ["json", "ndjson"].contains(&form) {
            let label = text.replace(' ', "");
            assert!(label.contains("\"label\":\"retry\""), "{form}:\n{text}");
        }
    }
}

#[test]
fn a_choice_without_a_name_is_shown_as_before() {
    let report = check(given_up_without_a_name);
    let choice = acts(&report).find(|act| act.op == Verb::Choose);
    assert_eq!(choice.expect("it chooses").text(), "choose (= 1)");
}

/// A name is for words only: nothing else is found with it.
#[test]
fn the_name_of_a_choice_changes_no_count() {
    let counts = |report: &Report| {
        let found = &report.findings;
        (found.executions, found.states, found.bad.len(), found.steps)
    };
    let (named, plain) = (check(given_up), check(given_up_without_a_name));
    assert_eq!(counts(&named), counts(&plain));
}

/// Where a schedule needs the number of a case, the step has it, too.
#[test]
fn a_case_has_its_number_where_the_schedule_has_it() {
    let report = check(second_case);
    let trace = report.trace().expect("it leaks");
    let by_number = trace.steps.iter().find(|step| step.choice == "main:1");
    let act = &by_number.expect("the schedule has it").by[0];
    assert_eq!(act.case, Some(TakenCase { number: 1, of: 2 }));
    assert_eq!(act.text(), "recv stop (case 1 of 2)");
    let others = acts(&report).filter(|act| act.case.is_some()).count();
    assert_eq!(others, 1);
}

/// Where only one case is open, the schedule has no number, and neither has the step.
#[test]
fn a_case_has_no_number_where_it_is_the_only_one() {
    let report = check(|| {
        let (jobs, stop) = (chan::<u8>("jobs", 0), chan::<()>("stop", 0));
        go("stuck", move || jobs.send(1));
        go("stopper", move || stop.close());
        select! {
            send(chan::<u8>("others", 0), 1) => {}
            recv(stop) => {}
        }
    });
    let select = acts(&report).find(|act| act.select).expect("it is taken");
    assert_eq!(select.text(), "recv stop (closed)");
    assert_eq!(select.case, None);
}
