//! `check` compares who is stuck with whom a kernel's facts name.

use crate::schema;
use crate::support::{Done, gordian, misbehaving, run};

fn check(kernel: &str, args: &[&str]) -> Done {
    let command = ["check", kernel, "--variant", "buggy"];
    run(misbehaving(), &[&command, args].concat())
}

/// What the facts say wrongly, who is stuck, and what is said of it.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "facts/typo",
        "stuck: main at `lock b`, other at `lock a`",
        "the kernel says: main at `lock bb`, other at `lock a`",
    ),
    (
        "facts/nobody",
        "stuck: main at `lock b`, other at `lock a`",
        "the kernel says: mian at `lock b`, other at `lock a`",
    ),
    (
        "facts/some",
        "stuck: main at `lock b`, other at `lock a`",
        "the kernel says: main at `lock b`",
    ),
    (
        "facts/two-typo",
        "stuck: main at `recv b` (the most alike of 2 bad ends)",
        "the kernel says: main at `recv c`",
    ),
    (
        "facts/panic-typo",
        "panicked: main with `close of closed channel: twice`",
        "the kernel says: main with `close of closed channel: thrice`",
    ),
    (
        "facts/proved",
        "nobody is stuck",
        "the kernel says: main at `recv a`",
    ),
];

#[test]
fn wrong_facts_are_unexpected_in_every_form() {
    for (kernel, found, stated) in WRONG {
        for engine in ["auto", "optimal", "remembering", "exhaustive", "loom"] {
            let done = check(kernel, &["--engine", engine, "--json"]);
            assert_eq!(done.code, 1, "{kernel}: {engine}");
            assert_eq!(done.json()[0]["as_expected"], false, "{kernel}: {engine}");
            assert!(done.err.contains(found), "{kernel}: {}", done.err);
            assert!(done.err.contains(stated), "{kernel}: {}", done.err);
        }
        let human = check(kernel, &["--width", "200"]);
        assert_eq!(human.code, 1, "{kernel}");
        for text in ["UNEXPECTED: ", found, stated, "1 UNEXPECTED"] {
            assert!(
                human.out.contains(text),
                "{kernel}: no `{text}` in {}",
                human.out
            );
        }
        for form in ["junit", "github"] {
            let done = check(kernel, &["--format", form]);
            assert_eq!(done.code, 1, "{kernel}: {form}");
            for text in [found, stated] {
                assert!(
                    done.out.contains(text),
                    "{kernel}: no `{text}` in {}",
                    done.out
                );
            }
        }
        let junit = check(kernel, &["--format", "junit"]);
        assert!(junit.out.contains("failures=\"1\""), "{}", junit.out);
    }
}

#[test]
fn right_facts_are_expected_of_any_end_and_in_any_order() {
    for kernel in ["facts/right", "facts/two", "facts/panic"] {
        for engine in ["auto", "optimal", "remembering", "exhaustive", "loom"] {
            let done = check(kernel, &["--engine", engine]);
            assert_eq!(
                (done.code, done.err.as_str()),
                (0, ""),
                "{kernel}: {engine}"
            );
        }
    }
}

#[test]
fn json_has_who_is_stuck_and_who_is_by_the_facts() {
    let row = &check("facts/typo", &["--json"]).json()[0];
    schema::assert_is(row, "row");
    let names = |field: &str| -> Vec<String> {
        let entries = row[field].as_array().expect("a list").iter();
        let text =
            |entry: &serde_json::Value| format!("{} {}", entry["goroutine"], entry["operation"]);
        entries.map(text).collect()
    };
    assert_eq!(
        names("stuck"),
        ["\"main\" \"lock b\"", "\"other\" \"lock a\""]
    );
    assert_eq!(
        names("expected_stuck"),
        ["\"main\" \"lock bb\"", "\"other\" \"lock a\""]
    );
}

/// Other ends may still come where the search was stopped: nobody knows whether those of the facts
/// are among them.
#[test]
fn facts_that_were_not_met_before_a_limit_are_no_answer() {
    let limits = ["--engine", "random", "--executions-max", "400"];
    let done = check("facts/late", &limits);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    done.says(&[
        "leak",
        "worker9 at `recv never`",
        "--keep-going",
        "1 unclear",
    ]);
    assert!(!done.out.contains("UNEXPECTED"), "{}", done.out);
    let whole = check("facts/late", &["--engine", "exhaustive", "--keep-going"]);
    assert_eq!(whole.code, 1, "{}{}", whole.out, whole.err);
}

/// The engines write the names of the catalogue that comes with the program as its facts do, or
/// with their makers' names.
#[test]
fn the_facts_of_the_catalogue_hold_under_every_engine() {
    for engine in ["optimal", "remembering", "loom"] {
        let kernels = [
            "kubernetes/1321",
            "kubernetes/62464",
            "etcd/6857",
            "etcd/5349",
        ];
        let args = ["check", "--variant", "buggy", "--engine", engine];
        let done = run(gordian(), &[&args, &kernels[..]].concat());
        assert_eq!(
            (done.code, done.err.as_str()),
            (0, ""),
            "{engine}: {}",
            done.out
        );
    }
}
