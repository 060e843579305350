//! The rivals' programs are the programs they are meant to be: their counts are known.
//!
//! The exact numbers of inequivalent executions and of states hold for the right program alone, so
//! a slip in writing one down for a rival shows here.

use gordian_peers::record::Record;
use std::process::Command;

/// Runs `rival` with the words of `line`.
fn rival(line: &str) -> Record {
    let output = Command::new(env!("CARGO_BIN_EXE_rival"))
        .args(line.split_whitespace())
        .arg("--json")
        .output()
        .expect("rival runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {stderr}");
    serde_json::from_slice(&output.stdout).expect("a record")
}

/// The result that a line must give: the verdict, and executions or states.
fn check(line: &str, verdict: &str, executions: Option<u64>, states: Option<u64>) {
    let record = rival(line);
    assert_eq!(record.verdict, verdict, "{line}");
    assert_eq!(record.executions, executions, "{line}");
    assert_eq!(record.states, states, "{line}");
}

/// TraceForge runs each inequivalent execution once: 2^n - 1 and 2^n - 2 for philosophers,
/// (pm)! / (m!)^p for fan-in, as many orders of meals for rounds at a table where all neighbour.
#[test]
fn traceforge() {
    for (line, verdict, executions) in [
        ("philosophers 3", "deadlock", 7),
        ("philosophers 3 --joined", "deadlock", 7),
        ("philosophers-ordered 5", "proved", 30),
        ("philosophers-ordered-joined 4", "proved", 14),
        ("philosophers-ordered 2 3", "proved", 20),
        ("philosophers-ordered 3 2", "proved", 90),
        ("fan-in 3 2 0", "proved", 90),
        ("independent 4", "proved", 1),
        ("lock-increment 4", "proved", 24),
    ] {
        check(
            &format!("traceforge {line}"),
            verdict,
            Some(executions),
            None,
        );
    }
}

/// stateright meets every state: one for each combination of how far the goroutines have come.
#[test]
fn stateright() {
    for (line, states) in [
        ("philosophers-ordered 2", 16),
        ("philosophers-ordered 5", 1_424),
        ("philosophers-ordered 3 3", 1_000),
        ("fan-in 3 2 0", 27),
        ("fan-in 2 2 1", 17),
        ("fan-in 3 2 0 --threads 2", 27),
    ] {
        check(&format!("stateright {line}"), "proved", None, Some(states));
    }
    assert_eq!(rival("stateright philosophers 3").verdict, "deadlock");
}

/// loom runs more than the inequivalent executions; how many belongs to its version.
#[test]
fn loom() {
    for (line, executions) in [
        ("philosophers-ordered 4", 79),
        ("philosophers-ordered-joined 3", 514),
        ("independent 3", 1),
    ] {
        check(&format!("loom {line}"), "proved", Some(executions), None);
    }
    assert_eq!(rival("loom philosophers 3").verdict, "deadlock");
    assert_eq!(rival("loom philosophers-joined 3").verdict, "deadlock");
}

/// shuttle's exhaustive search ends by itself on the smallest programs only.
#[test]
fn shuttle() {
    assert_eq!(rival("shuttle philosophers-ordered 2").verdict, "proved");
    assert_eq!(rival("shuttle philosophers 2").verdict, "deadlock");
    assert_eq!(rival("shuttle fan-in 2 1 0").verdict, "proved");
}

/// SPIN, where it is installed, counts the states that stateright counts.
#[test]
fn spin() {
    let output = Command::new(env!("CARGO_BIN_EXE_rival"))
        .args(["spin", "philosophers", "3"])
        .output()
        .expect("rival runs");
    if output.status.code() == Some(3) {
        return;
    }
    for (line, states) in [
        ("philosophers-ordered 3", 72),
        ("philosophers-ordered 3 3", 1_000),
        ("fan-in 3 2 0", 27),
        ("fan-in 2 2 1", 17),
        ("lock-increment 4", 48),
        ("pipeline 2 2 1", 23),
        ("readers 4", 32),
        ("rwlock 2 2", 84),
    ] {
        check(&format!("spin {line}"), "proved", None, Some(states));
    }
    assert_eq!(rival("spin philosophers 3").verdict, "deadlock");
}

/// A program that cannot be run is refused with a code of its own and a reason.
#[test]
fn refusals() {
    for (line, code) in [
        ("loom philosophers-ordered 5", 3),
        ("stateright readers 3", 3),
        ("traceforge nobody 3", 2),
        ("nobody philosophers 3", 2),
        ("", 2),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_rival"))
            .args(line.split_whitespace())
            .output()
            .expect("rival runs");
        assert_eq!(output.status.code(), Some(code), "{line}");
        assert!(!output.stderr.is_empty(), "{line}");
    }
}
