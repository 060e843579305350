//! `step`, from a file.

use crate::support::{Done, gordian, misbehaving, run, run_with};

fn step(lines: &str) -> Done {
    run_with(gordian(), &["step", "kubernetes/1321"], lines)
}

#[test]
fn names_numbers_and_choices_move_and_the_deadlock_comes() {
    let done = step("main\n1\nmain+loop\n2\n");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.says(&[
        "in 4 more steps",
        "in 1 more step\n",
        "the end: deadlock",
        "held by loop",
        "HOLDS m.lock",
    ]);
}

#[test]
fn it_says_when_no_bad_end_can_be_reached_any_more() {
    let done = step("main\nmain\nhint\nwatcher\n");
    assert_eq!(done.code, 0);
    let (before, after) = done.out.split_once("> watcher").unwrap();
    assert!(
        before.contains("main+loop  a deadlock can be reached, in 1 more step"),
        "{before}"
    );
    assert!(
        before.contains("watcher    no bad end can be reached any more"),
        "{before}"
    );
    assert!(
        after.contains("no bad end can be reached from here"),
        "{after}"
    );
    assert!(!after.contains("can still be reached"), "{after}");
}

#[test]
fn with_too_few_states_it_does_not_claim_to_know() {
    let done = run_with(
        gordian(),
        &[
            "step",
            "kubernetes/1321",
            "--variant",
            "fixed",
            "--reach-max",
            "3",
        ],
        "",
    );
    assert_eq!(done.code, 0);
    done.says(&["no bad end is known from here, but only 3 states were looked at"]);
    let done = run_with(
        gordian(),
        &["step", "kubernetes/1321", "--variant", "fixed"],
        "",
    );
    done.says(&["no bad end can be reached from here"]);
}

#[test]
fn back_and_forth_and_the_way_to_the_deadlock() {
    let done =
        step("main\nmain\nwatcher\nundo\njump 0\njump 3\njump 2\nshow\nschedule\nquit\nnot read\n");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.says(&[
        "after step 2 of 3",
        "after step 0 of 3",
        "the end: deadlock",
        "  main*2,main+loop,loop\n",
    ]);
    assert!(!done.out.contains("not read"), "{}", done.out);
}

#[test]
fn what_makes_no_sense_is_told_and_exits_2_where_nobody_types() {
    let done = step("nobody\njump 9\nundo\njump\nmain\n");
    assert_eq!(done.code, 2);
    done.says(&[
        "`nobody` is no command, goroutine or choice (see `help`); what can: main",
        "there is no step 9",
        "this is the start",
        "after step 1",
    ]);
}

#[test]
fn what_is_saved_replays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.schedule");
    let path = path.to_str().unwrap();
    let done = step(&format!("show\nsave {path}\n"));
    assert_eq!(done.code, 0, "{}", done.out);
    let done = run(
        gordian(),
        &[
            "replay",
            "--schedule",
            &format!("@{path}"),
            "--expect",
            "deadlock",
        ],
    );
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

/// A file that is there is replaced only if the next line says so.
#[test]
fn what_is_there_is_replaced_only_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.schedule");
    let read = || std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "precious").unwrap();
    let save = format!("save {}\n", path.to_str().unwrap());
    for (answer, code) in [("", 2), ("no\n", 0), ("main\n", 0), ("quit\n", 0)] {
        let done = step(&format!("{save}{answer}"));
        done.says(&["is there already; replace it? yes or no\n"]);
        assert_eq!((done.code, read().as_str()), (code, "precious"), "{answer}");
    }
    let done = step(&format!("main\n{save}yes\n"));
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(read().contains("schedule: main\n"), "{}", read());
}

/// A person who types a number is told whom it means. A timer that can fire has its number too, and
/// a letter stands for a command.
#[test]
fn numbers_mean_the_same_everywhere() {
    let lines = "1\nm 2\nundo\n2\nu\njump 7\n3\n";
    let done = run_with(gordian(), &["step", "etcd/7492"], lines);
    done.says(&[
        "    2  tokenTicker a timer, can fire",
        "fire tokenTicker",
        "after step 1 of 2",
    ]);
    let done = step("main\n2\nredo\nshow\n1\n");
    assert_eq!(done.code, 2);
    done.says(&[
        "loop cannot move now; what can: main",
        "there is nothing to redo",
        "main cannot move now; nobody can move, but `undo` goes back",
    ]);
}

#[test]
fn at_a_deadlock_it_says_who_waits_for_whom() {
    let done = step("show\n");
    done.says(&["  cycle      loop -> watcher (w.result) -> loop (m.lock)\n"]);
}

