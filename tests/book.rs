//! The book and the lesson: each output that they show is what its command prints.
//!
//! A block marked `console` has commands behind `$ `, each with its output below. The commands run
//! in a shell, from the root of the repository. `UPDATE_BOOK=1` writes the outputs anew.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The start and the end of a block of commands.
const BEGIN: &str = "```console";
const END: &str = "```";

/// Chapters of the book.
const CHAPTERS: usize = 10;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the pages of the book in the order of its summary, and the lesson.
fn pages() -> Vec<PathBuf> {
    let folder = root().join("book/src");
    let summary = fs::read_to_string(folder.join("SUMMARY.md")).expect("a summary");
    let links = summary
        .split("](")
        .skip(1)
        .filter_map(|it| it.split(')').next());
    let mut pages: Vec<PathBuf> = links.map(|link| folder.join(link)).collect();
    pages.push(root().join("docs/teaching.md"));
    pages
}

/// Returns what a command prints, both streams, without spaces at the ends of lines.
fn output(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_gordian"));
    let beside = program.parent().expect("it is in a folder").to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [beside].into_iter().chain(env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{{ {command}\n}} 2>&1")]);
    shell.current_dir(root()).env_clear();
    shell.env("PATH", env::join_paths(folders).expect("a path"));
    let learner = tempfile::tempdir().expect("a folder");
    shell.env("GORDIAN_PROGRESS", learner.path().join("progress.txt"));
    shell.env("LANG", "C.UTF-8");
    let output = shell.output().expect("a shell");
    let text = String::from_utf8(output.stdout).expect("it writes UTF-8");
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// Returns a page with the outputs of its commands as they are now, and how many commands it has.
fn with_outputs(page: &str) -> (String, usize) {
    let (mut text, mut within, mut commands) = (String::new(), false, 0);
    for line in page.lines() {
        let is_command = within && line.starts_with("$ ");
        if !within || is_command || line == END {
            text += &format!("{line}\n");
        }
        within = (within || line == BEGIN) && line != END;
        if is_command {
            commands += 1;
            text += &output(&line[2..]);
        }
    }
    (text, commands)
}

#[test]
fn every_output_is_what_its_command_prints() {
    let mut stale = Vec::new();
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error}", path.display());
        });
        let (now, commands) = with_outputs(&page);
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        assert!(
            commands > 0 || name == "README.md",
            "{name} shows no output"
        );
        if now == page {
            continue;
        }
        if env::var_os("UPDATE_BOOK").is_some() {
            fs::write(&path, &now).expect("the page can be written");
            continue;
        }
        let diff = similar::TextDiff::from_lines(&page, &now);
        stale.push(format!("{name}\n{}", diff.unified_diff()));
    }
    assert!(
        stale.is_empty(),
        "UPDATE_BOOK=1 cargo test --test book, and look at the difference\n{}",
        stale.join("\n")
    );
}

/// The summary names every file, and there are as many chapters as the numbers say.
#[test]
fn the_summary_is_whole() {
    let folder = root().join("book/src");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .filter(|path| !path.ends_with("SUMMARY.md"))
        .collect();
    files.sort();
    let mut named = pages();
    named.pop();
    named.sort();
    assert_eq!(named, files);
    assert_eq!(named.len(), CHAPTERS + 1);
}

/// A chapter names its kernel, so that the page of that kernel can be its figure.
#[test]
fn every_chapter_has_a_live_figure() {
    let is_kernel = |name: &str| {
        let mut kernels = gordian_kernels::CATALOGUE.iter();
        kernels.any(|kernel| kernel.name.replace('/', "-") == name)
    };
    let mut pages = pages();
    pages.pop();
    for path in pages {
        let page = fs::read_to_string(&path).expect("a page");
        let figures = page.split("<iframe src=\"pages/").skip(1);
        let names: Vec<&str> = figures.filter_map(|it| it.split(".html").next()).collect();
        assert!(
            names.iter().all(|name| is_kernel(name)),
            "{path:?}: {names:?}"
        );
        assert!(
            !names.is_empty() || path.ends_with("README.md"),
            "{path:?} has none"
        );
    }
}
