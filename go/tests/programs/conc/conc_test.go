package conc

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestUnbuffered(t *testing.T) {
	ch := make(chan int)
	go func() {
		for i := 0; i < 3; i++ {
			ch <- i
		}
		close(ch)
	}()
	for v := range ch {
		fmt.Print(v, " ")
	}
	v, ok := <-ch
	fmt.Println(v, ok)
}

func TestBuffered(t *testing.T) {
	ch := make(chan string, 2)
	ch <- "a"
	ch <- "b"
	fmt.Println(len(ch), cap(ch))
	select {
	case ch <- "c":
		fmt.Println("sent")
	default:
		fmt.Println("full")
	}
	close(ch)
	fmt.Println(<-ch, <-ch, <-ch == "")
}

func TestSelect(t *testing.T) {
	a, b := make(chan int, 1), make(chan string, 1)
	var none chan int
	select {
	case <-a:
	case <-none:
	default:
		fmt.Println("nothing")
	}
	a <- 1
	select {
	case v := <-a:
		fmt.Println("a", v)
	case s := <-b:
		fmt.Println("b", s)
	}
	b <- "x"
	select {
	case v, ok := <-a:
		fmt.Println("a", v, ok)
	case s, ok := <-b:
		fmt.Println("b", s, ok)
	}
	close(b)
	select {
	case s, ok := <-b:
		fmt.Println(s == "", ok)
	}
}

func TestSelectSend(t *testing.T) {
	ch := make(chan int)
	done := make(chan bool)
	go func() { fmt.Println(<-ch); done <- true }()
	select {
	case ch <- 5:
	}
	<-done
}

func TestPanicsOfChannels(t *testing.T) {
	try := func(f func()) {
		defer func() { fmt.Println(recover()) }()
		f()
	}
	ch := make(chan int, 1)
	close(ch)
	try(func() { ch <- 1 })
	try(func() { close(ch) })
	try(func() { var n chan int; close(n) })
	try(func() {
		select {
		case ch <- 2:
		default:
		}
	})
	try(func() { n := -1; _ = make(chan int, n) })
}

func TestChannelOfChannels(t *testing.T) {
	reqs := make(chan chan int)
	go func() {
		for r := range reqs {
			r <- 42
		}
	}()
	r := make(chan int)
	reqs <- r
	fmt.Println(<-r)
	close(reqs)
}

func TestPipeline(t *testing.T) {
	gen := func(n int) <-chan int {
		out := make(chan int)
		go func() {
			defer close(out)
			for i := 1; i <= n; i++ {
				out <- i
			}
		}()
		return out
	}
	sq := func(in <-chan int) <-chan int {
		out := make(chan int)
		go func() {
			defer close(out)
			for v := range in {
				out <- v * v
			}
		}()
		return out
	}
	sum := 0
	for v := range sq(sq(gen(4))) {
		sum += v
	}
	fmt.Println(sum)
}

func TestMutex(t *testing.T) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			n += i
		}(i)
	}
	wg.Wait()
	fmt.Println(n, mu.TryLock(), mu.TryLock())
}

type counter struct {
	sync.Mutex
	m map[string]int
}

func (c *counter) add(k string) {
	c.Lock()
	defer c.Unlock()
	c.m[k]++
}

func TestEmbeddedMutex(t *testing.T) {
	c := counter{m: map[string]int{}}
	c.add("a")
	c.add("a")
	fmt.Println(c.m)
}

func TestRWMutex(t *testing.T) {
	var mu sync.RWMutex
	mu.RLock()
	fmt.Println(mu.TryRLock(), mu.TryLock())
	mu.RUnlock()
	mu.RUnlock()
	mu.Lock()
	fmt.Println(mu.TryRLock())
	mu.Unlock()
	l := mu.RLocker()
	l.Lock()
	l.Unlock()
	var locker sync.Locker = &mu
	locker.Lock()
	locker.Unlock()
}

func TestNegativeWaitGroup(t *testing.T) {
	defer func() { fmt.Println(recover()) }()
	var wg sync.WaitGroup
	wg.Done()
}

func TestOnce(t *testing.T) {
	var once sync.Once
	for i := 0; i < 3; i++ {
		once.Do(func() { fmt.Println("once", i) })
	}
	var p sync.Once
	func() {
		defer func() { fmt.Println(recover()) }()
		p.Do(func() { panic("in once") })
	}()
	p.Do(func() { fmt.Println("never") })
}

func TestCond(t *testing.T) {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	ready := false
	done := make(chan bool)
	go func() {
		mu.Lock()
		for !ready {
			c.Wait()
		}
		mu.Unlock()
		done <- true
	}()
	mu.Lock()
	ready = true
	c.Broadcast()
	mu.Unlock()
	fmt.Println(<-done)
	c.Signal()
}

