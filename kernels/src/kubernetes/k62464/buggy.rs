//! Upstream `pkg/kubelet/cm/cpumanager/state/state_mem.go` before the fix.

use std::collections::BTreeMap;

use gordian_checker::sync::{RwLock, go, rwlock};

type CpuSet = u64;

/// `stateMemory`, which embeds its `sync.RWMutex`.
#[derive(Clone, Copy)]
struct StateMemory {
    rw_mutex: RwLock<State>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State {
    assignments: BTreeMap<&'static str, CpuSet>,
    default_cpu_set: CpuSet,
}

impl StateMemory {
    fn get_cpu_set(self, container_id: &str) -> Option<CpuSet> {
        let s = self.rw_mutex.rlock();
        s.assignments.get(container_id).copied()
    }

    fn get_default_cpu_set(self) -> CpuSet {
        let s = self.rw_mutex.rlock();
        s.default_cpu_set
    }

    fn get_cpu_set_or_default(self, container_id: &str) -> CpuSet {
        let _s = self.rw_mutex.rlock();

        if let Some(res) = self.get_cpu_set(container_id) {
            return res;
        }
        self.get_default_cpu_set()
    }

    fn set_cpu_set(self, container_id: &'static str, cset: CpuSet) {
        let mut s = self.rw_mutex.lock();
        s.assignments.insert(container_id, cset);
    }
}

/// A container is added while `reconcileState` looks for its CPUs.
pub fn main() {
    let s = StateMemory {
        rw_mutex: rwlock(
            "s",
            State {
                assignments: BTreeMap::new(),
                default_cpu_set: 0b1111,
            },
        ),
    };

    go("reconcileState", move || {
        s.get_cpu_set_or_default("container");
    });

    s.set_cpu_set("container", 0b0001);
}
