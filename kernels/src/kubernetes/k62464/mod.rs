//! kubernetes#62464: `GetCPUSetOrDefault` holds the read lock and calls two methods that take it
//! again.
//!
//! A read lock taken twice by one goroutine works until a writer comes in between: Go's
//! `RWMutex` lets no new reader pass a writer that waits.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "kubernetes/62464",
    upstream: "https://github.com/kubernetes/kubernetes/pull/62464",
    class: "Resource / RWR",
    mechanism: "reconcileState read-locks s in GetCPUSetOrDefault and again in GetCPUSet or \
                GetDefaultCPUSet. In between SetCPUSet has asked for the write lock. It waits \
                for the first read lock and keeps out the second.",
    fix: "GetCPUSetOrDefault takes no lock of its own.",
    bound: "one call of GetCPUSetOrDefault, one of SetCPUSet",
    left_out: "the other accessors of the state, and of the manager all but these two calls",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/kubernetes/k62464/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k62464/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[("main", "lock s"), ("reconcileState", "rlock s")],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/kubernetes/k62464/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k62464/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
