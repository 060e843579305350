package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// operands returns what is operated on, by the position that go/ssa gives the operation: the
// channel, or the call.
func operands(syntax ast.Node) map[token.Pos]ast.Expr {
	found := map[token.Pos]ast.Expr{}
	switch syntax.(type) {
	case *ast.FuncDecl, *ast.FuncLit:
	default:
		return found // go/ssa may keep no more than the extent
	}
	ast.Inspect(syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found[n.Lparen] = n
		case *ast.GoStmt:
			found[n.Go] = n.Call
		case *ast.DeferStmt:
			found[n.Defer] = n.Call
		case *ast.UnaryExpr:
			found[n.OpPos] = n.X
		case *ast.SendStmt:
			found[n.Arrow] = n.Chan
		case *ast.RangeStmt:
			found[n.For] = n.X
		}
		return true
	})
	return found
}

// textAt returns the text of the receiver of the method, or of the builtin's first argument, that
// the call at a position works on.
func (f *function) textAt(pos token.Pos, builtin bool) string {
	e := f.text[pos]
	if call, ok := e.(*ast.CallExpr); ok {
		sel, method := call.Fun.(*ast.SelectorExpr)
		switch {
		case builtin && len(call.Args) > 0:
			e = call.Args[0]
		case method:
			e = sel.X
		default:
			return ""
		}
	}
	if e == nil {
		return ""
	}
	return types.ExprString(e)
}

// channelAt returns the text of the channel that the operation at a position works on.
func (f *function) channelAt(pos token.Pos) string {
	e := f.text[pos]
	if e == nil {
		return ""
	}
	return types.ExprString(e)
}

// shortName returns a function's name as traces have it: Stop, Stop.func1.2.
func shortName(f *ssa.Function) string {
	name := f.Name()
	if i := strings.Index(name, "["); i >= 0 {
		name = name[:i] + name[strings.LastIndex(name, "]")+1:]
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "$bound"), "$thunk")
	return strings.ReplaceAll(strings.Replace(name, "$", ".func", 1), "$", ".")
}

// nameOf returns how a reader calls what an instruction makes, or "".
func nameOf(v ssa.Value, depth int) string {
	if alloc, ok := v.(*ssa.Alloc); ok {
		switch alloc.Comment {
		case "new", "complit", "slicelit", "varargs", "makeslice", "makemap":
		default:
			return alloc.Comment // a variable
		}
	}
	name := ""
	for _, in := range *v.Referrers() {
		if d, ok := in.(*ssa.DebugRef); ok {
			if object, ok := d.Object().(*types.Var); ok && !d.IsAddr && !object.IsField() {
				return object.Name()
			}
		}
		if store, ok := in.(*ssa.Store); ok && store.Val == v && name == "" {
			name = pathOf(store.Addr)
		}
		switch made := in.(type) {
		case *ssa.Extract:
			if name == "" && made.Index == 0 {
				name = nameOf(made, depth)
			}
		case *ssa.MakeInterface, *ssa.ChangeType, *ssa.ChangeInterface, *ssa.Slice:
			if name == "" && depth > 0 {
				name = nameOf(made.(ssa.Value), depth-1)
			}
		}
	}
	return name
}

// pathOf returns an address as a reader would write it, or "": s.lock, items[_], pool.
func pathOf(addr ssa.Value) string {
	switch a := addr.(type) {
	case *ssa.Global, *ssa.FreeVar, *ssa.Parameter:
		return a.Name()
	case *ssa.Alloc:
		return nameOf(a, 1)
	case *ssa.UnOp:
		return pathOf(a.X)
	case *ssa.IndexAddr:
		if base := pathOf(a.X); base != "" {
			return base + "[_]"
		}
	case *ssa.FieldAddr:
		st, base := elem(a.X.Type()), pathOf(a.X)
		if named, ok := unalias(st).(*types.Named); ok && base == "" {
			base = named.Obj().Name()
		}
		return base + "." + st.Underlying().(*types.Struct).Field(a.Field).Name()
	}
	return ""
}
