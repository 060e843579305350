//! Random programs, as Go source: the ones that test the engines.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use gordian_checker::TimerRules;
use gordian_checker::script::Script;
use gordian_checker::script::random::{self, Mix};

use super::gotool::{self, Go, Module, Told};
use super::judge::{Judge, Judgement};
use super::outcome::{Outcome, Source};
use super::predict::{self, Predicted};
use super::{Failure, Options};

/// Programs in one Go binary, so that the linker runs only once for all of them.
const BATCH: u64 = 100;
/// Programs with more states are skipped.
const STATES_MAX: usize = 100_000;
/// Most disagreements that are printed in full.
const SHOWN_MAX: usize = 5;

/// A program that is compared.
struct Subject {
    seed: u64,
    script: Script,
    go: String,
    predicted: Predicted,
}

impl Subject {
    fn name(&self) -> String {
        format!("program{}", self.seed)
    }
}

/// The results so far.
#[derive(Default)]
struct Tally {
    programs: u64,
    runs: u64,
    states: u64,
    /// The reasons why programs were skipped, with their numbers.
    skipped: BTreeMap<String, u64>,
    /// The number of runs of each judgement.
    judged: BTreeMap<Judgement, u64>,
    /// The outcomes of all programs that are predicted, and those of them that Go showed.
    predicted: u64,
    shown: u64,
    /// Programs all of whose predicted outcomes Go showed.
    whole: u64,
    /// Outcomes that Go showed and the rules do not predict.
    disagreements: Vec<String>,
}

/// Compares all programs, and prints the results. Returns true if Go and the rules agree.
///
/// # Errors
/// Fails if nothing could be compared.
pub(super) fn compare(options: &Options, go: &Go) -> Result<bool, Failure> {
    let started = Instant::now();
    let mut tally = Tally::default();
    let module = Module::new(go, gotool::FOR_GO, options.keep)?;
    let mut next = 0;
    while next < options.programs && options.time_max.is_none_or(|max| started.elapsed() < max) {
        let count = BATCH.min(options.programs - next);
        let first = options.seed.wrapping_add(next);
        next += count;
        let subjects: Vec<Subject> = (first..first.saturating_add(count))
            .filter_map(|seed| subject(options, go.timers, seed, &mut tally))
            .collect();
        if !subjects.is_empty() {
            batch(options, &module, &subjects, &mut tally)?;
        }
    }
    tell(&tally, started);
    Ok(tally.disagreements.is_empty())
}

/// Returns the program of this seed, unless there is a reason to skip it.
fn subject(options: &Options, timers: TimerRules, seed: u64, tally: &mut Tally) -> Option<Subject> {
    let mix = Mix {
        timer: options.timer,
        recover: options.recover,
        ..Mix::default()
    };
    let script = random::script(seed, mix);
    let made = script
        .to_go(&format!("program{seed}"))
        .map_err(str::to_owned);
    let explored = made.and_then(|go| match predict::predict(&script, timers, STATES_MAX) {
        Ok(Some(predicted)) => Ok((go, predicted)),
        Ok(None) => Err(format!("more than {STATES_MAX} states")),
        Err(fault) => Err(format!("a fault: {fault:?}")),
    });
    match explored {
        Ok((go, predicted)) => Some(Subject {
            seed,
            script,
            go,
            predicted,
        }),
        Err(why) => {
            *tally.skipped.entry(why).or_default() += 1;
            None
        }
    }
}

/// Returns all programs of a batch as one package.
fn package(subjects: &[Subject]) -> String {
    let mut text = String::from(
        "package main\n\nimport (\n\t\"context\"\n\t\"runtime\"\n\t\"sync\"\n\t\"sync/atomic\"\n\
         \t\"time\"\n\n\t\"conform/harness\"\n)\n\n\
         // Not every batch of programs needs all packages.\nvar (\n\t_ = context.Background\n\
         \t_ = runtime.Gosched\n\t_ = time.Sleep\n\t_ sync.Mutex\n\t_ atomic.Int64\n)\n\n\
         func main() {\n\tharness.Main(map[string]func(*harness.Run) harness.Objects{\n",
    );
    for subject in subjects {
        text.push_str(&format!("\t\t\"{0}\": {0},\n", subject.name()));
    }
    text.push_str("\t})\n}\n");
    for subject in subjects {
        text.push('\n');
        text.push_str(&subject.go);
    }
    text
}

