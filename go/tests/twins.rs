//! The kernels of the catalogue in Go: each has the verdict of its Rust twin, the same goroutines
//! are stuck in the same operations, and as many executions are not equivalent.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use gordian_checker::catalogue::{Expected, Variant};
use gordian_checker::explain::trace::{State, Trace};
use gordian_checker::model::{GoroutineId, Learner, Names, ObjectId, Program, World};
use gordian_checker::{Checker, Engine, Report, Subject, Verdict};
use gordian_go::Package;
use gordian_go::export::export;
use gordian_kernels::CATALOGUE;

/// Goroutines that are stuck, each with the verbs of what it is stuck in: objects have other names
/// in Go.
type Stuck = BTreeSet<(String, String)>;

/// Kernels that draw random numbers in Go, and not in Rust.
const DRAW: [&str; 2] = ["etcd/7015", "etcd/7492"];

/// A kernel with so many executions that they are not all explored here.
const LONG: &str = "etcd/7443";

fn twins() -> impl Iterator<Item = (&'static str, &'static str, &'static Variant)> {
    CATALOGUE.iter().flat_map(|kernel| {
        let name = kernel.name;
        [
            (name, "buggy", &kernel.buggy),
            (name, "fixed", &kernel.fixed),
        ]
    })
}

fn check(subject: &dyn Subject, engine: Engine) -> Report {
    let checker = Checker::new().engine(engine).keep_going(true);
    checker
        .time_max(Duration::from_secs(100))
        .check_subject(subject)
}

fn package(name: &str, variant: &Variant) -> Package {
    let in_go = variant
        .in_go
        .unwrap_or_else(|| panic!("{name} is not there in Go"));
    gordian_go::load(in_go.export).expect("it is an export")
}

fn check_go(name: &str, variant: &Variant, engine: Engine) -> Report {
    let package = package(name, variant);
    check(&package.main().expect("it has a main"), engine)
}

