// Package inner is imported.
package inner

var made []string

// Make makes.
func Make(name string) chan int {
	made = append(made, name)
	return make(chan int)
}

// Count counts.
func Count() int { return len(made) }

// Unused is not reached.
func Unused() { made = nil }
