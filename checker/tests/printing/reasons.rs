//! Why nobody can move: the kinds of reasons, and whom each waits for.

use std::rc::Rc;

use gordian_checker::execution::replay::play;
use gordian_checker::explain::Releasers;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explain::trace::State;
use gordian_checker::explore::Cycle;
use gordian_checker::render::Look;
use gordian_checker::render::list;
use gordian_checker::render::table;
use gordian_checker::sync::{
    ControlFlow, background, chan, choose, cond, forever, go, mutex, once, rwlock, select, shared,
    waitgroup,
};
use gordian_checker::{Subject, check};

/// The reasons and the edges of a trace in short: `Cycle a b; outside c; a -m-> b certain`.
fn in_short(trace: &Trace) -> String {
    let mut parts: Vec<String> = Vec::new();
    for reason in &trace.waits.reasons {
        parts.push(format!("{:?} {}", reason.kind, reason.members.join(" ")));
    }
    if !trace.waits.outside.is_empty() {
        parts.push(format!("outside {}", trace.waits.outside.join(" ")));
    }
    for edge in &trace.waits.edges {
        let ways: Vec<&str> = edge.ways.iter().map(|way| way.verb.as_str()).collect();
        let certain = if edge.certain { " certainly" } else { "" };
        parts.push(format!(
            "{} -{}-> {} to {}{certain}",
            edge.from,
            edge.object,
            edge.to,
            ways.join(" or ")
        ));
    }
    parts.join("; ")
}

#[track_caller]
fn expect(kernel: impl Fn() + Send + 'static, expected: &str) -> Trace {
    let report = check(kernel);
    let trace = report.trace().expect("it has a bug");
    assert_eq!(in_short(trace), expected);
    trace.clone()
}

#[test]
fn a_second_lock_by_its_holder_is_a_self_lock() {
    let trace = expect(
        || {
            let m = mutex("m", ());
            let _outer = m.lock();
            let _inner = m.lock();
        },
        "SelfLock main; main -m-> main to unlock certainly",
    );
    let text = list::render(&trace, &Look::default());
    assert!(text.contains("held by itself since step 1"), "{text}");
    assert!(text.contains("main waits for itself to unlock m"), "{text}");
}

#[test]
fn a_send_whose_only_receiver_is_the_sender_is_a_self_lock() {
    let kernel = || {
        let c = chan::<u8>("c", 0);
        go("other", move || {
            if choose(2) == 0 {
                c.recv();
            }
        });
        c.send(1);
        c.recv();
    };
    // Where `other` does not receive, main alone is left, whose own receive comes after the send; where it does, main waits for a sender
    // that nobody is.
    let report = check(kernel);
    let shorts: Vec<String> = report.traces.iter().map(in_short).collect();
    assert!(
        shorts.contains(&"SelfLock main; main -c-> main to receive from".to_owned()),
        "{shorts:?}"
    );
    assert!(shorts.contains(&"Orphan main".to_owned()), "{shorts:?}");
}

#[test]
fn three_philosophers_are_a_cycle_of_three() {
    expect(
        || {
            let forks = ["f0", "f1", "f2"].map(|name| mutex(name, ()));
            for (index, name) in ["p0", "p1", "p2"].into_iter().enumerate() {
                go(name, move || {
                    let _left = forks[index].lock();
                    let _right = forks[(index + 1) % 3].lock();
                });
            }
            let waits = chan::<()>("never", 0);
            waits.recv();
        },
        "Cycle p0 p1 p2; Orphan main; p0 -f1-> p1 to unlock certainly; \
         p1 -f2-> p2 to unlock certainly; p2 -f0-> p0 to unlock certainly",
    );
}

/// Both `left` and `right` could receive; each is blocked by main's lock, so all ways lead back to main.
#[test]
fn a_knot_needs_every_way_to_lead_back() {
    let kernel = || {
        let m = mutex("m", ());
        let c = chan::<u8>("c", 0);
        for name in ["left", "right"] {
            go(name, move || {
                m.lock().unlock();
                select! {
                    recv(c) => {}
                    default => {}
                }
            });
        }
        let guard = m.lock();
        c.send(1);
        guard.unlock();
    };
    let report = check(kernel);
    let worst = report
        .traces
        .iter()
        .find(|trace| trace.stuck().count() == 3)
        .expect("all three can be stuck");
    assert_eq!(
        in_short(worst),
        "Knot main left right; main -c-> left to receive from; main -c-> right to receive from; \
         left -m-> main to unlock certainly; right -m-> main to unlock certainly"
    );
    let text = table::render(worst, &Look::default());
    assert!(text.contains("every way out of each leads back"), "{text}");
}

