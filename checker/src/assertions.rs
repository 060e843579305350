//! Assertions of a test on a [`Report`]. A failed assertion shows the source lines of the trace,
//! which the library reads from files. With a folder in `GORDIAN_REPORT` it writes a page there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::explain::trace::Facts;
use crate::render::{Look, Sources, html, snippet};
use crate::report::Report;
use crate::verdict::Verdict;

impl Report {
    /// Asserts that the search was complete and found nothing bad.
    ///
    /// # Panics
    /// If the verdict is another. The message is the report, with the trace of what was found.
    #[track_caller]
    pub fn assert_proved(&self) {
        self.assert_verdict(Verdict::Proved);
    }

    /// Asserts that in some execution main is blocked for ever, and that nothing worse was found.
    ///
    /// # Panics
    /// If the verdict is another. The message is the report.
    #[track_caller]
    pub fn assert_deadlock(&self) {
        self.assert_verdict(Verdict::Deadlock);
    }

    /// Asserts that in some execution main returns while another goroutine is blocked for ever, and
    /// that nothing worse was found.
    ///
    /// # Panics
    /// If the verdict is another. The message is the report.
    #[track_caller]
    pub fn assert_leak(&self) {
        self.assert_verdict(Verdict::Leak);
    }

    /// Asserts that in some execution a goroutine panics.
    ///
    /// # Panics
    /// If the verdict is another. The message is the report.
    #[track_caller]
    pub fn assert_panic(&self) {
        self.assert_verdict(Verdict::Panic);
    }

    /// Asserts that the verdict is this one.
    ///
    /// # Panics
    /// If it is another. The message is the report.
    #[track_caller]
    pub fn assert_verdict(&self, verdict: Verdict) {
        if self.verdict == verdict {
            return;
        }
        let found = self.verdict;
        let sources = self.trace().map(|trace| find_sources(&trace.files()));
        let sources = sources.unwrap_or_default();
        let text = match self.trace() {
            Some(trace) if !sources.is_empty() => {
                snippet::render(trace, &sources, &Look::default())
            }
            _ => self.to_string(),
        };
        let page = self.write_page().unwrap_or_default();
        panic!("expected {verdict}, found {found}\n{text}{page}");
    }

    /// Writes a page to look at, if a folder is named for it and the states are known. Returns a
    /// line that says where it is.
    fn write_page(&self) -> Option<String> {
        let (folder, graph) = (folder()?, self.graph.as_ref()?);
        let thread = thread::current();
        let name = thread.name().unwrap_or("kernel");
        let file: String = name
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || c == '_' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        let path = folder.join(format!("{file}.html"));
        let sources = find_sources(&graph.files());
        let (verdict, ground) = (self.verdict.to_string(), self.ground_of_verdict());
        let page = html::page(&html::Page {
            name,
            class: "",
            facts: Facts::default(),
            left_out: "",
            variants: vec![html::Variant {
                name: "kernel",
                verdict: &verdict,
                ground: &ground,
                is_bad: self.trace().is_some(),
                is_proved: self.verdict == Verdict::Proved,
                graph,
                trace: self.trace(),
                sources: &sources,
                command: "",
            }],
            why: None,
            program: "gordian",
            has_index: false,
        });
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, page));
        let path = path.display();
        Some(match written {
            Ok(()) => format!("\n  page      {path}\n"),
            Err(error) => format!("\n  page      cannot write {path}: {error}\n"),
        })
    }
}

/// The variable that names a folder in which a failed assertion writes a page.
const FOLDER: &str = "GORDIAN_REPORT";

/// Returns the folder for pages, if one is named.
fn folder() -> Option<PathBuf> {
    let folder = env::var_os(FOLDER).filter(|it| !it.is_empty())?;
    // Cargo runs the tests of each package in its own folder, and all of them write to one place.
    Some(match env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) if Path::new(&folder).is_relative() => workspace(package.into()).join(folder),
        _ => folder.into(),
    })
}

/// Returns the folder of the workspace of a package: the last above it with a lock file.
fn workspace(package: PathBuf) -> PathBuf {
    let locked = package
        .ancestors()
        .filter(|it| it.join("Cargo.lock").is_file());
    locked.last().map_or(package.clone(), Path::to_owned)
}

/// Returns true if a failed assertion is to write a page, so that a check has to keep the states.
pub(crate) fn wants_pages() -> bool {
    folder().is_some()
}

/// Returns these files, as far as they are found under the package whose tests run, or under a
/// folder above it.
///
/// The compiler names files from the root of the workspace, or of the package. Cargo tells a test
/// the folder of the package.
fn find_sources(files: &[&str]) -> Sources {
    let mut sources = Sources::new();
    let Some(root) = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return sources;
    };
    for file in files {
        let text = root
            .ancestors()
            .find_map(|folder| fs::read_to_string(folder.join(file)).ok());
        if let Some(text) = text {
            sources.add(file, &text);
        }
    }
    sources
}
