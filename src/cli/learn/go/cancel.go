// The toy.
package main

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
}
