//! etcd#6857: `Status` of a raft node sends to `run`, which has taken the stop and is gone.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "etcd/6857",
    upstream: "https://github.com/etcd-io/etcd/pull/6857",
    class: "Communication / channel",
    mechanism: "Status sends on the unbuffered n.status, whose only receiver, run, has received \
                from n.stop, closed n.done and returned.",
    fix: "Status's send becomes a select that also receives from n.done and then yields an empty \
          Status.",
    bound: "one call of Status, one of Stop",
    left_out: "all other cases of the select in run (proposals, messages, configuration changes, \
               ticks, Ready, Advance), and what a Status contains",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/etcd/e6857/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e6857/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Leak,
        stuck: &[("Status", "send n.status")],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/etcd/e6857/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e6857/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
