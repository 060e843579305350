package main

import (
	_ "embed"
	"strings"
)

//go:embed policy.txt
var policyText string

// policy is policy.txt: each first word of a line, with each of the others.
type policy map[string]bool

func readPolicy() policy {
	p := policy{}
	for _, line := range strings.Split(policyText, "\n") {
		words := strings.Fields(line)
		for i := 1; i < len(words); i++ {
			p[words[0]+" "+words[i]] = true
		}
	}
	return p
}

// says tells whether there is such a line, be it one that ends in a star.
func (p policy) says(word, name string) bool {
	said := p[word+" "+name]
	for i := range name {
		said = said || p[word+" "+name[:i]+"*"]
	}
	return said
}
