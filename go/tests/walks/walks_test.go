// Package walks has tests for a search whose walks pass over states.
package walks

import (
	"runtime"
	"sync"
	"testing"
)

// TestIdGivenAgain panics if the second worker is first, which has the id of the one before it.
func TestIdGivenAgain(t *testing.T) {
	var one, two sync.Mutex
	v := 0
	done := make(chan bool, 1)
	worker := func(k int) {
		if k == 0 {
			one.Lock()
			one.Unlock()
		} else {
			two.Lock()
			v = 1
			two.Unlock()
		}
		done <- true
	}
	for k := 0; k < 2; k++ {
		go worker(k)
		if k == 0 {
			one.Lock()
			one.Unlock()
			<-done
		}
	}
	two.Lock()
	bad := v == 1
	two.Unlock()
	if bad {
		panic("the second worker was first")
	}
	<-done
}

// TestRaceOfAnIdGivenAgain has a race with the second worker, if that one was first.
func TestRaceOfAnIdGivenAgain(t *testing.T) {
	var one, two sync.Mutex
	v, w := 0, 0
	done := make(chan bool, 1)
	worker := func(k int) {
		if k == 0 {
			one.Lock()
			one.Unlock()
		} else {
			two.Lock()
			w = 1
			two.Unlock()
			v = 1
		}
		done <- true
	}
	for k := 0; k < 2; k++ {
		go worker(k)
		if k == 0 {
			one.Lock()
			one.Unlock()
			<-done
		}
	}
	two.Lock()
	x := w
	two.Unlock()
	if x == 1 {
		_ = v
	}
	<-done
}

// TestForever goes on for ever behind more states than the search tries to leave out steps of.
func TestForever(t *testing.T) {
	var shared sync.Mutex
	var own [3]sync.Mutex
	var wg sync.WaitGroup
	work := func(k int) {
		own[k].Lock()
		own[k].Unlock()
		for i := 0; i < 20; i++ {
			shared.Lock()
			shared.Unlock()
		}
		wg.Done()
	}
	wg.Add(3)
	go work(0)
	go work(1)
	go work(2)
	wg.Wait()
	for {
		runtime.Gosched()
	}
}

// TestLate panics if all turns of one worker were between those of another, and the first had not
// begun. That is seen late.
func TestLate(t *testing.T) {
	const rounds = 10
	var shared sync.Mutex
	var own [3]sync.Mutex
	var last, alt, begun int
	var wg sync.WaitGroup
	work := func(k int) {
		own[k].Lock()
		if k == 0 {
			begun = 1
		}
		own[k].Unlock()
		for i := 0; i < rounds; i++ {
			shared.Lock()
			alt += k * (2 - k) * (last * (last - 1) / 2)
			last = k
			shared.Unlock()
		}
		if k == 1 {
			shared.Lock()
			all := alt == rounds
			shared.Unlock()
			if all {
				own[0].Lock()
				bad := begun == 0
				own[0].Unlock()
				if bad {
					panic("the first had not begun")
				}
			}
		}
		wg.Done()
	}
	wg.Add(3)
	go work(0)
	go work(1)
	go work(2)
	wg.Wait()
}

// TestShortcut has ways of two lengths to most of its states. The short ones have fewer steps than
// an execution may have.
func TestShortcut(t *testing.T) {
	a, b := make(chan int, 1), make(chan int, 1)
	var mu sync.Mutex
	for i := 0; i < 180; i++ {
		a <- 1
		b <- 1
		first := true
		select {
		case <-a:
		case <-b:
			first = false
		}
		if first {
			<-b
			for k := 0; k < 28; k++ {
				mu.Lock()
				mu.Unlock()
			}
		} else {
			<-a
		}
		first = true
	}
}