/// A session goes on after input that is not text. It ends with the input, with or without an end
/// of the last line.
#[test]
fn what_is_no_text_is_told_and_the_session_goes_on() {
    let mut command = gordian();
    command
        .args(["step", "kubernetes/1321"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"\xff\xfe\nmain\r\nmain").unwrap();
    drop(input);
    let done = crate::support::done(child.wait_with_output().unwrap());
    assert_eq!((done.code, done.err.as_str()), (2, ""));
    done.says(&["is no command", "after step 2"]);
}

/// The longest names, values and selects of the catalogue fit; text without room beside goes on a
/// line of its own.
#[test]
fn no_line_of_a_session_is_wider_than_it_may_be() {
    for kernel in ["etcd/7492", "kubernetes/58107", "etcd/4476", "etcd/7443"] {
        for width in [40, 60, 100] {
            let width_text = width.to_string();
            let args = ["step", kernel, "--width", &width_text];
            let done = run_with(gordian(), &args, "hint\nshow\njump 3\nhint\njump 1\nundo\n");
            assert_eq!(done.code, 0);
            for line in done.out.lines().skip(2) {
                assert!(line.chars().count() <= width, "{kernel} at {width}: {line}");
            }
        }
    }
    let done = run_with(gordian(), &["step", "etcd/7492"], "help\njump 0\n");
    for line in done.out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

/// A goroutine that can never move again while others run on is stuck, and that is known on the way
/// there.
#[test]
fn an_end_beside_an_endless_loop_is_a_bad_end() {
    let step = |lines: &str| run_with(misbehaving(), &["step", "bad/endless-beside"], lines);
    let done = step("");
    done.says(&["a bad end (deadlock) can still be reached from here, in 1 more step\n"]);
    let done = step("main\n");
    done.says(&["this is a bad end (deadlock): a goroutine can never move again"]);
    let done = run_with(misbehaving(), &["step", "bad/endless-alone"], "main\n");
    assert_eq!(
        done.out.matches("no bad end can be reached").count(),
        2,
        "{}",
        done.out
    );
}

/// `go` takes what is the only choice, and stops where there are several or none.
#[test]
fn go_plays_up_to_the_next_choice() {
    let args = ["step", "kubernetes/62464"];
    let done = run_with(gordian(), &args, "go\ngo\nreconcileState\nmain\ngo\n");
    assert_eq!(done.code, 0, "{}", done.out);
    done.says(&[
        "after step 1",
        "there is a choice here: main, reconcileState",
        "HOLDS (read) s",
        "nobody can move",
    ]);
}

/// Under each goroutine stands the source line of its place; of the drop of a guard, in
/// parentheses, that of the lock.
#[test]
fn the_source_line_of_each_place_stands_under_its_goroutine() {
    let done = step("main\nmain\nmain+loop\n");
    done.says(&[
        "  1  main     go loop                             :74  can move\n                  \
         │ go(\"loop\", move || m.r#loop());\n",
        ":43  can move\n                  │ for event in self.incoming {\n",
        ":81  no sender, not closed\n                  │ done.recv();\n",
    ]);
    let done = run_with(gordian(), &["step", "kubernetes/62464"], "go\nmain\n");
    done.says(&["│ (let mut s = self.rw_mutex.lock();)\n"]);
    let args = ["step", "kubernetes/1321", "--ascii"];
    run_with(gordian(), &args, "").says(&["\n                  | go(\"loop\""]);
}

/// At a bad end are the moves that it took, and how few would have done.
#[test]
fn a_bad_end_has_a_score() {
    let best = step("show\n");
    best.says(&["the end: deadlock. 4 moves; the shortest way has 4\n"]);
    let who = "mmccc mmccm mccmm mmmmm mmmmm m".replace(' ', "");
    let moves: Vec<&str> = who
        .chars()
        .map(|who| if who == 'm' { "main\n" } else { "candidate\n" })
        .collect();
    let worse = run_with(gordian(), &["step", "etcd/5349"], &moves.concat());
    worse.says(&["the end: deadlock. 26 moves; the shortest way has 20\n"]);
    let args = ["step", "kubernetes/1321", "--reach-max", "20"];
    let unknown = run_with(gordian(), &args, "main\nmain\nmain+loop\nloop\n");
    unknown.says(&["the end: deadlock. 4 moves\n"]);
    let args = ["step", "bad/endless-beside", "--width", "200"];
    let beside = run_with(misbehaving(), &args, "main\n");
    beside.says(&["run on for ever. 1 move; the shortest way has 1\n"]);
}

/// An empty line takes the only choice, once. Where there are several, it shows them again.
#[test]
fn an_empty_line_takes_the_only_choice() {
    let done = step("\n\n\n");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(
        done.out.matches("after step 1\n").count(),
        1,
        "{}",
        done.out
    );
    assert_eq!(
        done.out.matches("after step 2\n").count(),
        2,
        "{}",
        done.out
    );
    let done = step("show\n\n");
    assert_eq!(
        done.out.matches("after step 4\n").count(),
        2,
        "{}",
        done.out
    );
    assert_eq!(done.code, 0);
}

#[test]
fn play_needs_a_terminal_and_names_what_does_not() {
    let done = run(gordian(), &["play", "kubernetes/1321"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    done.says(&[
        "`play` needs a terminal; without one, `gordian step kubernetes/1321` takes lines",
    ]);
}
