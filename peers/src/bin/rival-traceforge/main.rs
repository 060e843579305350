//! `rival traceforge FAMILY SIZE...`, as a program of its own: see `rival`, which runs it.

mod traceforge;

use gordian_peers::cli::{self, Arguments};
use gordian_peers::tool::Tool;
use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(arguments) if arguments.tool == Tool::TraceForge => arguments,
        Ok(_) => {
            eprintln!("this program runs traceforge alone; `rival` runs them all");
            return ExitCode::from(cli::USAGE);
        }
        Err(complaint) => {
            eprintln!("{complaint}");
            return ExitCode::from(cli::USAGE);
        }
    };
    let family = &arguments.family;
    let outcome = traceforge::run(family);
    let record = outcome.map(|outcome| Tool::TraceForge.record(family, outcome));
    cli::report(&arguments, record)
}
