//! Finds the source files that a trace speaks of, for the output of a test. The only place where the library reads files.

use std::path::{Path, PathBuf};

use crate::explain::Trace;
use crate::render::Sources;

/// The files of the trace, as far as they are found under the package whose tests run, or under a folder above it.
///
/// The compiler names files from the root of the workspace, or of the package; cargo tells a test where the package is.
pub(crate) fn find(trace: &Trace) -> Sources {
    let mut sources = Sources::new();
    let Some(root) = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return sources;
    };
    for file in trace.files() {
        let text = root
            .ancestors()
            .find_map(|folder: &Path| std::fs::read_to_string(folder.join(file)).ok());
        if let Some(text) = text {
            sources.add(file, &text);
        }
    }
    sources
}
