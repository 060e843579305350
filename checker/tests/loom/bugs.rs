//! A real bug, with its fix.

use gordian_checker::sync::*;
use gordian_checker::{Verdict, select};

use crate::{agree, only_bad, pairs, under_loom};

#[test]
fn kubernetes_1321_as_upstream() {
    let buggy = || {
        let m = mutex("m.lock", vec![0]);
        let (incoming, result) = (chan("m.incoming", 0), chan("w.result", 0));
        let done = chan::<()>("done", 0);
        go("loop", move || {
            for event in incoming {
                let watchers = m.lock();
                for _ in watchers.iter() {
                    result.send(event);
                }
                watchers.unlock();
            }
        });
        go("watcher", move || {
            let mut watchers = m.lock();
            watchers.clear();
            result.close();
            watchers.unlock();
            done.close();
        });
        incoming.send(1);
        done.recv();
        incoming.close();
    };
    agree(2, buggy);
    let report = under_loom(buggy);
    assert_eq!(report.verdict, Verdict::Deadlock);
    let expected = [
        ("loop", "send w.result"),
        ("main", "recv done"),
        ("watcher", "lock m.lock"),
    ];
    assert_eq!(only_bad(&report), pairs(&expected));
}

#[test]
fn kubernetes_1321_with_the_upstream_fix() {
    let fixed = || {
        let m = mutex("m.lock", vec![0]);
        let (incoming, result) = (chan("m.incoming", 0), chan("w.result", 0));
        let (done, stopped) = (chan::<()>("done", 0), chan::<()>("w.stopped", 0));
        let stop = once("w.stop");
        go("loop", move || {
            for event in incoming {
                let watchers = m.lock();
                for _ in watchers.iter() {
                    select! {
                        send(result, event) => {}
                        recv(stopped) => {}
                    }
                }
                watchers.unlock();
            }
        });
        go("watcher", move || {
            stop.do_once(|| {
                stopped.close();
                let mut watchers = m.lock();
                watchers.clear();
                result.close();
                watchers.unlock();
            });
            done.close();
        });
        incoming.send(1);
        done.recv();
        incoming.close();
    };
    agree(1, fixed);
    under_loom(fixed).assert_proved();
}
