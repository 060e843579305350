//! The Go toolchain, and the programs that it makes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use gordian_checker::TimerRules;

use super::Failure;

/// The Go sources that every comparison needs, by their paths within the module.
const FILES: &[(&str, &str)] = &[
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

/// A Go toolchain.
#[derive(Clone, Debug)]
pub(super) struct Go {
    command: PathBuf,
    /// What it says of itself.
    pub(super) version: String,
    /// By which rules its timers go.
    pub(super) timers: TimerRules,
}

impl Go {
    /// The toolchain of this command.
    ///
    /// # Errors
    /// If there is none, or its version is not understood.
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

    /// The module file. The version in it decides how timers go where the toolchain knows both
    /// ways.
    fn module_file(&self) -> String {
        let file = include_str!("../../go/go.mod");
        match self.timers {
            TimerRules::Go1_23 => file.replace("go 1.19", "go 1.23"),
            TimerRules::Go1_22 => file.to_owned(),
        }
    }
}

/// The command, with nothing of the surroundings that would change what is built: no other
/// toolchain, no flags, no older ways of the runtime.
fn go(command: &Path) -> Command {
    let mut go = Command::new(command);
    go.env("GOTOOLCHAIN", "local")
        .env_remove("GOFLAGS")
        .env_remove("GODEBUG");
    go
}

/// By which rules the timers of this version go: `go version go1.19.8 linux/amd64`.
fn timers_of(version: &str) -> Option<TimerRules> {
    let numbers = version.split("go1.").nth(1)?;
    let minor: String = numbers.chars().take_while(char::is_ascii_digit).collect();
    Some(match minor.parse::<u32>().ok()? {
        ..23 => TimerRules::Go1_22,
        _ => TimerRules::Go1_23,
    })
}

/// A Go module in a directory of its own, which goes when this is dropped.
pub(super) struct Module {
    go: Go,
    directory: PathBuf,
    keep: bool,
}

impl Module {
    /// A module with the harness in it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn new(go: &Go, keep: bool) -> io::Result<Self> {
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
        for (path, text) in FILES {
            module.write(path, text)?;
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
        let output = go(&self.go.command)
            .args(["build", "-o"])
            .arg(&program)
            .arg(format!("./{package}"))
            .current_dir(&self.directory)
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

/// Runs a program `runs` times, in as few processes as it takes, and yields what each run told: a
/// line of its own, or, if it ended the process, what the process wrote to standard error.
///
/// # Errors
/// If a process cannot be started, or ends without a word.
pub(super) fn runs(program: &Path, name: &str, seed: u64, runs: u64) -> Result<Vec<Told>, Failure> {
    let mut told = Vec::new();
    while (told.len() as u64) < runs {
        let before = told.len();
        let output = Command::new(program)
            .env_remove("GODEBUG")
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
