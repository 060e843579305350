//! A search that is stopped, saved and resumed, again and again, finds what an undisturbed one
//! finds.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::random::{Draw, Random};
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{
    Checkpoint, CheckpointKey, Findings, Limit, Limits, Meter, Progress, Search, SearchSnapshot,
};
#[cfg(feature = "loom")]
use gordian_checker::loom::Loom;
use gordian_checker::model::{Fault, Program};
use gordian_checker::script::families;
use gordian_checker::sync::{
    ControlFlow, after, chan, choose, cond, forever, go, gosched, mutex, rwlock, waitgroup,
};
use gordian_checker::{Checker, Engine, Report, Subject, TimerRules, Verdict, select};

type Make = Box<dyn Fn() -> Box<dyn Search>>;

fn searches() -> Vec<(&'static str, Make)> {
    vec![
        ("exhaustive", Box::new(|| Box::new(Exhaustive::new()))),
        ("optimal", Box::new(|| Box::new(Optimal::new()))),
        ("stateful", Box::new(|| Box::new(Stateful::new()))),
        ("stubborn", Box::new(|| Box::new(Stubborn::new()))),
        (
            "preemptions",
            Box::new(|| Box::new(Stateful::with_preemptions(2))),
        ),
        ("auto", Box::new(|| Box::new(Auto::new()))),
        (
            "random",
            Box::new(|| Box::new(Random::new(7, Draw::Priorities { depth: 2 }))),
        ),
    ]
}

fn limits() -> Limits {
    Limits {
        executions_max: Some(3000),
        ..Limits::default()
    }
}

fn checkpoint_key() -> CheckpointKey {
    CheckpointKey::new("any", &limits(), None, String::new())
}

/// Runs a search to its end in slices of this length. If `disturbed`, it is saved between two
/// slices, and a new one in a new program resumes it. Returns the findings, the work, and the
/// number of disturbances.
fn run(subject: &dyn Subject, make: &Make, slice: u64, disturbed: bool) -> (Findings, u64, u32) {
    let mut program = subject.program(1 << 18);
    let mut search = make();
    let mut meter = Meter::new(limits(), Arc::default());
    let mut times = 0;
    loop {
        meter.begin_slice(slice);
        let progress = search.advance(program.as_mut(), &mut meter);
        if progress.expect("no fault") == Progress::Done {
            return (search.findings().clone(), meter.spent(), times);
        }
        if !disturbed {
            continue;
        }
        let saved = Checkpoint {
            key: checkpoint_key(),
            known: program.learner().expect("closures are learned").ids(),
            spent: meter.spent(),
            elapsed: meter.elapsed(),
            search: search.save().expect("a search that can be saved"),
        };
        let bytes = postcard::to_stdvec(&saved).expect("it can be written");
        let saved: Checkpoint = postcard::from_bytes(&bytes).expect("it can be read");
        program = subject.program(1 << 18);
        meter = Meter::new(limits(), Arc::default());
        search = make();
        saved
            .begin(&checkpoint_key(), program.as_mut(), &mut meter)
            .expect("the same settings");
        search
            .restore(program.as_mut(), saved.search)
            .expect("the same program");
        times += 1;
    }
}

fn assert_goes_on(what: &str, subject: &dyn Subject, slice: u64) {
    for (engine, make) in searches() {
        let name = &format!("{what}, {engine}");
        let (mut one, spent, _) = run(subject, &make, slice, false);
        let (mut other, spent_then, times) = run(subject, &make, slice, true);
        // The two searches of `auto` take turns of a certain length, and small programs end before
        // that.
        let often = times > 2 || engine == "auto";
        assert!(often, "{name} was disturbed {times} times only");
        // The paths are compared separately, as values.
        let (bad, bad_then) = (std::mem::take(&mut one.bad), std::mem::take(&mut other.bad));
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "{name}");
        assert_eq!(bad, bad_then, "{name}");
        assert_eq!(spent, spent_then, "{name}");
    }
}

#[test]
fn scripts_go_on() {
    for (name, sizes) in [
        ("philosophers", &[3][..]),
        ("fan-in", &[3, 3, 0]),
        // Identical goroutines, and something bad: the exchange is given up.
        ("workers", &[3, 2]),
        ("rwlock", &[2, 2]),
    ] {
        let family = families::ALL.iter().find(|family| family.name == name);
        let script = family.expect("a family").script(sizes).expect("sizes");
        assert_goes_on(name, &script, 23);
    }
}

