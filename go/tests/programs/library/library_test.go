package library

import (
	"bufio"
	"bytes"
	"container/list"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"math/bits"
	"math/rand"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type point struct{ X, y int }

type tree struct {
	Left, Right *tree
	Value       any
}

type number int

func TestDeepEqual(t *testing.T) {
	equal := func(a, b any) { fmt.Print(reflect.DeepEqual(a, b), " ") }
	equal(1, 1)
	equal(1, int64(1))
	equal(nil, nil)
	equal(nil, 0)
	equal(number(1), 1)
	equal([]int{1, 2}, []int{1, 2})
	equal([]int{1, 2}, []int{1, 3})
	equal([]int(nil), []int{})
	equal([]int{}, []int{})
	fmt.Println()
	equal(map[string][]int{"a": {1}}, map[string][]int{"a": {1}})
	equal(map[string]int{"a": 1}, map[string]int{"b": 1})
	equal(map[string]int(nil), map[string]int{})
	equal(point{1, 2}, point{1, 2})
	equal(&point{1, 2}, &point{1, 2})
	equal(&point{1, 2}, &point{1, 3})
	equal([2]point{{1, 2}}, [2]point{{1, 2}})
	equal(errors.New("x"), errors.New("x"))
	equal(fmt.Errorf("x"), fmt.Errorf("y"))
	fmt.Println()
	a, b := &tree{Value: 1}, &tree{Value: 1}
	a.Left, b.Left = a, b
	equal(a, b)
	b.Right = &tree{Value: "x"}
	equal(a, b)
	f := func() {}
	equal(f, f)
	equal(any([]any{1, "a", nil}), []any{1, "a", nil})
	fmt.Println()
}

func TestTypes(t *testing.T) {
	for _, v := range []any{1, uint8(2), 2.5, "s", true, point{}, &point{}, []int{}, [3]string{},
		map[string]bool{}, make(chan int), func() {}, number(1), errors.New("x"), 'x', uintptr(1)} {
		r := reflect.TypeOf(v)
		fmt.Println(r, r.Kind(), r.Name() == "", r.Kind() == reflect.Ptr)
	}
	fmt.Println(reflect.TypeOf(nil), reflect.TypeOf(1) == reflect.TypeOf(2))
	fmt.Println(reflect.TypeOf([]point{}).Elem().Field(1).Name, reflect.TypeOf(map[string]int{}).Key())
}

func TestValues(t *testing.T) {
	v := reflect.ValueOf(point{1, 2})
	fmt.Println(v.NumField(), v.Field(1).Int(), v.Kind(), v.Type(), v.IsZero(), v.IsValid())
	s := reflect.ValueOf([]any{1, "a", nil})
	for i := 0; i < s.Len(); i++ {
		fmt.Println(s.Index(i).Kind(), s.Index(i).Elem().IsValid(), s.Index(i).Interface())
	}
	m := reflect.ValueOf(map[string]int{"a": 1})
	fmt.Println(m.Len(), m.MapKeys()[0].String(), m.MapIndex(reflect.ValueOf("a")).Int())
	var p *point
	fmt.Println(reflect.ValueOf(p).IsNil(), reflect.ValueOf(&point{3, 4}).Elem().Field(0).Int())
	fmt.Println(reflect.ValueOf(nil).IsValid())
	fmt.Println(reflect.ValueOf(number(3)).Convert(reflect.TypeOf(2.0)).Interface())
	fmt.Println(reflect.DeepEqual(reflect.Zero(reflect.TypeOf(7)).Interface(), 0))
	defer func() { fmt.Println(recover() != nil) }()
	reflect.ValueOf(3).Len()
}

func TestChannelsByReflection(t *testing.T) {
	a, b, full := make(chan int, 1), make(chan any, 1), make(chan int)
	a <- 7
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(a)},
		{Dir: reflect.SelectSend, Chan: reflect.ValueOf(full), Send: reflect.ValueOf(1)},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(nil)},
	}
	n, v, ok := reflect.Select(cases)
	fmt.Println(n, v.Interface(), ok)
	n, _, ok = reflect.Select(append(cases, reflect.SelectCase{Dir: reflect.SelectDefault}))
	fmt.Println(n, ok, reflect.TypeOf((<-chan int)(a)).ChanDir() == reflect.RecvDir)
	c := reflect.ValueOf(b)
	c.Send(reflect.ValueOf("x"))
	v, ok = c.Recv()
	fmt.Println(v.Kind(), v.Interface(), ok)
	c.Close()
	_, ok = c.Recv()
	fmt.Println(ok)
}

func TestPoolReuses(t *testing.T) {
	made := 0
	p := sync.Pool{New: func() any { made++; return &point{X: made} }}
	a := p.Get().(*point)
	b := p.Get().(*point)
	fmt.Println(a.X, b.X, made)
	var none sync.Pool
	fmt.Println(none.Get())
}

func TestTimeIsSet(t *testing.T) {
	now := time.Now()
	fmt.Println(now.IsZero(), now.Add(time.Hour).After(now), now.UnixNano() > 0)
	fmt.Println(time.Since(now) < time.Hour, time.Until(now.Add(time.Minute)) > 0)
	fmt.Println(time.Unix(0, 1500).UnixNano(), time.Since(time.Time{}) > 0)
	fired := <-time.After(time.Millisecond)
	fmt.Println(fired.IsZero())
}

func TestRandomNumbers(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	f, n := r.Float64(), r.Intn(5)
	fmt.Println(f >= 0 && f < 1, n >= 0 && n < 5, len(rand.Perm(3)))
}

func TestInMemory(t *testing.T) {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	fmt.Fprintf(w, "%d-%s\n", 1, "a")
	w.Flush()
	lines := bufio.NewScanner(strings.NewReader("x\ny"))
	for lines.Scan() {
		fmt.Print(lines.Text(), " ")
	}
	h := fnv.New32a()
	h.Write([]byte("hello"))
	fmt.Println(out.String(), hex.EncodeToString([]byte{1, 255}), h.Sum32(), bits.Len(8))
	fmt.Println(crc32.ChecksumIEEE([]byte("hello")), strings.LastIndex("go gopher", "go"))
	l := list.New()
	l.PushBack(1)
	l.PushFront(2)
	fmt.Println(l.Front().Value, l.Len())
}

func TestPipe(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		w.Write([]byte("abc"))
		w.CloseWithError(errors.New("done"))
	}()
	b := make([]byte, 2)
	for {
		n, err := r.Read(b)
		fmt.Println(n, string(b[:n]), err)
		if err != nil {
			return
		}
	}
}

func TestAtomicValues(t *testing.T) {
	var v atomic.Value
	fmt.Println(v.Load(), v.CompareAndSwap(nil, 1), v.Swap(2), v.Load())
	func() {
		defer func() { fmt.Println(recover()) }()
		v.Store("other")
	}()
	var p atomic.Pointer[point]
	fmt.Println(p.Load() == nil)
	p.Store(&point{X: 5})
	fmt.Println(p.Load().X, runtime.NumCPU() > 0)
}
