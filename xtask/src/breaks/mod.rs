//! Broken searches, and the tests that catch them. A copy of the workspace is broken in one way
//! after another, and the checker's own tests are run on it.

mod exchange;
mod levels;
mod list;
mod memory;
mod stubborn;
mod walks;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use list::Break;

/// The tests that must catch a broken search. Those after one that fails are not run.
const TESTS: &[&str] = &[
    "agreement",
    "behaviour",
    "levels",
    "limits",
    "loom",
    "races",
    "yardsticks",
    "stubborn",
];

/// The time limit of the tests once they are built; a search that never ends counts as caught, too.
const PATIENCE: Duration = Duration::from_secs(600);

/// The memory limit of a test, in KiB, where the shell can limit it: a broken search may fill all
/// there is.
const MEMORY_MAX: u32 = 6 << 20;

/// The outcome of the tests.
enum Outcome {
    Passed,
    Failed(Vec<String>),
    NeverEnded,
    NotBuilt(String),
}

/// Breaks the searches in each way whose description contains `filter`, or from the one with that
/// number on. Returns true if all were caught.
///
/// # Errors
/// Fails if no copy can be made, if the tests fail on the unbroken copy, or if a break no longer
/// fits the source.
pub(crate) fn run(filter: &str) -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let copy = root.join("target/breaks");
    copy_folder(&root, &copy).map_err(|why| format!("no copy in {}: {why}", copy.display()))?;
    match test(&copy)? {
        Outcome::Passed => {}
        Outcome::NotBuilt(why) => return Err(format!("what is not broken is not built: {why}")),
        Outcome::Failed(_) | Outcome::NeverEnded => {
            return Err("the tests fail on what is not broken".to_owned());
        }
    }
    let mut all_caught = true;
    let is_chosen = |number: usize, it: &Break| match filter.parse() {
        Ok(first) => number >= first,
        Err(_) => it.what.contains(filter),
    };
    for (number, it) in (1..)
        .zip(all())
        .filter(|(number, it)| is_chosen(*number, it))
    {
        let path = copy.join("checker/src").join(it.file);
        let source = fs::read_to_string(&path).map_err(|why| format!("{}: {why}", it.file))?;
        let broken = broken(&source, it)?;
        let written = fs::write(&path, broken);
        written.map_err(|why| format!("{}: {why}", path.display()))?;
        let outcome = test(&copy);
        let restored = fs::write(&path, source);
        restored.map_err(|why| format!("{}: {why}", path.display()))?;
        let said = match outcome? {
            Outcome::Failed(tests) => format!("caught by {}", tests.join(", ")),
            Outcome::NeverEnded => "caught: the tests never end".to_owned(),
            Outcome::NotBuilt(why) => return Err(format!("{}: it is not built: {why}", it.what)),
            Outcome::Passed => {
                all_caught = false;
                "NOT CAUGHT".to_owned()
            }
        };
        println!("{number:>3}  {}\n     {said}", it.what);
    }
    Ok(all_caught)
}

/// Returns all breaks.
fn all() -> impl Iterator<Item = &'static Break> {
    let searches = list::ALL.iter().chain(stubborn::ALL);
    let searches = searches.chain(exchange::ALL).chain(levels::ALL);
    searches.chain(memory::ALL).chain(walks::ALL)
}

fn broken(source: &str, it: &Break) -> Result<String, String> {
    match source.matches(it.old).count() {
        1 => Ok(source.replacen(it.old, it.new, 1)),
        count => Err(format!(
            "{}: what is to be broken stands {count} times in {}",
            it.what, it.file
        )),
    }
}

