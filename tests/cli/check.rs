//! `check` and `list`.

use serde_json::Value;

use crate::schema;
use crate::support::{Done, gordian, misbehaving, own_catalogue, run, run_stalling};

#[test]
fn the_whole_catalogue_is_as_expected() {
    let done = run(gordian(), &["check"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.says(&[
        "kubernetes/1321",
        "deadlock",
        "proved",
        "Summary",
        " 0 unexpected",
    ]);
    assert_eq!(done.err, "");
    for line in done.out.lines() {
        assert!(line.chars().count() <= 100, "over 100 columns: {line}");
    }
}

#[test]
fn json_has_a_line_for_each_variant_with_all_its_fields() {
    let done = run(
        gordian(),
        &["check", "--json", "kubernetes/1321", "--engine", "optimal"],
    );
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let [buggy, fixed] = &done.json()[..] else {
        panic!("{}", done.out)
    };
    for (line, variant, verdict, executions) in [
        (buggy, "buggy", "deadlock", 2),
        (fixed, "fixed", "proved", 2),
    ] {
        assert_eq!(line["version"], 1);
        assert_eq!(line["kernel"], "kubernetes/1321");
        assert_eq!(line["variant"], variant);
        assert_eq!(line["engine"], "optimal");
        assert_eq!(line["finished_by"], "optimal");
        assert_eq!(line["discarded"], 0);
        assert_eq!(line["verdict"], verdict);
        assert_eq!(line["expected"], verdict);
        assert_eq!(line["as_expected"], true);
        assert_eq!(line["complete"], true);
        assert_eq!(line["executions"], executions);
        assert_eq!(line["goroutines"], 3);
        assert!(line["steps_max"].as_u64().is_some_and(|steps| steps > 4));
        assert!(line["time_s"].as_f64().is_some_and(|time| time > 0.0));
        assert_eq!(line["limits"], Value::Array(Vec::new()));
    }
    assert_eq!(buggy["schedule"], "main*2,main+loop,loop");
    assert_eq!(fixed["schedule"], Value::Null);
}

#[test]
fn one_variant_several_engines() {
    let done = run(
        gordian(),
        &[
            "check",
            "kubernetes/1321",
            "--variant",
            "fixed",
            "--engine",
            "optimal,stateful",
            "--json",
        ],
    );
    let told: Vec<(Value, Value)> = done
        .json()
        .iter()
        .map(|line| (line["variant"].clone(), line["engine"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("fixed".into(), "optimal".into()),
            ("fixed".into(), "stateful".into())
        ]
    );
}

#[test]
fn a_prefix_names_several_and_a_name_one() {
    let names = |args: &[&str]| -> Vec<String> {
        let done = run(misbehaving(), args);
        assert_eq!(done.code, 0, "{}", done.err);
        done.json()
            .iter()
            .map(|line| line["kernel"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&["list", "--json", "bad/s"]),
        [
            "bad/secret-of-luck",
            "bad/send-on-closed",
            "bad/six-goroutines",
            "bad/spins",
            "bad/spins-at-last"
        ]
    );
    assert_eq!(
        names(&["list", "--json", "bad/lies", "bad/large"]),
        ["bad/large", "bad/lies"]
    );
    assert!(names(&["list", "--json"]).len() > 10);
}

#[test]
fn a_variant_that_does_something_else_is_explained_and_exits_1() {
    let done = run(misbehaving(), &["check", "bad/lies"]);
    assert_eq!(done.code, 1);
    done.says(&[
        "UNEXPECTED: the kernel says this variant is free of deadlock",
        "1 UNEXPECTED",
    ]);
    assert!(
        done.err
            .contains("1 variant did not do what its kernel says"),
        "{}",
        done.err
    );
    assert!(
        done.err.contains("expected proved, found deadlock"),
        "{}",
        done.err
    );
    assert!(
        done.err
            .contains("misbehaving run bad/lies --variant buggy"),
        "{}",
        done.err
    );
    let done = run(
        misbehaving(),
        &["check", "bad/lies", "--json", "--variant", "buggy"],
    );
    assert_eq!(done.code, 1);
    assert_eq!(done.json()[0]["as_expected"], false);
}

#[test]
fn a_limit_that_stops_the_search_is_no_proof_and_exits_3() {
    let args = [
        "check",
        "kubernetes/1321",
        "--variant",
        "fixed",
        "--engine",
        "exhaustive",
        "--executions-max",
        "5",
    ];
    let done = run(gordian(), &args);
    assert_eq!(done.code, 3);
    done.says(&[
        "bounded",
        "stopped at 5 executions: NOT a proof",
        "--executions-max none",
        "0 proved",
        "1 bounded",
    ]);
    let done = run(gordian(), &[&args[..], &["--json"]].concat());
    assert_eq!(done.code, 3);
    let line = &done.json()[0];
    assert_eq!(line["verdict"], "bounded");
    assert_eq!(line["complete"], false);
    assert_eq!(line["as_expected"], false);
    assert_eq!(line["limits"][0]["limit"], "executions");
    assert_eq!(line["limits"][0]["max"], 5.0);
}

#[test]
fn a_bound_that_was_asked_for_is_as_expected_but_no_proof() {
    let args = ["check", "kubernetes/1321", "--preemptions", "1"];
    let done = run(gordian(), &args);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["within", "NOT a proof", "0 proved"]);
    let done = run(gordian(), &[&args[..], &["--require-proof"]].concat());
    assert_eq!(done.code, 3);
    assert!(done.err.contains("no proof for 1 variant"), "{}", done.err);
}

#[test]
fn random_executions_are_never_a_proof() {
    let done = run(
        gordian(),
        &[
            "check",
            "kubernetes/1321",
            "--engine",
            "random",
            "--executions-max",
            "200",
            "--json",
        ],
    );
    let lines = done.json();
    assert_eq!(lines[1]["verdict"], "bounded");
    assert_eq!(lines[1]["complete"], false);
    let done = run(
        gordian(),
        &[
            "check",
            "kubernetes/1321",
            "--engine",
            "random",
            "--require-proof",
        ],
    );
    assert_eq!(done.code, 3);
}

#[test]
fn a_bug_that_was_not_found_before_a_limit_is_no_answer() {
    let done = run(
        misbehaving(),
        &[
            "check",
            "bad/secret-of-luck",
            "--executions-max",
            "100",
            "--states-max",
            "100",
            "--variant",
            "buggy",
        ],
    );
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    done.says(&["the bug was not found up to there"]);
}

#[test]
fn a_kernel_that_never_ends_is_bounded_by_its_steps() {
    let done = run(
        misbehaving(),
        &[
            "check",
            "bad/never-ends",
            "--variant",
            "buggy",
            "--steps-max",
            "500",
            "--json",
        ],
    );
    assert_eq!(done.code, 3);
    let line = &done.json()[0];
    assert_eq!(line["verdict"], "bounded");
    assert_eq!(line["limits"][0]["limit"], "steps");
    assert_eq!(line["limits"][0]["max"], 500.0);
    assert_eq!(line["steps_max"], 500);
}

/// Covers kernels that are as expected, those without a verdict, and the output of `run` where
/// nothing is bad.
#[test]
fn json_is_as_its_schema_says() {
    let rows = run(gordian(), &["check", "kubernetes", "--json"]).json();
    assert_eq!(rows.len(), 12);
    let odd = [
        "check",
        "bad/spins",
        "bad/six-goroutines",
        "bad/nondeterministic",
        "bad/never-ends",
        "--engine",
        "loom",
        "--executions-max",
        "50",
        "--json",
    ];
    let told = |done: &Done| done.err.contains("bad/spins buggy");
    let odd = run_stalling(misbehaving, &odd, told).json();
    assert!(odd.iter().any(|row| row.get("states").is_none()), "{odd:?}");
    for row in rows.iter().chain(&odd) {
        schema::assert_is(row, "row");
    }
    let run = |args: &[&str]| run(gordian(), args).json().remove(0);
    let nothing = run(&["run", "kubernetes/1321", "--variant", "fixed", "--json"]);
    schema::assert_is(&nothing, "nothing");
}

#[test]
fn a_user_s_own_catalogue_gets_the_whole_program() {
    let done = run(own_catalogue(), &["check"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.says(&["mine/two-locks", "lock order", "deadlock", "proved"]);
    let done = run(own_catalogue(), &["run", "mine"]);
    assert_eq!(done.code, 1);
    done.says(&["own_catalogue replay mine/two-locks --variant buggy"]);
}

#[test]
fn junit_has_a_suite_for_each_kernel_and_a_failure_for_what_is_not_expected() {
    let args = [
        "check",
        "bad/close-twice",
        "bad/lies",
        "bad/spins",
        "--format",
        "junit",
    ];
    let told = |done: &Done| {
        let lies = "<testsuite name=\"bad/lies\" tests=\"2\" failures=\"1\"";
        done.out.contains(lies) && done.out.contains("without a visible operation")
    };
    let done = run_stalling(misbehaving, &args, told);
    for needed in [
        "<testsuite name=\"bad/close-twice\" tests=\"2\" failures=\"0\"",
        "<testsuite name=\"bad/lies\" tests=\"2\" failures=\"1\"",
        "expected proved, found deadlock",
        "without a visible operation",
    ] {
        assert!(done.out.contains(needed), "no `{needed}` in {}", done.out);
    }
}

#[test]
fn sarif_and_github_tell_only_what_is_not_expected() {
    let sarif = |kernel: &str| {
        let done = run(misbehaving(), &["check", kernel, "--format", "sarif"]);
        let log: Value = serde_json::from_str(&done.out).unwrap();
        log["runs"][0]["results"].as_array().unwrap().len()
    };
    assert_eq!((sarif("bad/close-twice"), sarif("bad/lies")), (0, 1));
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    let mut command = misbehaving();
    command.env("GITHUB_STEP_SUMMARY", &summary);
    let done = run(
        command,
        &["check", "bad/close-twice", "bad/lies", "--format", "github"],
    );
    assert_eq!(done.code, 1);
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
    assert!(
        done.out.starts_with("::error file=") && done.out.contains("bad/lies"),
        "{}",
        done.out
    );
    let summary = std::fs::read_to_string(summary).unwrap();
    for needed in [
        "| bad/close-twice | buggy | panic | as expected |",
        "| bad/lies | buggy | deadlock | **unexpected** |",
    ] {
        assert!(summary.contains(needed), "no `{needed}` in {summary}");
    }
}

/// A case without an answer is skipped, and a failure where a proof is required.
#[test]
fn junit_fails_what_is_not_proved_where_a_proof_is_required() {
    let args = [
        "check",
        "bad/never-ends",
        "--format",
        "junit",
        "--steps-max",
        "100",
    ];
    let skipped = run(misbehaving(), &args);
    assert_eq!(skipped.code, 3);
    skipped.says(&["failures=\"0\"", "<testcase name=\"buggy\"", "<skipped "]);
    let failed = run(misbehaving(), &[&args[..], &["--require-proof"]].concat());
    assert_eq!(failed.code, 3);
    failed.says(&[
        "failures=\"1\"",
        "<failure ",
        "no proof: expected proved, found bounded",
    ]);
    let several = run(
        gordian(),
        &[
            "check",
            "kubernetes/1321",
            "--format",
            "junit",
            "--engine",
            "optimal,stateful",
        ],
    );
    several.says(&["name=\"buggy (optimal)\"", "name=\"buggy (stateful)\""]);
}

/// The column that has a number in most rows stays, and the legend explains the others.
#[test]
fn a_narrow_table_keeps_the_column_that_is_full() {
    let table = |engine| {
        let done = run(
            gordian(),
            &[
                "check",
                "kubernetes/1321",
                "--width",
                "70",
                "--engine",
                engine,
            ],
        );
        let header = done.out.lines().find(|line| line.contains("verdict"));
        header.expect("a header").to_owned()
    };
    for (engine, kept, gone) in [
        ("auto", "states", "execs"),
        ("stateful", "states", "execs"),
        ("optimal", "execs", "states"),
    ] {
        let header = table(engine);
        assert!(
            header.contains(kept) && !header.contains(gone),
            "{engine}: {header}"
        );
    }
    run(gordian(), &["check", "kubernetes/1321"]).says(&[
        "bad    executions (or end states) that end badly",
        "first  number of the first such execution, from 1",
        "states that were stored; others lead to no other end",
    ]);
    let whole = run(
        gordian(),
        &["check", "kubernetes/1321", "--engine", "stateful"],
    );
    assert!(!whole.out.contains("that were visited"), "{}", whole.out);
}

/// `stateful` was called `remembering`.
#[test]
fn the_old_name_of_an_engine_is_understood() {
    let check = [
        "check",
        "kubernetes/1321",
        "--json",
        "--engine",
        "remembering",
    ];
    let rows = run(gordian(), &check).json();
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter().all(|row| row["engine"] == "stateful"),
        "{rows:?}"
    );
    let run_it = [
        "run",
        "kubernetes/1321",
        "--json",
        "--engine",
        "remembering",
    ];
    assert_eq!(run(gordian(), &run_it).json_whole()["end"], "deadlock");
}
