//! `--checkpoint`: a search is written down now and then, and goes on after a crash.
//!
//! The file is replaced in one piece: what is new is written beside it, forced to the disk, and renamed. Its first line is JSON and says whose search it is; what
//! follows is the search, and a checksum.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gordian_checker::explore::{Limit, Saved};
use gordian_checker::{Checker, Report};
use serde::{Deserialize, Serialize};

use super::args::Time;
use super::failure::Failure;

/// Where a search is written down.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Checkpoints")]
pub(crate) struct CheckpointArgs {
    /// Write the search to this file now and then; it is removed when the search is over
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// How often
    #[arg(long, value_name = "TIME", default_value_t = Time(Some(Duration::from_secs(30))), requires = "checkpoint")]
    pub(crate) checkpoint_every: Time,
    /// Go on with the search in that file; if there is none, begin
    #[arg(long, requires = "checkpoint")]
    pub(crate) resume: bool,
}

impl CheckpointArgs {
    /// What the flags say of the search of this subject.
    pub(crate) fn of(&self, owner: Owner) -> Option<Checkpoint> {
        Some(Checkpoint {
            path: self.checkpoint.clone()?,
            every: self.checkpoint_every.0.unwrap_or(Duration::MAX),
            resume: self.resume,
            owner,
        })
    }
}

/// Whose search it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Owner {
    format: u32,
    gordian: String,
    kernel: String,
    variant: String,
    source: String,
}

impl Owner {
    pub(crate) fn new(kernel: &str, variant: &str, source: String) -> Self {
        Self {
            format: 2,
            gordian: env!("CARGO_PKG_VERSION").to_owned(),
            kernel: kernel.to_owned(),
            variant: variant.to_owned(),
            source,
        }
    }

    /// In what the other is another one, in words.
    fn differs(&self, from: &Self) -> Option<String> {
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

/// A search that is written down.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    path: PathBuf,
    every: Duration,
    resume: bool,
    owner: Owner,
}

impl Checkpoint {
    /// A checker that writes itself down, and goes on with what is written.
    ///
    /// # Errors
    /// If the file is that of another search, or cannot be read, or is there and nobody asked for it.
    pub(crate) fn apply(&self, mut checker: Checker) -> Result<Checker, Failure> {
        let refuse = |why: String| {
            Failure::Usage(format!("cannot go on with {}: {why}", self.path.display()))
        };
        if !checker.can_be_saved() {
            return Err(Failure::Usage(format!(
                "the engine {} cannot be paused, so its search cannot be written down: --checkpoint is for the other engines",
                checker.which().name()
            )));
        }
        let there = self.path.exists();
        if there && !self.resume {
            return Err(Failure::Usage(format!(
                "{} is there already: go on with it by --resume, or remove it",
                self.path.display()
            )));
        }
        if there {
            let saved = read(&self.path, &self.owner).map_err(refuse)?;
            if saved.settings != checker.settings() {
                return Err(refuse(format!(
                    "it is a search with {}, and this is one with {}",
                    saved.settings,
                    checker.settings()
                )));
            }
            checker = checker.go_on_with(saved);
        }
        let (path, owner) = (self.path.clone(), self.owner.clone());
        let told = AtomicBool::new(false);
        Ok(checker.save_every(self.every, move |saved| {
            if let Err(error) = write(&path, &owner, saved)
                && !told.swap(true, Ordering::Relaxed)
            {
                let text = format!(
                    "cannot write {}: {error}; the search goes on",
                    path.display()
                );
                let _ = writeln!(io::stderr(), "{text}");
            }
        }))
    }

    /// Removes the file, unless the search was interrupted and is to be gone on with.
    pub(crate) fn finish(&self, report: &Report) {
        let stopped = |limit: &Limit| matches!(limit, Limit::Interrupt | Limit::Time(_));
        if report.fault.is_none() && !report.findings.limits.iter().any(stopped) {
            // Where they cannot be removed they do no harm: the one leads to the same result, the other is never read.
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(beside(&self.path));
        }
    }
}

/// Writes the file such that there is a whole one at any time.
fn write(path: &Path, owner: &Owner, saved: &Saved) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(owner)?;
    bytes.push(b'\n');
    bytes.extend(postcard::to_stdvec(saved).map_err(io::Error::other)?);
    bytes.extend(checksum(&bytes).to_le_bytes());
    let beside = beside(path);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    if let Err(error) = written {
        // The disk may be full.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    fs::rename(&beside, path)?;
    // The name is on the disk once its directory is. Not every system can do that.
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Ok(directory) = File::open(directory.unwrap_or(Path::new("."))) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// The file that is written before it takes the place of this one.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Reads the file; what is wrong with it, if something is.
fn read(path: &Path, owner: &Owner) -> Result<Saved, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let line = bytes.iter().position(|byte| *byte == b'\n');
    let line = line.ok_or("it is no checkpoint")?;
    let its: Owner =
        serde_json::from_slice(&bytes[..line]).map_err(|_| "it is no checkpoint".to_owned())?;
    if let Some(difference) = owner.differs(&its) {
        return Err(difference);
    }
    let (body, sum) = bytes
        .split_last_chunk::<8>()
        .filter(|(body, _)| body.len() > line)
        .ok_or("it is cut short")?;
    if checksum(body) != u64::from_le_bytes(*sum) {
        return Err("it is damaged: its checksum is wrong".to_owned());
    }
    postcard::from_bytes(&body[line + 1..]).map_err(|error| format!("it cannot be read: {error}"))
}

/// 64-bit FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
