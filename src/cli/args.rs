//! The one definition of the command line: help, manual, completions and suggestions are all made from it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use gordian_checker::TimerRules;
use gordian_checker::catalogue::Form;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::Limits;
use gordian_checker::memory;
use gordian_checker::memory::Bytes;
use gordian_checker::{Engine, Verdict};

use super::checkpoint::CheckpointArgs;
use super::exit;

/// A model checker for kernels of goroutines, channels and locks.
///
/// It runs a kernel under every schedule that matters, and either shows a schedule under which it fails or proves that there is none. A kernel is named as
/// `kubernetes/1321`; `kubernetes` names all of that project.
#[derive(Parser, Debug)]
#[command(name = "gordian", version, propagate_version = true, after_help = exit::HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How output looks.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub(crate) struct LookArgs {
    /// When to use colours; `auto` heeds NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then asks whether there is a terminal
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// Use ASCII characters only
    #[arg(long, global = true)]
    pub(crate) ascii: bool,
    /// Columns to use; where there are fewer than 40 it is laid out for 40 [default: those of the terminal, else 100]
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) width: Option<u16>,
    /// Show no progress and no hints
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Colour {
    /// Where they are wanted and can be seen
    Auto,
    /// Also into a file
    Always,
    /// Not at all
    Never,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List the kernels
    List(ListArgs),
    /// Check that every variant does what its kernel says: refute the buggy one, prove the fixed one
    Check(CheckArgs),
    /// Check one variant and show the execution in which it fails
    Run(RunArgs),
    /// Play a schedule and show where it leads
    Replay(ReplayArgs),
    /// Explain why the fix works: the same schedule on both variants
    Why(WhyArgs),
    /// Be the scheduler: choose step by step who moves
    Step(StepArgs),
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
    /// Kernels, by name or by the beginning of it [default: all]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernels: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `check`.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckArgs {
    /// Kernels, by name or by the beginning of it [default: all]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernels: Vec<String>,
    /// Only this variant
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<Form>,
    /// The search, or several
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = engine(), env = "GORDIAN_ENGINE", hide_env_values = true)]
    pub(crate) engine: Vec<Engine>,
    /// The form of the result
    #[arg(long, value_enum, value_name = "FORM", default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// As --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Take a search that a limit or a bound stopped for a failure: exit 3
    #[arg(long)]
    pub(crate) require_proof: bool,
    /// List all rows, however many
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

/// The forms of the result of `check`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CheckFormat {
    /// A table
    Human,
    /// One JSON object a line and variant
    Json,
    /// The same
    Ndjson,
    /// XML, a suite for each kernel
    Junit,
    /// A log for code scanning, of what is not as expected
    Sarif,
    /// Errors for GitHub's annotations, of what is not as expected
    Github,
}

