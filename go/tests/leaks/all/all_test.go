// Package all looks for leaks when its test has run.
package all

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	stop := make(chan int)
	defer close(stop)
	started = func() { go func() { <-stop }() }
	goleak.VerifyTestMain(m)
}

var started func()

func TestNothingIsLeft(t *testing.T) { go func() {}() }

func TestOneIsReleasedTooLate(t *testing.T) { started() }
