// Package pass has a test or two for each statement of "What a pass means" in docs/go.md.
package pass

import (
	"math/rand"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Only if the second goroutine is between the two others does main wait for ever.
func TestOneOrderOfMany(t *testing.T) {
	var place atomic.Int32
	c, done := make(chan int), make(chan bool)
	for i := int32(0); i < 3; i++ {
		go func(i int32) {
			if at := place.Add(1); i == 1 && at == 2 {
				<-c
			}
			done <- true
		}(i)
	}
	for i := 0; i < 3; i++ {
		<-done
	}
}

// users take two of two things each, one after the other.
func users(n int) {
	things := make(chan int, 3)
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			things <- 1
			things <- 2
			<-things
			<-things
		}()
	}
	wg.Wait()
}

func TestTwoUsers(t *testing.T)   { users(2) }
func TestThreeUsers(t *testing.T) { users(3) }

func TestNumberFromAnywhere(t *testing.T) {
	if rand.Intn(1000) == 500 {
		panic("five hundred")
	}
}

func TestProcess(t *testing.T) {
	if err := exec.Command("true").Run(); err != nil {
		t.Fatal(err)
	}
}

func TestRace(t *testing.T) {
	n := 0
	go func() { n = 1 }()
	_ = n
}

// Two that write one atomic and read the other: one of them sees what the other has written.
func TestStoreBuffers(t *testing.T) {
	var x, y atomic.Int32
	seen := make(chan int32, 2)
	go func() {
		x.Store(1)
		seen <- y.Load()
	}()
	y.Store(1)
	seen <- x.Load()
	if <-seen+<-seen == 0 {
		t.Fatal("neither has seen the other")
	}
}

func TestTimerIsEarly(t *testing.T) {
	c := make(chan bool)
	go func() {
		time.Sleep(time.Millisecond)
		close(c)
	}()
	time.Sleep(time.Hour)
	select {
	case <-c:
	default:
		panic("an hour is less than a millisecond")
	}
}

func TestGuard(t *testing.T) {
	done := make(chan bool, 1)
	go func() { done <- true }()
	select {
	case <-done:
	case <-time.After(time.Second):
		t.Fatal("it hangs")
	}
}

func TestClock(t *testing.T) {
	start := time.Now()
	time.Sleep(time.Second)
	if time.Since(start) < time.Second {
		t.Fatal("it was shorter")
	}
}

// first returns the key that comes first.
func first(m map[int]bool) int {
	for k := range m {
		return k
	}
	return -1
}

func TestMapOfFour(t *testing.T) {
	if first(map[int]bool{1: true, 2: true, 3: true, 4: true}) == 3 {
		panic("three")
	}
}

func TestMapOfFive(t *testing.T) {
	if first(map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}) == 3 {
		panic("three")
	}
}

func TestTwoProcessors(t *testing.T) {
	if runtime.NumCPU() != 2 || runtime.GOMAXPROCS(0) != 2 {
		panic("this is another machine")
	}
}

func TestLeak(t *testing.T) {
	c := make(chan int)
	go func() { c <- 1 }()
}

func TestDaemon(t *testing.T) {
	c := make(chan int)
	//gordian:daemon
	go func() { c <- 1 }()
}

func TestSpins(t *testing.T) {
	go func() {
		for {
			runtime.Gosched()
		}
	}()
}

func TestFailsAndPanics(t *testing.T) {
	t.Error("it fails")
	panic("and then it panics")
}

func TestPool(t *testing.T) {
	var pool sync.Pool
	pool.Put(1)
	pool.Put(2)
	if pool.Get() != 2 {
		panic("another one")
	}
}
