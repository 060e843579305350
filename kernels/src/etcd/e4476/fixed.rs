//! Upstream `contrib/raftexample/raft.go` after the fix.

use gordian_checker::sync::{Chan, chan, go, select};

use super::buggy::{Entry, EntryType, HardState, read_all};

/// The storage that the node starts from.
struct MemoryStorage {
    hard_state: HardState,
    ents: Vec<Entry>,
}

/// `raft.Node`.
#[derive(Clone, Copy)]
struct Node {
    propc: Chan<&'static str>,
    confc: Chan<()>,
    readyc: Chan<Vec<Entry>>,
    advancec: Chan<()>,
    stop: Chan<()>,
    done: Chan<()>,
}

/// `raft.RestartNode`.
fn restart_node(storage: MemoryStorage) -> Node {
    let n = Node {
        propc: chan("n.propc", 0),
        confc: chan("n.confc", 0),
        readyc: chan("n.readyc", 0),
        advancec: chan("n.advancec", 0),
        stop: chan("n.stop", 0),
        done: chan("n.done", 0),
    };
    go("n.run", move || n.run(storage));
    n
}

impl Node {
    fn run(self, storage: MemoryStorage) {
        let MemoryStorage {
            hard_state: HardState { mut commit },
            ents: mut log,
        } = storage;
        let (mut applied, mut advancing) = (0, false);
        let mut has_leader = false;
        loop {
            let rd = log[applied..commit].to_vec();
            let ready = !advancing && !rd.is_empty();
            select! {
                recv(self.propc.only_if(has_leader)) -> m => {
                    let index = log.len() + 1;
                    let entry = EntryType::Normal(m.expect("n.propc is never closed"));
                    log.push(Entry { index, entry });
                    // It is the only member: what it has is committed.
                    commit = index;
                }
                send(self.readyc.only_if(ready), rd) => {
                    advancing = true;
                    applied = commit;
                }
                recv(self.advancec.only_if(advancing)) => { advancing = false; }
                recv(self.confc) => {
                    // It is a member, so it can elect itself.
                    has_leader = true;
                }
                recv(self.stop) => {
                    self.done.close();
                    return;
                }
            }
        }
    }

    fn propose(self, data: &'static str) {
        select! {
            send(self.propc, data) => {}
            recv(self.done) => {}
        }
    }

    fn apply_conf_change(self) {
        select! {
            send(self.confc, ()) => {}
            recv(self.done) => {}
        }
    }

    fn advance(self) {
        select! {
            send(self.advancec, ()) => {}
            recv(self.done) => {}
        }
    }

    fn stop(self) {
        select! {
            send(self.stop, ()) => {}
            recv(self.done) => { return; }
        }
        self.done.recv();
    }
}

#[derive(Clone, Copy)]
struct RaftNode {
    propose_c: Chan<&'static str>,
    /// Nil while the log is replayed.
    node: Option<Node>,
    commit_c: Chan<Option<&'static str>>,
    /// The index of the log at the start.
    last_index: usize,
    stopc: Chan<()>,
}

fn new_raft_node(propose_c: Chan<&'static str>) -> Chan<Option<&'static str>> {
    let rc = RaftNode {
        propose_c,
        node: None,
        commit_c: chan("commitC", 0),
        last_index: 0,
        stopc: chan("stopc", 0),
    };
    go("startRaft", move || rc.start_raft());
    rc.commit_c
}

impl RaftNode {
    /// Sends committed entries to the application. Returns false if it was stopped meanwhile.
    fn publish_entries(self, ents: &[Entry]) -> bool {
        for ent in ents {
            match ent.entry {
                EntryType::Normal("") => {
                    // Ignore empty messages.
                }
                EntryType::Normal(s) => {
                    select! {
                        send(self.commit_c, Some(s)) => {}
                        recv(self.stopc) => { return false; }
                    }
                }
                EntryType::ConfChange => {
                    if let Some(node) = self.node {
                        node.apply_conf_change();
                    }
                }
            }
            // A nil says that the replay is over.
            if ent.index == self.last_index {
                select! {
                    send(self.commit_c, None) => {}
                    recv(self.stopc) => { return false; }
                }
            }
        }
        true
    }

    fn replay_wal(&mut self) -> MemoryStorage {
        let (hard_state, ents) = read_all();
        // Send nil once lastIndex is published, so that the client knows that commitC is current.
        match ents.last() {
            Some(last) => self.last_index = last.index,
            None => self.commit_c.send(None),
        }
        MemoryStorage { hard_state, ents }
    }

    fn stop(self, node: Node) {
        self.commit_c.close();
        node.stop();
    }

    fn start_raft(mut self) {
        let raft_storage = self.replay_wal();
        let node = restart_node(raft_storage);
        self.node = Some(node);
        go("serveChannels", move || self.serve_channels(node));
    }

    fn serve_channels(self, node: Node) {
        go("proposals", move || {
            for prop in self.propose_c {
                // Blocks until accepted by the raft state machine.
                node.propose(prop);
            }
            // The client closed the channel: shut down raft.
            self.stopc.close();
        });
        loop {
            select! {
                recv(node.readyc) -> rd => {
                    let committed_entries = rd.expect("n.readyc is never closed");
                    if !self.publish_entries(&committed_entries) {
                        self.stop(node);
                        return;
                    }
                    node.advance();
                }
                recv(self.stopc) => {
                    self.stop(node);
                    return;
                }
            }
        }
    }
}

/// A node is restarted, its log is replayed, and a value is proposed.
pub fn main() {
    let propose_c = chan("proposeC", 0);
    let commit_c = new_raft_node(propose_c);

    // readCommits, first time: up to the nil.
    while let Some(Some(data)) = commit_c.recv() {
        assert_eq!(data, "foo");
    }
    propose_c.send("bar");
    let committed = commit_c.recv();
    assert_eq!(committed, Some(Some("bar")));

    propose_c.close();
    assert_eq!(commit_c.recv(), None, "nothing else was proposed");
}
