//! The exchange of identical goroutines in Go, with stubborn sets: searches with it and without
//! come to the same verdicts, ends and races.

#[path = "support/searches.rs"]
mod searches;
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::{Engine, Report};
use gordian_go::export::export;
use gordian_go::{GoSubject, Package, load};
use gordian_kernels::CATALOGUE;
use searches::check;

/// States beyond which a program is left out.
const STATES_MAX: u64 = 20_000;

/// The states of a program, and those that the search with exchange visited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sizes {
    states: u64,
    visited: u64,
}

/// Compares a search of all states with the one that exchanges goroutines. Returns `None` if there
/// are too many.
fn compare(subject: &GoSubject, states_max: u64) -> Result<Option<Sizes>, String> {
    let (one, other) = (subject.afresh(), subject.afresh());
    let full = check(&one, Engine::Stateful, states_max);
    let states = full.findings.states.unwrap_or(0);
    if states >= states_max {
        return Ok(None);
    }
    let exchanged = check(&other, Engine::Stubborn, states_max + 1);
    let visited = exchanged.findings.states.unwrap_or(0);
    let bad =
        |report: &Report| -> BTreeSet<EndState> { report.findings.bad.keys().cloned().collect() };
    // Both look at the states in the same order as long as nobody has another's id, so what is told
    // names the same goroutines.
    let told = |it: &GoSubject| (it.races(), it.reuses(), it.returns());
    if full.verdict != exchanged.verdict
        || full.findings.complete != exchanged.findings.complete
        || bad(&full) != bad(&exchanged)
        || told(&one) != told(&other)
        || visited > states
    {
        let told = [told(&one), told(&other)];
        return Err(format!(
            "{visited} of {states} states, {told:?}\n{full}\n{exchanged}"
        ));
    }
    Ok(Some(Sizes { states, visited }))
}

fn package(area: &str) -> Package {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let path = folder.join(area).join("export.json");
    load(&fs::read_to_string(path).expect("the fixture is there")).expect("it is an export")
}

fn pool(test: &str) -> Sizes {
    let subject = package("programs/pools").test(test);
    let subject = subject.unwrap_or_else(|| panic!("there is no test {test}"));
    let sizes = compare(&subject, STATES_MAX);
    let sizes = sizes.unwrap_or_else(|wrong| panic!("{test}: {wrong}"));
    sizes.unwrap_or_else(|| panic!("{test} is too large"))
}

/// Were a goroutine exchanged that something names, or were that not renamed, there would be fewer
/// states or more. So there would if a step were left out that matters, or if none were.
#[test]
fn goroutines_with_one_body_take_each_others_places() {
    let expected = [
        ("TestLock", 395, 40),
        ("TestReaders", 133, 9),
        ("TestJobs", 839, 52),
        ("TestCond", 174, 18),
        ("TestOnce", 72, 13),
        ("TestOwnChannels", 40, 14),
        ("TestStarters", 29, 13),
        ("TestArguments", 74, 26),
        ("TestWaiters", 39, 22),
        ("TestNumbersGivenAgain", 22, 5),
        ("TestRetries", 246, 51),
    ];
    let found = expected.map(|(test, ..)| {
        let Sizes { states, visited } = pool(test);
        (test, states, visited)
    });
    assert_eq!(found, expected);
}

#[test]
fn with_and_without_exchange_the_verdicts_are_the_same() {
    let areas = [
        "programs/conc",
        "programs/races",
        "programs/pools",
        "verdicts",
        "findings",
    ];
    let mut compared = 0;
    for area in areas {
        let package = package(area);
        let tests: Vec<String> = package.tests().map(str::to_owned).collect();
        for test in tests {
            let subject = package.test(&test).expect("it is there");
            let sizes = compare(&subject, STATES_MAX);
            let sizes = sizes.unwrap_or_else(|wrong| panic!("{area} {test}: {wrong}"));
            compared += u32::from(sizes.is_some());
        }
    }
    assert!(compared > 60, "{compared} tests are few");
}

#[test]
fn with_and_without_exchange_the_verdicts_of_the_twins_are_the_same() {
    for kernel in CATALOGUE.iter() {
        for variant in [&kernel.buggy, &kernel.fixed] {
            let in_go = variant.in_go.expect("it is there in Go");
            let package = load(in_go.export).expect("it is an export");
            let main = package.main().expect("it has a main");
            let compared = compare(&main, STATES_MAX);
            compared.unwrap_or_else(|wrong| panic!("{}: {wrong}", kernel.name));
        }
    }
}

