//! `completions` and `man`: generated from the one definition of the command line.

use clap::CommandFactory;

use super::args::{Args, CompletionsArgs, ManArgs};
use super::failure::Failure;
use super::{Session, exit};

pub(crate) fn completions(
    session: &mut Session<'_>,
    args: &CompletionsArgs,
) -> Result<u8, Failure> {
    let mut command = Args::command();
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, &session.program, &mut text);
    session.out.write_all(&text)?;
    Ok(exit::AS_EXPECTED)
}

pub(crate) fn man(session: &mut Session<'_>, args: &ManArgs) -> Result<u8, Failure> {
    let mut command = Args::command().bin_name(&session.program);
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(Failure::Usage(format!("no subcommand is named `{name}`"))),
        },
    };
    clap_mangen::Man::new(page).render(&mut session.out)?;
    Ok(exit::AS_EXPECTED)
}
