//! The Go toolchain, and the programs that it builds.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs, io, thread};

use gordian_checker::TimerRules;

use super::Failure;

/// Go sources, by their paths within a module.
pub(super) type Files = &'static [(&'static str, &'static str)];

/// The harness for the machine, which adds no operation.
pub(super) const FOR_THE_MACHINE: Files = &[
    COMMON,
    (
        "harness/harness.go",
        include_str!("../../go/machine/harness.go"),
    ),
];

/// The part that both have.
const COMMON: (&str, &str) = (
    "harness/common.go",
    include_str!("../../go/harness/common.go"),
);

/// The harness for Go's own scheduler.
pub(super) const FOR_GO: Files = &[
    COMMON,
    ("harness/held.go", include_str!("../../go/harness/held.go")),
    (
        "harness/kernel.go",
        include_str!("../../go/harness/kernel.go"),
    ),
    ("harness/main.go", include_str!("../../go/harness/main.go")),
    (
        "harness/objects.go",
        include_str!("../../go/harness/objects.go"),
    ),
    (
        "harness/pause.go",
        include_str!("../../go/harness/pause.go"),
    ),
    ("harness/race.go", include_str!("../../go/harness/race.go")),
    (
        "harness/norace.go",
        include_str!("../../go/harness/norace.go"),
    ),
    ("harness/run.go", include_str!("../../go/harness/run.go")),
    (
        "harness/stacks.go",
        include_str!("../../go/harness/stacks.go"),
    ),
    (
        "harness/whole.go",
        include_str!("../../go/harness/whole.go"),
    ),
];

/// A Go toolchain.
#[derive(Clone, Debug)]
pub(super) struct Go {
    pub(super) command: PathBuf,
    /// The output of `go version`.
    pub(super) version: String,
    /// The rules that its timers follow.
    pub(super) timers: TimerRules,
}

impl Go {
    /// Finds the toolchain of this command.
    ///
    /// # Errors
    /// Fails if there is none, or if its version is not understood.
    pub(super) fn new(command: &Path) -> Result<Self, Failure> {
        // A file is run from another directory later on.
        let command = match command.components().count() {
            1 => command.to_owned(),
            _ => std::path::absolute(command)?,
        };
        let output = go(&command).arg("version").output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else {
            return Err(Failure::NoGo(command));
        };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let timers = timers_of(&version)
            .ok_or_else(|| Failure::Other(format!("not understood: {version}")))?;
        Ok(Self {
            command,
            version,
            timers,
        })
    }

    /// Returns the module file. Its version decides the rules of timers if the toolchain knows
    /// both.
    fn module_file(&self) -> String {
        let file = include_str!("../../go/go.mod");
        match self.timers {
            TimerRules::Go1_23 => file.replace("go 1.19", "go 1.23"),
            TimerRules::Go1_22 => file.to_owned(),
        }
    }
}

/// Returns the command, without settings of the environment that would change the build: no other
/// toolchain, no flags, no older behaviour of the runtime.
fn go(command: &Path) -> Command {
    let mut go = Command::new(command);
    go.env("GOTOOLCHAIN", "local")
        .env_remove("GOFLAGS")
        .env_remove("GODEBUG");
    go
}

/// Returns the rules that timers of this version follow: `go version go1.19.8 linux/amd64`.
fn timers_of(version: &str) -> Option<TimerRules> {
    let numbers = version.split("go1.").nth(1)?;
    let minor: String = numbers.chars().take_while(char::is_ascii_digit).collect();
    Some(match minor.parse::<u32>().ok()? {
        ..23 => TimerRules::Go1_22,
        _ => TimerRules::Go1_23,
    })
}

/// A Go module in a directory of its own, which is removed when this is dropped.
pub(super) struct Module {
    go: Go,
    pub(super) directory: PathBuf,
    keep: bool,
}

impl Module {
    /// Creates a module that contains the harness.
    ///
    /// # Errors
    /// Fails if it cannot be written.
    pub(super) fn new(go: &Go, files: Files, keep: bool) -> io::Result<Self> {
        let name = format!(
            "gordian-conform-go-{}-{}",
            std::process::id(),
            go.timers.name()
        );
        let module = Self {
            go: go.clone(),
            directory: env::temp_dir().join(name),
            keep,
        };
        module.write("go.mod", &go.module_file())?;
        for (path, text) in files {
            module.write(path, text)?;
        }
        if keep {
            println!("the Go module is {}", module.directory.display());
        }
        Ok(module)
    }

