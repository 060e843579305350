//! Upstream `pkg/watch/mux.go` after the fix.

use gordian_checker::sync::{Chan, Mutex, Once, chan, go, mutex, once, select};

use super::buggy::{Event, Watchers};

#[derive(Clone, Copy)]
struct Mux {
    lock: Mutex<Watchers>,
    incoming: Chan<Event>,
}

#[derive(Clone, Copy)]
struct MuxWatcher {
    result: Chan<Event>,
    stopped: Chan<()>,
    stop: Once,
    id: u64,
    m: Mux,
}

impl Mux {
    fn distribute(self, event: Event, w: MuxWatcher) {
        let watchers = self.lock.lock();
        for _ in watchers.iter() {
            select! {
                send(w.result, event) => {}
                recv(w.stopped) => {}
            }
        }
        watchers.unlock();
    }

    fn stop_watching(self, w: MuxWatcher) {
        let mut watchers = self.lock.lock();
        watchers.retain(|id| *id != w.id);
        w.result.close();
        watchers.unlock();
    }
}

impl MuxWatcher {
    fn stop(self) {
        self.stop.do_once(|| {
            self.stopped.close();
            self.m.stop_watching(self);
        });
    }
}

/// `TestMuxWatcherStopDeadlock`, with one watcher.
pub fn main() {
    let m = Mux {
        lock: mutex("m.lock", vec![0]),
        incoming: chan("m.incoming", 0),
    };
    let w = MuxWatcher {
        result: chan("w.result", 0),
        stopped: chan("w.stopped", 0),
        stop: once("w.stop"),
        id: 0,
        m,
    };
    let done = chan::<()>("done", 0);

    go("loop", move || {
        for event in m.incoming {
            m.distribute(event, w);
        }
    });
    go("watcher", move || {
        w.stop();
        done.close();
    });

    m.incoming.send(Event::Added);
    done.recv();
    m.incoming.close();
}
