//go:build go1.22

package main

import (
	"go/ast"
	"go/types"
)

func unalias(t types.Type) types.Type { return types.Unalias(t) }

// Files of one module may ask for other versions of the language: they decide what a loop variable is.
func addVersions(info *types.Info) { info.FileVersions = map[*ast.File]string{} }
