//! `rival TOOL FAMILY SIZE...`: runs one rival's program once. One rival a module.
//!
//! Exit codes: 0 the rival ran, whatever it found; 1 the rival failed; 2 usage; 3 the rival cannot
//! do this program or is not installed.
//!
//! TraceForge is delegated to the program `rival-traceforge`: it and loom need two versions of the
//! crate `generator` that define the same symbols, so one program cannot link both.

mod loom;
mod shuttle;
mod spin;
mod stateright;

use gordian_peers::cli::{self, Arguments};
use gordian_peers::tool::{Refusal, Tool};
use std::env;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    if env::args().any(|word| word == "--help" || word == "-h") {
        println!("{}", cli::usage());
        return ExitCode::from(cli::RAN);
    }
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}");
            return ExitCode::from(cli::USAGE);
        }
    };
    let family = &arguments.family;
    let outcome = match arguments.tool {
        Tool::TraceForge => match hand_on() {
            Ok(code) => return code,
            Err(refusal) => Err(refusal),
        },
        Tool::Loom => loom::run(family),
        Tool::Shuttle => shuttle::run(family),
        Tool::Stateright => stateright::run(family, arguments.threads),
        Tool::Spin => spin::run(family),
    };
    let record = outcome.map(|outcome| arguments.tool.record(family, outcome));
    cli::report(&arguments, record)
}

/// Runs `rival-traceforge`, which lies beside this program, with the same arguments.
fn hand_on() -> Result<ExitCode, Refusal> {
    let failed = |e| Refusal::Failed(format!("rival-traceforge, beside this program: {e}"));
    let program = env::current_exe()
        .map_err(failed)?
        .with_file_name(format!("rival-traceforge{}", env::consts::EXE_SUFFIX));
    let status = Command::new(program)
        .args(env::args_os().skip(1))
        .status()
        .map_err(failed)?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(cli::FAILED)))
}
