//! The words for cases of a `select` on nil channels: the channel that such a case stands for, or
//! else its line.

use gordian_checker::check;
use gordian_checker::sync::{Chan, Select, chan, go, select};

use crate::{renderings, trace, why};

/// Main waits at a channel that is off, at a nil one, and for a stop that never comes.
fn idle() {
    let (jobs, stopped) = (chan::<u8>("jobs", 0), chan::<()>("stopped", 0));
    go("sender", move || jobs.send(1));
    select! {
        recv(jobs.only_if(false)) -> _job => {}
        send(Chan::nil(), 2) => {}
        recv(stopped) => {}
    }
}

/// The line of the nil channel in `idle`.
const NIL_LINE: u32 = 15;

/// The same with a nil channel that has no name.
fn idle_without_a_name() {
    let (jobs, stopped) = (chan::<u8>("jobs", 0), chan::<()>("stopped", 0));
    go("sender", move || jobs.send(1));
    select! {
        recv(Chan::<u8>::nil()) -> _job => {}
        send(Chan::nil(), 2) => {}
        recv(stopped) => {}
    }
}

/// The sender of `idle` may give up, but its other case is off, too.
fn still_idle() {
    let (jobs, stopped) = (chan::<u8>("jobs", 0), chan::<()>("stopped", 0));
    go("sender", move || {
        select! {
            send(jobs, 1) => {}
            recv(stopped.only_if(false)) => {}
            recv(Chan::<()>::nil()) => {}
        }
    });
    select! {
        recv(jobs.only_if(false)) -> _job => {}
        send(Chan::nil(), 2) => {}
        recv(stopped) => {}
    }
}

#[test]
fn every_form_says_what_a_nil_case_stands_for() {
    let trace = trace(idle);
    let nil = format!("send nil (:{NIL_LINE})");
    let main = trace.standing("main").expect("it is there");
    let op = main.op.as_ref().expect("it is at a select");
    assert_eq!(op.cases, ["recv jobs (nil)", &nil, "recv stopped"]);
    for (form, text) in renderings(&trace) {
        if ["table", "list", "json", "ndjson", "go"].contains(&form) {
            assert!(text.contains("recv jobs (nil)"), "{form}:\n{text}");
            assert!(text.contains(&nil), "{form}:\n{text}");
        }
    }
}

/// An end is the same wherever its code stands, so it has no lines.
#[test]
fn an_end_has_the_name_and_no_line() {
    let report = check(idle);
    let ends = report.findings.bad.keys();
    let stuck: Vec<_> = ends.flat_map(|end| end.stuck()).collect();
    let select = "select recv jobs (nil), send nil, recv stopped";
    assert!(stuck.contains(&("main", select)), "{stuck:?}");
}

#[test]
fn a_name_changes_no_count() {
    let (named, plain) = (check(idle), check(idle_without_a_name));
    let counts = |report: &gordian_checker::Report| {
        let found = &report.findings;
        (found.executions, found.states, found.bad.len())
    };
    assert_eq!(counts(&named), counts(&plain));
    assert!(named.findings.states.is_some_and(|states| states > 0));
}

#[test]
fn a_select_that_is_made_late_has_the_lines_of_its_cases() {
    let trace = trace(|| {
        let mut select = Select::new();
        select.recv(Chan::<u8>::nil());
        select.recv(Chan::<u8>::nil());
        select.wait();
    });
    let text = trace.last[0].op.as_ref().expect("it is there").text();
    let line = trace.last[0].place.line;
    let (first, second) = (line - 2, line - 1);
    assert_eq!(
        text,
        format!("select recv nil (:{first}), recv nil (:{second})")
    );
}

#[test]
fn a_nil_case_is_no_way_out() {
    let breaks = why(idle, still_idle).breaks;
    let mut texts = breaks.iter().map(ToString::to_string);
    assert!(!texts.any(|text| text.contains("way out")), "{breaks:?}");
}
