// Package one has tests that look for leaks by themselves.
package one

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestNothingIsLeft(t *testing.T) {
	defer goleak.VerifyNone(t)
	var wg sync.WaitGroup
	wg.Add(1)
	go wg.Done()
	wg.Wait()
	time.AfterFunc(time.Second, func() {}).Stop()
}

func TestOneEndsLater(t *testing.T) {
	defer goleak.VerifyNone(t)
	go time.Sleep(time.Millisecond)
}

func TestOneIsBlocked(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := make(chan int)
	go func() { c <- 1 }()
}

func TestOneIsReleasedTooLate(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	defer goleak.VerifyNone(t)
	go func() { <-stop }()
}

func TestOneGoesOnForEver(t *testing.T) {
	defer goleak.VerifyNone(t)
	tick := time.NewTicker(time.Second)
	go func() {
		for range tick.C {
		}
	}()
}

func TestThoseBeforeAreSpared(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	go func() { <-stop }()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	go func() {}()
}

func TestThoseAfterAreNot(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	ignore := goleak.IgnoreCurrent()
	go func() { <-stop }()
	if err := goleak.Find(ignore); err != nil {
		t.Fatal(err)
	}
}

func TestADaemonIsSpared(t *testing.T) {
	defer goleak.VerifyNone(t)
	//gordian:daemon
	go func() { select {} }()
}

func TestTestsAreSpared(t *testing.T) {
	t.Run("sub", func(t *testing.T) { goleak.VerifyNone(t) })
}
