package strs

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const size = 1 << 20

// A megabyte of lines of 16 bytes.
func lines(n int) string { return strings.Repeat("some words, 1234\n"[1:], n/16) }

func TestLongSplit(t *testing.T) {
	parts := strings.Split(lines(size), "\n")
	fmt.Println(len(parts), len(parts[0]), strings.Join(parts[:2], "+"))
}

func TestLongSplitWord(t *testing.T) {
	parts := strings.Split(lines(size), ", ")
	fmt.Println(len(parts), parts[1] == parts[2])
}

func TestLongCount(t *testing.T) {
	text := lines(size)
	fmt.Println(strings.Count(text, "1234"), strings.Count(text, "\n"), strings.Count(text, "zz"))
}

func TestLongIndex(t *testing.T) {
	text := lines(size) + "end"
	fmt.Println(strings.Index(text, "end"), strings.Contains(text, "no such"), strings.LastIndex(text, "some"), strings.IndexByte(text, 'd'))
}

func TestLongReplace(t *testing.T) {
	text := strings.ReplaceAll(lines(size), "words", "a")
	fmt.Println(len(text), text[:13])
}

func TestLongFields(t *testing.T) {
	fields := strings.Fields(lines(size / 4))
	fmt.Println(len(fields), fields[3])
}

func TestLongBuilder(t *testing.T) {
	var b strings.Builder
	for i := 0; i < size/16; i++ {
		b.WriteString("fifteen letters")
		b.WriteByte(' ')
	}
	fmt.Println(b.Len(), b.String()[:16])
}

func TestLongBuffer(t *testing.T) {
	var b bytes.Buffer
	for i := 0; i < size/16; i++ {
		b.WriteString("fifteen letters\n")
	}
	n := 0
	for {
		line, err := b.ReadString('\n')
		if err != nil {
			break
		}
		n += len(line)
	}
	fmt.Println(n)
}

func TestLongBytesSplit(t *testing.T) {
	parts := bytes.Split([]byte(lines(size/2)), []byte(", "))
	fmt.Println(len(parts), bytes.Count([]byte(lines(size/2)), []byte("12")))
}

func TestLongRange(t *testing.T) {
	n := 0
	for _, r := range lines(size) {
		if r == 'w' {
			n++
		}
	}
	fmt.Println(n)
}

func TestLongCut(t *testing.T) {
	text, n := lines(size), 0
	for {
		_, after, found := strings.Cut(text, "\n")
		if !found {
			break
		}
		text = after
		n++
	}
	fmt.Println(n)
}

func TestLongConcat(t *testing.T) {
	text := ""
	for i := 0; i < 20000; i++ {
		text += fmt.Sprint(i, ";")
	}
	fmt.Println(len(text))
}

func TestLongPrepend(t *testing.T) {
	text := ""
	for i := 0; i < 5000; i++ {
		text = fmt.Sprint(i, ";") + text
	}
	fmt.Println(len(text))
}

type scanner struct {
	rest string
	n    int
}

func (s *scanner) next() (string, bool) {
	i := strings.IndexByte(s.rest, '\n')
	if i < 0 {
		return "", false
	}
	line := s.rest[:i]
	s.rest = s.rest[i+1:]
	s.n++
	return line, true
}

func TestLongScanner(t *testing.T) {
	s := &scanner{rest: lines(size)}
	seen := map[string]int{}
	for {
		line, ok := s.next()
		if !ok {
			break
		}
		seen[line]++
	}
	fmt.Println(s.n, len(seen), len(s.rest))
}
