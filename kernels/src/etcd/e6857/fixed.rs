//! Upstream `raft/node.go` after the fix.

use gordian_checker::sync::{Chan, chan, go, select};

use super::buggy::Status;

#[derive(Clone, Copy)]
struct Node {
    done: Chan<()>,
    stop: Chan<()>,
    status: Chan<Chan<Status>>,
}

fn new_node() -> Node {
    Node {
        done: chan("n.done", 0),
        stop: chan("n.stop", 0),
        status: chan("n.status", 0),
    }
}

impl Node {
    fn stop(self) {
        select! {
            // Not already stopped, so trigger it.
            send(self.stop, ()) => {}
            // Already stopped: no need to do anything.
            recv(self.done) => { return; }
        }
        // Block until the stop has been acknowledged by run.
        self.done.recv();
    }

    fn run(self) {
        loop {
            select! {
                recv(self.status) -> c => {
                    c.expect("n.status is never closed").send(Status);
                }
                recv(self.stop) => {
                    self.done.close();
                    return;
                }
            }
        }
    }

    fn status(self) -> Status {
        let c = chan("c", 0);
        select! {
            send(self.status, c) => { c.recv().expect("c is never closed") }
            recv(self.done) => { Status }
        }
    }
}

/// A node, a goroutine that asks for its status, and one that stops it.
pub fn main() {
    let n = new_node();
    go("run", move || n.run());
    go("Status", move || {
        n.status();
    });
    go("Stop", move || n.stop());
}
