//! SHA-256 of texts, files, and lists of files.

use std::fmt::Write;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Returns the hash of parts, each with its length before it, in hexadecimal.
pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Returns the hash of a file's content.
pub(super) fn of_file(path: &Path) -> io::Result<String> {
    Ok(of([std::fs::read(path)?.as_slice()]))
}

/// Returns the hash of those names in a folder that Go looks at: its own files and folders.
pub(super) fn of_listing(folder: &Path) -> io::Result<String> {
    let mut names = vec![];
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !is_passed_over(&name) {
                names.push(name + "/");
            }
        } else if name.ends_with(".go") || name.starts_with("go.") {
            names.push(name);
        }
    }
    names.sort();
    Ok(of(names.iter().map(String::as_bytes)))
}

/// Tells which folders `...` does not enter.
pub(super) fn is_passed_over(name: &str) -> bool {
    name.starts_with('.') || name.starts_with('_') || name == "testdata"
}
