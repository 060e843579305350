// What programs use of both packages of this name: that for Go's own scheduler, and that for the
// machine.

package harness

import (
	"context"
	"sync/atomic"
	"time"
)

// Bool is 1 for true.
func Bool(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// And clears bits, as atomic.Int64.And does since Go 1.23.
func And(a *atomic.Int64, mask int64) int64 {
	return update(a, func(old int64) int64 { return old & mask })
}

// Or sets bits, as atomic.Int64.Or does since Go 1.23.
func Or(a *atomic.Int64, mask int64) int64 {
	return update(a, func(old int64) int64 { return old | mask })
}

// Max stores the larger of the two.
func Max(a *atomic.Int64, value int64) int64 {
	return update(a, func(old int64) int64 {
		if old > value {
			return old
		}
		return value
	})
}

func update(a *atomic.Int64, f func(int64) int64) int64 {
	for {
		old := a.Load()
		if a.CompareAndSwap(old, f(old)) {
			return old
		}
	}
}

// A Context is one with its cancel function.
type Context struct {
	context.Context
	Cancel context.CancelFunc
}

// NewContext derives a context, with a deadline unless it is 0. The parent is taken out of its
// wrapping: the machine knows contexts of package context alone.
func NewContext(parent context.Context, deadline time.Duration) *Context {
	if own, ok := parent.(*Context); ok {
		parent = own.Context
	}
	var c Context
	if deadline > 0 {
		c.Context, c.Cancel = context.WithTimeout(parent, deadline)
	} else {
		c.Context, c.Cancel = context.WithCancel(parent)
	}
	return &c
}

// Number is 0 for nil, 1 for Canceled, 2 for DeadlineExceeded.
func (c *Context) Number() int64 {
	switch c.Err() {
	case nil:
		return 0
	case context.Canceled:
		return 1
	}
	return 2
}

// Objects are names and what they name, in turns.
type Objects []any

// A Held is what has to be done once, at the latest where it goes out of scope: the unlock of a
// lock, or a deferred call.
type Held struct {
	// Content is the integer under the lock.
	Content int64
	// nil once it is done, or somebody else is to do it.
	do func(*Held, *Goroutine)
}

// Defer is a deferred call.
func Defer(call func(*Goroutine)) *Held {
	return &Held{do: func(h *Held, g *Goroutine) { call(g) }}
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
