//! The exporter, built with the Go that is here. Without Go, or without golang.org/x/tools in the
//! form of a GOPATH (`GORDIAN_GOPATH`, or Debian's /usr/share/gocode), these tests say so and pass.

mod build;
mod cache;
mod errors;
mod golden;
mod modules;
mod newer;
mod slices;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gordian_go::export::{Exports, Problem, Settings, export};

/// The folder with the test's packages.
fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("exporter/testdata")
}

/// The GOPATH with golang.org/x/tools that is here.
fn gopath() -> Option<PathBuf> {
    let named = std::env::var_os("GORDIAN_GOPATH").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| "/usr/share/gocode".into());
    folder
        .join("src/golang.org/x/tools/go/ssa")
        .is_dir()
        .then_some(folder)
}

/// Returns settings whose exporter all tests share, or tells why there are none.
fn settings(work: &Path) -> Option<Settings> {
    let Some(gopath) = gopath() else {
        eprintln!("skipped: there is no golang.org/x/tools here, see GORDIAN_GOPATH");
        return None;
    };
    if Command::new("go").arg("version").output().is_err() {
        eprintln!("skipped: there is no go here");
        return None;
    }
    let cache = work.join("cache");
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exporter");
    fs::create_dir_all(&shared).expect("a folder for the exporter");
    fs::create_dir_all(&cache).expect("a folder for the cache");
    #[cfg(unix)]
    std::os::unix::fs::symlink(shared, cache.join("exporter")).expect("a link to the exporter");
    Some(Settings {
        go: "go".into(),
        cache,
        gopath: Some(gopath),
        offline: true,
        tags: String::new(),
    })
}

/// A folder with files in it, and settings.
struct Work {
    folder: tempfile::TempDir,
    settings: Settings,
    said: Vec<String>,
}

impl Work {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = settings(folder.path())?;
        Some(Self {
            folder,
            settings,
            said: vec![],
        })
    }

    /// Writes a file, and the folders that it is in.
    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("code").join(name)
    }

    fn export(&mut self, folder: &str, patterns: &[&str]) -> Result<Exports, Box<Problem>> {
        let patterns: Vec<String> = patterns.iter().map(|&it| it.to_owned()).collect();
        let folder = self.path(folder);
        let said = &mut self.said;
        let say = &mut |text: &str| said.push(text.to_owned());
        export(&self.settings, &folder, &patterns, say)
    }

    /// Makes a `go` that does some shell commands first.
    ///
    /// A shell writes it. A file that this process has open is open in whatever another test
    /// starts in that moment, too, and what is open to be written cannot be run.
    fn wrap_go(&mut self, name: &str, commands: &str) {
        let path = self.folder.path().join(name);
        let go = self.settings.go.to_string_lossy();
        let written = Command::new("sh")
            .args(["-c", "printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"])
            .arg(&path)
            .arg(format!("#!/bin/sh\n{commands}\nexec {go} \"$@\"\n"))
            .status();
        assert!(written.expect("a shell").success());
        self.settings.go = path.into();
    }
}
