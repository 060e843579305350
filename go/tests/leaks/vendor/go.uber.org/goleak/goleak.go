// Package goleak has the functions of go.uber.org/goleak, of which only the names matter here.
package goleak

// Option is an option.
type Option interface{ apply() }

// TestingT is a test.
type TestingT interface{ Error(...interface{}) }

// TestingM runs all tests.
type TestingM interface{ Run() int }

type ignored string

func (ignored) apply() {}

// VerifyNone fails if there are other goroutines.
func VerifyNone(t TestingT, options ...Option) { _ = Find(options...) }

// Find returns an error if there are other goroutines.
func Find(options ...Option) error { return nil }

// VerifyTestMain runs all tests, and fails if goroutines are left.
func VerifyTestMain(m TestingM, options ...Option) { m.Run() }

// IgnoreCurrent spares the goroutines that there are.
func IgnoreCurrent() Option { return ignored("") }

// IgnoreTopFunction spares the goroutines that stand in a function.
func IgnoreTopFunction(f string) Option { return ignored(f) }

// IgnoreAnyFunction spares the goroutines that have a function on their stack.
func IgnoreAnyFunction(f string) Option { return ignored(f) }
