// Upstream pkg/kubelet/cm/cpumanager/state/state_mem.go.
package main

import "sync"

type stateMemory struct {
	sync.RWMutex
	assignments   map[string]uint64
	defaultCPUSet uint64
}

func (s *stateMemory) GetCPUSet(containerID string) (uint64, bool) {
	s.RLock()
	defer s.RUnlock()
	res, ok := s.assignments[containerID]
	return res, ok
}

func (s *stateMemory) GetDefaultCPUSet() uint64 {
	s.RLock()
	defer s.RUnlock()
	return s.defaultCPUSet
}

func (s *stateMemory) GetCPUSetOrDefault(containerID string) uint64 {
	s.RLock()
	defer s.RUnlock()
	if res, ok := s.GetCPUSet(containerID); ok {
		return res
	}
	return s.GetDefaultCPUSet()
}

func (s *stateMemory) SetCPUSet(containerID string, cset uint64) {
	s.Lock()
	defer s.Unlock()
	s.assignments[containerID] = cset
}
