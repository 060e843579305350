//! `split`, `part`, and `merge` of a folder: one search in parts, which can be explored on many
//! machines, in rounds.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gordian_checker::execution::words;
use gordian_checker::explore::optimal::{ExploredPart, Frontier, Part};
use gordian_checker::explore::{Limit, Watch};
use gordian_checker::model::Fault;
use gordian_checker::render::commands::shell_word;
use gordian_checker::supervise::STALL_MAX;
use gordian_checker::{Checker, Engine, Subject, Verdict};

use super::part_file::{
    self, Header, Kind, Settings, explored, of_part, open, tree, unusable, write,
};
use super::row::{About, Answer, Row, Task};
use super::sheet::Sheet;
use crate::cli::args::{PartArgs, SheetArgs, SplitArgs};
use crate::cli::checkpoint::Owner;
use crate::cli::expectation::wanted;
use crate::cli::failure::Failure;
use crate::cli::memory::Memory;
use crate::cli::search::refuse_zero;
use crate::cli::supervise::supervise;
use crate::cli::target::{self, Target};
use crate::cli::terminal::{count, thousands};
use crate::cli::{Session, exit, select_kernels, signals};

/// Splits the search of a kernel, and writes the parts of the first round.
pub(crate) fn split(session: &mut Session<'_>, args: &SplitArgs) -> Result<u8, Failure> {
    refuse_zero(&[args.steps_max, args.goroutines_max])?;
    let target = kernel(
        session,
        &args.kernel,
        args.variant.as_deref().unwrap_or("buggy"),
    )?;
    let settings = Settings {
        parts: args.parts.get().into(),
        executions_max: args.executions_max.0,
        steps_max: args.steps_max,
        goroutines_max: args.goroutines_max,
        keep_going: args.keep_going,
        timers: args.timers.of(&target),
    };
    let (folder, parts) = (args.out.as_path(), settings.parts);
    fs::create_dir(folder).map_err(|error| {
        let shown = folder.display();
        Failure::Usage(format!(
            "cannot make the folder {shown}: {error}; name a new one by --out"
        ))
    })?;
    let checker = settings.checker(None);
    let mut frontier = work(&target, checker, move |checker, subject| {
        checker.split(subject, parts)
    })?;
    refuse_interrupted(&frontier.findings().limits)?;
    frontier.give(parts);
    let header = Header {
        kind: Kind::Tree,
        round: 1,
        owner: owner(&target),
        settings,
    };
    write_round(folder, &header, &frontier)?;
    tell_round(session, folder, &header, frontier.given().count())?;
    Ok(exit::AS_EXPECTED)
}

/// Explores parts, and writes beside each what is found.
pub(crate) fn part(session: &mut Session<'_>, args: &PartArgs) -> Result<u8, Failure> {
    let mut code = exit::AS_EXPECTED;
    for path in &args.files {
        if finds_unexpected(session, path, args.memory_max)? {
            code = exit::UNEXPECTED;
        }
    }
    Ok(code)
}

/// Explores the part in a file. Returns true if it has something bad, and should have nothing.
fn finds_unexpected(
    session: &Session<'_>,
    path: &Path,
    memory_max: Option<Memory>,
) -> Result<bool, Failure> {
    let file = open(path, Kind::Part)?;
    let header = &file.header;
    let target = target_of(session, path, header)?;
    let part: Part = file.content()?;
    let checker = header.settings.checker(memory_max);
    let found = work(&target, checker, move |checker, subject| {
        checker.explore_part(subject, part)
    })?;
    refuse_interrupted(&found.findings.limits)?;
    let path = explored(path);
    write(&path, &header.of(Kind::Explored), &found)?;
    let executions = match found.findings.executions {
        1 => "1 execution".to_owned(),
        several => format!("{} executions", thousands(several)),
    };
    let (is_bad, shown) = (found.findings.found_bad(), path.display());
    let bad = if is_bad { "a bad end" } else { "nothing bad" };
    session.hint(&format!("{executions}, {bad}, written to {shown}"));
    Ok(is_bad && wanted(target.expected()) == Verdict::Proved)
}

