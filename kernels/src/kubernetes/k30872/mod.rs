//! kubernetes#30872: a federated informer and the queue of the informer within it are locked in
//! both orders.
//!
//! `ClustersSynced` asks, under the lock of the federated informer, whether the queue of its
//! cluster informer has synced, which takes the lock of the queue. `Pop` calls the handler of an
//! item under the lock of the queue, and the handler of a new cluster, `addCluster`, takes the lock
//! of the federated informer.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "kubernetes/30872",
    upstream: "https://github.com/kubernetes/kubernetes/pull/30872",
    class: "Resource / AB-BA",
    mechanism: "ClustersSynced holds the federated informer's lock and waits in HasSynced for \
                the lock of the DeltaFIFO. Pop holds that lock, and its handler, addCluster, \
                waits for the federated informer's.",
    fix: "ClustersSynced of the informer takes no lock, and that of the store copies the list of \
          informers under the lock and calls HasSynced without it.",
    bound: "one cluster, one turn of processLoop, one look whether all is synced",
    left_out: "the condition of the DeltaFIFO (its queue is never empty here), its other \
               operations, GetReadyClusters between the two ClustersSynced. The goroutine of the \
               target informer: with no item to handle it leaves nothing for the store's half of \
               the fix to prevent",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/kubernetes/k30872/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k30872/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[
            ("main", "lock clusterInformer.fifo.lock"),
            ("processLoop", "lock federatedInformer"),
        ],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/kubernetes/k30872/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k30872/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
