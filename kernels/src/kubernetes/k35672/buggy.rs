//! Upstream `pkg/client/cache/reflector.go` before the fix.

use gordian_checker::sync::{Chan, chan, go, select};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Error;

/// A reflector that never resyncs, as with a `resyncPeriod` of 0.
#[derive(Clone, Copy)]
struct Reflector {
    never_exit_watch: Chan<()>,
}

impl Reflector {
    fn resync_chan(self) -> Chan<()> {
        self.never_exit_watch
    }

    fn list_and_watch(self, stop_ch: Chan<()>) -> Result<(), Error> {
        let resync_ch = self.resync_chan();

        go("resync", move || {
            loop {
                select! {
                    recv(resync_ch) => {}
                    recv(stop_ch) => {
                        return;
                    }
                }
            }
        });

        self.watch_handler()
    }

    /// The watch ends with an error at once.
    fn watch_handler(self) -> Result<(), Error> {
        Err(Error)
    }
}

/// `ListAndWatch` returns with an error, and nobody stops the reflector.
pub fn main() {
    let r = Reflector {
        never_exit_watch: chan("neverExitWatch", 0),
    };
    let stop_ch = chan("stopCh", 0);

    assert_eq!(r.list_and_watch(stop_ch), Err(Error));
}
