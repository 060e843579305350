// Upstream Godeps/_workspace/src/github.com/docker/spdystream/connection.go.
package main

import "sync"

type idleAwareFramer struct {
	writeLock sync.Mutex
	resetChan chan struct{}
	closeChan chan bool
}

func (i *idleAwareFramer) monitor(resetChan chan struct{}) {
Loop:
	for {
		select {
		case <-resetChan:
		case <-i.closeChan:
			i.writeLock.Lock()
			close(resetChan)
			i.resetChan = nil
			i.writeLock.Unlock()
			break Loop
		}
	}

	// Drain resetChan.
	for range resetChan {
	}
}

func (i *idleAwareFramer) WriteFrame() {
	i.writeLock.Lock()
	defer i.writeLock.Unlock()
	if i.resetChan == nil {
		return
	}
	i.resetChan <- struct{}{}
}

func main() {
	i := &idleAwareFramer{resetChan: make(chan struct{}, 2), closeChan: make(chan bool)}
	go i.monitor(i.resetChan) // monitor
	go func() {               // Serve
		close(i.closeChan)
	}()

	for frame := 0; frame < 3; frame++ {
		i.WriteFrame()
	}
}
