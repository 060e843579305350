//! The arguments of `check`, `split`, `part` and `merge`. Those that only decide how rows are told
//! are the same for `check` and `merge`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::ValueEnum;
use gordian_checker::Engine;
use gordian_checker::explore::Limits;

use super::{SearchArgs, TargetArgs, TimersArgs};
use crate::cli::check::Shard;
use crate::cli::memory::Memory;
use crate::cli::values::{Maximum, Time, engine, variant};

/// `check`.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckArgs {
    /// Kernels: names, or their beginnings or ends; Go packages: `./pkg`, `./...`, `x.go` [default:
    /// all kernels]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernels: Vec<String>,
    /// Only this variant; of a Go package, only this test
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<String>,
    /// The source of the kernels: that in Rust, or the same in Go, a row `KERNEL.go` each
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value_t = Language::Rust)]
    pub(crate) source: Language,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The search, or several
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = engine(),
        env = "GORDIAN_ENGINE",
        hide_env_values = true
    )]
    pub(crate) engine: Vec<Engine>,
    #[command(flatten)]
    pub(crate) sheet: SheetArgs,
    /// Time for all searches together, such as 10m, or `none`: when it is over, the rest is not
    /// run, which is no proof
    #[arg(long, value_name = "TIME", default_value_t = Time(None))]
    pub(crate) total_time: Time,
    /// Searches that run side by side; the report is the same whatever their number [default: one
    /// for each core]
    #[arg(
        long,
        short,
        value_name = "NUMBER",
        env = "GORDIAN_JOBS",
        hide_env_values = true
    )]
    pub(crate) jobs: Option<NonZeroU16>,
    /// Only a part of the rows, such as 1/3: the first of three parts, which `merge` puts together
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
    /// Write the result to this file, for `merge`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

/// `split`.
#[derive(clap::Args, Debug)]
pub(crate) struct SplitArgs {
    /// The kernel: its name, or a unique beginning or end of it
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: String,
    /// The variant: buggy or fixed
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<String>,
    /// Number of parts of a round
    #[arg(long, value_name = "N", default_value = "100")]
    pub(crate) parts: NonZeroU16,
    /// Most executions of a part in one round, or `none`; those that are left become parts of later
    /// rounds
    #[arg(long, value_name = "EXECUTIONS", default_value_t = Maximum(Some(100_000)))]
    pub(crate) executions_max: Maximum,
    /// The folder for the parts, which does not exist yet
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Most steps of one execution
    #[arg(long, value_name = "STEPS", default_value_t = Limits::default().steps_max)]
    pub(crate) steps_max: usize,
    /// Most goroutines of one execution
    #[arg(long, value_name = "GOROUTINES", default_value_t = Limits::default().goroutines_max)]
    pub(crate) goroutines_max: usize,
    /// Continue after a bad end was found in a part, however large it is
    #[arg(long)]
    pub(crate) keep_going: bool,
    #[command(flatten)]
    pub(crate) timers: TimersArgs,
}

/// `part`.
#[derive(clap::Args, Debug)]
pub(crate) struct PartArgs {
    /// The parts: files of the folder that `split` wrote
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Memory that the program may use, such as 512MiB or 2G, or `none`; Linux only [default: half
    /// of what the machine or its cgroup has]
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory_max: Option<Memory>,
}

/// `merge`.
#[derive(clap::Args, Debug)]
pub(crate) struct MergeArgs {
    /// The files that `check --shard K/N --out FILE` wrote, of all shards, in any order; or the
    /// folder that `split` wrote
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) sheet: SheetArgs,
}

/// The way in which rows are told and judged.
#[derive(clap::Args, Debug)]
pub(crate) struct SheetArgs {
    /// The output format
    #[arg(long, value_enum, value_name = "FORM", default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// Same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Treat a search that a limit or a bound stopped as a failure: exit 3
    #[arg(long)]
    pub(crate) require_proof: bool,
    /// List all rows
    #[arg(long)]
    pub(crate) all: bool,
    /// A file of known findings: of the variants that do not do what their kernels say, only those
    /// with a new bad end fail
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what is found to this file, as a baseline for later runs, and exit as if it were known
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub(crate) write_baseline: Option<PathBuf>,
}

