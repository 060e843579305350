//! Invariants of the source itself that no compiler checks.
//!
//! Each test reads the files of the repository and names every place that breaks its rule. The
//! packages on crates.io contain no tests, so the whole repository is always there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Columns of a line, of code and of comments.
const COLUMNS_MAX: usize = 100;

/// Lines of a source file. Tests may be longer: those of one primitive stay together.
const FILE_LINES_MAX: usize = 500;

/// Words of a sentence in the documents.
const SENTENCE_WORDS_MAX: usize = 25;

/// Lines of a function, from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Crates that a crate compiles which depends on `gordian` without the program and without loom.
const CRATES_MAX: usize = 35;

/// The file that a test prints and compares: no person has written it.
const PRINTED: &str = "checker/tests/script_as_rust/kernels.rs";

/// The rooms of the library and the files between them, and what each may import: only earlier
/// entries of this list, and of those only the named ones. No room imports a later one.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("memory", &["model"]),
    ("execution", &["model", "memory"]),
    ("runtime", &["model", "memory", "execution"]),
    ("sync", &["model", "runtime"]),
    ("blocks", &["sync"]),
    ("subject", &["model", "runtime"]),
    ("explore", &["model", "memory", "execution", "runtime"]),
    (
        "loom",
        &[
            "model",
            "memory",
            "execution",
            "runtime",
            "subject",
            "explore",
        ],
    ),
    ("explain", &["model", "execution", "explore"]),
    ("render", &["execution", "explain"]),
    ("engine", &[]),
    ("verdict", &["model", "explore"]),
    (
        "report",
        &[
            "model",
            "execution",
            "explore",
            "explain",
            "render",
            "engine",
            "verdict",
        ],
    ),
    ("assertions", &["explain", "render", "report", "verdict"]),
    ("supervise", &["model", "explore"]),
    (
        "checker",
        &[
            "model",
            "memory",
            "runtime",
            "subject",
            "explore",
            "explain",
            "loom",
            "engine",
            "verdict",
            "report",
            "assertions",
            "supervise",
        ],
    ),
    (
        "replay",
        &[
            "model",
            "execution",
            "explore",
            "explain",
            "render",
            "subject",
            "checker",
        ],
    ),
    (
        "session",
        &[
            "model",
            "execution",
            "explore",
            "explain",
            "subject",
            "checker",
        ],
    ),
    ("catalogue", &["model"]),
    (
        "script",
        &["model", "memory", "execution", "runtime", "sync", "subject"],
    ),
];

/// A source file, by its path from the root of the repository.
struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("a workspace").to_owned()
}

/// Returns every Rust file below these folders.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut todo: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") {
                    todo.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                let path = path.strip_prefix(root()).expect("below the root");
                let path = path.to_str().expect("a plain name").replace('\\', "/");
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 5, "the repository is not there");
    found
}

/// Returns all code of the project.
fn everything() -> Vec<Source> {
    sources(&[
        "checker",
        "src",
        "go",
        "kernels",
        "tests",
        "examples",
        "exercises",
        "xtask",
        "peers",
    ])
}

#[track_caller]
fn assert_none(rule: &str, places: &[String]) {
    assert!(places.is_empty(), "{rule}:\n  {}", places.join("\n  "));
}

/// Returns the lines of a file without its unit tests, numbered from one.
fn lines_before_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    lines.take_while(|(_, line)| line.trim() != "#[cfg(test)]")
}

#[test]
fn the_table_of_rooms_goes_downwards() {
    for (index, (room, below)) in ROOMS.iter().enumerate() {
        let known = |name: &&&str| ROOMS[..index].iter().any(|(before, _)| before == *name);
        let unknown: Vec<_> = below.iter().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "{room}: {unknown:?}");
    }
}

