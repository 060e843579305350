//! etcd#7492: a token is handed to its keeper under the lock that the keeper needs to delete an old
//! one.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "etcd/7492",
    upstream: "https://github.com/etcd-io/etcd/pull/7492",
    class: "Mixed / channel & lock",
    mechanism: "assignSimpleTokenToUser holds t.simpleTokensMu while it sends on the full \
                addSimpleTokenCh (capacity 1). Its only receiver, run of the token keeper, is in \
                its ticker's case, where deleteTokenFunc waits for t.simpleTokensMu.",
    fix: "No channels: the keeper's tokens are under a lock tokensMu, which \
          assignSimpleTokenToUser and run take before t.simpleTokensMu.",
    bound: "three users, each authenticated once; one tick. At the tick any set of the tokens \
            that are there may have come to the end of its time",
    left_out: "resetSimpleTokenCh and deleteSimpleTokenCh, on which info and invalidateUser send \
               under the same lock. That stop throws the keeper's tokens away, which nobody \
               looks at any more; the names of users, passwords. A tick goes through the tokens \
               in one order, not in any order",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/etcd/e7492/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e7492/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[
            ("Authenticate#3", "send addSimpleTokenCh"),
            ("main", "wait wg"),
            ("run", "lock t.simpleTokensMu"),
        ],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/etcd/e7492/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e7492/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
