//go:build ignore

// Upstream pkg/client/cache/reflector.go after the fix.
package main

import (
	"errors"
	"time"
)

// A Reflector resyncs never if its period is 0.
type Reflector struct {
	resyncPeriod time.Duration
}

// neverExitWatch is never closed and nobody sends on it.
var neverExitWatch = make(chan time.Time)

func (r *Reflector) resyncChan() <-chan time.Time {
	if r.resyncPeriod == 0 {
		return neverExitWatch
	}
	return time.NewTimer(r.resyncPeriod).C
}

func (r *Reflector) ListAndWatch(stopCh chan struct{}) error {
	resyncCh := r.resyncChan()
	cancelCh := make(chan struct{})
	defer close(cancelCh)
	go func() { // resync
		for {
			select {
			case <-resyncCh:
			case <-stopCh:
				return
			case <-cancelCh:
				return
			}
			resyncCh = r.resyncChan()
		}
	}()
	return errors.New("the watch has failed")
}

func main() {
	r := &Reflector{}
	stopCh := make(chan struct{})
	if r.ListAndWatch(stopCh) == nil {
		panic("no error")
	}
}
