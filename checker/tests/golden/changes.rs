//! The states of objects at each step of a trace.

use std::collections::BTreeMap;
use std::rc::Rc;

use gordian_checker::Subject;
use gordian_checker::explain::trace::{ObjectChange, ObjectState, Verb};
use gordian_checker::explain::{Releasers, Trace};
use gordian_checker::explore::Cycle;
use gordian_checker::model::{Program, Step, TimerRules, World};
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Memory, Start};
use gordian_checker::sync::{atomic, chan, cond, go, mutex, once, semaphore, timer, waitgroup};

use crate::{KERNELS, trace};

type States = BTreeMap<String, ObjectState>;

/// Returns what a trace says of each object after its first steps.
fn folded(trace: &Trace, steps: usize) -> States {
    let changes = trace.steps[..steps].iter().flat_map(|step| &step.changes);
    let told = trace.start.iter().chain(changes);
    told.map(|it| (it.object.clone(), it.now.clone())).collect()
}

/// Returns what it says of them at its end.
fn finals(trace: &Trace) -> States {
    let objects = trace.objects.iter();
    objects
        .map(|it| (it.name.clone(), it.now.clone()))
        .collect()
}

fn play(program: &mut dyn Program, path: &[Step]) -> Trace {
    Trace::play(program, path, &Cycle::default(), &Releasers::default()).expect("no fault")
}

/// A path on which the next step is drawn by a seed.
fn drawn(program: &mut dyn Program, seed: u64, max: usize) -> Vec<Step> {
    let mut world = World::start(program).expect("no fault");
    let (mut path, mut enabled, mut seed) = (Vec::new(), Vec::new(), seed);
    while path.len() < max {
        world.enabled(program, &mut enabled);
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let Some(&step) = enabled.get((seed >> 33) as usize % enabled.len().max(1)) else {
            break;
        };
        world.take(program, step).expect("no fault");
        path.push(step);
    }
    path
}

/// After each step, what was told of the objects until then is what a trace that ends there says
/// of all of them. Returns the number of changes.
fn judge(program: &mut dyn Program, path: &[Step], what: &str) -> usize {
    let whole = play(program, path);
    for steps in 0..=path.len() {
        let part = play(program, &path[..steps]);
        assert_eq!(folded(&whole, steps), finals(&part), "{what}, step {steps}");
    }
    for step in &whole.steps {
        let before = folded(&whole, step.n - 1);
        for change in &step.changes {
            let was = before.get(&change.object);
            assert_ne!(was, Some(&change.now), "{what}: {} changes", change.object);
        }
    }
    whole.steps.iter().map(|step| step.changes.len()).sum()
}

#[test]
fn the_changes_of_each_kernel_lead_to_the_states_at_its_end() {
    for (name, kernel) in KERNELS {
        let found = trace(kernel);
        assert_eq!(folded(&found, found.steps.len()), finals(&found), "{name}");
        let mut program = Rc::new(kernel).program(1 << 18);
        for seed in 0..10 {
            let path = drawn(program.as_mut(), seed, 60);
            judge(program.as_mut(), &path, name);
        }
    }
}

#[test]
fn the_changes_of_random_programs_lead_to_the_states_after_each_step() {
    let mut changes = 0;
    for seed in 0..400 {
        let mix = Mix {
            timer: seed % 2 == 0,
            ..Mix::default()
        };
        let timers = TimerRules::ALL[seed as usize % TimerRules::ALL.len()];
        let script = random::script(seed, mix);
        let mut program = script.interpreter_with(Start::Together, Memory::Full, timers);
        let path = drawn(&mut program, seed, 40);
        let shown = format!("seed {seed}: {}", script.to_rust());
        changes += judge(&mut program, &path, &shown);
    }
    assert!(changes > 1_500, "only {changes}");
}

/// Plays a kernel in the default order.
fn in_order(kernel: fn()) -> Trace {
    let mut program = Rc::new(kernel).program(1 << 18);
    let program = program.as_mut();
    let mut world = World::start(program).expect("no fault");
    let (mut path, mut enabled) = (Vec::new(), Vec::new());
    loop {
        world.enabled(program, &mut enabled);
        let Some(&step) = enabled.first() else { break };
        world.take(program, step).expect("no fault");
        path.push(step);
    }
    play(program, &path)
}

