//! Upstream `federation/pkg/federation-controller/util/federated_informer.go` before the fix, with
//! what it needs of `pkg/controller/framework/controller.go` and `pkg/client/cache/delta_fifo.go`.

use std::collections::{BTreeMap, VecDeque};

use gordian_checker::sync::{Mutex, RwLock, go, mutex, rwlock};

type Cluster = &'static str;

/// Its lock is used for writing only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct DeltaFifo {
    lock: RwLock<Items>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Items {
    queue: VecDeque<Cluster>,
    populated: bool,
    initial_population_count: usize,
}

impl DeltaFifo {
    /// Returns a queue that the first listing has filled.
    fn new(lock: &str, items: &[Cluster]) -> Self {
        let items = Items {
            queue: items.iter().copied().collect(),
            populated: true,
            initial_population_count: items.len(),
        };
        Self {
            lock: rwlock(lock, items),
        }
    }

    fn has_synced(self) -> bool {
        let f = self.lock.lock();
        f.populated && f.initial_population_count == 0
    }

    fn pop(self, process: impl FnOnce(Cluster)) {
        let mut f = self.lock.lock();
        let Some(item) = f.queue.pop_front() else {
            return;
        };
        f.initial_population_count = f.initial_population_count.saturating_sub(1);
        process(item);
    }
}

/// `framework.Controller`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Controller {
    queue: DeltaFifo,
}

impl Controller {
    fn has_synced(self) -> bool {
        self.queue.has_synced()
    }

    fn process_loop(self, process: impl FnOnce(Cluster)) {
        self.queue.pop(process);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Informer {
    controller: Controller,
}

/// `federatedInformerImpl`, which embeds its `sync.Mutex`: that is over `targetInformers`.
#[derive(Clone, Copy)]
struct FederatedInformer {
    mutex: Mutex<BTreeMap<Cluster, Informer>>,
    cluster_informer: Informer,
}

impl FederatedInformer {
    fn start(self) {
        go("processLoop", move || {
            let controller = self.cluster_informer.controller;
            controller.process_loop(|cluster| self.add_cluster(cluster));
        });
    }

    fn add_cluster(self, cluster: Cluster) {
        let mut target_informers = self.mutex.lock();
        let queue = DeltaFifo::new("targetInformer.fifo.lock", &[]);
        let target_informer = Informer {
            controller: Controller { queue },
        };
        target_informers.insert(cluster, target_informer);
    }

    fn clusters_synced(self) -> bool {
        let _f = self.mutex.lock();
        self.cluster_informer.controller.has_synced()
    }

    fn get_target_store(self) -> FederatedStore {
        FederatedStore {
            federated_informer: self,
        }
    }
}

#[derive(Clone, Copy)]
struct FederatedStore {
    federated_informer: FederatedInformer,
}

impl FederatedStore {
    fn clusters_synced(self, clusters: &[Cluster]) -> bool {
        let target_informers = self.federated_informer.mutex.lock();

        if target_informers.len() != clusters.len() {
            return false;
        }
        for cluster in clusters {
            if let Some(target_informer) = target_informers.get(cluster) {
                if !target_informer.controller.has_synced() {
                    return false;
                }
            } else {
                return false;
            }
        }
        true
    }
}

/// A controller checks that all is synced, as its `isSynced` does, while the first cluster is
/// added.
pub fn main() {
    let federated_informer = FederatedInformer {
        mutex: mutex("federatedInformer", BTreeMap::new()),
        cluster_informer: Informer {
            controller: Controller {
                queue: DeltaFifo::new("clusterInformer.fifo.lock", &["cluster1"]),
            },
        },
    };
    federated_informer.start();

    if federated_informer.clusters_synced() {
        let store = federated_informer.get_target_store();
        assert!(store.clusters_synced(&["cluster1"]));
    }
}
