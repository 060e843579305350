// Package pools has goroutines with the same body: which of them does what makes no difference.
package pools

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func TestLock(t *testing.T) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			n++
			mu.Unlock()
		}()
	}
	wg.Wait()
	fmt.Println(n)
}

func TestReaders(t *testing.T) {
	var rw sync.RWMutex
	done := make(chan int)
	for i := 0; i < 3; i++ {
		go func() {
			rw.RLock()
			done <- 1
			rw.RUnlock()
			done <- 2
		}()
	}
	sum := 0
	for i := 0; i < 6; i++ {
		sum += <-done
	}
	fmt.Println(sum)
}

func TestJobs(t *testing.T) {
	jobs, results := make(chan int, 3), make(chan int, 3)
	var wg sync.WaitGroup
	for w := 0; w < 3; w++ {
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

func TestCond(t *testing.T) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	var wg sync.WaitGroup
	ready := false
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			for !ready {
				cond.Wait()
			}
			mu.Unlock()
		}()
	}
	mu.Lock()
	ready = true
	cond.Broadcast()
	mu.Unlock()
	wg.Wait()
	fmt.Println(ready)
}

func TestOnce(t *testing.T) {
	var once sync.Once
	var wg sync.WaitGroup
	n := 0
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			once.Do(func() { n++ })
		}()
	}
	wg.Wait()
	fmt.Println(n)
}

// Each has a channel of its own, and so its own place in the state.
func TestOwnChannels(t *testing.T) {
	var n int32
	var wg sync.WaitGroup
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			own := make(chan int32, 1)
			own <- 1
			atomic.AddInt32(&n, <-own)
		}()
	}
	wg.Wait()
	fmt.Println(n)
}

// Each starts another one, which has its starter's name in its own.
func TestStarters(t *testing.T) {
	done := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			go func() { done <- 1 }()
			done <- 2
		}()
	}
	fmt.Println(<-done + <-done + <-done + <-done)
}

// They are the same but for a number, which tells them apart as long as they need it.
func TestArguments(t *testing.T) {
	var wg sync.WaitGroup
	var n int32
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func(i int32) {
			defer wg.Done()
			atomic.AddInt32(&n, i)
		}(int32(i))
	}
	wg.Wait()
	fmt.Println(n)
}

// Several wait for one group: who has been woken is noted in it.
func TestWaiters(t *testing.T) {
	var work, wg sync.WaitGroup
	work.Add(1)
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work.Wait()
		}()
	}
	work.Done()
	wg.Wait()
	work.Add(1)
	work.Done()
	fmt.Println("done")
}

// A goroutine that has returned leaves its number to the next.
func TestNumbersGivenAgain(t *testing.T) {
	ch := make(chan int)
	for i := 0; i < 4; i++ {
		go func() { ch <- 1 }()
		if i > 1 {
			<-ch
		}
	}
	fmt.Println(<-ch + <-ch)
}

func TestRetries(t *testing.T) {
	var n int32
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				old := atomic.LoadInt32(&n)
				if atomic.CompareAndSwapInt32(&n, old, old+1) {
					return
				}
			}
		}()
	}
	wg.Wait()
	fmt.Println(n)
}

// The first at the lock races with the second. Who these are is told of real ones.
func TestRaceBehindALock(t *testing.T) {
	var mu sync.Mutex
	var a int32
	k, n := 0, 0
	done := make(chan int)
	for i := 0; i < 3; i++ {
		go func() {
			mu.Lock()
			k++
			mine := k
			mu.Unlock()
			switch mine {
			case 1:
				atomic.AddInt32(&a, 1)
				n = 1
				done <- 0
			case 2:
				done <- n
			default:
				done <- 0
			}
		}()
	}
	for i := 0; i < 3; i++ {
		<-done
	}
}
