// Scenarios of golang.org/x/sync, each with its outcome. xtask/src/conform/xsync.rs has the same with the blocks of the checker.
package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"conform/harness"
	"conform/sync/errgroup"
	"conform/sync/semaphore"
	"conform/sync/singleflight"
)

func main() {
	harness.ScenarioMain(map[string]func() string{
		"errgroup_error":      errgroupError,
		"errgroup_context":    errgroupContext,
		"errgroup_limit":      errgroupLimit,
		"singleflight_do":     singleflightDo,
		"singleflight_forget": singleflightForget,
		"singleflight_panic":  singleflightPanic,
		"singleflight_goexit": singleflightGoexit,
		"semaphore_weighted":  semaphoreWeighted,
	})
}

// Two fail: which error is the first?
func errgroupError() string {
	var g errgroup.Group
	for _, name := range []string{"a", "b"} {
		name := name
		g.Go(func() error {
			harness.Pause()
			return errors.New(name)
		})
	}
	harness.Pause()
	return fmt.Sprint(g.Wait())
}

// One fails: does the other see the end of the context?
func errgroupContext() string {
	g, ctx := errgroup.WithContext(context.Background())
	saw := false
	g.Go(func() error {
		harness.Pause()
		return errors.New("failed")
	})
	g.Go(func() error {
		harness.Pause()
		saw = ctx.Err() != nil
		return nil
	})
	err := g.Wait()
	return fmt.Sprintf("%v saw=%v after=%v", err, saw, ctx.Err() != nil)
}

// One runs at a time: can another be started?
func errgroupLimit() string {
	var g errgroup.Group
	g.SetLimit(1)
	var running, most atomic.Int64
	work := func() error {
		now := running.Add(1)
		if now > most.Load() {
			most.Store(now)
		}
		harness.Pause()
		running.Add(-1)
		return nil
	}
	g.Go(work)
	harness.Pause()
	started := g.TryGo(work)
	g.Go(work)
	g.Wait()
	return fmt.Sprintf("started=%v most=%d", started, most.Load())
}

// Two callers of one key.
func singleflightDo() string {
	var g singleflight.Group
	var calls atomic.Int64
	call := func() bool {
		harness.Pause()
		_, _, shared := g.Do("key", func() (interface{}, error) {
			harness.Pause()
			calls.Add(1)
			return nil, nil
		})
		return shared
	}
	return twoCallers(&calls, call)
}

// The results of this call, beside the same in another goroutine.
func twoCallers[T any](calls *atomic.Int64, call func() T) string {
	var other T
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		other = call()
		wg.Done()
	}()
	own := call()
	wg.Wait()
	return fmt.Sprintf("calls=%d own=%v other=%v", calls.Load(), own, other)
}

// One of the two forgets the key before its call.
func singleflightForget() string {
	var g singleflight.Group
	var calls atomic.Int64
	call := func() bool {
		_, _, shared := g.Do("key", func() (interface{}, error) {
			harness.Pause()
			calls.Add(1)
			return nil, nil
		})
		return shared
	}
	var joins, forgets bool
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		harness.Pause()
		joins = call()
		wg.Done()
	}()
	go func() {
		harness.Pause()
		g.Forget("key")
		harness.Pause()
		forgets = call()
		wg.Done()
	}()
	own := call()
	wg.Wait()
	return fmt.Sprintf("calls=%d own=%v joins=%v forgets=%v", calls.Load(), own, joins, forgets)
}

// The function panics, and both callers recover.
func singleflightPanic() string {
	var g singleflight.Group
	var calls atomic.Int64
	call := func() (told string) {
		defer func() {
			if r := recover(); r != nil {
				told = strings.Split(fmt.Sprint(r), "\n")[0]
			}
		}()
		harness.Pause()
		g.Do("key", func() (interface{}, error) {
			harness.Pause()
			calls.Add(1)
			panic("boom")
		})
		return "a value"
	}
	return twoCallers(&calls, call)
}

// The function ends its goroutine: do the callers go on, and is the key free again?
func singleflightGoexit() string {
	var g singleflight.Group
	var calls, returns atomic.Int64
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			defer wg.Done()
			harness.Pause()
			g.Do("key", func() (interface{}, error) {
				harness.Pause()
				calls.Add(1)
				runtime.Goexit()
				return nil, nil
			})
			returns.Add(1)
		}()
	}
	wg.Wait()
	_, _, after := g.Do("key", func() (interface{}, error) { return nil, nil })
	return fmt.Sprintf("calls=%d returns=%d after=%v", calls.Load(), returns.Load(), after)
}

// One takes all; another tries to take a part.
func semaphoreWeighted() string {
	sem := semaphore.NewWeighted(2)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		harness.Pause()
		sem.Acquire(context.Background(), 2)
		harness.Pause()
		sem.Release(2)
		wg.Done()
	}()
	harness.Pause()
	first := sem.TryAcquire(1)
	harness.Pause()
	second := sem.TryAcquire(1)
	if first {
		sem.Release(1)
	}
	if second {
		sem.Release(1)
	}
	wg.Wait()
	return fmt.Sprintf("first=%v second=%v", first, second)
}
