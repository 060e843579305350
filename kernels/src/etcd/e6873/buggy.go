//go:build ignore

// Upstream proxy/grpcproxy/watch_broadcasts.go before the fix.
package main

import (
	"context"
	"sync"
)

// A watchBroadcast is one watch of the server, whose responses go to many watchers.
type watchBroadcast struct {
	cctx   context.Context
	cancel context.CancelFunc
	donec  chan struct{}
}

type watchBroadcasts struct {
	// mu protects bcasts from the coalescing goroutine.
	mu      sync.Mutex
	bcasts  map[*watchBroadcast]struct{}
	updatec chan *watchBroadcast
	donec   chan struct{}
}

func newWatchBroadcast(wbs *watchBroadcasts) *watchBroadcast {
	cctx, cancel := context.WithCancel(context.Background())
	wb := &watchBroadcast{cctx: cctx, cancel: cancel, donec: make(chan struct{})}
	go func() { // newWatchBroadcast
		defer close(wb.donec)
		if wb.cctx.Err() != nil {
			return
		}
		// One response; then the watch goes on until its context ends.
		wbs.update(wb)
		<-wb.cctx.Done()
	}()
	return wb
}

func (wb *watchBroadcast) stop() {
	wb.cancel()
	<-wb.donec
}

func newWatchBroadcasts() *watchBroadcasts {
	wbs := &watchBroadcasts{
		bcasts:  make(map[*watchBroadcast]struct{}),
		updatec: make(chan *watchBroadcast, 1),
		donec:   make(chan struct{}),
	}
	go func() { // coalesce
		defer close(wbs.donec)
		for wb := range wbs.updatec {
			wbs.coalesce(wb)
		}
	}()
	return wbs
}

func (wbs *watchBroadcasts) coalesce(wb *watchBroadcast) {
	wbs.mu.Lock()
	for wbswb := range wbs.bcasts {
		if wbswb != wb {
			panic("there is but one broadcast")
		}
	}
	wbs.mu.Unlock()
}

func (wbs *watchBroadcasts) add() {
	wbs.mu.Lock()
	defer wbs.mu.Unlock()
	// No broadcast fits the watcher: create one.
	wbs.bcasts[newWatchBroadcast(wbs)] = struct{}{}
}

func (wbs *watchBroadcasts) update(wb *watchBroadcast) {
	select {
	case wbs.updatec <- wb:
	default:
	}
}

func (wbs *watchBroadcasts) stop() {
	wbs.mu.Lock()
	defer wbs.mu.Unlock()
	for wb := range wbs.bcasts {
		wb.stop()
	}
	wbs.bcasts = nil
	close(wbs.updatec)
	<-wbs.donec
}

func main() {
	wbs := newWatchBroadcasts()
	wbs.add()
	wbs.stop()
}
