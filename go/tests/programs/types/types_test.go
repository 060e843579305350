package types

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"testing"
)

type shape interface {
	area() float64
	name() string
}

type square struct{ side float64 }
type circle struct{ r float64 }

func (s square) area() float64  { return s.side * s.side }
func (s square) name() string   { return "square" }
func (c *circle) area() float64 { return 3 * c.r * c.r }
func (c *circle) name() string  { return "circle" }

func TestInterfaces(t *testing.T) {
	var s shape
	fmt.Println(s == nil)
	for _, s = range []shape{square{2}, &circle{1}} {
		fmt.Println(s.name(), s.area())
	}
	_, ok := s.(square)
	_, ok2 := s.(interface{ area() float64 })
	_, ok3 := s.(fmt.Stringer)
	fmt.Println(ok, ok2, ok3)
}

type animal struct{ sound string }

func (a animal) Speak() string    { return a.sound }
func (a *animal) Become(s string) { a.sound = s }
func (a animal) Describe() string { return "I say " + a.Speak() }

type dog struct {
	animal
	name string
}

func (d dog) Speak() string { return d.name + " says " + d.animal.Speak() }

type puppy struct {
	*dog
	age int
}

func TestEmbedding(t *testing.T) {
	d := dog{animal{"woof"}, "rex"}
	fmt.Println(d.Speak(), d.Describe(), d.sound)
	d.Become("bark")
	p := puppy{&d, 1}
	p.Become("yip")
	fmt.Println(p.Speak(), d.sound, p.animal.Describe())
	var s interface{ Speak() string } = p
	fmt.Println(s.Speak())
	f := p.Describe
	p.Become("later")
	fmt.Println(f(), p.Describe())
}

type reader struct{ io.Reader }

func TestEmbeddedInterface(t *testing.T) {
	r := reader{strings.NewReader("hello")}
	b := make([]byte, 3)
	n, err := r.Read(b)
	fmt.Println(n, err, string(b))
	defer func() { fmt.Println(recover() != nil) }()
	var empty reader
	empty.Read(b)
}

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

type list []int

func (l list) Len() int           { return len(l) }
func (l list) Less(i, j int) bool { return l[i] > l[j] }
func (l list) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *list) push(x int)        { *l = append(*l, x) }

func TestNamedTypes(t *testing.T) {
	var c celsius = 36.6
	l := list{1, 3, 2}
	l.push(4)
	sort.Sort(l)
	fmt.Println(c, l, float64(c)+1, []int(l)[0])
	fmt.Printf("%v %s %T %d\n", c, c, c, l)
}

type fn func(int) int

func (f fn) twice(x int) int { return f(f(x)) }

func TestFunctionTypes(t *testing.T) {
	double := fn(func(x int) int { return 2 * x })
	fmt.Println(double.twice(3))
	var g func(int) int = double
	fmt.Println(g(5), fn(nil) == nil)
}

type notFound struct{ key string }

func (e *notFound) Error() string { return e.key + " not found" }

var errBase = errors.New("base")

func find(key string) error {
	switch key {
	case "":
		return nil
	case "base":
		return fmt.Errorf("wrapped: %w", errBase)
	}
	return fmt.Errorf("find: %w", &notFound{key})
}

func TestErrors(t *testing.T) {
	fmt.Println(find(""), find("x"))
	err := find("y")
	var nf *notFound
	fmt.Println(errors.As(err, &nf), nf.key, errors.Is(err, errBase))
	err = find("base")
	fmt.Println(errors.Is(err, errBase), errors.Unwrap(err) == errBase, errors.As(err, &nf))
	fmt.Println(errors.New("a") == errors.New("a"))
}

func typedNil() error {
	var e *notFound
	return e
}

func TestTypedNil(t *testing.T) {
	err := typedNil()
	fmt.Println(err == nil, err != nil)
	var p *circle
	var s shape = p
	fmt.Println(s == nil, s.name())
}

type number interface {
	~int | ~int64 | ~float64
}

func sum[T number](xs ...T) T {
	var total T
	for _, x := range xs {
		total += x
	}
	return total
}