#[test]
fn closures_go_on() {
    let kernel = Rc::new(|| {
        let (log, gate) = (mutex("log", String::new()), rwlock("gate", 0));
        let pipe = chan::<String>("pipe", 1);
        let all = waitgroup("all");
        all.add(2);
        for name in ["a", "b"] {
            go("worker", move || {
                // Two of the same name, made by different goroutines.
                let own = mutex("own", ());
                let held = own.lock();
                log.lock().push_str(name);
                *gate.lock() += choose(2);
                drop(held);
                all.done();
                pipe.send(log.lock().clone());
            });
        }
        let late = after("late");
        select! {
            recv(late) => {},
            recv(pipe) => {},
        }
        all.wait();
    });
    assert_goes_on("kernel", &kernel, 61);
}

#[test]
fn signals_and_conditions_go_on() {
    let kernel = Rc::new(|| {
        let queue = mutex("queue", VecDeque::new());
        let ready = cond("ready");
        for _ in 0..2 {
            go("waiter", move || {
                let mut held = queue.lock();
                while held.is_empty() {
                    held = ready.wait(held);
                }
                held.pop_front();
            });
        }
        for number in 0..2 {
            queue.lock().push_back(number);
            ready.signal();
        }
    });
    assert_goes_on("kernel", &kernel, 41);
}

/// A kernel that runs for ever, in which somebody can never move again. That is found at the end,
/// from all states.
#[test]
fn cycles_go_on() {
    let kernel = Rc::new(|| {
        let (left, right) = (chan::<u32>("left", 0), chan::<u32>("right", 0));
        let gate = mutex("gate", ());
        go("stuck", move || {
            gate.lock().leave_locked();
            gate.lock().unlock();
        });
        go("echo", move || {
            forever(|| {
                let got = left.recv();
                right.send(got.unwrap_or(0));
                ControlFlow::<()>::Continue(())
            });
        });
        forever(|| {
            left.send(1);
            right.recv();
            ControlFlow::<()>::Continue(())
        });
    });
    let make: Make = Box::new(|| Box::new(Stateful::new()));
    let (one, ..) = run(&kernel, &make, 3, false);
    let (other, _, times) = run(&kernel, &make, 3, true);
    assert!(times > 2 && one.found_bad());
    assert_eq!(one.bad, other.bad);
    assert_eq!(one.states, other.states);
}

fn saved_of(engine: Engine, kernel: impl Fn() + Send + 'static) -> Checkpoint {
    let kept: Arc<Mutex<Option<Checkpoint>>> = Arc::default();
    let keep = kept.clone();
    let checker = Checker::new().engine(engine).limits(Limits {
        executions_max: Some(200_000),
        ..Limits::default()
    });
    let report = checker
        .checkpoint_every(Duration::ZERO, move |saved| {
            let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get_or_insert_with(|| saved.clone());
        })
        .check(kernel);
    assert_eq!(report.fault, None);
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.take().expect("saved at least once")
}

fn counting(goroutines: u32, rounds: u32) -> impl Fn() + Send + 'static {
    move || {
        let count = mutex("count", 0);
        for _ in 0..goroutines {
            go("one", move || {
                for _ in 0..rounds {
                    *count.lock() += 1;
                }
            });
        }
    }
}

#[test]
fn a_checker_goes_on_with_what_a_checker_saved() {
    let saved = saved_of(Engine::Optimal, counting(8, 1));
    let checker = Checker::new().engine(Engine::Optimal);
    let undisturbed = checker.check(counting(8, 1));
    let report = checker.resume_from(saved.clone()).check(counting(8, 1));
    assert_eq!(report.verdict, Verdict::Proved);
    assert_eq!(report.findings.executions, 40_320);
    assert_eq!(report.findings.steps, undisturbed.findings.steps);
    let SearchSnapshot::Optimal(search) = saved.search else {
        panic!("of another engine");
    };
    assert!((1..40_320).contains(&search.findings.executions));
}

