//! The programs with which Go and x/tools test themselves, in the machine.
//!
//! Those of Go begin with `// run`, and succeed if they end, exit 0, and print what their `.out`
//! file has, or nothing. Those of x/tools succeed if they end without a panic. Each runs in a
//! process of its own, with so much time and memory: some are there to exhaust a compiler.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gordian_go::export::{Exports, Settings, export};
use gordian_go::{load, run_once};

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

/// Functions, types and values of these two that it knows. The others need the garbage collector,
/// the stack, or files.
const KNOWN_OF_SYSTEM: &[&str] = &[
    "os.Args",
    "os.Exit",
    "os.Getenv",
    "os.Stderr",
    "os.Stdout",
    "runtime.Caller",
    "runtime.Callers",
    "runtime.Compiler",
    "runtime.Error",
    "runtime.FuncForPC",
    "runtime.GOARCH",
    "runtime.GOMAXPROCS",
    "runtime.GOOS",
    "runtime.Goexit",
    "runtime.Gosched",
    "runtime.KeepAlive",
    "runtime.NumCPU",
];

/// The heads of the columns after the first.
const HEAD: &str =
    " programs   agree   differ  unsupported  not exported  too long    agree of plain";

/// Programs in one export.
const BATCH: usize = 50;

/// The time of a processor that a program may take in the machine, in seconds.
const SECONDS_MAX: u64 = 20;

/// The time that it may take by the clock, on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(300);

/// The memory that it may take, in kilobytes.
const MEMORY_MAX: u64 = 4 << 20;

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// The task that runs one export.
pub(crate) const RUN_ONE: &str = "run-export";

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

impl Ran {
    /// Returns the column of the table, and the reason.
    fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Agrees => ("agree", ""),
            Self::Differs(why) => ("differ", why.as_str()),
            Self::Unsupported(why) => ("unsupported", why.as_str()),
            Self::NotExported(why) => ("not exported", why.as_str()),
            Self::TooLong => ("too long", ""),
        }
    }
}

struct Case {
    name: String,
    text: String,
    /// The output that it must have, if that is known.
    output: Option<String>,
    /// The part of it that is not supported, if there is one.
    beyond: Option<String>,
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
    println!("{:<24}{HEAD}", "folder");
    let mut notes = Vec::new();
    for (name, folder) in FOLDERS {
        let cases = cases(Path::new(folder))?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut plain, mut plain_agree) = (0, 0);
        let only = options.only.as_deref().unwrap_or_default();
        let wanted = |case: &Case| format!("{name}/{}", case.name).contains(only);
        let cases: Vec<Case> = cases.into_iter().filter(wanted).collect();
        for chunk in cases.chunks(BATCH) {
            for (case, ran) in chunk.iter().zip(run(&settings, &module, chunk)?) {
                let (word, why) = ran.words();
                *counts.entry(word).or_default() += 1;
                let agrees = ran == Ran::Agrees;
                let beyond = case.beyond.clone();
                let beyond = beyond.or_else(|| (!agrees).then(|| fails_in_go(go, case))?);
                plain += usize::from(beyond.is_none());
                plain_agree += usize::from(beyond.is_none() && agrees);
                if !agrees {
                    let sign = beyond.map_or("*".to_owned(), |beyond| format!("({beyond})"));
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
        "{:.0} s; * uses only what is supported; else (what is not)",
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
            beyond: beyond(&text),
            // Some of x/tools are packages of their own.
            text: text.lines().map(as_main).collect(),
        });
    }
    Ok(cases)
}

/// Returns a line, with `main` for the name of the package.
fn as_main(line: &str) -> String {
    match line.starts_with("package ") {
        true => "package main\n".to_owned(),
        false => format!("{line}\n"),
    }
}

/// Returns what a program uses that is not supported: a package, a function of the runtime or of
/// the system, or addresses as numbers.
fn beyond(text: &str) -> Option<String> {
    let mut imports = imports(text).into_iter();
    if let Some(path) = imports.find(|path| !is_supported(path)) {
        return Some(path.to_owned());
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or("");
        if line.contains("%p") {
            return Some("addresses".to_owned());
        }
        // A name in a string is none.
        for code in line.split('"').step_by(2) {
            for word in code.split(|c| !is_name(c) && c != '.') {
                let of_system = word.starts_with("os.") || word.starts_with("runtime.");
                let known = |it: &&str| word == *it || word.starts_with(&format!("{it}."));
                if of_system && !KNOWN_OF_SYSTEM.iter().any(known) {
                    return Some(word.to_owned());
                }
            }
        }
    }
    None
}

