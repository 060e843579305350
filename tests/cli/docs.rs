//! `docs/ci.md` and `docs/scale.md`: every command of them runs.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Returns the commands of the program in the blocks of a page: the lines of the shell's, and what
/// a step or a script runs in the others.
fn commands(page: &'static str) -> Vec<&'static str> {
    let mut commands = Vec::new();
    let mut within = false;
    for line in page.lines() {
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

/// Runs the commands of a page one after another in one folder. Returns their exit codes.
fn run(page: &'static str) -> (TempDir, Vec<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_gordian"));
    let beside = program.parent().expect("it is in a folder");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [beside.to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    let path = env::join_paths(folders).expect("a path");
    let code = |command: &&str| {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", command]).current_dir(folder.path());
        shell.env("PATH", &path).env_remove("GITHUB_STEP_SUMMARY");
        let output = shell.output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().expect("it ends by itself");
        assert!([0, 3].contains(&code), "{command}: {said}");
        code
    };
    let codes = commands(page).iter().map(code).collect();
    (folder, codes)
}

/// A baseline is written before it is read.
#[test]
fn every_command_about_continuous_integration_runs() {
    let (folder, codes) = run(include_str!("../../docs/ci.md"));
    assert_eq!(codes, [0; 8]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert!(read("baseline.json").contains("\"version\": 1"));
    assert!(read("gordian.sarif").contains("\"version\": \"2.1.0\""));
    assert!(read("gordian.xml").contains("<testsuites"));
    assert_eq!(read("rows.json").lines().count(), 12);
}

/// The search in parts goes on with a second round.
#[test]
fn every_command_about_many_machines_runs() {
    let (folder, codes) = run(include_str!("../../docs/scale.md"));
    assert_eq!(codes, [0, 0, 0, 0, 0, 0, 0, 0, 3]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert_eq!(read("rows.json").lines().count(), 28);
    assert!(folder.path().join("parts/tree").exists());
}
