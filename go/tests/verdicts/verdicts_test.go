// Package main has tests whose verdicts are known: what the machine must find, and what it must not.
package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func log(lines chan string) {
	for range lines {
	}
}

func TestLeak(t *testing.T) {
	lines := make(chan string)
	go log(lines)
	lines <- "one"
}

func TestDaemon(t *testing.T) {
	lines := make(chan string)
	//gordian:daemon
	go log(lines)
	lines <- "one"
}

// The directive is of its own line only.
func TestLeakBelowADaemon(t *testing.T) {
	lines := make(chan string)
	go log(lines) //gordian:daemon
	go log(lines)
	lines <- "one"
}

// A daemon may wait for others, but not for a lock that nobody gives back.
func TestDaemonAtALock(t *testing.T) {
	var m sync.Mutex
	m.Lock()
	//gordian:daemon
	go m.Lock()
}

// The waiter may not have returned when the next round begins.
func TestReuse(t *testing.T) {
	var wg sync.WaitGroup
	returned := make(chan bool)
	wg.Add(1)
	go func() {
		wg.Wait()
		returned <- true
	}()
	wg.Done()
	wg.Add(1)
	wg.Done()
	<-returned
}

func TestReuseInOrder(t *testing.T) {
	var wg sync.WaitGroup
	for round := 0; round < 2; round++ {
		wg.Add(1)
		go wg.Done()
		wg.Wait()
	}
}

// The waiter comes when the counter has been zero, so nobody has woken it.
func TestWaitAfterZero(t *testing.T) {
	var wg sync.WaitGroup
	zero, returned := make(chan bool), make(chan bool)
	wg.Add(1)
	go func() {
		<-zero
		wg.Wait()
		returned <- true
	}()
	wg.Done()
	zero <- true
	wg.Add(1)
	wg.Done()
	<-returned
}

// What the last goroutine would do with the first number is imagined, when that is gone.
func TestLeakWithWhatIsGone(t *testing.T) {
	numbers := make(chan *int)
	go func() { numbers <- new(int) }()
	<-numbers
	go func() {
		n := <-numbers
		*n++
		numbers <- n
	}()
}

func TestAfterFunc(t *testing.T) {
	done := make(chan bool)
	time.AfterFunc(time.Second, func() { done <- true })
	<-done
}

func TestAfterFuncStopped(t *testing.T) {
	done := make(chan bool)
	timer := time.AfterFunc(time.Second, func() { done <- true })
	if !timer.Stop() {
		<-done
	}
}

// The function may not have been started.
func TestAfterFuncStoppedUnseen(t *testing.T) {
	done := make(chan bool)
	timer := time.AfterFunc(time.Second, func() { close(done) })
	timer.Stop()
	<-done
}

// A queue is its own lock.
type queue struct {
	length int
	sync.Mutex
	filled *sync.Cond
}

func TestCondOfAnEmbeddedLock(t *testing.T) {
	q := new(queue)
	q.filled = sync.NewCond(q)
	go func() {
		q.Lock()
		q.length++
		q.Unlock()
		q.filled.Signal()
	}()
	q.Lock()
	for q.length == 0 {
		q.filled.Wait()
	}
	q.Unlock()
}

func TestAtomics(t *testing.T) {
	var a, b, c int32
	done := make(chan bool, 1)
	go func() {
		atomic.AddInt32(&a, 1)
		atomic.AddInt32(&b, 1)
		atomic.AddInt32(&c, 1)
		done <- true
	}()
	if atomic.LoadInt32(&c) > atomic.LoadInt32(&a) {
		t.Error("the order is lost")
	}
	<-done
}

// A main that has gone does not end the program.
func main() {
	done := make(chan bool)
	go func() { done <- true }()
	go func() { <-done }()
	runtime.Goexit()
}

func none() chan int { return nil }

type waiter struct{ result, stop chan int }

func TestNilChannel(t *testing.T) {
	var w waiter
	<-w.result
}

func TestNilCase(t *testing.T) {
	w := waiter{stop: make(chan int)}
	select {
	case w.result <- 1:
	case <-w.stop:
	case <-none():
	}
}

// A timer of which nobody knows may still fire where executions are told apart by their steps.
func TestTimersOfNobody(t *testing.T) {
	time.NewTimer(1)
	time.NewTimer(1).Reset(1)
	c := make(chan int)
	go func() { c <- 1 }()
	time.NewTimer(1)
	<-c
	<-c
}

// Whoever is done last must be done while main waits already. No other operation of main's has
// anything to do with the group before.
func TestAddByALateOne(t *testing.T) {
	var wg sync.WaitGroup
	late, over := make(chan bool), make(chan bool, 1)
	wg.Add(1)
	go wg.Done()
	go func() {
		wg.Add(1)
		wg.Done()
		late <- true
	}()
	go func() { over <- true }()
	<-over
	wg.Wait()
	<-late
}
