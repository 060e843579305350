package data

import (
	"fmt"
	"sort"
	"testing"
)

func TestAppendAliasing(t *testing.T) {
	a := make([]int, 2, 4)
	b := append(a, 1)
	c := append(a, 2)
	fmt.Println(len(a), b, c, cap(a), cap(b))
	d := append(a[:1:1], 9)
	fmt.Println(a, d)
}

func TestAppendGrowth(t *testing.T) {
	var s []int
	for i := 0; i < 10; i++ {
		s = append(s, i)
	}
	fmt.Println(len(s), s[9], append([]byte("ab"), "cd"...))
	fmt.Println(append([]int(nil), s[2:5]...))
}

func TestCopy(t *testing.T) {
	s := []int{1, 2, 3, 4, 5}
	n := copy(s, s[2:])
	fmt.Println(n, s)
	n = copy(s[1:], s)
	fmt.Println(n, s)
	b := make([]byte, 3)
	fmt.Println(copy(b, "hello"), string(b))
}

func TestReslice(t *testing.T) {
	s := []int{0, 1, 2, 3, 4}
	u := s[1:3]
	fmt.Println(len(u), cap(u), u[:4], s[:0], s[5:])
	u[0] = 99
	fmt.Println(s)
	a := [4]string{"a", "b", "c", "d"}
	v := a[1:3:3]
	v[0] = "B"
	fmt.Println(a, v, cap(v))
}

func TestNilSlices(t *testing.T) {
	var s []int
	fmt.Println(s == nil, len(s), cap(s), s[:0] == nil)
	for range s {
		fmt.Println("never")
	}
	s = append(s, s...)
	fmt.Println(s == nil, []int{} == nil)
}

func TestArraysAreValues(t *testing.T) {
	a := [3]int{1, 2, 3}
	b := a
	b[0] = 9
	p := &a
	p[1] = 7
	fmt.Println(a, b, a == b, a == [3]int{1, 7, 3}, len(p))
	for i, v := range a {
		a[2] = 100
		fmt.Print(i, v, " ")
	}
	for i := range p {
		fmt.Print(p[i], " ")
	}
	fmt.Println()
}

func TestArrayOfArrays(t *testing.T) {
	var g [2][3]int
	g[1][2] = 5
	h := g
	h[1][0]++
	row := &g[1]
	row[1] = 4
	fmt.Println(g, h, g == h)
}

func TestSliceOfSlices(t *testing.T) {
	g := make([][]int, 3)
	for i := range g {
		g[i] = make([]int, i)
		for j := range g[i] {
			g[i][j] = i * j
		}
	}
	fmt.Println(g)
}

func TestCompositeLiterals(t *testing.T) {
	type point struct{ x, y int }
	s := []point{{1, 2}, {y: 3}}
	m := map[point]string{{1, 1}: "a"}
	a := [...]int{5: 1, 2, 1: 7}
	ps := []*point{{4, 5}}
	fmt.Println(s, m, a, len(a), *ps[0])
}

func TestMapBasics(t *testing.T) {
	m := map[string]int{"a": 1}
	m["b"] = 2
	m["a"] += 10
	v, ok := m["c"]
	delete(m, "zz")
	delete(m, "b")
	fmt.Println(m, len(m), v, ok, m["nope"])
	_, ok = m["a"]
	fmt.Println(ok)
}

func TestNilMap(t *testing.T) {
	var m map[string]int
	v, ok := m["a"]
	delete(m, "a")
	fmt.Println(m == nil, len(m), v, ok)
	for range m {
		fmt.Println("never")
	}
}

