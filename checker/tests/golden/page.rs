//! The page of a kernel, without its style and its script, which are files of their own; and the
//! answer why a schedule was not explored.

use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::explain::StateGraph;
use gordian_checker::explain::trace::Facts;
use gordian_checker::explore::{Limits, Meter};
use gordian_checker::render::html::{Page, Variant, page};
use gordian_checker::render::{Look, twin_text};
use gordian_checker::replay::twin;
use gordian_checker::{STACK_BYTES, Subject};

use super::{golden, kernels, narrow, sources, trace};

#[test]
fn a_page_is_as_it_was() {
    let trace = trace(kernels::send_under_lock).named("demo/1", "buggy");
    let mut program = Rc::new(kernels::send_under_lock).program(STACK_BYTES);
    let meter = Meter::new(Limits::default(), Arc::default());
    let graph = StateGraph::collect(program.as_mut(), &[&trace.schedule], &meter);
    let text = page(&Page {
        name: "demo/1",
        class: "Mixed / channel & lock",
        facts: Facts::default(),
        left_out: "",
        variants: vec![Variant {
            name: "buggy",
            verdict: "deadlock",
            ground: "all states",
            is_bad: true,
            is_proved: false,
            graph: &graph.expect("it has no fault"),
            trace: Some(&trace),
            sources: &sources(),
            command: "demo/1 --variant buggy",
        }],
        why: None,
        program: "gordian",
        has_index: false,
    });
    let (head, rest) = text.split_once("<style>").expect("a style");
    let (_, rest) = rest.split_once("</style>").expect("its end");
    let (body, _) = rest.split_once("<script>\n").expect("a script");
    // A table of the data a line.
    let body = body.replace(",\"", ",\n\"");
    golden("send_under_lock.page", &format!("{head}{body}"));
}

#[test]
fn an_answer_why_a_schedule_was_not_explored_is_as_it_was() {
    let trace = trace(kernels::lost_wake_up);
    let asked = twin(kernels::lost_wake_up, &trace.schedule).expect("it is whole");
    let of = twin_text::Of {
        kernel: "demo/1",
        variant: "buggy",
    };
    golden(
        "lost_wake_up.twin",
        &twin_text::render(&asked, of, &narrow()),
    );
    let itself = twin(kernels::lost_wake_up, &asked.explored).expect("it is whole");
    let text = twin_text::render(&itself, of, &Look::default());
    assert!(
        text.contains("(buggy): this schedule was explored\n"),
        "{text}"
    );
}
