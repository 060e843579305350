//! The one definition of the command line. Help, manual, completions and suggestions are generated
//! from it.

mod check;
mod target;

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use gordian_checker::catalogue::TimerRules;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::Limits;
use gordian_checker::render::{Format, Layout};
use gordian_checker::{Engine, Session, Verdict};

pub(crate) use self::check::{
    CheckArgs, CheckFormat, Language, MergeArgs, PartArgs, SheetArgs, SplitArgs,
};
pub(crate) use self::target::{Leaks, Passage, TargetArgs};
use super::checkpoint::CheckpointArgs;
use super::exit;
use super::learn::LearnArgs;
use super::memory::Memory;
use super::report::ReportArgs;
use super::target::Target;
use super::twin::TwinArgs;
use super::values::{
    Bound, Maximum, Time, columns, ending, engine, format, layout, seed, timers, variant, verdict,
};

/// A model checker for kernels of goroutines, channels and locks.
///
/// It runs a kernel under every schedule that matters, and either shows a schedule under which it
/// fails or proves that there is none. A kernel has a name such as `kubernetes/1321`; `kubernetes`
/// selects all kernels of that project.
#[derive(Parser, Debug)]
#[command(name = "gordian", version, propagate_version = true, after_help = exit::HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The appearance of output.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub(crate) struct LookArgs {
    /// When to use colours; `auto` heeds NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then checks
    /// for a terminal
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// Use ASCII characters only
    #[arg(long, global = true)]
    pub(crate) ascii: bool,
    /// Columns to use; fewer than 40 count as 40 [default: those of the terminal, else 100]
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = columns())]
    pub(crate) width: Option<u16>,
    /// Show no progress and no hints
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// The conditions for colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Colour {
    /// Depending on the environment and the terminal
    Auto,
    /// Always, even in files
    Always,
    /// Never
    Never,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List the kernels
    List(ListArgs),
    /// Show all facts of a kernel: the mechanism, the fix, what was left out
    Show(FactsArgs),
    /// Check that every variant does what its kernel says: refute the buggy one, prove the fixed
    /// one
    Check(CheckArgs),
    /// Split one search into parts that can be explored on many machines
    Split(SplitArgs),
    /// Explore parts of a search
    Part(PartArgs),
    /// Put the results of all shards of a check together, or those of all parts of a search, and
    /// report them as one check does
    Merge(MergeArgs),
    /// Check one variant and show the execution in which it fails
    Run(RunArgs),
    /// Play a schedule and show where it leads
    Replay(ReplayArgs),
    /// Explain why the fix works: the same schedule on both variants
    Why(WhyArgs),
    /// Explain why a schedule was not explored: the execution that was, in its place, and the swaps
    /// of independent steps that lead there
    Twin(TwinArgs),
    /// Be the scheduler: choose step by step which goroutine moves
    Step(StepArgs),
    /// Play a kernel on a full screen: lead it into its bug, in few moves
    Play(StepArgs),
    /// Take a course: twelve exercises over real bugs, judged by the checker
    Learn(LearnArgs),
    /// Write pages to look at: all states, the point of no return, and any schedule to be played
    Report(ReportArgs),
    /// Measure the searches on the standard families of programs
    Yardstick(YardstickArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual as roff
    Man(ManArgs),
}