func mapped[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(x T) { s.items = append(s.items, x) }
func (s *stack[T]) pop() (T, bool) {
	var zero T
	if len(s.items) == 0 {
		return zero, false
	}
	x := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return x, true
}

type set[K comparable] map[K]struct{}

func (s set[K]) add(k K)      { s[k] = struct{}{} }
func (s set[K]) has(k K) bool { _, ok := s[k]; return ok }

type mine int

func TestGenericFunctions(t *testing.T) {
	fmt.Println(sum(1, 2, 3), sum(1.5, 2.0), sum[mine](4, 5), sum[int]())
	fmt.Println(mapped([]int{1, 2}, func(i int) string { return strings.Repeat("x", i) }))
}

func TestGenericTypes(t *testing.T) {
	var s stack[string]
	s.push("a")
	s.push("b")
	x, ok := s.pop()
	fmt.Println(x, ok, len(s.items))
	var e stack[int]
	fmt.Println(e.pop())
	u := set[int]{}
	u.add(3)
	fmt.Println(u.has(3), u.has(4), len(u))
}

type pair[A, B any] struct {
	a A
	b B
}

func makePair[A, B any](a A, b B) pair[A, B] { return pair[A, B]{a, b} }

func (p pair[A, B]) swap() pair[B, A] { return pair[B, A]{p.b, p.a} }

type tree[T interface{ ~int | ~string }] struct {
	v           T
	left, right *tree[T]
}

func (n *tree[T]) insert(v T) *tree[T] {
	if n == nil {
		return &tree[T]{v: v}
	}
	if v < n.v {
		n.left = n.left.insert(v)
	} else {
		n.right = n.right.insert(v)
	}
	return n
}

func (n *tree[T]) each(f func(T)) {
	if n != nil {
		n.left.each(f)
		f(n.v)
		n.right.each(f)
	}
}

func TestGenericNested(t *testing.T) {
	p := makePair(1, "x").swap()
	fmt.Println(p.a, p.b)
	fmt.Printf("%v %T\n", p, 1)
	var root *tree[string]
	for _, s := range []string{"m", "c", "x"} {
		root = root.insert(s)
	}
	root.each(func(s string) { fmt.Print(s, " ") })
	fmt.Println()
}

type stringish interface {
	~string
	Len() int
}
type word string

func (w word) Len() int { return len(w) }

func longest[S stringish](xs []S) (best S) {
	for _, x := range xs {
		if x.Len() > best.Len() {
			best = x
		}
	}
	return
}

func TestGenericMethodsInConstraint(t *testing.T) {
	fmt.Println(longest([]word{"a", "ccc", "bb"}))
}

func TestTypeAssertions(t *testing.T) {
	var v any = celsius(3)
	c, ok := v.(celsius)
	f, ok2 := v.(float64)
	s, ok3 := v.(fmt.Stringer)
	fmt.Println(c, ok, f, ok2, s, ok3)
	defer func() { fmt.Println(recover()) }()
	_ = v.(int)
}

func TestTypeAssertionMessages(t *testing.T) {
	try := func(f func()) {
		defer func() { fmt.Println(recover()) }()
		f()
	}
	var v any = square{1}
	var s shape = square{1}
	try(func() { _ = v.(*circle) })
	try(func() { _ = v.(fmt.Stringer) })
	try(func() { _ = s.(*circle) })
	try(func() { v = nil; _ = v.(shape) })
}

type visitor interface{ visit(n int) visitor }
type counting struct{ n *int }

func (c counting) visit(n int) visitor {
	*c.n += n
	if n == 0 {
		return nil
	}
	return c
}

func TestInterfaceReturningItself(t *testing.T) {
	total := 0
	var v visitor = counting{&total}
	for _, n := range []int{3, 4, 0, 9} {
		if v = v.visit(n); v == nil {
			break
		}
	}
	fmt.Println(total)
}

func TestMethodExpressions(t *testing.T) {
	f := shape.area
	g := (*circle).area
	h := square.name
	fmt.Println(f(square{3}), g(&circle{2}), h(square{}))
}

func TestLocalTypes(t *testing.T) {
	type a struct{ x int }
	v := any(a{1})
	{
		type a struct{ x int }
		_, ok := v.(a)
		fmt.Println(ok)
	}
	_, ok := v.(a)
	fmt.Printf("%v %T\n", ok, v)
}

func TestAliases(t *testing.T) {
	type ints = []int
	var x ints = []int{1}
	_, ok := any(x).([]int)
	fmt.Println(ok)
}

func TestStructTagsAndBlank(t *testing.T) {
	type s struct {
		A int `json:"a"`
		_ int
		B string
	}
	x := s{A: 1, B: "b"}
	y := s{A: 1, B: "b"}
	fmt.Println(x == y, x)
}

func TestRecursiveTypes(t *testing.T) {
	type f func(int) f
	var count f
	n := 0
	count = func(i int) f { n += i; return count }
	count(1)(2)(3)
	type m map[string]m
	x := m{"a": {"b": nil}}
	fmt.Println(n, len(x["a"]), x["a"]["b"] == nil)
}

func TestCompareInterfacesOfPointers(t *testing.T) {
	a, b := &circle{1}, &circle{1}
	var x, y shape = a, b
	fmt.Println(x == y, x == shape(a), *a == *b)
}

type stater interface{ next() stater }
type stateA struct{ log *[]string }
type stateB struct{ log *[]string }

func (s stateA) next() stater { *s.log = append(*s.log, "A"); return stateB{s.log} }
func (s stateB) next() stater { *s.log = append(*s.log, "B"); return nil }

func TestStateMachine(t *testing.T) {
	var log []string
	for s := stater(stateA{&log}); s != nil; s = s.next() {
	}
	fmt.Println(log)
}

type option func(*config)
type config struct {
	name string
	n    int
}

func withName(s string) option { return func(c *config) { c.name = s } }
func newConfig(os ...option) config {
	c := config{n: 1}
	for _, o := range os {
		o(&c)
	}
	return c
}

func TestOptions(t *testing.T) {
	fmt.Println(newConfig(), newConfig(withName("x"), func(c *config) { c.n++ }))
}