/// `helper` receives too, in other executions. Once it is gone it is no way out, and the two that are left are the reason.
#[test]
fn who_is_gone_is_no_way_out() {
    let kernel = || {
        let m = mutex("m", ());
        let c = chan::<u8>("c", 0);
        let never = chan::<u8>("never", 0);
        go("loop", move || {
            m.lock().unlock();
            c.recv();
        });
        go("helper", move || {
            if choose(2) == 1 {
                select! {
                    recv(never) => { c.recv(); }
                    recv(c) => { c.recv(); }
                }
            }
        });
        let guard = m.lock();
        c.send(1);
        guard.unlock();
        c.send(2);
    };
    let report = check(kernel);
    let all_stuck = |trace: &&Trace| {
        trace
            .standing("helper")
            .is_some_and(|s| s.state == State::Returned)
            && trace.stuck().count() == 2
            && trace.last[0]
                .op
                .as_ref()
                .is_some_and(|op| op.verb == "send")
            && !trace.last[0].holds.is_empty()
    };
    let trace = report.traces.iter().find(all_stuck).expect("it happens");
    assert!(
        in_short(trace).starts_with("Knot main loop;"),
        "{}",
        in_short(trace)
    );
}

#[test]
fn waits_that_nobody_ends_are_orphans() {
    expect(
        || {
            let group = waitgroup("group");
            group.add(1);
            group.wait();
        },
        "Orphan main",
    );
    expect(|| chan::<u8>("c", 0).send(1), "Orphan main");
    expect(
        || chan::<u8>("full", 0).iter().for_each(drop),
        "Orphan main",
    );
    let nil = expect(
        || {
            gordian_checker::sync::Chan::<u8>::nil().recv();
        },
        "Orphan main",
    );
    let text = list::render(&nil, &Look::default());
    assert!(text.contains("it waits at nil channels only"), "{text}");
}

#[test]
fn a_context_that_nobody_cancels_any_more() {
    let trace = expect(
        || {
            let ctx = background().with_cancel("ctx");
            let done = chan::<()>("done", 0);
            go("worker", move || {
                select! {
                    recv(ctx.done()) => {}
                    recv(done) => {}
                }
            });
            if choose(2) == 0 {
                ctx.cancel();
            }
        },
        "Orphan worker",
    );
    let reason = trace.waits.reasons[0].sentence.clone().expect("it is said");
    assert!(reason.contains("main does at"), "{reason}");
}

#[test]
fn once_from_within_itself_is_a_self_lock() {
    expect(
        || {
            let o = once("o");
            o.do_once(|| o.do_once(|| {}));
        },
        "SelfLock main; main -o-> main to finish certainly",
    );
}

/// A wait group is lowered by goroutines that wait for the lock that main holds.
#[test]
fn a_wait_group_under_a_lock_is_a_knot() {
    expect(
        || {
            let m = mutex("m", ());
            let group = waitgroup("group");
            group.add(1);
            go("worker", move || {
                m.lock().unlock();
                group.done();
            });
            let guard = m.lock();
            group.wait();
            guard.unlock();
        },
        "Knot main worker; main -group-> worker to lower; worker -m-> main to unlock certainly",
    );
}

/// kubernetes#58107: a worker waits for an item under the read lock; a writer is announced; the other worker comes after it.
#[test]
fn a_reader_behind_an_announced_writer() {
    let kernel = || {
        let lock = rwlock("workerLock", ());
        let queue = chan::<u8>("queue", 1);
        go("worker", move || {
            let guard = lock.rlock();
            queue.recv();
            guard.runlock();
        });
        go("Sync", move || {
            let guard = lock.lock();
            guard.unlock();
        });
        let guard = lock.rlock();
        queue.send(1);
        guard.runlock();
    };
    let report = check(kernel);
    let full = |trace: &&Trace| trace.stuck().count() == 3;
    let trace = report.traces.iter().find(full).expect("all can be stuck");
    assert_eq!(
        in_short(trace),
        "StarvedByWriter main Sync worker; main -workerLock-> Sync to take and unlock certainly; \
         worker -queue-> main to send to; Sync -workerLock-> worker to unlock certainly"
    );
}

