//! The first example of the README and of the manual: it fails as they show, and is mended.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gordian::sync::{chan, go};

/// Asks two servers and returns as soon as one has answered.
fn first_answer() {
    let reply = chan("reply", 0);
    for server in ["east", "west"] {
        go(server, move || reply.send(42));
    }
    assert_eq!(reply.recv(), Some(42));
}

/// Does the same. The channel has room for the answer that nobody waits for.
fn first_answer_mended() {
    let reply = chan("reply", 1);
    for server in ["east", "west"] {
        go(server, move || reply.send(42));
    }
    assert_eq!(reply.recv(), Some(42));
}

/// Returns the drawing of a page, without the comment signs of a module doc.
fn drawing(page: &str) -> String {
    let (_, rest) = page.split_once("```text\n").expect("a drawing");
    let rest = rest.split_once("```").expect("its end").0;
    let lines = rest.lines().map(|line| match line.strip_prefix("//!") {
        Some(inside) => inside.strip_prefix(' ').unwrap_or(inside),
        None => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_the_pages_show_is_what_a_failing_test_prints() {
    let report = gordian::check(first_answer);
    let failed = catch_unwind(AssertUnwindSafe(|| report.assert_proved()));
    let message = failed.unwrap_err().downcast::<String>().unwrap();
    let message: String = message
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    let readme = include_str!("../README.md");
    let (_, own_code) = readme.split_once("## Your own code").expect("the section");
    assert_eq!(drawing(own_code).trim(), message.trim());
    assert_eq!(
        drawing(include_str!("../src/lib.rs")).trim(),
        message.trim()
    );
}

/// The code of the pages is the code that is run here.
#[test]
fn the_pages_have_the_code_of_this_file() {
    let source = include_str!("first_answer.rs");
    let (_, rest) = source
        .split_once("fn first_answer() {\n")
        .expect("the function");
    let body = rest.split_once("\n}\n").expect("its end").0;
    let manual: Vec<&str> = include_str!("../src/lib.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    for page in [include_str!("../README.md").to_owned(), manual.join("\n")] {
        assert!(page.contains(body), "the first example is another:\n{body}");
        assert!(
            page.contains(&body.replace("0);", "1);")),
            "the second is another"
        );
    }
}

#[test]
fn the_mended_example_is_proved() {
    gordian::check(first_answer_mended).assert_proved();
}