/// `list`.
#[derive(clap::Args, Debug)]
pub(crate) struct ListArgs {
    /// Kernels: names, or their beginnings or ends [default: all]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernels: Vec<String>,
    /// One JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `show`.
#[derive(clap::Args, Debug)]
pub(crate) struct FactsArgs {
    /// The kernel: its name, or a unique beginning or end of it
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: String,
    /// Also show the sources of both variants
    #[arg(long)]
    pub(crate) source: bool,
    /// One JSON object
    #[arg(long, conflicts_with = "source")]
    pub(crate) json: bool,
}

/// The limits of a search.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Limits")]
pub(crate) struct SearchArgs {
    /// Most steps of one execution
    #[arg(long, value_name = "STEPS", env = "GORDIAN_STEPS_MAX", hide_env_values = true,
        default_value_t = Limits::default().steps_max)]
    pub(crate) steps_max: usize,
    /// Most executions, or `none`
    #[arg(long, value_name = "EXECUTIONS", env = "GORDIAN_EXECUTIONS_MAX", hide_env_values = true,
        default_value_t = Maximum(Limits::default().executions_max))]
    pub(crate) executions_max: Maximum,
    /// Most states that are stored, or `none`: a bound that does not depend on the machine
    #[arg(long, value_name = "STATES", env = "GORDIAN_STATES_MAX", hide_env_values = true,
        default_value_t = Maximum(Limits::default().states_max))]
    pub(crate) states_max: Maximum,
    /// Most goroutines of one execution
    #[arg(long, value_name = "GOROUTINES", env = "GORDIAN_GOROUTINES_MAX", hide_env_values = true,
        default_value_t = Limits::default().goroutines_max)]
    pub(crate) goroutines_max: usize,
    /// Time for each search, such as 10s, 500ms or 5m, or `none`; without it a row of `check` under
    /// loom has 2s [default: none]
    #[arg(
        long,
        value_name = "TIME",
        env = "GORDIAN_TIME_MAX",
        hide_env_values = true
    )]
    pub(crate) time_max: Option<Time>,
    /// Memory that the program may use, such as 512MiB or 2G, or `none`; Linux only [default: half
    /// of what the machine or its cgroup has]
    #[arg(
        long,
        value_name = "BYTES",
        env = "GORDIAN_MEMORY_MAX",
        hide_env_values = true
    )]
    pub(crate) memory_max: Option<Memory>,
    /// Work in units of about a step, or `none`, once a limit has cut an execution short and
    /// nothing can be proved; --keep-going lifts it
    #[arg(long, value_name = "UNITS", env = "GORDIAN_WORK_MAX", hide_env_values = true,
        default_value_t = Maximum(Limits::default().work_max))]
    pub(crate) work_max: Maximum,
    /// Only executions with at most this many switches away from a goroutine that could have gone
    /// on, or `none`: no proof, but a sound bound
    #[arg(long, value_name = "PREEMPTIONS", env = "GORDIAN_PREEMPTIONS", hide_env_values = true,
        default_value_t = Bound(None))]
    pub(crate) preemptions: Bound,
    /// Continue after a bad end was found, however large the kernel is, and find every distinct bad
    /// end
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Seed of the search `random`; decimal, or hexadecimal after 0x
    #[arg(
        long,
        value_name = "SEED",
        env = "GORDIAN_SEED",
        hide_env_values = true,
        default_value = "0",
        value_parser = seed
    )]
    pub(crate) seed: u64,
    /// Let the search `random` draw by priorities, for bugs that need this many orderings
    #[arg(long, value_name = "ORDERINGS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) priorities: Option<u32>,
    /// Time that a goroutine may run without a visible operation, or `none`
    #[arg(long, value_name = "TIME", env = "GORDIAN_STALL_MAX", hide_env_values = true,
        default_value_t = Time(Some(Duration::from_secs(10))))]
    pub(crate) stall_max: Time,
    #[command(flatten)]
    pub(crate) timers: TimersArgs,
}

/// The rules that apply to a target.
#[derive(clap::Args, Debug, Clone, Copy)]
#[command(next_help_heading = "Rules")]
pub(crate) struct TimersArgs {
    /// Timers and tickers as in Go until 1.22, or as in Go 1.23 and later [default: that of the
    /// kernel, else 1.23]
    #[arg(long = "timers", value_name = "VERSION", value_parser = timers())]
    pub(crate) asked: Option<TimerRules>,
}

impl TimersArgs {
    /// Returns the rules for the timers of this target.
    pub(crate) fn of(self, target: &Target) -> TimerRules {
        self.asked.unwrap_or(target.timers())
    }
}

/// The threads of one search.
#[derive(clap::Args, Debug, Clone, Copy)]
pub(crate) struct ThreadsArgs {
    /// Threads of the search `stateful`; the result is the same whatever their number. Other
    /// searches, and those of Go packages, have one [default: one for each core]
    #[arg(
        long,
        short,
        value_name = "NUMBER",
        env = "GORDIAN_JOBS",
        hide_env_values = true
    )]
    pub(crate) jobs: Option<NonZeroU16>,
}

/// Returns the number of threads that were asked for, or that of the cores.
pub(crate) fn threads(jobs: Option<NonZeroU16>) -> usize {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    jobs.map_or_else(cores, |jobs| jobs.get().into())
}

