//! `golang.org/x/sync/singleflight`: of those who want the same at once one does the work.

use std::collections::BTreeMap;

use crate::sync::{Mutex, Shared, Value, WaitGroup, mutex, shared, waitgroup};

/// Calls under way, by their keys.
///
/// ```
/// use gordian_checker::blocks::singleflight::Group;
/// use gordian_checker::sync::go;
///
/// let report = gordian_checker::check(|| {
///     let group: Group<u8, u8> = Group::new("group");
///     go("other", move || assert_eq!(group.call(1, || 7).0, 7));
///     assert_eq!(group.call(1, || 7).0, 7);
/// });
/// report.assert_proved();
/// ```
#[derive(Debug)]
pub struct Group<K: Value + Ord, V: Value> {
    mu: Mutex<BTreeMap<K, Call<V>>>,
}

/// A call under way.
#[derive(Debug)]
struct Call<V: Value> {
    wg: WaitGroup,
    val: Shared<Option<V>>,
    dups: u32,
}

impl<K: Value + Ord, V: Value> Clone for Group<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Value + Ord, V: Value> Copy for Group<K, V> {}

impl<V: Value> Clone for Call<V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<V: Value> Copy for Call<V> {}
impl<V: Value> PartialEq for Call<V> {
    fn eq(&self, other: &Self) -> bool {
        (self.wg, self.val, self.dups) == (other.wg, other.val, other.dups)
    }
}
impl<V: Value> Eq for Call<V> {}
impl<V: Value> std::hash::Hash for Call<V> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.wg, self.val, self.dups).hash(state);
    }
}

impl<K: Value + Ord, V: Value> Group<K, V> {
    /// A group in which nothing is under way. Its mutex is `group.mu`.
    #[track_caller]
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            mu: mutex(&format!("{name}.mu"), BTreeMap::new()),
        }
    }

    /// `Do`: calls `f`, or waits for the result if a call for this key is under way. Yields the
    /// value, and whether others have it, too.
    ///
    /// # Panics
    /// If `f` of another goroutine panicked, so that there is no value.
    #[track_caller]
    pub fn call(self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let mut calls = self.mu.lock();
        if let Some(call) = calls.get_mut(&key) {
            call.dups += 1;
            let call = *call;
            calls.unlock();
            call.wg.wait();
            let val = call.val.get().expect("the call has come to its end");
            return (val, true);
        }
        let call = Call {
            wg: waitgroup("call.wg"),
            val: shared("call.val", None),
            dups: 0,
        };
        call.wg.add(1);
        calls.insert(key.clone(), call);
        calls.unlock();
        let val = f();
        call.val.set(Some(val.clone()));
        let mut calls = self.mu.lock();
        call.wg.done();
        let shared = match calls.get(&key) {
            Some(now) if now.wg == call.wg => {
                let dups = now.dups;
                calls.remove(&key);
                dups > 0
            }
            _ => false,
        };
        calls.unlock();
        (val, shared)
    }

    /// `Forget`: the next call for this key is made anew, whatever is under way.
    #[track_caller]
    pub fn forget(self, key: &K) {
        let mut calls = self.mu.lock();
        calls.remove(key);
        calls.unlock();
    }
}