func TestSyncMap(t *testing.T) {
	var m sync.Map
	m.Store("a", 1)
	v, loaded := m.LoadOrStore("a", 2)
	fmt.Println(v, loaded)
	v, loaded = m.LoadOrStore("b", 3)
	fmt.Println(v, loaded)
	v, ok := m.Load("c")
	fmt.Println(v, ok)
	v, loaded = m.LoadAndDelete("a")
	fmt.Println(v, loaded)
	n := 0
	m.Range(func(k, v any) bool { n++; fmt.Println(k, v); return true })
	m.Delete("b")
	_, ok = m.Load("b")
	fmt.Println(n, ok)
}

func TestPool(t *testing.T) {
	p := sync.Pool{New: func() any { return new(int) }}
	x := p.Get().(*int)
	*x = 0
	p.Put(x)
	fmt.Println(*p.Get().(*int))
}

func TestAtomics(t *testing.T) {
	var n int32
	var u uint64 = 5
	fmt.Println(atomic.AddInt32(&n, 3), atomic.LoadInt32(&n), atomic.AddUint64(&u, ^uint64(0)))
	atomic.StoreInt32(&n, 7)
	fmt.Println(atomic.CompareAndSwapInt32(&n, 7, 8), atomic.CompareAndSwapInt32(&n, 7, 9), atomic.SwapInt32(&n, 1), n)
	var a atomic.Int64
	a.Store(4)
	fmt.Println(a.Add(2), a.Load(), a.CompareAndSwap(6, 1), a.Swap(3))
	var b atomic.Bool
	fmt.Println(b.Load(), b.Swap(true), b.CompareAndSwap(true, false), b.Load())
	var p atomic.Pointer[string]
	s := "x"
	fmt.Println(p.Load() == nil)
	p.Store(&s)
	fmt.Println(*p.Load())
	var v atomic.Value
	fmt.Println(v.Load())
	v.Store([]int{1})
	fmt.Println(v.Load())
	var x atomic.Uint32
	x.Add(1)
	fmt.Println(x.Load())
}

func TestContextCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	fmt.Println(ctx.Err())
	child, cancel2 := context.WithCancel(ctx)
	defer cancel2()
	cancel()
	<-child.Done()
	fmt.Println(ctx.Err(), child.Err(), errors.Is(child.Err(), context.Canceled))
	cancel()
}

func TestContextChildDoesNotCancelParent(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, cancel2 := context.WithCancel(ctx)
	cancel2()
	select {
	case <-ctx.Done():
		fmt.Println("cancelled")
	default:
		fmt.Println("alive", ctx.Err())
	}
}

type key struct{}

func TestContextValue(t *testing.T) {
	ctx := context.WithValue(context.Background(), key{}, 5)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx = context.WithValue(ctx, "k", "v")
	fmt.Println(ctx.Value(key{}), ctx.Value("k"), ctx.Value("none"))
	fmt.Println(context.Background().Done() == nil, context.TODO().Err())
}

func TestContextTimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err(), ctx.Err() == context.DeadlineExceeded)
}

func TestAfter(t *testing.T) {
	select {
	case <-time.After(time.Millisecond):
		fmt.Println("timeout")
	case <-make(chan int):
	}
}

func TestTimerStop(t *testing.T) {
	tm := time.NewTimer(time.Hour)
	fmt.Println(tm.Stop(), tm.Stop())
	tm.Reset(time.Millisecond)
	<-tm.C
	fmt.Println("fired")
}

func TestTicker(t *testing.T) {
	tk := time.NewTicker(time.Millisecond)
	for i := 0; i < 2; i++ {
		<-tk.C
	}
	tk.Stop()
	fmt.Println("ticked")
}

func TestSleepAndGosched(t *testing.T) {
	time.Sleep(time.Microsecond)
	runtime.Gosched()
	fmt.Println("done")
}

func TestSemaphoreChannel(t *testing.T) {
	sem := make(chan struct{}, 2)
	var wg sync.WaitGroup
	var n int32
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sem <- struct{}{}
			atomic.AddInt32(&n, 1)
			<-sem
		}()
	}
	wg.Wait()
	fmt.Println(n)
}

func TestRecoverInGoroutine(t *testing.T) {
	errs := make(chan error)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				errs <- fmt.Errorf("recovered: %v", r)
			}
		}()
		var m map[int]int
		m[0] = 1
	}()
	fmt.Println(<-errs)
}

