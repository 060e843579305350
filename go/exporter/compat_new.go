//go:build go1.22

package main

import (
	"go/ast"
	"go/types"
)

func unalias(t types.Type) types.Type { return types.Unalias(t) }

// Each file may ask for its own version of the language: it decides what a loop variable is.
func addVersions(info *types.Info) { info.FileVersions = map[*ast.File]string{} }
