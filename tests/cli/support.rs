//! Runs the program, and programs with other catalogues.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;

/// The time after which a test is sure that something hangs. Nothing takes that long, even on a
/// slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Returns the program with the built-in catalogue.
pub(crate) fn gordian() -> Command {
    quiet_surroundings(Command::new(env!("CARGO_BIN_EXE_gordian")))
}

/// Returns the program with the kernels that misbehave.
pub(crate) fn misbehaving() -> Command {
    quiet_surroundings(Command::new(example("misbehaving")))
}

/// Returns the program with kernels whose names play tricks on terminals.
pub(crate) fn hostile() -> Command {
    quiet_surroundings(Command::new(example("hostile")))
}

/// Returns the program with kernels that learners might hand in.
pub(crate) fn learner() -> Command {
    quiet_surroundings(Command::new(example("learner")))
}

/// Returns the program with a user's own catalogue.
pub(crate) fn own_catalogue() -> Command {
    quiet_surroundings(Command::new(example("own_catalogue")))
}

/// Returns the path of an example. `cargo test` builds it before it runs the tests, but not if only
/// this test was requested. Then it may be stale, so cargo builds it whenever one of its sources is
/// newer.
fn example(name: &str) -> PathBuf {
    static BUILD: Mutex<()> = Mutex::new(());
    let test = env::current_exe().expect("a test has a path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("it is in target/<profile>/deps");
    let path = profile
        .join("examples")
        .join(name)
        .with_extension(env::consts::EXE_EXTENSION);
    let _one_at_a_time = BUILD.lock();
    if is_stale(&path) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--quiet",
            "--package",
            "gordian",
            "--example",
            name,
        ]);
        cargo.args((!cfg!(debug_assertions)).then_some("--release"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(cargo.status().expect("cargo runs").success());
        // Cargo leaves the file as it is if nothing relevant has changed, such as only a source's
        // date. The new date keeps it from being called again.
        let now = fs::File::options().append(true).open(&path);
        let _ = now.and_then(|file| file.set_modified(SystemTime::now()));
    }
    path
}

/// Returns true if the file is missing or a source is newer than it. Cargo's list beside it names
/// its sources.
fn is_stale(path: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|found| found.modified());
    let list = fs::read_to_string(path.with_extension("d")).unwrap_or_default();
    let Some((_, sources)) = list.split_once(": ") else {
        return true;
    };
    let Ok(built) = time(path) else { return true };
    // A blank in a path is escaped there. A path that is misread is not found, and so counts as
    // newer.
    sources
        .split_whitespace()
        .any(|source| time(Path::new(source)).map_or(true, |changed| changed > built))
}

/// Clears the environment of settings for colours, width, limits, or continuous integration. Only
/// variables stay that a program needs to run at all, and to record its coverage.
fn quiet_surroundings(mut command: Command) -> Command {
    let kept = [
        "PATH",
        "TMPDIR",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "LLVM_PROFILE_FILE",
    ];
    command.env_clear();
    for name in kept {
        command.envs(env::var_os(name).map(|value| (name, value)));
    }
    command.env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

/// The result of a program.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a program to its end.
pub(crate) fn run(mut command: Command, args: &[&str]) -> Done {
    done(command.args(args).output().expect("the program runs"))
}

/// Runs a program to its end, with this as its standard input.
pub(crate) fn run_with(mut command: Command, args: &[&str], input: &str) -> Done {
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    done(child.wait_with_output().expect("it ends"))
}

/// Returns the output of a program until it ends.
pub(crate) fn ended(child: Child) -> Output {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(child.wait_with_output()));
    let output = told.recv_timeout(PATIENCE).expect("it hangs");
    output.expect("it can be waited for")
}

/// Runs a program with a limit on stalls until `told` accepts the result. The limit is short at
/// first, and longer if the machine was so slow that something else took that long.
pub(crate) fn run_stalling(
    command: impl Fn() -> Command,
    args: &[&str],
    told: impl Fn(&Done) -> bool,
) -> Done {
    let attempt = |limit| run(command(), &[args, &["--stall-max", limit]].concat());
    let limits = ["300ms", "5s", "60s"];
    let attempts = limits.into_iter().map(attempt);
    let mut last = None;
    for done in attempts {
        if told(&done) {
            return done;
        }
        last = Some(done);
    }
    last.expect("there are limits")
}

/// Returns the result of a program from its output.
pub(crate) fn done(output: Output) -> Done {
    let text = |bytes| String::from_utf8(bytes).expect("it writes UTF-8");
    Done {
        code: output.status.code().expect("it ends by itself"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

impl Done {
    /// Returns the lines of its output as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        let value = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        self.out.lines().map(value).collect()
    }

    /// Returns its whole output as JSON.
    #[track_caller]
    pub(crate) fn json_whole(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Asserts that stdout and stderr together contain all of these.
    #[track_caller]
    pub(crate) fn says(&self, needed: &[&str]) {
        for text in needed {
            let there = self.out.contains(text) || self.err.contains(text);
            assert!(there, "no `{text}` in\n{}\n{}", self.out, self.err);
        }
    }
}
