package main

import (
	_ "embed"
	"strings"
)

//go:embed policy.txt
var policyText string

// policy is policy.txt: for the first two words of a line, what comes after them.
type policy map[string][]string

func readPolicy() policy {
	p := policy{}
	for _, line := range strings.Split(policyText, "\n") {
		words := strings.Fields(line)
		for i := 1; i < len(words); i++ {
			if key := words[0] + " " + words[i]; i == 1 || words[0] == "calls" {
				p[key] = append(p[key], words[2:]...)
			}
		}
	}
	return p
}

// says tells whether there is such a line, be it one that ends in a star.
func (p policy) says(word, name string) bool {
	_, ok := p[word+" "+name]
	for i := range name {
		_, star := p[word+" "+name[:i]+"*"]
		ok = ok || star
	}
	return ok
}
