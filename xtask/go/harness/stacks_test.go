package harness

import (
	"strings"
	"testing"
)

const dump = `goroutine 34 [REASON]:
sync.runtime_SemacquireMutex(0xc000012345, 0x0, 0x1)
	/usr/lib/go/src/runtime/sema.go:77 +0x25
sync.(*Mutex).lockSlow(0xc000012340)
	/usr/lib/go/src/sync/mutex.go:171 +0x15d
sync.(*Mutex).Lock(...)
	/usr/lib/go/src/sync/mutex.go:90
BETWEENmain.do_worker(0xc000010000)
	/tmp/main.go:839 +0x45
created by harness.(*Run).start
	/tmp/harness/run.go:80 +0x5e`

const ofContext = `context.(*cancelCtx).Err(0xc000012340)
	/usr/lib/go/src/context/context.go:475 +0x3f
`

func TestALockOfTheProgramBlocks(t *testing.T) {
	for _, reason := range []string{"semacquire", "sync.Mutex.Lock", "sync.Mutex.Lock, 2 minutes"} {
		at := parse(strings.NewReplacer("REASON", reason, "BETWEEN", "").Replace(dump))
		if what := at.blocked("main."); what != "lock" {
			t.Errorf("%s: %q", reason, what)
		}
		if line := at.line("main."); line != 839 {
			t.Errorf("line %d", line)
		}
	}
}

// The timer of a context may hold its lock while all goroutines are looked at.
func TestALockInsideAContextIsHeldForAMoment(t *testing.T) {
	for _, reason := range []string{"semacquire", "sync.Mutex.Lock"} {
		at := parse(strings.NewReplacer("REASON", reason, "BETWEEN", ofContext).Replace(dump))
		if what := at.blocked("main."); what != "" {
			t.Errorf("%s: %q", reason, what)
		}
	}
}
