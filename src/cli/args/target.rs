//! The arguments about Go packages, which all commands have.

use clap::ValueEnum;

/// The tests of Go packages that are checked, and how the packages are loaded.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Go packages")]
pub(crate) struct TargetArgs {
    /// Only tests that match, as for `go test -run`
    #[arg(long, value_name = "REGEXP")]
    pub(crate) test: Option<String>,
    /// The time in which all is searched. In free time a timer may fire at any moment, in quiet
    /// time only when nobody else can move
    #[arg(long = "time", value_name = "KIND", value_enum, default_value_t = Passage::Free)]
    pub(crate) passage: Passage,
    /// The judgement on goroutines that are blocked for ever when all else is over [default: fail
    /// for tests, warn for main]
    #[arg(long, value_name = "JUDGEMENT", value_enum)]
    pub(crate) leaks: Option<Leaks>,
    /// Build tags, as for `go build -tags`
    #[arg(long, value_name = "TAGS")]
    pub(crate) tags: Option<String>,
    /// Let Go download nothing
    #[arg(long, env = "GORDIAN_OFFLINE", hide_env_values = true)]
    pub(crate) offline: bool,
}

/// The way in which time passes for a Go package.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Passage {
    Free,
    Quiet,
}

/// The judgement on leaks of a Go package.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Leaks {
    /// A leak is a finding.
    Fail,
    /// A leak is told, and is no finding.
    Warn,
    /// A leak is not told.
    Ignore,
}