/// Puts the parts of a round together. Begins the next round, or reports the result.
pub(super) fn merge_parts(
    session: &mut Session<'_>,
    folder: &Path,
    sheet: &SheetArgs,
) -> Result<u8, Failure> {
    let start = Instant::now();
    let tree = tree(folder);
    let file = open(&tree, Kind::Tree)?;
    let mut header = file.header.clone();
    let target = target_of(session, &tree, &header)?;
    let mut frontier: Frontier = file.content()?;
    let round: Vec<Part> = frontier.given().collect();
    let explored = results(session, folder, &header, &round)?;
    let checker = header.settings.checker(None);
    if !round.is_empty() {
        frontier = work(&target, checker.clone(), move |checker, subject| {
            checker.take_parts(subject, &mut frontier, &explored)?;
            Ok(frontier)
        })?;
        frontier.give(header.settings.parts);
        header.round += 1;
        write_round(folder, &header, &frontier)?;
        part_file::remove_round(folder, header.round - 1, &round);
    }
    let open = frontier.given().count();
    if open > 0 {
        tell_round(session, folder, &header, open)?;
        return Ok(exit::NO_ANSWER);
    }
    let task = Task {
        target: target.clone(),
        engine: Engine::Optimal,
    };
    let report = work(&target, checker, move |checker, subject| {
        Ok(checker.report_of_parts(subject, &frontier))
    })?;
    let mut sheet = Sheet::begin(session, sheet, vec![About::new(&task)])?;
    sheet.take(
        session,
        Answer::Row(Box::new(Row::new(&task, report, None))),
    )?;
    sheet.end(session, start.elapsed())
}

/// Reads the results of all parts of a round.
///
/// # Errors
/// If some are missing: then their parts are there.
fn results(
    session: &Session<'_>,
    folder: &Path,
    header: &Header,
    round: &[Part],
) -> Result<Vec<ExploredPart>, Failure> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for part in round {
        let path = of_part(folder, header.round, part);
        let result = explored(&path);
        if result.exists() {
            let file = open(&result, Kind::Explored)?;
            if let Some(difference) = header.differs(&file.header) {
                return Err(unusable(&result, &difference));
            }
            let explored: ExploredPart = file.content()?;
            found.push(explored);
            continue;
        }
        if !path.exists() {
            write(&path, &header.of(Kind::Part), part)?;
        }
        missing.push(path);
    }
    match &missing[..] {
        [] => Ok(found),
        [first, ..] => {
            let (count, all) = (missing.len(), round.len());
            let (program, first) = (shell_word(&session.program), first.display().to_string());
            let next = format!("{program} part {}", shell_word(&first));
            Err(Failure::NoAnswer(format!(
                "of {all} parts of round {}, {count} are not explored yet\n  {next}",
                header.round
            )))
        }
    }
}

fn write_round(folder: &Path, header: &Header, frontier: &Frontier) -> Result<(), Failure> {
    // The tree comes first: with it the parts can be written again.
    write(&tree(folder), &header.of(Kind::Tree), frontier)?;
    frontier.given().try_for_each(|part| {
        let path = of_part(folder, header.round, &part);
        write(&path, &header.of(Kind::Part), &part)
    })
}

fn tell_round(
    session: &mut Session<'_>,
    folder: &Path,
    header: &Header,
    open: usize,
) -> Result<(), Failure> {
    let (round, parts) = (header.round, count(open, "part"));
    writeln!(
        session.out,
        "round {round}: {parts} in {}",
        folder.display()
    )?;
    let program = shell_word(&session.program);
    let folder = shell_word(&folder.display().to_string());
    session.hint(&format!(
        "explore them, here or elsewhere, then merge:\n  {program} part {folder}/{round}-*.part\n  \
         {program} merge {folder}"
    ));
    Ok(())
}

/// Returns this variant of a kernel.
fn kernel(session: &Session<'_>, name: &str, variant: &str) -> Result<Target, Failure> {
    if target::is_go(session, name) {
        return Err(Failure::Usage(format!(
            "`{name}` is Go, and only kernels in Rust are searched in parts: `check --shard` deals \
             out tests"
        )));
    }
    target::of_kernel(select_kernels::one(session, name)?, variant)
}

/// Returns the target of a file.
fn target_of(session: &Session<'_>, path: &Path, header: &Header) -> Result<Target, Failure> {
    let target = kernel(session, &header.owner.kernel, &header.owner.variant)?;
    match owner(&target).differs(&header.owner) {
        Some(difference) => Err(unusable(path, &difference)),
        None => Ok(target),
    }
}

fn owner(target: &Target) -> Owner {
    Owner::new(target.name(), &target.form(), target.digest())
}

/// Works on a target, watched.
fn work<T: Send + 'static>(
    target: &Target,
    checker: Checker,
    work: impl FnOnce(&Checker, &dyn Subject) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Failure> {
    let watch: Arc<Watch> = Arc::default();
    let (checker, target) = (checker.watch(watch.clone()), target.clone());
    let _interruptible = signals::Guard::new(&watch);
    let done = supervise(
        &watch,
        Some(STALL_MAX),
        |_| {},
        move || work(&checker, target.subject().as_ref()),
    )?;
    done.map_err(|fault| Failure::NoAnswer(words::fault(&fault)))
}

/// Refuses what an interrupt has cut short: it is done again.
fn refuse_interrupted(limits: &[Limit]) -> Result<(), Failure> {
    match limits.contains(&Limit::Interrupt) {
        true => Err(Failure::NoAnswer("interrupted: run it again".to_owned())),
        false => Ok(()),
    }
}
