//go:build ignore

// Upstream pkg/watch/mux.go before the fix.
package main

import "sync"

type Event string

type Mux struct {
	lock     sync.Mutex
	watchers map[int64]*muxWatcher
	incoming chan Event
}

type muxWatcher struct {
	result chan Event
	id     int64
	m      *Mux
}

func (m *Mux) stopWatching(id int64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	w, ok := m.watchers[id]
	if !ok {
		return
	}
	delete(m.watchers, id)
	close(w.result)
}

func (m *Mux) Action(event Event) {
	m.incoming <- event
}

func (m *Mux) Shutdown() {
	close(m.incoming)
}

func (m *Mux) loop() {
	for event := range m.incoming {
		m.distribute(event)
	}
}

func (m *Mux) distribute(event Event) {
	m.lock.Lock()
	defer m.lock.Unlock()
	for _, w := range m.watchers {
		w.result <- event
	}
}

func (w *muxWatcher) Stop() {
	w.m.stopWatching(w.id)
}

func main() {
	m := &Mux{watchers: map[int64]*muxWatcher{}, incoming: make(chan Event)}
	w := &muxWatcher{result: make(chan Event), m: m}
	m.watchers[w.id] = w
	done := make(chan bool)

	go m.loop() // loop
	go func() { // watcher
		w.Stop()
		close(done)
	}()

	m.Action("added")
	<-done
	m.Shutdown()
}
