//go:build ignore

// The toy after the fix.
package main

func Cc(cancelCh chan struct{}) {
	defer close(cancelCh)
}

func main() {
	rchan := make(chan int)
	cancelCh := make(chan struct{})
	go func() { // goroutine1
		for {
			select {
			case <-rchan:
			case <-cancelCh:
				return
			}
		}
	}()
	Cc(cancelCh)
}
