//go:build !go1.25

package bubbles

import "testing"

// bubble stands for synctest.Test: the test puts that name in the export.
//
//gordian:stub
func bubble(t *testing.T, f func(*testing.T)) { f(t) }

// wait stands for synctest.Wait.
//
//gordian:stub
func wait() {}
