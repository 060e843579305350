//! All outcomes of a kernel, found by brute force, written as text, and compared with what the
//! engines find.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use gordian_checker::execution::end_state::{EndState, GoroutineStatus};
use gordian_checker::explore::{Limit, Limits};
use gordian_checker::model::{
    End, Event, GoroutineId, Object, ObjectId, Phase, Program, Step, World,
};
use gordian_checker::{Checker, Engine, Report, Subject, TimerRules, Verdict};

/// The stack of a goroutine, in bytes.
const STACK_BYTES: usize = 1 << 18;

/// Executions after which an engine may stop. What it has found by then must be among the outcomes
/// that exist.
const EXECUTIONS_MAX: u64 = 30_000;

/// The same for loom, whose reduction is the weakest.
const LOOM_EXECUTIONS_MAX: u64 = 2_000;

/// Asserts that the kernel can end in exactly these ways, one a line, and that all engines agree.
///
/// A line has the kind of the end, who is blocked on what, and the contents of the cells that the
/// kernel made with `shared`: `done out=1`, `deadlock main(recv ch) out=0`, `leak worker(lock mu)`.
/// A panic has a line of its own, without the state of the others: `panic main: close of closed
/// channel: ch`.
#[track_caller]
pub(crate) fn expect(kernel: impl Fn() + Send + 'static, expected: &str) {
    expect_with(TimerRules::default(), kernel, expected);
}

/// Asserts the same under these rules of timers.
#[track_caller]
pub(crate) fn expect_with(timers: TimerRules, kernel: impl Fn() + Send + 'static, expected: &str) {
    let found = outcomes(timers, kernel);
    let expected: BTreeSet<String> = lines(expected).collect();
    assert!(
        found == expected,
        "timers of Go {}: expected\n{}\nfound\n{}",
        timers.name(),
        indented(&expected),
        indented(&found)
    );
}

/// Returns the ways in which the kernel can end. Asserts that the engines find the same bad ends.
#[track_caller]
fn outcomes(timers: TimerRules, kernel: impl Fn() + Send + 'static) -> BTreeSet<String> {
    let kernel = Rc::new(kernel);
    let mut program = kernel.program_with(STACK_BYTES, timers);
    let truth = Truth::of(program.as_mut());
    let executions = count_executions(program.as_mut());
    for engine in Engine::ALL {
        if engine != Engine::Random {
            truth.compare(engine, &look(engine, timers, &kernel), executions);
        }
    }
    truth.outcomes
}

fn executions_max(engine: Engine) -> u64 {
    match engine {
        Engine::Loom => LOOM_EXECUTIONS_MAX,
        _ => EXECUTIONS_MAX,
    }
}

fn look(engine: Engine, timers: TimerRules, subject: &dyn Subject) -> Report {
    Checker::new()
        .engine(engine)
        .timers(timers)
        .stack_bytes(STACK_BYTES)
        .keep_going(true)
        .limits(Limits {
            executions_max: Some(executions_max(engine)),
            ..Limits::default()
        })
        .check_subject(subject)
}

fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
}

