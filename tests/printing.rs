//! What is printed of every kernel of the catalogue keeps to the width, can be replayed, and can be drawn again from JSON.

use gordian_checker::explore::Limits;
use gordian_checker::report::{Look, Sources, Trace, json, list, snippet, table};
use gordian_checker::{Checker, replay};
use gordian_kernels::CATALOGUE;

/// The traces of every buggy variant, with what they were made from.
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

#[test]
fn no_line_of_any_kernel_is_wider_than_a_hundred_columns() {
    each(|name, _, trace, sources| {
        let trace = trace.clone().named(name, "buggy");
        let look = Look::default();
        let texts = [
            table::render(&trace, &look),
            list::render(&trace, &look),
            snippet::render(&trace, sources, &look),
        ];
        for line in texts.iter().flat_map(|text| text.lines()) {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
    });
}

#[test]
fn the_schedule_of_every_trace_leads_to_the_same_last_row() {
    each(|name, main, trace, _| {
        if trace.cycle == 0 {
            let again = replay(main, &trace.schedule).expect("it fits");
            assert_eq!(again.last, trace.last, "{name}");
        }
    });
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
