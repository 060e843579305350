package strs

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestStrings(t *testing.T) {
	fmt.Println(strings.Contains("hello", "ell"), strings.HasPrefix("hello", "he"), strings.HasSuffix("hello", "lo"), strings.Index("hello", "l"), strings.LastIndex("hello", "l"), strings.IndexByte("abc", 'c'))
	fmt.Println(strings.Split("a,b,c", ","), len(strings.Split("", ",")), strings.SplitN("a,b,c", ",", 2), strings.Fields("  a b  c "), strings.Join([]string{"x", "y"}, "-"))
	fmt.Println(strings.ToUpper("abcé"), strings.ToLower("ABC"), strings.Title("go"), strings.Repeat("ab", 3), strings.Replace("aaa", "a", "b", 2), strings.ReplaceAll("aaa", "a", "c"))
	fmt.Println(strings.TrimSpace("  a \n"), strings.Trim("xxaxx", "x"), strings.TrimLeft("xxa", "x"), strings.TrimRight("axx", "x"), strings.TrimPrefix("abc", "a"), strings.TrimSuffix("abc", "c"))
	fmt.Println(strings.Count("cheese", "e"), strings.EqualFold("Go", "GO"), strings.Compare("a", "b"), strings.ContainsRune("abc", 'b'), strings.ContainsAny("abc", "xyzc"))
	fmt.Println(strings.Map(func(r rune) rune {
		if r == 'a' {
			return 'A'
		}
		return r
	}, "banana"), strings.IndexFunc("abc1", unicode.IsDigit))
	before, after, found := strings.Cut("key=value", "=")
	fmt.Println(before, after, found, strings.SplitAfter("a,b", ","))
	fmt.Println(strings.FieldsFunc("a1b2c", unicode.IsDigit), strings.TrimFunc("12ab3", unicode.IsDigit))
}

func TestStringsBuilder(t *testing.T) {
	var b strings.Builder
	for i := 0; i < 3; i++ {
		fmt.Fprintf(&b, "%d,", i)
	}
	b.WriteString("end")
	b.WriteByte('!')
	b.WriteRune('é')
	fmt.Println(b.String(), b.Len())
	b.Reset()
	fmt.Println(b.Len())
}

func TestStringsReader(t *testing.T) {
	r := strings.NewReader("hello world")
	b := make([]byte, 5)
	n, err := io.ReadFull(r, b)
	fmt.Println(n, err, string(b))
	rest, err := io.ReadAll(r)
	fmt.Println(string(rest), err)
	_, err = r.Read(b)
	fmt.Println(err == io.EOF)
	rep := strings.NewReplacer("a", "1", "b", "2")
	fmt.Println(rep.Replace("abc"))
}

func TestStrconv(t *testing.T) {
	n, err := strconv.Atoi("42")
	fmt.Println(n, err)
	_, err = strconv.Atoi("4x")
	fmt.Println(err)
	_, err = strconv.ParseInt("999999999999999999999", 10, 64)
	fmt.Println(err)
	u, _ := strconv.ParseUint("ff", 16, 64)
	i, _ := strconv.ParseInt("-101", 2, 64)
	fmt.Println(u, i, strconv.Itoa(-7), strconv.FormatInt(255, 2), strconv.Quote("a\tb\"é"))
	f, err := strconv.ParseFloat("2.5e3", 64)
	fmt.Println(f, err, strconv.FormatFloat(1.25, 'f', 1, 64), strconv.FormatFloat(0.1, 'g', -1, 32))
	b, err := strconv.ParseBool("true")
	fmt.Println(b, err, strconv.FormatBool(false))
	s, err := strconv.Unquote(`"a\n"`)
	fmt.Printf("%q %v\n", s, err)
}

func TestFprint(t *testing.T) {
	var b bytes.Buffer
	fmt.Fprintln(&b, "into", "buffer")
	fmt.Fprint(&b, 1, 2)
	fmt.Println(b.String(), b.Len())
}

func TestBytes(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("hello ")
	b.Write([]byte("world"))
	b.WriteByte('!')
	p := make([]byte, 5)
	b.Read(p)
	fmt.Println(string(p), b.String(), bytes.Equal([]byte("a"), []byte("a")), bytes.Contains([]byte("abc"), []byte("bc")))
	line, err := bytes.NewBufferString("one\ntwo").ReadString('\n')
	fmt.Printf("%q %v %s\n", line, err, bytes.ToUpper([]byte("up")))
	fmt.Println(bytes.Compare([]byte("a"), []byte("b")), bytes.Index([]byte("abc"), []byte("c")), string(bytes.TrimSpace([]byte(" x "))), len(bytes.Split([]byte("a,b"), []byte(","))))
}

func TestMath(t *testing.T) {
	fmt.Println(math.Abs(-2), math.Max(1, 2), math.Min(1, 2), math.Pow(2, 10), math.Ceil(1.2), math.Round(2.5), math.Trunc(-1.7), math.Mod(7, 3))
	fmt.Println(math.MaxInt64, math.Inf(-1), math.Hypot(3, 4), math.Log2(8), math.Signbit(-1))
}

func TestBits(t *testing.T) {
	fmt.Println(bits.OnesCount(255), bits.LeadingZeros64(1), bits.TrailingZeros(8), bits.Len(255), bits.Reverse8(1), bits.RotateLeft32(1, 31))
}

func TestUnicode(t *testing.T) {
	fmt.Println(unicode.IsUpper('A'), unicode.IsLetter('é'), unicode.IsDigit('5'), unicode.IsSpace('\t'), string(unicode.ToLower('Ä')), unicode.IsPunct('!'))
	fmt.Println(utf8.RuneCountInString("héllo"), utf8.ValidString("a\xff"), utf8.RuneLen('世'))
	r, n := utf8.DecodeRuneInString("世界")
	b := make([]byte, 4)
	fmt.Println(string(r), n, utf8.EncodeRune(b, 'é'), utf8.RuneError)
}

type upper struct{ r io.Reader }

func (u upper) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	copy(p, bytes.ToUpper(p[:n]))
	return n, err
}

func TestReaders(t *testing.T) {
	b, err := io.ReadAll(upper{strings.NewReader("quiet")})
	fmt.Println(string(b), err)
	var w strings.Builder
	n, err := io.Copy(&w, io.LimitReader(strings.NewReader("abcdef"), 4))
	fmt.Println(n, err, w.String())
	_, err = io.WriteString(io.Discard, "x")
	fmt.Println(err)
}