/// How far a search goes.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Limits")]
pub(crate) struct SearchArgs {
    /// Steps of one execution
    #[arg(long, value_name = "STEPS", env = "GORDIAN_STEPS_MAX", hide_env_values = true,
        default_value_t = Limits::default().steps_max)]
    pub(crate) steps_max: usize,
    /// Executions, or `none`
    #[arg(long, value_name = "EXECUTIONS", env = "GORDIAN_EXECUTIONS_MAX", hide_env_values = true,
        default_value_t = Maximum(Limits::default().executions_max))]
    pub(crate) executions_max: Maximum,
    /// States that are remembered, or `none`
    #[arg(long, value_name = "STATES", env = "GORDIAN_STATES_MAX", hide_env_values = true,
        default_value_t = Maximum(Limits::default().states_max))]
    pub(crate) states_max: Maximum,
    /// Goroutines of one execution
    #[arg(long, value_name = "GOROUTINES", env = "GORDIAN_GOROUTINES_MAX", hide_env_values = true,
        default_value_t = Limits::default().goroutines_max)]
    pub(crate) goroutines_max: usize,
    /// Time for each search, such as 10s, 500ms or 5m, or `none`
    #[arg(long, value_name = "TIME", env = "GORDIAN_TIME_MAX", hide_env_values = true,
        default_value_t = Time(Limits::default().time_max))]
    pub(crate) time_max: Time,
    /// Memory that the program may have in use, such as 512MiB or 2G, or `none`; Linux only
    #[arg(long, value_name = "BYTES", env = "GORDIAN_MEMORY_MAX", hide_env_values = true,
        default_value_t = Memory(Limits::default().memory_max))]
    pub(crate) memory_max: Memory,
    /// Units of work (a unit is about a step) of a search in which an execution was cut short by a limit, so that it can prove nothing, or
    /// `none`; --keep-going lifts it
    #[arg(long, value_name = "UNITS", env = "GORDIAN_WORK_MAX", hide_env_values = true,
        default_value_t = Maximum(Limits::default().work_max))]
    pub(crate) work_max: Maximum,
    /// Only executions with at most so many preemptions (switches away from a goroutine that could have gone on), or `none`: no proof, but
    /// a sound bound
    #[arg(long, value_name = "PREEMPTIONS", env = "GORDIAN_PREEMPTIONS", hide_env_values = true,
        default_value_t = Bound(None))]
    pub(crate) preemptions: Bound,
    /// Go on after something bad was found, however large the kernel is, and find every distinct bad end
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// What the search `random` draws with; decimal, or hexadecimal after 0x
    #[arg(long, value_name = "SEED", env = "GORDIAN_SEED", hide_env_values = true, default_value = "0",
        value_parser = seed)]
    pub(crate) seed: u64,
    /// Let the search `random` draw by priorities, for bugs that need so many orderings
    #[arg(long, value_name = "ORDERINGS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) priorities: Option<u32>,
    /// Timers as in Go 1.23 and later, or as in Go until 1.22
    #[arg(long, value_name = "GO", value_parser = timer_rules(), default_value = "1.23")]
    pub(crate) timers: TimerRules,
    /// Time that a goroutine may run without a visible operation, or `none`
    #[arg(long, value_name = "TIME", env = "GORDIAN_STALL_MAX", hide_env_values = true,
        default_value_t = Time(Some(Duration::from_secs(10))))]
    pub(crate) stall_max: Time,
}

/// `run`.
#[derive(clap::Args, Debug)]
pub(crate) struct RunArgs {
    /// The kernel, by name or by a beginning that no other has
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: String,
    /// The variant
    #[arg(long, value_name = "VARIANT", value_parser = variant(), default_value = "buggy")]
    pub(crate) variant: Form,
    /// The search
    #[arg(long, value_name = "NAME", value_parser = engine(), env = "GORDIAN_ENGINE", hide_env_values = true)]
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
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) checkpoint: CheckpointArgs,
}

/// How an execution is shown.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct ShowArgs {
    /// The form of the result
    #[arg(long, value_enum, value_name = "FORM", default_value_t = TraceFormat::Human)]
    pub(crate) format: TraceFormat,
    /// As --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// How it is laid out for people
    #[arg(long, value_enum, value_name = "LAYOUT", default_value_t = Layout::Auto)]
    pub(crate) layout: Layout,
    /// Show every step, also runs of steps with which nobody could interfere
    #[arg(long)]
    pub(crate) all: bool,
}

/// The forms in which an execution is shown.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TraceFormat {
    /// For people
    Human,
    /// One JSON object
    Json,
    /// A JSON object for each step
    Ndjson,
    /// A sequence diagram for Mermaid
    Mermaid,
    /// Who waits for whom, for Graphviz
    Dot,
    /// A dump of goroutines as Go prints it
    Go,
    /// An error for GitHub's annotations
    Github,
    /// A log for code scanning
    Sarif,
}

/// How an execution is laid out for people.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// A table, where there is room for it
    Auto,
    /// A column for each goroutine
    Table,
    /// A line for each step
    List,
    /// On the source
    Source,
}