/// Returns that a program does not succeed under this Go either, if it is so.
fn fails_in_go(go: &Go, case: &Case) -> Option<String> {
    let file = Path::new("target/conform-go").join(&case.name);
    fs::write(&file, &case.text).ok()?;
    let ran = Command::new("timeout")
        .arg("120")
        .arg(&go.command)
        .args(["run".as_ref(), file.as_os_str()])
        .env("GO111MODULE", "off")
        .output();
    let _ = fs::remove_file(&file);
    let ran = ran.ok()?;
    let text = [ran.stdout, ran.stderr].concat();
    let prints = case.output.as_ref().is_none_or(|it| it.as_bytes() == text);
    (!ran.status.success() || !prints).then(|| "fails in Go, too".to_owned())
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
        // Some programs look for their names; others have that of a system in them.
        let file = match case.name.contains('_') {
            true => "main.go",
            false => &case.name,
        };
        module.write(&format!("p{index}/{file}"), &case.text)?;
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
    match run_apart(&exported.json) {
        Ok(Some(text)) => judge(&text, case.output.as_deref()),
        Ok(None) => Ran::TooLong,
        Err(error) => Ran::Differs(error.to_string()),
    }
}

/// Runs an export in a process of its own, and returns what it says; `None` if that takes too long.
fn run_apart(json: &str) -> std::io::Result<Option<String>> {
    let folder = Path::new("target/conform-go");
    let (export, said) = (folder.join("one.json"), folder.join("one.txt"));
    fs::write(&export, json)?;
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ulimit -v {MEMORY_MAX}; ulimit -t {SECONDS_MAX}; exec \"$0\" \"$@\""
        ))
        .arg(std::env::current_exe()?)
        .args([RUN_ONE.as_ref(), export.as_os_str()])
        .stdout(fs::File::create(&said)?)
        .stderr(Stdio::null())
        .spawn()?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > TIME_MAX {
            child.kill()?;
        }
        thread::sleep(Duration::from_millis(2));
    };
    // Killed at a limit of time; at that of memory it aborts.
    match status.signal() {
        Some(SIGKILL | SIGXCPU) => Ok(None),
        _ => fs::read_to_string(&said).map(Some),
    }
}

/// Runs the main of an export once, and returns what [`judge`] reads: how it ends, in a line, and
/// its output.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn run_export(file: &str) -> std::io::Result<String> {
    let json = fs::read_to_string(file)?;
    let package = match load(&json) {
        Ok(package) => package,
        Err(error) => return Ok(format!("unsupported {}\n", error.what)),
    };
    let Some(main) = package.main() else {
        return Ok("unsupported there is no main\n".to_owned());
    };
    let line = |text: &str| text.replace('\n', " ");
    Ok(match run_once(&main.in_quiet_time()) {
        Err(fault) => format!("unsupported {}\n", line(&fault)),
        Ok(once) => {
            let end = match once.panic {
                Some(message) => format!("panic {}", line(&message)),
                None if once.deadlock => "deadlock ".to_owned(),
                None => "ends ".to_owned(),
            };
            format!("{end}\n{}", once.output)
        }
    })
}

/// Judges what a program has said.
fn judge(said: &str, output: Option<&str>) -> Ran {
    let (end, printed) = said.split_once('\n').unwrap_or_default();
    let (end, why) = end.split_once(' ').unwrap_or_default();
    match (end, output) {
        ("unsupported", _) => Ran::Unsupported(why.to_owned()),
        ("panic", _) => Ran::Differs(format!("panic: {why}")),
        ("ends" | "deadlock", Some(output)) if output != printed => {
            let lines = output.lines().zip(printed.lines());
            let mut lines = lines.filter(|(its, ours)| its != ours);
            let (its, ours) = lines.next().unwrap_or(("more lines, or fewer", printed));
            Ran::Differs(format!("prints {ours:?} instead of {its:?}"))
        }
        ("deadlock", _) => Ran::Differs("main is blocked for ever".to_owned()),
        ("ends", _) => Ran::Agrees,
        _ => Ran::Differs("the machine breaks, or has too little memory".to_owned()),
    }
}
