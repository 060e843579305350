// Package newer uses the language and the library of Go 1.23.
package newer

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
)

type set[T comparable] struct {
	sync.Mutex
	items map[T]struct{}
}

func (s *set[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range s.items {
			if !yield(v) {
				return
			}
		}
	}
}

// Alias is a set under another name.
type Alias = set[string]

func turns() (fs []func() int) {
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { return i })
	}
	return fs
}

func deferred(s *Alias) (n int) {
	for v := range s.all() {
		defer func() { n += len(v) }()
	}
	return min(n, 3)
}

func TestNewer(t *testing.T) {
	once := sync.OnceValue(func() int { return len(turns()) })
	for range once() {
		deferred(new(Alias))
	}
	m := map[string]int{"a": 1}
	keys := slices.Sorted(maps.Keys(m))
	clear(m)
	t.Log(keys)
}
