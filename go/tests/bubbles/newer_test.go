//go:build go1.25

package bubbles

import (
	"testing"
	"testing/synctest"
)

func bubble(t *testing.T, f func(*testing.T)) { synctest.Test(t, f) }

func wait() { synctest.Wait() }
