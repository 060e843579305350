package clock

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// A millisecond of these tests is five of Go's, so that a busy machine keeps the order.
const ms = 5 * time.Millisecond

// tens returns the time that has passed in tens of these.
func tens(since time.Time) int {
	return int(time.Since(since) / (10 * ms))
}

func TestTheFirstTimerIsTheFirst(t *testing.T) {
	start := time.Now()
	late, early := time.After(40*ms), time.NewTimer(20*ms)
	for i := 0; i < 2; i++ {
		select {
		case <-late:
			fmt.Println("late", tens(start))
		case <-early.C:
			fmt.Println("early", tens(start))
		}
	}
}

func TestSleepsAreAsLongAsTheySay(t *testing.T) {
	start, done := time.Now(), make(chan int)
	for _, n := range []int{5, 1, 3} {
		go func(n int) {
			time.Sleep(time.Duration(n) * 10 * ms)
			done <- n
		}(n)
	}
	fmt.Println(<-done, <-done, <-done, tens(start))
}

func TestTicksComeAgain(t *testing.T) {
	start, end := time.Now(), time.After(35*ms)
	tick := time.NewTicker(10 * ms)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-end:
			fmt.Println(n, tens(start))
			return
		}
	}
}

func TestATimerThatIsResetIsLater(t *testing.T) {
	start := time.Now()
	timer := time.NewTimer(10 * ms)
	time.Sleep(5 * ms)
	fmt.Println(timer.Reset(36 * ms))
	<-timer.C
	fmt.Println(tens(start))
}

func TestDeadlines(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*ms)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println("the context")
	case <-time.After(50 * ms):
		fmt.Println("the timer")
	}
	other, cancel := context.WithDeadline(context.Background(), time.Now().Add(30*ms))
	defer cancel()
	time.AfterFunc(10*ms, func() { fmt.Println("the function") })
	<-other.Done()
	fmt.Println(other.Err())
}

func TestALoopUntilSomeTimeHasPassed(t *testing.T) {
	n := 0
	for end := time.Now().Add(20 * ms); time.Now().Before(end); n++ {
		time.Sleep(3 * ms)
	}
	fmt.Println(n > 1)
}
