//go:build ignore

// Upstream pkg/controller/resourcequota/resource_quota_controller.go after the fix, with what it needs of
// client-go/util/workqueue/queue.go.
package main

import "sync"

type queue struct {
	cond         *sync.Cond
	items        []string
	shuttingDown bool
}

func newQueue() *queue {
	return &queue{cond: sync.NewCond(&sync.Mutex{})}
}

func (q *queue) Add(item string) {
	q.cond.L.Lock()
	defer q.cond.L.Unlock()
	q.items = append(q.items, item)
	q.cond.Signal()
}

func (q *queue) Get() (item string, shutdown bool) {
	q.cond.L.Lock()
	defer q.cond.L.Unlock()
	for len(q.items) == 0 && !q.shuttingDown {
		q.cond.Wait()
	}
	if len(q.items) == 0 {
		return "", true
	}
	item, q.items = q.items[0], q.items[1:]
	return item, false
}

func (q *queue) ShutDown() {
	q.cond.L.Lock()
	defer q.cond.L.Unlock()
	q.shuttingDown = true
	q.cond.Broadcast()
}

type ResourceQuotaController struct {
	queue             *queue
	missingUsageQueue *queue
	workerLock        sync.RWMutex
	synced            chan string
}

func (rq *ResourceQuotaController) worker(queue *queue) {
	key, quit := queue.Get()
	if quit {
		return
	}
	rq.workerLock.RLock()
	defer rq.workerLock.RUnlock()
	rq.syncHandler(key)
}

func (rq *ResourceQuotaController) syncHandler(key string) {
	rq.synced <- key
}

func (rq *ResourceQuotaController) Sync() {
	rq.workerLock.Lock()
	defer rq.workerLock.Unlock()
}

func main() {
	rq := &ResourceQuotaController{
		queue:             newQueue(),
		missingUsageQueue: newQueue(),
		synced:            make(chan string),
	}
	rq.queue.Add("quota")

	go rq.worker(rq.queue)             // worker.queue
	go rq.worker(rq.missingUsageQueue) // worker.missingUsageQueue
	go rq.Sync()                       // Sync

	<-rq.synced
	rq.missingUsageQueue.ShutDown()
}
