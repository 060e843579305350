package harness

import (
	"runtime"
	"strconv"
	"strings"
)

// A stack is what Go's own dump says of one goroutine.
type stack struct {
	id     int64
	reason string
	frames []frame
	// The go statement that started it.
	origin frame
}

type frame struct {
	function string
	line     int
}

var buffer = make([]byte, 1<<20)

// stacks stops the world and looks at all goroutines at once.
func stacks() []stack {
	length := runtime.Stack(buffer, true)
	for length == len(buffer) {
		buffer = make([]byte, 2*len(buffer))
		length = runtime.Stack(buffer, true)
	}
	var all []stack
	for _, block := range strings.Split(string(buffer[:length]), "\n\n") {
		all = append(all, parse(block))
	}
	return all
}

// parse reads a block like
//
//	goroutine 18 [chan receive, 2 minutes]:
//	main.worker(...)
//		/tmp/main.go:12 +0x1d
//	created by main.main
//		/tmp/main.go:30 +0x5e
func parse(block string) stack {
	lines := strings.Split(block, "\n")
	var parsed stack
	head := lines[0]
	if open := strings.Index(head, " ["); open > 0 {
		parsed.id, _ = strconv.ParseInt(strings.TrimPrefix(head[:open], "goroutine "), 10, 64)
		reason := head[open+2:]
		if end := strings.IndexAny(reason, "],"); end >= 0 {
			reason = reason[:end]
		}
		parsed.reason = reason
	}
	for i := 1; i+1 < len(lines); i += 2 {
		at := frame{function: lines[i], line: lineOf(lines[i+1])}
		if creator := strings.TrimPrefix(at.function, "created by "); creator != at.function {
			at.function = creator
			parsed.origin = at
		} else {
			parsed.frames = append(parsed.frames, at)
		}
	}
	return parsed
}

// lineOf reads the line from a place like "\t/tmp/main.go:12 +0x1d".
func lineOf(place string) int {
	colon := strings.LastIndexByte(place, ':')
	rest := place[colon+1:]
	if space := strings.IndexByte(rest, ' '); space >= 0 {
		rest = rest[:space]
	}
	line, _ := strconv.Atoi(rest)
	return line
}

// ownID is the id of the goroutine that calls.
func ownID() int64 {
	var head [40]byte
	length := runtime.Stack(head[:], false)
	id := strings.TrimPrefix(string(head[:length]), "goroutine ")
	number, _ := strconv.ParseInt(id[:strings.IndexByte(id, ' ')], 10, 64)
	return number
}

// blocked says in what the goroutine is blocked, and nothing if it is not. The reason alone is not enough: until Go 1.20 all locks had the
// same one, so it is the functions of package sync, called from the innermost function with this prefix, that tell.
func (s *stack) blocked(prefix string) string {
	switch {
	case strings.HasPrefix(s.reason, "chan send"):
		return "send"
	case strings.HasPrefix(s.reason, "chan receive"):
		return "recv"
	case strings.HasPrefix(s.reason, "select"):
		return "select"
	case s.reason == "sync.Cond.Wait":
		return "cond"
	case s.reason == "semacquire" || strings.HasPrefix(s.reason, "sync."):
		return s.lock(prefix)
	}
	return ""
}

func (s *stack) lock(prefix string) string {
	if s.isWithin(prefix, "context.", "time.") {
		// A lock inside these packages is held for a moment: whoever waits for it moves on.
		return ""
	}
	within := func(function string) bool {
		return s.isWithin(prefix, "sync.(*"+function)
	}
	switch {
	case within("RWMutex).RLock"):
		return "rlock"
	case within("RWMutex).Lock") && within("Mutex)."):
		return "wlock"
	case within("RWMutex).Lock"):
		return "wlock-announced"
	case within("WaitGroup).Wait"):
		return "wgwait"
	case within("Once)."):
		return "once"
	case within("Cond).Wait"):
		return "cond-woken"
	case within("Mutex)."):
		return "lock"
	}
	return "semacquire"
}

// isWithin says whether a function that begins in one of these ways was called from the innermost function with the prefix.
func (s *stack) isWithin(prefix string, functions ...string) bool {
	for _, at := range s.frames {
		if strings.HasPrefix(at.function, prefix) {
			break
		}
		for _, function := range functions {
			if strings.HasPrefix(at.function, function) {
				return true
			}
		}
	}
	return false
}

// line is the innermost line that is in a function whose name has this prefix, 0 if there is none.
func (s *stack) line(prefix string) int {
	for _, at := range s.frames {
		if strings.HasPrefix(at.function, prefix) {
			return at.line
		}
	}
	return 0
}