    /// Writes a file of the module.
    ///
    /// # Errors
    /// Fails if it cannot be written.
    pub(super) fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.directory.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)
    }

    /// Builds the package in this directory of the module, and returns the program.
    ///
    /// # Errors
    /// Returns the compiler's message if it cannot be built.
    pub(super) fn build(&self, package: &str) -> Result<PathBuf, Failure> {
        self.build_with(package, "program", &[])
    }

    /// Builds it with the race detector.
    ///
    /// # Errors
    /// Returns the compiler's message if it cannot be built.
    pub(super) fn build_for_races(&self, package: &str) -> Result<PathBuf, Failure> {
        self.build_with(package, "racing", &["-race"])
    }

    fn build_with(&self, package: &str, name: &str, flags: &[&str]) -> Result<PathBuf, Failure> {
        let program = self.directory.join(package).join(name);
        let mut build = go(&self.go.command);
        build.arg("build").args(flags).arg("-o").arg(&program);
        build
            .arg(format!("./{package}"))
            .current_dir(&self.directory);
        let (output, in_time) = output_within(&mut build, BUILD_MAX)?;
        if !in_time {
            return Err(Failure::Other(format!(
                "go build did not end within {} s",
                BUILD_MAX.as_secs()
            )));
        }
        if output.status.success() {
            return Ok(program);
        }
        Err(Failure::Other(format!(
            "go build failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if !self.keep {
            // A leftover in the directory for temporary files does no harm.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// The time limit of a build.
const BUILD_MAX: Duration = Duration::from_secs(600);

/// Returns the time limit of a process that has this many runs before it. The harness gives a run
/// up after two seconds.
fn time_max(runs: u64) -> Duration {
    Duration::from_secs(60 + 3 * runs)
}

/// Runs the command to its end, or kills it after this time: first by SIGQUIT, on which Go prints
/// its stacks. Also returns whether it ended in time.
///
/// # Errors
/// Fails if it cannot be started, or its output cannot be read.
fn output_within(command: &mut Command, limit: Duration) -> io::Result<(Output, bool)> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let process = child.id().to_string();
    let (ended, end) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let still_runs = |limit| end.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
        if !still_runs(limit) {
            return true;
        }
        for signal in ["-QUIT", "-KILL"] {
            // If there is no such command, the process is waited for.
            let _ = Command::new("kill").args([signal, &process]).status();
            if !still_runs(Duration::from_secs(10)) {
                break;
            }
        }
        false
    });
    let output = child.wait_with_output();
    drop(ended);
    let in_time = watch.join().unwrap_or(true);
    Ok((output?, in_time))
}

/// Runs a program `runs` times, in as few processes as possible, and returns the output of each
/// run. That is a line, or the standard error if the run ended the process. A run whose process
/// does not end is unsettled; the stacks of that process are printed.
///
/// # Errors
/// Fails if a process cannot be started, or ends without output.
pub(super) fn runs(program: &Path, name: &str, seed: u64, runs: u64) -> Result<Vec<Told>, Failure> {
    let mut told = Vec::new();
    while (told.len() as u64) < runs {
        let before = told.len();
        let mut process = Command::new(program);
        // What the race detector tells does not change how a process ends, nor when.
        process.env("GORACE", "exitcode=0 atexit_sleep_ms=0");
        process.env_remove("GODEBUG").args([
            name,
            &seed.to_string(),
            &before.to_string(),
            &runs.to_string(),
        ]);
        let (output, in_time) = output_within(&mut process, time_max(runs - before as u64))?;
        let mut again = false;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            match line {
                "again" => again = true,
                line => told.push(Told::Line(line.to_owned())),
            }
        }
        if !in_time {
            let stacks = String::from_utf8_lossy(&output.stderr);
            eprintln!("{name}: run {} did not end\n{stacks}", told.len());
            told.push(Told::Line("unsettled".to_owned()));
        } else if !output.status.success() {
            told.push(Told::Crash(crash(&output)?));
        } else if !again && (told.len() as u64) < runs || told.len() == before {
            return Err(Failure::Other(format!("{name} ended before its last run")));
        }
    }
    Ok(told)
}

/// The output of a run.
pub(super) enum Told {
    /// A line.
    Line(String),
    /// The run ended the process with this text.
    Crash(String),
}

/// The words in which the race detector tells a race.
pub(super) const RACE: &str = "WARNING: DATA RACE";

fn crash(output: &Output) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // A fatal error while a Goexit makes deferred calls is indented, and the race detector may have
    // told something before.
    let mut lines = text.lines().map(str::trim_start);
    if lines.any(|it| it.starts_with("fatal error: ") || it.starts_with("panic: ")) {
        return Ok(text);
    }
    Err(Failure::Other(format!("{}: {text}", output.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_says_how_timers_go() {
        let of = |version: &str| timers_of(&format!("go version {version} linux/amd64"));
        assert_eq!(of("go1.19.8"), Some(TimerRules::Go1_22));
        assert_eq!(of("go1.22.12"), Some(TimerRules::Go1_22));
        assert_eq!(of("go1.23"), Some(TimerRules::Go1_23));
        assert_eq!(of("go1.26.6"), Some(TimerRules::Go1_23));
        assert_eq!(of("go1.27rc1"), Some(TimerRules::Go1_23));
        assert_eq!(of("devel"), None);
    }
}