/// Builds the tests, and runs them. A broken search may run for ever.
fn test(copy: &Path) -> Result<Outcome, String> {
    let (built, text) = cargo_test(copy, "--no-run", None)?;
    if built != Some(true) {
        let error = text.lines().find(|line| line.starts_with("error"));
        return Ok(Outcome::NotBuilt(error.unwrap_or_default().to_owned()));
    }
    let (passed, text) = cargo_test(copy, "", Some(PATIENCE))?;
    let failed = |line: &str| {
        let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
        Some(name.to_owned())
    };
    let mut failed: Vec<String> = text.lines().filter_map(failed).collect();
    if failed.len() > 4 {
        let more = failed.len() - 3;
        failed.truncate(3);
        failed.push(format!("{more} more"));
    }
    Ok(match passed {
        None => Outcome::NeverEnded,
        Some(true) => Outcome::Passed,
        Some(false) if failed.is_empty() => Outcome::Failed(vec!["the end of the process".into()]),
        Some(false) => Outcome::Failed(failed),
    })
}

/// Runs cargo on the tests with this flag. Returns true if it succeeds, `None` if it does not end
/// in time, and the output.
fn cargo_test(
    copy: &Path,
    flag: &str,
    patience: Option<Duration>,
) -> Result<(Option<bool>, String), String> {
    let tests: Vec<String> = TESTS.iter().map(|test| format!("--test {test}")).collect();
    let mut command = Command::new("sh");
    // The compiler needs more memory than the tests may have.
    let limit = patience.map_or(String::new(), |_| format!("ulimit -v {MEMORY_MAX}; "));
    command.arg("-c").arg(format!(
        "{limit}exec \"$CARGO\" test -p gordian-checker -p gordian-go {flag} {}",
        tests.join(" ")
    ));
    command.env("CARGO", env!("CARGO"));
    let out = copy.join("out.txt");
    let file = fs::File::create(&out).map_err(|why| format!("{}: {why}", out.display()))?;
    let child = command
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("CARGO_TERM_COLOR", "never")
        .env("RUST_BACKTRACE", "0")
        .process_group(0)
        .stdin(Stdio::null())
        .stderr(file.try_clone().map_err(|why| why.to_string())?)
        .stdout(file)
        .spawn();
    let mut child = child.map_err(|why| format!("cargo cannot be run: {why}"))?;
    let started = Instant::now();
    let success = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status.success()),
            Ok(None) if patience.is_some_and(|limit| started.elapsed() > limit) => {
                // The tests, which cargo has started, belong to its process group.
                let group = format!("-{}", child.id());
                let _ = Command::new("kill").args(["-9", "--", &group]).status();
                let _ = child.wait();
                break None;
            }
            Ok(None) => thread::sleep(Duration::from_millis(200)),
            Err(why) => return Err(format!("cargo is lost: {why}")),
        }
    };
    let text = fs::read_to_string(&out).map_err(|why| format!("{}: {why}", out.display()))?;
    Ok((success, text))
}

/// Copies a folder of the workspace, and removes from the copy what is gone. Build products stay,
/// so that only changes are rebuilt.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let path = entry?.path();
        let is_gone = path.file_name().is_some_and(|it| !from.join(it).exists());
        if is_gone && path.is_dir() {
            fs::remove_dir_all(path)?;
        } else if is_gone {
            fs::remove_file(path)?;
        }
    }
    for entry in fs::read_dir(from)? {
        let path: PathBuf = entry?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        if is_hidden || name == "target" || name == "peers" {
            continue;
        }
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else if fs::read(to.join(name)).ok() != Some(fs::read(&path)?) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise nobody would notice that a break no longer applies.
    #[test]
    fn every_break_fits_the_source() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../checker/src");
        for it in all() {
            let text = fs::read_to_string(source.join(it.file)).expect("its file is there");
            let broken = broken(&text, it).expect("it fits");
            assert_ne!(text, broken, "{}", it.what);
        }
    }

    /// A workspace that lacks a member is not built, so no break would be tried.
    #[test]
    fn cargo_can_read_the_copy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let copy = root.join("target/tmp/copy-of-breaks");
        copy_folder(&root, &copy).expect("it is copied");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
        let output = cargo.current_dir(&copy).output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
}
