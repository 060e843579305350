//! `--timers`: the rules of timers, on the command line and in stored schedules.

use std::fs;

use crate::schema;
use crate::support::{Done, misbehaving, run, run_with};

const KERNEL: &str = "time/stale-value";

/// The same kernel, whose own facts ask for the timers of Go until 1.22.
const OF_OLD: &str = "time/stale-value-of-old";

fn gordian(args: &[&str]) -> Done {
    run(misbehaving(), args)
}

/// Returns the one object of the output, checked against this kind in the schema.
fn object(done: &Done, kind: &str) -> serde_json::Value {
    let value = serde_json::from_str(&done.out).expect("JSON");
    schema::assert_is(&value, kind);
    value
}

#[test]
fn the_rules_are_those_of_the_flag_else_of_the_kernel() {
    let code = |args: &[&str]| gordian(&[&["run"], args].concat()).code;
    assert_eq!(code(&[KERNEL, "--expect", "proved"]), 0);
    assert_eq!(code(&[KERNEL, "--timers", "1.23", "--expect", "proved"]), 0);
    assert_eq!(code(&[KERNEL, "--timers", "1.22", "--expect", "panic"]), 0);
    assert_eq!(code(&[OF_OLD, "--expect", "panic"]), 0);
    assert_eq!(code(&[OF_OLD, "--timers", "1.23", "--expect", "proved"]), 0);
    let wrong = gordian(&["run", KERNEL, "--timers", "1.21"]);
    assert_eq!(wrong.code, 2);
    wrong.says(&["1.21", "1.22", "1.23"]);
}

#[test]
fn what_is_found_says_under_which_rules_unless_they_are_the_default() {
    let found = gordian(&["run", KERNEL, "--timers", "1.22"]);
    found.says(&["timers as in Go 1.22", "--timers 1.22"]);
    let proved = gordian(&["run", KERNEL]);
    assert!(!proved.out.contains("1.2"), "{}", proved.out);
    let proved = gordian(&["run", KERNEL, "--variant", "fixed", "--timers", "1.22"]);
    proved.says(&["proved", "timers as in Go 1.22"]);

    let rows = gordian(&["check", KERNEL, OF_OLD, "--json"]).json();
    let told: Vec<(&str, Option<&str>)> = rows
        .iter()
        .inspect(|row| schema::assert_is(row, "row"))
        .map(|row| {
            let of = row["kernel"].as_str().expect("a name");
            (of, row["timers"].as_str())
        })
        .collect();
    let old = (OF_OLD, Some("1.22"));
    assert_eq!(told, [(KERNEL, None), (KERNEL, None), old, old]);
    let table = gordian(&["check", KERNEL, OF_OLD]);
    assert_eq!(table.code, 0, "{}", table.err);
    table.says(&["as in Go 1.22: time/stale-value-of-old"]);
    let all = gordian(&["check", KERNEL, "--timers", "1.22"]);
    assert_eq!(all.code, 1);
    all.says(&[
        "as in Go 1.22\n",
        "run time/stale-value --variant buggy --timers 1.22",
    ]);

    let yardstick = gordian(&[
        "yardstick",
        "fan-in",
        "2",
        "2",
        "0",
        "--timers",
        "1.22",
        "--json",
    ]);
    assert_eq!(yardstick.json()[0]["timers"], "1.22");
    let nothing = gordian(&[
        "run",
        KERNEL,
        "--variant",
        "fixed",
        "--timers",
        "1.22",
        "--json",
    ]);
    assert_eq!(object(&nothing, "nothing")["timers"], "1.22");
    let listed = gordian(&["list", OF_OLD, "--json"]);
    assert_eq!(listed.json()[0]["timers"], "1.22");
}

/// A schedule in which the timer expires and sends is valid only under rules that allow it.
#[test]
fn a_schedule_is_played_under_the_rules_under_which_it_was_found() {
    let found = object(&gordian(&["run", OF_OLD, "--json"]), "trace");
    assert_eq!(found["timers"], "1.22");
    let schedule = found["schedule"].as_str().expect("a schedule");
    let replay = |kernel: &str, rules: &[&str]| {
        gordian(&[&["replay", kernel, "--schedule", schedule], rules].concat())
    };
    for played in [replay(OF_OLD, &[]), replay(KERNEL, &["--timers", "1.22"])] {
        assert_eq!(played.code, 1);
        played.says(&["a stale value", "expire due", "send due.C"]);
    }
    assert_eq!(replay(KERNEL, &[]).code, 2);
    assert_eq!(replay(OF_OLD, &["--timers", "1.23"]).code, 2);

    // If the kernel itself asks for other rules, the default is printed, too.
    let other = gordian(&["replay", OF_OLD, "--schedule", "main*2", "--timers", "1.23"]);
    other.says(&["timers as in Go 1.23", "--timers 1.23"]);
}

#[test]
fn a_stored_schedule_knows_its_rules() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("schedule");
    let file = path.to_str().expect("text");
    gordian(&["run", KERNEL, "--timers", "1.22", "--save", file]);
    let text = fs::read_to_string(&path).expect("it was stored");
    assert!(text.contains("\ntimers: 1.22\n"), "{text}");
    let at = format!("@{file}");
    let played = gordian(&["replay", "--schedule", &at]);
    assert_eq!(played.code, 1);
    played.says(&["timers as in Go 1.22"]);
    let refused = gordian(&["replay", "--schedule", &at, "--timers", "1.23"]);
    assert_eq!(refused.code, 2);
    refused.says(&["stored with timers as in Go 1.22, not as in Go 1.23"]);

    fs::remove_file(&path).expect("it was stored");
    run_with(
        misbehaving(),
        &["step", OF_OLD, "--timers", "1.23"],
        &format!("main\nsave {file}\n"),
    );
    let text = fs::read_to_string(&path).expect("it was stored");
    assert!(text.contains("\ntimers: 1.23\n"), "{text}");
}

#[test]
fn step_and_why_go_by_the_rules_that_are_asked_for() {
    let step = |rules: &[&str]| {
        run_with(
            misbehaving(),
            &[&["step", KERNEL], rules].concat(),
            "due\nmain\n",
        )
        .out
    };
    assert!(step(&["--timers", "1.22"]).contains("a bad end (panic) can still be reached"));
    assert!(step(&[]).contains("no bad end can be reached"));
    let why = |rules: &[&str]| gordian(&[&["why", KERNEL], rules].concat());
    why(&["--timers", "1.22"]).says(&["a stale value"]);
    let not = why(&[]);
    assert_eq!(not.code, 3);
    not.says(&["has not failed"]);
}