/// Has a state for each combination of rounds.
fn rounds(goroutines: u32, rounds: u32) -> impl Fn() + Send + 'static {
    move || {
        for _ in 0..goroutines {
            go("one", move || (0..rounds).for_each(|_| gosched()));
        }
    }
}

/// Counts the programs that are made of a kernel.
struct Counted<S>(S, Cell<u32>);

impl<S: Subject> Subject for Counted<S> {
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        self.1.set(self.1.get() + 1);
        self.0.program_with(stack_bytes, timers)
    }
}

#[test]
fn a_search_that_was_asked_goes_on_as_if_it_was_not() {
    let kernel = || Rc::new(rounds(4, 8));
    let checker = Checker::new().engine(Engine::Stateful);
    let undisturbed = checker.check_subject(&kernel());
    let ask = |answer: bool| {
        let times = Arc::new(AtomicU32::new(0));
        let asked = times.clone();
        let goes_on = move |_: &Findings| {
            asked.fetch_add(1, Ordering::Relaxed);
            answer
        };
        let subject = Counted(kernel(), Cell::new(0));
        let checker = checker.clone().ask_after(100, goes_on);
        let report = checker.check_subject(&subject);
        assert_eq!((times.load(Ordering::Relaxed), subject.1.get()), (1, 1));
        report
    };
    let went_on = ask(true);
    assert_eq!(went_on.verdict, Verdict::Proved);
    let told = |report: &Report| {
        let findings = &report.findings;
        (findings.states, findings.steps, findings.limits.clone())
    };
    assert_eq!(told(&went_on), told(&undisturbed));
    let ended = ask(false);
    assert_eq!(ended.verdict, Verdict::Bounded);
    assert_eq!(ended.findings.limits, [Limit::States(100)]);
    let states = ended.findings.states;
    assert!(states > Some(100) && states < undisturbed.findings.states);
}

/// A small search that has found something is not asked, and a large one before it ends.
#[test]
fn a_search_that_has_found_something_is_asked_before_it_ends() {
    let bad = |goroutines| {
        Rc::new(move || match choose(2) {
            0 => panic!("found"),
            _ => rounds(goroutines, 12)(),
        })
    };
    let checker = Checker::new().engine(Engine::Stateful);
    let asking = |answer: bool| {
        checker.clone().ask_after(0, move |found| {
            assert_eq!(found.bad.len(), 1);
            answer
        })
    };
    let small = checker.clone().ask_after(0, |_| panic!("it was asked"));
    assert!(small.check_subject(&bad(4)).findings.complete);
    let ended = asking(false).check_subject(&bad(5));
    assert_eq!(ended.findings.limits, [Limit::FoundBad]);
    let went_on = asking(true).check_subject(&bad(5));
    assert!(went_on.findings.complete);
    assert_eq!(went_on.findings.bad, ended.findings.bad);
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let saved = saved_of(Engine::Optimal, counting(8, 1));
    let refused = |checker: Checker, kernel: Rc<dyn Fn()>| {
        let report = checker
            .resume_from(saved.clone())
            .check_subject(&Rc::new(move || kernel()));
        assert_eq!(report.verdict, Verdict::Fault);
        match report.fault {
            Some(Fault::CheckpointMismatch { why }) => why,
            fault => panic!("{fault:?}"),
        }
    };
    let optimal = || Checker::new().engine(Engine::Optimal);
    let why = refused(Checker::new(), Rc::new(counting(8, 1)));
    assert!(why.contains("optimal") && why.contains("auto"), "{why}");
    let limits = Limits {
        steps_max: 99,
        ..Limits::default()
    };
    let why = refused(optimal().limits(limits), Rc::new(counting(8, 1)));
    assert!(why.contains("99"), "{why}");
    let why = refused(
        optimal().timers(TimerRules::Go1_22),
        Rc::new(counting(8, 1)),
    );
    assert!(why.contains("timers as in Go 1.22"), "{why}");
    let why = refused(optimal(), Rc::new(|| {}));
    assert!(why.contains("cannot be taken"), "{why}");
    let why = refused(optimal(), Rc::new(counting(7, 1)));
    assert!(why.contains("cannot be taken"), "{why}");
}

