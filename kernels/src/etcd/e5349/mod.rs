//! etcd#5349: a session that campaigns a second time waits for the deletion of its own key.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "etcd/5349",
    upstream: "https://github.com/etcd-io/etcd/pull/5349",
    class: "Communication / self-lock through a store",
    mechanism: "Each Campaign puts a new key under the prefix and waits in waitDeletes for the \
                deletion of the keys before it. So the second Campaign of a session waits, on \
                the watch channel wch, for a key that only the same session would delete.",
    fix: "The key is made from the session's lease. So the second Campaign finds the key there, \
          with the session as its leader, and only Proclaims the new value.",
    bound: "one session that campaigns twice and then resigns, one that campaigns once and resigns",
    left_out: "the server: it is a map under a lock, and a transaction is one critical section. \
               A watch is a channel with room for the one deletion that is waited for. Errors, \
               and the clean-up after one, which the fix makes a Resign; the contexts, which are \
               never cancelled. The end of a session, with which the server would delete its \
               keys. Observe: main looks at the first key instead",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/etcd/e5349/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e5349/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[("main", "recv wch")],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/etcd/e5349/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e5349/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
