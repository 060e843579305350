//! playground/cancel: a goroutine waits for a value or for its cancellation, and neither comes.
//!
//! This is kubernetes#35672 in fifteen lines, as somebody who studied that bug wrote it down for
//! the Go playground. It has no pull request of its own, and its reference is that one's.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "playground/cancel",
    upstream: "https://github.com/kubernetes/kubernetes/pull/35672",
    class: "Communication / channel",
    mechanism: "Main has returned; goroutine1 waits for rchan or cancelCh, and nobody is left to \
                send on one or to close the other.",
    fix: "Main calls Cc, which closes cancelCh.",
    bound: "nothing was cut: the loop has but one turn, since nobody sends on rchan",
    left_out: "what the toy prints",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/playground/cancel/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/playground/cancel/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Leak,
        stuck: &[("goroutine1", "select recv rchan, recv cancelCh")],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/playground/cancel/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/playground/cancel/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