#[test]
fn rooms_import_downwards_only() {
    let mut places = Vec::new();
    for source in sources(&["checker/src"]) {
        let inside = source.path.trim_start_matches("checker/src/");
        let room = inside.split(['/', '.']).next().expect("a name");
        if room == "lib" {
            continue;
        }
        let Some((_, below)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            places.push(format!("{}: `{room}` is in no room", source.path));
            continue;
        };
        for (number, line) in lines_before_tests(&source.text) {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for imported in line.split("crate::").skip(1) {
                let imported: String = imported.chars().take_while(|c| is_in_name(*c)).collect();
                let is_room = ROOMS.iter().any(|(name, _)| *name == imported);
                let is_file = root().join(format!("checker/src/{imported}.rs")).exists();
                if imported != room && (is_room || is_file) && !below.contains(&&*imported) {
                    let path = &source.path;
                    places.push(format!("{path}:{number}: `{room}` imports `{imported}`"));
                }
            }
        }
    }
    assert_none("a room imports only what stands below it", &places);
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[test]
fn lines_have_at_most_100_columns() {
    let mut places = Vec::new();
    let written = everything()
        .into_iter()
        .filter(|source| source.path != PRINTED);
    for source in written {
        for (index, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS_MAX {
                places.push(format!("{}:{}: {columns}", source.path, index + 1));
            }
        }
    }
    assert_none("a line has at most 100 columns", &places);
}

/// First words that make a question of a doc comment, or put its verb or its noun off.
const QUESTIONS: [&str; 6] = ["Whether", "What", "How", "Who", "Which", "By"];

#[test]
fn doc_comments_begin_with_a_verb_or_a_noun() {
    let mut places = Vec::new();
    let written = everything()
        .into_iter()
        .filter(|source| source.path != PRINTED);
    for source in written {
        let mut within = false;
        for (index, line) in source.text.lines().enumerate() {
            let line = line.trim_start();
            let doc = line.strip_prefix("///").or(line.strip_prefix("//!"));
            let first = doc.and_then(|doc| doc.split_whitespace().next());
            if !within && first.is_some_and(|word| QUESTIONS.contains(&word)) {
                places.push(format!("{}:{}: {line}", source.path, index + 1));
            }
            within = doc.is_some();
        }
    }
    assert_none("a doc comment begins with a verb or a noun", &places);
}

/// The name under which users have the library. What the library's own examples need to be
/// compiled is on a line that rustdoc hides.
#[test]
fn examples_say_gordian() {
    let mut places = Vec::new();
    let written = sources(&["checker/src"]);
    // `gordian` does not export `script`, which is for tests of the searches.
    let apart = ["checker/src/script/", "checker/src/lib.rs"];
    let for_users = |source: &&Source| !apart.iter().any(|path| source.path.starts_with(path));
    for source in written.iter().filter(for_users) {
        for (index, line) in source.text.lines().enumerate() {
            let line = line.trim_start();
            let doc = line.strip_prefix("///").or(line.strip_prefix("//!"));
            let shown = doc.is_some_and(|doc| !doc.trim_start().starts_with("# "));
            if shown && line.contains("gordian_checker") {
                places.push(format!("{}:{}: {line}", source.path, index + 1));
            }
        }
    }
    assert_none(
        "an example says `gordian::`, as its readers write it",
        &places,
    );
}

/// Returns the documents for people, each with its path.
fn documents() -> Vec<(String, String)> {
    let folders = ["docs", "book", "book/src", "exercises"].map(|name| root().join(name));
    let pages = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("the documents"));
    let pages = pages.flatten().map(|entry| entry.path());
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| root().join(name));
    let pages = pages.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let named = pages.chain(top).map(|path| {
        let text = fs::read_to_string(&path).expect("text");
        (path.display().to_string(), text)
    });
    named.collect()
}

