//go:build ignore

// Upstream contrib/raftexample/raft.go before the fix.
package main

const (
	normal = iota
	confChange
)

type Entry struct {
	Index int
	Type  int
	Data  string
}

// readAll is w.ReadAll(): the commit index of the HardState and the log of a node that ran before.
func readAll() (int, []Entry) {
	return 3, []Entry{{1, confChange, ""}, {2, normal, ""}, {3, normal, "foo"}}
}

// A node is raft's: without elections, and with one member.
type node struct {
	propc    chan string
	confc    chan struct{}
	readyc   chan []Entry
	advancec chan struct{}
	stop     chan struct{}
	done     chan struct{}
}

func restartNode(commit int, ents []Entry) *node {
	n := &node{
		propc:    make(chan string),
		confc:    make(chan struct{}),
		readyc:   make(chan []Entry),
		advancec: make(chan struct{}),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	go n.run(commit, ents) // n.run
	return n
}

func (n *node) run(commit int, log []Entry) {
	applied := 0
	var propc chan string
	var advancec chan struct{}
	for {
		var readyc chan []Entry
		rd := log[applied:commit]
		if advancec == nil && len(rd) > 0 {
			readyc = n.readyc
		}
		select {
		case m := <-propc:
			// It is the only member: what it has is committed.
			log = append(log, Entry{len(log) + 1, normal, m})
			commit = len(log)
		case readyc <- rd:
			advancec = n.advancec
			applied = commit
		case <-advancec:
			advancec = nil
		case <-n.confc:
			// It is a member, so it can elect itself.
			propc = n.propc
		case <-n.stop:
			close(n.done)
			return
		}
	}
}

func (n *node) Propose(data string) {
	select {
	case n.propc <- data:
	case <-n.done:
	}
}

func (n *node) ApplyConfChange() {
	select {
	case n.confc <- struct{}{}:
	case <-n.done:
	}
}

func (n *node) Advance() {
	select {
	case n.advancec <- struct{}{}:
	case <-n.done:
	}
}

func (n *node) Stop() {
	select {
	case n.stop <- struct{}{}:
	case <-n.done:
		return
	}
	<-n.done
}

type raftNode struct {
	proposeC chan string
	// nil as long as the log is replayed.
	node    *node
	commitC chan *string
	stopc   chan struct{}
}

func newRaftNode(proposeC chan string) chan *string {
	rc := &raftNode{
		proposeC: proposeC,
		commitC:  make(chan *string),
		stopc:    make(chan struct{}),
	}
	go rc.startRaft() // startRaft
	return rc.commitC
}

// publishEntries sends committed entries to the application; false if it was stopped meanwhile.
func (rc *raftNode) publishEntries(ents []Entry) bool {
	for i := range ents {
		switch ents[i].Type {
		case normal:
			if len(ents[i].Data) == 0 {
				// Ignore empty messages.
				continue
			}
			select {
			case rc.commitC <- &ents[i].Data:
			case <-rc.stopc:
				return false
			}
		case confChange:
			if rc.node != nil {
				rc.node.ApplyConfChange()
			}
		}
	}
	return true
}

func (rc *raftNode) replayWAL() (int, []Entry) {
	_, ents := readAll()
	rc.publishEntries(ents)
	// Send nil so that the client knows that commitC is current.
	rc.commitC <- nil
	return 0, ents
}

func (rc *raftNode) stop() {
	close(rc.commitC)
	rc.node.Stop()
}

func (rc *raftNode) startRaft() {
	commit, ents := rc.replayWAL()
	rc.node = restartNode(commit, ents)
	go rc.serveChannels() // serveChannels
}

func (rc *raftNode) serveChannels() {
	go func() { // proposals
		for prop := range rc.proposeC {
			// Blocks until accepted by the raft state machine.
			rc.node.Propose(prop)
		}
		// The client closed the channel: shut down raft.
		close(rc.stopc)
	}()
	for {
		select {
		case rd := <-rc.node.readyc:
			if !rc.publishEntries(rd) {
				rc.stop()
				return
			}
			rc.node.Advance()
		case <-rc.stopc:
			rc.stop()
			return
		}
	}
}

func main() {
	proposeC := make(chan string)
	commitC := newRaftNode(proposeC)

	// readCommits, first time: up to the nil.
	for data := range commitC {
		if data == nil {
			break
		}
	}
	proposeC <- "bar"
	if committed := <-commitC; *committed != "bar" {
		panic("not what was proposed: " + *committed)
	}

	close(proposeC)
	for data := range commitC {
		panic("not proposed: " + *data)
	}
}