/// `replay`.
#[derive(clap::Args, Debug)]
pub(crate) struct ReplayArgs {
    /// The kernel, by name or by a beginning that no other has [default: the one that the schedule's file names]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: Option<String>,
    /// The variant [default: the one that the schedule's file names, else buggy]
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<Form>,
    /// The choices, as in `main*2,main+loop,loop`, or a file that has them: `@FILE`. What would be misread in a name is written `%2C`, as in web addresses
    #[arg(long, value_name = "SCHEDULE")]
    pub(crate) schedule: String,
    /// Where the schedule ends or stops fitting, go on with the first that can move
    #[arg(long = "continue")]
    pub(crate) go_on: bool,
    /// Exit 0 if this is how it ends, else 1
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
    /// The kernel, by name or by a beginning that no other has
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: String,
    /// The search
    #[arg(long, value_name = "NAME", value_parser = engine(), env = "GORDIAN_ENGINE", hide_env_values = true)]
    pub(crate) engine: Option<Engine>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Show every step, also runs of steps with which nobody could interfere
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

/// `step`.
#[derive(clap::Args, Debug)]
pub(crate) struct StepArgs {
    /// The kernel, by name or by a beginning that no other has
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: String,
    /// The variant
    #[arg(long, value_name = "VARIANT", value_parser = variant(), default_value = "buggy")]
    pub(crate) variant: Form,
    /// States that are looked at to say what can still be reached
    #[arg(long, value_name = "STATES", default_value_t = 100_000)]
    pub(crate) reach_max: usize,
    /// Memory that the program may have in use while it looks at them, such as 512MiB or 2G, or `none`; Linux only
    #[arg(long, value_name = "BYTES", env = "GORDIAN_MEMORY_MAX", hide_env_values = true,
        default_value_t = Memory(Limits::default().memory_max))]
    pub(crate) memory_max: Memory,
    /// Timers as in Go 1.23 and later, or as in Go until 1.22
    #[arg(long, value_name = "GO", value_parser = timer_rules(), default_value = "1.23")]
    pub(crate) timers: TimerRules,
    /// Time that a goroutine may run without a visible operation, or `none`
    #[arg(long, value_name = "TIME", default_value_t = Time(Some(Duration::from_secs(10))))]
    pub(crate) stall_max: Time,
}

/// `yardstick`.
#[derive(clap::Args, Debug)]
pub(crate) struct YardstickArgs {
    /// The family; without one, all are listed
    #[arg(value_name = "NAME")]
    pub(crate) family: Option<String>,
    /// Its sizes
    #[arg(value_name = "SIZE")]
    pub(crate) sizes: Vec<u32>,
    /// The search, or several
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = engine())]
    pub(crate) engine: Vec<Engine>,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
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
    /// The page of this subcommand [default: that of the program]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

/// The search of this name.
fn engine() -> impl TypedValueParser<Value = Engine> {
    PossibleValuesParser::new(Engine::ALL.map(Engine::name))
        .map(|name| Engine::from_name(&name).expect("one of the names"))
}

/// The rules of timers that this version of Go stands for.
fn timer_rules() -> impl TypedValueParser<Value = TimerRules> {
    PossibleValuesParser::new(TimerRules::ALL.map(TimerRules::name))
        .map(|name| TimerRules::from_name(&name).expect("one of the names"))
}

/// The variant of this name.
fn variant() -> impl TypedValueParser<Value = Form> {
    PossibleValuesParser::new(["buggy", "fixed"]).map(|name| match name.as_str() {
        "buggy" => Form::Buggy,
        _ => Form::Fixed,
    })
}

/// The verdicts that can be expected.
const VERDICTS: [Verdict; 6] = [
    Verdict::Proved,
    Verdict::Deadlock,
    Verdict::Leak,
    Verdict::Panic,
    Verdict::Within,
    Verdict::Bounded,
];

/// The verdict of this name.
fn verdict() -> impl TypedValueParser<Value = Verdict> {
    PossibleValuesParser::new(["proved", "deadlock", "leak", "panic", "within", "bounded"]).map(
        |name| {
            let found = VERDICTS
                .into_iter()
                .find(|verdict| verdict.to_string() == name);
            found.expect("one of the names")
        },
    )
}

/// The ending of this name. A name that only a verdict has is refused with the reason.
fn ending() -> impl TypedValueParser<Value = Ending> {
    let endings = Ending::ALL.map(|ending| PossibleValue::new(ending.name()).help(about(ending)));
    let verdicts = ["proved", "within", "unsupported", "fault"];
    let verdicts = verdicts.map(|name| PossibleValue::new(name).hide(true));
    PossibleValuesParser::new(endings.into_iter().chain(verdicts)).try_map(|name| {
        let found = Ending::ALL.into_iter().find(|end| end.name() == name);
        found.ok_or(
            "that is a verdict of a search, and a replay is one execution: it has an ending, and proves \
             nothing. If all goroutines return, the ending is `complete`; `run --expect` takes verdicts",
        )
    })
}

fn about(ending: Ending) -> &'static str {
    match ending {
        Ending::Deadlock => "Main is blocked for ever",
        Ending::Leak => "Another goroutine is blocked for ever",
        Ending::Panic => "A goroutine panics",
        Ending::Complete => "All goroutines return",
        Ending::Bounded => "A goroutine waits for a tick beyond the kernel's limit",
        Ending::Open => "It is not over: a goroutine can move",
    }
}

