//! The output of the exporter: see `exporter/FORMAT.md`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The format of manifests and exports that is read here.
pub(super) const FORMAT: u32 = 1;

/// The output of the exporter.
#[derive(Deserialize, Debug)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) packages: Vec<String>,
    pub(super) errors: Vec<Told>,
    #[serde(default)]
    listed: Option<Vec<Listed>>,
}

/// A problem as the exporter tells it.
#[derive(Deserialize, Debug)]
pub(super) struct Told {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) package: String,
    pub(super) message: String,
    #[serde(default)]
    pub(super) pos: String,
}

/// A package as `go list -json` tells it.
#[derive(Deserialize, Debug, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Listed {
    dir: PathBuf,
    go_files: Vec<PathBuf>,
    cgo_files: Vec<PathBuf>,
    ignored_go_files: Vec<PathBuf>,
    test_go_files: Vec<PathBuf>,
    #[serde(rename = "XTestGoFiles")]
    x_test_go_files: Vec<PathBuf>,
    embed_files: Vec<PathBuf>,
    test_embed_files: Vec<PathBuf>,
    #[serde(rename = "XTestEmbedFiles")]
    x_test_embed_files: Vec<PathBuf>,
    module: Option<Module>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Module {
    dir: PathBuf,
    go_mod: PathBuf,
    replace: Option<Box<Module>>,
}

impl Manifest {
    /// Returns the files of the packages that are not of the standard library.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![];
        for package in self.listed.iter().flatten() {
            let lists = [
                &package.go_files,
                &package.cgo_files,
                &package.ignored_go_files,
                &package.test_go_files,
                &package.x_test_go_files,
                &package.embed_files,
                &package.test_embed_files,
                &package.x_test_embed_files,
            ];
            files.extend(lists.into_iter().flatten().map(|it| package.dir.join(it)));
            let mut module = package.module.as_ref();
            while let Some(it) = module {
                files.push(it.go_mod.clone());
                module = it.replace.as_deref();
            }
        }
        files.retain(|file| !file.as_os_str().is_empty());
        files
    }

    /// Returns the folders of those packages, and those between them and their module's folder.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![];
        for package in self.listed.iter().flatten() {
            // A module that is vendored has no folder of its own.
            let top = package.module.as_ref().map(|module| module.dir.as_path());
            let top = top.filter(|top| !top.as_os_str().is_empty());
            for folder in package.dir.ancestors() {
                let inside = top.is_some_and(|top| folder.starts_with(top));
                if folder == package.dir || inside {
                    folders.push(folder.to_owned());
                }
            }
        }
        folders
    }
}

/// Returns the folder whose tree a pattern with `...` stands for.
pub(super) fn tree_of(folder: &Path, pattern: &str) -> Option<PathBuf> {
    let (top, _) = pattern.split_once("...")?;
    let is_path = top.is_empty() || top.starts_with('.') || Path::new(top).is_absolute();
    // The part before the dots may end within a name: ./ab...
    let whole = top.rfind(['/', '\\']).map_or("", |at| &top[..=at]);
    is_path.then(|| folder.join(whole))
}
