//! One side of a row: how it is run and what it prints.

use gordian_peers::cli;
use gordian_peers::process::{self, Finished};
use gordian_peers::record::Record;
use gordian_peers::tool::Tool;
use serde::Deserialize;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The time after which a run is stopped.
const TIME_MAX: Duration = Duration::from_secs(600);

/// A tool and its program.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The tool.
    pub runner: Runner,
    /// The program's family.
    pub family: &'static str,
    /// The family's sizes.
    pub sizes: &'static [usize],
}

/// A tool that runs a program.
#[derive(Clone, Debug, PartialEq)]
pub enum Runner {
    /// Gordian, as a process.
    Gordian {
        /// The engine to ask for.
        engine: &'static str,
    },
    /// A rival, through the program `rival`.
    Rival {
        /// The rival.
        tool: Tool,
        /// Threads of its search.
        threads: usize,
    },
}

impl Side {
    /// Returns the tool's name, for people.
    pub fn name(&self) -> String {
        match &self.runner {
            Runner::Gordian { engine } => format!("gordian {engine}"),
            Runner::Rival { tool, threads: 1 } => tool.name().to_string(),
            Runner::Rival { tool, threads } => format!("{} x{threads}", tool.name()),
        }
    }

    /// Returns the program with its sizes.
    pub fn program(&self) -> String {
        let sizes: String = self.sizes.iter().map(|size| format!(" {size}")).collect();
        format!("{}{sizes}", self.family)
    }

    /// Runs it once.
    pub fn run(&self, programs: &Programs) -> Result<Sample, Absence> {
        let sizes = self.sizes.iter().map(usize::to_string);
        match &self.runner {
            Runner::Gordian { engine } => {
                if programs.gordian_missing().is_some() {
                    return Err(Absence::Failed("no gordian".to_string()));
                }
                let mut command = Command::new(&programs.gordian);
                command.args(["yardstick", self.family]).args(sizes);
                command.args(["--engine", engine, "--jobs", "1", "--json"]);
                gordian_sample(&finished(&mut command)?)
            }
            Runner::Rival { tool, threads } => {
                let mut command = Command::new(&programs.rival);
                command.args([tool.name(), self.family]).args(sizes);
                command.args(["--threads", &threads.to_string(), "--json"]);
                rival_sample(&finished(&mut command)?)
            }
        }
    }
}

/// The programs that run the sides.
#[derive(Clone, Debug)]
pub struct Programs {
    gordian: PathBuf,
    rival: PathBuf,
}

impl Programs {
    /// Finds `rival`, which lies beside this program.
    pub fn find(gordian: &Path) -> Result<Programs, String> {
        let this = env::current_exe().map_err(|e| format!("where is this program? {e}"))?;
        let rival = this.with_file_name(format!("rival{}", env::consts::EXE_SUFFIX));
        if !rival.is_file() {
            return Err(format!(
                "no {}: build all of this package's programs",
                rival.display()
            ));
        }
        Ok(Programs {
            gordian: gordian.to_path_buf(),
            rival,
        })
    }

    /// Returns an error message if there is no Gordian to run.
    pub fn gordian_missing(&self) -> Option<String> {
        (!self.gordian.is_file()).then(|| {
            format!(
                "no gordian at {}: build it with `cargo build --release`, or name it with \
                 --gordian or GORDIAN; only the other sides are measured",
                self.gordian.display()
            )
        })
    }
}

/// One run's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Executions, if they are counted.
    pub executions: Option<u64>,
    /// Executions begun and discarded, if they are counted.
    pub discarded: Option<u64>,
    /// Distinct states, if they are counted.
    pub states: Option<u64>,
    /// Seconds of the search alone.
    pub time_s: f64,
    /// The verdict of the search.
    pub verdict: String,
    /// A remark that a reader needs to judge the figures.
    pub note: String,
}

/// The reason why a side has no figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Absence {
    /// It is not installed, or cannot do the program: no failure.
    Unavailable(String),
    /// It should have run.
    Failed(String),
}

fn finished(command: &mut Command) -> Result<Finished, Absence> {
    process::run(command, TIME_MAX).map_err(Absence::Failed)
}

/// Gordian's output for one search; further fields are ignored.
#[derive(Deserialize)]
struct Yardstick {
    engine: String,
    verdict: String,
    #[serde(default)]
    executions: Option<u64>,
    #[serde(default)]
    discarded: Option<u64>,
    #[serde(default)]
    states: Option<u64>,
    time_s: f64,
}

/// Reads Gordian's figures. Its exit code may report its finding, so the line it printed decides.
fn gordian_sample(finished: &Finished) -> Result<Sample, Absence> {
    let line: Yardstick = last_object(finished).ok_or_else(|| complaint("gordian", finished))?;
    Ok(Sample {
        executions: line.executions,
        discarded: line.discarded,
        states: line.states,
        time_s: line.time_s,
        verdict: line.verdict,
        note: format!("engine {}", line.engine),
    })
}

fn rival_sample(finished: &Finished) -> Result<Sample, Absence> {
    if finished.code == Some(i32::from(cli::UNAVAILABLE)) {
        return Err(Absence::Unavailable(finished.stderr.trim().to_string()));
    }
    let record: Record = last_object(finished)
        .filter(|_| finished.success)
        .ok_or_else(|| complaint("rival", finished))?;
    Ok(Sample {
        executions: record.executions,
        discarded: None,
        states: record.states,
        time_s: record.time_s,
        verdict: record.verdict,
        note: record.note,
    })
}

/// Returns the last line that is such an object.
fn last_object<'a, T: Deserialize<'a>>(finished: &'a Finished) -> Option<T> {
    let objects = finished
        .stdout
        .lines()
        .rev()
        .filter(|line| line.starts_with('{'));
    objects.flat_map(serde_json::from_str).next()
}

fn complaint(program: &str, finished: &Finished) -> Absence {
    let code = finished.code.map_or("by a signal".to_string(), |code| {
        format!("with code {code}")
    });
    let said = finished.stderr.trim();
    let said = if said.is_empty() {
        "nothing on stderr"
    } else {
        said
    };
    Absence::Failed(format!(
        "{program} ended {code} and printed no figures: {said}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(code: i32, stdout: &str, stderr: &str) -> Finished {
        Finished {
            success: code == 0,
            code: Some(code),
            stdout: stdout.to_string(),
            stderr: stderr.to_string(),
        }
    }

    /// Gordian's line is found among others, with or without its optional counts.
    #[test]
    fn a_yardstick_is_read() {
        let line = r#"{"yardstick":"fan-in","size":[2,2,0],"engine":"optimal","verdict":"proved",
            "executions":6,"discarded":0,"steps":24,"time_s":0.5}"#
            .replace('\n', "");
        let sample = gordian_sample(&printed(0, &format!("searching\n{line}\n"), ""));
        let sample = sample.expect("a line");
        assert_eq!((sample.executions, sample.states), (Some(6), None));
        assert_eq!(sample.time_s, 0.5);
    }

    /// A side that prints nothing useful is reported with its output.
    #[test]
    fn a_failure_is_told() {
        let Err(Absence::Failed(why)) = gordian_sample(&printed(2, "{}", "no such engine")) else {
            panic!("no figures were printed");
        };
        assert!(
            why.contains("code 2") && why.contains("no such engine"),
            "{why}"
        );
    }

    /// A missing rival is no failure.
    #[test]
    fn a_missing_rival_is_no_failure() {
        let sample = rival_sample(&printed(3, "", "spin: not installed: spin"));
        assert!(matches!(sample, Err(Absence::Unavailable(_))));
    }
}
