//! Three channels and three goroutines; what a status contains does not matter.

use gordian::sync::{Chan, chan, go, select};

fn node() -> [Chan<()>; 3] {
    let channels = ["n.status", "n.stop", "n.done"].map(|name| chan(name, 0));
    let [status, stop, done] = channels;
    go("run", move || {
        loop {
            select! {
                recv(status) => {}
                recv(stop) => {
                    done.close();
                    return;
                }
            }
        }
    });
    go("Stop", move || {
        stop.send(());
        done.recv();
    });
    channels
}

/// Status does not look if the node is done.
pub(crate) fn buggy() {
    let [status, ..] = node();
    go("Status", move || status.send(()));
}

/// Status does.
pub(crate) fn fixed() {
    let [status, _, done] = node();
    go("Status", move || {
        select! {
            send(status, ()) => {}
            recv(done) => {}
        }
    });
}