fn batch(
    options: &Options,
    module: &Module,
    subjects: &[Subject],
    tally: &mut Tally,
) -> Result<(), Failure> {
    let text = package(subjects);
    module.write("programs/main.go", &text)?;
    let program = module.build("programs")?;
    let source = Source::new(&text);
    let next = AtomicUsize::new(0);
    let done = Mutex::new((tally, None));
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let shown = show(options, &program, &source, subject);
                    let mut done = done.lock().expect("no thread has panicked");
                    match shown {
                        Ok(shown) => note(options, done.0, subject, &shown),
                        Err(failure) => done.1 = Some(failure),
                    }
                }
            });
        }
    });
    let (_, failure) = done.into_inner().expect("no thread has panicked");
    failure.map_or(Ok(()), Err)
}

/// Counts the outcomes that Go shows of a program.
fn show(
    options: &Options,
    program: &Path,
    source: &Source,
    subject: &Subject,
) -> Result<BTreeMap<Outcome, u64>, Failure> {
    let mut shown = BTreeMap::new();
    for told in gotool::runs(program, &subject.name(), subject.seed, options.runs)? {
        let outcome = match told {
            Told::Line(line) => source.read(&line),
            Told::Crash(text) => source.read_crash(&text, "programs/main.go"),
        };
        *shown.entry(outcome.map_err(Failure::Other)?).or_default() += 1;
    }
    Ok(shown)
}

fn note(options: &Options, tally: &mut Tally, subject: &Subject, shown: &BTreeMap<Outcome, u64>) {
    let mut judge = Judge::new(&subject.script, &subject.predicted, STATES_MAX);
    let mut as_predicted = 0;
    tally.programs += 1;
    tally.states += subject.predicted.states as u64;
    for (outcome, &count) in shown {
        let mut judgement = judge.judge(outcome);
        // Allowed exceptions are rare. A rule that is wrong about try-locks, panics or contexts
        // shows more often.
        let is_rare = matches!(judgement, Judgement::SpuriousTryLock | Judgement::InTheWake);
        if is_rare && count > options.runs / 50 + 1 {
            judgement = Judgement::Disagrees;
        }
        tally.runs += count;
        *tally.judged.entry(judgement).or_default() += count;
        as_predicted += u64::from(judgement == Judgement::Predicted);
        if judgement == Judgement::Disagrees {
            let text = disagreement(subject, outcome, count);
            tally.disagreements.push(text);
        }
    }
    let predicted = subject.predicted.outcomes.len() as u64;
    tally.predicted += predicted;
    tally.shown += as_predicted;
    tally.whole += u64::from(as_predicted == predicted);
}

fn disagreement(subject: &Subject, outcome: &Outcome, count: u64) -> String {
    let predicted: Vec<String> = subject
        .predicted
        .outcomes
        .iter()
        .map(|outcome| format!("  {outcome}\n"))
        .collect();
    format!(
        "seed {}, {count} times: {outcome}\npredicted:\n{}{}",
        subject.seed,
        predicted.concat(),
        subject.go
    )
}

fn tell(tally: &Tally, started: Instant) {
    for text in tally.disagreements.iter().take(SHOWN_MAX) {
        println!("\n{text}");
    }
    if tally.disagreements.len() > SHOWN_MAX {
        println!("and {} more", tally.disagreements.len() - SHOWN_MAX);
    }
    println!(
        "{} programs of {} states, {} runs, {:.0} s",
        tally.programs,
        tally.states,
        tally.runs,
        started.elapsed().as_secs_f64()
    );
    for (why, count) in &tally.skipped {
        println!("  {count} programs skipped: {why}");
    }
    for judgement in Judgement::ALL {
        if let Some(count) = tally.judged.get(&judgement) {
            println!("  {count} runs: {}", judgement.words());
        }
    }
    println!(
        "Go showed {} of the {} outcomes that are predicted ({:.1} %); of {} programs all of them",
        tally.shown,
        tally.predicted,
        100.0 * tally.shown as f64 / (tally.predicted.max(1)) as f64,
        tally.whole
    );
    if tally.programs == 0 {
        println!("NOTHING WAS COMPARED");
    }
}
