package races

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The name of each test says what is in it: Race, or Free of one.

func TestRaceOnCaptured(t *testing.T) {
	n := 0
	done := make(chan bool)
	go func() { n++; done <- true }()
	n++
	<-done
}

func TestFreeByChannel(t *testing.T) {
	n := 0
	done := make(chan bool)
	go func() { n++; done <- true }()
	<-done
	n++
}

func TestFreeByMutex(t *testing.T) {
	var mu sync.Mutex
	n := 0
	done := make(chan bool)
	go func() { mu.Lock(); n++; mu.Unlock(); close(done) }()
	mu.Lock()
	n++
	mu.Unlock()
	<-done
}

func TestRaceWithOneLock(t *testing.T) {
	var mu sync.Mutex
	n := 0
	done := make(chan bool)
	go func() { mu.Lock(); n++; mu.Unlock(); close(done) }()
	n++
	<-done
}

func TestRaceAtTheEnd(t *testing.T) {
	x := 0
	go func() { x = 1 }()
	time.Sleep(time.Millisecond)
	_ = x
}

func TestFreeReads(t *testing.T) {
	x := 1
	var wg sync.WaitGroup
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() { defer wg.Done(); _ = x }()
	}
	_ = x
	wg.Wait()
	x = 2
}

func TestRaceOnMap(t *testing.T) {
	m := map[int]int{}
	done := make(chan bool)
	go func() { m[1] = 1; close(done) }()
	_ = m[2]
	<-done
}

func TestFreeByAtomic(t *testing.T) {
	var n int32
	done := make(chan bool)
	go func() { atomic.AddInt32(&n, 1); close(done) }()
	atomic.AddInt32(&n, 1)
	<-done
}

func TestRaceAtomicAndPlain(t *testing.T) {
	var n int32
	done := make(chan bool)
	go func() { atomic.AddInt32(&n, 1); close(done) }()
	n++
	<-done
}

func TestFreeDifferentFields(t *testing.T) {
	var s struct{ a, b int }
	done := make(chan bool)
	go func() { s.a = 1; close(done) }()
	s.b = 1
	<-done
}

func TestRaceWholeStruct(t *testing.T) {
	var s struct{ a, b int }
	done := make(chan bool)
	go func() { s.a = 1; close(done) }()
	c := s
	_ = c.b
	<-done
}

func TestFreeElements(t *testing.T) {
	s := make([]int, 2)
	done := make(chan bool)
	go func() { s[0] = 1; close(done) }()
	s[1] = 2
	<-done
}

func TestRaceOnElement(t *testing.T) {
	s := make([]int, 2)
	done := make(chan bool)
	go func() { s[1] = 1; close(done) }()
	s[1] = 2
	<-done
}

func TestFreeByCond(t *testing.T) {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	ready := false
	done := make(chan bool)
	go func() {
		mu.Lock()
		for !ready {
			c.Wait()
		}
		mu.Unlock()
		close(done)
	}()
	mu.Lock()
	ready = true
	c.Signal()
	mu.Unlock()
	<-done
}

func TestFreeByOnce(t *testing.T) {
	var once sync.Once
	x := 0
	done := make(chan bool)
	set := func() { once.Do(func() { x = 1 }); _ = x }
	go func() { set(); close(done) }()
	set()
	<-done
}

func TestRaceDoubleChecked(t *testing.T) {
	var mu sync.Mutex
	var p *int
	get := func() *int {
		if p == nil {
			mu.Lock()
			if p == nil {
				p = new(int)
			}
			mu.Unlock()
		}
		return p
	}
	done := make(chan bool)
	go func() { get(); close(done) }()
	get()
	<-done
}

func TestFreeByRWMutex(t *testing.T) {
	var mu sync.RWMutex
	n := 0
	done := make(chan bool)
	go func() { mu.Lock(); n = 1; mu.Unlock(); close(done) }()
	mu.RLock()
	_ = n
	mu.RUnlock()
	<-done
}

func TestRaceWriteUnderReadLock(t *testing.T) {
	var mu sync.RWMutex
	n := 0
	done := make(chan bool)
	go func() { mu.RLock(); n++; mu.RUnlock(); close(done) }()
	mu.RLock()
	_ = n
	mu.RUnlock()
	<-done
}

func TestFreeByClose(t *testing.T) {
	s := ""
	done := make(chan struct{})
	go func() { s = "x"; close(done) }()
	<-done
	_ = s
}

