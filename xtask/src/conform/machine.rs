//! Random programs in the machine for Go. Each is printed as Go, exported, and explored state by
//! state; it must come to the same ends as its script, and there must be as many executions.
//!
//! The machine knows more states and fewer: it forgets what no goroutine can come to, and keeps
//! integers that nobody looks at. So ends are compared, with all that is left in the objects. The
//! number of executions is compared where the two programs have the same operations.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;

use gordian_checker::explore::{Findings, Limits};
use gordian_checker::model::{Learner as _, Program, TimerRules};
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{AtomicOp, Kind, Memory, Script, Start, Statement};
use gordian_checker::{Checker, Engine, Subject, Verdict};
use gordian_go::{GoSubject, Package};

use super::batches;
use super::ends::{self, Ending};
use super::gotool::{self, Go};
use super::judge::{any, panics_under_deferred};
use super::predict;
use super::reduced::{Case, Reductions};
use super::{Failure, Options};

/// Programs with more states are skipped.
const STATES_MAX: usize = 20_000;
/// Programs with more executions are not counted.
const EXECUTIONS_MAX: u64 = 5_000;
/// Most searches of a program with shared variables: each takes more of what raced in every order.
const ROUNDS_MAX: u32 = 8;
/// Most disagreements that are printed in full.
const SHOWN_MAX: usize = 3;

/// A program that is compared.
struct Printed {
    seed: u64,
    script: Script,
    timers: TimerRules,
    source: String,
}

/// The results so far.
#[derive(Default)]
struct Tally {
    programs: u64,
    /// Programs with shared variables in plain memory, and those of them where some race.
    shared: u64,
    racy: u64,
    /// Programs where the integer under a lock races: the harness writes it after the unlock.
    misused: u64,
    /// Programs compared without integers: the harness writes that under a lock before a wait.
    early: u64,
    /// Programs of which only a part was compared, since a goroutine panics under deferred calls.
    under_panic: u64,
    /// Programs whose executions were counted, and the executions.
    counted: u64,
    executions: u64,
    too_many: u64,
    states: u64,
    states_of_scripts: u64,
    skipped: BTreeMap<String, u64>,
    disagreements: Vec<String>,
    /// The search that leaves steps out, beside that of all of them.
    reductions: Reductions,
}

/// Variables of the harness, which lead to all that a program leaves.
const LEFT: [&str; 2] = ["conform/harness.Root", "conform/harness.Left"];

/// Compares all programs, and prints the results. Returns true if the machine agrees.
///
/// # Errors
/// Fails if nothing could be compared.
pub(super) fn compare(options: &Options, go: &Go) -> Result<bool, Failure> {
    let started = Instant::now();
    let tally = Mutex::new(Tally::default());
    batches::each(
        options,
        go,
        gotool::FOR_THE_MACHINE,
        |seed| program(options, seed, &tally),
        |_, _| Ok(()),
        |it, json, ()| {
            let compared = catch_unwind(AssertUnwindSafe(|| it.compare(json, &tally)));
            if compared.is_err() {
                it.differs(&tally, "the checker panics".to_owned());
            }
        },
    )?;
    let tally = tally.into_inner().expect("no thread has panicked");
    tell(&tally, started);
    let agree = tally.reductions.tell();
    Ok(agree && tally.disagreements.is_empty())
}

impl batches::Printed for Printed {
    fn seed(&self) -> u64 {
        self.seed
    }

    fn source(&self) -> &str {
        &self.source
    }
}

/// Returns the program of this seed, unless Go does not have all of it.
fn program(options: &Options, seed: u64, tally: &Mutex<Tally>) -> Option<Printed> {
    let mix = Mix {
        timer: options.timer,
        recover: options.recover,
        ..Mix::default()
    };
    let script = random::script(seed, mix);
    match script.to_go("program") {
        Ok(text) => Some(Printed {
            seed,
            timers: match seed % 2 {
                0 => TimerRules::Go1_22,
                _ => TimerRules::Go1_23,
            },
            source: format!("{HEAD}{text}"),
            script,
        }),
        Err(why) => {
            skip(tally, why.to_owned());
            None
        }
    }
}

/// The beginning of each program. Not every program needs all packages.
const HEAD: &str = "package main\n\nimport (\n\t\"context\"\n\t\"runtime\"\n\t\"sync\"\n\
    \t\"sync/atomic\"\n\t\"time\"\n\n\t\"conform/harness\"\n)\n\nvar (\n\
    \t_ = context.Background\n\t_ = runtime.Gosched\n\t_ = time.Sleep\n\t_ sync.Mutex\n\
    \t_ atomic.Int64\n)\n\nfunc main() {\n\tharness.Main(program)\n}\n\n";

/// The script as the program in Go does it: main starts the others.
struct ByMain(Script);

impl Subject for ByMain {
    fn program_with(&self, _: usize, timers: TimerRules) -> Box<dyn Program> {
        let interpreter = self
            .0
            .interpreter_with(Start::ByMain, Memory::Forgetful, timers);
        Box::new(interpreter)
    }
}

