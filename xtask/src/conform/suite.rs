//! The programs with which Go and x/tools test themselves, in the machine.
//!
//! Those of Go begin with `// run`, and succeed if they end, exit 0, and print what their `.out`
//! file has, or nothing. Those of x/tools succeed if they end without a panic.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use gordian_go::export::{Exports, Settings, export};
use gordian_go::{Package, load, run_once};

use super::gotool::{Go, Module};
use super::{Failure, Options};

/// The folders of the programs, with what is written in the table.
const FOLDERS: &[(&str, &str)] = &[
    (
        "x/tools go/ssa/interp",
        "/usr/share/gocode/src/golang.org/x/tools/go/ssa/interp/testdata",
    ),
    ("go/test", "/usr/share/go-1.19/test"),
    ("go/test/chan", "/usr/share/go-1.19/test/chan"),
    ("go/test/interface", "/usr/share/go-1.19/test/interface"),
    ("go/test/ken", "/usr/share/go-1.19/test/ken"),
    ("go/test/typeparam", "/usr/share/go-1.19/test/typeparam"),
    ("go/test/fixedbugs", "/usr/share/go-1.19/test/fixedbugs"),
];

/// Packages of which the machine knows the greater part, beside those that policy.txt interprets.
const KNOWN: &[&str] = &["fmt", "log", "math/rand", "os", "runtime"];

/// Programs in one export.
const BATCH: usize = 50;

/// The time that a program may take in the machine.
const TIME_MAX: Duration = Duration::from_secs(20);

/// The result of one program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Ran {
    Agrees,
    /// It ends otherwise, or prints something else.
    Differs(String),
    /// The machine does not know all of it.
    Unsupported(String),
    /// It is not exported.
    NotExported(String),
    /// It takes too long.
    TooLong,
}

struct Case {
    name: String,
    text: String,
    /// The output that it must have, if that is known.
    output: Option<String>,
    /// True if it imports only what is supported.
    is_plain: bool,
}

/// Runs all programs that are here, and prints a table. Returns true, whatever they do.
///
/// # Errors
/// Fails if nothing could be run.
pub(super) fn compare(options: &Options, go: &Go) -> Result<bool, Failure> {
    let module = Module::new(go, &[], options.keep)?;
    let settings = Settings {
        go: go.command.clone().into(),
        cache: PathBuf::from("target/conform-go"),
        gopath: Some("/usr/share/gocode".into()),
        offline: true,
        tags: String::new(),
    };
    let started = Instant::now();
    println!(
        "{:<24}{:>9}{:>8}{:>9}{:>13}{:>14}{:>10}{:>18}",
        "folder",
        "programs",
        "agree",
        "differ",
        "unsupported",
        "not exported",
        "too long",
        "agree of plain"
    );
    let mut notes = Vec::new();
    for (name, folder) in FOLDERS {
        let cases = cases(Path::new(folder))?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut plain, mut plain_agree) = (0, 0);
        for chunk in cases.chunks(BATCH) {
            for (case, ran) in chunk.iter().zip(run(&settings, &module, chunk)?) {
                let (word, why) = match &ran {
                    Ran::Agrees => ("agree", ""),
                    Ran::Differs(why) => ("differ", why.as_str()),
                    Ran::Unsupported(why) => ("unsupported", why.as_str()),
                    Ran::NotExported(why) => ("not exported", why.as_str()),
                    Ran::TooLong => ("too long", ""),
                };
                *counts.entry(word).or_default() += 1;
                plain += usize::from(case.is_plain);
                plain_agree += usize::from(case.is_plain && ran == Ran::Agrees);
                if ran != Ran::Agrees {
                    let sign = if case.is_plain { "*" } else { " " };
                    notes.push(format!("{sign} {name}/{}: {word}: {why}", case.name));
                }
            }
        }
        let of = |word: &str| counts.get(word).copied().unwrap_or(0);
        println!(
            "{name:<24}{:>9}{:>8}{:>9}{:>13}{:>14}{:>10}{:>18}",
            cases.len(),
            of("agree"),
            of("differ"),
            of("unsupported"),
            of("not exported"),
            of("too long"),
            format!("{plain_agree} of {plain}"),
        );
    }
    println!(
        "{:.0} s; * imports only what is supported",
        started.elapsed().as_secs_f64()
    );
    for note in notes {
        println!("{}", note.lines().next().unwrap_or_default());
    }
    Ok(true)
}

