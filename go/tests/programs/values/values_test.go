package values

import (
	"fmt"
	"math"
	"testing"
)

func TestOverflow(t *testing.T) {
	var i8 int8 = 127
	i8++
	var u8 uint8 = 0
	u8--
	var i32 int32 = math.MaxInt32
	i32 += 2
	var u64 uint64 = math.MaxUint64
	u64 += 3
	var i64 int64 = math.MinInt64
	fmt.Println(i8, u8, i32, u64, -i64, i64-1)
}

func TestUnsigned(t *testing.T) {
	var a, b uint64 = 1 << 63, 3
	fmt.Println(a/b, a%b, a > b, a>>62, a<<1, uint32(a>>32), a-b)
	var c uint32 = 1
	fmt.Println(c-2, ^c, -c)
	fmt.Println(float64(a), uint64(float64(1<<40)))
}

func TestDivision(t *testing.T) {
	a, b := -7, 2
	fmt.Println(a/b, a%b, -a/b, 7%-2, a>>1, uint8(200)/uint8(7))
	m := math.MinInt64
	n := -1
	fmt.Println(m/n, m%n)
}

func TestShifts(t *testing.T) {
	var n uint = 70
	x := 1
	fmt.Println(x<<n, -1>>n, uint8(1)<<7, int8(-128)>>3, 1<<(n-60))
}

func TestBits(t *testing.T) {
	a, b := 0b1100, 0b1010
	fmt.Println(a&b, a|b, a^b, a&^b, ^a, 0x1F, 0o17, 1_000)
	a &^= 4
	a |= 1
	a ^= 3
	fmt.Println(a)
}

func TestConversions(t *testing.T) {
	f := 3.99
	n := -1
	fmt.Println(int(f), int(-f), uint8(n), int8(300+n), uint32(n), int64(int32(1<<31-1)), float32(0.1))
	fmt.Println(float64(float32(0.1)), byte('a'), rune('é'), uint16(70000&0xffff), uint64(n))
}

func TestFloats(t *testing.T) {
	z := 0.0
	fmt.Println(1/z, -1/z, math.IsNaN(z/z), 0.1+0.2, float32(0.1)+float32(0.2), 1e100, 1e-7, 100000000.0, 1e21)
	nan := math.NaN()
	fmt.Println(nan == nan, nan < 1, nan != nan, math.Inf(1) > 1e308, -z == z)
	fmt.Println(math.Sqrt(2), math.Floor(-1.5), math.MaxFloat64, math.Pi)
}

func TestComplex(t *testing.T) {
	c := complex(1, 2)
	d := 3 - 4i
	fmt.Println(c*d, c/d, c+d, real(c), imag(d), c == complex(1, 2), -c)
	var e complex64 = complex64(c)
	fmt.Println(e)
}

func TestBooleans(t *testing.T) {
	a, b := true, false
	fmt.Println(a && b, a || b, !a, a != b, a == !b)
}

func TestCompoundAssign(t *testing.T) {
	x := 10
	x += 5
	x -= 3
	x *= 2
	x /= 5
	x %= 3
	x <<= 4
	x >>= 1
	fmt.Println(x)
	s := "a"
	s += "b"
	fmt.Println(s)
}

func TestUntypedConstants(t *testing.T) {
	const huge = 1 << 100
	fmt.Println(huge>>98, 7/2, 7/2.0, 'a'+1, "s"+"t", 1<<3.0)
	var f float32 = 1 << 24
	fmt.Println(f, math.MaxInt8, uint64(math.MaxUint64))
}

func TestIncrementInExpressions(t *testing.T) {
	a := []int{1, 2, 3}
	i := 0
	a[i]++
	i++
	a[i] += a[i-1]
	p := &a[2]
	*p--
	fmt.Println(a)
}

func TestRunes(t *testing.T) {
	r := '世'
	fmt.Println(r, string(r), '\n', '\'', '\x41', '\u00e9')
	fmt.Printf("%c %q %U %d\n", r, r, r, r)
}

func TestRawStrings(t *testing.T) {
	fmt.Println(`a\n"b"`, "tab\there", "\u4e16\101\x42", len("\000"))
}

func TestComparable(t *testing.T) {
	type p struct {
		a int
		b string
	}
	var x, y any = p{1, "a"}, p{1, "a"}
	var e1, e2 error
	fmt.Println(x == y, x != y, e1 == e2, any(1) == any(1.0), any(nil) == nil)
	ch := make(chan int)
	var c2 <-chan int = ch
	fmt.Println(c2 == ch, [2]any{1, "a"} == [2]any{1, "a"})
}

func TestMinMaxByHand(t *testing.T) {
	min := func(a, b int) int {
		if a < b {
			return a
		}
		return b
	}
	fmt.Println(min(3, 2), min(-1, 1))
}

func TestCollatz(t *testing.T) {
	n, steps := 27, 0
	for n != 1 {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
		steps++
	}
	fmt.Println(steps)
}

func TestHash(t *testing.T) {
	h := uint32(2166136261)
	for _, b := range []byte("hello world") {
		h ^= uint32(b)
		h *= 16777619
	}
	fmt.Println(h)
}

func TestSieve(t *testing.T) {
	const n = 50
	var composite [n]bool
	for i := 2; i < n; i++ {
		if !composite[i] {
			fmt.Print(i, " ")
			for j := i * i; j < n; j += i {
				composite[j] = true
			}
		}
	}
	fmt.Println()
}

// The shift stays, since it can panic; nobody needs what is made of it.
func unused(a uint8, n uint) uint8 {
	v := a - 1
	v += v - v>>n
	_ = v
	return a
}

func TestUnusedResults(t *testing.T) {
	fmt.Println(unused(7, 1))
	_ = unused(1, 2) + unused(2, 3)<<unused(3, 0)
	defer func() { fmt.Println(recover()) }()
	n := -1
	_ = 1 - 2<<n
}

func TestComplex64(t *testing.T) {
	var a complex64 = 0.1 + 3.14i
	b := complex128(a)
	fmt.Println(a, b, a*a, b*b, a/(2-1i), complex64(1.1+2.2i)+a)
	one := 1.1
	fmt.Println(complex64(complex(one, one)) == complex64(1.1+1.1i))
	zero := 0 * a
	fmt.Println(a/zero, zero/zero, b/complex(math.Inf(1), 0), complex(math.Inf(1), 1)/b)
}

func TestKeysThatAreNotEqual(t *testing.T) {
	m := map[float64]int{}
	for i := 0; i < 3; i++ {
		m[math.NaN()] = 1
	}
	sum := 0
	for _, v := range m {
		sum += v
	}
	fmt.Println(len(m), sum)
}

func TestCopyOfEmpty(t *testing.T) {
	var a [10]struct{}
	fmt.Println(copy(a[2:], a[:]), copy(a[:], a[4:]), copy(a[:0], a[:]))
}