func TestRaceOnGlobal(t *testing.T) {
	go set()
	global++
}

var global int

func set() { global = 1 }

// What depends on the race: a deadlock if the flag is read too early. Real Go is spared it.
func TestRaceThenDeadlock(t *testing.T) {
	flag := false
	never := make(chan bool)
	go func() { flag = true }()
	if !flag && os.Getenv("REAL_GO") == "" {
		<-never
	}
}

// Two races between main and the first goroutine, of which one is told at first, and a third race
// by which one access of the other is explored. A deadlock if y is read once it is 1.
func TestRaceBehindOthers(t *testing.T) {
	var mu sync.Mutex
	x, y := 0, 0
	never := make(chan bool)
	go func() {
		mu.Lock()
		if x == 1 {
			y = 1
		}
		mu.Unlock()
	}()
	go func() {
		mu.Lock()
		mu.Unlock()
		if y == 2 {
			<-never
		}
	}()
	x = 1
	if y == 1 && os.Getenv("REAL_GO") == "" {
		<-never
	}
}

type pair struct{ a, b int }

// A copy of the whole races with a write to its second part. It depends on their order who waits.
func TestRaceOfAWhole(t *testing.T) {
	p := &pair{}
	never := make(chan bool)
	go func() {
		p.b = 1
	}()
	q := *p
	if q.b == 1 && os.Getenv("REAL_GO") == "" {
		<-never
	}
}

// The same with a copy of a slice into a new one.
func TestRaceOfASlice(t *testing.T) {
	s := make([]int, 2)
	never := make(chan bool)
	go func() {
		s[1] = 1
	}()
	q := append([]int(nil), s...)
	if q[1] == 1 && os.Getenv("REAL_GO") == "" {
		<-never
	}
}

// What the first goroutine has used last is gone when it has ended, and the second box may have its
// number.
func TestFreeOfWhatIsGone(t *testing.T) {
	type box struct{ n int }
	n := 0
	done := make(chan bool, 1)
	for i := 0; i < 2; i++ {
		b := &box{}
		go func() {
			done <- true
			b.n = n
		}()
		<-done
	}
}

func passOn(c chan int) {
	<-c
	c <- 0
}

// When main returns after the second goroutine, nobody else knows of the map any more.
func TestRaceWithTheLastOfMain(t *testing.T) {
	m := map[int]int{}
	c := make(chan int, 4)
	var flag int32
	var mu sync.Mutex
	for i := 0; i < 3; i++ {
		go passOn(c)
	}
	go func() {
		c <- 1
		go func() {
			mu.Lock()
			mu.Unlock()
		}()
		m[0] = 0
		atomic.StoreInt32(&flag, 1)
	}()
	<-c
	m[0] = 0
}

// The same with one that returns before main does.
func TestRaceWithWhoHasReturned(t *testing.T) {
	m := map[int]int{}
	c := make(chan int, 4)
	done := make(chan int, 1)
	var flag int32
	var mu sync.Mutex
	go func() {
		<-c
		m[0] = 0
	}()
	for i := 0; i < 3; i++ {
		go passOn(c)
	}
	go func() {
		c <- 1
		go func() {
			mu.Lock()
			mu.Unlock()
			done <- 1
		}()
		m[0] = 0
		atomic.StoreInt32(&flag, 1)
	}()
	<-done
}

// What is read in a race decides where a goroutine goes on. So it need not come to a lock in the
// order in which that is reversed.
func TestRaceLeadsElsewhere(t *testing.T) {
	var one, other sync.Mutex
	x := 0
	never, done := make(chan int), make(chan int, 1)
	go func() {
		other.Lock()
		seen := x
		other.Unlock()
		if seen == 0 {
			<-never
		}
		one.Lock()
		one.Unlock()
		done <- 1
	}()
	one.Lock()
	x = 1
	one.Unlock()
	<-done
}

// A copy of a whole between two uses of one lock, and a write to its second part under another.
func TestRaceOfAPartUnderALock(t *testing.T) {
	var one, other sync.Mutex
	s := make([]int, 2)
	go func() {
		other.Lock()
		other.Unlock()
		one.Lock()
		one.Unlock()
		copy(s, []int{2, 1})
		one.Lock()
		one.Unlock()
	}()
	other.Lock()
	s[1] = 0
	other.Unlock()
}
