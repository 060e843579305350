//go:build ignore

// Upstream raft/node.go after the fix.
package main

type Status struct{}

type node struct {
	done   chan struct{}
	stop   chan struct{}
	status chan chan Status
}

func newNode() node {
	return node{
		done:   make(chan struct{}),
		stop:   make(chan struct{}),
		status: make(chan chan Status),
	}
}

func (n *node) Stop() {
	select {
	case n.stop <- struct{}{}:
		// Not already stopped, so trigger it.
	case <-n.done:
		// Already stopped: no need to do anything.
		return
	}
	// Block until the stop has been acknowledged by run.
	<-n.done
}

func (n *node) run() {
	for {
		select {
		case c := <-n.status:
			c <- Status{}
		case <-n.stop:
			close(n.done)
			return
		}
	}
}

func (n *node) Status() Status {
	c := make(chan Status)
	select {
	case n.status <- c:
		return <-c
	case <-n.done:
		return Status{}
	}
}

func main() {
	n := newNode()
	go n.run()    // run
	go n.Status() // Status
	go n.Stop()   // Stop
}
