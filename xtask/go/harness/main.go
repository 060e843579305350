package harness

import (
	"fmt"
	"os"
	"strconv"
)

// Main does what the command line asks for: the name of a program, a seed, the first run, and the run before which to end.
func Main(programs map[string]func(*Run) Objects) {
	if len(os.Args) != 5 {
		fail("usage: PROGRAM SEED FIRST END")
	}
	create, known := programs[os.Args[1]]
	if !known {
		fail("no such program: " + os.Args[1])
	}
	runs("main."+os.Args[1]+".", create, number(2), number(3), number(4))
}

func number(argument int) uint64 {
	value, err := strconv.ParseUint(os.Args[argument], 10, 64)
	if err != nil {
		fail(err.Error())
	}
	return value
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(64)
}
