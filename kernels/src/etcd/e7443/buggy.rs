//! Upstream `clientv3/balancer.go` before the fix, and what it needs of gRPC.

use std::collections::BTreeMap;

use gordian_checker::sync::{
    Chan, ControlFlow, Mutex, Once, RwLock, chan, defer, forever, go, mutex, once, rwlock,
};

/// The address of a server.
pub type Address = u32;

/// Whether a connection to this address, once up, is killed for good: that to the first is.
pub fn is_killed(addr: Address) -> bool {
    addr == 0
}

/// The balancer of etcd's client: it pins the first address that is up and closes the others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct SimpleBalancer {
    notify_ch: Chan<Vec<Address>>,
    readyc: Chan<()>,
    ready_once: Once,
    mu: RwLock<BalancerState>,
}

/// What b.mu protects.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct BalancerState {
    addrs: Vec<Address>,
    pin_addr: Option<Address>,
    closed: bool,
}

fn new_simple_balancer(addrs: Vec<Address>) -> SimpleBalancer {
    let b = SimpleBalancer {
        notify_ch: chan("notifyCh", 1),
        readyc: chan("readyc", 0),
        ready_once: once("readyOnce"),
        mu: rwlock(
            "b.mu",
            BalancerState {
                addrs: addrs.clone(),
                pin_addr: None,
                closed: false,
            },
        ),
    };
    b.notify_ch.send(addrs);
    b
}

impl SimpleBalancer {
    fn up(self, addr: Address) -> Down {
        let mut b = self.mu.lock();
        // gRPC might call Up after it called Close.
        if b.closed {
            return Down::Nothing;
        }
        if b.pin_addr.is_none() {
            b.pin_addr = Some(addr);
            // Notify the client that a connection is up.
            self.ready_once.do_once(|| self.readyc.close());
            // Close the opened connections that are not pinned.
            self.notify_ch.send(vec![addr]);
        }
        Down::Tell(self, addr)
    }

    fn down(self, addr: Address) {
        let mut b = self.mu.lock();
        if b.pin_addr == Some(addr) {
            b.pin_addr = None;
            self.notify_ch.send(b.addrs.clone());
        }
        b.unlock();
    }

    fn close(self) {
        let mut b = self.mu.lock();
        // In case gRPC calls Close twice.
        if b.closed {
            return;
        }
        b.closed = true;
        self.notify_ch.close();
        b.pin_addr = None;
    }
}

/// What `Up` returns: to be called when the connection goes down.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Down {
    /// The balancer does not want to know.
    Nothing,
    /// It does.
    Tell(SimpleBalancer, Address),
}

impl Down {
    fn call(self) {
        if let Self::Tell(b, addr) = self {
            b.down(addr);
        }
    }
}

/// A connection to one address: gRPC's `addrConn`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct AddrConn {
    cc: ClientConn,
    addr: Address,
    mu: Mutex<AddrConnState>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct AddrConnState {
    shutdown: bool,
    down: Option<Down>,
}

impl AddrConn {
    /// Whether there is a connection now.
    fn reset_transport(self, server_is_up: bool) -> bool {
        let mut ac = self.mu.lock();
        if ac.shutdown {
            return false;
        }
        if let Some(down) = ac.down {
            down.call();
            ac.down = None;
        }
        ac.unlock();

        // Here it connects to the server. If that is down it would try again until it is torn down.
        if !server_is_up {
            return false;
        }

        let mut ac = self.mu.lock();
        if ac.shutdown {
            return false;
        }
        ac.down = Some(self.cc.balancer.up(self.addr));
        ac.unlock();
        true
    }

    fn transport_monitor(self) {
        if is_killed(self.addr) {
            self.reset_transport(false);
        }
    }

    fn tear_down(self) {
        let mut ac = self.mu.lock();
        if let Some(down) = ac.down {
            down.call();
            ac.down = None;
        }
        ac.shutdown = true;
        ac.unlock();
    }
}

/// gRPC's `ClientConn`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct ClientConn {
    balancer: SimpleBalancer,
    /// The conns; nil once closed.
    mu: RwLock<Option<BTreeMap<Address, AddrConn>>>,
}

fn dial(balancer: SimpleBalancer) -> ClientConn {
    let cc = ClientConn {
        balancer,
        mu: rwlock("cc.mu", Some(BTreeMap::new())),
    };
    for addr in balancer.notify_ch.recv().expect("addresses") {
        cc.reset_addr_conn(addr);
    }
    go("lbWatcher", move || cc.lb_watcher());
    cc
}

impl ClientConn {
    fn lb_watcher(self) {
        forever(|| {
            let Some(addrs) = self.balancer.notify_ch.recv() else {
                return ControlFlow::Break(());
            };
            // Connections to tear down.
            let mut del: Vec<AddrConn> = vec![];
            let mut conns = self.mu.lock();
            for conns in conns.iter_mut() {
                del.extend(conns.values().filter(|ac| !addrs.contains(&ac.addr)));
                conns.retain(|addr, _| addrs.contains(addr));
            }
            conns.unlock();
            for ac in del {
                ac.tear_down();
            }
            ControlFlow::Continue(())
        });
    }

    fn reset_addr_conn(self, addr: Address) {
        let ac = AddrConn {
            cc: self,
            addr,
            mu: mutex("ac.mu", AddrConnState::default()),
        };
        let mut conns = self.mu.lock();
        let Some(open) = conns.as_mut() else {
            return;
        };
        let stale = open.insert(addr, ac);
        conns.unlock();
        assert_eq!(stale, None, "there is a connection to {addr}");
        go("resetTransport", move || {
            if ac.reset_transport(true) {
                ac.transport_monitor();
            }
        });
    }

    fn close(self) {
        let mut conns = self.mu.lock();
        let open = conns.take().expect("closed once");
        conns.unlock();
        self.balancer.close();
        for ac in open.into_values() {
            ac.tear_down();
        }
    }
}

/// `TestBalancerDoNotBlockOnClose`.
pub fn main() {
    let sb = new_simple_balancer(vec![0, 1]);
    let conn = dial(sb);
    sb.readyc.recv();

    let bclosec = chan::<()>("bclosec", 0);
    go("sb.Close", move || {
        let _close = defer(move || bclosec.close());
        sb.close();
    });
    conn.close();
    bclosec.recv();
}
