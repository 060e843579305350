//! The pages of `gordian report` in a real browser.
//!
//! It writes the pages of the whole catalogue, and plays them with `xtask/page/check.mjs`: by keys,
//! by links, at several widths, in both themes, on paper, and without a script. Of every whole
//! schedule of one kernel it asks if it was explored, and compares the answer with the program's.
//! Pictures are left in `target/page/pictures`, for people to look at.

use std::env::consts::EXE_EXTENSION;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names under which a Chromium is installed.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The files of the check, which stand beside what npm installs.
const FILES: [&str; 3] = ["check.mjs", "package.json", "package-lock.json"];

/// The reason why nothing was checked.
pub(crate) enum Failure {
    /// A browser, or Node.
    Nothing(String),
    /// Anything else.
    Other(String),
}

/// Writes the pages and plays them. Returns false if something is wrong with one.
pub(crate) fn check() -> Result<bool, Failure> {
    let browser = find(&BROWSERS).ok_or_else(|| {
        Failure::Nothing("there is no Chromium here (Debian: apt-get install chromium)".to_owned())
    })?;
    find(&["npm"]).ok_or_else(|| {
        Failure::Nothing("there is no npm here (Debian: apt-get install nodejs npm)".to_owned())
    })?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let place = root.join("target/page");
    let (pages, pictures) = (place.join("pages"), place.join("pictures"));
    for folder in [&pages, &pictures] {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(|error| other(folder.display(), &error))?;
    }
    for file in FILES {
        let from = root.join("xtask/page").join(file);
        fs::copy(&from, place.join(file)).map_err(|error| other(from.display(), &error))?;
    }
    let mut write = Command::new("cargo");
    write.args("run --quiet -p gordian -- report --quiet --html".split(' '));
    run(write.arg(&pages).current_dir(&root))?;
    if !place.join("node_modules/playwright-core").is_dir() {
        let options = "ci --no-audit --no-fund --ignore-scripts";
        run(Command::new("npm")
            .args(options.split(' '))
            .current_dir(&place))?;
    }
    // `cargo run` has built it, in the folder `debug` beside that of this program.
    let this = std::env::current_exe().map_err(|error| other("this program", &error))?;
    let beside = this.parent().unwrap_or(&this).with_file_name("debug");
    let program = beside.join("gordian").with_extension(EXE_EXTENSION);
    let mut play = Command::new("node");
    play.arg("check.mjs")
        .args([&browser, &program, &pages, &pictures]);
    let status = play
        .current_dir(&place)
        .status()
        .map_err(|error| other("node", &error))?;
    Ok(status.success())
}

fn other(what: impl std::fmt::Display, error: &std::io::Error) -> Failure {
    Failure::Other(format!("{what}: {error}"))
}

/// Runs a command that has to succeed.
fn run(command: &mut Command) -> Result<(), Failure> {
    let name = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Other(format!("{name}: {status}"))),
        Err(error) => Err(other(name, &error)),
    }
}

/// Returns the first of these programs that is installed.
fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = names.iter();
    let places = all.flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}
