package quiet

import (
	"os"
	"testing"
	"time"
)

// A right test: it fails only if the timer fires though the goroutine could go on.
func TestRight(t *testing.T) {
	done := make(chan bool, 1)
	go func() { done <- true }()
	select {
	case <-done:
	case <-time.After(time.Second):
		t.Fatal("timed out")
	}
}

// What is waited for never comes. Real Go is spared the failure.
func TestHangs(t *testing.T) {
	done := make(chan bool)
	select {
	case <-done:
	case <-time.After(time.Millisecond):
		if os.Getenv("REAL_GO") == "" {
			t.Fatal("timed out")
		}
	}
}

func TestSleeps(t *testing.T) {
	x := make(chan int, 1)
	go func() { x <- 1 }()
	time.Sleep(time.Millisecond)
	if len(x) == 0 {
		t.Error("nothing came")
	}
}