/// Returns the programs of a folder that can be run by themselves.
fn cases(folder: &Path) -> Result<Vec<Case>, Failure> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|it| Some(it.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "go"));
    files.sort();
    let is_of_go = folder.starts_with("/usr/share/go-1.19");
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let runs = match is_of_go {
            true => text.lines().next() == Some("// run"),
            false => text.contains("\nfunc main()"),
        };
        if !runs {
            continue;
        }
        let output = fs::read_to_string(file.with_extension("out")).unwrap_or_default();
        cases.push(Case {
            name: file
                .file_name()
                .map_or(String::new(), |it| it.to_string_lossy().into()),
            output: is_of_go.then_some(output),
            is_plain: imports(&text).iter().all(|path| is_supported(path)),
            text,
        });
    }
    Ok(cases)
}

/// Returns the paths that a file imports.
fn imports(text: &str) -> Vec<&str> {
    let mut paths = Vec::new();
    let mut within = false;
    for line in text.lines() {
        let line = line.trim();
        let single = line.strip_prefix("import ");
        if line.starts_with("import (") {
            within = true;
        } else if within && line.starts_with(')') {
            within = false;
        } else if within || single.is_some_and(|rest| rest.contains('"')) {
            paths.extend(line.split('"').nth(1));
        }
    }
    paths
}

fn is_supported(path: &str) -> bool {
    let policy = include_str!("../../../go/exporter/policy.txt");
    let mut interpreted = policy
        .lines()
        .filter_map(|line| line.strip_prefix("interpret "));
    interpreted.any(|it| it == path) || KNOWN.contains(&path)
}

/// Exports programs and runs each.
fn run(settings: &Settings, module: &Module, cases: &[Case]) -> Result<Vec<Ran>, Failure> {
    for (index, case) in cases.iter().enumerate() {
        module.write(&format!("p{index}/main.go"), &case.text)?;
    }
    let patterns = ["./...".to_owned()];
    let exports = export(settings, &module.directory, &patterns, &mut |text| {
        println!("{text}")
    });
    let exports = exports.map_err(|problem| Failure::Other(problem.to_string()))?;
    let ran = cases.iter().enumerate();
    let ran = ran
        .map(|(index, case)| run_one(&exports, index, case))
        .collect();
    let _ = fs::remove_dir_all(settings.cache.join("exports"));
    for index in 0..cases.len() {
        let _ = fs::remove_dir_all(module.directory.join(format!("p{index}")));
    }
    Ok(ran)
}

fn run_one(exports: &Exports, index: usize, case: &Case) -> Ran {
    let path = format!("conform/p{index}");
    let Some(exported) = exports.packages.iter().find(|it| it.path == path) else {
        let mut problems = exports.problems.iter();
        let problem = problems.find(|it| it.package.as_ref() == Some(&path));
        return Ran::NotExported(problem.map_or(String::new(), |it| it.message.clone()));
    };
    let package = match load(&exported.json) {
        Ok(package) => package,
        Err(error) => return Ran::Unsupported(error.what),
    };
    let (tell, told) = mpsc::channel();
    // A program that does not end keeps its thread until all is over.
    let output = case.output.clone();
    thread::spawn(move || tell.send(judge(&package, output.as_deref())));
    match told.recv_timeout(TIME_MAX) {
        Ok(ran) => ran,
        Err(mpsc::RecvTimeoutError::Timeout) => Ran::TooLong,
        Err(mpsc::RecvTimeoutError::Disconnected) => Ran::Differs("the machine breaks".to_owned()),
    }
}

/// Runs a program once.
fn judge(package: &Package, output: Option<&str>) -> Ran {
    let Some(main) = package.main() else {
        return Ran::Unsupported("there is no main".to_owned());
    };
    match run_once(&main.in_quiet_time()) {
        Err(fault) => Ran::Unsupported(fault),
        Ok(once) => match (once.panic, output) {
            (Some(message), _) => Ran::Differs(format!("panic: {message}")),
            (None, Some(output)) if output != once.output => {
                let lines = output.lines().zip(once.output.lines());
                let mut lines = lines.filter(|(its, ours)| its != ours);
                let (its, ours) = lines
                    .next()
                    .unwrap_or(("more lines, or fewer", &once.output));
                Ran::Differs(format!("prints {ours:?} instead of {its:?}"))
            }
            (None, _) if once.deadlock => Ran::Differs("main is blocked for ever".to_owned()),
            (None, _) => Ran::Agrees,
        },
    }
}
