//! Upstream `proxy/grpcproxy/watch_broadcasts.go` before the fix.

use gordian_checker::sync::{Chan, Context, Mutex, background, chan, defer, go, mutex, select};

/// One watch of the server, whose responses go to many watchers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct WatchBroadcast {
    cctx: Context,
    donec: Chan<()>,
}

#[derive(Clone, Copy)]
struct WatchBroadcasts {
    /// Protects bcasts from the coalescing goroutine.
    mu: Mutex<Vec<WatchBroadcast>>,
    updatec: Chan<WatchBroadcast>,
    donec: Chan<()>,
}

fn new_watch_broadcast(wbs: WatchBroadcasts) -> WatchBroadcast {
    let wb = WatchBroadcast {
        cctx: background().with_cancel("wb.cctx"),
        donec: chan("wb.donec", 0),
    };
    go("newWatchBroadcast", move || {
        let _close = defer(move || wb.donec.close());
        if wb.cctx.err().is_none() {
            // One response; then the watch goes on until its context ends.
            wbs.update(wb);
            wb.cctx.done().recv();
        }
    });
    wb
}

impl WatchBroadcast {
    fn stop(self) {
        self.cctx.cancel();
        self.donec.recv();
    }
}

fn new_watch_broadcasts() -> WatchBroadcasts {
    let wbs = WatchBroadcasts {
        mu: mutex("wbs.mu", vec![]),
        updatec: chan("wbs.updatec", 1),
        donec: chan("wbs.donec", 0),
    };
    go("coalesce", move || {
        let _close = defer(move || wbs.donec.close());
        for wb in wbs.updatec {
            wbs.coalesce(wb);
        }
    });
    wbs
}

impl WatchBroadcasts {
    fn coalesce(self, wb: WatchBroadcast) {
        let bcasts = self.mu.lock();
        for wbswb in bcasts.iter() {
            assert!(*wbswb == wb, "there is but one broadcast");
        }
        bcasts.unlock();
    }

    fn add(self) {
        let mut bcasts = self.mu.lock();
        // No broadcast fits the watcher: create one.
        bcasts.push(new_watch_broadcast(self));
    }

    fn update(self, wb: WatchBroadcast) {
        select! {
            send(self.updatec, wb) => {}
            default => {}
        }
    }

    fn stop(self) {
        let mut bcasts = self.mu.lock();
        for wb in bcasts.iter() {
            wb.stop();
        }
        bcasts.clear();
        self.updatec.close();
        self.donec.recv();
    }
}

/// A watcher comes, and the proxy is stopped.
pub fn main() {
    let wbs = new_watch_broadcasts();
    wbs.add();
    wbs.stop();
}
