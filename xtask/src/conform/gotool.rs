//! The Go toolchain, and the programs that it makes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use gordian_checker::TimerRules;

use super::Failure;

/// The Go sources that every comparison needs, by their paths within the module.
const FILES: &[(&str, &str)] = &[
    ("go.mod", include_str!("../../go/go.mod")),
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
    ("harness/run.go", include_str!("../../go/harness/run.go")),
    (
        "harness/stacks.go",
        include_str!("../../go/harness/stacks.go"),
    ),
];

/// The version of Go.
///
/// # Errors
/// If there is no Go.
pub(super) fn version() -> Result<String, Failure> {
    match Command::new("go").arg("version").output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        _ => Err(Failure::NoGo),
    }
}

/// The rules of timers in a module of this toolchain: it names Go 1.23 if the toolchain has it.
pub(super) fn timer_rules(version: &str) -> TimerRules {
    let minor = version.split("go1.").nth(1).unwrap_or("");
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    match digits.parse() {
        Ok(23..=u32::MAX) => TimerRules::Go1_23,
        Ok(0..23) | Err(_) => TimerRules::Go1_22,
    }
}

/// A Go module in a directory of its own, which goes when this is dropped.
pub(super) struct Module {
    directory: PathBuf,
    keep: bool,
}

impl Module {
    /// A module with the harness in it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn new(keep: bool, timers: TimerRules) -> io::Result<Self> {
        let directory = env::temp_dir().join(format!("gordian-conform-go-{}", std::process::id()));
        let module = Self { directory, keep };
        for (path, text) in FILES {
            module.write(path, text)?;
        }
        if timers == TimerRules::Go1_23 {
            module.write("go.mod", "module conform\n\ngo 1.23\n")?;
        }
        if keep {
            println!("the Go module is {}", module.directory.display());
        }
        Ok(module)
    }

    /// Writes a file of it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.directory.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)
    }

    /// Builds the package in this directory of the module, and yields the program.
    ///
    /// # Errors
    /// If it cannot be built: what the compiler says.
    pub(super) fn build(&self, package: &str) -> Result<PathBuf, Failure> {
        let program = self.directory.join(package).join("program");
        let output = Command::new("go")
            .args(["build", "-o"])
            .arg(&program)
            .arg(format!("./{package}"))
            .current_dir(&self.directory)
            .env("GOTOOLCHAIN", "local")
            .output()?;
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
            // What cannot be removed from the directory for temporary files does no harm there.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// Runs a program `runs` times, in as few processes as it takes, and yields what each run told: a line of its own, or, if it ended the
/// process, what the process wrote to standard error.
///
/// # Errors
/// If a process cannot be started, or ends without a word.
pub(super) fn runs(program: &Path, name: &str, seed: u64, runs: u64) -> Result<Vec<Told>, Failure> {
    let mut told = Vec::new();
    while (told.len() as u64) < runs {
        let before = told.len();
        let output = Command::new(program)
            .args([
                name,
                &seed.to_string(),
                &before.to_string(),
                &runs.to_string(),
            ])
            .output()?;
        let mut again = false;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            match line {
                "again" => again = true,
                line => told.push(Told::Line(line.to_owned())),
            }
        }
        if !output.status.success() {
            told.push(Told::Crash(crash(&output)?));
        } else if !again && (told.len() as u64) < runs || told.len() == before {
            return Err(Failure::Other(format!("{name} ended before its last run")));
        }
    }
    Ok(told)
}

/// What a run told.
pub(super) enum Told {
    /// A line.
    Line(String),
    /// It ended the process with this.
    Crash(String),
}

fn crash(output: &Output) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if text.starts_with("fatal error: ") || text.starts_with("panic: ") {
        return Ok(text);
    }
    Err(Failure::Other(format!("{}: {text}", output.status)))
}
