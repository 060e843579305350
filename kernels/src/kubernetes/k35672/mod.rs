//! kubernetes#35672: a reflector's `ListAndWatch` leaves a goroutine behind each time that it
//! returns.
//!
//! `ListAndWatch` starts a goroutine that resyncs the reflector's store from time to time, until
//! the reflector is stopped. When the watch fails it returns, to be called again after a while; the
//! reflector is not stopped, and the goroutine waits for ever.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "kubernetes/35672",
    upstream: "https://github.com/kubernetes/kubernetes/pull/35672",
    class: "Communication / channel",
    mechanism: "ListAndWatch has returned with an error. The resync goroutine that it started \
                waits for resyncCh (here neverExitWatch: it never fires) or for stopCh, which \
                nobody closes.",
    fix: "ListAndWatch closes a channel cancelCh when it returns, and the resync goroutine \
          returns on that, too.",
    bound: "one call of ListAndWatch",
    left_out: "the listing, the events before the watch fails, and the resync itself: with a \
               resyncPeriod of 0 resyncCh never fires",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/kubernetes/k35672/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k35672/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Leak,
        stuck: &[("resync", "select recv neverExitWatch, recv stopCh")],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/kubernetes/k35672/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/kubernetes/k35672/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
