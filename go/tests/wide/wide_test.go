// Package wide has tests with many goroutines, or many rounds, and a bug among them. The last one
// has none.
package wide

import (
	"sync"
	"testing"
	"time"
)

// TestLocks has one goroutine among many that takes two locks the other way round.
func TestLocks(t *testing.T) {
	var a, b sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < 200; i++ {
		first, second := &a, &b
		if i == 100 {
			first, second = second, first
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			first.Lock()
			second.Lock()
			second.Unlock()
			first.Unlock()
		}()
	}
	wg.Wait()
}

// TestWorkers has one worker among many that does not answer.
func TestWorkers(t *testing.T) {
	jobs, done := make(chan int), make(chan int)
	for i := 0; i < 1000; i++ {
		go func() {
			if job := <-jobs; job != 500 {
				done <- job
			}
		}()
	}
	for i := 0; i < 1000; i++ {
		jobs <- i
	}
	for i := 0; i < 1000; i++ {
		<-done
	}
}

// TestRounds sends many times, and waits once more than that.
func TestRounds(t *testing.T) {
	c := make(chan int)
	go func() {
		for i := 0; i < 100000; i++ {
			c <- i
		}
	}()
	for i := 0; i <= 100000; i++ {
		<-c
	}
}

// TestServed fails only if a timer is early, and has more states than a search looks at that has
// found a failure.
func TestServed(t *testing.T) {
	const n = 10
	jobs, done := make(chan int), make(chan int)
	for i := 0; i < n; i++ {
		go func() { done <- <-jobs }()
	}
	go func() {
		for i := 0; i < n; i++ {
			jobs <- 1
		}
	}()
	late := time.After(time.Second)
	for i := 0; i < n; i++ {
		select {
		case <-done:
		case <-late:
			t.Fatal("not all are served")
		}
	}
}
