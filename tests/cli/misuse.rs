//! Bad input, and kernels that misbehave.

use crate::support::{Done, gordian, misbehaving, run, run_stalling};

/// The number of a kernel, or whatever follows the slash, is enough if it is unique.
#[test]
fn the_end_of_a_name_is_enough() {
    let done = run(gordian(), &["show", "1321"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.starts_with("kubernetes/1321"), "{}", done.out);
    // A part of that is not enough.
    let done = run(gordian(), &["show", "321"]);
    assert_eq!(done.code, 4, "{}", done.out);
}

/// All facts of a kernel, each under its name, and the sources if requested.
#[test]
fn show_tells_all_that_is_known_of_a_kernel() {
    let done = run(
        gordian(),
        &["show", "kubernetes/1321", "--source", "--width", "100"],
    );
    for name in [
        "mechanism",
        "the fix",
        "upstream",
        "bound",
        "buggy",
        "fixed",
    ] {
        assert!(
            done.out.contains(&format!("\n  {name}")),
            "{name}: {}",
            done.out
        );
    }
    let (buggy, fixed) = ("k1321/buggy.rs", "k1321/fixed.rs");
    assert_eq!(done.out.matches(buggy).count(), 2, "{}", done.out);
    assert_eq!(done.out.matches(fixed).count(), 2, "{}", done.out);
    let json = run(gordian(), &["show", "kubernetes/1321", "--json"]);
    let listed = run(gordian(), &["list", "kubernetes/1321", "--json"]);
    assert_eq!(json.out, listed.out);
}

#[test]
fn an_unknown_kernel_gets_near_names() {
    for command in [
        &["check"][..],
        &["run"],
        &["why"],
        &["step"],
        &["replay", "--schedule", "main"],
        &["list"],
    ] {
        let done = run(gordian(), &[command, &["kubernets/1321"]].concat());
        assert_eq!(done.code, 4, "{command:?}");
        assert!(
            done.err.contains("no kernel is named `kubernets/1321`"),
            "{}",
            done.err
        );
        assert!(
            done.err.contains("did you mean kubernetes/1321"),
            "{}",
            done.err
        );
        assert_eq!(done.out, "");
    }
    let done = run(gordian(), &["check", "1312"]);
    assert!(
        done.err.contains("did you mean kubernetes/1321"),
        "{}",
        done.err
    );
    let done = run(gordian(), &["check", "zzzzzz"]);
    assert_eq!(done.code, 4);
    assert!(
        done.err.contains("`gordian list` names all kernels"),
        "{}",
        done.err
    );
}

#[test]
fn one_unknown_name_among_known_ones_stops_it_before_anything_is_checked() {
    let done = run(gordian(), &["check", "kubernetes/1321", "nothing"]);
    assert_eq!((done.code, done.out.as_str()), (4, ""));
}

#[test]
fn unknown_engines_variants_and_flags_get_near_names() {
    for (args, near) in [
        (&["check", "--engine", "exhausive"][..], "exhaustive"),
        (&["check", "--variant", "bugy"], "buggy"),
        (&["run", "kubernetes", "--expect", "deadlok"], "deadlock"),
        (&["check", "--require-prof"], "--require-proof"),
        (&["chek"], "check"),
        (&["yardstick", "philosopher", "3"], "philosophers"),
    ] {
        let done = run(gordian(), args);
        assert_eq!(done.code, 2, "{args:?}");
        assert!(done.err.contains(near), "{}", done.err);
        assert_eq!(done.out, "");
    }
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for args in [
        ["check", "--executions-max", "0"],
        ["check", "--steps-max", "0"],
        ["check", "--steps-max", "-1"],
        ["check", "--time-max", "10"],
        ["check", "--time-max", "soon"],
        ["check", "--preemptions", "few"],
        ["check", "--seed", "0xyz"],
        ["check", "--memory-max", "0"],
        ["check", "--memory-max", "512"],
        ["check", "--memory-max", "much"],
        ["step", "--memory-max", "0G"],
        ["check", "--work-max", "0"],
        ["check", "--width", "0"],
        ["list", "--width", "65536"],
    ] {
        assert_eq!(run(gordian(), &args).code, 2, "{args:?}");
    }
}

/// Options that set a limit say so, with the default.
#[test]
fn every_limit_is_in_the_help() {
    let done = run(gordian(), &["help", "check"]);
    for (flag, default) in [
        ("--steps-max", "10000"),
        ("--executions-max", "none"),
        ("--states-max", "20000000"),
        ("--goroutines-max", "256"),
        ("--time-max", "none"),
        ("--memory-max", "half of what the machine or its cgroup has"),
        ("--work-max", "20000000"),
        ("--preemptions", "none"),
        ("--stall-max", "10s"),
    ] {
        let out = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, after) = out.split_once(&format!("{flag} <")).expect(flag);
        let (_, told) = after.split_once("[default: ").expect(flag);
        assert!(told.starts_with(&format!("{default}]")), "{flag}: {told}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_over_the_limit_is_no_answer_and_says_how_to_lift_it() {
    let args = [
        "check",
        "bad/large",
        "--variant",
        "buggy",
        "--memory-max",
        "1M",
    ];
    let done = run(misbehaving(), &args);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    done.says(&["over the limit of 1 MiB", "--memory-max none"]);
    let done = run(misbehaving(), &[&args[..], &["--json"]].concat());
    let limit = &done.json()[0]["limits"][0];
    assert_eq!(
        (&limit["limit"], &limit["max"]),
        (&"memory".into(), &1_048_576.0.into())
    );
}

#[test]
fn a_search_that_can_prove_nothing_says_how_to_let_it_go_on() {
    let args = [
        "check",
        "bad/large",
        "--variant",
        "buggy",
        "--engine",
        "exhaustive",
    ];
    let limits = ["--steps-max", "60", "--work-max", "30000"];
    let done = run(misbehaving(), &[&args[..], &limits].concat());
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    done.says(&["30000 units of work", "--work-max none"]);
}

#[test]
fn a_prefix_of_several_is_refused_where_one_is_wanted() {
    let done = run(misbehaving(), &["run", "bad/s"]);
    assert_eq!(done.code, 2);
    done.says(&["names 5 kernels, and one is wanted", "bad/send-on-closed"]);
}

#[test]
fn kernels_that_panic_get_that_verdict_with_place_and_trace() {
    for (name, message, place) in [
        ("bad/panics", "the answer is wrong", "misbehaving.rs"),
        (
            "bad/close-twice",
            "close of closed channel",
            "misbehaving.rs",
        ),
        (
            "bad/send-on-closed",
            "send on closed channel",
            "misbehaving.rs",
        ),
        (
            "bad/unlock-unlocked",
            "unlock of unlocked mutex",
            "misbehaving.rs",
        ),
    ] {
        let done = run(misbehaving(), &["run", name]);
        assert_eq!(done.code, 1, "{}{}", done.out, done.err);
        done.says(&["panic", message, place, "replay"]);
        let done = run(misbehaving(), &["check", name, "--variant", "buggy"]);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    }
}

#[test]
fn a_kernel_that_changes_between_runs_is_told_and_where() {
    let done = run(
        misbehaving(),
        &[
            "check",
            "bad/nondeterministic",
            "--variant",
            "buggy",
            "--engine",
            "exhaustive",
            "--json",
        ],
    );
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    let line = &done.json()[0];
    assert_eq!(line["verdict"], "fault");
    let reason = line["reason"].as_str().unwrap();
    for needed in ["main", "operation 1", "add x", "load x"] {
        assert!(reason.contains(needed), "no `{needed}` in {reason}");
    }
}

#[test]
fn a_kernel_that_spins_without_an_operation_is_given_up_with_its_name_and_place() {
    let args = ["check", "bad/close-twice", "bad/spins"];
    let told = |done: &Done| done.out.contains("goroutine `main` has run for");
    let done = run_stalling(misbehaving, &args, told);
    assert_eq!(done.code, 3);
    done.says(&[
        "goroutine `main` has run for",
        "a lock or a channel of std",
        "without a visible operation",
        "tests/support/misbehaving.rs:",
        "stalled",
        "Summary",
    ]);
    let args = [&args[..], &["--json"]].concat();
    let done = run_stalling(misbehaving, &args, |done| done.json().len() == 3);
    assert_eq!(done.code, 3);
    let lines = done.json();
    assert_eq!(
        lines.len(),
        3,
        "what was known before is kept: {}",
        done.out
    );
    assert_eq!(lines[2]["verdict"], "fault");
    for command in [
        &["run", "bad/spins"][..],
        &["replay", "bad/spins", "--schedule", "main*3"],
        &["step", "bad/spins"],
    ] {
        let told = |done: &Done| done.err.contains("without a visible operation");
        let done = run_stalling(misbehaving, command, told);
        assert_eq!(done.code, 3, "{command:?}: {}{}", done.out, done.err);
        assert!(
            done.err.contains("without a visible operation"),
            "{}",
            done.err
        );
    }
}

#[test]
fn six_goroutines_are_too_many_for_loom_and_it_says_so() {
    let args = [
        "check",
        "bad/six-goroutines",
        "--variant",
        "buggy",
        "--engine",
        "loom",
    ];
    let done = run(misbehaving(), &args);
    assert_eq!(done.code, 3);
    done.says(&["? unsupported", "1 unsupported", "no answer for 1 variant"]);
    let done = run(misbehaving(), &[&args[..], &["--json"]].concat());
    let line = &done.json()[0];
    assert_eq!(line["verdict"], "unsupported");
    assert_eq!(line["complete"], false);
    assert!(
        line["reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    );
    let done = run(
        misbehaving(),
        &["run", "bad/six-goroutines", "--engine", "loom"],
    );
    assert_eq!(done.code, 3);
    done.says(&["unsupported"]);
}

/// The whole catalogue comes to its end by itself, also where loom would run for hours.
#[test]
fn a_row_under_loom_has_a_share_of_time_unless_a_flag_says_otherwise() {
    let args = [
        "check",
        "bad/four",
        "--variant",
        "buggy",
        "--engine",
        "loom",
    ];
    for (flags, limit, max) in [
        (&[][..], "time_s", 2.0),
        (&["--time-max", "1s"], "time_s", 1.0),
        (
            &["--time-max", "none", "--executions-max", "100"],
            "executions",
            100.0,
        ),
    ] {
        let done = run(misbehaving(), &[&args[..], flags, &["--json"]].concat());
        assert_eq!(done.code, 3, "{flags:?}: {}", done.err);
        let row = &done.json()[0];
        assert_eq!(row["verdict"], "bounded", "{flags:?}: {row}");
        assert_eq!(row["limits"][0]["limit"], limit, "{flags:?}: {row}");
        assert_eq!(row["limits"][0]["max"], max, "{flags:?}: {row}");
    }
    let done = run(misbehaving(), &args);
    done.says(&["--engine loom", "--time-max none"]);
}

#[test]
fn a_spin_that_only_some_schedules_meet_is_given_up_too_under_every_engine() {
    for engine in ["auto", "exhaustive", "loom"] {
        let args = ["run", "bad/spins-at-last", "--engine", engine];
        let told = |done: &Done| {
            done.out.contains("misbehaving.rs:") || done.err.contains("misbehaving.rs:")
        };
        let done = run_stalling(misbehaving, &args, told);
        assert_eq!(done.code, 3, "{engine}: {}{}", done.out, done.err);
        done.says(&["without a visible operation", "misbehaving.rs:"]);
    }
}