/// A limit that can be lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Maximum(pub(crate) Option<u64>);

impl fmt::Display for Maximum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) => max.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Maximum {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        match text.replace(['_', ' '], "").parse() {
            Ok(0) => Err("a limit of 0 leaves nothing to look at".to_owned()),
            Ok(max) => Ok(Self(Some(max))),
            Err(_) => Err("neither a whole number nor `none`".to_owned()),
        }
    }
}

/// A bound that there need not be; 0 is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bound(pub(crate) Option<u32>);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) => max.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            _ => match text.parse() {
                Ok(max) => Ok(Self(Some(max))),
                Err(_) => Err("neither a whole number nor `none`".to_owned()),
            },
        }
    }
}

/// A seed, decimal or hexadecimal.
fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "no number of 64 bits, decimal or hexadecimal after 0x".to_owned())
}

/// A limit on time that can be lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Time(pub(crate) Option<Duration>);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) if max.subsec_millis() == 0 => write!(f, "{}s", max.as_secs()),
            Some(max) => write!(f, "{}ms", max.as_millis()),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let wrong = || "no time: write 10s, 500ms, 5m, 1h or `none`".to_owned();
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(wrong)?;
        let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
        let seconds = match text[digits..].trim() {
            "ms" => number / 1000.0,
            "s" => number,
            "m" | "min" => number * 60.0,
            "h" => number * 3600.0,
            _ => return Err(wrong()),
        };
        match Duration::try_from_secs_f64(seconds) {
            Ok(time) if time > Duration::ZERO => Ok(Self(Some(time))),
            _ => Err(wrong()),
        }
    }
}

/// A limit on memory that can be lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Memory(pub(crate) Option<u64>);

/// The units of memory, with the powers of two that they are, and those of ten.
const UNITS: [(&str, u64); 12] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
];

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(max) => f.write_str(&Bytes(max).to_string().replace(' ', "")),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let wrong = || "no memory: write 512MiB, 2G or `none`".to_owned();
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(wrong)?;
        let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
        let unit = text[digits..].trim().to_ascii_lowercase();
        let (_, bytes) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(wrong)?;
        let max = number * *bytes as f64;
        if !(1.0..9e18).contains(&max) {
            return Err(wrong());
        }
        if memory::anonymous().is_none() {
            return Err(memory::NOT_TOLD.to_owned());
        }
        Ok(Self(Some(max as u64)))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        let time = |text: &str| text.parse::<Time>().map(|time| time.0);
        assert_eq!(time("10s"), Ok(Some(Duration::from_secs(10))));
        assert_eq!(time("1.5s"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(time("500ms"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(time("2m"), Ok(Some(Duration::from_secs(120))));
        assert_eq!(time("none"), Ok(None));
        for wrong in ["", "10", "0s", "s", "-1s", "1e9s", "10 parsecs"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_written_as_people_write_it() {
        let memory = |text: &str| text.parse::<Memory>().map(|memory| memory.0);
        assert_eq!(memory("512MiB"), Ok(Some(512 << 20)));
        assert_eq!(memory("2G"), Ok(Some(2 << 30)));
        assert_eq!(memory("1.5 gib"), Ok(Some(3 << 29)));
        assert_eq!(memory("64k"), Ok(Some(64 << 10)));
        assert_eq!(memory("2GB"), Ok(Some(2_000_000_000)));
        assert_eq!(memory("none"), Ok(None));
        for wrong in [
            "",
            "512",
            "0G",
            "G",
            "-1G",
            "9999999T",
            "10 parsecs",
            "1.2.3G",
        ] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
        for text in ["512MiB", "1.5GiB", "none"] {
            assert_eq!(text.parse::<Memory>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn limits_are_numbers_or_none() {
        let maximum = |text: &str| text.parse::<Maximum>().map(|maximum| maximum.0);
        assert_eq!(maximum("200_000"), Ok(Some(200_000)));
        assert_eq!(maximum("none"), Ok(None));
        assert_eq!("0".parse(), Ok(Bound(Some(0))));
        assert_eq!((seed("17"), seed("0x11")), (Ok(17), Ok(17)));
        assert!(seed("0xyz").is_err());
        assert!(maximum("0").is_err());
        assert!(maximum("many").is_err());
    }
}
