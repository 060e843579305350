//! Upstream `pkg/controller/resourcequota/resource_quota_controller.go` after the fix, with what it
//! needs of `client-go/util/workqueue/queue.go`.

use std::collections::VecDeque;

use gordian_checker::sync::{Chan, Cond, Mutex, RwLock, chan, cond, go, mutex, rwlock};

type Key = &'static str;

/// `workqueue.Type`. The lock is its `cond.L`, over the fields that change.
#[derive(Clone, Copy)]
struct Queue {
    lock: Mutex<Items>,
    cond: Cond,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Items {
    queue: VecDeque<Key>,
    shutting_down: bool,
}

impl Queue {
    fn new(name: &str) -> Self {
        Self {
            lock: mutex(&format!("{name}.cond.L"), Items::default()),
            cond: cond(&format!("{name}.cond")),
        }
    }

    fn add(self, item: Key) {
        let mut q = self.lock.lock();
        q.queue.push_back(item);
        self.cond.signal();
    }

    fn get(self) -> Option<Key> {
        let mut q = self.lock.lock();
        while q.queue.is_empty() && !q.shutting_down {
            q = self.cond.wait(q);
        }
        q.queue.pop_front()
    }

    fn shut_down(self) {
        let mut q = self.lock.lock();
        q.shutting_down = true;
        self.cond.broadcast();
    }
}

#[derive(Clone, Copy)]
struct ResourceQuotaController {
    queue: Queue,
    missing_usage_queue: Queue,
    worker_lock: RwLock<()>,
    synced: Chan<Key>,
}

impl ResourceQuotaController {
    /// One iteration of a worker.
    fn worker(self, queue: Queue) {
        let Some(key) = queue.get() else {
            return;
        };
        let _worker_lock = self.worker_lock.rlock();
        self.sync_handler(key);
    }

    fn sync_handler(self, key: Key) {
        self.synced.send(key);
    }

    /// Without the resync of the monitors, which it does under the lock.
    fn sync(self) {
        let _worker_lock = self.worker_lock.lock();
    }
}

/// A quota is to be synced, none lacks its usage, and discovery reports a change.
pub fn main() {
    let rq = ResourceQuotaController {
        queue: Queue::new("rq.queue"),
        missing_usage_queue: Queue::new("rq.missingUsageQueue"),
        worker_lock: rwlock("rq.workerLock", ()),
        synced: chan("synced", 0),
    };
    rq.queue.add("quota");

    go("worker.queue", move || rq.worker(rq.queue));
    go("worker.missingUsageQueue", move || {
        rq.worker(rq.missing_usage_queue);
    });
    go("Sync", move || rq.sync());

    rq.synced.recv();
    rq.missing_usage_queue.shut_down();
}