func TestGoWithMethodAndBuiltin(t *testing.T) {
	var wg sync.WaitGroup
	wg.Add(1)
	go wg.Done()
	wg.Wait()
	ch := make(chan int)
	go close(ch)
	_, ok := <-ch
	fmt.Println(ok)
}

func TestArgumentsOfGo(t *testing.T) {
	x := 1
	ch := make(chan int)
	go func(v int) { ch <- v }(x)
	x = 2
	fmt.Println(<-ch, x)
}

func TestWorkerPool(t *testing.T) {
	jobs, results := make(chan int, 3), make(chan int, 3)
	var wg sync.WaitGroup
	for w := 0; w < 2; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range jobs {
				results <- j * 2
			}
		}()
	}
	for i := 1; i <= 3; i++ {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	close(results)
	sum := 0
	for r := range results {
		sum += r
	}
	fmt.Println(sum)
}

func TestDirectionalChannels(t *testing.T) {
	ch := make(chan int, 1)
	var in chan<- int = ch
	var out <-chan int = ch
	in <- 3
	fmt.Println(<-out, len(in), cap(out))
}

func TestErrgroupByHand(t *testing.T) {
	var once sync.Once
	var first error
	var wg sync.WaitGroup
	run := func(f func() error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := f(); err != nil {
				once.Do(func() { first = err })
			}
		}()
	}
	run(func() error { return nil })
	run(func() error { return errors.New("failed") })
	wg.Wait()
	fmt.Println(first)
}

// named is a context of a type of its own, which takes all from the one within.
type named struct {
	context.Context
	name string
}

func (n named) Value(key interface{}) interface{} {
	if key == "name" {
		return n.name
	}
	return n.Context.Value(key)
}

func TestContextWithin(t *testing.T) {
	base, cancel := context.WithCancel(context.WithValue(context.Background(), "k", 1))
	ctx, stop := context.WithCancel(named{base, "n"})
	defer stop()
	fmt.Println(ctx.Value("name"), ctx.Value("k"), ctx.Value("none"), ctx.Err())
	cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err())
}

var errGone = errors.New("gone")

// byHand is a context that has a channel of its own.
type byHand struct {
	context.Context
	done chan struct{}
}

func (b byHand) Done() <-chan struct{} { return b.done }

func (b byHand) Err() error {
	select {
	case <-b.done:
		return errGone
	default:
		return nil
	}
}

func TestContextByHand(t *testing.T) {
	parent := byHand{context.Background(), make(chan struct{})}
	ctx, stop := context.WithCancel(parent)
	defer stop()
	below, stopBelow := context.WithTimeout(context.WithValue(ctx, 1, 2), time.Hour)
	defer stopBelow()
	fmt.Println(ctx.Err(), below.Err(), parent.Err())
	close(parent.done)
	<-below.Done()
	fmt.Println(ctx.Err(), below.Err())
	after, stopAfter := context.WithCancel(parent)
	fmt.Println(after.Err())
	stopAfter()
	fmt.Println(after.Err())
}

func TestContextDeadline(t *testing.T) {
	_, none := context.Background().Deadline()
	at := time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)
	ctx, cancel := context.WithDeadline(context.Background(), at.Add(time.Hour))
	defer cancel()
	first, cancelFirst := context.WithDeadline(context.WithValue(ctx, 1, 2), at)
	defer cancelFirst()
	last, cancelLast := context.WithDeadline(first, at.Add(time.Minute))
	defer cancelLast()
	when, ok := last.Deadline()
	fmt.Println(none, ok, when.Equal(at))
	when, ok = ctx.Deadline()
	fmt.Println(ok, when.Sub(at))
}

func waits(cond *sync.Cond, ready *bool) (woken chan int) {
	woken = make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			cond.L.Lock()
			for !*ready {
				cond.Wait()
			}
			cond.L.Unlock()
			woken <- 1
		}()
	}
	return woken
}

func TestCondOfRWMutex(t *testing.T) {
	var lock sync.RWMutex
	var ready bool
	cond := sync.NewCond(&lock)
	woken := waits(cond, &ready)
	lock.Lock()
	ready = true
	lock.Unlock()
	cond.Broadcast()
	fmt.Println(<-woken + <-woken)
}

func TestCondOfRLocker(t *testing.T) {
	var lock sync.RWMutex
	var ready bool
	cond := sync.NewCond(lock.RLocker())
	woken := waits(cond, &ready)
	lock.Lock()
	ready = true
	cond.Signal()
	cond.Signal()
	lock.Unlock()
	cond.Signal()
	cond.Broadcast()
	fmt.Println(<-woken + <-woken)
}
