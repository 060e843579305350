// Package bubbles has tests whose ends are known: by testing/synctest of Go 1.25, if this is one.
package bubbles

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestSleepTakesItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		time.Sleep(24 * time.Hour)
		if d := time.Since(start); d != 24*time.Hour {
			t.Fatal(d)
		}
	})
}

func TestItBeginsInTheYear2000(t *testing.T) {
	for i := 0; i < 2; i++ {
		bubble(t, func(t *testing.T) {
			if now := time.Now(); !now.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) {
				t.Fatal(now)
			}
			time.Sleep(time.Second)
		})
	}
}

func TestWaitOrders(t *testing.T) {
	bubble(t, func(t *testing.T) {
		done := false
		go func() { done = true }()
		wait()
		if !done {
			t.Fatal("not done")
		}
	})
}

func TestTheEndOrders(t *testing.T) {
	done := false
	bubble(t, func(t *testing.T) {
		go func() { done = true }()
	})
	if !done {
		t.Fatal("not done")
	}
}

func TestWithoutWaitThereIsARace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		done := false
		go func() { done = true }()
		_ = done
	})
}

func TestWaitIsBeforeTheTimers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const timeout = 5 * time.Second
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		time.Sleep(timeout - time.Nanosecond)
		wait()
		if err := ctx.Err(); err != nil {
			t.Fatal("before the timeout:", err)
		}
		time.Sleep(time.Nanosecond)
		wait()
		if err := ctx.Err(); err != context.DeadlineExceeded {
			t.Fatal("after the timeout:", err)
		}
	})
}

func TestTicks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ticks, ticker := 0, time.NewTicker(time.Second)
		for end := time.After(3500 * time.Millisecond); ; {
			select {
			case <-ticker.C:
				ticks++
				continue
			case <-end:
			}
			break
		}
		ticker.Stop()
		if ticks != 3 {
			t.Fatal(ticks)
		}
	})
}

func TestAfterFuncComesInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var called atomic.Bool
		time.AfterFunc(time.Second, func() { called.Store(true) })
		wait()
		if called.Load() {
			t.Fatal("too early")
		}
		time.Sleep(time.Second)
		wait()
		if !called.Load() {
			t.Fatal("not called")
		}
	})
}

func TestATimerThatIsLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		time.AfterFunc(time.Second, func() { panic("the bubble is over") })
	})
}

func TestInSubtests(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var wg sync.WaitGroup
				wg.Add(1)
				go func() {
					time.Sleep(time.Minute)
					wg.Done()
				}()
				wg.Wait()
			})
		})
	}
}

func TestAllAreBlocked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := make(chan int)
		<-c
	})
}

func TestOneIsLeftBehind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := make(chan int)
		go func() { <-c }()
	})
}

var global = make(chan int)

func TestAChannelFromOutsideIsNotDurable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		go func() { <-global }()
		time.Sleep(time.Second)
		global <- 1
	})
}

func TestALockIsNotDurable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var mu sync.Mutex
		mu.Lock()
		go func() {
			mu.Lock()
			mu.Unlock()
		}()
		time.Sleep(time.Second)
		mu.Unlock()
	})
}

func TestTwoWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		go wait()
		wait()
	})
}

func TestWaitOutside(t *testing.T) {
	wait()
}

func TestWithin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		bubble(t, func(t *testing.T) {})
	})
}

func TestASubtestWithin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		t.Run("sub", func(t *testing.T) {})
	})
}

func TestAChannelOfABubble(t *testing.T) {
	pass := make(chan chan int, 1)
	go func() { (<-pass) <- 1 }()
	bubble(t, func(t *testing.T) {
		c := make(chan int)
		pass <- c
		<-c
	})
}

func TestTimeOutside(t *testing.T) {
	time.Sleep(time.Millisecond)
	bubble(t, func(t *testing.T) { time.Sleep(time.Second) })
}
