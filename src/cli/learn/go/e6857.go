// Upstream raft/node.go.
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
	n.status <- c
	return <-c
}