fn indented(lines: &BTreeSet<String>) -> String {
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

/// The facts about a program, from a walk through its states.
struct Truth {
    outcomes: BTreeSet<String>,
    bad: BTreeSet<EndState>,
    states: usize,
    cut: bool,
}

impl Truth {
    /// Visits every state, in no particular order.
    fn of(program: &mut dyn Program) -> Self {
        let start = World::start(program).expect("it starts");
        let mut seen = HashSet::from([start.clone()]);
        let mut to_visit = vec![start];
        let mut truth = Self {
            outcomes: BTreeSet::new(),
            bad: BTreeSet::new(),
            states: 0,
            cut: false,
        };
        let mut steps = Vec::new();
        while let Some(world) = to_visit.pop() {
            world.enabled(program, &mut steps);
            for &step in &steps {
                let mut next = world.clone();
                next.take(program, step).expect("it goes on");
                if seen.insert(next.clone()) {
                    to_visit.push(next);
                }
            }
            if steps.is_empty() {
                truth.end(program, &world);
            }
        }
        truth.states = seen.len();
        truth
    }

    fn end(&mut self, program: &dyn Program, world: &World) {
        let end = world.end(program);
        let kind = match end {
            End::Panic => {
                for id in panicked(world) {
                    let bad = EndState::of_panic(program, world, id);
                    for (name, standing) in &bad.goroutines {
                        if let GoroutineStatus::Panicked(message) = standing {
                            self.outcomes.insert(format!("panic {name}: {message}"));
                        }
                    }
                    self.bad.insert(bad);
                }
                return;
            }
            End::Complete => "done",
            End::Leak => "leak",
            End::Deadlock => "deadlock",
            End::Cut => "cut",
        };
        self.cut |= end == End::Cut;
        if matches!(end, End::Leak | End::Deadlock) {
            self.bad.insert(EndState::of_bad(program, world, end));
        }
        let mut words = vec![kind.to_owned()];
        words.extend(blocked(program, world));
        words.extend(cells(program, world));
        self.outcomes.insert(words.join(" "));
    }

    /// Asserts that a report agrees with the facts.
    #[track_caller]
    fn compare(&self, engine: Engine, report: &Report, executions: u64) {
        if report.verdict == Verdict::Unsupported {
            return;
        }
        let name = engine.name();
        let findings = &report.findings;
        let bad: BTreeSet<EndState> = findings.bad.keys().cloned().collect();
        assert_eq!(report.fault, None, "{name} meets a fault");
        assert!(
            bad.is_subset(&self.bad),
            "{name} finds what there is not: {:#?}",
            bad.difference(&self.bad)
        );
        let enough = Limit::Executions(executions_max(engine));
        if findings.limits.contains(&enough) {
            return;
        }
        assert_eq!(bad, self.bad, "{name} misses a bad end");
        let limits: &[Limit] = if self.cut { &[Limit::Ticks] } else { &[] };
        assert_eq!(findings.limits, limits, "{name} hits other limits");
        assert_eq!(findings.complete, limits.is_empty(), "{name}");
        if let Some(states) = findings.states {
            match engine {
                Engine::Auto | Engine::Stubborn if findings.reduced => {
                    assert!(states <= self.states as u64, "{name}: {states}");
                }
                _ => assert_eq!(states, self.states as u64, "{name} counts other states"),
            }
        }
        if engine == Engine::Optimal {
            assert_eq!(findings.discarded, 0, "{name} throws executions away");
            assert_eq!(findings.executions, executions, "{name} counts otherwise");
        }
    }
}

fn panicked(world: &World) -> Vec<GoroutineId> {
    let goroutines = world.goroutines().iter().enumerate();
    goroutines
        .filter(|(_, goroutine)| matches!(goroutine.phase, Phase::Panicked(_)))
        .map(|(index, _)| GoroutineId::from_index(index))
        .collect()
}

fn blocked(program: &dyn Program, world: &World) -> Vec<String> {
    let standings = EndState::of(program, world).goroutines.into_iter();
    standings
        .filter_map(|(name, standing)| match standing {
            GoroutineStatus::Blocked(operation, _) => Some(format!("{name}({operation})")),
            GoroutineStatus::Returned | GoroutineStatus::Panicked(_) => None,
        })
        .collect()
}

fn cells(program: &dyn Program, world: &World) -> Vec<String> {
    let objects = world.objects().iter().enumerate();
    let mut cells: Vec<String> = objects
        .filter_map(|(index, object)| match object {
            Object::Cell(cell) => {
                let name = program.object(ObjectId::from_index(index)).name;
                Some(format!("{name}={}", program.value(cell.value)))
            }
            _ => None,
        })
        .collect();
    cells.sort();
    cells
}

/// Returns the number of inequivalent executions: the number of distinct canonical forms (Foata's:
/// each step on a level one above the highest of those before it on which it depends).
fn count_executions(program: &mut dyn Program) -> u64 {
    let start = World::start(program).expect("it starts");
    let mut seen: HashSet<Vec<(usize, Step)>> = HashSet::new();
    let mut to_visit: Vec<(World, Vec<(usize, Event)>)> = vec![(start, Vec::new())];
    let mut count = 0;
    let mut steps = Vec::new();
    while let Some((world, events)) = to_visit.pop() {
        world.enabled(program, &mut steps);
        count += u64::from(steps.is_empty());
        for &step in &steps {
            let mut next = world.clone();
            let event = next.take(program, step).expect("it goes on");
            let below = events.iter().filter(|(_, other)| event.depends_on(other));
            let level = below.map(|(level, _)| level + 1).max().unwrap_or(0);
            let mut longer = events.clone();
            longer.push((level, event));
            let mut form: Vec<(usize, Step)> = longer
                .iter()
                .map(|(level, event)| (*level, event.step))
                .collect();
            form.sort_unstable();
            if seen.insert(form) {
                to_visit.push((next, longer));
            }
        }
    }
    count
}
