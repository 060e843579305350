//go:build !race

package harness

const underRace = false

func raceErrors() int {
	return 0
}
