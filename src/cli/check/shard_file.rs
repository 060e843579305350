//! The file of a shard: its answers, and what must be the same in all files that are merged.
//!
//! It is one JSON object. Two runs of a shard write the same file, except for `times`. The file is
//! there as a whole or not at all: a shard that is killed leaves none, and can be run again.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use gordian_checker::render::fingerprint::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::row::{About, Answer, Task};
use super::shard::Shard;
use crate::cli::args::{CheckArgs, SearchArgs, TargetArgs};
use crate::cli::failure::Failure;
use crate::cli::terminal::count;
use crate::cli::values::Time;
use crate::cli::{Session, files, signals};

/// The version of the file. It changes with the meaning of its fields.
const FORMAT: u64 = 1;

/// Most bytes of such a file. Each row has a few traces.
const BYTES_MAX: u64 = 1 << 30;

/// The content of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShardFile {
    /// [`FORMAT`].
    format: u64,
    /// The version of the program.
    pub(super) gordian: String,
    pub(super) shard: Shard,
    /// The number of rows of all shards.
    pub(super) rows: usize,
    /// A digest of the targets of all shards, with their sources and engines.
    pub(super) subjects: String,
    /// The flags that have an effect on the answers.
    pub(super) arguments: BTreeMap<String, String>,
    pub(super) answers: Vec<Answer>,
    /// The tasks behind one that stalled.
    pub(super) unanswered: Vec<About>,
    pub(super) times: Times,
}

/// The times of a shard, which are other ones in each run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Times {
    pub(super) all: Duration,
    /// The time of each answer.
    pub(super) rows: Vec<Duration>,
}

/// The answers of a shard so far.
#[derive(Default)]
pub(super) struct Answers {
    answers: Vec<Answer>,
    times: Vec<Duration>,
}

impl Answers {
    /// Takes the next one.
    pub(super) fn push(&mut self, answer: &Answer) {
        self.answers.push(answer.clone());
        self.times.push(match answer {
            Answer::Row(row) => row.time,
            Answer::Stalled(..) => Duration::ZERO,
        });
    }

    /// Returns true if there is one for each of these tasks, or up to one that stalled.
    fn are_whole(&self, tasks: usize) -> bool {
        self.answers.len() == tasks || matches!(self.answers.last(), Some(Answer::Stalled(..)))
    }
}

impl ShardFile {
    /// Begins the file of a shard. The tasks are those of all shards.
    pub(super) fn new(args: &CheckArgs, tasks: &[Task]) -> Self {
        let subject = |task: &Task| {
            let target = &task.target;
            let (name, form, engine) = (target.name(), target.form(), task.engine.name());
            format!("{name}\t{form}\t{engine}\t{}\n", target.digest())
        };
        let subjects: String = tasks.iter().map(subject).collect();
        Self {
            format: FORMAT,
            gordian: env!("CARGO_PKG_VERSION").to_owned(),
            shard: args.shard.unwrap_or_default(),
            rows: tasks.len(),
            subjects: digest(&subjects),
            arguments: arguments(args),
            answers: Vec::new(),
            unanswered: Vec::new(),
            times: Times::default(),
        }
    }

    /// Writes the file with these answers to its tasks. One that was interrupted is not written.
    pub(super) fn write(
        self,
        session: &Session<'_>,
        path: &Path,
        answers: Answers,
        mut tasks: Vec<About>,
        all: Duration,
    ) -> Result<(), Failure> {
        let shown = path.display();
        if signals::interrupted() || !answers.are_whole(tasks.len()) {
            session.warn(&format!(
                "{shown} is not written: run shard {} again",
                self.shard
            ));
            return Ok(());
        }
        let file = Self {
            unanswered: tasks.split_off(answers.answers.len()),
            answers: answers.answers,
            times: Times {
                all,
                rows: answers.times,
            },
            ..self
        };
        let text = serde_json::to_string(&file).map_err(io::Error::from)?;
        files::replace(path, |to| writeln!(to, "{text}"))
            .map_err(|error| unwritable(path, &error))?;
        let rows = count(tasks.len(), "row");
        session.hint(&format!("shard {}, {rows}, written to {shown}", file.shard));
        Ok(())
    }

