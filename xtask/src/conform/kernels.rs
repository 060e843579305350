//! The kernels of the catalogue, as Go source.
//!
//! Each is written twice, in Rust for the checker and in Go. Only a reader can check that the Go is
//! the upstream code shrunk in the same way. The goroutines that Go leaves stuck must be those of
//! some bad end that the checker finds; a variant without a bug must leave none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use gordian_checker::catalogue::{Kernel, Variant, VariantKind};
use gordian_checker::execution::end_state::{EndState, GoroutineStatus};
use gordian_checker::{Checker, TimerRules};
use gordian_kernels::CATALOGUE;

use super::gotool::{self, Go, Module, Told};
use super::{Failure, Options};

/// The stuck goroutines in the order of their names, each with its operation: `lock`. Goroutines
/// that one `go` statement starts have the same name.
type Stuck = Vec<(String, String)>;

/// A variant of a kernel in Go.
struct Subject {
    kernel: &'static Kernel,
    form: VariantKind,
    timers: TimerRules,
    package: String,
    source: &'static str,
}

/// Compares all kernels, and prints the result. Returns true if Go and the checker agree.
///
/// # Errors
/// Fails if nothing could be compared.
pub(super) fn compare(options: &Options, go: &Go) -> Result<bool, Failure> {
    let started = Instant::now();
    let mut subjects = Vec::new();
    for kernel in CATALOGUE {
        for form in VariantKind::ALL {
            let Some(in_go) = kernel.variant(form).in_go else {
                println!("{:<20} {form} skipped: there is no Go source", kernel.name);
                continue;
            };
            let package = format!("{}_{form}", kernel.name.replace('/', "_"));
            subjects.push(Subject {
                kernel,
                form,
                timers: go.timers,
                package,
                source: in_go.source,
            });
        }
    }
    let module = Module::new(go, gotool::FOR_GO, options.keep)?;
    let program = build(&module, &subjects)?;
    let next = AtomicUsize::new(0);
    let compared = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(subject) = subjects.get(index)
                {
                    let late = options.time_max.is_some_and(|max| started.elapsed() >= max);
                    let result = (!late).then(|| subject.compare(options, &program));
                    let mut compared = compared.lock().expect("no thread has panicked");
                    compared.insert(index, result);
                }
            });
        }
    });
    let mut agrees = true;
    for (index, result) in compared.into_inner().expect("no thread has panicked") {
        let subject = &subjects[index];
        print!("{:<20} {:<5} ", subject.kernel.name, subject.form);
        match result {
            None => println!("skipped: no time left"),
            Some(result) => {
                let (one_agrees, text) = result?;
                agrees &= one_agrees;
                print!("{text}");
            }
        }
    }
    println!(
        "{} variants, {:.0} s",
        subjects.len(),
        started.elapsed().as_secs_f64()
    );
    Ok(agrees)
}

/// Builds all variants as one program, each as a package of its own.
fn build(module: &Module, subjects: &[Subject]) -> Result<PathBuf, Failure> {
    let mut main = String::from("package main\n\nimport (\n\t\"conform/harness\"\n");
    let mut table = String::new();
    for Subject {
        package, source, ..
    } in subjects
    {
        let path = format!("kernels/{package}/kernel.go");
        module.write(&path, &with_pauses(source, package))?;
        main.push_str(&format!("\t\"conform/kernels/{package}\"\n"));
        table.push_str(&format!("\t\t\"{package}\": {package}.Main,\n"));
    }
    main.push_str(")\n\nfunc main() {\n\tharness.KernelMain(map[string]func(){\n");
    main.push_str(&table);
    main.push_str("\t})\n}\n");
    module.write("catalogue/main.go", &main)?;
    module.build("catalogue")
}

/// Parts of a line that show that it does something visible to others.
const OPERATIONS: &[&str] = &[
    ".Lock()",
    ".Unlock()",
    ".RLock()",
    ".RUnlock()",
    "<-",
    "close(",
    ".Wait()",
    ".Signal()",
    ".Broadcast()",
    ".Do(",
    ".Done()",
    ".Add(",
    "select {",
    "go ",
    "range ",
];