/// The languages in which there are kernels.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Language {
    Rust,
    Go,
}

/// The output formats of `check`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CheckFormat {
    /// A table
    Human,
    /// One JSON object per line, for each variant
    Json,
    /// The same as json
    Ndjson,
    /// XML, a suite for each kernel
    Junit,
    /// A log for code scanning, of unexpected results
    Sarif,
    /// Errors for GitHub's annotations, of unexpected results and missing answers
    Github,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::args::{Args, Command};
    use crate::cli::exit;

    const KUBERNETES: &str = include_str!("../../../docs/scale/kubernetes.yaml");

    /// The files for other engines, and the number of times that each merges.
    const FILES: [(&str, usize); 5] = [
        (include_str!("../../../docs/scale/parallel.sh"), 1),
        (include_str!("../../../docs/scale/github.yml"), 1),
        (include_str!("../../../docs/scale/gitlab.yml"), 1),
        (include_str!("../../../docs/scale/slurm.sh"), 0),
        (KUBERNETES, 0),
    ];

    /// The variables in them, with values. A longer name comes before its beginning.
    const VARIABLES: [(&str, &str); 11] = [
        ("\"$@\"", "kubernetes --states-max 1000000"),
        ("${{ matrix.shard }}", "1"),
        ("$CI_NODE_INDEX", "1"),
        ("$CI_NODE_TOTAL", "4"),
        ("$SLURM_ARRAY_TASK_ID", "1"),
        ("$SLURM_ARRAY_TASK_COUNT", "4"),
        ("${SLURM_CPUS_PER_TASK:-1}", "2"),
        ("$shards", "4"),
        ("$shard", "1"),
        ("$out", "shards"),
        ("$file", "1.json"),
    ];

    /// Returns the commands of the program in a file, as they would be parsed.
    fn commands(file: &str) -> Vec<Command> {
        let lines = file.replace("\\\n", " ");
        let lines = lines
            .lines()
            .map(|line| line.trim().trim_start_matches("exec "));
        let command = |line: &str| {
            let mut line = line.to_owned();
            for (name, value) in VARIABLES {
                line = line.replace(name, value);
            }
            let end = [" > ", " ||"].iter().filter_map(|end| line.find(end)).min();
            let words = line[..end.unwrap_or(line.len())].replace('"', "");
            assert!(!words.contains('$'), "{words}");
            let args = Args::try_parse_from(words.split_whitespace());
            args.unwrap_or_else(|error| panic!("{words}: {error}"))
                .command
        };
        let own = lines.filter(|line| line.starts_with("gordian "));
        own.map(command).collect()
    }

    #[test]
    fn the_files_for_other_engines_are_understood() {
        for (file, merges_wanted) in FILES {
            let (mut checks, mut merges) = (0, 0);
            for command in commands(file) {
                match command {
                    Command::Check(args) => {
                        assert_eq!(args.shard.map(|it| it.to_string()), Some("1/4".to_owned()));
                        assert!(args.out.is_some());
                        checks += 1;
                    }
                    Command::Merge(_) => merges += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!((checks, merges), (1, merges_wanted), "{file}");
        }
    }

    /// Codes that another try does not change end the job, or the shard.
    #[test]
    fn the_job_of_kubernetes_knows_the_exit_codes() {
        let codes = KUBERNETES
            .lines()
            .filter_map(|line| line.trim().strip_prefix("values: ["))
            .map(|codes| codes.trim_end_matches(']'));
        let ends = [exit::UNEXPECTED, exit::USAGE, exit::NO_KERNEL, exit::PANIC];
        let ends = ends.map(|code| code.to_string()).join(", ");
        let no_answer = exit::NO_ANSWER.to_string();
        assert_eq!(codes.collect::<Vec<_>>(), [ends, no_answer]);
    }
}
