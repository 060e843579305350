//! etcd#6873: `stop` of the watch broadcasts waits, with the lock, for a goroutine that needs the
//! lock to end.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "etcd/6873",
    upstream: "https://github.com/etcd-io/etcd/pull/6873",
    class: "Mixed / channel & lock",
    mechanism: "stop holds wbs.mu while it waits in <-wbs.donec. The coalescing goroutine has \
                received a broadcast from wbs.updatec. It must take wbs.mu in coalesce before it \
                can leave its range over wbs.updatec and close wbs.donec.",
    fix: "stop unlocks wbs.mu before it receives from wbs.donec.",
    bound: "one broadcast, whose watch yields one response; one call of stop",
    left_out: "the watchers, and what coalesce does under wbs.mu where there are two broadcasts \
               or more. There it moves the watchers of one to another, under the locks of the \
               two. The watch itself: its response is there at once, and it ends when its \
               context is cancelled",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/etcd/e6873/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e6873/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[("coalesce", "lock wbs.mu"), ("main", "recv wbs.donec")],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/etcd/e6873/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e6873/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