/// Returns the source as a package that can be called, with a pause before each statement that
/// others can see. All lines keep their numbers.
fn with_pauses(source: &str, package: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        let statement = line.trim_start_matches('\t');
        let indent = &line[..line.len() - statement.len()];
        let code = statement.split("//").next().unwrap_or_default();
        let starts = |words: &[&str]| words.iter().any(|word| code.starts_with(word));
        let pauses = !indent.is_empty()
            && !starts(&["case ", "default:", "}", "defer "])
            && OPERATIONS.iter().any(|operation| code.contains(operation))
            && !code.contains("<-chan");
        if line == "//go:build ignore" {
            // Here it is a part of a program.
        } else if line == "package main" {
            text.push_str(&format!("package {package}; import \"conform/harness\""));
        } else if line == "func main() {" {
            text.push_str("func Main() { harness.Pause()");
        } else if pauses {
            text.push_str(&format!("{indent}harness.Pause(); {statement}"));
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

impl Subject {
    fn variant(&self) -> &'static Variant {
        self.kernel.variant(self.form)
    }

    /// Compares one variant. Returns true if they agree, and the text to print.
    fn compare(&self, options: &Options, program: &Path) -> Result<(bool, String), Failure> {
        let predicted = self.predicted();
        let mut shown: BTreeMap<Result<Stuck, String>, u64> = BTreeMap::new();
        for told in gotool::runs(program, &self.package, options.seed, options.runs)? {
            let end = match told {
                Told::Line(line) => self.read(&line)?,
                Told::Crash(text) => Err(text.lines().next().unwrap_or_default().to_owned()),
            };
            *shown.entry(end).or_default() += 1;
        }
        let mut agrees = true;
        let mut stuck = 0;
        let mut lines = String::new();
        for (end, count) in &shown {
            let line = match end {
                Ok(who) if who.is_empty() => continue,
                Ok(who) => {
                    stuck += count;
                    let known = predicted.contains(end);
                    agrees &= known;
                    format!(
                        "{}{}",
                        if known { "" } else { "NOT PREDICTED: " },
                        list(who)
                    )
                }
                Err(why) if why == "unsettled" => "came to no end in time".to_owned(),
                Err(why) => {
                    stuck += count;
                    let known = predicted.contains(end);
                    agrees &= known;
                    format!("{}{why}", if known { "" } else { "NOT PREDICTED: " })
                }
            };
            writeln!(lines, "    {count} times: {line}").expect("a string can be written");
        }
        let seen = shown.keys().filter(|end| predicted.contains(*end)).count();
        let head = format!(
            "{stuck} of {} runs end badly; Go showed {seen} of {} bad ends that are predicted\n",
            options.runs,
            predicted.len()
        );
        Ok((agrees, head + &lines))
    }

    /// Returns all bad ends that the checker finds.
    fn predicted(&self) -> BTreeSet<Result<Stuck, String>> {
        let report = Checker::new()
            .timers(self.timers)
            .keep_going(true)
            .check_subject(&self.variant().subject());
        report.findings.bad.keys().map(bad_end).collect()
    }

    /// Reads the harness's output of a run.
    fn read(&self, line: &str) -> Result<Result<Stuck, String>, Failure> {
        let Some(end) = line.strip_prefix("end ") else {
            return Ok(Err(line.to_owned()));
        };
        let mut stuck = Stuck::new();
        for entry in end.split(';').filter(|entry| !entry.is_empty()) {
            let odd = || Failure::Other(format!("{}: not understood: {entry}", self.package));
            let (name, standing) = entry.split_once('=').ok_or_else(odd)?;
            let (what, _) = standing.split_once('@').ok_or_else(odd)?;
            let name = match name.parse::<usize>() {
                Ok(line) => self.started_at(line).ok_or_else(odd)?,
                Err(_) => name.to_owned(),
            };
            stuck.push((name, verb(what).to_owned()));
        }
        stuck.sort();
        Ok(Ok(stuck))
    }

    /// Returns the name of the goroutine that this line starts, from its comment.
    fn started_at(&self, line: usize) -> Option<String> {
        let text = self.source.lines().nth(line.checked_sub(1)?)?;
        Some(text.rsplit_once("// ")?.1.to_owned())
    }
}

/// Translates the harness's word into the checker's.
fn verb(what: &str) -> &str {
    match what {
        "wlock" | "wlock-announced" => "lock",
        "wgwait" | "cond" | "cond-woken" => "wait",
        what => what,
    }
}

fn bad_end(end: &EndState) -> Result<Stuck, String> {
    let mut stuck = Stuck::new();
    for (name, standing) in &end.goroutines {
        match standing {
            GoroutineStatus::Returned => {}
            GoroutineStatus::Blocked(operation, _) => {
                // To Go, a select with one case is that case.
                let words: Vec<&str> = operation.split(' ').collect();
                let verb = match words.as_slice() {
                    ["select", only, _] => only,
                    [verb, ..] => verb,
                    [] => "",
                };
                stuck.push((base(name).to_owned(), verb.to_owned()));
            }
            GoroutineStatus::Panicked(message) => return Err(format!("panic: {message}")),
        }
    }
    stuck.sort();
    Ok(stuck)
}

/// Returns the name that the kernel gave, without the maker and the number.
fn base(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.split(['#', '~']).next().unwrap_or(name)
}

fn list(stuck: &Stuck) -> String {
    let each = |(name, verb): &(String, String)| format!("{name} in {verb}");
    stuck.iter().map(each).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_there_in_go() {
        for kernel in CATALOGUE {
            for form in VariantKind::ALL {
                let variant = kernel.variant(form);
                let in_go = variant.in_go.map(|it| it.file.strip_suffix(".go"));
                let file = variant.file.strip_suffix(".rs");
                assert_eq!(in_go, Some(file), "{} {form}", kernel.name);
            }
        }
    }

    #[test]
    fn every_go_statement_names_its_goroutine() {
        let variants = CATALOGUE.iter().flat_map(|it| [it.buggy, it.fixed]);
        for in_go in variants.filter_map(|variant| variant.in_go) {
            for (number, line) in in_go.source.lines().enumerate() {
                if line.trim_start().starts_with("go ") {
                    assert!(
                        line.contains(" // "),
                        "{}, line {number}: {line}",
                        in_go.file
                    );
                }
            }
        }
    }

    #[test]
    fn pauses_come_before_operations_and_change_no_line() {
        let source = "//go:build ignore\n\npackage main\n\nfunc main() {\n\tm.Lock()\n\
                      \tselect {\n\tcase <-c:\n\t}\n\tx := 1\n}\n";
        let expected = "\n\npackage p; import \"conform/harness\"\n\n\
                        func Main() { harness.Pause()\n\tharness.Pause(); m.Lock()\n\
                        \tharness.Pause(); select {\n\tcase <-c:\n\t}\n\tx := 1\n}\n";
        assert_eq!(with_pauses(source, "p"), expected);
    }

    #[test]
    fn goroutines_of_one_go_statement_have_one_name() {
        assert_eq!(base("Authenticate#3"), "Authenticate");
        assert_eq!(base("monitor/drain"), "drain");
        assert_eq!(base("main"), "main");
    }
}