/// Lists what changes at the start and in each step of a kernel, in the default order: the state of
/// an object, its values and who waits.
fn told(kernel: fn()) -> Vec<String> {
    let trace = in_order(kernel);
    let steps = trace.steps.iter().map(|step| &step.changes);
    let text = |changes: &Vec<ObjectChange>| {
        let each = changes.iter().map(|change| {
            let now = &change.now;
            let values = now.values.join(", ");
            let waiting = now
                .waiting
                .iter()
                .map(|it| format!("{} {}", it.goroutine, it.verb));
            let waiting = waiting.collect::<Vec<_>>().join(", ");
            let parts = [now.state.clone(), values, waiting];
            let said = parts.iter().filter(|part| !part.is_empty());
            let said: Vec<&str> = said.map(String::as_str).collect();
            format!("{}: {}", change.object, said.join(" | "))
        });
        each.collect::<Vec<_>>().join("; ")
    };
    [&trace.start].into_iter().chain(steps).map(text).collect()
}

#[test]
fn a_channel_fills_and_a_lock_has_its_holder() {
    let kernel = || {
        let (ch, m) = (chan("ch", 2), mutex("m", 0));
        let guard = m.lock();
        ch.send(1);
        ch.send(2);
        guard.unlock();
        ch.close();
        ch.recv();
    };
    let expected = [
        "ch: open, empty; m: free | 0",
        "m: held by main (step 1) | 0",
        "ch: open, 1 of 2 | 1",
        "ch: open, full (2 of 2) | 1, 2",
        "m: free | 0",
        "ch: closed, full (2 of 2) | 1, 2",
        "ch: closed, 1 of 2 | 2",
    ];
    assert_eq!(told(kernel), expected);
}

#[test]
fn what_waits_and_what_is_left_is_told_of_each_kind() {
    let kernel = || {
        let (wg, m, c, sem) = (
            waitgroup("wg"),
            mutex("m", ()),
            cond("c"),
            semaphore("s", 2),
        );
        wg.add(1);
        go("other", move || {
            sem.acquire(2);
            let guard = m.lock();
            let guard = c.wait(guard);
            guard.unlock();
        });
        let t = timer("t");
        t.stop();
        wg.wait();
    };
    let expected = [
        "wg: counter 0; m: free; c: ; s: 2 of 2 free",
        "wg: counter 1",
        "t.C: open, empty; t: pending",
        "wg: counter 1 | main wait; t: stopped",
        "s: 2 held by other (step 4), 0 of 2 free",
        "m: held by other (step 5)",
        "m: free; c: other wait",
    ];
    assert_eq!(told(kernel), expected);
}

/// Lists what each goroutine does in the default order, with the result where it is not plain.
fn done(kernel: fn()) -> Vec<String> {
    let trace = in_order(kernel);
    let acts = trace.steps.iter().flat_map(|step| &step.by);
    acts.map(|act| format!("{}: {}", act.goroutine, act.text()))
        .collect()
}

#[test]
fn results_that_are_not_plain_are_told() {
    let kernel = || {
        let (a, o, sem) = (atomic("a", 0), once("o"), semaphore("s", 2));
        a.compare_and_swap(0, 1);
        a.compare_and_swap(0, 1);
        o.do_once(|| {});
        o.do_once(|| {});
        sem.acquire(2);
        assert!(!sem.try_acquire(1));
        go("waits", move || sem.acquire(1));
        go("gives", move || sem.release(2));
        chan::<()>("never", 0).recv();
    };
    let expected = [
        "main: compare-and-swap a (swapped)",
        "main: compare-and-swap a (not swapped)",
        "main: once o (first)",
        "main: once-end o",
        "main: once o (done already)",
        "main: acquire s (takes 2)",
        "main: try-acquire s (failed)",
        "main: go waits",
        "main: go gives",
        "waits: acquire s (waits for 1)",
        "gives: release s (gives back 2, serves waits)",
        "waits: acquire s (goes on)",
    ];
    assert_eq!(done(kernel), expected);
}

/// An explanation imagines what code would do that no execution reaches, and learns of an object of
/// the same name there. Then both have longer names, and not from the middle of the trace on.
#[test]
fn names_are_the_same_in_steps_and_at_the_end() {
    let kernel = || {
        go("worker", || chan("x", 1).send(1));
        go("stuck", || {
            let m = mutex("m", ());
            let first = m.lock();
            let second = m.lock();
            chan("x", 1).send(2);
            drop((first, second));
        });
    };
    let mut program = Rc::new(kernel).program(1 << 18);
    let path = drawn(program.as_mut(), 1, 60);
    let trace = play(program.as_mut(), &path);
    let known: Vec<&str> = trace.objects.iter().map(|it| &*it.name).collect();
    for act in trace.steps.iter().flat_map(|step| &step.by) {
        let object = act.object.as_deref();
        let is_object = act.op != Verb::Go;
        assert!(
            !is_object || object.is_none_or(|it| known.contains(&it)),
            "{act:?}, {known:?}"
        );
    }
    assert_eq!(folded(&trace, path.len()), finals(&trace));
}
