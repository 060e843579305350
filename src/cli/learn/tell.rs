//! Prints exercises, and what is done of them.

use gordian_checker::catalogue::VariantKind;
use gordian_checker::execution::escape::{visible, visible_lines};

use super::exercises::{EXERCISES, Exercise, Kind, Work};
use super::progress::Progress;
use super::{call, target};
use crate::cli::failure::Failure;
use crate::cli::terminal::{Tone, cut};
use crate::cli::{Session, exit, select_kernels};

/// Columns before the texts.
const INDENT: usize = 12;

/// Lists the exercises, and which are done.
pub(super) fn list(session: &mut Session<'_>, progress: &Progress) -> Result<u8, Failure> {
    for (number, exercise) in (1..).zip(&EXERCISES) {
        let note = progress.of(number).unwrap_or_default();
        let (mark, tone) = match progress.is_done(number) {
            true => ("done", Tone::Good),
            false => ("", Tone::Plain),
        };
        let mark = session.terminal.paint(tone, &format!("{mark:4}"));
        let Exercise { kernel, title, .. } = exercise;
        let kind = exercise.kind.name();
        let line = format!("{number:>4}  {mark}  {kind:8}  {kernel:18}  {title}");
        let note = match note {
            "" => String::new(),
            note => format!("  ({})", visible(note)),
        };
        let line = cut(
            &format!("{line}{note}"),
            session.terminal.width,
            &session.terminal,
        );
        writeln!(session.out, "{line}")?;
    }
    Ok(exit::AS_EXPECTED)
}

/// Shows an exercise.
pub(super) fn exercise(
    session: &mut Session<'_>,
    exercise: &Exercise,
    number: usize,
    done: bool,
) -> Result<u8, Failure> {
    let count = EXERCISES.len();
    let done = if done { ", done" } else { "" };
    let title = format!(
        "exercise {number} of {count}: {}{done}",
        exercise.kind.name()
    );
    let title = session.terminal.paint(Tone::Name, &title);
    writeln!(session.out, "{title}  {}", exercise.title)?;
    let form = match &exercise.kind {
        Kind::Predict(form) => *form,
        Kind::Schedule | Kind::Fix(_) | Kind::Reduce(_) => VariantKind::Buggy,
    };
    if let Kind::Predict(_) | Kind::Schedule = &exercise.kind {
        writeln!(session.out)?;
        source(session, exercise, form)?;
    }
    if let Kind::Reduce(_) = &exercise.kind {
        let kernel = select_kernels::one(session, exercise.kernel)?;
        writeln!(session.out, "\n{}", exercise.in_go(&kernel).trim_end())?;
    }
    writeln!(session.out)?;
    session.write_under("story", INDENT, exercise.story)?;
    for (name, text) in task(session, exercise, number) {
        session.write_under(name, INDENT, &text)?;
    }
    Ok(exit::AS_EXPECTED)
}

/// Prints the source of a variant with the numbers of its lines, without the comment at its start:
/// that one tells which variant it is.
fn source(
    session: &mut Session<'_>,
    exercise: &Exercise,
    form: VariantKind,
) -> Result<(), Failure> {
    let target = target(session, exercise, form)?;
    let text = target.source().unwrap_or_default();
    let lines = (1..).zip(text.lines());
    let lines = lines.skip_while(|(_, line)| line.starts_with("//!") || line.is_empty());
    for (number, line) in lines {
        let number = session.terminal.paint(Tone::Faint, &format!("{number:>4}"));
        writeln!(
            session.out,
            "{}",
            format!("{number}  {}", visible_lines(line)).trim_end()
        )?;
    }
    Ok(())
}

/// Returns what is to be done, and how it is handed in.
fn task(session: &Session<'_>, exercise: &Exercise, number: usize) -> Vec<(&'static str, String)> {
    let (learn, play) = (call(session, "learn"), call(session, "play"));
    let kernel = exercise.kernel;
    match &exercise.kind {
        Kind::Predict(_) => vec![
            (
                "task",
                "Read the source. Can it end badly? If it can: which goroutines are stuck then, \
                 all of them, and does that happen under some schedules or under all?"
                    .to_owned(),
            ),
            (
                "hand in",
                format!(
                    "{learn} {number} ANSWER, which is none, or some NAME,NAME, or all \
                     NAME,NAME. If there are several bad ends, any of them will do."
                ),
            ),
        ],
        Kind::Schedule => vec![
            (
                "task",
                "Be the scheduler: find a schedule that ends badly, in few moves.".to_owned(),
            ),
            (
                "play",
                format!("{play} {kernel}, which prints the schedule at its end"),
            ),
            (
                "hand in",
                format!("{learn} {number} 'SCHEDULE', or @FILE, as `step` saves it"),
            ),
        ],
        Kind::Fix(work) => vec![
            (
                "task",
                "Mend it. It must be proved, and do the same work: what is sent, received and \
                 closed now must still be."
                    .to_owned(),
            ),
            ("in Rust", in_rust(work, number)),
            ("in Go", in_go(number, &learn)),
        ],
        Kind::Reduce(work) => vec![
            (
                "task",
                "Write a kernel of this code: what is needed for the bug, and no more. Write it \
                 twice, with the bug and with a fix. The first must get stuck as upstream did, \
                 the second must be proved."
                    .to_owned(),
            ),
            ("in Rust", in_rust(work, number)),
            (
                "in Go",
                format!(
                    "{learn} {number} --start DIR writes this file. Add a main that gets \
                     stuck; copy the folder and mend the copy; {learn} {number} ./DIR \
                     ./COPY"
                ),
            ),
        ],
    }
}

fn in_rust(work: &Work, number: usize) -> String {
    let (kernel, file) = work.own;
    format!("edit {file} of the repository; cargo learn {number} {kernel}")
}

fn in_go(number: usize, learn: &str) -> String {
    format!(
        "{learn} {number} --start DIR writes the program; mend it; {learn} \
         {number} ./DIR"
    )
}

/// Says that an answer is right, and what upstream did.
pub(super) fn right(
    session: &mut Session<'_>,
    exercise: &Exercise,
    note: &str,
    next: Option<usize>,
) -> Result<(), Failure> {
    let right = session.terminal.paint(Tone::Good, "right");
    let note = match note {
        "" => String::new(),
        note => format!(": {note}"),
    };
    writeln!(session.out, "{right}{note}")?;
    let target = target(session, exercise, VariantKind::Buggy)?;
    let facts = target.facts().unwrap_or_default();
    for (name, text) in facts.rows().into_iter().take(3) {
        session.write_under(name, INDENT, text)?;
    }
    let learn = call(session, "learn");
    let more = format!("{} {}", call(session, "why"), exercise.kernel);
    session.write_under("more", INDENT, &more)?;
    match next {
        Some(next) => session.write_under("next", INDENT, &format!("{learn} {next}")),
        None => session.write_under("next", INDENT, "that was the last one"),
    }
}