/// `select recv a, send b` without the names. `recv c (nil)` is `recv nil`: the machine of Go gives
/// nil no name.
fn verbs(operation: &str) -> String {
    let words = operation.split(", ").map(|case| {
        let (words, last) = case.rsplit_once(' ').unwrap_or(("", case));
        match last {
            "nil" => case.to_owned(),
            "(nil)" => verbs(words) + " nil",
            _ => words.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Returns the names of goroutines in the source of a kernel: a comment behind each `go` statement.
fn names_in(source: &str) -> impl Fn(u32) -> Option<String> + '_ {
    |line| {
        let line = source.lines().nth(line.checked_sub(1)? as usize)?;
        let (_, name) = line.rsplit_once("// ")?;
        Some(name.trim().to_owned())
    }
}

/// Returns the goroutines that are stuck at the end of a trace, by the names in the source.
fn stuck_in(trace: &Trace, names: &dyn Fn(u32) -> Option<String>) -> Stuck {
    let in_source = |name: &str| {
        let goroutine = trace.goroutines.iter().find(|it| it.name == name);
        let line = goroutine.map_or(0, |it| it.place.line);
        let number = name.rsplit_once('#').map_or("", |(_, number)| number);
        let Some(own) = names(line) else {
            return name.to_owned();
        };
        let before = trace.goroutines.iter().take_while(|it| it.name != name);
        let of_this = before.filter(|it| it.place.line == line).count();
        match (number, of_this) {
            ("", _) | (_, 0) => own,
            (number, _) => format!("{own}#{number}"),
        }
    };
    let blocked = trace.last.iter().filter(|last| last.state == State::Stuck);
    let stuck = blocked.filter_map(|last| {
        let op = last.op.as_ref()?;
        Some((in_source(&last.goroutine), verbs(&op.text())))
    });
    stuck.collect()
}

#[test]
fn verdicts_and_stuck_goroutines_are_those_of_the_twins() {
    for (name, form, variant) in twins() {
        let report = check_go(name, variant, Engine::Stateful);
        let verdict = match variant.expected {
            Expected::Proved => Verdict::Proved,
            Expected::Deadlock => Verdict::Deadlock,
            Expected::Leak => Verdict::Leak,
            Expected::Panic => Verdict::Panic,
        };
        assert_eq!(report.verdict, verdict, "{name} {form}: {report}");
        let names = names_in(variant.in_go.expect("it is there in Go").source);
        let expected: Stuck = variant
            .stuck
            .iter()
            .map(|(who, what)| ((*who).to_owned(), verbs(what)))
            .collect();
        let found: BTreeSet<Stuck> = report
            .traces
            .iter()
            .map(|trace| stuck_in(trace, &names))
            .collect();
        assert!(
            expected.is_empty() || found.contains(&expected),
            "{name} {form}: {expected:?} is not among {found:?}"
        );
    }
}

#[test]
fn there_are_as_many_executions_as_of_the_twins() {
    for (name, form, variant) in twins() {
        if DRAW.contains(&name) || (name, form) == (LONG, "fixed") {
            continue;
        }
        let go = check_go(name, variant, Engine::Optimal).findings;
        let main = std::rc::Rc::new(variant.main);
        let rust = check(&main, Engine::Optimal).findings;
        let figures = |it: &gordian_checker::explore::Findings| (it.executions, it.bad_executions);
        assert!(go.complete && rust.complete, "{name} {form}");
        assert_eq!(figures(&go), figures(&rust), "{name} {form}");
    }
}

/// Walks about, the last that can move first, and the first.
fn walk(program: &mut dyn Program) {
    let mut world = World::start(program).expect("it starts");
    let mut steps = Vec::new();
    for turn in 0..200 {
        world.enabled(program, &mut steps);
        let step = if turn % 2 == 0 {
            steps.first()
        } else {
            steps.last()
        };
        let Some(&step) = step else { break };
        world.take(program, step).expect("a step");
    }
}

#[test]
fn what_was_met_keeps_its_number_in_another_program() {
    let mut long = twins().filter(|(name, ..)| *name == LONG);
    let (name, _, variant) = long.next().expect("it is there");
    let package = package(name, variant);
    let subject = package.main().expect("it has a main");
    let mut first = subject.go_program(subject.timers());
    walk(&mut first);
    let known = first.ids();
    assert!(
        known.goroutines.len() > 3 && known.objects.len() > 5,
        "{known:?}"
    );
    let mut second = subject.go_program(subject.timers());
    second.adopt_ids(&known);
    for id in (0..known.goroutines.len()).map(GoroutineId::from_index) {
        assert_eq!(first.goroutine(id), second.goroutine(id));
    }
    for id in (0..known.objects.len()).map(ObjectId::from_index) {
        assert_eq!(first.object(id), second.object(id));
    }
    assert_eq!(second.ids(), known);
}

/// With Go 1.19 and Debian's x/tools here, the exports are made anew and compared;
/// `UPDATE_EXPORTS=1 cargo test -p gordian-go --test twins` keeps them.
#[test]
fn the_exports_of_the_twins_are_what_the_exporter_writes() {
    let Some(settings) = support::settings("twins") else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, form, variant) in twins() {
        let in_go = variant.in_go.expect("it is there in Go");
        let file = root.join(in_go.file);
        let folder = file.parent().expect("it is in a folder");
        let patterns = [format!("{form}.go")];
        let exports = export(&settings, folder, &patterns, &mut |_| ());
        let exports = exports.unwrap_or_else(|problem| panic!("{problem}"));
        assert!(exports.problems.is_empty(), "{:?}", exports.problems);
        let json = &exports.packages[0].json;
        if std::env::var_os("UPDATE_EXPORTS").is_some() {
            fs::write(file.with_extension("json"), json).expect("it can be written");
        } else {
            assert!(
                json == in_go.export,
                "{name} {form}: its export is not as it was kept"
            );
        }
    }
}
