//! `docs/ci.md`: every command of it runs.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../docs/ci.md");

/// Returns the commands of the program in the blocks of the page: the lines of the shell's, and
/// what a step or a script runs in the others.
fn commands() -> Vec<&'static str> {
    let mut commands = Vec::new();
    let mut within = false;
    for line in PAGE.lines() {
        if line.starts_with("```") {
            within = !within;
        } else if within {
            let line = line.trim_start().trim_start_matches("- ");
            let line = line.strip_prefix("run: ").unwrap_or(line);
            // Those about Go packages need Go, and packages.
            let is_meant = line.starts_with("gordian ") && !line.contains(" ./...");
            commands.extend(is_meant.then_some(line));
        }
    }
    commands
}

/// They run one after another in one folder, since a baseline is written before it is read.
#[test]
fn every_command_of_the_page_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_gordian"));
    let beside = program.parent().expect("it is in a folder");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [beside.to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    let path = env::join_paths(folders).expect("a path");
    let commands = commands();
    assert_eq!(commands.len(), 8, "{commands:?}");
    for command in &commands {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", command]).current_dir(folder.path());
        shell.env("PATH", &path).env_remove("GITHUB_STEP_SUMMARY");
        let output = shell.output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{command}: {said}");
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert!(read("baseline.json").contains("\"version\": 1"));
    assert!(read("gordian.sarif").contains("\"version\": \"2.1.0\""));
    assert!(read("gordian.xml").contains("<testsuites"));
    assert_eq!(read("rows.json").lines().count(), 12);
}
