//! Small kernels with bugs of different kinds. The golden files have the line numbers of this file.

use gordian_checker::sync::{chan, cond, go, mutex, rwlock, select, waitgroup};

/// kubernetes#1321: `loop` sends to a watcher and holds the lock that the watcher needs to stop.
pub(crate) fn send_under_lock() {
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

/// etcd#6857: nobody answers a question that was asked after the stop.
pub(crate) fn leak() {
    let status = chan::<u8>("n.status", 0);
    let stop = chan::<()>("n.stop", 0);
    go("run", move || {
        loop {
            let stopped = select! {
                recv(status) => { false }
                recv(stop) => { true }
            };
            if stopped {
                return;
            }
        }
    });
    go("Status", move || status.send(1));
    stop.close();
}

/// Two goroutines close one channel.
pub(crate) fn double_close() {
    let lock = mutex("lock", 0);
    let results = chan::<u8>("results", 2);
    let group = waitgroup("group");
    group.add(2);
    for name in ["left", "right"] {
        go(name, move || {
            let mut count = lock.lock();
            *count += 1;
            drop(count);
            results.close();
            group.done();
        });
    }
    group.wait();
}

/// kubernetes#62464: a second read lock, with a writer announced in between.
pub(crate) fn double_read_lock() {
    let state = rwlock("state", 0);
    go("reader", move || {
        let _outer = state.rlock();
        let _inner = state.rlock();
    });
    go("writer", move || {
        let mut guard = state.lock();
        *guard = 1;
    });
}

/// A signal that is given before the one it is for waits for it.
pub(crate) fn lost_wake_up() {
    let lock = mutex("lock", ());
    let ready = cond("ready");
    go("producer", move || {
        ready.signal();
    });
    let guard = lock.lock();
    let guard = ready.wait(guard);
    guard.unlock();
}

/// The fix of [`send_under_lock`]: the watcher says that it stops before it asks for the lock.
pub(crate) fn send_or_stopped() {
    let lock = mutex("m.lock", 1);
    let incoming = chan::<u8>("m.incoming", 0);
    let result = chan::<u8>("w.result", 0);
    let stopped = chan::<()>("w.stopped", 0);
    let done = chan::<()>("done", 0);
    go("loop", move || {
        for event in incoming {
            let watchers = lock.lock();
            for _ in 0..*watchers {
                select! {
                    send(result, event) => {}
                    recv(stopped) => {}
                }
            }
        }
    });
    go("watcher", move || {
        stopped.close();
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

/// The fix of [`lost_wake_up`]: the signal is given under the lock, with a flag to look at first.
pub(crate) fn flag_under_lock() {
    let lock = mutex("lock", false);
    let ready = cond("ready");
    go("producer", move || {
        let mut flag = lock.lock();
        *flag = true;
        ready.signal();
        flag.unlock();
    });
    let mut flag = lock.lock();
    while !*flag {
        flag = ready.wait(flag);
    }
    flag.unlock();
}

/// Two goroutines that take two locks in opposite orders, after a while in which each is alone.
pub(crate) fn long_way() {
    let left = mutex("left", 0);
    let right = mutex("right", 0);
    let first = mutex("first's own", 0);
    go("first", move || {
        for _ in 0..8 {
            let mut own = first.lock();
            *own += 1;
            own.unlock();
        }
        let _left = left.lock();
        let _right = right.lock();
    });
    let _right = right.lock();
    let _left = left.lock();
}

/// Names and values that are far too long, with signs that mean something to Mermaid or XML.
pub(crate) fn long_names() {
    let name = "a.very.long.name/with<signs>&\"quotes\"'s;".repeat(4);
    let values = chan::<String>(&name, 1);
    for index in 0..7 {
        go(&format!("{name}{index}"), move || {
            values.send("#value %\n".repeat(20));
        });
    }
    values.recv();
}

/// playground/cancel: main returns without a word to the goroutine that waits for one.
pub(crate) fn never_told() {
    let results = chan::<u8>("results", 0);
    let cancel = chan::<()>("cancel", 0);
    go("worker", move || {
        select! {
            recv(results) => {}
            recv(cancel) => {}
        }
    });
}

/// A fix of [`never_told`]: main says that it goes.
pub(crate) fn told() {
    let results = chan::<u8>("results", 0);
    let cancel = chan::<()>("cancel", 0);
    go("worker", move || {
        select! {
            recv(results) => {}
            recv(cancel) => {}
        }
    });
    cancel.close();
}

/// A fix of [`never_told`] that gives the `select` a case more.
pub(crate) fn told_otherwise() {
    let results = chan::<u8>("results", 0);
    let cancel = chan::<()>("cancel", 0);
    let gone = chan::<()>("gone", 0);
    go("worker", move || {
        select! {
            recv(results) => {}
            recv(cancel) => {}
            recv(gone) => {}
        }
    });
    gone.close();
}
