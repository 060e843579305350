package main

import (
	"strings"

	"golang.org/x/tools/go/ssa"
)

// slice is the part of a dependency's init that is exported: what gives the variables reached
// their first values, and, if anything of the package is reached, its functions named init.
type slice struct {
	x     *export
	init  *ssa.Function
	keep  map[ssa.Instruction]bool
	done  map[ssa.Value]bool
	users map[ssa.Value][]ssa.Instruction // what may write through a value
	inits []ssa.Instruction               // calls of functions named init
	used  bool
}

func newSlice(x *export, pkg *ssa.Package) *slice {
	pkg.Build()
	s := &slice{x: x, init: pkg.Func("init"), keep: map[ssa.Instruction]bool{},
		done: map[ssa.Value]bool{}, users: map[ssa.Value][]ssa.Instruction{}}
	use := func(in ssa.Instruction, values ...ssa.Value) {
		for _, v := range values {
			s.users[root(v)] = append(s.users[root(v)], in)
		}
	}
	for _, b := range s.init.Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *ssa.Store:
				use(in, in.Addr)
			case *ssa.MapUpdate:
				use(in, in.Map)
			case *ssa.Call:
				if !strings.HasPrefix(in.Call.Value.Name(), "init#") {
					use(in, in.Call.Args...)
				} else if x.units[pkg.Pkg].Module != nil || x.says("init", pkg.Pkg.Path()) {
					s.inits = append(s.inits, in)
				}
			}
		}
	}
	return s
}

// root returns the variable or the object that an address leads into.
func root(v ssa.Value) ssa.Value {
	switch a := v.(type) {
	case *ssa.FieldAddr:
		return root(a.X)
	case *ssa.IndexAddr:
		return root(a.X)
	case *ssa.Slice:
		return root(a.X)
	case *ssa.UnOp:
		return root(a.X)
	}
	return v
}

// use notes that something of the package is reached.
func (s *slice) use() {
	if s == nil || s.used {
		return
	}
	s.used = true
	for _, in := range s.inits {
		s.add(in)
	}
	for _, b := range s.init.Blocks {
		if end := b.Instrs[len(b.Instrs)-1]; len(s.init.Blocks) > 1 {
			s.add(end) // where there are branches, all of them are kept
		}
	}
}

// add keeps an instruction, and what makes its operands.
func (s *slice) add(in ssa.Instruction) {
	if s.keep[in] {
		return
	}
	s.keep[in] = true
	s.x.reach(s.init)
	s.x.visit(in)
	for _, op := range in.Operands(nil) {
		if _, global := (*op).(*ssa.Global); *op != nil && !global {
			s.need(*op)
		}
	}
}

// need keeps what makes a value, and what may write through it.
func (s *slice) need(v ssa.Value) {
	if s == nil || s.done[v] {
		return
	}
	s.done[v] = true
	if in, ok := v.(ssa.Instruction); ok && in.Parent() == s.init {
		s.add(in)
	}
	for _, in := range s.users[v] {
		s.add(in)
	}
}
