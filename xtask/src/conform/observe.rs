//! Random programs in which races matter, under Go itself.
//!
//! Each end that Go shows of a program without a race must be one to which the full search in the
//! machine comes: the same lines at which goroutines are blocked, the same values, or the same
//! panic. Go's race detector must tell no race where the search has none. The other direction is
//! only counted: Go cannot show everything in a few runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use gordian_go::Tree;

use super::batches::{self, Printed as _};
use super::gotool::{self, Go, Module, Told};
use super::judge::MISUSES;
use super::races::Racy;
use super::reduced::{Odd, Seen};
use super::{Failure, Options};

/// Most disagreements that are printed in full.
const SHOWN_MAX: usize = 5;
/// The package that has all programs of a batch.
const ALL: &str = "all";

/// The programs of a batch, built without and with the race detector.
struct Built {
    plain: PathBuf,
    racing: PathBuf,
}

/// The ends to which the search comes.
struct Predicted {
    /// The lines at which goroutines are blocked, and what is left: `12,40|(1 [] free)`.
    ends: BTreeSet<String>,
    panics: BTreeSet<String>,
    is_racy: bool,
    is_assumed: bool,
}

/// The results so far.
#[derive(Default)]
struct Tally {
    programs: u64,
    skipped: BTreeMap<&'static str, u64>,
    /// Runs of each judgement.
    judged: BTreeMap<&'static str, u64>,
    /// The ends and panics that are predicted of programs without a race, and those of them that Go
    /// showed.
    predicted: u64,
    shown: u64,
    /// Programs without a race of which the detector tells one all the same: behind a try or a
    /// default, which order more here, or of a send with a close, or of an `Add` with a `Wait`.
    alone: u64,
    /// Programs with a race, and the races of those of which the detector told none.
    racy: u64,
    untold: Vec<String>,
    disagreements: Vec<String>,
}

/// Compares all programs, and prints the results. Returns true if Go and the search agree.
///
/// # Errors
/// Fails if nothing could be compared.
pub(super) fn compare(options: &Options, go: &Go) -> Result<bool, Failure> {
    let started = Instant::now();
    let tally = Mutex::new(Tally::default());
    let make = |seed| Some(Racy::new(seed));
    batches::each(
        options,
        go,
        gotool::FOR_GO,
        make,
        build,
        |it, json, built| {
            let compared = it.full(json, go.timers);
            let compared = match compared {
                Ok(seen) => observe(options, it, &seen, built, &tally),
                Err(Odd::TooLarge) => skip(&tally, "too large"),
                Err(Odd::Fault) => skip(&tally, "a fault"),
                Err(Odd::Differs(why)) => Err(why),
            };
            if let Err(why) = compared {
                let text = format!("seed {}: {why}\n{}", it.seed(), numbered(it.source()));
                let mut tally = tally.lock().expect("no thread has panicked");
                tally.disagreements.push(text);
            }
        },
    )?;
    let tally = tally.into_inner().expect("no thread has panicked");
    tally.tell();
    println!("{:.0} s", started.elapsed().as_secs_f64());
    Ok(tally.disagreements.is_empty())
}

/// Builds all programs of a batch as one.
fn build(module: &Module, programs: &[Racy]) -> Result<Built, Failure> {
    let (mut imports, mut table) = (String::new(), String::new());
    for it in programs {
        let name = batches::folder(it);
        let source = dawdling(it.source(), &name);
        module.write(&format!("{name}/main.go"), &source)?;
        imports.push_str(&format!("\t\"conform/{name}\"\n"));
        let timed = it.is_timed();
        table.push_str(&format!(
            "\t\t\"{name}\": {{{name}.Main, &{name}.Left, {timed}}},\n"
        ));
    }
    let main = format!(
        "package main\n\nimport (\n\t\"conform/harness\"\n{imports})\n\nfunc main() {{\n\
         \tharness.WholeMain(map[string]harness.Whole{{\n{table}\t}})\n}}\n"
    );
    module.write(&format!("{ALL}/main.go"), &main)?;
    let built = Built {
        plain: module.build(ALL)?,
        racing: module.build_for_races(ALL)?,
    };
    // The next batch is exported without it.
    std::fs::remove_file(module.directory.join(ALL).join("main.go"))?;
    Ok(built)
}