    /// Reads a file of this version.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let content = files::read_up_to(path, BYTES_MAX).map_err(|error| {
            Failure::Usage(format!(
                "cannot read the result of a shard in {shown}: {error}\n  `check --shard K/N --out \
                 {shown}` writes one"
            ))
        })?;
        Self::parse(&content).map_err(|what| Failure::Usage(format!("{shown}: {what}")))
    }

    pub(super) fn parse(content: &str) -> Result<Self, String> {
        let write = "`check --shard K/N --out FILE` writes one";
        let wrong = |error| format!("this is no result of a shard: {error}; {write}");
        let value: Value = serde_json::from_str(content).map_err(wrong)?;
        let (format, version) = (value["format"].as_u64(), value["gordian"].as_str());
        let own = env!("CARGO_PKG_VERSION");
        match (format, version) {
            (Some(FORMAT), Some(version)) if version == own => {}
            (Some(FORMAT), Some(version)) => {
                return Err(format!(
                    "this is a result of gordian {version}, and this program is {own}: run all \
                     shards and `merge` with one version"
                ));
            }
            (Some(format), Some(version)) => {
                return Err(format!(
                    "this is a result in format {format} of gordian {version}, and this program \
                     reads format {FORMAT}: run all shards and `merge` with one version"
                ));
            }
            _ => {
                return Err(format!(
                    "this is no result of a shard: it has no version; {write}"
                ));
            }
        }
        let mut file: Self = serde_json::from_value(value).map_err(wrong)?;
        let own = (0..file.rows)
            .filter(|index| file.shard.has(*index))
            .count();
        let stalls = matches!(file.answers.last(), Some(Answer::Stalled(..)));
        if file.answers.len() + file.unanswered.len() != own
            || file.answers.len() != file.times.rows.len()
            || !(stalls || file.unanswered.is_empty())
        {
            return Err(format!(
                "it is damaged: shard {} has {own} rows",
                file.shard
            ));
        }
        for (answer, time) in file.answers.iter_mut().zip(&file.times.rows) {
            if let Answer::Row(row) = answer {
                row.time = *time;
            }
        }
        Ok(file)
    }
}

/// Returns the failure that the file of a shard cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    Failure::Usage(format!(
        "cannot write the result of the shard to {shown}: {error}"
    ))
}

/// Returns a time without rounding it.
fn exact(time: Time) -> String {
    time.0
        .map_or_else(|| "none".to_owned(), |time| format!("{time:?}"))
}

/// Returns the flags that have an effect on the answers, each with its value.
fn arguments(args: &CheckArgs) -> BTreeMap<String, String> {
    let SearchArgs {
        steps_max,
        executions_max,
        states_max,
        goroutines_max,
        time_max,
        memory_max,
        work_max,
        preemptions,
        keep_going,
        seed,
        priorities,
        stall_max,
        timers,
    } = &args.search;
    // Whether Go may download something makes no difference to what it exports.
    let TargetArgs {
        test,
        passage,
        leaks,
        tags,
        offline: _,
    } = &args.target;
    let default = || "default".to_owned();
    let engines: Vec<&str> = args.engine.iter().map(|engine| engine.name()).collect();
    let flags = [
        ("--variant", args.variant.clone().unwrap_or_else(default)),
        ("--source", format!("{:?}", args.source).to_lowercase()),
        ("--engine", engines.join(",")),
        ("--total-time", exact(args.total_time)),
        ("--steps-max", steps_max.to_string()),
        ("--executions-max", executions_max.to_string()),
        ("--states-max", states_max.to_string()),
        ("--goroutines-max", goroutines_max.to_string()),
        ("--time-max", time_max.map_or_else(default, exact)),
        (
            "--memory-max",
            memory_max.map_or_else(default, |it| it.to_string()),
        ),
        ("--work-max", work_max.to_string()),
        ("--preemptions", preemptions.to_string()),
        ("--keep-going", keep_going.to_string()),
        ("--seed", seed.to_string()),
        (
            "--priorities",
            priorities.map_or_else(default, |it| it.to_string()),
        ),
        ("--stall-max", exact(*stall_max)),
        (
            "--timers",
            timers.asked.map_or_else(default, |it| it.name().to_owned()),
        ),
        ("--test", test.clone().unwrap_or_else(default)),
        ("--time", format!("{passage:?}").to_lowercase()),
        (
            "--leaks",
            leaks.map_or_else(default, |it| format!("{it:?}").to_lowercase()),
        ),
        ("--tags", tags.clone().unwrap_or_else(default)),
    ];
    flags
        .into_iter()
        .map(|(flag, value)| (flag.to_owned(), value))
        .collect()
}
