package main

import (
	"strings"

	"golang.org/x/tools/go/ssa"
)

// slice is the part of a dependency's init that is exported: what gives the variables reached
// their first values, and, if anything of the package is reached, its functions named init.
type slice struct {
	*export
	pkg   *ssa.Package
	init  *ssa.Function // once anything is reached
	keep  map[ssa.Instruction]bool
	done  map[ssa.Value]bool
	users map[ssa.Value][]ssa.Instruction // what may write through a value
}

// use notes that something of the package is reached.
func (s *slice) use() {
	if s == nil || s.init != nil {
		return
	}
	s.pkg.Build()
	s.init, s.keep = s.pkg.Func("init"), map[ssa.Instruction]bool{}
	s.done, s.users = map[ssa.Value]bool{}, map[ssa.Value][]ssa.Instruction{}
	wanted := !s.units[s.pkg.Pkg].Standard || s.says("init", s.pkg.Pkg.Path())
	kept := []ssa.Instruction{}
	for _, b := range s.init.Blocks {
		for i, in := range b.Instrs {
			through := []ssa.Value{}
			switch in := in.(type) {
			case *ssa.Store:
				through = append(through, in.Addr)
			case *ssa.MapUpdate:
				through = append(through, in.Map)
			case *ssa.Call:
				if !strings.HasPrefix(in.Call.Value.Name(), "init#") {
					through = in.Call.Args
				} else if wanted {
					kept = append(kept, in)
				}
			}
			for _, v := range through {
				s.users[root(v)] = append(s.users[root(v)], in)
			}
			if i == len(b.Instrs)-1 && len(s.init.Blocks) > 1 {
				kept = append(kept, in) // where there are branches, all of them are kept
			}
		}
	}
	for _, in := range kept {
		s.add(in)
	}
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

// add keeps an instruction, and what makes its operands.
func (s *slice) add(in ssa.Instruction) {
	if s.keep[in] {
		return
	}
	s.keep[in] = true
	s.funcs.add(s.init)
	s.visit(in)
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
