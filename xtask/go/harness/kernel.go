package harness

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

var (
	// Goroutines of all runs of a kernel take their pauses from here.
	kernelPace   atomic.Pointer[pace]
	kernelRandom atomic.Uint64
)

// Pause dawdles before an operation of a kernel.
func Pause() {
	random := newSource(kernelRandom.Add(1))
	kernelPace.Load().pause(&random)
}

// When goroutines have been blocked for so long, no timer of a kernel is left that could wake them.
const settle = 4 * time.Millisecond

// KernelMain does what the command line asks for, as Main does.
func KernelMain(kernels map[string]func()) {
	if len(os.Args) != 5 {
		fail("usage: KERNEL SEED FIRST END")
	}
	kernel, known := kernels[os.Args[1]]
	if !known {
		fail("no such kernel: " + os.Args[1])
	}
	runs := kernelRuns{prefix: "conform/kernels/" + os.Args[1] + ".", left: map[int64]bool{}}
	seed, end := number(2), number(4)
	for run := number(3); run < end; run++ {
		if len(runs.left) > leftMax {
			fmt.Println("again")
			return
		}
		prepare(seed, run)
		fmt.Println(runs.once(kernel))
	}
}

// prepare sets the pace of a run.
func prepare(seed, run uint64) {
	runtime.GOMAXPROCS(processors[run%uint64(len(processors))])
	kernelPace.Store(&paces[run%uint64(len(paces))])
	kernelRandom.Store((seed<<20 + run) << 20)
}

// ScenarioMain runs a scenario as often as the command line asks for, and prints the outcome of each run.
func ScenarioMain(scenarios map[string]func() string) {
	if len(os.Args) != 5 {
		fail("usage: SCENARIO SEED FIRST END")
	}
	scenario, known := scenarios[os.Args[1]]
	if !known {
		fail("no such scenario: " + os.Args[1])
	}
	seed, end := number(2), number(4)
	for run := number(3); run < end; run++ {
		prepare(seed, run)
		fmt.Println(scenario())
	}
}

type kernelRuns struct {
	// How the names of the kernel's functions begin.
	prefix string
	// Goroutines that earlier runs have left behind.
	left map[int64]bool
}

// once runs a kernel, and tells who is blocked at its end, and where: "main=recv@40;12=lock@20" says that main is blocked in a receive at line 40, and
// the goroutine that line 12 started in a lock at line 20.
func (k *kernelRuns) once(kernel func()) string {
	go kernel()
	give := time.Now().Add(runMax)
	before, since := "", time.Now()
	for time.Now().Before(give) {
		// What is created runs at the earliest now.
		time.Sleep(30 * time.Microsecond)
		now, ids, still := k.look()
		switch {
		case !still:
			before = ""
		case now == "":
			return "end "
		case now != before:
			before, since = now, time.Now()
		case time.Since(since) >= settle:
			for _, id := range ids {
				k.left[id] = true
			}
			return "end " + now
		}
	}
	return "unsettled"
}

// look tells who is blocked, and whether nobody can move.
func (k *kernelRuns) look() (string, []int64, bool) {
	var text []string
	var ids []int64
	for _, stack := range stacks() {
		name := ""
		switch {
		case k.left[stack.id]:
			continue
		case strings.HasPrefix(stack.origin.function, k.prefix):
			name = fmt.Sprint(stack.origin.line)
		case strings.HasPrefix(stack.origin.function, "conform/harness."):
			name = "main"
		default:
			continue
		}
		what := stack.blocked(k.prefix)
		if what == "" {
			return "", nil, false
		}
		text = append(text, fmt.Sprintf("%s=%s@%d", name, what, stack.line(k.prefix)))
		ids = append(ids, stack.id)
	}
	return strings.Join(text, ";"), ids, true
}
