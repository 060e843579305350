package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// function is what is known of the function that is being written.
type function struct {
	*ssa.Function
	keep map[ssa.Instruction]bool // nil: all
	file string
	regs map[ssa.Value]int
	rt   []int
	text map[token.Pos]ast.Expr
	uses map[ssa.Value]token.Pos // where a value is used first
}

// functionRecord returns the entry of a function.
func (x *export) functionRecord(f *ssa.Function) record {
	sig := f.Signature
	if sig.Recv() != nil {
		vars := []*types.Var{sig.Recv()}
		for i := 0; i < sig.Params().Len(); i++ {
			vars = append(vars, sig.Params().At(i))
		}
		sig = types.NewSignature(nil, types.NewTuple(vars...), sig.Results(), sig.Variadic())
	}
	r := x.set(record{"n": f.String(), "s": shortName(f)}, "t", sig, "x", x.why(f))
	if o := origin(f); o != f {
		r["g"] = o.String()
	}
	if x.why(f) != "" {
		return r
	}
	x.function = function{Function: f, regs: map[ssa.Value]int{},
		text: operands(f.Syntax()), uses: map[ssa.Value]token.Pos{}}
	if s := x.slices[f.Pkg]; s != nil && f == s.init {
		x.keep = s.keep
	}
	if f.Pos().IsValid() {
		x.file = x.fset.Position(f.Pos()).Filename
		r["file"], _ = x.files.add(x.file)
		r["p"] = x.place(f.Pos())
	}
	params, free, blocks := []record{}, []record{}, [][]record{}
	for _, p := range f.Params {
		params = append(params, record{"n": p.Name(), "t": x.register(p)})
	}
	for _, v := range f.FreeVars {
		free = append(free, record{"n": v.Name(), "t": x.register(v)})
	}
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			v, ok := in.(ssa.Value)
			if d, debug := in.(*ssa.DebugRef); debug && !x.uses[d.X].IsValid() {
				x.uses[d.X] = d.Expr.Pos()
			} else if ok && x.keeps(in) && isUsed(v) {
				x.register(v)
			}
		}
	}
	for _, b := range f.Blocks {
		blocks = append(blocks, x.block(b))
	}
	if f.Recover != nil {
		r["recover"] = f.Recover.Index
	}
	return x.set(r, "params", params, "free", free, "regs", len(x.rt), "rt", x.rt,
		"synthetic", f.Synthetic != "" && origin(f) == f, "blocks", blocks)
}

// register gives a value a register, and returns the index of its type.
func (x *export) register(v ssa.Value) int {
	t := x.typeID(v.Type())
	x.regs[v] = len(x.rt)
	x.rt = append(x.rt, t)
	return t
}

// keeps says that an instruction is exported.
func (f *function) keeps(in ssa.Instruction) bool {
	switch in := in.(type) {
	case *ssa.DebugRef, *ssa.ChangeType, *ssa.ChangeInterface:
		return false
	case *ssa.Return:
		return true
	default:
		return f.keep == nil || f.keep[in]
	}
}

// isUsed says that a value is an operand somewhere.
func isUsed(v ssa.Value) bool {
	for _, in := range *v.Referrers() {
		if _, debug := in.(*ssa.DebugRef); !debug {
			return true
		}
	}
	return false
}

// source returns a value without those conversions that only change its type.
func source(v ssa.Value) ssa.Value {
	switch c := v.(type) {
	case *ssa.ChangeType:
		return source(c.X)
	case *ssa.ChangeInterface:
		return source(c.X)
	}
	return v
}

// operand returns a register, or the operand of a constant.
func (x *export) operand(v ssa.Value) int {
	v = source(v)
	reg, ok := x.regs[v]
	switch c := v.(type) {
	case *ssa.Const:
		return x.constOperand(c)
	case *ssa.Global:
		reg, ok = x.globals.ids[c]
		reg = x.constant(v.Type(), "g", reg)
	case *ssa.Function:
		reg, ok = x.funcs.ids[c]
		reg = x.constant(v.Type(), "f", reg)
	}
	if !ok {
		panic(fmt.Sprintf("%s: %s was not seen before", x.Function, v.Name()))
	}
	return reg
}

// place returns line and column, and the file if it is not that of the function.
func (x *export) place(pos token.Pos) []int {
	at := x.fset.Position(pos)
	place := []int{at.Line, at.Column}
	if at.Filename != x.file {
		id, _ := x.files.add(at.Filename)
		place = append(place, id)
	}
	return place
}

func (x *export) block(b *ssa.BasicBlock) []record {
	list, last := []record{}, token.NoPos
	for i, in := range b.Instrs {
		v, _ := in.(ssa.Value)
		reg, used := x.regs[v]
		_, phi := in.(*ssa.Phi)
		if _, part := in.(*ssa.Extract); phi || part && !used || !x.keeps(in) {
			continue
		}
		r := record{}
		if used {
			r["d"] = reg
		}
		if last = x.position(b.Instrs[i:], last); last.IsValid() {
			r["p"] = x.place(last)
		}
		x.instruction(r, b, in)
		list = append(list, r)
	}
	return list
}

// position returns where the first of the instructions stands in the source. What has no place
// of its own has that of the one before, in last; loads and the start of a block, of the next.
func (f *function) position(rest []ssa.Instruction, last token.Pos) token.Pos {
	in, pos := rest[0], rest[0].Pos()
	load, isLoad := in.(*ssa.UnOp)
	_, defers := in.(*ssa.RunDefers)
	if _, end := in.(*ssa.Return); end && !pos.IsValid() && f.Syntax() != nil {
		pos = f.Syntax().End() - 1
	} else if isLoad && !pos.IsValid() {
		if pos = f.uses[load]; !pos.IsValid() {
			switch at := load.X.(type) {
			case *ssa.FieldAddr, *ssa.IndexAddr:
				pos = at.Pos()
			}
		}
	}
	if !pos.IsValid() && last.IsValid() && !isLoad && !defers {
		return last
	} else if !pos.IsValid() && len(rest) > 1 {
		return f.position(rest[1:], last)
	}
	return pos
}

// edges sets where a block goes on, and the moves that stand for the phis there.
func (x *export) edges(r record, b *ssa.BasicBlock) {
	to, moves, any := []int{}, [][][2]int{}, false
	for i, next := range b.Succs {
		edge := 0
		for skip := i == 1 && b.Succs[0] == next; next.Preds[edge] != b || skip; edge++ {
			skip = skip && next.Preds[edge] != b // both ways lead there
		}
		list := [][2]int{}
		for _, in := range next.Instrs {
			phi, ok := in.(*ssa.Phi)
			if d, used := x.regs[phi]; ok && used {
				list, any = append(list, [2]int{d, x.operand(phi.Edges[edge])}), true
			}
		}
		to, moves = append(to, next.Index), append(moves, list)
	}
	r["to"] = to
	if any {
		r["mv"] = moves
	}
}
