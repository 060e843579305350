//! The files of a search in parts, in one folder: its tree, and for each part of the round the part
//! and what was found of it.
//!
//! Each is there as a whole or not at all, and two explorations of a part write the same file.

use std::fs;
use std::path::{Path, PathBuf};

use gordian_checker::Checker;
use gordian_checker::Engine;
use gordian_checker::catalogue::TimerRules;
use gordian_checker::explore::Limits;
use gordian_checker::explore::optimal::Part;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::cli::checkpoint::Owner;
use crate::cli::failure::Failure;
use crate::cli::files;
use crate::cli::memory::Memory;
use crate::cli::sealed::{self, Sealed};

/// The name of the file with the tree.
const TREE: &str = "tree";

/// The first line of each file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// The number of the round, from 1.
    pub(super) round: u32,
    pub(super) owner: Owner,
    pub(super) settings: Settings,
}

/// The content of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Tree,
    Part,
    Explored,
}

/// The settings that are the same for all parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    /// Most parts of a round.
    pub(super) parts: usize,
    /// Most executions of a part in one round.
    pub(super) executions_max: Option<u64>,
    pub(super) steps_max: usize,
    pub(super) goroutines_max: usize,
    pub(super) keep_going: bool,
    pub(super) timers: TimerRules,
}

impl Settings {
    /// Returns a checker with these settings.
    pub(super) fn checker(&self, memory_max: Option<Memory>) -> Checker {
        let limits = Limits {
            executions_max: self.executions_max,
            steps_max: self.steps_max,
            goroutines_max: self.goroutines_max,
            memory_max: Memory::or_half(memory_max),
            ..Limits::default()
        };
        Checker::new()
            .engine(Engine::Optimal)
            .limits(limits)
            .keep_going(self.keep_going)
            .timers(self.timers)
    }
}

impl Header {
    /// Returns the header of a file of this kind and the same round.
    pub(super) fn of(&self, kind: Kind) -> Self {
        let header = self.clone();
        Self { kind, ..header }
    }

    /// Returns the difference to the header of another file of the search, in words, if there is
    /// one that must not be.
    pub(super) fn differs(&self, other: &Self) -> Option<String> {
        let round = self.round != other.round;
        let round = round.then(|| format!("it is of round {}, not {}", other.round, self.round));
        let settings = self.settings != other.settings;
        let settings = settings.then(|| "it is of a search with other flags".to_owned());
        self.owner.differs(&other.owner).or(settings).or(round)
    }
}

/// Returns the file with the tree.
pub(super) fn tree(folder: &Path) -> PathBuf {
    folder.join(TREE)
}

/// Returns the file of a part.
pub(super) fn of_part(folder: &Path, round: u32, part: &Part) -> PathBuf {
    folder.join(format!("{round}-{}.part", part.number))
}

/// Returns the file of what was found of the part in this file.
pub(super) fn explored(part: &Path) -> PathBuf {
    part.with_extension("done")
}

pub(super) fn write(path: &Path, header: &Header, content: &impl Serialize) -> Result<(), Failure> {
    let shown = path.display();
    files::replace(path, |file| sealed::write(file, header, content))
        .map_err(|error| Failure::Usage(format!("cannot write {shown}: {error}")))
}

/// A file whose first line was read.
pub(super) struct Opened<'a> {
    path: &'a Path,
    pub(super) header: Header,
    file: Sealed,
}

/// Opens a file of this kind.
pub(super) fn open(path: &Path, kind: Kind) -> Result<Opened<'_>, Failure> {
    let what = match kind {
        Kind::Tree => "tree of a search in parts",
        Kind::Part => "part of a search",
        Kind::Explored => "result of a part",
    };
    let file = sealed::read(path, what);
    let opened = file.and_then(|file| {
        let header: Header = file.header()?;
        match header.kind == kind {
            true => Ok(Opened { path, header, file }),
            false => Err(format!("it is no {what}")),
        }
    });
    opened.map_err(|why| {
        unusable(
            path,
            &format!(
                "{why}\n  `split KERNEL --out DIR` writes a tree and parts, and `part FILE` \
                 a result"
            ),
        )
    })
}

impl Opened<'_> {
    /// Reads the rest, which this version of the program has written.
    pub(super) fn content<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let content = self.file.content();
        content.map_err(|why| unusable(self.path, &why))
    }
}

/// Returns the failure that a file cannot be used, and why.
pub(super) fn unusable(path: &Path, why: &str) -> Failure {
    Failure::Usage(format!("cannot use {}: {why}", path.display()))
}

/// Removes the files of a round that is over. What cannot be removed does no harm.
pub(super) fn remove_round(folder: &Path, round: u32, parts: &[Part]) {
    for part in parts {
        let part = of_part(folder, round, part);
        let _ = fs::remove_file(explored(&part));
        let _ = fs::remove_file(part);
    }
}
