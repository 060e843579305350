// Statements of all kinds that concern goroutines and control.
package main

import (
	"fmt"
	"os"
)

type server struct {
	requests chan int
	done     chan struct{}
	handled  map[string]int
}

func newServer() *server {
	s := &server{requests: make(chan int, 2), done: make(chan struct{})}
	s.handled = make(map[string]int)
	return s
}

func (s *server) loop() {
	defer close(s.done)
	for r := range s.requests {
		s.handled[fmt.Sprint(r)]++
	}
}

func (s *server) try(n int) (sent bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("try: %v", r)
		}
	}()
	select {
	case s.requests <- n:
		return true, nil
	case <-s.done:
		panic("done")
	default:
	}
	return
}

//gordian:stub
func dial(address string) error {
	return os.ErrInvalid
}

func classify(v interface{}) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case error:
		return v.Error()
	case int, *int:
		return "int"
	}
	return "?"
}

func sum(numbers ...int) (total int) {
outer:
	for i, n := range numbers {
		for total > 100 {
			if i == 3 {
				continue outer
			}
			break outer
		}
		if n < 0 || n > 10 && total != 0 {
			goto end
		}
		total += n
	}
end:
	return total
}

func main() {
	s := newServer()
	//gordian:daemon
	go s.loop()
	for i := 0; i < 3; i++ {
		go func(n int) { _, _ = s.try(n + i) }(i)
	}
	v, ok := <-s.requests
	close(s.requests)
	<-s.done
	fmt.Println(v, ok, len(s.requests), sum(1, 2, 3), classify(v), dial("x"))
}