func keys(m map[string]int) []string {
	var ks []string
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

func TestMapRange(t *testing.T) {
	m := map[string]int{"a": 1, "b": 2, "c": 3}
	sum := 0
	for _, v := range m {
		sum += v
	}
	fmt.Println(sum, keys(m))
}

func TestMapDeleteWhileRanging(t *testing.T) {
	m := map[int]int{1: 1, 2: 2, 3: 3}
	for k := range m {
		delete(m, k)
	}
	fmt.Println(len(m))
}

func TestMapKeys(t *testing.T) {
	type key struct {
		s string
		n int
	}
	m := map[any]int{1: 1, "a": 2, key{"x", 1}: 3, [2]int{1, 2}: 4, 1.5: 5}
	fmt.Println(m[1], m["a"], m[key{"x", 1}], m[[2]int{1, 2}], m[1.5], m[int64(1)])
	p, q := new(int), new(int)
	n := map[*int]string{p: "p", q: "q"}
	fmt.Println(n[p], n[q], len(n))
}

func TestMapOfStructs(t *testing.T) {
	type s struct{ n int }
	m := map[string]s{"a": {1}}
	v := m["a"]
	v.n = 5
	fmt.Println(m["a"].n, v.n)
	pm := map[string]*s{"a": {1}}
	pm["a"].n++
	fmt.Println(pm["a"].n)
	mm := map[string][]int{}
	mm["x"] = append(mm["x"], 1, 2)
	fmt.Println(mm)
}

func TestMapIsReference(t *testing.T) {
	m := map[int]bool{}
	f := func(m map[int]bool) { m[1] = true }
	f(m)
	n := m
	n[2] = true
	fmt.Println(len(m))
}

func TestStringIndexing(t *testing.T) {
	s := "héllo"
	fmt.Println(len(s), s[1], s[0] == 'h', s[1:3], s[3:])
	for i, r := range s {
		fmt.Print(i, ":", string(r), " ")
	}
	fmt.Println()
}

func TestStringConversions(t *testing.T) {
	fmt.Println([]byte("aé"), []rune("aé"), string([]byte{104, 105}), string([]rune{233, 0x4e16}), string(rune(65)))
	b := []byte("abc")
	s := string(b)
	b[0] = 'X'
	fmt.Println(s, string(b))
}

func TestInvalidUTF8(t *testing.T) {
	s := "a\xffb\xe4\xb8"
	for i, r := range s {
		fmt.Print(i, ":", r, " ")
	}
	fmt.Println(len(s), []rune(s))
}

func TestStringCompare(t *testing.T) {
	a, b := "abc", "abd"
	fmt.Println(a < b, a == b, a+b, a > "ab", "" < a, a >= "abc")
	s := ""
	for i := 0; i < 3; i++ {
		s += string(rune('a' + i))
	}
	fmt.Println(s)
}

func TestStructs(t *testing.T) {
	type inner struct{ a, b int }
	type outer struct {
		inner
		name string
		p    *inner
	}
	o := outer{inner{1, 2}, "x", &inner{3, 4}}
	c := o
	c.a = 10
	c.p.a = 30
	fmt.Println(o.a, c.inner.a, o.p.a, o.name == c.name, o.inner == inner{1, 2})
}

func TestAnonymousStructs(t *testing.T) {
	v := struct {
		n int
		s string
	}{1, "a"}
	w := struct {
		n int
		s string
	}{1, "a"}
	fmt.Println(v == w, v)
	for _, c := range []struct {
		in, want int
	}{{1, 2}, {3, 4}} {
		fmt.Print(c.in, c.want, " ")
	}
	fmt.Println()
}

func TestPointers(t *testing.T) {
	x := 1
	p := &x
	q := &p
	**q = 5
	fmt.Println(x, *p, p == *q, p == nil)
	a := []int{1, 2}
	e := &a[1]
	*e = 9
	a = append(a, 3)
	*e = 10
	fmt.Println(a[1] == 9 || a[1] == 10, *e)
	s := struct{ f [2]int }{}
	g := &s.f[1]
	*g = 3
	fmt.Println(s)
	n := new(int)
	*n++
	fmt.Println(*n)
}

type node struct {
	v           int
	left, right *node
}

func (n *node) insert(v int) *node {
	if n == nil {
		return &node{v: v}
	}
	if v < n.v {
		n.left = n.left.insert(v)
	} else {
		n.right = n.right.insert(v)
	}
	return n
}

func (n *node) walk(f func(int)) {
	if n != nil {
		n.left.walk(f)
		f(n.v)
		n.right.walk(f)
	}
}

func TestTree(t *testing.T) {
	var root *node
	for _, v := range []int{5, 2, 8, 1, 9, 3} {
		root = root.insert(v)
	}
	root.walk(func(v int) { fmt.Print(v, " ") })
	fmt.Println()
}

func TestLinkedList(t *testing.T) {
	type cell struct {
		v    int
		next *cell
	}
	var head *cell
	for i := 0; i < 4; i++ {
		head = &cell{i, head}
	}
	for c := head; c != nil; c = c.next {
		fmt.Print(c.v, " ")
	}
	fmt.Println()
}

func TestRangeCopies(t *testing.T) {
	s := []int{1, 2, 3}
	for i, v := range s {
		s[i] = v * 10
		if i == 0 {
			s = append(s, 99)
		}
	}
	fmt.Println(s)
	type p struct{ n int }
	ps := []p{{1}, {2}}
	for _, x := range ps {
		x.n = 100
	}
	for i := range ps {
		ps[i].n++
	}
	fmt.Println(ps)
}

func TestRangeChannel(t *testing.T) {
	ch := make(chan int, 3)
	for i := 0; i < 3; i++ {
		ch <- i * i
	}
	close(ch)
	for v := range ch {
		fmt.Print(v, " ")
	}
	fmt.Println(len(ch), cap(ch))
}

func TestZeroSized(t *testing.T) {
	s := make([]struct{}, 3)
	s = append(s, struct{}{})
	m := map[string]struct{}{"a": {}}
	_, ok := m["a"]
	var e [0]int
	fmt.Println(len(s), ok, len(e), s[0] == struct{}{})
}

func TestSliceToArrayPointer(t *testing.T) {
	s := []int{1, 2, 3}
	p := (*[2]int)(s)
	p[0] = 9
	fmt.Println(s, *p)
}

func TestBigSlice(t *testing.T) {
	s := make([]int, 1000)
	for i := range s {
		s[i] = i
	}
	sum := 0
	for _, v := range s {
		sum += v
	}
	fmt.Println(sum)
}

func TestMatrix(t *testing.T) {
	a := [2][2]int{{1, 2}, {3, 4}}
	var c [2][2]int
	for i := 0; i < 2; i++ {
		for j := 0; j < 2; j++ {
			for k := 0; k < 2; k++ {
				c[i][j] += a[i][k] * a[k][j]
			}
		}
	}
	fmt.Println(c)
}

func TestFuncsInMaps(t *testing.T) {
	ops := map[string]func(int, int) int{
		"+": func(a, b int) int { return a + b },
		"*": func(a, b int) int { return a * b },
	}
	fmt.Println(ops["+"](2, 3), ops["*"](2, 3), ops["-"] == nil)
}

func TestLargeMaps(t *testing.T) {
	m := map[int]int{}
	for i := 0; i < 300; i++ {
		m[i*7%300] = i
	}
	sum, visits := 0, 0
	for i := 0; i < 300; i++ {
		sum += m[i]
	}
	for k := range m {
		m[k]++
		visits++
	}
	fmt.Println(len(m), sum, visits, m[7])
	// Of each pair the one that comes first takes the other out.
	visits = 0
	for k := range m {
		delete(m, k^1)
		visits++
	}
	fmt.Println(len(m), visits)
	for k := range m {
		delete(m, k)
	}
	_, there := m[7]
	fmt.Println(len(m), there)
	m[7] = 1
	fmt.Println(m)
}
