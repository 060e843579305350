//go:build ignore

// Upstream federation/pkg/federation-controller/util/federated_informer.go before the fix, with what it needs of
// pkg/controller/framework/controller.go and pkg/client/cache/delta_fifo.go.
package main

import "sync"

type DeltaFIFO struct {
	lock                   sync.RWMutex
	queue                  []string
	initialPopulationCount int
}

func (f *DeltaFIFO) HasSynced() bool {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.initialPopulationCount == 0
}

func (f *DeltaFIFO) Pop(process func(string)) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if len(f.queue) == 0 {
		return
	}
	item := f.queue[0]
	f.queue = f.queue[1:]
	if f.initialPopulationCount > 0 {
		f.initialPopulationCount--
	}
	process(item)
}

type informer struct {
	controller *DeltaFIFO
}

type federatedInformerImpl struct {
	sync.Mutex
	clusterInformer informer
	targetInformers map[string]informer
}

func (f *federatedInformerImpl) Start() {
	go f.clusterInformer.controller.Pop(f.addCluster) // processLoop
}

func (f *federatedInformerImpl) addCluster(cluster string) {
	f.Lock()
	defer f.Unlock()
	f.targetInformers[cluster] = informer{controller: &DeltaFIFO{}}
}

func (f *federatedInformerImpl) ClustersSynced() bool {
	f.Lock()
	defer f.Unlock()
	return f.clusterInformer.controller.HasSynced()
}

type federatedStoreImpl struct {
	federatedInformer *federatedInformerImpl
}

func (fs *federatedStoreImpl) ClustersSynced(clusters []string) bool {
	fs.federatedInformer.Lock()
	defer fs.federatedInformer.Unlock()
	if len(fs.federatedInformer.targetInformers) != len(clusters) {
		return false
	}
	for _, cluster := range clusters {
		targetInformer, found := fs.federatedInformer.targetInformers[cluster]
		if !found || !targetInformer.controller.HasSynced() {
			return false
		}
	}
	return true
}

func main() {
	queue := &DeltaFIFO{queue: []string{"cluster1"}, initialPopulationCount: 1}
	f := &federatedInformerImpl{
		clusterInformer: informer{controller: queue},
		targetInformers: map[string]informer{},
	}
	f.Start()

	if f.ClustersSynced() {
		store := &federatedStoreImpl{f}
		if !store.ClustersSynced([]string{"cluster1"}) {
			panic("not synced")
		}
	}
}
