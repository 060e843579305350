//! Upstream `pkg/watch/mux.go` before the fix.

use gordian_checker::sync::{Chan, Mutex, chan, go, mutex};

/// What a watcher is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// An object was added.
    Added,
}

/// The ids of the watchers.
pub type Watchers = Vec<u64>;

#[derive(Clone, Copy)]
struct Mux {
    lock: Mutex<Watchers>,
    incoming: Chan<Event>,
}

#[derive(Clone, Copy)]
struct MuxWatcher {
    result: Chan<Event>,
    id: u64,
    m: Mux,
}

impl Mux {
    fn distribute(self, event: Event, w: MuxWatcher) {
        let watchers = self.lock.lock();
        for _ in watchers.iter() {
            w.result.send(event);
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
        self.m.stop_watching(self);
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
