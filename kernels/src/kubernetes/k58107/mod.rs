//! kubernetes#58107: the workers of the resource quota controller hold a read lock while they wait
//! for work.
//!
//! `Sync` takes `workerLock` for writing to hold up the workers, who take it for reading, while it
//! changes what they rely on. A worker that waits for a key in `queue.Get` is idle and yet holds
//! it; `Sync` waits for that worker, and a worker that has work to do waits behind `Sync`, since
//! Go's `RWMutex` lets no new reader pass a writer that waits. Nothing moves before the idle
//! worker's queue gets a key.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "kubernetes/58107",
    upstream: "https://github.com/kubernetes/kubernetes/pull/58107",
    class: "Resource / RWR",
    mechanism: "The worker of missingUsageQueue read-locks workerLock and waits in Get for a \
                key. Sync waits for the write lock. The worker of queue, for which there is a \
                key, waits behind Sync for its read lock.",
    fix: "A worker takes the read lock after Get, when it has a key.",
    bound: "one worker for each queue, one turn of each, one key, one Sync that has found a change",
    left_out: "of the queues the sets dirty and processing, and so Done, and Forget and \
               AddRateLimited; of Sync all that it does with the lock. main stands for whoever \
               waits for the quota to be synced, and shuts the idle worker's queue down only \
               then",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/kubernetes/k58107/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k58107/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[
            ("Sync", "lock rq.workerLock"),
            ("main", "recv synced"),
            ("worker.missingUsageQueue", "wait rq.missingUsageQueue.cond"),
            ("worker.queue", "rlock rq.workerLock"),
        ],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/kubernetes/k58107/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k58107/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
