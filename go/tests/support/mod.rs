//! The Go with which the exports that are kept were made.

use std::path::Path;
use std::process::Command;

use gordian_go::export::Settings;

const GO: &str = "go1.19";

/// The folder in which Debian has x/tools.
const GOPATH: &str = "/usr/share/gocode";

/// Returns settings for that Go, with a cache of this name, or tells why there are none here.
pub(crate) fn settings(cache: &str) -> Option<Settings> {
    let version = Command::new("go").arg("version").output();
    let version = version.map_or(String::new(), |it| {
        String::from_utf8_lossy(&it.stdout).into_owned()
    });
    if !version.contains(GO) || !Path::new(GOPATH).is_dir() {
        eprintln!("skipped: it takes {GO} and {GOPATH}");
        return None;
    }
    Some(Settings {
        go: "go".into(),
        cache: Path::new(env!("CARGO_TARGET_TMPDIR")).join(cache),
        gopath: Some(GOPATH.into()),
        offline: true,
        tags: String::new(),
    })
}