/// `run`.
#[derive(clap::Args, Debug)]
pub(crate) struct RunArgs {
    /// The kernel: its name, or a unique beginning or end of it; or a Go package, folder or file
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: String,
    /// The variant, buggy if none is named; of a Go package, the test
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The search
    #[arg(
        long,
        value_name = "NAME",
        value_parser = engine(),
        env = "GORDIAN_ENGINE",
        hide_env_values = true
    )]
    pub(crate) engine: Option<Engine>,
    /// Exit 0 if this is the verdict, else 1
    #[arg(long, value_name = "VERDICT", value_parser = verdict())]
    pub(crate) expect: Option<Verdict>,
    /// Store the schedule of the execution in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    #[command(flatten)]
    pub(crate) threads: ThreadsArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) checkpoint: CheckpointArgs,
}

/// The presentation of an execution.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct ShowArgs {
    /// The output format
    #[arg(long, value_name = "FORM", value_parser = format(), default_value = Format::Human.name())]
    pub(crate) format: Format,
    /// Same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// The layout for people
    #[arg(
        long,
        value_name = "LAYOUT",
        value_parser = layout(),
        default_value = Layout::Auto.name()
    )]
    pub(crate) layout: Layout,
    /// Show every step, even runs of steps with which nobody could interfere
    #[arg(long)]
    pub(crate) all: bool,
}

/// `replay`.
#[derive(clap::Args, Debug)]
pub(crate) struct ReplayArgs {
    /// The kernel: its name, or a unique beginning or end of it [default: the one named in the
    /// schedule's file]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: Option<String>,
    /// The variant [default: the one named in the schedule's file, else buggy]
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The choices, as in `main*2,main+loop,loop`, or a file with them: `@FILE`. Special characters
    /// in names are percent-encoded, as in URLs: `%2C`
    #[arg(long, value_name = "SCHEDULE")]
    pub(crate) schedule: String,
    /// Go on with the first goroutine that can move when the schedule ends or does not fit
    #[arg(long = "continue")]
    pub(crate) go_on: bool,
    /// Exit 0 if this is the ending, else 1
    #[arg(long, value_name = "ENDING", value_parser = ending())]
    pub(crate) expect: Option<Ending>,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

/// `why`.
#[derive(clap::Args, Debug)]
pub(crate) struct WhyArgs {
    /// The kernel: its name, or a unique beginning or end of it; or a Go package with the bug
    #[arg(value_name = "KERNEL", index = 1)]
    pub(crate) kernel: String,
    /// Of Go: the package without the bug
    #[arg(value_name = "FIXED", index = 2)]
    pub(crate) fixed: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The search
    #[arg(
        long,
        value_name = "NAME",
        value_parser = engine(),
        env = "GORDIAN_ENGINE",
        hide_env_values = true
    )]
    pub(crate) engine: Option<Engine>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Show every step, even runs of steps with which nobody could interfere
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

/// `step` and `play`.
#[derive(clap::Args, Debug)]
pub(crate) struct StepArgs {
    /// The kernel: its name, or a unique beginning or end of it; or a Go package, folder or file
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: String,
    /// The variant, buggy if none is named; of a Go package, the test
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// States that are looked at to say what can still be reached
    #[arg(long, value_name = "STATES", default_value_t = Session::REACH_MAX)]
    pub(crate) reach_max: usize,
    /// Memory that the program may use while it visits them, such as 512MiB or 2G, or `none`; Linux
    /// only [default: half of what the machine or its cgroup has]
    #[arg(
        long,
        value_name = "BYTES",
        env = "GORDIAN_MEMORY_MAX",
        hide_env_values = true
    )]
    pub(crate) memory_max: Option<Memory>,
    /// Time that a goroutine may run without a visible operation, or `none`
    #[arg(long, value_name = "TIME", default_value_t = Time(Some(Duration::from_secs(10))))]
    pub(crate) stall_max: Time,
    #[command(flatten)]
    pub(crate) timers: TimersArgs,
}

/// `yardstick`.
#[derive(clap::Args, Debug)]
pub(crate) struct YardstickArgs {
    /// The family; if none is given, all are listed
    #[arg(value_name = "NAME")]
    pub(crate) family: Option<String>,
    /// Its sizes
    #[arg(value_name = "SIZE")]
    pub(crate) sizes: Vec<u32>,
    /// The search, or several
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = engine())]
    pub(crate) engine: Vec<Engine>,
    /// One JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) threads: ThreadsArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) checkpoint: CheckpointArgs,
}

/// `completions`.
#[derive(clap::Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`.
#[derive(clap::Args, Debug)]
pub(crate) struct ManArgs {
    /// The subcommand of the page [default: the page of the program]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }
}