/// Returns the source as a package that can be called, with a pause before each statement. All
/// lines keep their numbers.
fn dawdling(source: &str, package: &str) -> String {
    let mut text = String::new();
    let mut is_within = false;
    for line in source.lines() {
        let is_part = ["case ", "default:", "}", "defer "];
        match line {
            "package main" => {
                text.push_str(&format!("package {package}; import \"conform/harness\""))
            }
            "func main() {" => {
                text.push_str("func Main() { harness.Dawdle()");
                is_within = true;
            }
            _ if is_within && !is_part.iter().any(|it| line.starts_with(it)) => {
                text.push_str(&format!("harness.Dawdle(); {line}"));
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

fn skip(tally: &Mutex<Tally>, why: &'static str) -> Result<(), String> {
    let mut tally = tally.lock().expect("no thread has panicked");
    *tally.skipped.entry(why).or_default() += 1;
    Ok(())
}

/// Runs a program, and judges each run.
fn observe(
    options: &Options,
    it: &Racy,
    seen: &Seen,
    built: &Built,
    tally: &Mutex<Tally>,
) -> Result<(), String> {
    if it.is_endless() {
        return skip(tally, "it may have no end");
    }
    if !seen.reuses.is_empty() {
        return skip(tally, "a wait group is used again too early");
    }
    let predicted = Predicted::of(seen);
    let races = runs(it, &built.racing, options.runs / 4 + 1)?;
    let races = races.iter().filter(|(told, _)| tells_race(told));
    let races: u64 = races.map(|(_, count)| count).sum();
    if predicted.is_racy {
        let mut tally = tally.lock().expect("no thread has panicked");
        tally.programs += 1;
        tally.racy += 1;
        if races == 0 {
            let races: Vec<&str> = seen.races.iter().map(String::as_str).collect();
            let text = format!("seed {}: {}", it.seed(), races.join(", "));
            tally.untold.push(text);
        }
        return Ok(());
    }
    if races > 0 && !it.orders_more() && !it.adds_late() && !predicted.may_close(it) {
        return Err(format!("Go tells a race in {races} runs"));
    }
    let shown = runs(it, &built.plain, options.runs)?;
    let mut tally = tally.lock().expect("no thread has panicked");
    tally.programs += 1;
    tally.predicted += (predicted.ends.len() + predicted.panics.len()) as u64;
    tally.alone += u64::from(races > 0);
    let mut odd = Vec::new();
    for (text, count) in &shown {
        match predicted.judge(it, text, *count, options.runs) {
            Some(judgement) => *tally.judged.entry(judgement).or_default() += count,
            None => odd.push(format!("{count} times: {text}")),
        }
        tally.shown += u64::from(predicted.has(text));
    }
    if odd.is_empty() {
        return Ok(());
    }
    let ends: Vec<&str> = predicted.all().collect();
    Err(format!(
        "{}\npredicted:\n{}",
        odd.join("\n"),
        ends.join("\n")
    ))
}

/// Returns what Go tells of each run, with the number of times: an end, or the messages of a crash.
fn runs(it: &Racy, program: &Path, count: u64) -> Result<BTreeMap<String, u64>, String> {
    let told = gotool::runs(program, &batches::folder(it), it.seed(), count);
    let told = told.map_err(|failure| match failure {
        Failure::Other(why) => why,
        Failure::NoGo(_) => "no Go".to_owned(),
    })?;
    let mut shown = BTreeMap::new();
    for told in told {
        let text = match told {
            Told::Line(line) => line,
            Told::Crash(text) => crash(&text),
        };
        *shown.entry(text).or_default() += 1;
    }
    Ok(shown)
}

/// Returns the messages of a crash, the first one first: a panic may come while another one makes
/// deferred calls.
fn crash(text: &str) -> String {
    let messages = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let message = line.strip_prefix("panic: ");
        message.or_else(|| line.strip_prefix("fatal error: "))
    });
    let mut all = vec!["panic"];
    all.extend(messages);
    if text.contains(gotool::RACE) {
        all.push(gotool::RACE);
    }
    all.join("\n")
}

fn tells_race(told: &str) -> bool {
    let count = told
        .strip_prefix("end ")
        .and_then(|it| it.split_once(" races"));
    count.is_some_and(|(count, _)| count != "0") || told.contains(gotool::RACE)
}

impl Predicted {
    fn of(seen: &Seen) -> Self {
        let (mut ends, mut panics) = (BTreeSet::new(), BTreeSet::new());
        for end in &seen.ends {
            let messages = end.standing.iter().map(|(_, _, message)| message);
            let messages: Vec<&String> = messages.filter(|it| !it.is_empty()).collect();
            if !messages.is_empty() {
                panics.extend(messages.into_iter().cloned());
                continue;
            }
            // A timer that has not fired stands nowhere.
            let lines = end.standing.iter().filter(|(line, ..)| *line > 0);
            let lines: Vec<String> = lines.map(|(line, ..)| line.to_string()).collect();
            let left: Vec<String> = end.variables.iter().map(text).collect();
            ends.insert(format!("{}|{}", lines.join(","), left.join(" ")));
        }
        Self {
            ends,
            panics,
            is_racy: !seen.races.is_empty(),
            is_assumed: !seen.assumptions.is_empty(),
        }
    }

    /// Returns true if a channel may be closed while somebody sends, which the detector tells.
    fn may_close(&self, it: &Racy) -> bool {
        it.recovers_close() || self.panics.iter().any(|it| it.contains("closed channel"))
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        self.ends.iter().chain(&self.panics).map(String::as_str)
    }

    fn has(&self, told: &str) -> bool {
        match told.strip_prefix("panic\n") {
            Some(messages) => messages.lines().any(|it| self.panics.contains(message(it))),
            None => told
                .strip_prefix("end ")
                .is_some_and(|it| self.ends.contains(it)),
        }
    }

    /// Returns what is to be said of runs that end so, `None` if the search does not come to it.
    fn judge(&self, it: &Racy, told: &str, count: u64, runs: u64) -> Option<&'static str> {
        let is_rare = count <= runs / 50 + 1;
        let misuse = |it: &String| MISUSES.contains(&it.as_str());
        if self.has(told) {
            Some("as the search has it")
        } else if told == "unsettled" {
            Some("came to no end in time: nothing can be said")
        } else if self.is_assumed {
            Some("otherwise, and something is assumed")
        } else if self.panics.iter().any(misuse) && is_rare {
            Some("otherwise, while Go died of an unlock of what is not locked")
        } else if it.tries() && is_rare {
            Some("a try-lock failed though the lock was free, as the memory model allows")
        } else if it.has_tree() {
            Some("otherwise, with a tree of contexts, whose cancellation is one step here")
        } else {
            None
        }
    }
}

/// Returns a message of Go's without what it tells of its own state.
fn message(line: &str) -> &str {
    line.strip_suffix(" [recovered]").unwrap_or(line)
}

/// Returns a value as the harness tells it.
fn text(tree: &Tree) -> String {
    let all = |parts: &[Tree]| parts.iter().map(text).collect::<Vec<_>>().join(" ");
    match tree {
        Tree::Leaf(text) => text.clone(),
        Tree::Parts(parts) => format!("({})", all(parts)),
        Tree::Chan { values, closed } => {
            format!("[{}]{}", all(values), if *closed { "closed" } else { "" })
        }
    }
}

fn numbered(source: &str) -> String {
    let lines = source.lines().enumerate();
    let lines = lines.map(|(at, line)| format!("{:>3} {line}\n", at + 1));
    lines.collect()
}

impl Tally {
    fn tell(&self) {
        for text in self.disagreements.iter().take(SHOWN_MAX) {
            println!("\n{text}");
        }
        for text in self.disagreements.iter().skip(SHOWN_MAX) {
            println!("{}", text.lines().take(2).collect::<Vec<_>>().join(" | "));
        }
        println!("{} programs under Go", self.programs);
        for (why, count) in &self.skipped {
            println!("  {count} programs skipped: {why}");
        }
        for (what, count) in &self.judged {
            println!("  {count} {what}");
        }
        println!(
            "  Go showed {} of {} ends of those without a race",
            self.shown, self.predicted
        );
        println!(
            "  {} of those where the detector alone tells a race, by rules of its own",
            self.alone
        );
        println!(
            "  {} with a race; of {} the detector told none:",
            self.racy,
            self.untold.len()
        );
        for text in &self.untold {
            println!("    {text}");
        }
        println!("{} DISAGREE", self.disagreements.len());
        if self.programs == 0 {
            println!("NOTHING WAS COMPARED");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_come_before_statements_and_change_no_line() {
        let source = "package main\n\ntype box struct {\n\ta int\n}\n\nfunc main() {\nx = 1\n\
                      select {\ncase r = <-c:\n}\n}\n";
        let expected = "package p; import \"conform/harness\"\n\ntype box struct {\n\ta int\n}\n\n\
                        func Main() { harness.Dawdle()\nharness.Dawdle(); x = 1\n\
                        harness.Dawdle(); select {\ncase r = <-c:\n}\n}\n";
        assert_eq!(dawdling(source, "p"), expected);
    }

    #[test]
    fn a_race_is_told_in_an_end_or_before_a_crash() {
        assert!(!tells_race("end 0 races"));
        assert!(tells_race("end 2 races"));
        let told = crash("WARNING: DATA RACE\n\npanic: own\n\ngoroutine 5 [running]:\n");
        assert_eq!(told, "panic\nown\nWARNING: DATA RACE");
        assert!(tells_race(&told));
    }
}
