//! `completions` and `man`: generated from the one definition of the command line.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory, Id};
use clap_complete::Shell;
use gordian_checker::catalogue::Kernel;
use gordian_checker::render::commands::shell_word;

use super::args::{Args, CompletionsArgs, ManArgs};
use super::failure::Failure;
use super::{Session, exit};

pub(crate) fn completions(
    session: &mut Session<'_>,
    args: &CompletionsArgs,
) -> Result<u8, Failure> {
    let mut command = with_kernels(Args::command(), session.catalogue);
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, &session.program, &mut text);
    session.out.write_all(&text)?;
    if args.shell == Shell::Fish {
        // The generator for this shell leaves the values of arguments out.
        let commands = command.get_subcommands();
        let commands: Vec<&str> = commands
            .filter(|command| kernels_of(command).is_some())
            .map(Command::get_name)
            .collect();
        writeln!(
            session.out,
            "complete -c {} -n \"__fish_seen_subcommand_from {}\" -f -a \"{}\"",
            shell_word(&session.program),
            commands.join(" "),
            names(session.catalogue).join(" ")
        )?;
    }
    Ok(exit::AS_EXPECTED)
}

/// Returns the command line with the names of the kernels as the values of its arguments.
fn with_kernels(command: Command, catalogue: &[Kernel]) -> Command {
    command.mut_subcommands(|subcommand| match kernels_of(&subcommand) {
        None => subcommand,
        Some(id) => subcommand.mut_arg(id, |arg| {
            arg.value_parser(PossibleValuesParser::new(names(catalogue)))
        }),
    })
}

/// Returns the argument of a subcommand that takes kernels.
fn kernels_of(subcommand: &Command) -> Option<Id> {
    let mut ids = subcommand.get_arguments().map(Arg::get_id);
    ids.find(|id| ["kernel", "kernels"].contains(&id.as_str()))
        .cloned()
}

/// Returns the names of the kernels that every shell reads as they are.
fn names(catalogue: &[Kernel]) -> Vec<&'static str> {
    let names = catalogue.iter().map(|kernel| kernel.name);
    names.filter(|name| shell_word(name) == *name).collect()
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
