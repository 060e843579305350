//go:build ignore

// Upstream clientv3/concurrency/election.go and key.go after the fix.
package main

import (
	"fmt"
	"strings"
	"sync"
)

type keyValue struct {
	key            string
	value          string
	createRevision int64
}

type watch struct {
	key string
	wch chan struct{}
}

// A server keeps the keys, the oldest first, and knows who waits for the deletion of which.
type server struct {
	store    sync.Mutex
	revision int64
	kvs      []*keyValue
	watches  []watch
}

func (s *server) create(key, value string) int64 {
	s.revision++
	s.kvs = append(s.kvs, &keyValue{key, value, s.revision})
	return s.revision
}

// A Client has one session, with a lease.
type Client struct {
	*server
	lease int64
}

func (c Client) getFirst(prefix string) *keyValue {
	c.store.Lock()
	defer c.store.Unlock()
	for _, kv := range c.kvs {
		if strings.HasPrefix(kv.key, prefix) {
			return kv
		}
	}
	return nil
}

func (c Client) getLast(prefix string, rev int64) *keyValue {
	c.store.Lock()
	defer c.store.Unlock()
	for i := len(c.kvs) - 1; i >= 0; i-- {
		if kv := c.kvs[i]; strings.HasPrefix(kv.key, prefix) && kv.createRevision <= rev {
			return kv
		}
	}
	return nil
}

// Watch yields a channel that tells when this key, created in this revision, is deleted.
func (c Client) Watch(key string, rev int64) chan struct{} {
	wch := make(chan struct{}, 1)
	c.store.Lock()
	defer c.store.Unlock()
	for _, kv := range c.kvs {
		if kv.key == key && kv.createRevision == rev {
			c.watches = append(c.watches, watch{key, wch})
			return wch
		}
	}
	wch <- struct{}{}
	return wch
}

func (c Client) Delete(key string) {
	c.store.Lock()
	defer c.store.Unlock()
	c.revision++
	var kvs []*keyValue
	for _, kv := range c.kvs {
		if kv.key != key {
			kvs = append(kvs, kv)
		}
	}
	c.kvs = kvs
	var watches []watch
	for _, w := range c.watches {
		if w.key == key {
			w.wch <- struct{}{}
		} else {
			watches = append(watches, w)
		}
	}
	c.watches = watches
}

func waitDelete(client Client, key string, rev int64) {
	wch := client.Watch(key, rev)
	<-wch
}

// waitDeletes waits until all keys of this prefix that were created in this revision or before are deleted.
func waitDeletes(client Client, prefix string, rev int64) {
	for {
		lastKV := client.getLast(prefix, rev)
		if lastKV == nil {
			return
		}
		rev = lastKV.createRevision
		waitDelete(client, lastKV.key, rev)
	}
}

type Election struct {
	client    Client
	keyPrefix string
	leaderKey string
	leaderRev int64
}

func NewElection(client Client, pfx string) *Election {
	return &Election{client: client, keyPrefix: pfx}
}

func (e *Election) Campaign(val string) {
	k := fmt.Sprintf("%s/%x", e.keyPrefix, e.client.lease)
	// One transaction: if there is no such key it is created, else read.
	e.client.store.Lock()
	var found *keyValue
	for _, kv := range e.client.kvs {
		if kv.key == k {
			found = kv
		}
	}
	if found != nil {
		e.leaderRev = found.createRevision
	} else {
		e.leaderRev = e.client.create(k, val)
	}
	proclaims := found != nil && found.value != val
	e.client.store.Unlock()

	e.leaderKey = k
	if proclaims {
		e.Proclaim(val)
	}
	waitDeletes(e.client, e.keyPrefix, e.leaderRev-1)
}

func (e *Election) Proclaim(val string) {
	e.client.store.Lock()
	defer e.client.store.Unlock()
	for _, kv := range e.client.kvs {
		if kv.key == e.leaderKey && kv.createRevision == e.leaderRev {
			kv.value = val
			e.client.revision++
			return
		}
	}
	panic("election: not leader")
}

func (e *Election) Resign() {
	e.client.Delete(e.leaderKey)
}

func main() {
	store := &server{}
	cli := Client{store, 1}
	other := Client{store, 2}

	go func() { // candidate
		e := NewElection(other, "test-elect")
		e.Campaign("xyz")
		e.Resign()
	}()

	e := NewElection(cli, "test-elect")
	e.Campaign("abc")
	e2 := NewElection(cli, "test-elect")
	e2.Campaign("def")
	if leader := cli.getFirst("test-elect"); leader.value != "def" {
		panic("unexpected leader " + leader.value)
	}
	e2.Resign()
}
