//! `--checkpoint`: a search is saved now and then, and can be resumed after a crash.
//!
//! The file is replaced atomically: the new content is written beside it, forced to the disk, and
//! renamed. It is [sealed]: its first line identifies the search. Before the search begins, a trial
//! shows that the file can be written.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gordian_checker::execution::escape::visible_lines;
use gordian_checker::explore::{Checkpoint, Limit};
use gordian_checker::{Checker, Report};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::values::Time;
use super::{files, sealed};

/// The place where a search is saved.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Checkpoints")]
pub(crate) struct CheckpointArgs {
    /// Save the search to this file now and then; it is removed when the search is over
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Time between two saves
    #[arg(
        long,
        value_name = "TIME",
        default_value_t = Time(Some(Duration::from_secs(30))),
        requires = "checkpoint"
    )]
    pub(crate) checkpoint_every: Time,
    /// Resume the search in that file; if there is none, begin
    #[arg(long, requires = "checkpoint")]
    pub(crate) resume: bool,
}

impl CheckpointArgs {
    /// Returns the checkpoint file for the search of this subject, if the flags name one.
    pub(crate) fn of(&self, owner: Owner) -> Option<CheckpointFile> {
        Some(CheckpointFile {
            path: self.checkpoint.clone()?,
            every: self.checkpoint_every.0.unwrap_or(Duration::MAX),
            resume: self.resume,
            owner,
            unwritten: Arc::default(),
        })
    }
}

/// The number of the form of a checkpoint. It is raised with each change of a saved search: a file
/// of another form is refused.
const FORMAT: u32 = 7;

/// The identity of a search.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Owner {
    format: u32,
    gordian: String,
    pub(crate) kernel: String,
    pub(crate) variant: String,
    source: String,
}

impl Owner {
    pub(crate) fn new(kernel: &str, variant: &str, source: String) -> Self {
        Self {
            format: FORMAT,
            gordian: env!("CARGO_PKG_VERSION").to_owned(),
            kernel: kernel.to_owned(),
            variant: variant.to_owned(),
            source,
        }
    }

    /// Returns the difference to another owner, in words, if there is one.
    pub(crate) fn differs(&self, from: &Self) -> Option<String> {
        let fields = [
            ("kernel", &from.kernel, &self.kernel),
            ("variant", &from.variant, &self.variant),
            ("version of gordian", &from.gordian, &self.gordian),
            ("digest of the source", &from.source, &self.source),
        ];
        if self.format != from.format {
            return Some(format!(
                "it has format {}, and this is {}",
                from.format, self.format
            ));
        }
        let differs = fields.into_iter().find(|(_, then, now)| then != now);
        differs.map(|(what, then, now)| format!("its {what} is {then}, and this one's is {now}"))
    }
}

/// The file in which a search is saved.
#[derive(Clone, Debug)]
pub(crate) struct CheckpointFile {
    path: PathBuf,
    every: Duration,
    resume: bool,
    owner: Owner,
    /// The reason why the last save failed, if it did.
    unwritten: Arc<Mutex<Option<String>>>,
}

impl CheckpointFile {
    /// Returns a checker that saves itself, and resumes the saved search.
    ///
    /// # Errors
    /// If the file belongs to another search, or cannot be read or written, or exists without
    /// `--resume`.
    pub(crate) fn apply(&self, mut checker: Checker) -> Result<Checker, Failure> {
        let name = self.path.display();
        let refuse = |why: String| Failure::Usage(format!("cannot go on with {name}: {why}"));
        if !checker.can_checkpoint() {
            return Err(Failure::Usage(format!(
                "the engine {} cannot be paused, so its search cannot be written down: \
                 --checkpoint is for the other engines",
                checker.selected_engine().name()
            )));
        }
        let unusable = |error: io::Error| {
            Failure::Usage(format!(
                "cannot write the search down in {name}: {error}; name another file by --checkpoint"
            ))
        };
        let path = files::follow(&self.path).map_err(unusable)?;
        let there = files::is_there(&path).map_err(unusable)?;
        if there && !self.resume {
            return Err(Failure::Usage(format!(
                "{name} is there already: go on with it by --resume, or remove it"
            )));
        }
        if there {
            let saved = read(&path, &self.owner).map_err(refuse)?;
            if saved.key != checker.checkpoint_key() {
                return Err(refuse(format!(
                    "it is a search with {}, and this is one with {}",
                    saved.key,
                    checker.checkpoint_key()
                )));
            }
            checker = checker.resume_from(saved);
        }
        // A file that cannot be written is an error now, and not after the first interval.
        files::try_out(&path).map_err(unusable)?;
        let (owner, unwritten) = (self.owner.clone(), self.unwritten.clone());
        Ok(checker.checkpoint_every(self.every, move |saved| {
            let error = files::replace(&path, |file| sealed::write(file, &owner, saved)).err();
            let mut unwritten = unwritten.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(error), None) = (&error, &*unwritten) {
                let text = format!(
                    "cannot write {}: {error}; the search goes on",
                    path.display()
                );
                super::say(&visible_lines(&text));
            }
            *unwritten = error.map(|error| error.to_string());
        }))
    }

    /// Removes the file, unless the search was stopped and can be resumed. If it should be resumed
    /// and was not saved, reports that.
    pub(crate) fn finish(&self, report: &Report) {
        let stopped = |limit: &Limit| match limit {
            Limit::Interrupt
            | Limit::Time(_)
            | Limit::Memory { .. }
            | Limit::NoMemory(_)
            | Limit::NoStack(_) => true,
            Limit::Steps(_)
            | Limit::Executions(_)
            | Limit::States(_)
            | Limit::Goroutines(_)
            | Limit::Ticks
            | Limit::Random(_)
            | Limit::Preemptions(_)
            | Limit::Work(_)
            | Limit::FoundBad => false,
        };
        let path = files::follow(&self.path).unwrap_or_else(|_| self.path.clone());
        if report.fault.is_none() && !report.findings.limits.iter().any(stopped) {
            // Failures to remove them do no harm: the one leads to the same result, the other is
            // never read.
            let _ = fs::remove_file(&path);
            let _ = fs::remove_file(files::beside(&path));
            return;
        }
        let unwritten = self.unwritten.lock();
        let why = match &*unwritten.unwrap_or_else(PoisonError::into_inner) {
            Some(error) => format!("cannot write {}: {error}", path.display()),
            None if path.exists() => return,
            None => "it ended before it could be written".to_owned(),
        };
        let _ = writeln!(io::stderr(), "the search is NOT saved as it stands: {why}");
    }
}

/// Reads the file. On failure, returns the reason in words.
fn read(path: &Path, owner: &Owner) -> Result<Checkpoint, String> {
    let file = sealed::read(path, "checkpoint")?;
    match owner.differs(&file.header()?) {
        Some(difference) => Err(difference),
        None => file.content(),
    }
}
