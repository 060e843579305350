package harness

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// A Whole is a program with variables of its package, so it runs once in a process.
type Whole struct {
	Main func()
	// Left is what it leaves.
	Left *[]any
	// Timed says whether something of it may begin when all goroutines are blocked or have returned.
	Timed bool
}

// How much the goroutines of the program dawdle. It is set before they start.
var wholePace *pace

// Dawdle pauses, and orders nothing: what a race detector sees is as without it.
func Dawdle() {
	random := newSource(uint64(time.Now().UnixNano()))
	wholePace.pause(&random)
}

// WholeMain does the first of the runs that the command line asks for, and says whether more are to come.
func WholeMain(programs map[string]Whole) {
	if len(os.Args) != 5 {
		fail("usage: PROGRAM SEED FIRST END")
	}
	program, known := programs[os.Args[1]]
	if !known {
		fail("no such program: " + os.Args[1])
	}
	run := number(3)
	runtime.GOMAXPROCS(processors[run%uint64(len(processors))])
	wholePace = &paces[run%uint64(len(paces))]
	go program.Main()
	fmt.Println(program.once("conform/" + os.Args[1] + "."))
	if run+1 < number(4) {
		fmt.Println("again")
	}
}

// once waits for the end of the program, and tells the lines where goroutines are blocked, and what
// is left: "end 12,40|(1 (0 0) [1] free)".
func (w *Whole) once(prefix string) string {
	stillFor := time.Duration(0)
	if w.Timed {
		stillFor = 2 * settle
	}
	before, since := "-", time.Now()
	for give := time.Now().Add(runMax); time.Now().Before(give); {
		time.Sleep(50 * time.Microsecond)
		now, still := standing(prefix)
		switch {
		case !still:
			before = "-"
		case now != before:
			before, since = now, time.Now()
		case time.Since(since) < stillFor:
		case underRace:
			return fmt.Sprint("end ", raceErrors(), " races")
		default:
			return "end " + now + "|" + tree(reflect.ValueOf(*w.Left))
		}
	}
	return "unsettled"
}

// standing tells the lines where goroutines are blocked, and whether nobody can move.
func standing(prefix string) (string, bool) {
	var lines []int
	for _, stack := range stacks()[1:] {
		line := stack.line(prefix)
		if line == 0 || stack.blocked(prefix) == "" {
			return "", false
		}
		lines = append(lines, line)
	}
	sort.Ints(lines)
	var text []string
	for _, line := range lines {
		text = append(text, strconv.Itoa(line))
	}
	return strings.Join(text, ","), true
}

// tree is a value with all that it points to, as a text.
func tree(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Ptr, reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return tree(v.Elem())
	case reflect.Chan:
		return buffered(v)
	case reflect.Slice:
		if v.IsNil() {
			return "nil"
		}
		fallthrough
	case reflect.Array:
		var parts []string
		for i := 0; i < v.Len(); i++ {
			parts = append(parts, tree(v.Index(i)))
		}
		return "(" + strings.Join(parts, " ") + ")"
	case reflect.Struct:
		return fields(v)
	}
	return fmt.Sprint(v)
}

func fields(v reflect.Value) string {
	if v.CanAddr() {
		switch lock := reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Interface().(type) {
		case *sync.Mutex:
			return locked(lock)
		case *sync.RWMutex:
			return shared(lock)
		}
	}
	var parts []string
	for i := 0; i < v.NumField(); i++ {
		parts = append(parts, tree(v.Field(i)))
	}
	return "(" + strings.Join(parts, " ") + ")"
}

// buffered is what is in the buffer of a channel. To receive it would wake who waits to send, so it
// is read where the runtime keeps it.
func buffered(v reflect.Value) string {
	if v.IsNil() {
		return "nil"
	}
	type channel struct {
		count, size uint
		buffer      unsafe.Pointer
		elemSize    uint16
		closed      uint32
		// Since Go 1.23 the timer comes first.
		rest [4]uint
	}
	c := (*channel)(v.UnsafePointer())
	first := c.rest[2]
	if synchronous {
		first = c.rest[3]
	}
	var values []string
	for i := uint(0); i < c.count; i++ {
		at := unsafe.Add(c.buffer, (first+i)%c.size*uint(c.elemSize))
		values = append(values, tree(reflect.NewAt(v.Type().Elem(), at).Elem()))
	}
	text := "[" + strings.Join(values, " ") + "]"
	if c.closed != 0 {
		text += "closed"
	}
	return text
}
