// Package library uses the standard library.
package library

import (
	"container/list"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
)

var errLate = errors.New("late")

type locker struct {
	sync.RWMutex
	n    atomic.Int64
	once sync.Once
}

func (l *locker) Wait(ctx context.Context) error {
	l.once.Do(func() { l.n.Store(1) })
	l.RLock()
	defer l.RUnlock()
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errLate
	}
}

func TestLibrary(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := &locker{}
	if err := l.Wait(ctx); errors.Is(err, context.Canceled) || !unicode.IsSpace('A') {
		t.Error(err)
	}
	queue := list.New()
	queue.PushBack(strings.Repeat("x", 3))
	cond := sync.NewCond(&l.RWMutex)
	cond.Broadcast()
	var c = sync.NewCond(l.RLocker())
	c.L.Lock()
}
