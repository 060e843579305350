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

func standsHere(stop chan int) { <-stop }

func TestAFunctionIsSpared(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	go standsHere(stop)
	goleak.VerifyNone(t, goleak.IgnoreTopFunction("leaks/one.standsHere"))
}

func TestAnotherFunctionIsNot(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	go standsHere(stop)
	defer goleak.VerifyNone(t, goleak.IgnoreTopFunction("leaks/one.standsThere"))
}

func TestACallerIsNotOnTop(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	go func() { standsHere(stop) }()
	// Before it has called, real goleak finds it on top.
	time.Sleep(time.Millisecond)
	defer goleak.VerifyNone(t, goleak.IgnoreTopFunction("leaks/one.TestACallerIsNotOnTop.func1"))
}

func TestACallerIsSpared(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	go func() { standsHere(stop) }()
	goleak.VerifyNone(t, goleak.IgnoreAnyFunction("leaks/one.TestACallerIsSpared.func1"))
}

func TestASleepIsSpared(t *testing.T) {
	go func() {
		for {
			time.Sleep(time.Hour)
		}
	}()
	goleak.VerifyNone(t, goleak.IgnoreTopFunction("time.Sleep"))
}

func TestADaemonIsSpared(t *testing.T) {
	defer goleak.VerifyNone(t)
	//gordian:daemon
	go func() { select {} }()
}

func TestTestsAreSpared(t *testing.T) {
	t.Run("sub", func(t *testing.T) { goleak.VerifyNone(t) })
}
