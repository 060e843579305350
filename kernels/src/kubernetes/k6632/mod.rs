//! kubernetes#6632 (docker/spdystream): a write holds the lock that the reader of its channel needs
//! before it can close the channel.
//!
//! Every frame that is written goes into `resetChan`, under `writeLock`, and `monitor` takes it out
//! to put off the time-out of an idle connection. Once the connection is closed `monitor` reads no
//! more and takes `writeLock` to close `resetChan`.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "kubernetes/6632",
    upstream: "https://github.com/kubernetes/kubernetes/pull/6632",
    class: "Mixed / channel & lock",
    mechanism: "WriteFrame holds writeLock while it sends on resetChan, which is full. monitor, \
                its only reader, has been told that the connection is closed, and waits for \
                writeLock before it closes resetChan.",
    fix: "Before it takes writeLock, monitor starts a goroutine that drains resetChan.",
    bound: "one writer of three frames, one more than resetChan holds",
    left_out: "the timer and the channel setTimeoutChan; of Serve all but its end, which closes \
               closeChan. ReadFrame, which sends on resetChan without the lock, but never after \
               that",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/kubernetes/k6632/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k6632/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[
            ("main", "send i.resetChan"),
            ("monitor", "lock i.writeLock"),
        ],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/kubernetes/k6632/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k6632/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
