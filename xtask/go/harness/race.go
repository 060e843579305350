//go:build race

package harness

import "runtime"

const underRace = true

// raceErrors is the number of races that the detector has told.
func raceErrors() int {
	return runtime.RaceErrors()
}
