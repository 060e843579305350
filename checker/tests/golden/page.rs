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
use gordian_checker::sync::{chan, go};
use gordian_checker::{STACK_BYTES, Subject};

use super::{golden, kernels, sources, trace};

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

/// Sends to two channels: the order makes no difference.
fn two_senders() {
    for name in ["one", "other"] {
        let own = chan(name, 1);
        go(name, move || own.send(1));
    }
}

#[test]
fn an_answer_why_a_schedule_was_not_explored_names_the_swaps() {
    let of = twin_text::Of {
        kernel: "demo/1",
        variant: "buggy",
    };
    let say = |schedule: &str| {
        let asked = twin(two_senders, schedule).expect("it is whole");
        twin_text::render(&asked, of, &Look::default())
    };
    let left_out = say("main,one,main,other");
    for part in [
        "demo/1 (buggy): this schedule was not explored; another one was, in its place\n",
        "One swap of neighbouring steps leads there.",
        "step 3 (main: go other) goes before step 2 (one: send one): no goroutine and no object\n",
        "gordian replay demo/1 --variant buggy --schedule 'main*2,one,other'\n",
    ] {
        assert!(left_out.contains(part), "{part}: {left_out}");
    }
    let itself = say("main*2,one,other");
    assert!(
        itself.contains("(buggy): this schedule was explored\n"),
        "{itself}"
    );
}
