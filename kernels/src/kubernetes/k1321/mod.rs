//! kubernetes#1321: `Mux.distribute` sends to a watcher while it holds the lock that the watcher
//! needs to stop.
//!
//! Every watcher of a `watch.Mux` has a channel `result` without a buffer. A watcher that has
//! stopped reading calls `Stop`, which must take `m.lock` before it closes `result`; `distribute`,
//! which holds `m.lock`, waits for it to read.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "kubernetes/1321",
    upstream: "https://github.com/kubernetes/kubernetes/pull/1321",
    class: "Mixed / channel & lock",
    mechanism: "distribute holds m.lock while it sends on the unbuffered w.result. The watcher \
                has stopped reading, and its Stop waits for m.lock before it would close \
                w.result.",
    fix: "Stop closes a channel stopped, under a Once, before it takes m.lock; distribute's send \
          becomes a select that also receives from stopped.",
    bound: "one watcher, one event",
    left_out: "Watch (the watcher is registered from the start), and closeAll at the end of \
               loop. Of the test its time-out and its second watcher, whose event only tells \
               that distribute has begun",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/kubernetes/k1321/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k1321/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[
            ("loop", "send w.result"),
            ("main", "recv done"),
            ("watcher", "lock m.lock"),
        ],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/kubernetes/k1321/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k1321/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