#[test]
fn a_search_of_another_kind_is_refused() {
    let kernel = Rc::new(counting(2, 1));
    let stopped = |search: &dyn Search| search.save().expect("it can be written down");
    let (random, plain) = (Random::new(1, Draw::Uniform), Exhaustive::new());
    let searches: Vec<(Box<dyn Search>, SearchSnapshot)> = vec![
        (Box::new(Exhaustive::new()), stopped(&random)),
        (Box::new(Optimal::new()), stopped(&plain)),
        (Box::new(Stateful::new()), stopped(&plain)),
        (Box::new(Random::new(1, Draw::Uniform)), stopped(&plain)),
        (Box::new(Auto::new()), stopped(&plain)),
    ];
    #[cfg(feature = "loom")]
    let searches = searches.into_iter().chain([(
        Box::new(Loom::of(&Rc::new(|| {}), 1 << 18)) as Box<dyn Search>,
        stopped(&plain),
    )]);
    for (index, (mut search, stopped)) in searches.into_iter().enumerate() {
        let mut program = kernel.program(1 << 18);
        let restored = search.restore(program.as_mut(), stopped);
        assert!(
            matches!(restored, Err(Fault::CheckpointMismatch { .. })),
            "{index}"
        );
    }
}

/// A snapshot may have been changed since it was saved.
#[test]
fn a_state_that_comes_from_itself_is_refused() {
    let kernel = Rc::new(counting(2, 1));
    let mut program = kernel.program(1 << 18);
    let mut meter = Meter::new(limits(), Arc::default());
    let mut search = Stateful::new();
    while search.advance(program.as_mut(), &mut meter) == Ok(Progress::Paused) {}
    let Some(SearchSnapshot::Stateful(mut snapshot)) = search.save() else {
        panic!("of another kind");
    };
    snapshot.from[1].0 = 1;
    (snapshot.next, snapshot.at) = (0, 0);
    (snapshot.depth, snapshot.farther) = (0, 1);
    let stopped = SearchSnapshot::Stateful(snapshot);
    let restored = Stateful::new().restore(program.as_mut(), stopped);
    assert!(matches!(restored, Err(Fault::CheckpointMismatch { .. })));
}

/// A path has a node for each of its states, and at most its events are checked for rivals.
#[test]
fn a_path_of_another_length_is_refused() {
    let kernel = Rc::new(counting(3, 2));
    let mut program = kernel.program(1 << 18);
    let mut meter = Meter::new(limits(), Arc::default());
    let mut search = Optimal::new();
    let is_reversing = |search: &Optimal| match search.save() {
        Some(SearchSnapshot::Optimal(snapshot)) => snapshot.reversing.is_some(),
        _ => panic!("of another kind"),
    };
    while !is_reversing(&search) {
        meter.begin_slice(1);
        let progress = search.advance(program.as_mut(), &mut meter);
        assert_eq!(progress, Ok(Progress::Paused));
    }
    let restored = |change: fn(&mut usize, &mut Option<usize>)| {
        let Some(SearchSnapshot::Optimal(mut snapshot)) = search.save() else {
            panic!("of another kind");
        };
        let mut count = snapshot.nodes.len();
        assert!(snapshot.path.len() > 1);
        change(&mut count, &mut snapshot.reversing);
        snapshot.nodes.truncate(count);
        let stopped = SearchSnapshot::Optimal(snapshot);
        Optimal::new().restore(kernel.program(1 << 18).as_mut(), stopped)
    };
    assert_eq!(restored(|_, _| {}), Ok(()));
    for change in [
        |count: &mut usize, _: &mut Option<usize>| *count -= 1,
        |_: &mut usize, reversing: &mut Option<usize>| *reversing = Some(1_000),
    ] {
        assert!(matches!(
            restored(change),
            Err(Fault::CheckpointMismatch { .. })
        ));
    }
}

#[test]
fn the_time_goes_on() {
    let times: Rc<RefCell<Vec<Duration>>> = Rc::default();
    let mut meter = Meter::new(limits(), Arc::default());
    meter.go_on_from(5, Duration::from_secs(100));
    times.borrow_mut().push(meter.elapsed());
    assert!(meter.elapsed() >= Duration::from_secs(100));
    assert_eq!(meter.spent(), 5);
}