impl Printed {
    /// Compares searches of the program, and the program with its script.
    fn compare(&self, json: &str, tally: &Mutex<Tally>) {
        match gordian_go::load(json) {
            Ok(package) => {
                self.compare_searches(&package.main().expect("it has a main"), tally);
                self.compare_with_script(&package, tally);
            }
            Err(error) => self.differs(tally, error.to_string()),
        }
    }

    fn compare_with_script(&self, package: &Package, tally: &Mutex<Tally>) {
        let predicted = match predict::predict(&self.script, self.timers, STATES_MAX) {
            Ok(Some(predicted)) => predicted,
            Ok(None) => return skip(tally, format!("more than {STATES_MAX} states")),
            Err(fault) => return skip(tally, format!("a fault: {fault:?}")),
        };
        let under_panic = panics_under_deferred(&self.script, &predicted);
        let mut wanted: BTreeSet<Ending> = predicted.outcomes.iter().map(Ending::of).collect();
        let shares = self.declares(|kind| matches!(kind, Kind::Cell { .. }));
        // The harness writes the integer under a lock in the step that unlocks. Seen as memory that
        // races with the next holder, so it cannot be explored in every order.
        if shares && self.declares(|kind| matches!(kind, Kind::Mutex | Kind::RwLock)) {
            return skip(
                tally,
                "shared variables beside a lock over an integer".to_owned(),
            );
        }
        let mut subject = package.main().expect("it has a main");
        let (mut found, racy) = match self.explore(&mut subject, shares) {
            Ok(Some(found)) => found,
            Ok(None) => {
                return skip(
                    tally,
                    format!("more than {STATES_MAX} states in the machine"),
                );
            }
            Err(why) => return self.differs(tally, why),
        };
        {
            let mut tally = tally.lock().expect("no thread has panicked");
            tally.programs += 1;
            tally.states += found.states as u64;
            tally.states_of_scripts += predicted.states as u64;
            tally.shared += u64::from(shares);
            tally.racy += u64::from(racy && shares);
            tally.misused += u64::from(racy && !shares);
            tally.under_panic += u64::from(under_panic);
        }
        // The harness writes the integer before the wait that unlocks. Where somebody else unlocks
        // in between, another integer is left.
        let early = racy && !shares && self.has(|it| matches!(it, Statement::WaitHeld(..)));
        if early && wanted != found.all {
            wanted = wanted.iter().map(Ending::without_integers).collect();
            found.all = found.all.iter().map(Ending::without_integers).collect();
            tally.lock().expect("no thread has panicked").early += 1;
        }
        // Deferred calls are made before a panic ends the program, which scripts leave out.
        let is_panic = |it: &&Ending| matches!(it, Ending::Panic(_));
        let missing: Vec<String> = wanted
            .difference(&found.all)
            .filter(|it| !under_panic || !is_panic(it))
            .map(|it| format!("only in the script: {it}\n"))
            .collect();
        let more: Vec<String> = found
            .all
            .difference(&wanted)
            .filter(|_| !under_panic)
            .map(|it| format!("only in the machine: {it}\n"))
            .collect();
        if !missing.is_empty() || !more.is_empty() {
            return self.differs(tally, missing.concat() + &more.concat());
        }
        // A fresh subject: its clones share what a search has learned.
        let anew = package.main().expect("it has a main");
        self.count(&anew, (shares || under_panic, racy), tally);
    }

    /// Compares the search that leaves steps out with that of all of them. Where time passes they
    /// are compared in quiet time, too, and by the clock.
    fn compare_searches(&self, subject: &GoSubject, tally: &Mutex<Tally>) {
        let passes = self.declares(|kind| matches!(kind, Kind::Timer | Kind::Ticker { .. }))
            || self.has(|it| matches!(it, Statement::Sleep));
        let quiet = [GoSubject::in_quiet_time, GoSubject::by_the_clock].map(|it| it(subject));
        let quiet = quiet.iter().filter(|_| passes);
        for subject in std::iter::once(subject).chain(quiet) {
            let case = Case {
                subject,
                timers: self.timers,
                variables: &LEFT,
                states_max: STATES_MAX as u64 * 4,
                by_executions: false,
            };
            let compared = case.compare();
            let mut tally = tally.lock().expect("no thread has panicked");
            tally.reductions.note(compared, &self.told());
        }
    }

    /// Returns the ends in the machine, and whether anything raced. Shared variables that race are
    /// explored in every order.
    fn explore(
        &self,
        subject: &mut GoSubject,
        shares: bool,
    ) -> Result<Option<(ends::Ends, bool)>, String> {
        let source: Vec<&str> = self.source.lines().collect();
        let mut racy = false;
        for _ in 0..ROUNDS_MAX {
            let mut program = subject.go_program(self.timers);
            let found = ends::explore(&mut program, &self.script, &source, STATES_MAX * 4)?;
            let Some(found) = found else { return Ok(None) };
            program.finish();
            racy |= !subject.races().is_empty();
            match subject.refined().filter(|_| shares) {
                Some(refined) => *subject = refined,
                None => return Ok(Some((found, racy))),
            }
        }
        Err(format!("it still races after {ROUNDS_MAX} searches"))
    }

