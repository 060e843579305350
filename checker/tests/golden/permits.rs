//! The reasons why nobody can move where a semaphore is.

use gordian_checker::explain::trace::Verb;
use gordian_checker::render::{Look, go_dump, list};
use gordian_checker::sync::{chan, go, semaphore};

use crate::reasons::expect;

#[test]
fn semaphores_that_cross_are_a_cycle() {
    let trace = expect(
        || {
            let (left, right) = (semaphore("left", 1), semaphore("right", 1));
            go("other", move || {
                right.acquire(1);
                left.acquire(1);
                left.release(1);
                right.release(1);
            });
            left.acquire(1);
            right.acquire(1);
            right.release(1);
            left.release(1);
        },
        "Cycle main other; main -right-> other to release certainly; \
         other -left-> main to release certainly",
    );
    let text = list::render(&trace, &Look::default());
    assert!(text.contains("neither can move first"), "{text}");
    let main = trace.standing("main").expect("it stands somewhere");
    assert!(
        main.reason.starts_with("held by other since step"),
        "{}",
        main.reason
    );
    let holds: Vec<(&str, &str)> = main
        .holds
        .iter()
        .map(|held| (held.lock.as_str(), held.mode.word()))
        .collect();
    assert_eq!(holds, [("left", "acquire")]);
}

/// There is room for `small`, and it waits for `big`, which came before it.
#[test]
fn who_asks_for_much_holds_up_who_asks_for_little() {
    let trace = expect(
        || {
            let (sem, done) = (semaphore("sem", 3), chan("done", 0));
            sem.acquire(1);
            go("big", move || {
                sem.acquire(3);
                sem.release(3);
            });
            go("small", move || {
                sem.acquire(1);
                done.send(());
                sem.release(1);
            });
            done.recv();
            sem.release(1);
        },
        "Knot main small big; main -done-> small to send to; \
         big -sem-> main to release certainly; \
         small -sem-> big to take its turn at certainly",
    );
    let reason = |name: &str| trace.standing(name).expect("it stands").reason.clone();
    assert_eq!(reason("big"), "asks for 3, 2 of 3 free");
    assert_eq!(reason("small"), "behind big, which asks for 3");
    let text = list::render(&trace, &Look::default());
    assert!(
        text.contains("small waits for big   to take its turn at sem"),
        "{text}"
    );
    // It has to be served where it stands.
    let edge = trace.waits.edges.iter().find(|edge| edge.to == "big");
    let place = edge.and_then(|edge| edge.ways[0].place.clone());
    let big = trace.standing("big").expect("it stands");
    assert_eq!(place.map(|place| place.line), Some(big.place.line));
    let dump = go_dump::render(&trace);
    assert!(
        dump.contains("goroutine small [semaphore.Weighted.Acquire: sem]"),
        "{dump}"
    );
}

/// One of two holders is enough, so no edge to either is certain.
#[test]
fn one_of_several_who_hold_permits_is_enough() {
    expect(
        || {
            let (sem, ready) = (semaphore("sem", 2), chan("ready", 0));
            let never = chan::<()>("never", 0);
            for name in ["a", "b"] {
                go(name, move || {
                    sem.acquire(1);
                    ready.send(());
                    never.recv();
                    sem.release(1);
                });
            }
            ready.recv();
            ready.recv();
            sem.acquire(1);
            never.close();
        },
        "Knot main a b; main -sem-> a to release; main -sem-> b to release; \
         a -never-> main to close; b -never-> main to close",
    );
}

#[test]
fn who_asks_for_more_than_there_is_waits_for_nothing() {
    let trace = expect(|| semaphore("sem", 1).acquire(2), "Orphan main");
    assert_eq!(
        trace.waits.reasons[0].sentence.as_deref(),
        Some("nothing can release it: it asks for more than the semaphore has")
    );
    let main = trace.standing("main").expect("it stands somewhere");
    assert_eq!(main.reason, "asks for 2 of 1");
}

/// The step in which a release takes from what another holds leaves the rest with it.
#[test]
fn what_is_left_of_permits_is_held_since_they_were_acquired() {
    let trace = expect(
        || {
            let sem = semaphore("sem", 3);
            sem.acquire(3);
            sem.release(1);
            sem.acquire(2);
        },
        "SelfLock main; main -sem-> main to release certainly",
    );
    let object = trace.objects.iter().find(|object| object.name == "sem");
    assert_eq!(
        object.expect("it was made").now.state,
        "2 held by main (step 1), 1 of 3 free, in line: main (2)"
    );
    assert_eq!(trace.steps[1].by[0].releases, ["sem"]);
    assert!(trace.steps[1].by[0].takes.is_empty());
}

/// The release takes nothing; the goroutine that is served does.
#[test]
fn who_is_served_holds_from_then_on() {
    let trace = expect(
        || {
            let (sem, never) = (semaphore("sem", 2), chan::<()>("never", 0));
            sem.acquire(1);
            go("served", move || {
                sem.acquire(2);
                never.recv();
            });
            // A try that fails shows that the other is in line.
            if sem.try_acquire(1) {
                return sem.release(2);
            }
            sem.release(1);
            sem.acquire(2);
        },
        "Orphan served; outside main; main -sem-> served to release certainly",
    );
    let releases = trace.steps.iter().flat_map(|step| &step.by);
    let releases: Vec<_> = releases.filter(|act| act.op == Verb::Release).collect();
    assert!(
        releases.iter().all(|act| act.takes.is_empty()),
        "{releases:?}"
    );
    let served = trace.standing("served").expect("it stands");
    assert_eq!(served.holds[0].lock, "sem");
}
