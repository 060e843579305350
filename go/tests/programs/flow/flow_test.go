package flow

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
)

var order []string

var (
	second = mark("second", first)
	first  = mark("first", 0)
)

func mark(name string, _ int) int {
	order = append(order, name)
	return len(order)
}

func init() { order = append(order, "init a") }
func init() { order = append(order, "init b") }

func TestInitialisers(t *testing.T) { fmt.Println(order, first, second) }

func TestIfElse(t *testing.T) {
	for i := 0; i < 4; i++ {
		if j := i * 2; j == 0 {
			fmt.Println("zero")
		} else if j > 4 {
			fmt.Println("big", j)
		} else {
			fmt.Println(j)
		}
	}
}

func TestForForms(t *testing.T) {
	i := 0
	for i < 3 {
		i++
	}
	for {
		i++
		if i > 5 {
			break
		}
	}
	for range "ab" {
		i++
	}
	fmt.Println(i)
}

func TestLabels(t *testing.T) {
outer:
	for i := 0; i < 3; i++ {
		for j := 0; j < 3; j++ {
			if j == 2 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			fmt.Print(i, j, " ")
		}
	}
	fmt.Println()
}

func TestGoto(t *testing.T) {
	i := 0
again:
	i++
	if i < 4 {
		goto again
	}
	fmt.Println(i)
}

func TestSwitch(t *testing.T) {
	for i := 0; i < 6; i++ {
		switch {
		case i == 0:
			fmt.Print("zero ")
			fallthrough
		case i == 1:
			fmt.Print("one ")
		case i > 4:
			fmt.Print("big ")
		default:
			fmt.Print("other ")
		}
		switch i {
		case 1, 3, 5:
			fmt.Println("odd")
		default:
			fmt.Println("even")
		}
	}
}

func TestTypeSwitch(t *testing.T) {
	for _, v := range []any{1, "a", 2.5, nil, []int{1}, errors.New("e"), struct{}{}, true} {
		switch v := v.(type) {
		case int, bool:
			fmt.Println("int or bool", v)
		case string:
			fmt.Println("string", len(v))
		case float64:
			fmt.Println("float", v*2)
		case nil:
			fmt.Println("nil")
		case error:
			fmt.Println("error", v.Error())
		case []int:
			fmt.Println("slice", v[0])
		default:
			fmt.Printf("other %T\n", v)
		}
	}
}

func TestDeferOrder(t *testing.T) {
	for i := 0; i < 3; i++ {
		defer fmt.Println("deferred", i)
	}
	fmt.Println("body")
}