    /// Compares the numbers of executions, where both programs have the same operations; and
    /// whether its clocks tell a race.
    fn count(&self, subject: &GoSubject, (differs, racy): (bool, bool), tally: &Mutex<Tally>) {
        let go = self.executions(subject);
        let findings = match go {
            Ok(Some(findings)) => findings,
            Ok(None) => {
                tally.lock().expect("no thread has panicked").too_many += 1;
                return;
            }
            Err(why) => return self.differs(tally, why),
        };
        let races = subject.races();
        if races.is_empty() == racy {
            return self.differs(
                tally,
                format!("races by clocks: {races:?}, by states: {racy}\n"),
            );
        }
        // In the harness these are loops.
        let in_loops =
            |op: &AtomicOp| matches!(op, AtomicOp::And(_) | AtomicOp::Or(_) | AtomicOp::Max(_));
        let loops = self.has(|it| matches!(it, Statement::Atomic(_, op) if in_loops(op)));
        // A compare-and-swap that fails is a read by the rules, and an access in the machine.
        let swaps = self.has(|it| matches!(it, Statement::Atomic(_, AtomicOp::CompareAndSwap(..))));
        if differs || loops || swaps {
            return;
        }
        let script = match self.executions(&ByMain(self.script.clone())) {
            Ok(Some(script)) => script,
            Ok(None) => return,
            Err(why) => return self.differs(tally, why),
        };
        let figures = |it: &Findings| (it.executions, it.bad_executions);
        if figures(&findings) != figures(&script) {
            let text = format!(
                "executions, and bad ones: {:?} of the script, {:?} in the machine\n",
                figures(&script),
                figures(&findings)
            );
            return self.differs(tally, text);
        }
        let mut tally = tally.lock().expect("no thread has panicked");
        tally.counted += 1;
        tally.executions += findings.executions;
    }

    /// Returns the findings of the search through executions; `None` if they are too many.
    fn executions(&self, subject: &dyn Subject) -> Result<Option<Findings>, String> {
        let limits = Limits {
            executions_max: Some(EXECUTIONS_MAX),
            ..Limits::default()
        };
        let checker = Checker::new().engine(Engine::Optimal).limits(limits);
        let checker = checker.keep_going(true).timers(self.timers);
        let report = checker.check_subject(subject);
        match report.verdict {
            Verdict::Fault | Verdict::Unsupported => Err(format!("{report}\n")),
            _ => Ok(report.findings.complete.then_some(report.findings)),
        }
    }

    fn declares(&self, is: impl Fn(Kind) -> bool) -> bool {
        self.script.objects.iter().any(|it| is(it.kind))
    }

    fn has(&self, is: impl Fn(&Statement) -> bool) -> bool {
        self.script.goroutines.iter().any(|it| any(&it.body, &is))
    }

    /// Returns the program as it is told.
    fn told(&self) -> String {
        format!(
            "seed {}, timers as in Go {}\n{}",
            self.seed,
            self.timers.name(),
            self.source.strip_prefix(HEAD).unwrap_or(&self.source)
        )
    }

    fn differs(&self, tally: &Mutex<Tally>, what: String) {
        let text = format!("{what}\n{}", self.told());
        let mut tally = tally.lock().expect("no thread has panicked");
        tally.disagreements.push(text);
    }
}

fn skip(tally: &Mutex<Tally>, why: String) {
    let mut tally = tally.lock().expect("no thread has panicked");
    *tally.skipped.entry(why).or_default() += 1;
}

fn tell(tally: &Tally, started: Instant) {
    for text in tally.disagreements.iter().take(SHOWN_MAX) {
        println!("\n{text}");
    }
    for text in tally.disagreements.iter().skip(SHOWN_MAX) {
        println!("{}", text.lines().take(3).collect::<Vec<_>>().join(" | "));
    }
    println!(
        "{} programs in the machine, {} states ({} of the scripts), {:.0} s",
        tally.programs,
        tally.states,
        tally.states_of_scripts,
        started.elapsed().as_secs_f64()
    );
    for (why, count) in &tally.skipped {
        println!("  {count} programs skipped: {why}");
    }
    println!(
        "  {} with shared variables in plain memory, of which {} race; {} race only in the \
         harness, {} of them compared without integers",
        tally.shared, tally.racy, tally.misused, tally.early
    );
    println!(
        "  {} panic under deferred calls, which scripts leave out: ends without a panic compared",
        tally.under_panic
    );
    println!(
        "  {} with as many executions, {} in all; {} with more than {EXECUTIONS_MAX} not counted",
        tally.counted, tally.executions, tally.too_many
    );
    println!("{} DISAGREE", tally.disagreements.len());
}
