// Types, constants and expressions of all kinds.
package main

import (
	"sync"
	"unsafe"
)

type shape interface {
	area() float64
	String() string
}

type base struct {
	sync.Mutex
	name string
	_    int8
}

func (b *base) String() string { return b.name }

type square struct {
	*base
	side float32
}

func (s square) area() float64 { return float64(s.side) * float64(s.side) }

type pair[K comparable, V any] struct {
	key   K
	value V
	next  *pair[K, V]
}

func (p *pair[K, V]) find(key K) (v V, ok bool) {
	for ; p != nil; p = p.next {
		if p.key == key {
			return p.value, true
		}
	}
	return
}

func apply[T any](list []T, f func(T) T) []T {
	out := make([]T, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

type weekday uint8

const (
	monday weekday = iota + 250
	tuesday
)

type lock sync.Mutex

var (
	table  = map[string][]weekday{"a": {monday}, "b": {tuesday, 3}}
	grid   [2][3]int
	either = len(table) > 1 || grid[0][1] == 7
	_      = unsafe.Sizeof(grid)
)

func constants() (uint64, int64, float32, complex128, string, rune) {
	return 1<<64 - 1, -1 << 63, 0.1, 1.5 + 2i, "\xff\x00 <&>\u2028", 'é'
}

func slices(s string, b []byte, n int) ([]byte, string, *[2]byte) {
	a := [4]byte{1, 2, 3}
	copy(b, s[1:n])
	c := append(b[:1:2], a[:]...)
	c = append(c, s...)
	for i, r := range s {
		c[i] ^= byte(r) &^ 1 << (n % 3)
	}
	return []byte(s), string(c), (*[2]byte)(c)
}

func methods(s shape, b *base) []func() string {
	expression := (*base).String
	return []func() string{s.String, b.String, func() string { return expression(b) }}
}

func main() {
	b := &base{name: "b"}
	s := square{b, 2}
	var list []shape
	list = append(list, s, &s)
	p := &pair[string, int]{key: "k"}
	p.find("k")
	l := new(lock)
	(*sync.Mutex)(l).Lock()
	s.Lock()
	double := apply([]int{1, 2}, func(n int) int { return n * 2 })
	for k, v := range table {
		delete(table, k)
		grid[double[0]%2][len(v)]++
	}
	if other, ok := list[0].(interface{ area() float64 }); ok && other != nil {
		println(other.area(), *(*int)(unsafe.Pointer(&grid)), either)
	}
	constants()
	slices("abc", nil, 2)
	methods(s, b)
}
