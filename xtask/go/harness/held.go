package harness

// A Held is what has to be done once, at the latest where it goes out of scope: the unlock of a
// lock, or a deferred call.
type Held struct {
	// Content is the integer under the lock.
	Content int64
	// nil once it is done, or somebody else is to do it.
	do func(*Held, *Goroutine)
}

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

// Defer is a deferred call.
func Defer(call func(*Goroutine)) *Held {
	return &Held{do: func(h *Held, g *Goroutine) { call(g) }}
}

// End does it, unless it is done. When the run is over nothing more is to be done.
func (h *Held) End(g *Goroutine) {
	if do := h.do; do != nil && !g.run.over.Load() {
		h.do = nil
		do(h, g)
	}
}

// Is says whether it has still to be done.
func (h *Held) Is() bool {
	return h.do != nil
}

// Add adds to the integer under the lock.
func (h *Held) Add(delta int64) {
	h.Content += delta
}

// Forget leaves it undone.
func (h *Held) Forget() {
	h.do = nil
}

// Move is the same for another, who is to do it.
func (h *Held) Move() *Held {
	moved := *h
	h.do = nil
	return &moved
}
