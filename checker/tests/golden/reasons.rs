//! The reasons why nobody can move: their kinds, and whom each goroutine waits for.

use std::cell::Cell;
use std::rc::Rc;

use gordian_checker::execution::replay::play;
use gordian_checker::explain::trace::{Ending, State, Verb};
use gordian_checker::explain::{Releasers, Trace};
use gordian_checker::explore::Cycle;
use gordian_checker::model::{
    Arrival, Fault, FileId, GoroutineId, GoroutineInfo, LocalState, Names, Next, ObjectId,
    ObjectInfo, Op, Outcome, Program, Site, ValueId, World,
};
use gordian_checker::render::{Look, list, table};
use gordian_checker::sync::{
    ControlFlow, background, chan, choose, cond, forever, go, mutex, once, rwlock, select, shared,
    waitgroup,
};
use gordian_checker::{Subject, check};

/// Returns the reasons and edges of a trace in short: `Cycle a b; outside c; a -m-> b certain`.
fn in_short(trace: &Trace) -> String {
    let mut parts: Vec<String> = Vec::new();
    for reason in &trace.waits.reasons {
        parts.push(format!("{:?} {}", reason.kind, reason.members.join(" ")));
    }
    if !trace.waits.outside.is_empty() {
        parts.push(format!("outside {}", trace.waits.outside.join(" ")));
    }
    for edge in &trace.waits.edges {
        let ways: Vec<&str> = edge.ways.iter().map(|way| way.verb.word()).collect();
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
pub(crate) fn expect(kernel: impl Fn() + Send + 'static, expected: &str) -> Trace {
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
fn a_send_whose_only_receiver_is_the_sender_is_a_wait_for_itself() {
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
    // If `other` does not receive, main alone is left, and its own receive comes after the send. If
    // it does, main waits for a sender that does not exist.
    let report = check(kernel);
    let shorts: Vec<String> = report.traces.iter().map(in_short).collect();
    assert!(
        shorts.contains(&"SelfWait main; main -c-> main to receive from".to_owned()),
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

/// Both `left` and `right` could receive; each is blocked by main's lock, so all ways lead back to
/// main.
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

/// `helper` receives too, in other executions. Once it is gone it is no way out, and the two that
/// are left are the reason.
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
                .is_some_and(|op| op.verb == Verb::Send)
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

/// The goroutines that would call Done wait for the lock that main holds.
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

/// kubernetes#58107: a worker waits for an item under the read lock; a writer is announced; the
/// other worker comes after it.
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

/// One goroutine takes a lock and another unlocks it: the others do not wait for its holder.
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

/// A lock that was taken by a goroutine that is gone: two who wait for it are no way out for one
/// another, though the code of each has an unlock further on.
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
    // Without the keeper both reach their unlocks, so it is known where these are.
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
    // The goroutine that would signal waits for the lock that main holds elsewhere: the signal is
    // not lost, so this is a knot.
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
        "Knot main signaller; main -c-> signaller to signal; signaller -gate-> main to unlock \
         certainly",
    );
}

/// Others run on for ever. A goroutine that can never move again is stuck, and none that runs on
/// counts as a way out, though its code has one.
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
    assert_eq!(played.divergence, None);
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

/// It waits for its mutex, whose holder has ended, and no longer for a signal.
#[test]
fn who_was_signalled_has_lost_no_wake_up() {
    let kernel = || {
        let (m, c, waits) = (mutex("m", ()), cond("c"), chan::<()>("waits", 1));
        go("waiter", move || {
            let guard = m.lock();
            waits.send(());
            c.wait(guard).unlock();
        });
        waits.recv();
        m.lock().leave_locked();
        c.signal();
    };
    let report = check(kernel);
    let trace = report.trace().expect("it has a bug");
    let short = in_short(trace);
    assert_eq!(short, "Orphan waiter");
    let text = list::render(trace, &Look::default());
    let expected = "no goroutine that is still alive unlocks m";
    assert!(text.contains(expected), "{text}");
}

/// A program with one goroutine, which is about to do an operation that is never enabled and that
/// no primitive explains. A program that arrives there is refused, so this one says it only when
/// asked again.
struct Stuck {
    first: Arrival,
    then: Arrival,
    is_asked: Cell<bool>,
    /// Its one file, which has the number 3.
    file: String,
}

impl Names for Stuck {
    fn goroutine(&self, _: GoroutineId) -> GoroutineInfo {
        GoroutineInfo {
            name: "main".to_owned(),
            parent: None,
            site: Site {
                file: FileId(3),
                line: 1,
                column: 1,
            },
            timer: false,
            daemon: false,
        }
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        unreachable!("there is no object {id:?}")
    }

    fn value(&self, id: ValueId) -> String {
        unreachable!("there is no value {id:?}")
    }

    fn file(&self, id: FileId) -> &str {
        assert_eq!(id, FileId(3));
        &self.file
    }
}

impl Program for Stuck {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        self.is_asked.set(false);
        Ok(vec![(GoroutineId::MAIN, LocalState(0))])
    }

    fn arrival(&self, _: LocalState) -> &Arrival {
        match self.is_asked.replace(true) {
            false => &self.first,
            true => &self.then,
        }
    }

    fn resume(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        _: Outcome,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        Ok(local)
    }

    fn child(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        Ok(local)
    }
}

#[test]
fn what_nobody_can_explain_is_unknown() {
    let site = Site {
        file: FileId(3),
        line: 7,
        column: 1,
    };
    let choose = |below| Arrival {
        created: Vec::new(),
        next: Next::Op(Op::Choose(below, None)),
        site,
    };
    let mut program = Stuck {
        first: choose(1),
        then: choose(0),
        is_asked: Cell::new(false),
        file: "main.go".to_owned(),
    };
    let releasers = Releasers::collect(&mut program, 1000).expect("no fault");
    let trace = Trace::play(&mut program, &[], &Cycle::default(), &releasers).expect("no fault");
    assert_eq!(trace.end, Ending::Deadlock);
    assert_eq!(in_short(&trace), "Unknown main");
    let place = &trace.standing("main").expect("it stands there").place;
    assert_eq!((&*place.file, place.line), ("main.go", 7));
    let expected = "it waits for something that this report cannot explain";
    for text in [
        list::render(&trace, &Look::default()),
        table::render(&trace, &Look::default()),
    ] {
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(words.join(" ").contains(expected), "{text}");
        assert!(!text.contains("nobody"), "{text}");
    }
}
