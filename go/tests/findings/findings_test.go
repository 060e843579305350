// Package findings has tests that go wrong, each in another way.
package findings

import (
	"log"
	"os"
	"sync"
	"testing"
)

func TestFails(t *testing.T) {
	t.Error("no good")
}

func TestExits(t *testing.T) {
	os.Exit(3)
}

func TestLogsAndExits(t *testing.T) {
	log.Fatal("bye")
}

// The goroutine may log when the test is over.
func TestLogsLate(t *testing.T) {
	go func() { t.Log("late") }()
}

func TestMisuses(t *testing.T) {
	var wg sync.WaitGroup
	wg.Done()
}

// Its own panic has the words of a failure, and is none.
func TestPanics(t *testing.T) {
	panic("the test fails")
}

// It fails, or a goroutine of it leaks.
func TestFailsOrLeaks(t *testing.T) {
	first, second := make(chan int, 1), make(chan int)
	go func() {
		first <- 1
		second <- 1
	}()
	if len(first) == 1 {
		t.Error("it was early")
	}
}
