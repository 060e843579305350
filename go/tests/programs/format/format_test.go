package format

import (
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"sort"
	"testing"
	"time"
)

type point struct{ X, Y int }
type named struct {
	Name string
	P    *point
	In   point
	M    map[string]int
	S    []string
	E    error
	F    any
}
type str string
type stringer struct{ n int }

func (s stringer) String() string { return fmt.Sprintf("<%d>", s.n) }

type pstringer struct{ n int }

func (s *pstringer) String() string { return "p" + fmt.Sprint(s.n) }

func TestPrintln(t *testing.T) {
	fmt.Println(1, "a", 2.5, true, nil, 'x', 1e9, []int{1}, map[string]int{"b": 2, "a": 1})
	fmt.Print(1, 2, "a", "b", 3, "\n")
	fmt.Println(point{1, 2}, &point{3, 4}, []point{{1, 2}}, []*int{nil})
}

func TestPrintfIntegers(t *testing.T) {
	fmt.Printf("%d|%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%q|%U|%#x|%#o\n", 42, 42, 42, 42, 42, 255, 255, 8, 5, 'a', 'a', 'a', 255, 8)
	fmt.Printf("%3d|%d|% d|%x|%08b\n", -7, -7, 7, -255, 5)
	fmt.Printf("%d %d %d\n", uint8(200), int8(-5), []int{1, 2})
}

func TestPrintfFloats(t *testing.T) {
	fmt.Printf("%f|%.2f|%8.3f|%-8.1f|%e|%g|%G|%6.2f%%|%+.1f\n", 3.14159, 3.14159, 3.14159, 3.14159, 123456.789, 1e-10, 1e20, 99.5, 2.0)
	fmt.Printf("%v %v %v %v %v\n", 1.0, 1e6, 1e21, 1.5e-7, float32(0.1))
	fmt.Printf("%v %.3v %5.1f\n", math.Inf(1), 3.14159, math.NaN())
}

func TestPrintfStrings(t *testing.T) {
	fmt.Printf("%s|%10s|%-10s|%.2s|%q|%x|%X|% x|%v\n", "hi", "hi", "hi", "hello", "a\n\"b", "hi", "hi", "hi", "x")
	fmt.Printf("%s %v %q %s\n", []byte("ab"), []byte("ab"), []string{"a b", "c"}, []string{"x", "y"})
	fmt.Printf("%t|%5t|%v\n", true, false, true)
	fmt.Printf("%*d|%-*d|%[2]d %[1]d|\n", 5, 1, 4, 2)
}

func TestPrintfStructs(t *testing.T) {
	n := named{"n", nil, point{1, 2}, map[string]int{"z": 1, "a": 2}, []string{"x"}, errors.New("bad"), 3}
	fmt.Printf("%v\n%+v\n", n, n)
	fmt.Printf("%v %+v %#v %T\n", point{1, 2}, point{1, 2}, point{1, 2}, point{1, 2})
	fmt.Printf("%#v %#v %#v %#v %#v\n", []int{1}, map[string]bool{"a": true}, "q", 1.0, str("s"))
	fmt.Printf("%T %T %T %T %T %T\n", 1, "a", 1.5, []any{1}, map[string]*point{}, func(int) error { return nil })
	fmt.Printf("%v %v\n", &n.In, []any{1, "a", nil})
}

func TestPrintfMethods(t *testing.T) {
	fmt.Println(stringer{1}, &stringer{2}, []stringer{{3}}, &pstringer{4})
	fmt.Printf("%v %s %d %+v %x\n", stringer{1}, stringer{2}, stringer{3}, stringer{4}, stringer{5})
	var e error = fmt.Errorf("e%d: %w", 1, io.EOF)
	fmt.Printf("%v %s %q\n", e, e, e)
	fmt.Println(map[stringer]int{{2}: 1, {1}: 2})
}

func TestPrintfMistakes(t *testing.T) {
	f := "%d %s\n"
	fmt.Printf(f, "a", 1)
	f = "%d %d\n"
	fmt.Printf(f, 1)
	f = "%d\n"
	fmt.Printf(f, 1, 2)
	f = "%z %!\n"
	fmt.Printf(f, 1)
	f = "%"
	fmt.Printf(f)
	fmt.Println()
}

type panics struct{}

func (p *panics) String() string { return "never" + string(rune(*(*int)(nil))) }

func TestSprint(t *testing.T) {
	fmt.Println(fmt.Sprint("a", 1, 2, "b", "c", 3.0), fmt.Sprintf("%v", nil), fmt.Sprintln("x", 1))
	fmt.Fprintf(os.Stdout, "%s-%d\n", "out", 1)
	fmt.Println((*point)(nil), error(nil), []string(nil), map[int]int(nil))
}

func TestSort(t *testing.T) {
	a := []int{3, 1, 2}
	sort.Ints(a)
	s := []string{"b", "a"}
	sort.Strings(s)
	p := []point{{3, 1}, {1, 2}, {2, 3}}
	sort.Slice(p, func(i, j int) bool { return p[i].X < p[j].X })
	fmt.Println(a, s, p, sort.SearchInts(a, 2), sort.IntsAreSorted(a))
	sort.Sort(sort.Reverse(sort.IntSlice(a)))
	q := []point{{1, 1}, {0, 2}, {1, 3}, {0, 4}}
	sort.SliceStable(q, func(i, j int) bool { return q[i].X < q[j].X })
	fmt.Println(a, q, sort.Search(10, func(i int) bool { return i*i >= 30 }))
	f := []float64{2.5, -1}
	sort.Float64s(f)
	fmt.Println(f)
}

func TestErrors(t *testing.T) {
	a := errors.New("a")
	b := fmt.Errorf("b: %w", a)
	c := fmt.Errorf("c: %w", b)
	fmt.Println(c, errors.Is(c, a), errors.Unwrap(c) == b, errors.Unwrap(a))
	var pe *os.PathError
	fmt.Println(errors.As(c, &pe), errors.Is(nil, a))
	d := fmt.Errorf("no wrap: %v", a)
	fmt.Println(errors.Is(d, a))
}

func TestLog(t *testing.T) {
	l := log.New(os.Stdout, "p: ", 0)
	l.SetOutput(io.Discard)
	l.Println("a", 1)
	l.Printf("%d", 2)
	log.SetOutput(io.Discard)
	log.Print("x")
	defer func() { fmt.Println(recover()) }()
	l.Panicf("oh %s", "no")
}

func TestDuration(t *testing.T) {
	d := 90*time.Second + 500*time.Millisecond
	fmt.Println(d, d.Seconds(), d.Milliseconds(), time.Duration(0), time.Hour, 2*time.Microsecond, d.Truncate(time.Second), d.Round(time.Minute))
	fmt.Printf("%v %d %s\n", time.Millisecond, time.Millisecond, -time.Second)
}
