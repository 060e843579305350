// Upstream lease/leasehttp/http.go.
package main

import (
	"context"
	"errors"
	"math/rand"
	"time"
)

// ccDo is the HTTP round trip: it takes what time it takes, and fails or does not.
func ccDo() error {
	time.Sleep(time.Duration(rand.Intn(200_000)))
	if rand.Intn(2) == 0 {
		return nil
	}
	return errors.New("the request failed")
}

func TimeToLiveHTTP(ctx context.Context) error {
	errc := make(chan error)
	go func() { // cc.Do
		if err := ccDo(); err != nil {
			errc <- err
			return
		}
		errc <- nil
	}()
	select {
	case derr := <-errc:
		return derr
	case <-ctx.Done():
		return ctx.Err()
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.Intn(200_000)))
	defer cancel()
	_ = TimeToLiveHTTP(ctx)
}