/// Programs at random: a few goroutines with one body, and main. `GORDIAN_POOLS` has the number.
#[test]
fn at_random_the_verdicts_are_the_same() {
    let count = std::env::var("GORDIAN_POOLS").ok();
    let count = count.and_then(|it| it.parse().ok()).unwrap_or(40);
    let Some(settings) = support::settings("pools") else {
        return;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("random_pools");
    fs::create_dir_all(&folder).expect("a folder");
    let write = |file: &str, text: &str| fs::write(folder.join(file), text).expect("it is written");
    write("go.mod", "module pools\n\ngo 1.19\n");
    write("pools_test.go", &source(count));
    let patterns = [".".to_owned()];
    let exports = export(&settings, &folder, &patterns, &mut |_| {}).expect("it is exported");
    assert!(exports.problems.is_empty(), "{:?}", exports.problems);
    let package = load(&exports.packages[0].json).expect("it is an export");
    let (mut compared, mut states, mut visited) = (0, 0, 0);
    for seed in 0..count {
        let subject = package.test(&format!("Test{seed}")).expect("it is there");
        let sizes = compare(&subject, 5_000).unwrap_or_else(|wrong| {
            let mut text = String::new();
            program(seed, &mut text);
            panic!("{text}\n{wrong}")
        });
        if let Some(sizes) = sizes {
            compared += 1;
            states += sizes.states;
            visited += sizes.visited;
        }
    }
    println!("{compared} of {count} programs: {visited} of {states} states");
    assert!(
        compared * 2 > count && visited < states,
        "{compared}: {visited} of {states}"
    );
}

/// Numbers that seem random.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

fn source(count: u64) -> String {
    let mut text =
        "package pools\n\nimport (\n\t\"sync\"\n\t\"sync/atomic\"\n\t\"testing\"\n)\n\n".to_owned();
    for seed in 0..count {
        program(seed, &mut text);
    }
    text
}

/// Statements of the goroutines of a pool, and of main.
const STATEMENTS: [&str; 20] = [
    "mu.Lock(); n++; mu.Unlock()",
    "mu.Lock(); n++; mu.Unlock()",
    "mu.Lock(); ch <- n; mu.Unlock()",
    "if mu.TryLock() { n++; mu.Unlock() }",
    "rw.RLock(); m += n; rw.RUnlock()",
    "rw.RLock(); atomic.AddInt32(&a, 1); rw.RUnlock()",
    "rw.Lock(); m++; rw.Unlock()",
    "ch <- 1",
    "<-ch",
    "select { case ch <- 2: case <-other: default: }",
    "select { case v := <-ch: atomic.AddInt32(&a, int32(v)); case other <- 1: }",
    "other <- 3",
    "atomic.AddInt32(&a, 1)",
    "if atomic.LoadInt32(&a) == 1 { ch <- 4 }",
    "once.Do(func() { atomic.AddInt32(&a, 1) })",
    "mu.Lock(); if n == 0 { cond.Wait() }; mu.Unlock()",
    "mu.Lock(); n++; cond.Signal(); mu.Unlock()",
    "own := make(chan int, 1); own <- 1; atomic.AddInt32(&a, int32(<-own))",
    "go func() { other <- 5 }()",
    "mu.Lock(); p := &n; mu.Unlock(); rw.RLock(); mu.Lock(); *p++; mu.Unlock(); rw.RUnlock()",
];

/// Appends the program of this seed.
fn program(seed: u64, text: &mut String) {
    let mut random = Random(seed);
    let statements = |random: &mut Random, most: u64| {
        let count = 1 + random.below(most);
        (0..count)
            .map(|_| format!("{{ {} }}\n", random.pick(&STATEMENTS)))
            .collect::<String>()
    };
    let capacity = random.below(3);
    let _ = write!(
        text,
        "func Test{seed}(t *testing.T) {{\nvar mu sync.Mutex\nvar rw sync.RWMutex\n\
         cond := sync.NewCond(&mu)\nvar once sync.Once\nvar wg sync.WaitGroup\n\
         ch, other := make(chan int, {capacity}), make(chan int, 1)\nn, m := 0, 0\nvar a int32\n\
         _, _, _, _, _, _, _, _, _, _ = &mu, &rw, cond, &once, &wg, ch, other, &n, &m, &a\n"
    );
    for _ in 0..1 + random.below(2) {
        let count = 2 + random.below(2);
        let (argument, value) = match random.below(4) {
            0 => ("k int", "i % 2"),
            _ => ("", ""),
        };
        let body = statements(&mut random, 3);
        let joins = random.below(2) == 0;
        let (adds, done) = if joins {
            ("wg.Add(1)\n", "defer wg.Done()\n")
        } else {
            ("", "")
        };
        let between = if random.below(4) == 0 {
            statements(&mut random, 1)
        } else {
            String::new()
        };
        let _ = write!(
            text,
            "for i := 0; i < {count}; i++ {{\n{adds}go func({argument}) {{\n{done}{body}}}\
             ({value})\n{between}}}\n"
        );
    }
    if random.below(2) == 0 {
        text.push_str(&statements(&mut random, 2));
    }
    if random.below(2) == 0 {
        text.push_str("wg.Wait()\n");
    }
    text.push_str("}\n\n");
}
