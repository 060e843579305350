//! Golden tests of what is printed: each rendering of a few small kernels, whose bugs are of different kinds.

use gordian_checker::report::{Look, list};
use gordian_checker::sync::{chan, cond, go, mutex, rwlock};
use gordian_checker::{Report, check};

/// kubernetes#1321: `loop` sends to a watcher while it holds the lock that the watcher needs before it can stop.
fn send_under_lock() {
    let lock = mutex("m.lock", 1);
    let incoming = chan::<u8>("m.incoming", 0);
    let result = chan::<u8>("w.result", 0);
    let done = chan::<()>("done", 0);
    go("loop", move || {
        for event in incoming {
            let watchers = lock.lock();
            for _ in 0..*watchers {
                result.send(event);
            }
        }
    });
    go("watcher", move || {
        let mut watchers = lock.lock();
        *watchers = 0;
        result.close();
        watchers.unlock();
        done.close();
    });
    incoming.send(7);
    done.recv();
    incoming.close();
}

#[test]
fn show() {
    let report = check(send_under_lock);
    for trace in &report.traces {
        println!("{}", list::render(trace, &Look::default()));
        println!(
            "{}",
            list::render(
                trace,
                &Look {
                    ascii: true,
                    width: 60,
                    ..Look::default()
                }
            )
        );
    }
}
