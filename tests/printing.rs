//! The output for every kernel of the catalogue keeps to the width, can be replayed, and can be
//! drawn again from JSON.

#[path = "support/schema.rs"]
mod schema;

use std::collections::BTreeSet;

use gordian_checker::explain::Trace;
use gordian_checker::explain::compare::Why;
use gordian_checker::explore::Limits;
use gordian_checker::render::{Look, Sources, compare_text, json, list, snippet, table};
use gordian_checker::{Checker, Subject, replay};
use gordian_kernels::CATALOGUE;

/// Visits the traces of every buggy variant, with their kernels and sources.
fn each(mut look_at: impl FnMut(&str, fn(), &Trace, &Sources)) {
    for kernel in CATALOGUE {
        let limits = Limits {
            executions_max: Some(20_000),
            states_max: Some(100_000),
            ..Limits::default()
        };
        let report = Checker::new().limits(limits).check(kernel.buggy.main);
        assert!(!report.traces.is_empty(), "{}: {report}", kernel.name);
        let mut sources = Sources::new();
        sources.add(kernel.buggy.file, kernel.buggy.source);
        for trace in &report.traces {
            look_at(kernel.name, kernel.buggy.main, trace, &sources);
        }
    }
}

/// Covers every format for people, with and without colour and in ASCII.
#[test]
fn no_line_of_any_kernel_is_wider_than_a_hundred_columns() {
    each(|name, _, trace, sources| {
        let trace = trace.clone().named(name, "buggy");
        for look in looks() {
            let texts = [
                table::render(&trace, &look),
                list::render(&trace, &look),
                snippet::render(&trace, sources, &look),
            ];
            texts.iter().for_each(|text| fits(name, text, &look));
        }
    });
}

#[test]
fn no_line_of_why_a_fix_works_is_wider_than_a_hundred_columns() {
    let mut done = None;
    each(|name, _, trace, _| {
        if done.replace(name.to_owned()).as_deref() == Some(name) {
            return;
        }
        let kernel = CATALOGUE.iter().find(|kernel| kernel.name == name);
        let kernel = kernel.expect("it is of the catalogue");
        let trace = trace.clone().named(name, "buggy");
        let [mut buggy, mut fixed] =
            [kernel.buggy, kernel.fixed].map(|variant| variant.subject().program(1 << 20));
        let sources = Some((kernel.buggy.source, kernel.fixed.source));
        let why = Why::build(
            &trace,
            buggy.as_mut(),
            fixed.as_mut(),
            "the fixed variant was not searched",
            sources,
        )
        .expect("no fault");
        for look in looks() {
            fits(name, &compare_text::render(&why, &look), &look);
        }
    });
}

/// Returns the styles: with and without colour and in ASCII, short and in full.
fn looks() -> Vec<Look> {
    let mut looks = Vec::new();
    for ascii in [false, true] {
        for colour in [false, true] {
            for all in [false, true] {
                looks.push(Look {
                    ascii,
                    colour,
                    all,
                    ..Look::default()
                });
            }
        }
    }
    looks
}

/// Asserts that no line of the text is too wide. Escapes that set colours take no width.
fn fits(name: &str, text: &str, look: &Look) {
    assert_eq!(text.contains('\u{1b}'), look.colour, "{name}");
    for line in text.lines() {
        let mut parts = line.split("\u{1b}[");
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            shown.push_str(part.split_once('m').expect("an escape has an end").1);
        }
        assert!(shown.chars().count() <= look.width, "{name}: {shown}");
        assert!(!look.ascii || shown.is_ascii(), "{name}: {shown}");
    }
}

#[test]
fn the_schedule_of_every_trace_leads_to_the_same_last_row() {
    each(|name, main, trace, _| {
        let again = replay(main, &trace.schedule).expect("it fits");
        assert_eq!(again.last, trace.last, "{name}");
        assert_eq!(again.end, trace.end, "{name}");
    });
}

/// The printed call is Rust at any width: a string that Rust reads as it is, which leads to the
/// same end.
#[test]
fn the_call_that_a_failing_test_prints_leads_to_the_same_end_at_any_width() {
    each(|name, main, trace, sources| {
        let mut calls = BTreeSet::new();
        for width in [40, 50, 60, 68, 80, 100, 140, 200] {
            let look = Look {
                width,
                ..Look::default()
            };
            for text in [
                list::render(trace, &look),
                snippet::render(trace, sources, &look),
            ] {
                let (_, call) = text
                    .split_once("gordian::replay(KERNEL, \"")
                    .expect("it is printed");
                let (schedule, rest) = call.split_once('"').expect("the string ends");
                assert_eq!(rest.trim(), ")", "{name} at {width}");
                assert!(!schedule.contains('\\'), "{name} at {width}");
                calls.insert(schedule.split_whitespace().collect::<String>());
                let again = replay(main, schedule).expect("it fits");
                assert_eq!(again.last, trace.last, "{name} at {width}");
                assert_eq!(again.end, trace.end, "{name} at {width}");
            }
        }
        assert_eq!(calls, BTreeSet::from([trace.schedule.clone()]), "{name}");
    });
}

#[test]
fn the_json_of_every_trace_is_as_its_schema_says() {
    each(|_, _, trace, _| {
        let text = json::render(trace);
        schema::assert_is(&serde_json::from_str(&text).expect("it is JSON"), "trace");
    });
}

/// No kernel of the catalogue acquires permits of a semaphore.
#[test]
fn the_json_of_held_permits_is_as_the_schema_says() {
    let report = gordian::check(|| {
        let sem = gordian::sync::semaphore("sem", 2);
        sem.acquire(1);
        sem.acquire(2);
    });
    let text = json::render(report.trace().expect("it is a deadlock"));
    schema::assert_is(&serde_json::from_str(&text).expect("it is JSON"), "trace");
}

#[test]
fn the_json_of_every_trace_is_enough_for_its_table() {
    each(|name, _, trace, _| {
        let again = json::read(&json::render(trace)).expect("it is a trace");
        let look = Look::default();
        assert_eq!(
            table::render(&again, &look),
            table::render(trace, &look),
            "{name}"
        );
    });
}
