//! Upstream `contrib/raftexample/raft.go` before the fix.

use gordian_checker::sync::{Chan, chan, go, select};

/// The kind of a log entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EntryType {
    /// A value of the application; empty if it is raft's own.
    Normal(&'static str),
    /// The node becomes a member.
    ConfChange,
}

/// An entry of the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// Its position in the log, from 1.
    pub index: usize,
    /// Its contents.
    pub entry: EntryType,
}

/// The persistent state of raft, apart from the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct HardState {
    /// The index of the last committed entry.
    pub commit: usize,
}

/// `w.ReadAll()`: the write-ahead log of a node that ran before.
pub fn read_all() -> (HardState, Vec<Entry>) {
    let log = [
        EntryType::ConfChange,
        EntryType::Normal(""),
        EntryType::Normal("foo"),
    ];
    let entry = |(entry, index)| Entry { index, entry };
    let ents: Vec<Entry> = log.into_iter().zip(1..).map(entry).collect();
    (HardState { commit: 3 }, ents)
}

/// The storage that the node starts from.
#[derive(Default)]
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
    stopc: Chan<()>,
}

fn new_raft_node(propose_c: Chan<&'static str>) -> Chan<Option<&'static str>> {
    let rc = RaftNode {
        propose_c,
        node: None,
        commit_c: chan("commitC", 0),
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
                    continue;
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
        }
        true
    }

    fn replay_wal(self) -> MemoryStorage {
        let (_, ents) = read_all();
        self.publish_entries(&ents);
        // Send nil so that the client knows that commitC is current.
        self.commit_c.send(None);
        MemoryStorage {
            ents,
            ..MemoryStorage::default()
        }
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
