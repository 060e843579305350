//! etcd#7443: the client's balancer notifies gRPC under its lock, when gRPC, which should listen,
//! waits for that lock.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "etcd/7443",
    upstream: "https://github.com/etcd-io/etcd/pull/7443",
    class: "Mixed / channel & lock",
    mechanism: "Up holds b.mu, and its caller ac.mu, while it sends on the full notifyCh \
                (capacity 1). The only receiver, lbWatcher, is in tearDown, where it waits for \
                that ac.mu. Both calls of Close wait for b.mu. The function down that Up returns \
                sends under the same locks.",
    fix: "A goroutine updateNotifyLoop does the sends, without b.mu. The closing of upc and \
          downc tells it when to, and stopc when to end. Close unlocks b.mu before it waits in \
          <-donec for that goroutine, and only then closes notifyCh.",
    bound: "two addresses; the connection to the first is killed once it is up. That server \
            never comes back, and a connection that was torn down is not made again. After Close \
            the fixed updateNotifyLoop may iterate any number of times. downc and stopc are both \
            closed then, and its select takes either",
    left_out: "requests and what waits for an address to be up (in the buggy variant upc with \
               it); updateAddrs; gRPC's contexts, transports and retries. The order, a map's, in \
               which ClientConn.Close tears the connections down. Upstream's test has a third \
               goroutine for conn.Close, which main does itself here, and gives up after some \
               seconds",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/etcd/e7443/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e7443/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[
            ("lbWatcher", "lock ac.mu#2"),
            ("main", "lock b.mu"),
            ("resetTransport#2", "send notifyCh"),
            ("sb.Close", "lock b.mu"),
        ],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/etcd/e7443/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e7443/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
