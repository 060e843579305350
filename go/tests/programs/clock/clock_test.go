package clock

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// tens returns the time that has passed in tens of milliseconds.
func tens(since time.Time) int {
	return int(time.Since(since) / (10 * time.Millisecond))
}

func TestTheFirstTimerIsTheFirst(t *testing.T) {
	start := time.Now()
	late, early := time.After(40*time.Millisecond), time.NewTimer(20*time.Millisecond)
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
			time.Sleep(time.Duration(n) * 10 * time.Millisecond)
			done <- n
		}(n)
	}
	fmt.Println(<-done, <-done, <-done, tens(start))
}

func TestTicksComeAgain(t *testing.T) {
	start, end := time.Now(), time.After(35*time.Millisecond)
	tick := time.NewTicker(10 * time.Millisecond)
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
	timer := time.NewTimer(10 * time.Millisecond)
	time.Sleep(5 * time.Millisecond)
	fmt.Println(timer.Reset(36 * time.Millisecond))
	<-timer.C
	fmt.Println(tens(start))
}

func TestDeadlines(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println("the context")
	case <-time.After(50 * time.Millisecond):
		fmt.Println("the timer")
	}
	other, cancel := context.WithDeadline(context.Background(), time.Now().Add(30*time.Millisecond))
	defer cancel()
	time.AfterFunc(10*time.Millisecond, func() { fmt.Println("the function") })
	<-other.Done()
	fmt.Println(other.Err())
}

func TestALoopUntilSomeTimeHasPassed(t *testing.T) {
	n := 0
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); n++ {
		time.Sleep(3 * time.Millisecond)
	}
	fmt.Println(n > 1)
}
