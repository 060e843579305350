//! Upstream `clientv3/concurrency/election.go` and `key.go` after the fix.

use gordian_checker::sync::{Chan, Mutex, chan, go, mutex};

use super::buggy::{KeyValue, Store};

/// A client of the server, with its session.
#[derive(Clone, Copy)]
struct Client {
    store: Mutex<Store>,
    lease: i64,
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
    leader_rev: i64,
}

fn new_election(client: Client, pfx: &'static str) -> Election {
    Election {
        client,
        key_prefix: pfx,
        leader_key: String::new(),
        leader_rev: 0,
    }
}

impl Election {
    fn campaign(&mut self, val: &'static str) {
        let k = format!("{}/{:x}", self.key_prefix, self.client.lease);
        // One transaction: the key is read, or created if it does not exist.
        let mut store = self.client.store.lock();
        let found = store.kvs.iter().find(|kv| kv.key == k).cloned();
        let rev = match &found {
            None => store.create(&k, val),
            Some(kv) => kv.create_revision,
        };
        store.unlock();

        self.leader_key = k;
        self.leader_rev = rev;
        if found.is_some_and(|kv| kv.value != val) {
            self.proclaim(val);
        }
        wait_deletes(self.client, self.key_prefix, self.leader_rev - 1);
    }

    fn proclaim(&self, val: &'static str) {
        let mut store = self.client.store.lock();
        assert!(
            store.has(&self.leader_key, self.leader_rev),
            "election: not leader"
        );
        store.put(&self.leader_key, val);
    }

    fn resign(self) {
        self.client.delete(&self.leader_key);
    }
}

/// `TestElectionSessionRecampaign`, with a candidate of another session beside it.
pub fn main() {
    let store = mutex("store", Store::default());
    let cli = Client { store, lease: 1 };
    let other = Client { store, lease: 2 };

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
