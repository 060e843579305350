package suite

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	os.Exit(m.Run())
}

func TestWait(t *testing.T) {
	if n := Wait(); n != 1 {
		t.Fatalf("got %d", n)
	}
}

func TestSub(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(name)
		})
	}
}

func Testify(t *testing.T)    {}
func BenchmarkX(b *testing.B) {}
