// Package suite is a package with tests of all sorts.
package suite

import "example.com/golden/suite/inner"

var (
	ready = inner.Make("suite")
	count int
)

func init() {
	count = inner.Count()
}

func init() {
	go func() { ready <- count }()
}

// Wait waits.
func Wait() int {
	return <-ready
}
