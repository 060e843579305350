package testingpkg

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	fmt.Println("before")
	code := m.Run()
	fmt.Println("after", code)
	os.Exit(code)
}

func TestRunSubtests(t *testing.T) {
	for _, name := range []string{"a", "b c"} {
		ok := t.Run(name, func(t *testing.T) {
			fmt.Println("in", t.Name())
			t.Run("deep", func(t *testing.T) { fmt.Println(t.Name()) })
		})
		fmt.Println(ok)
	}
}

func TestCleanupOrder(t *testing.T) {
	t.Cleanup(func() { fmt.Println("cleanup 1") })
	t.Cleanup(func() { fmt.Println("cleanup 2") })
	defer fmt.Println("deferred")
	t.Run("sub", func(t *testing.T) {
		t.Cleanup(func() { fmt.Println("sub cleanup") })
	})
}

func TestSkip(t *testing.T) {
	t.Run("skips", func(t *testing.T) {
		defer fmt.Println("deferred")
		if testing.Short() || true {
			t.SkipNow()
		}
		fmt.Println("never")
	})
	fmt.Println("goes on", t.Failed(), t.Skipped())
}

func TestHelper(t *testing.T) {
	check := func(t *testing.T, ok bool) {
		t.Helper()
		if !ok {
			t.Fatal("no")
		}
	}
	check(t, true)
	fmt.Println("checked")
}

func TestParallelWaits(t *testing.T) {
	t.Run("group", func(t *testing.T) {
		t.Run("p", func(t *testing.T) {
			t.Parallel()
			fmt.Println("parallel")
		})
		fmt.Println("group body ends")
	})
	fmt.Println("after group")
}

func TestTable(t *testing.T) {
	for _, c := range []struct {
		name string
		in   int
		want int
	}{{"one", 1, 2}, {"two", 2, 4}} {
		c := c
		t.Run(c.name, func(t *testing.T) {
			if got := c.in * 2; got != c.want {
				t.Errorf("got %d", got)
			}
		})
	}
	fmt.Println("table done")
}

func TestSkipped(t *testing.T) {
	t.Run("skips", func(t *testing.T) {
		t.Cleanup(func() { fmt.Println("cleanup", t.Skipped(), t.Failed()) })
		fmt.Println("body", t.Skipped())
		t.SkipNow()
	})
	t.Run("ends", func(t *testing.T) {
		defer func() { fmt.Println("ends", t.Skipped()) }()
	})
	fmt.Println("outer", t.Skipped())
}
