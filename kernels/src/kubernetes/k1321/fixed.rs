//! Upstream `pkg/watch/mux.go` after the fix.

use std::collections::BTreeMap;

use gordian_checker::sync::{Chan, Mutex, Once, chan, go, mutex, once, select};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Event {
    Added,
}

/// Its lock holds `watchers`.
#[derive(Clone, Copy)]
struct Mux {
    lock: Mutex<BTreeMap<i64, MuxWatcher>>,
    incoming: Chan<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct MuxWatcher {
    result: Chan<Event>,
    stopped: Chan<()>,
    stop: Once,
    id: i64,
}

impl Mux {
    fn stop_watching(self, id: i64) {
        let mut watchers = self.lock.lock();
        let Some(w) = watchers.remove(&id) else {
            return;
        };
        w.result.close();
    }

    fn action(self, event: Event) {
        self.incoming.send(event);
    }

    fn shutdown(self) {
        self.incoming.close();
    }

    fn r#loop(self) {
        for event in self.incoming {
            self.distribute(event);
        }
    }

    fn distribute(self, event: Event) {
        let watchers = self.lock.lock();
        for w in watchers.values() {
            select! {
                send(w.result, event) => {}
                recv(w.stopped) => {}
            }
        }
    }
}

impl MuxWatcher {
    fn stop(self, m: Mux) {
        self.stop.do_once(|| {
            self.stopped.close();
            m.stop_watching(self.id);
        });
    }
}

/// `TestMuxWatcherStopDeadlock`, with the one watcher that has stopped reading.
pub fn main() {
    let w = MuxWatcher {
        result: chan("w.result", 0),
        stopped: chan("w.stopped", 0),
        stop: once("w.stop"),
        id: 0,
    };
    let m = Mux {
        lock: mutex("m.lock", BTreeMap::from([(w.id, w)])),
        incoming: chan("m.incoming", 0),
    };
    let done = chan::<()>("done", 0);

    go("loop", move || m.r#loop());
    go("watcher", move || {
        w.stop(m);
        done.close();
    });

    m.action(Event::Added);
    done.recv();
    m.shutdown();
}