/// Returns the paragraphs and list items of a document, without code, tables and headings.
fn paragraphs(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut is_code = false;
    for line in text.lines().map(str::trim) {
        is_code ^= line.starts_with("```");
        let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_item = line.starts_with("- ") || (numbered != line && numbered.starts_with(". "));
        let is_other = line.is_empty() || line.starts_with("```");
        let is_prose = !is_code && !is_other && !line.starts_with(['|', '#', '<', '!']);
        if is_item || !is_prose {
            found.push(String::new());
        }
        if is_prose {
            let paragraph = found.last_mut().expect("there is one");
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    found
}

/// Returns the words of each sentence of a paragraph. Inline code counts as one word.
fn sentences(paragraph: &str) -> Vec<Vec<String>> {
    let parts = paragraph.split('`').enumerate();
    let plain = parts.map(|(index, part)| if index % 2 == 1 { "code" } else { part });
    let plain: String = plain.collect();
    let mut found = vec![Vec::new()];
    for word in plain.split_whitespace() {
        if word.chars().any(char::is_alphanumeric) {
            found
                .last_mut()
                .expect("there is one")
                .push(word.to_owned());
        }
        let end = word.trim_end_matches([')', '*', '_']);
        if end.ends_with(['.', '!', '?', ':']) {
            found.push(Vec::new());
        }
    }
    found
}

#[test]
fn sentences_of_the_documents_have_at_most_25_words() {
    let mut places = Vec::new();
    for (path, text) in documents() {
        let paragraphs = paragraphs(&text);
        let all = paragraphs.iter().flat_map(|paragraph| sentences(paragraph));
        for words in all.filter(|words| words.len() > SENTENCE_WORDS_MAX) {
            places.push(format!("{path}: {}: {}", words.len(), words.join(" ")));
        }
    }
    assert_none("a sentence has at most 25 words", &places);
}

/// The folders whose files and functions are bounded in length.
const BOUNDED: [&str; 7] = [
    "checker/src",
    "src",
    "go/src",
    "kernels",
    "xtask",
    "peers",
    "exercises",
];

#[test]
fn files_have_at_most_500_lines() {
    let long = |source: &Source| source.text.lines().count() > FILE_LINES_MAX;
    let written = sources(&BOUNDED);
    let places: Vec<String> = written
        .into_iter()
        .filter(long)
        .map(|source| source.path)
        .collect();
    assert_none("a file has at most 500 lines", &places);
}

#[test]
fn functions_have_at_most_70_lines() {
    let mut places = Vec::new();
    for source in sources(&BOUNDED) {
        let mut open: Option<(usize, usize)> = None;
        for (index, line) in source.text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match open {
                None if begins_function(line.trim_start()) => open = Some((index, indent)),
                Some((from, at)) if indent == at && line.trim_start().starts_with('}') => {
                    if index + 1 - from > FUNCTION_LINES_MAX {
                        places.push(format!("{}:{}", source.path, from + 1));
                    }
                    open = None;
                }
                Some((_, at)) if indent == at && line.trim_end().ends_with(';') => open = None,
                _ => {}
            }
        }
    }
    assert_none("a function has at most 70 lines", &places);
}

fn begins_function(line: &str) -> bool {
    let words = line.split_whitespace();
    let mut words = words.skip_while(|word| {
        word.starts_with("pub") || ["const", "unsafe", "extern", "\"C\""].contains(word)
    });
    words.next() == Some("fn")
}

#[test]
fn the_rules_and_the_explanations_have_no_wildcard_arms() {
    let mut places = Vec::new();
    for source in sources(&["checker/src/model", "checker/src/explain"]) {
        for (number, line) in lines_before_tests(&source.text) {
            let line = line.trim_start();
            if line.starts_with("_ =>") || line.starts_with("_ if ") {
                places.push(format!("{}:{number}: {line}", source.path));
            }
        }
    }
    assert_none(
        "a match names every case, so that the compiler names every place",
        &places,
    );
}

#[test]
fn a_crate_that_only_tests_compiles_few_crates() {
    let output = Command::new(env!("CARGO"))
        .args("tree --locked --offline -e normal -p gordian --no-default-features".split(' '))
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let tree = String::from_utf8(output.stdout).expect("text");
    let packages: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    let is_there = |name| packages.iter().any(|package| package.starts_with(name));
    assert!(is_there("gordian-checker v") && !is_there("loom v"));
    let count = packages.len();
    assert!(count <= CRATES_MAX, "{count} crates: {packages:#?}");
}
