//go:build ignore

// Upstream clientv3/balancer.go after the fix, and what it needs of gRPC.
package main

import "sync"

// isKilled says whether a connection to this address, once up, is killed: that to the first address is, and the server never comes back.
func isKilled(addr int) bool {
	return addr == 0
}

const none = -1

// A simpleBalancer pins the first address that is up and has the other connections closed.
type simpleBalancer struct {
	addrs     []int
	notifyCh  chan []int
	readyc    chan struct{}
	readyOnce sync.Once
	// Tells updateNotifyLoop to stop.
	stopc chan struct{}
	// Tells that updateNotifyLoop has stopped.
	donec chan struct{}
	mu    sync.RWMutex
	// Closed while an address is pinned, and at the end.
	upc chan struct{}
	// Closed when the pinned address goes down.
	downc   chan struct{}
	pinAddr int
	closed  bool
}

func newSimpleBalancer(addrs []int) *simpleBalancer {
	b := &simpleBalancer{
		addrs:    addrs,
		notifyCh: make(chan []int, 1),
		readyc:   make(chan struct{}),
		stopc:    make(chan struct{}),
		donec:    make(chan struct{}),
		upc:      make(chan struct{}),
		pinAddr:  none,
	}
	b.notifyCh <- addrs
	go b.updateNotifyLoop() // updateNotifyLoop
	return b
}

func (b *simpleBalancer) updateNotifyLoop() {
	defer close(b.donec)
	for {
		b.mu.RLock()
		upc := b.upc
		b.mu.RUnlock()
		<-upc

		// Up sets pinAddr and downc as a pair.
		b.mu.RLock()
		addr, downc := b.pinAddr, b.downc
		b.mu.RUnlock()
		if addr != none {
			// Close the opened connections that are not the pinned address.
			select {
			case b.notifyCh <- []int{addr}:
			case <-downc:
			case <-b.stopc:
				return
			}
		}
		select {
		case <-downc:
			b.notifyAddrs()
		case <-b.stopc:
			return
		}
	}
}

func (b *simpleBalancer) notifyAddrs() {
	b.mu.RLock()
	addrs := b.addrs
	b.mu.RUnlock()
	select {
	case b.notifyCh <- addrs:
	case <-b.stopc:
	}
}

func (b *simpleBalancer) Up(addr int) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	// gRPC might call Up after it called Close.
	if b.closed {
		return func() {}
	}
	if b.pinAddr == none {
		close(b.upc)
		b.downc = make(chan struct{})
		b.pinAddr = addr
		// Notify the client that a connection is up.
		b.readyOnce.Do(func() { close(b.readyc) })
	}
	return func() { b.down(addr) }
}

func (b *simpleBalancer) down(addr int) {
	b.mu.Lock()
	if b.pinAddr == addr {
		b.upc = make(chan struct{})
		close(b.downc)
		b.pinAddr = none
	}
	b.mu.Unlock()
}

func (b *simpleBalancer) Close() {
	b.mu.Lock()
	// In case gRPC calls Close twice.
	if b.closed {
		b.mu.Unlock()
		<-b.donec
		return
	}
	b.closed = true
	close(b.stopc)
	b.pinAddr = none
	select {
	case <-b.upc:
	default:
		// Terminate all who wait for an address.
		close(b.upc)
	}
	b.mu.Unlock()

	// Wait for updateNotifyLoop to finish.
	<-b.donec
	close(b.notifyCh)
}

// An addrConn is a connection to one address.
type addrConn struct {
	cc       *ClientConn
	addr     int
	mu       sync.Mutex
	shutdown bool
	down     func()
}

// resetTransport says whether there is a connection now.
func (ac *addrConn) resetTransport(serverIsUp bool) bool {
	ac.mu.Lock()
	if ac.shutdown {
		ac.mu.Unlock()
		return false
	}
	if ac.down != nil {
		ac.down()
		ac.down = nil
	}
	ac.mu.Unlock()

	// Here it connects to the server. If that is down it would try again until it is torn down.
	if !serverIsUp {
		return false
	}

	ac.mu.Lock()
	defer ac.mu.Unlock()
	if ac.shutdown {
		return false
	}
	ac.down = ac.cc.balancer.Up(ac.addr)
	return true
}

func (ac *addrConn) transportMonitor() {
	if isKilled(ac.addr) {
		ac.resetTransport(false)
	}
}

func (ac *addrConn) tearDown() {
	ac.mu.Lock()
	if ac.down != nil {
		ac.down()
		ac.down = nil
	}
	ac.shutdown = true
	ac.mu.Unlock()
}

type ClientConn struct {
	balancer *simpleBalancer
	mu       sync.RWMutex
	// By address; nil once closed.
	conns []*addrConn
}

func Dial(balancer *simpleBalancer) *ClientConn {
	addrs := <-balancer.notifyCh
	cc := &ClientConn{balancer: balancer, conns: make([]*addrConn, len(addrs))}
	for _, addr := range addrs {
		cc.resetAddrConn(addr)
	}
	go cc.lbWatcher() // lbWatcher
	return cc
}

func (cc *ClientConn) lbWatcher() {
	for addrs := range cc.balancer.notifyCh {
		keep := map[int]bool{}
		for _, addr := range addrs {
			keep[addr] = true
		}
		// Connections to tear down.
		var del []*addrConn
		cc.mu.Lock()
		for addr, ac := range cc.conns {
			if ac != nil && !keep[addr] {
				del = append(del, ac)
				cc.conns[addr] = nil
			}
		}
		cc.mu.Unlock()
		for _, ac := range del {
			ac.tearDown()
		}
	}
}

func (cc *ClientConn) resetAddrConn(addr int) {
	ac := &addrConn{cc: cc, addr: addr}
	cc.mu.Lock()
	cc.conns[addr] = ac
	cc.mu.Unlock()
	go func() { // resetTransport
		if ac.resetTransport(true) {
			ac.transportMonitor()
		}
	}()
}

func (cc *ClientConn) Close() {
	cc.mu.Lock()
	conns := cc.conns
	cc.conns = nil
	cc.mu.Unlock()
	cc.balancer.Close()
	for _, ac := range conns {
		if ac != nil {
			ac.tearDown()
		}
	}
}

func main() {
	sb := newSimpleBalancer([]int{0, 1})
	conn := Dial(sb)
	<-sb.readyc

	bclosec := make(chan struct{})
	go func() { // sb.Close
		defer close(bclosec)
		sb.Close()
	}()
	conn.Close()
	<-bclosec
}
