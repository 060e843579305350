//! `learn`: a course of twelve exercises over real bugs. The checker judges each answer.
//!
//! `exercises` is the course as data. `judge` asks the searches if an answer is right. `work` looks
//! if a program still does what it should. `progress` keeps what is done in a file of the
//! learner's. `tell` prints exercises.

mod exercises;
mod judge;
mod progress;
mod tell;
mod work;

use std::path::{Path, PathBuf};

use gordian_checker::catalogue::VariantKind;
use gordian_checker::execution::escape::visible;

use super::args::SearchArgs;
use super::failure::Failure;
use super::select_kernels;
use super::target::Target;
use super::terminal::Tone;
use super::{Session, exit};
use exercises::{EXERCISES, Exercise, Kind};
use judge::{Judge, Verdict};
use progress::Progress;

/// The arguments of `learn`.
#[derive(clap::Args, Debug)]
pub(crate) struct LearnArgs {
    /// The number of an exercise [default: the first that is not done]
    #[arg(value_name = "NUMBER", value_parser = number())]
    exercise: Option<usize>,
    /// The answer, in the form that the exercise asks for
    #[arg(value_name = "ANSWER", requires = "exercise")]
    answer: Vec<String>,
    /// List the exercises, and which are done
    #[arg(long, conflicts_with_all = ["answer", "hint", "reset", "start"])]
    list: bool,
    /// Show a hint
    #[arg(long, conflicts_with_all = ["answer", "reset", "start"])]
    hint: bool,
    /// Forget that an exercise is done, or all
    #[arg(long, conflicts_with_all = ["answer", "start"])]
    reset: bool,
    /// Write the Go files of an exercise into this folder, to begin with
    #[arg(long, value_name = "DIR", conflicts_with = "answer")]
    start: Option<PathBuf>,
    /// The file in which it is kept what is done
    #[arg(
        long,
        value_name = "FILE",
        env = "GORDIAN_PROGRESS",
        hide_env_values = true,
        default_value = "gordian-progress.txt"
    )]
    progress: PathBuf,
    #[command(flatten)]
    search: SearchArgs,
}

fn number() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    let last = i64::try_from(EXERCISES.len()).unwrap_or(i64::MAX);
    clap::value_parser!(u16).range(1..=last).map(usize::from)
}

pub(crate) fn learn(session: &mut Session<'_>, args: &LearnArgs) -> Result<u8, Failure> {
    let mut progress = Progress::read(&args.progress)?;
    if args.reset {
        progress.reset(args.exercise);
        progress.write(&args.progress)?;
        let what = args
            .exercise
            .map_or("all".to_owned(), |it| format!("exercise {it}"));
        writeln!(session.out, "forgotten: {what}")?;
        return Ok(exit::AS_EXPECTED);
    }
    if args.list {
        return tell::list(session, &progress);
    }
    let first = (1..=EXERCISES.len()).find(|number| !progress.is_done(*number));
    let Some(number) = args.exercise.or(first) else {
        let all = "all exercises are done; `--list` shows them, and a number shows one again";
        writeln!(session.out, "{}", session.terminal.paint(Tone::Good, all))?;
        return Ok(exit::AS_EXPECTED);
    };
    let exercise = &EXERCISES[number - 1];
    if args.hint {
        session.write_under("hint", 8, exercise.hint)?;
        return Ok(exit::AS_EXPECTED);
    }
    if let Some(folder) = &args.start {
        return start(session, exercise, number, folder);
    }
    if args.answer.is_empty() {
        return tell::exercise(session, exercise, number, progress.is_done(number));
    }
    let words: Vec<&str> = args.answer.iter().map(String::as_str).collect();
    let judge = Judge::new(&args.search, exercise)?;
    let verdict = match exercise.kind {
        Kind::Predict(_) => judge.prediction(session, &words)?,
        Kind::Schedule => judge.schedule(session, &words)?,
        Kind::Fix(_) => judge.fix(session, &words)?,
        Kind::Reduce(_) => judge.kernel(session, &words)?,
    };
    let next = (1..=EXERCISES.len()).find(|it| *it != number && !progress.is_done(*it));
    match verdict {
        Verdict::Right(note) => {
            progress.note(number, &note);
            progress.write(&args.progress)?;
            tell::right(session, exercise, &note, next)?;
            Ok(exit::AS_EXPECTED)
        }
        Verdict::Wrong(why) => {
            let wrong = session.terminal.paint(Tone::Bad, "not yet:");
            writeln!(session.out, "{wrong} {}", visible(&why))?;
            let learn = call(session, "learn");
            session.hint(&format!("`{learn} {number} --hint` has a hint"));
            Ok(exit::UNEXPECTED)
        }
    }
}

/// Returns the words that call a subcommand. The program of the crate `exercises`, which has the
/// learner's kernels, is called by cargo.
fn call(session: &Session<'_>, subcommand: &str) -> String {
    let mut kernels = session.catalogue.iter();
    match kernels.any(|kernel| kernel.name.starts_with("exercise/")) {
        true if subcommand == "learn" => "cargo learn".to_owned(),
        true => format!("cargo run --release -p exercises -- {subcommand}"),
        false => format!("{} {subcommand}", session.program),
    }
}

/// Returns a variant of the kernel of an exercise.
fn target(
    session: &Session<'_>,
    exercise: &Exercise,
    form: VariantKind,
) -> Result<Target, Failure> {
    let kernel = select_kernels::one(session, exercise.kernel)?;
    Ok(Target::Kernel(Box::new(kernel), form))
}

/// The module file that Go wants beside its files.
const MODULE: (&str, &str) = ("go.mod", "module exercise\n\ngo 1.19\n");

/// Writes the Go files of an exercise. Files that are there are left alone.
fn start(
    session: &mut Session<'_>,
    exercise: &Exercise,
    number: usize,
    folder: &Path,
) -> Result<u8, Failure> {
    if let Kind::Predict(_) | Kind::Schedule = exercise.kind {
        let text = format!("exercise {number} has no files: it is answered on the command line");
        return Err(Failure::Usage(text));
    }
    let code = exercise.in_go(&select_kernels::one(session, exercise.kernel)?);
    let cannot = |path: &Path, error: std::io::Error| {
        Failure::Usage(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    for (name, text) in [MODULE, ("main.go", &code)] {
        let path = folder.join(name);
        if path.exists() {
            session.warn(&format!(
                "{} is there already, and left alone",
                path.display()
            ));
            continue;
        }
        std::fs::write(&path, text).map_err(|error| cannot(&path, error))?;
        writeln!(session.out, "{}", visible(&path.display().to_string()))?;
    }
    Ok(exit::AS_EXPECTED)
}
