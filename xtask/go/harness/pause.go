package harness

import (
	"runtime"
	"time"
)

// A source of random numbers: xorshift64*.
type source uint64

func (s *source) next() uint64 {
	x := uint64(*s)
	x ^= x >> 12
	x ^= x << 25
	x ^= x >> 27
	*s = source(x)
	return (x * 0x2545f4914f6cdd1d) >> 16
}

func newSource(seed uint64) source {
	// The steps of SplitMix64: neighbouring seeds give unlike sources, and none is 0.
	seed += 0x9e3779b97f4a7c15
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111eb
	return source(seed ^ (seed >> 31) | 1)
}

func (s *source) below(n uint64) uint64 {
	return s.next() % n
}

// How much the goroutines of a run dawdle between their operations; runs take turns.
type pace struct {
	// Of 16 operations so many come after nothing, so many after a Gosched, so many after a short spin; the rest after a sleep.
	nothing, gosched, spin uint64
	// The longest sleep.
	sleep time.Duration
}

var paces = []pace{
	{nothing: 16},
	{nothing: 4, gosched: 10, spin: 2},
	{nothing: 2, gosched: 2, spin: 12},
	{nothing: 6, gosched: 3, spin: 3, sleep: 60 * time.Microsecond},
	{nothing: 2, gosched: 2, spin: 2, sleep: 150 * time.Microsecond},
}

func (p *pace) pause(random *source) {
	switch draw := random.below(16); {
	case draw < p.nothing:
	case draw < p.nothing+p.gosched:
		runtime.Gosched()
	case draw < p.nothing+p.gosched+p.spin:
		spin(random.below(2000))
	default:
		time.Sleep(time.Duration(random.below(uint64(p.sleep))))
	}
}

//go:noinline
func spin(turns uint64) {
	for i := uint64(0); i < turns; i++ {
		runtime.KeepAlive(i)
	}
}

// processors are the values of GOMAXPROCS; runs take turns.
var processors = []int{1, 2, 4}
