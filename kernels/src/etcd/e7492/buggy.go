//go:build ignore

// Upstream auth/simple_token.go before the fix.
package main

import (
	"math/rand"
	"sync"
	"time"
)

type simpleTokenTTLKeeper struct {
	tokens           map[int]bool
	addSimpleTokenCh chan int
	stopCh           chan chan struct{}
	deleteTokenFunc  func(int)
}

func NewSimpleTokenTTLKeeper(deleteTokenFunc func(int)) *simpleTokenTTLKeeper {
	stk := &simpleTokenTTLKeeper{
		tokens:           make(map[int]bool),
		addSimpleTokenCh: make(chan int, 1),
		stopCh:           make(chan chan struct{}),
		deleteTokenFunc:  deleteTokenFunc,
	}
	go stk.run() // run
	return stk
}

func (tm *simpleTokenTTLKeeper) stop() {
	waitCh := make(chan struct{})
	tm.stopCh <- waitCh
	<-waitCh
	close(tm.stopCh)
}

func (tm *simpleTokenTTLKeeper) addSimpleToken(token int) {
	tm.addSimpleTokenCh <- token
}

// isExpired says whether the token's time has come.
func isExpired(token int) bool {
	return rand.Intn(2) == 0
}

func (tm *simpleTokenTTLKeeper) run() {
	tokenTicker := time.NewTicker(time.Duration(1 + rand.Intn(100_000)))
	defer tokenTicker.Stop()
	for {
		select {
		case t := <-tm.addSimpleTokenCh:
			tm.tokens[t] = true
		case <-tokenTicker.C:
			// One tick is enough for the bug.
			tokenTicker.Stop()
			for t := range tm.tokens {
				if isExpired(t) {
					tm.deleteTokenFunc(t)
					delete(tm.tokens, t)
				}
			}
		case waitCh := <-tm.stopCh:
			waitCh <- struct{}{}
			return
		}
	}
}

type tokenSimple struct {
	simpleTokensMu    sync.RWMutex
	simpleTokens      map[int]bool
	simpleTokenKeeper *simpleTokenTTLKeeper
}

func (t *tokenSimple) assignSimpleTokenToUser(token int) {
	t.simpleTokensMu.Lock()
	t.simpleTokens[token] = true
	t.simpleTokenKeeper.addSimpleToken(token)
	t.simpleTokensMu.Unlock()
}

func (t *tokenSimple) deleteToken(token int) {
	t.simpleTokensMu.Lock()
	defer t.simpleTokensMu.Unlock()
	delete(t.simpleTokens, token)
}

func (t *tokenSimple) enable() {
	t.simpleTokenKeeper = NewSimpleTokenTTLKeeper(t.deleteToken)
}

func (t *tokenSimple) disable() {
	if t.simpleTokenKeeper != nil {
		t.simpleTokenKeeper.stop()
		t.simpleTokenKeeper = nil
	}
	t.simpleTokensMu.Lock()
	t.simpleTokens = make(map[int]bool)
	t.simpleTokensMu.Unlock()
}

func main() {
	t := &tokenSimple{simpleTokens: make(map[int]bool)}
	t.enable()
	defer t.disable()

	var wg sync.WaitGroup
	wg.Add(3)
	for user := 0; user < 3; user++ {
		user := user
		go func() { // Authenticate
			defer wg.Done()
			t.assignSimpleTokenToUser(user)
		}()
	}
	wg.Wait()
}
