// Package after has tests of what package context has since Go 1.21. The functions of the same
// names stand for those: so the tests run under an older Go, too. In the machine they are those.
package after

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

//gordian:stub
func afterFunc(ctx context.Context, f func()) (stop func() bool) {
	var once sync.Once
	stopped := make(chan struct{})
	run := func() { once.Do(func() { go f() }) }
	if ctx.Err() != nil {
		run()
	}
	go func() {
		select {
		case <-ctx.Done():
			run()
		case <-stopped:
		}
	}()
	return func() bool {
		if ctx.Err() != nil {
			run()
			return false
		}
		stops := false
		once.Do(func() { stops = true; close(stopped) })
		return stops
	}
}

type uncancelled struct{ context.Context }

func (uncancelled) Done() <-chan struct{}       { return nil }
func (uncancelled) Err() error                  { return nil }
func (uncancelled) Deadline() (time.Time, bool) { return time.Time{}, false }

func (u uncancelled) Value(key interface{}) interface{} { return u.Context.Value(key) }

//gordian:stub
func withoutCancel(parent context.Context) context.Context { return uncancelled{parent} }

// why is the cause of all contexts here that have one.
var why error

//gordian:stub
func withCancelCause(parent context.Context) (context.Context, func(error)) {
	ctx, cancel := context.WithCancel(parent)
	return ctx, func(err error) { why = err; cancel() }
}

//gordian:stub
func withTimeoutCause(
	parent context.Context, after time.Duration, err error,
) (context.Context, context.CancelFunc) {
	why = err
	return context.WithTimeout(parent, after)
}

//gordian:stub
func cause(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return why
}

func TestCause(t *testing.T) {
	ctx, cancel := withCancelCause(context.Background())
	below, stop := context.WithCancel(outer{ctx})
	defer stop()
	fmt.Println(cause(below), cause(ctx))
	cancel(fmt.Errorf("because"))
	fmt.Println(below.Err(), cause(below), cause(outer{ctx}))
}

func TestTimeoutCause(t *testing.T) {
	ctx, cancel := withTimeoutCause(context.Background(), time.Millisecond, fmt.Errorf("slow"))
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err(), cause(ctx))
}

func TestWithoutCancel(t *testing.T) {
	type key string
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key("k"), "v"))
	free := withoutCancel(ctx)
	cancel()
	_, ok := free.Deadline()
	fmt.Println(ctx.Err(), free.Err(), free.Done() == nil, ok, free.Value(key("k")))
	below, stop := context.WithTimeout(free, time.Hour)
	fmt.Println(below.Err(), below.Value(key("k")))
	stop()
	fmt.Println(below.Err(), free.Err())
}

func TestAfterFunc(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan bool)
	stop := afterFunc(ctx, func() { ran <- true })
	cancel()
	fmt.Println(stop(), <-ran, stop())
	late := afterFunc(ctx, func() { ran <- false })
	fmt.Println(<-ran, late())
}

func TestAfterFuncStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := afterFunc(ctx, func() { fmt.Println("never") })
	fmt.Println(stop(), stop())
	cancel()
	fmt.Println(stop())
	never := afterFunc(withoutCancel(ctx), func() { fmt.Println("never") })
	fmt.Println(never(), never())
}

type outer struct{ context.Context }

func TestAfterFuncOfAnother(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan int)
	afterFunc(outer{ctx}, func() { ran <- 1 })
	go cancel()
	fmt.Println(<-ran)
}

// TestAfterFuncOrStop has f run or stopped: never both, never neither.
func TestAfterFuncOrStop(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan int, 2)
	stop := afterFunc(ctx, func() { ran <- 1 })
	cancelled := make(chan bool)
	go func() { cancel(); close(cancelled) }()
	if stop() {
		ran <- 2
	}
	<-cancelled
	if stop() {
		t.Error("stopped when the context is done")
	}
	<-ran
	select {
	case <-ran:
		t.Error("both")
	default:
	}
}
