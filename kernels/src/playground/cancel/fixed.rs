//! The toy after the fix.

use gordian_checker::sync::{Chan, chan, defer, go, select};

fn cc(cancel_ch: Chan<()>) {
    let _close = defer(move || cancel_ch.close());
}

/// `Cc` is called.
pub fn main() {
    let rchan: Chan<i32> = chan("rchan", 0);
    let cancel_ch: Chan<()> = chan("cancelCh", 0);

    go("goroutine1", move || {
        loop {
            select! {
                recv(rchan) => {}
                recv(cancel_ch) => {
                    return;
                }
            }
        }
    });

    cc(cancel_ch);
}