func named() (n int, err error) {
	defer func() {
		n *= 2
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	n = 21
	panic("oh")
}

func TestRecoverNamedResult(t *testing.T) { fmt.Println(named()) }

func TestDeferArgumentsEarly(t *testing.T) {
	x := 1
	defer fmt.Println("x was", x)
	x = 2
	defer func() { fmt.Println("x is", x) }()
	x = 3
}

func TestPanicInDefer(t *testing.T) {
	defer func() { fmt.Println("outer", recover()) }()
	defer func() { panic("second") }()
	panic("first")
}

func TestRecoverThenPanic(t *testing.T) {
	defer func() { fmt.Println("got", recover()) }()
	defer func() {
		fmt.Println("got", recover())
		panic("again")
	}()
	panic("once")
}

func helper() any { return recover() }

func TestRecoverNotDirect(t *testing.T) {
	defer func() { fmt.Println("direct", recover()) }()
	defer func() {
		func() { fmt.Println("nested", recover()) }()
		fmt.Println("helper", helper())
	}()
	panic("p")
}

func TestRecoverNoPanic(t *testing.T) {
	defer func() { fmt.Println(recover()) }()
	fmt.Println(recover())
}

func catch(f func()) {
	defer func() {
		r := recover()
		if err, ok := r.(error); ok {
			_, isRuntime := r.(runtime.Error)
			fmt.Println("error:", err, isRuntime)
			return
		}
		fmt.Printf("%T %v\n", r, r)
	}()
	f()
}

type pair struct{ a, b int }

func TestRuntimeErrors(t *testing.T) {
	var p *pair
	var m map[string]int
	var s []int
	var i any
	var f func()
	zero, three := 0, 3
	catch(func() { fmt.Println(p.b) })
	catch(func() { p.a = 1 })
	catch(func() { m["a"] = 1 })
	catch(func() { fmt.Println(s[three]) })
	catch(func() { fmt.Println(s[:three]) })
	catch(func() { fmt.Println("abc"[three:two()]) })
	catch(func() { fmt.Println(1 / zero) })
	catch(func() { fmt.Println(1 % zero) })
	catch(func() { fmt.Println(i.(int)) })
	catch(func() { i = "a"; fmt.Println(i.(int)) })
	catch(func() { fmt.Println(i.(fmt.Stringer)) })
	catch(func() { f() })
	catch(func() { _ = make([]int, -three+zero) })
	catch(func() { panic(fmt.Sprint("own ", three)) })
	catch(func() { panic(errors.New("an error")) })
	catch(func() { panic(pair{1, 2}) })
	catch(func() { a := [3]int{}; fmt.Println(a[three]) })
	catch(func() { fmt.Println(any(s) == any(s)) })
	catch(func() { m := map[any]int{}; m[s] = 1 })
}

func two() int { return 2 }

func TestGoexit(t *testing.T) {
	done := make(chan string)
	go func() {
		defer func() { done <- fmt.Sprint("recover gives ", recover()) }()
		defer fmt.Println("deferred before")
		runtime.Goexit()
		fmt.Println("never")
	}()
	fmt.Println(<-done)
}

func TestClosures(t *testing.T) {
	counter := func() func() int {
		n := 0
		return func() int { n++; return n }
	}
	a, b := counter(), counter()
	a()
	a()
	fmt.Println(a(), b())
}

func TestLoopVariableOld(t *testing.T) {
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { i *= 10; return i })
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println()
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func TestRecursion(t *testing.T) { fmt.Println(fib(15)) }

func TestMutualClosures(t *testing.T) {
	var even, odd func(int) bool
	even = func(n int) bool { return n == 0 || odd(n-1) }
	odd = func(n int) bool { return n != 0 && even(n-1) }
	fmt.Println(even(10), odd(7), even(3))
}

func variadic(prefix string, xs ...int) string { return fmt.Sprint(prefix, len(xs), xs == nil, xs) }

func TestVariadic(t *testing.T) {
	fmt.Println(variadic("a"), variadic("b", 1, 2), variadic("c", []int{3}...))
}

func TestMultipleAssignment(t *testing.T) {
	a, b := 1, 2
	a, b = b, a
	s := []int{0, 1, 2}
	i := 0
	i, s[i] = 2, 9
	fmt.Println(a, b, i, s)
	s[0], s[1], s[2] = s[2], s[0], s[1]
	fmt.Println(s)
}

func say(s string, v int) int { fmt.Print(s, " "); return v }

func TestEvaluationOrder(t *testing.T) {
	x := say("a", 1) + say("b", 2)*say("c", 3)
	ok := say("d", 0) == 1 && say("e", 1) == 1 || say("f", 1) == 1
	fmt.Println(x, ok)
	m := map[int]int{say("k", 1): say("v", 2)}
	fmt.Println(m, []int{say("x", 1), say("y", 2)})
}

func TestShadowing(t *testing.T) {
	x := 1
	{
		x := 2
		x++
		fmt.Println(x)
	}
	if x := x + 10; x > 0 {
		fmt.Println(x)
	}
	fmt.Println(x)
}

func TestConstants(t *testing.T) {
	const (
		a = iota * 10
		b
		_
		d
		big = 1 << 40
	)
	type weekday int
	const (
		sunday weekday = iota
		monday
	)
	fmt.Println(a, b, d, big>>38, sunday, monday)
}

func TestMethodValues(t *testing.T) {
	p := pair{1, 2}
	f := p.sum
	p.a = 100
	g := (*pair).set
	g(&p, 7)
	h := pair.sum
	fmt.Println(f(), h(p), p)
}

func (p pair) sum() int   { return p.a + p.b }
func (p *pair) set(n int) { p.b = n }

func TestDeferMethod(t *testing.T) {
	p := &pair{1, 2}
	func() {
		defer p.set(5)
		fmt.Println(p.b)
	}()
	fmt.Println(p.b)
}

func TestDeferBuiltins(t *testing.T) {
	m := map[string]int{"a": 1, "b": 2}
	ch := make(chan int)
	func() {
		defer delete(m, "a")
		defer close(ch)
		fmt.Println(len(m))
	}()
	_, ok := <-ch
	fmt.Println(len(m), ok)
}

func TestPanicStopsCaller(t *testing.T) {
	catch(func() {
		defer fmt.Println("unwinds")
		func() {
			defer fmt.Println("inner")
			panic("deep")
		}()
		fmt.Println("never")
	})
}

func TestPanicNilValue(t *testing.T) {
	defer func() { fmt.Println(recover() == nil) }()
	panic(nil)
}

func TestArgs(t *testing.T) { fmt.Println(len(os.Args) > 0 || true) }

func TestDeferredRecover(t *testing.T) {
	defer func() { fmt.Println(recover()) }()
	defer func() {
		defer recover()
		panic("not seen by it")
	}()
	func() {
		defer func() {
			defer recover()
		}()
		panic("recovered")
	}()
	panic("first")
}

type local struct{}

func TestTypesOfOneName(t *testing.T) {
	type local struct{}
	var v any = local{}
	func() {
		type local struct{}
		defer func() { fmt.Println(recover()) }()
		_ = v.(local)
	}()
}

type place struct{}

func (*place) where(skip int) (string, int) {
	counter, file, line, ok := runtime.Caller(skip)
	if !ok {
		return "none", 0
	}
	return runtime.FuncForPC(counter).Name() + " " + base(file), line
}

func base(file string) string {
	at := len(file)
	for at > 0 && file[at-1] != '/' {
		at--
	}
	return file[at:]
}

func TestCaller(t *testing.T) {
	p := new(place)
	fmt.Println(p.where(0))
	fmt.Println(p.where(1))
	func() { fmt.Println(p.where(1)) }()
	fmt.Println(p.where(100))
	defer func() {
		recover()
		fmt.Println(p.where(1))
		fmt.Println(p.where(3))
	}()
	panic("x")
}

func TestCallers(t *testing.T) {
	counters := make([]uintptr, 2)
	fmt.Println(runtime.Callers(0, counters))
	fmt.Println(runtime.FuncForPC(counters[1]).Name())
	fmt.Println(runtime.Callers(1, counters[:1]), runtime.FuncForPC(0) == nil)
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	return deep(n-1) + 1
}

func TestDeepRecursion(t *testing.T) { fmt.Println(deep(300_000)) }
