// Package harness runs small concurrent programs again and again under Go's own scheduler, with random pauses, and tells how each
// run ended.
//
// Every program, its main included, runs in goroutines of its own, while the main goroutine of the process watches. So Go never says that all goroutines are asleep:
// the watcher finds out itself, from the dump of all stacks, which stops the world. A run is over when all its goroutines have returned or are blocked, and
// none of its timers is pending that somebody waits for: then nothing can wake any of them.
package harness

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Run is one run of a program.
type Run struct {
	// Prefix is how the names of the program's functions begin in a stack.
	prefix     string
	pace       pace
	random     source
	begin      chan struct{}
	over       atomic.Bool
	unfinished atomic.Int64
	mutex      sync.Mutex
	goroutines []*Goroutine
	panicked   string
	// What goroutines have made.
	made Objects
}

// A Goroutine is one goroutine of a run.
type Goroutine struct {
	// Last is the last integer that it was told: received, read, chosen or found under a lock.
	Last   int64
	run    *Run
	name   string
	id     atomic.Int64
	done   atomic.Bool
	random source
	// How many of each name it has started or made.
	counts map[string]int
}

// Go starts a goroutine with the run.
func (r *Run) Go(name string, body func(*Goroutine)) {
	r.start(name, body)
}

// Go starts a goroutine. Its name says who started it, and the how-manieth of this name it is.
func (g *Goroutine) Go(name string, body func(*Goroutine)) {
	g.run.start(g.name+"/"+g.number("go "+name, name, 0), body)
}

// number is a name with the how-manieth it is of what this goroutine has counted, if not the first;
// so many were there before.
func (g *Goroutine) number(what, name string, before int) string {
	if g.counts == nil {
		g.counts = map[string]int{}
	}
	g.counts[what]++
	if nth := g.counts[what] + before; nth > 1 {
		return fmt.Sprint(name, "#", nth)
	}
	return name
}

func (r *Run) start(name string, body func(*Goroutine)) {
	r.mutex.Lock()
	g := &Goroutine{run: r, name: name, random: newSource(r.random.next())}
	r.goroutines = append(r.goroutines, g)
	r.mutex.Unlock()
	r.unfinished.Add(1)
	go func() {
		g.id.Store(ownID())
		defer g.end()
		<-r.begin
		body(g)
	}()
}

func (g *Goroutine) end() {
	if message := recover(); message != nil {
		g.run.mutex.Lock()
		if g.run.panicked == "" {
			g.run.panicked = fmt.Sprintf("panic %s %v", g.name, message)
		}
		g.run.mutex.Unlock()
	}
	g.done.Store(true)
	g.run.unfinished.Add(-1)
}

// Pause dawdles before an operation. It ends a goroutine whose run is over: looking at what is left in a channel may have woken it.
func (g *Goroutine) Pause() {
	if g.run.over.Load() {
		runtime.Goexit()
	}
	g.run.pace.pause(&g.random)
}

// Choose yields a number below n.
func (g *Goroutine) Choose(n uint64) int64 {
	return int64(g.random.below(n))
}

// Duration is how long a timer or a sleep takes.
func (g *Goroutine) Duration() time.Duration {
	return time.Duration(g.random.below(80_000))
}

// Duration is how long a timer takes that is made before the goroutines start.
func (r *Run) Duration() time.Duration {
	return time.Duration(r.random.below(200_000))
}

const (
	// A run that is not still after so long is given up.
	runMax = 2 * time.Second
	// After so many goroutines have been left behind, a new process is better.
	leftMax = 300
)

// runs does the runs from first to before end, and prints a line for each. It stops early, with a line "again", when too many
// goroutines have been left behind.
func runs(prefix string, create func(*Run) Objects, seed, first, end uint64) {
	left := 0
	for number := first; number < end; number++ {
		if left > leftMax {
			fmt.Println("again")
			return
		}
		runtime.GOMAXPROCS(processors[number%uint64(len(processors))])
		r := &Run{
			prefix: prefix,
			pace:   paces[number%uint64(len(paces))],
			random: newSource(seed<<20 + number),
			begin:  make(chan struct{}),
		}
		objects := create(r)
		close(r.begin)
		fmt.Println(r.watch(objects))
		left += int(r.unfinished.Load())
	}
}

// watch waits until the run is over, and tells how it ended.
func (r *Run) watch(objects Objects) string {
	defer r.over.Store(true)
	give := time.Now().Add(runMax)
	for turn := 0; time.Now().Before(give); turn++ {
		r.mutex.Lock()
		panicked := r.panicked
		r.mutex.Unlock()
		if panicked != "" {
			return panicked
		}
		if r.unfinished.Load() == 0 || turn >= 2 {
			if standings, still := r.still(objects); still {
				r.over.Store(true)
				return "end " + standings + "|" + r.all(objects).describe()
			}
		}
		if turn < 2 {
			runtime.Gosched()
		} else {
			time.Sleep(20 * time.Microsecond)
		}
	}
	return "unsettled"
}

// all is what there was at the start and what goroutines have made.
func (r *Run) all(objects Objects) Objects {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append(objects[:len(objects):len(objects)], r.made...)
}

// still tells where each goroutine stands, and whether the run is over.
func (r *Run) still(objects Objects) (string, bool) {
	before, still := r.standings()
	if !still {
		return "", false
	}
	pending, timed := r.all(objects).pending()
	if pending {
		return "", false
	}
	// A timer that is about to send is no longer pending. It has sent once the world has stood still, as it does below unless all have returned.
	if timed && r.unfinished.Load() == 0 {
		stacks()
	}
	// A timer that is no longer pending may have fired after the first look.
	after, still := r.standings()
	return after, still && before == after
}

// standings tells where each goroutine stands, and whether none can move.
func (r *Run) standings() (string, bool) {
	var all []stack
	if r.unfinished.Load() > 0 {
		all = stacks()
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.panicked != "" {
		return "", false
	}
	var text []string
	for _, g := range r.goroutines {
		if g.done.Load() {
			text = append(text, fmt.Sprintf("%s=returned:%d", g.name, g.Last))
			continue
		}
		standing := ""
		for i := range all {
			if all[i].id == g.id.Load() {
				if what := all[i].blocked(r.prefix); what != "" && all[i].line(r.prefix) > 0 {
					standing = fmt.Sprintf("%s=%s@%d:%d", g.name, what, all[i].line(r.prefix), g.Last)
				}
			}
		}
		if standing == "" {
			return "", false
		}
		text = append(text, standing)
	}
	return strings.Join(text, ";"), true
}
