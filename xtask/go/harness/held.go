package harness

// HoldMutex is the guard of a mutex. What it has of the integer is written back with the unlock.
func HoldMutex(lock *Mutex, content int64) *Held {
	return &Held{content, func(h *Held, g *Goroutine) {
		g.Pause()
		lock.V.Store(h.Content)
		lock.Unlock()
	}}
}

// HoldWrite is the guard of a writer.
func HoldWrite(lock *RWMutex, content int64) *Held {
	return &Held{content, func(h *Held, g *Goroutine) {
		g.Pause()
		lock.V.Store(h.Content)
		lock.Unlock()
	}}
}

// HoldRead is the guard of a reader.
func HoldRead(lock *RWMutex, content int64) *Held {
	return &Held{content, func(h *Held, g *Goroutine) {
		g.Pause()
		lock.RUnlock()
	}}
}

// End does it, unless it is done. When the run is over nothing more is to be done.
func (h *Held) End(g *Goroutine) {
	if do := h.do; do != nil && !g.run.over.Load() {
		h.do = nil
		do(h, g)
	}
}
