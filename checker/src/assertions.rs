//! What a test asserts of a [`Report`]. Where it fails, the source lines of the trace are shown:
//! the library reads files for this only.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::explain::Trace;
use crate::render::{Look, Sources, snippet};
use crate::report::Report;
use crate::verdict::Verdict;

impl Report {
    /// Asserts that the search was complete and found nothing bad.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report, with the trace of what was found.
    #[track_caller]
    pub fn assert_proved(&self) {
        self.assert_verdict(Verdict::Proved);
    }

    /// Asserts that in some execution main is blocked for ever, and that nothing worse was found.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report.
    #[track_caller]
    pub fn assert_deadlock(&self) {
        self.assert_verdict(Verdict::Deadlock);
    }

    /// Asserts that in some execution main returns while another goroutine is blocked for ever, and
    /// that nothing worse was found.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report.
    #[track_caller]
    pub fn assert_leak(&self) {
        self.assert_verdict(Verdict::Leak);
    }

    /// Asserts that in some execution a goroutine panics.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report.
    #[track_caller]
    pub fn assert_panic(&self) {
        self.assert_verdict(Verdict::Panic);
    }

    /// Asserts that the verdict is this one.
    ///
    /// # Panics
    /// If it is another; the message is the report.
    #[track_caller]
    pub fn assert_verdict(&self, verdict: Verdict) {
        if self.verdict == verdict {
            return;
        }
        let found = self.verdict;
        let sources = self.trace().map(find_sources).unwrap_or_default();
        match self.trace() {
            Some(trace) if !sources.is_empty() => {
                let text = snippet::render(trace, &sources, &Look::default());
                panic!("expected {verdict}, found {found}\n{text}");
            }
            _ => panic!("expected {verdict}, found {found}\n{self}"),
        }
    }
}

/// The files of the trace, as far as they are found under the package whose tests run, or under a
/// folder above it.
///
/// The compiler names files from the root of the workspace, or of the package; cargo tells a test
/// where the package is.
fn find_sources(trace: &Trace) -> Sources {
    let mut sources = Sources::new();
    let Some(root) = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return sources;
    };
    for file in trace.files() {
        let text = root
            .ancestors()
            .find_map(|folder| fs::read_to_string(folder.join(file)).ok());
        if let Some(text) = text {
            sources.add(file, &text);
        }
    }
    sources
}
