//! The cache of exports. An entry is found by what was asked for and by Go. It holds if all that it
//! was made from is as it was: files by their content, folders by the names in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::builder::Exporter;
use super::manifest::{Manifest, tree_of};
use super::toolchain::Toolchain;
use super::{Exports, Kind, Problem, Settings, digest, read_packages};

/// The number of entries that are kept.
const MOST: usize = 500;

/// The place of an entry.
#[derive(Debug)]
pub(super) struct Entry {
    folder: PathBuf,
}

/// The file that is written beside the exports.
#[derive(Serialize, Deserialize, Debug)]
struct Index {
    toolchain: String,
    packages: Vec<String>,
    files: BTreeMap<PathBuf, Option<String>>,
    folders: BTreeMap<PathBuf, Option<String>>,
}

impl Entry {
    pub(super) fn new(
        settings: &Settings,
        toolchain: &Toolchain,
        exporter: &Exporter,
        folder: &Path,
        patterns: &[String],
    ) -> Self {
        let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let (whole, go) = (whole.to_string_lossy(), toolchain.digest());
        let mut parts = vec![&*whole, &go, &exporter.key, &settings.tags];
        parts.extend(patterns.iter().map(String::as_str));
        let key = digest::of(parts.into_iter().map(str::as_bytes));
        let folder = settings.cache.join("exports").join(&key[..32]);
        Self { folder }
    }

    /// Returns the exports if nothing has changed.
    pub(super) fn read(&self, root: &Path) -> Option<Exports> {
        let text = fs::read(self.folder.join("index.json")).ok()?;
        let index: Index = serde_json::from_slice(&text).ok()?;
        let same_file =
            |(path, hash): (&PathBuf, &Option<String>)| digest::of_file(path).ok() == *hash;
        let same_folder =
            |(path, hash): (&PathBuf, &Option<String>)| digest::of_listing(path).ok() == *hash;
        if !index.files.iter().all(same_file) || !index.folders.iter().all(same_folder) {
            return None;
        }
        Some(Exports {
            toolchain: index.toolchain,
            packages: read_packages(&index.packages, &self.folder).ok()?,
            problems: vec![],
            root: root.to_owned(),
            cached: true,
        })
    }

    /// Makes a folder for the exporter to write in, which no other process uses.
    pub(super) fn work_folder(&self) -> Result<PathBuf, Box<Problem>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut folder = self.folder.clone();
        folder.set_extension(format!("{}-{number}.new", std::process::id()));
        let made = match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(&folder),
        };
        made.map_err(|error| {
            let text = format!("cannot write in {}: {error}", folder.display());
            Box::new(Problem::new(Kind::Cache, &text))
        })?;
        Ok(folder)
    }

    /// Keeps the exports in a work folder. It says whether it did: what was changed while the
    /// exporter ran is not kept, and without a cache all goes on.
    pub(super) fn keep(
        &self,
        work: &Path,
        manifest: &Manifest,
        toolchain: &Toolchain,
        folder: &Path,
        patterns: &[String],
        began: SystemTime,
    ) -> bool {
        let mut files: BTreeSet<PathBuf> = manifest.files().into_iter().collect();
        files.extend(toolchain.module_files());
        let mut folders: BTreeSet<PathBuf> = manifest.folders().into_iter().collect();
        for top in patterns.iter().filter_map(|it| tree_of(folder, it)) {
            add_tree(top, &mut folders);
        }
        let changed = |path: &PathBuf| {
            let modified = fs::metadata(path).and_then(|it| it.modified());
            modified.is_ok_and(|modified| modified >= began)
        };
        if files.iter().chain(&folders).any(changed) {
            return false;
        }
        let hashed = |set: BTreeSet<PathBuf>, hash: fn(&Path) -> io::Result<String>| {
            let pair = |path: PathBuf| {
                let hash = hash(&path).ok();
                (path, hash)
            };
            set.into_iter().map(pair).collect()
        };
        let index = Index {
            toolchain: toolchain.version.clone(),
            packages: manifest.packages.clone(),
            files: hashed(files, digest::of_file),
            folders: hashed(folders, digest::of_listing),
        };
        self.put(work, &index).is_ok()
    }

    fn put(&self, work: &Path, index: &Index) -> io::Result<()> {
        fs::write(work.join("index.json"), serde_json::to_vec(index)?)?;
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::rename(work, &self.folder)?,
        }
        self.prune()
    }

    /// Removes the oldest entries if there are too many.
    fn prune(&self) -> io::Result<()> {
        let mut entries = vec![];
        for entry in fs::read_dir(self.folder.parent().unwrap_or(&self.folder))? {
            let entry = entry?;
            entries.push((entry.metadata()?.modified()?, entry.path()));
        }
        entries.sort();
        let surplus = entries.len().saturating_sub(MOST);
        entries[..surplus]
            .iter()
            .try_for_each(|(_, path)| fs::remove_dir_all(path))
    }
}

/// Adds the folders in which `...` finds packages.
fn add_tree(top: PathBuf, folders: &mut BTreeSet<PathBuf>) {
    let entries = fs::read_dir(&top).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_folder = entry.file_type().is_ok_and(|it| it.is_dir());
        if is_folder && !digest::is_passed_over(&name.to_string_lossy()) {
            add_tree(entry.path(), folders);
        }
    }
    folders.insert(top);
}
