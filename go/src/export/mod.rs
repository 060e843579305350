//! Exports of Go packages. The exporter in `exporter/` is built with the user's own Go when it is
//! first needed. What it has written is kept until something that it depends on changes.

mod builder;
mod cache;
mod digest;
mod error;
mod manifest;
mod toolchain;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use error::{Kind, Place, Problem};

use manifest::Manifest;
use toolchain::Toolchain;

/// The folders that are used, and the things that are allowed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The command that is Go.
    pub go: OsString,
    /// The folder for what is kept: the exporter, once built, and exports.
    pub cache: PathBuf,
    /// A folder with `src/golang.org/x/tools`, as Debian's package has one. With it nothing is
    /// downloaded.
    pub gopath: Option<PathBuf>,
    /// Go may not download anything.
    pub offline: bool,
    /// The build tags, as `go build -tags` takes them.
    pub tags: String,
}

impl Settings {
    /// Returns the settings that variables of the environment give. Without a home folder there is
    /// no cache, which is a problem.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Box<Problem>> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let within = |name: &str, rest: &str| set(name).map(|home| PathBuf::from(home).join(rest));
        let cache = set("GORDIAN_CACHE")
            .map(PathBuf::from)
            .or_else(|| within("XDG_CACHE_HOME", "gordian"))
            .or_else(|| within("LOCALAPPDATA", "gordian"))
            .or_else(|| within("HOME", ".cache/gordian"))
            .ok_or_else(|| {
                let text = "there is no folder for a cache: HOME is not set";
                Box::new(Problem::new(Kind::Cache, text))
            })?;
        Ok(Self {
            go: set("GORDIAN_GO").unwrap_or_else(|| "go".into()),
            cache,
            gopath: set("GORDIAN_GOPATH").map(PathBuf::from),
            offline: false,
            tags: String::new(),
        })
    }
}

/// The exports of the packages that were asked for.
#[derive(Debug)]
pub struct Exports {
    /// The version of Go, `go1.24.1`.
    pub toolchain: String,
    /// The packages that have a test or a main, by path.
    pub packages: Vec<Package>,
    /// The reasons why others could not be exported.
    pub problems: Vec<Problem>,
    /// The folder from which files are named: that of the module, or the one that was asked about.
    pub root: PathBuf,
    /// Nothing was exported: all had been before.
    pub cached: bool,
}

/// The export of one package.
#[derive(Debug)]
pub struct Package {
    /// The import path.
    pub path: String,
    /// The text of the export, as `exporter/FORMAT.md` describes it.
    pub json: String,
}

/// Exports the packages that patterns name, as the go command takes them, in a folder.
///
/// What takes long is announced to `say`.
pub fn export(
    settings: &Settings,
    folder: &Path,
    patterns: &[String],
    say: &mut dyn FnMut(&str),
) -> Result<Exports, Box<Problem>> {
    let toolchain = Toolchain::find(settings, folder)?;
    let exporter = builder::Exporter::new(settings, &toolchain)?;
    let entry = cache::Entry::new(settings, &toolchain, &exporter, folder, patterns);
    let root = toolchain.module_folder().unwrap_or(folder);
    if let Some(exports) = entry.read(root) {
        return Ok(exports);
    }
    exporter.build(settings, &toolchain, say)?;
    let began = std::time::SystemTime::now();
    let work = entry.work_folder()?;
    let manifest = exporter.run(settings, &toolchain, folder, patterns, &work)?;
    let exports = collect(&manifest, &work, &toolchain, folder);
    let kept = match &exports {
        Ok(exports) if exports.problems.is_empty() => {
            entry.keep(&work, &manifest, &toolchain, folder, patterns, began)
        }
        _ => false,
    };
    if !kept {
        // A folder that stays behind does no harm.
        let _ = std::fs::remove_dir_all(&work);
    }
    exports
}

/// Reads what the exporter wrote.
fn collect(
    manifest: &Manifest,
    work: &Path,
    toolchain: &Toolchain,
    folder: &Path,
) -> Result<Exports, Box<Problem>> {
    let packages = read_packages(&manifest.packages, work)
        .map_err(|error| Problem::new(Kind::Cache, &format!("{}: {error}", work.display())))?;
    let problem = |it: &manifest::Told| Problem::told(it, toolchain.module_folder(), folder);
    Ok(Exports {
        toolchain: toolchain.version.clone(),
        packages,
        problems: manifest.errors.iter().map(problem).collect(),
        root: toolchain.module_folder().unwrap_or(folder).to_owned(),
        cached: false,
    })
}

/// Reads the exports `0.json`, `1.json`, ... in a folder.
fn read_packages(paths: &[String], folder: &Path) -> std::io::Result<Vec<Package>> {
    let read = |(index, path): (usize, &String)| {
        let json = std::fs::read_to_string(folder.join(format!("{index}.json")))?;
        Ok(Package {
            path: path.clone(),
            json,
        })
    };
    paths.iter().enumerate().map(read).collect()
}
