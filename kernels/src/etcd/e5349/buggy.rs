//! Upstream `clientv3/concurrency/election.go` and `key.go` before the fix.

use gordian_checker::sync::{Atomic, Chan, Mutex, atomic, chan, go, mutex};

/// A key with its value, in the server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: &'static str,
    /// The revision of the store in which it was created.
    pub create_revision: i64,
}

/// The data of the server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Store {
    /// The number of changes so far.
    pub revision: i64,
    /// The keys, the oldest first.
    pub kvs: Vec<KeyValue>,
    /// The keys whose deletion somebody waits for, with the channels.
    pub watches: Vec<(String, Chan<()>)>,
}

impl Store {
    /// Returns true if this key, created in this revision, has not been deleted.
    pub fn has(&self, key: &str, create_revision: i64) -> bool {
        let same = |kv: &KeyValue| kv.key == key && kv.create_revision == create_revision;
        self.kvs.iter().any(same)
    }

    /// Creates a key, and returns the revision of its creation.
    pub fn create(&mut self, key: &str, value: &'static str) -> i64 {
        self.revision += 1;
        self.kvs.push(KeyValue {
            key: key.to_owned(),
            value,
            create_revision: self.revision,
        });
        self.revision
    }

    /// Changes the value of an existing key.
    pub fn put(&mut self, key: &str, value: &'static str) {
        self.revision += 1;
        for kv in &mut self.kvs {
            if kv.key == key {
                kv.value = value;
            }
        }
    }
}

/// A client of the server. It has one session, whose end would delete its keys.
#[derive(Clone, Copy)]
struct Client {
    store: Mutex<Store>,
    now: Atomic,
}

impl Client {
    /// Returns the first key with this prefix.
    fn get_first(self, prefix: &str) -> Option<KeyValue> {
        let store = self.store.lock();
        let mut kvs = store.kvs.iter();
        kvs.find(|kv| kv.key.starts_with(prefix)).cloned()
    }

    /// Returns the last key with this prefix that was created in this revision or before.
    fn get_last(self, prefix: &str, rev: i64) -> Option<KeyValue> {
        let store = self.store.lock();
        let mut kvs = store.kvs.iter().rev();
        kvs.find(|kv| kv.key.starts_with(prefix) && kv.create_revision <= rev)
            .cloned()
    }

    /// Returns a channel that tells when this key, created in this revision, is deleted.
    fn watch(self, key: &str, rev: i64) -> Chan<()> {
        let wch = chan("wch", 1);
        let mut store = self.store.lock();
        if store.has(key, rev) {
            store.watches.push((key.to_owned(), wch));
        } else {
            wch.send(());
        }
        wch
    }

    fn delete(self, key: &str) {
        let mut store = self.store.lock();
        store.revision += 1;
        store.kvs.retain(|kv| kv.key != key);
        let watches = std::mem::take(&mut store.watches);
        let (told, kept) = watches.into_iter().partition(|(watched, _)| watched == key);
        store.watches = kept;
        for (_, wch) in told {
            wch.send(());
        }
    }
}

fn new_unique_kv(client: Client, pfx: &str, val: &'static str) -> (String, i64) {
    let new_key = format!("{pfx}/{}", client.now.add(1));
    let rev = client.store.lock().create(&new_key, val);
    (new_key, rev)
}

fn wait_delete(client: Client, key: &str, rev: i64) {
    client.watch(key, rev).recv();
}

/// Waits until all keys with this prefix from this revision or before are deleted.
fn wait_deletes(client: Client, prefix: &str, rev: i64) {
    let mut max_rev = rev;
    while let Some(last_kv) = client.get_last(prefix, max_rev) {
        max_rev = last_kv.create_revision;
        wait_delete(client, &last_kv.key, max_rev);
    }
}

struct Election {
    client: Client,
    key_prefix: &'static str,
    leader_key: String,
}

fn new_election(client: Client, pfx: &'static str) -> Election {
    Election {
        client,
        key_prefix: pfx,
        leader_key: String::new(),
    }
}

impl Election {
    fn campaign(&mut self, val: &'static str) {
        let (k, rev) = new_unique_kv(self.client, self.key_prefix, val);
        wait_deletes(self.client, self.key_prefix, rev - 1);
        self.leader_key = k;
    }

    fn resign(self) {
        self.client.delete(&self.leader_key);
    }
}

/// `TestElectionSessionRecampaign`, with a candidate of another session beside it.
pub fn main() {
    let store = mutex("store", Store::default());
    let now = atomic("time.Now", 0);
    let cli = Client { store, now };
    let other = cli;

    go("candidate", move || {
        let mut e = new_election(other, "test-elect");
        e.campaign("xyz");
        e.resign();
    });

    let mut e = new_election(cli, "test-elect");
    e.campaign("abc");
    let mut e2 = new_election(cli, "test-elect");
    e2.campaign("def");
    let leader = cli.get_first("test-elect").expect("a leader");
    assert_eq!(leader.value, "def");
    e2.resign();
}
