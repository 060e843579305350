// Package harness is for the machine what the other package of this name is for Go's own scheduler.
// It adds no operation: what a program does here is what its script says.
//
// The integer under a lock and a cell are plain memory. So is all that tells how a run ended, which
// is read from the state.
package harness

import (
	"math/rand"
	"sync"
	"time"
)

// A Run starts the goroutines of a program.
type Run struct {
	main func(*Goroutine)
}

// A Goroutine is one goroutine of a run.
type Goroutine struct {
	// Last is the last integer that it was told.
	Last int64
	Name string
	// Those that it has started, and what it has made.
	Started []*Goroutine
	Made    Objects
	// What it has started and made, by name.
	counted []string
}

var (
	// Root is main. Those that there are from the start count as started by it.
	Root = Goroutine{Name: "main"}
	// Left are the objects that there are from the start.
	Left Objects
)

// Main runs a program: the first goroutine is main, and starts the others first.
func Main(create func(*Run) Objects) {
	r := &Run{}
	Left = create(r)
	r.main(&Root)
}

// Go starts a goroutine with the run.
func (r *Run) Go(name string, body func(*Goroutine)) {
	if r.main == nil {
		r.main = body
		return
	}
	Root.start(name, body)
}

// Go starts a goroutine. Its name says who started it, and the how-manieth of this name it is.
func (g *Goroutine) Go(name string, body func(*Goroutine)) {
	g.start(g.Name+"/"+g.number("go "+name, name, 0), body)
}

func (g *Goroutine) start(name string, body func(*Goroutine)) {
	started := &Goroutine{Name: name}
	g.Started = append(g.Started, started)
	go body(started)
}

const digits = "0123456789"

// number is a name with the how-manieth it is of what this goroutine has counted, if not the first;
// so many were there before.
func (g *Goroutine) number(what, name string, before int) string {
	g.counted = append(g.counted, what)
	nth := before
	for _, other := range g.counted {
		if other == what {
			nth++
		}
	}
	if nth > 1 {
		return name + "#" + digits[nth:nth+1]
	}
	return name
}

// Pause is nothing.
func (g *Goroutine) Pause() {}

// Choose yields a number below n.
func (g *Goroutine) Choose(n int) int64 {
	return int64(rand.Intn(n))
}

// Duration is how long a timer or a sleep takes, which makes no difference.
func (g *Goroutine) Duration() time.Duration { return 1 }

// Duration is the same.
func (r *Run) Duration() time.Duration { return 1 }

// A Cell is a variable that goroutines share.
type Cell struct{ v int64 }

// Load reads it.
func (c *Cell) Load() int64 { return c.v }

// Store writes it.
func (c *Cell) Store(value int64) { c.v = value }

// A Content is the integer under a lock. It is no Cell: where cells race, all accesses to cells are
// operations.
type Content struct{ v int64 }

// Load reads it.
func (c *Content) Load() int64 { return c.v }

// Store writes it.
func (c *Content) Store(value int64) { c.v = value }

// A Mutex is a lock over an integer.
type Mutex struct {
	sync.Mutex
	V Content
}

// Put unlocks and sets the integer: both are one step.
func (m *Mutex) Put(value int64) {
	m.Unlock()
	m.V.v = value
}

// A RWMutex is a lock over an integer.
type RWMutex struct {
	sync.RWMutex
	V Content
}

// Put unlocks and sets the integer: both are one step.
func (m *RWMutex) Put(value int64) {
	m.Unlock()
	m.V.v = value
}

// NewCond makes a condition.
func NewCond(mutex *Mutex) *sync.Cond {
	return sync.NewCond(&mutex.Mutex)
}

// Made notes what a goroutine has made. Of each name main has made the first before it began.
func Made[T any](g *Goroutine, name string, object T) T {
	if g == &Root {
		name = g.number("made "+name, name, 1)
	} else {
		name = g.Name + "/" + g.number("made "+name, name, 0)
	}
	g.Made = append(g.Made, name, object)
	return object
}

// HoldMutex is the guard of a mutex.
func HoldMutex(lock *Mutex, content int64) *Held {
	return &Held{content, func(h *Held, g *Goroutine) { lock.Put(h.Content) }}
}

// HoldWrite is the guard of a writer.
func HoldWrite(lock *RWMutex, content int64) *Held {
	return &Held{content, func(h *Held, g *Goroutine) { lock.Put(h.Content) }}
}

// HoldRead is the guard of a reader.
func HoldRead(lock *RWMutex, content int64) *Held {
	return &Held{content, func(h *Held, g *Goroutine) { lock.RUnlock() }}
}

// End does it, unless it is done.
func (h *Held) End(g *Goroutine) {
	if do := h.do; do != nil {
		h.do = nil
		do(h, g)
	}
}
