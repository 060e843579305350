//! Upstream `clientv3/balancer.go` after the fix, and what it needs of gRPC.

use std::collections::BTreeMap;

use gordian_checker::sync::{
    Chan, ControlFlow, Mutex, Once, RwLock, chan, defer, forever, go, mutex, once, rwlock, select,
};

use super::buggy::{Address, is_killed};

/// The balancer of etcd's client: it pins the first address that is up and closes the others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct SimpleBalancer {
    notify_ch: Chan<Vec<Address>>,
    readyc: Chan<()>,
    ready_once: Once,
    /// Tells updateNotifyLoop to stop.
    stopc: Chan<()>,
    /// Tells that updateNotifyLoop has stopped.
    donec: Chan<()>,
    mu: RwLock<BalancerState>,
}

/// What b.mu protects.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct BalancerState {
    addrs: Vec<Address>,
    /// Closed while an address is pinned, and at the end.
    upc: Chan<()>,
    /// Closed when the pinned address goes down.
    downc: Chan<()>,
    pin_addr: Option<Address>,
    closed: bool,
}

fn new_simple_balancer(addrs: Vec<Address>) -> SimpleBalancer {
    let b = SimpleBalancer {
        notify_ch: chan("notifyCh", 1),
        readyc: chan("readyc", 0),
        ready_once: once("readyOnce"),
        stopc: chan("stopc", 0),
        donec: chan("donec", 0),
        mu: rwlock(
            "b.mu",
            BalancerState {
                addrs: addrs.clone(),
                upc: chan("upc", 0),
                downc: Chan::nil(),
                pin_addr: None,
                closed: false,
            },
        ),
    };
    b.notify_ch.send(addrs);
    go("updateNotifyLoop", move || b.update_notify_loop());
    b
}

impl SimpleBalancer {
    fn update_notify_loop(self) {
        let _close = defer(move || self.donec.close());
        forever(|| {
            let b = self.mu.rlock();
            let upc = b.upc;
            b.runlock();
            upc.recv();

            // Up sets pinAddr and downc as a pair.
            let b = self.mu.rlock();
            let (addr, downc) = (b.pin_addr, b.downc);
            b.runlock();
            if let Some(addr) = addr {
                // Close the opened connections that are not the pinned address.
                select! {
                    send(self.notify_ch, vec![addr]) => {}
                    recv(downc) => {}
                    recv(self.stopc) => { return ControlFlow::Break(()); }
                }
            }
            select! {
                recv(downc) => { self.notify_addrs(); }
                recv(self.stopc) => { return ControlFlow::Break(()); }
            }
            ControlFlow::Continue(())
        });
    }

    fn notify_addrs(self) {
        let b = self.mu.rlock();
        let addrs = b.addrs.clone();
        b.runlock();
        select! {
            send(self.notify_ch, addrs) => {}
            recv(self.stopc) => {}
        }
    }

    fn up(self, addr: Address) -> Down {
        let mut b = self.mu.lock();
        // gRPC might call Up after it called Close.
        if b.closed {
            return Down::Nothing;
        }
        if b.pin_addr.is_none() {
            b.upc.close();
            b.downc = chan("downc", 0);
            b.pin_addr = Some(addr);
            // Notify the client that a connection is up.
            self.ready_once.do_once(|| self.readyc.close());
        }
        Down::Tell(self, addr)
    }

    fn down(self, addr: Address) {
        let mut b = self.mu.lock();
        if b.pin_addr == Some(addr) {
            b.upc = chan("upc", 0);
            b.downc.close();
            b.pin_addr = None;
        }
        b.unlock();
    }

    fn close(self) {
        let mut b = self.mu.lock();
        // In case gRPC calls Close twice.
        if b.closed {
            b.unlock();
            self.donec.recv();
            return;
        }
        b.closed = true;
        self.stopc.close();
        b.pin_addr = None;
        select! {
            recv(b.upc) => {}
            default => {
                // Terminate all who wait for an address.
                b.upc.close();
            }
        }
        b.unlock();

        // Wait for updateNotifyLoop to finish.
        self.donec.recv();
        self.notify_ch.close();
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
