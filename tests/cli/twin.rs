//! `twin`: why a schedule was not explored.

use serde_json::Value;

use crate::support::{Done, gordian, misbehaving, run};

fn twin(args: &[&str]) -> Done {
    run(gordian(), &[&["twin"], args].concat())
}

/// Returns the answer as JSON.
fn answer(args: &[&str]) -> Value {
    let done = twin(&[args, &["--json"]].concat());
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.json_whole()
}

#[test]
fn the_counterexample_has_a_twin_that_can_be_replayed() {
    let run_json = run(gordian(), &["run", "etcd/5349", "--json"]).json_whole();
    let schedule = run_json["schedule"].as_str().expect("a schedule");
    let answer = answer(&["etcd/5349", "--schedule", schedule]);
    assert_eq!(answer["type"], "twin");
    assert_eq!(
        (&answer["kernel"], &answer["variant"]),
        (&"etcd/5349".into(), &"buggy".into())
    );
    assert_eq!(
        (&answer["asked"], &answer["end"]),
        (&schedule.into(), &"deadlock".into())
    );
    let explored = answer["explored"].as_str().expect("a schedule");
    let args = [
        "replay",
        "etcd/5349",
        "--schedule",
        explored,
        "--expect",
        "deadlock",
    ];
    assert_eq!(run(gordian(), &args).code, 0);
    // What was explored is its own twin, with the same number.
    let itself = self::answer(&["etcd/5349", "--schedule", explored]);
    assert_eq!(itself["swaps"], Value::Array(Vec::new()));
    assert_eq!(itself["number"], answer["number"]);
}

#[test]
fn the_answer_is_told_in_sentences() {
    let run_json = run(gordian(), &["run", "kubernetes/58107", "--json"]).json_whole();
    let schedule = run_json["schedule"].as_str().expect("a schedule");
    let done = twin(&["kubernetes/58107", "--schedule", schedule]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.says(&[
        "kubernetes/58107 (buggy): this schedule was not explored; another one was, in its place",
        "of the search `optimal` has the same 10 steps in another order",
        "2 swaps of neighbouring steps lead there",
        "step 10 (Sync: lock rq.workerLock (announced)) goes before step 8",
        "no goroutine and no object in common",
        "gordian replay kubernetes/58107 --variant buggy",
    ]);
    let own = answer(&["kubernetes/58107", "--schedule", schedule]);
    let explored = own["explored"].as_str().expect("a schedule");
    let done = twin(&["kubernetes/58107", "--schedule", explored]);
    done.says(&[
        "kubernetes/58107 (buggy): this schedule was explored",
        "it is execution ",
    ]);
}

#[test]
fn a_schedule_that_is_no_whole_execution_is_refused() {
    let done = twin(&["kubernetes/1321", "--schedule", "main*2"]);
    assert_eq!(done.code, 2, "{}", done.err);
    done.says(&["only the beginning of an execution", "--continue goes on"]);
    let done = twin(&["kubernetes/1321", "--schedule", "main,nobody"]);
    assert_eq!(done.code, 2, "{}", done.err);
    done.says(&["`nobody` cannot be taken at step 2", "these can: "]);
    let done = twin(&["kubernetes/1321", "--schedule", "main,,main"]);
    assert_eq!(done.code, 2, "{}", done.err);
    done.says(&["cannot be read"]);
    assert_eq!(twin(&["--schedule", "main"]).code, 2);
    assert_eq!(twin(&["kubernetes/1321"]).code, 2);
    assert_eq!(twin(&["no/such", "--schedule", "main"]).code, 4);
}

#[test]
fn without_an_answer_it_says_why() {
    let run_json = run(gordian(), &["run", "kubernetes/58107", "--json"]).json_whole();
    let schedule = run_json["schedule"].as_str().expect("a schedule");
    let asked = ["kubernetes/58107", "--schedule", schedule];
    let done = twin(&[&asked[..], &["--executions-max", "2"]].concat());
    assert_eq!(done.code, 3, "{}", done.err);
    done.says(&["not met among the first 2 executions of the search: stopped at 2 executions"]);
    let done = run(
        misbehaving(),
        &[
            "twin",
            "bad/nondeterministic",
            "--schedule",
            "main",
            "--continue",
        ],
    );
    assert_eq!(done.code, 3, "{}", done.err);
}

/// The export of a kernel's Go twin needs no Go.
#[test]
fn go_is_a_target_too() {
    let export = "kernels/src/kubernetes/k1321/buggy.json";
    let trace = run(gordian(), &["run", export, "--json"]).json_whole();
    let schedule = trace["schedule"].as_str().expect("a schedule");
    let answer = answer(&[export, "--schedule", schedule]);
    let explored = answer["explored"].as_str().expect("a schedule");
    let args = [
        "replay",
        export,
        "--schedule",
        explored,
        "--expect",
        "deadlock",
    ];
    assert_eq!(run(gordian(), &args).code, 0);
    let done = twin(&[export, "--schedule", schedule, "--time", "quiet"]);
    assert_eq!(done.code, 2, "{}", done.err);
    done.says(&["does not know quiet time"]);
}
