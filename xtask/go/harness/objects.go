package harness

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Mutex is a lock over an integer. Reading and writing the integer is atomic, since a program may unlock what another has locked.
type Mutex struct {
	sync.Mutex
	V atomic.Int64
}

// Put sets the integer and unlocks.
func (m *Mutex) Put(value int64) {
	m.V.Store(value)
	m.Unlock()
}

// A RWMutex is a lock over an integer.
type RWMutex struct {
	sync.RWMutex
	V atomic.Int64
}

// Put sets the integer and unlocks.
func (m *RWMutex) Put(value int64) {
	m.V.Store(value)
	m.Unlock()
}

// A Cell is a variable that goroutines share. Reading and writing it is atomic here.
type Cell = atomic.Int64

// NewCond makes a condition.
func NewCond(mutex *Mutex) *sync.Cond {
	return sync.NewCond(mutex)
}

// synchronous says whether timers go as in Go 1.23 and later.
var synchronous = cap(time.NewTimer(time.Hour).C) == 0

// pending says whether some timer or deadline has still to come for somebody, and whether there is
// any. It may be asked only while no goroutine of the program can move, since it stops a timer for
// a moment.
func (objects Objects) pending() (pending, timed bool) {
	for _, object := range objects {
		switch object := object.(type) {
		case *time.Timer:
			timed = true
			if !object.Stop() {
				continue
			}
			object.Reset(time.Microsecond)
			pending = pending || !synchronous || isAwaited(object)
		case *Context:
			if _, has := object.Deadline(); has {
				timed = true
				pending = pending || object.Err() == nil
			}
		}
	}
	return pending, timed
}

// isAwaited says whether somebody waits for a timer that has not been received from, as in Go 1.23
// and later. A timer that is due sends to whoever waits for it; if nobody does, its value is there
// for the taking.
func isAwaited(timer *time.Timer) bool {
	for due := time.Now().Add(2 * time.Microsecond); time.Now().Before(due); {
		runtime.Gosched()
	}
	select {
	case <-timer.C:
		timer.Reset(time.Microsecond)
		return false
	default:
		return true
	}
}

// describe tells what is left in the objects. What it does to them must no longer matter.
func (objects Objects) describe() string {
	var text []string
	for i := 0; i < len(objects); i += 2 {
		if left := describe(objects[i+1]); left != "" {
			text = append(text, fmt.Sprintf("%s=%s", objects[i], left))
		}
	}
	return strings.Join(text, ";")
}

func describe(object any) string {
	switch object := object.(type) {
	case *Mutex:
		return fmt.Sprint(locked(&object.Mutex), " ", object.V.Load())
	case *RWMutex:
		return fmt.Sprint(shared(&object.RWMutex), " ", object.V.Load())
	case chan int64:
		return channel(object)
	case *time.Timer:
		return fmt.Sprint(len(object.C))
	case *Context:
		return fmt.Sprint(object.Number())
	case *atomic.Int64:
		return fmt.Sprint(object.Load())
	}
	if c := reflect.ValueOf(object); c.Kind() == reflect.Chan {
		return handles(c)
	}
	// Of the others the state cannot be had from outside; it shows in who is blocked on them.
	return ""
}

// locked tells the state of a lock, while nobody moves.
func locked(lock *sync.Mutex) string {
	if lock.TryLock() {
		lock.Unlock()
		return "free"
	}
	return "locked"
}

// shared does the same: a writer has a lock also if it still waits for readers.
func shared(lock *sync.RWMutex) string {
	if lock.TryLock() {
		lock.Unlock()
		return "free"
	}
	if lock.TryRLock() {
		lock.RUnlock()
		return "read"
	}
	return "write"
}

func channel(c chan int64) string {
	values := make([]string, 0)
	// Those that wait to send come after what is in the buffer.
	for left := len(c); left > 0; left-- {
		values = append(values, fmt.Sprint(<-c))
	}
	closed := ""
	select {
	case _, open := <-c:
		if !open {
			closed = " closed"
		}
	default:
	}
	return "[" + strings.Join(values, " ") + "]" + closed
}

// handles tells how many handles are left in a channel of them.
func handles(c reflect.Value) string {
	values := make([]string, 0)
	for left := c.Len(); left > 0; left-- {
		c.Recv()
		values = append(values, "a handle")
	}
	closed := ""
	// Of a closed channel comes a zero.
	if value, open := c.TryRecv(); !open && value.IsValid() {
		closed = " closed"
	}
	return "[" + strings.Join(values, " ") + "]" + closed
}

// Made notes what a goroutine has made. Of each name main has made the first before it began.
func Made[T any](g *Goroutine, name string, object T) T {
	g.run.mutex.Lock()
	defer g.run.mutex.Unlock()
	if g == g.run.goroutines[0] {
		name = g.number("made "+name, name, 1)
	} else {
		name = g.name + "/" + g.number("made "+name, name, 0)
	}
	g.run.made = append(g.run.made, name, object)
	return object
}
