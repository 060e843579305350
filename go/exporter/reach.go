package main

import (
	"go/types"
	"sort"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/types/typeutil"
)

// export is the export of one target. First all is found that can be reached, then it is written.
type export struct {
	*loader
	parts   []*unit // what the target consists of and imports
	funcs   table[*ssa.Function]
	globals table[*ssa.Global]
	reasons map[*ssa.Function]string
	slices  map[*ssa.Package]*slice
	dynamic []*dynamic
	seen    typeutil.Map       // types that addDynamic has seen
	called  map[int]bool       // methods that are called through interfaces
	having  map[int][]*dynamic // types that have a method

	types                  []record
	typeIDs                typeutil.Map
	methods, consts, files table[string] // of methods and constants, the text
	function
}

// dynamic is a type whose values are put into interfaces.
type dynamic struct {
	types.Type
	methods map[int]*types.Selection
	table   map[int]int // functions of those methods that are called
}

func newExport(l *loader, parts []*listed) *export {
	x := &export{loader: l, reasons: map[*ssa.Function]string{}, called: map[int]bool{},
		slices: map[*ssa.Package]*slice{}, having: map[int][]*dynamic{},
		types: []record{{"k": "none"}}}
	wanted := map[*listed]bool{}
	var add func(p *listed)
	add = func(p *listed) {
		if p != nil && !wanted[p] {
			wanted[p] = true
			for _, path := range p.Imports {
				add(l.imported(p, path))
			}
		}
	}
	for _, p := range parts {
		add(p)
	}
	for _, u := range l.order {
		if wanted[u.listed] {
			x.parts = append(x.parts, u)
		}
	}
	return x
}

// reachAll finds all functions, variables and dynamic types.
func (x *export) reachAll(entries []*ssa.Function) {
	for _, f := range entries {
		x.funcs.add(f)
	}
	for _, u := range x.parts {
		if u.ours() {
			x.funcs.add(u.ssa.Func("init"))
		} else {
			x.slices[u.ssa] = &slice{export: x, pkg: u.ssa}
		}
	}
	for i := 0; i < len(x.funcs.list); i++ {
		f := x.funcs.list[i]
		s := x.slices[origin(f).Pkg]
		s.use()
		if x.why(f) != "" || s != nil && f == s.init {
			continue // what is kept of an init has been visited
		}
		for _, b := range f.Blocks {
			for _, in := range b.Instrs {
				x.visit(in)
			}
		}
	}
}

// origin returns the generic function that f is an instance of, or f.
func origin(f *ssa.Function) *ssa.Function {
	if o := f.Origin(); o != nil {
		return o
	}
	return f
}

// why returns why a function has no body, or "".
func (x *export) why(f *ssa.Function) string {
	if reason, ok := x.reasons[f]; ok {
		return reason
	}
	reason, o := "", origin(f)
	switch {
	case x.says("native", o.String()):
		reason = "native"
	case o.Pkg != nil && x.units[o.Pkg.Pkg] == nil:
		reason = "foreign"
		if p := x.byID[o.Pkg.Pkg.Path()]; p != nil && len(p.CgoFiles) > 0 && !p.Standard {
			reason = "cgo"
		}
	case x.marked("//gordian:stub", o.Pos()):
		reason = "stub"
	default:
		if o.Pkg != nil {
			o.Pkg.Build()
		}
		if f.Blocks == nil {
			reason = "nobody"
		}
	}
	x.reasons[f] = reason
	return reason
}

// visit reaches what an instruction refers to.
func (x *export) visit(in ssa.Instruction) {
	if _, debug := in.(*ssa.DebugRef); debug {
		return
	}
	for _, op := range in.Operands(nil) {
		switch v := (*op).(type) {
		case *ssa.Function:
			x.funcs.add(v)
		case *ssa.Global:
			if _, isNew := x.globals.add(v); isNew {
				x.slices[v.Pkg].use()
				x.slices[v.Pkg].need(v)
			}
		}
	}
	switch in := in.(type) {
	case *ssa.MakeInterface:
		x.addDynamic(in.X.Type())
	case ssa.CallInstruction:
		if c := in.Common(); c.IsInvoke() {
			m := x.methodID(c.Method)
			x.called[m] = true
			for _, d := range x.having[m] {
				x.resolve(d, m)
			}
		}
	}
}

// resolve finds the function of a dynamic type's method.
func (x *export) resolve(d *dynamic, m int) {
	if _, done := d.table[m]; !done {
		d.table[m], _ = x.funcs.add(x.prog.MethodValue(d.methods[m]))
	}
}

// addDynamic notes that values of a type, and so of its parts, may be in interfaces.
func (x *export) addDynamic(t types.Type) {
	t = unalias(t)
	if isInternal(t) || x.seen.Set(t, true) != nil {
		return
	}
	if set := x.prog.MethodSets.MethodSet(t); !types.IsInterface(t) && set.Len() > 0 {
		d := &dynamic{t, map[int]*types.Selection{}, map[int]int{}}
		x.dynamic = append(x.dynamic, d)
		for i := 0; i < set.Len(); i++ {
			method := set.At(i).Obj().(*types.Func)
			m := x.methodID(method)
			d.methods[m], x.having[m] = set.At(i), append(x.having[m], d)
			if x.called[m] || x.says("calls", method.Name()) {
				x.resolve(d, m)
			}
		}
	}
	if named, ok := t.(*types.Named); ok && x.opaqueName(named) != "" {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		x.addDynamic(u.Key())
		x.addDynamic(u.Elem())
	case *types.Struct:
		for i := 0; i < u.NumFields(); i++ {
			x.addDynamic(u.Field(i).Type())
		}
	case *types.Pointer, *types.Slice, *types.Array:
		x.addDynamic(elem(u))
	}
}

// methodTables puts the method tables into the types.
func (x *export) methodTables() {
	for _, d := range x.dynamic {
		table := [][2]int{}
		for m := range d.methods {
			f, ok := d.table[m]
			if !ok {
				f = -1
			}
			table = append(table, [2]int{m, f})
		}
		sort.Slice(table, func(i, j int) bool { return table[i][0] < table[j][0] })
		x.types[x.typeID(d.Type)]["m"] = table
	}
}