/// A lock that one goroutine takes and another gives back: its holder is not whom the others wait for.
#[test]
fn a_lock_that_is_handed_over_waits_for_who_unlocks_it() {
    expect(
        || {
            let m = mutex("m", ());
            let handed = chan::<()>("handed", 0);
            let gate = chan::<()>("gate", 0);
            go("other", move || {
                handed.recv();
                gate.recv();
                m.unlock();
            });
            m.lock().leave_locked();
            handed.send(());
            m.lock().unlock();
            gate.close();
        },
        "Knot main other; main -m-> other to unlock; other -gate-> main to close",
    );
}

/// Where nobody is left who holds a lock, two who wait for it are no way out of one another, though the code of each has an unlock further on.
#[test]
fn who_waits_for_a_lock_is_no_way_out_of_it() {
    let kernel = || {
        let m = mutex("m", ());
        let taken = chan::<()>("taken", 0);
        go("keeper", move || {
            std::mem::forget(m.lock());
            taken.close();
        });
        go("other", move || {
            taken.recv();
            m.lock().unlock();
        });
        taken.recv();
        m.lock().unlock();
    };
    // Without the keeper both come to their unlocks, so that it is known where these are.
    let either = move || {
        let early = choose(2) == 1;
        let m = mutex("m", ());
        go("keeper", move || {
            if !early {
                std::mem::forget(m.lock());
            }
        });
        go("other", move || m.lock().unlock());
        m.lock().unlock();
    };
    expect(kernel, "Orphan main; Orphan other");
    let report = check(either);
    let both = |trace: &&Trace| trace.stuck().count() == 2;
    let trace = report.traces.iter().find(both).expect("both can be stuck");
    assert_eq!(in_short(trace), "Orphan main; Orphan other");
}

#[test]
fn a_lost_wake_up_is_told_from_one_that_may_come() {
    // The one who would signal waits for the lock that main holds elsewhere: not lost, but a knot.
    expect(
        || {
            let m = mutex("m", ());
            let gate = mutex("gate", ());
            let c = cond("c");
            let held = gate.lock();
            go("signaller", move || {
                gate.lock().unlock();
                c.signal();
            });
            let guard = c.wait(m.lock());
            guard.unlock();
            held.unlock();
        },
        "Knot main signaller; main -c-> signaller to signal; signaller -gate-> main to unlock certainly",
    );
}

/// Others run on for ever: whoever can never move again is stuck, and nobody who runs on counts as a way out, though its code has one.
#[test]
fn a_goroutine_is_stuck_while_others_run_on() {
    let kernel = || {
        let c = chan::<u8>("c", 0);
        let quiet = shared("quiet", false);
        quiet.set(choose(2) == 1);
        go("spinner", move || {
            forever(|| {
                if !quiet.get() {
                    c.send(1);
                }
                ControlFlow::<()>::Continue(())
            });
        });
        c.recv();
    };
    let mut program = Rc::new(kernel).program(1 << 20);
    let tokens = ["main:1", "main", "main", "spinner", "spinner"].map(str::to_owned);
    let played = play(program.as_mut(), &tokens).expect("no fault");
    assert_eq!(played.misfit, None);
    let releasers = Releasers::collect(program.as_mut(), 1000).expect("no fault");
    let cycle = Cycle::at_end(program.as_mut(), &played.path, 1000).expect("no fault");
    assert_eq!(
        (cycle.steps, &cycle.stuck[..]),
        (1, &["main".to_owned()][..])
    );
    let trace = Trace::play(program.as_mut(), &played.path, &cycle, &releasers).expect("no fault");
    assert_eq!(trace.end, Ending::Deadlock);
    let stuck: Vec<&str> = trace.stuck().map(|s| s.goroutine.as_str()).collect();
    assert_eq!(stuck, ["main"]);
    assert_eq!(in_short(&trace), "Orphan main");
    let text = table::render(&trace, &Look::default());
    assert!(
        text.contains("1 of 2 goroutines is blocked for ever while others run on"),
        "{text}"
    );
    assert!(text.contains("repeat for ever"), "{text}");
}
