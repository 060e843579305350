package main

import (
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"

	"golang.org/x/tools/go/ssa"
)

// record is one JSON object; encoding/json sorts its keys.
type record map[string]any

// table gives things numbers, in the order in which they come.
type table[K comparable] struct {
	list []K
	ids  map[K]int
}

// add returns the number of a thing, and whether it is new.
func (t *table[K]) add(k K) (id int, isNew bool) {
	id, ok := t.ids[k]
	if !ok {
		if t.ids == nil {
			t.ids = map[K]int{}
		}
		id = len(t.list)
		t.ids[k], t.list = id, append(t.list, k)
	}
	return id, !ok
}

// set sets keys to values, given in pairs. Types and operands become numbers; what is nil, false
// or empty stays out.
func (x *export) set(r record, pairs ...any) record {
	for i := 0; i < len(pairs); i += 2 {
		key := pairs[i].(string)
		switch v := pairs[i+1].(type) {
		case ssa.Value:
			r[key] = x.operand(v)
		case *types.Tuple:
			x.set(r, key, x.typeList(v))
		case types.Type:
			r[key] = x.typeID(v)
		case []ssa.Value:
			list := []int{}
			for _, v := range v {
				list = append(list, x.operand(v))
			}
			x.set(r, key, list)
		default:
			value := reflect.ValueOf(v)
			list := value.Kind() == reflect.Slice || value.Kind() == reflect.String
			if v != nil && v != false && !(list && value.Len() == 0) {
				r[key] = v
			}
		}
	}
	return r
}

// isInternal says that a type is go/ssa's own: an iterator, a stack of deferred calls.
func isInternal(t types.Type) bool {
	for p, ok := t.(*types.Pointer); ok; p, ok = t.(*types.Pointer) {
		t = p.Elem()
	}
	n, named := t.(*types.Named)
	return named && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "$ssa" ||
		strings.HasPrefix(fmt.Sprintf("%T", t), "*ssa.") || t == types.Typ[types.Invalid]
}

// elem returns the type of what a pointer, slice, array or channel is of.
func elem(t types.Type) types.Type {
	return t.Underlying().(interface{ Elem() types.Type }).Elem()
}

func (x *export) typeID(t types.Type) int {
	t = unalias(t)
	if isInternal(t) {
		return 0
	}
	if id := x.typeIDs.At(t); id != nil {
		return id.(int)
	}
	id := len(x.types)
	x.typeIDs.Set(t, id)
	x.types = append(x.types, nil) // before its parts: it may contain itself
	x.types[id] = x.typeRecord(t)
	return id
}

func (x *export) typeList(tuple *types.Tuple) []int {
	ids := []int{}
	for i := 0; i < tuple.Len(); i++ {
		ids = append(ids, x.typeID(tuple.At(i).Type()))
	}
	return ids
}

func (x *export) typeRecord(t types.Type) record {
	switch t := t.(type) {
	case *types.Basic:
		name := t.Name()
		if t.Info()&types.IsUntyped == 0 {
			name = types.Typ[t.Kind()].String() // not byte, rune
		}
		return record{"k": "basic", "n": name}
	case *types.Named:
		return x.named(t)
	case *types.Pointer:
		return x.set(record{"k": "ptr"}, "e", t.Elem())
	case *types.Slice:
		return x.set(record{"k": "slice"}, "e", t.Elem())
	case *types.Array:
		return x.set(record{"k": "array", "len": t.Len()}, "e", t.Elem())
	case *types.Map:
		return x.set(record{"k": "map"}, "key", t.Key(), "e", t.Elem())
	case *types.Chan:
		dir := [...]string{types.SendRecv: "", types.SendOnly: "send", types.RecvOnly: "recv"}
		return x.set(record{"k": "chan"}, "e", t.Elem(), "dir", dir[t.Dir()])
	case *types.Signature:
		return x.set(record{"k": "func"}, "p", t.Params(), "r", t.Results(), "v", t.Variadic())
	case *types.Tuple:
		fields := []record{}
		for _, id := range x.typeList(t) {
			fields = append(fields, record{"t": id})
		}
		return record{"k": "tuple", "f": fields}
	case *types.Struct:
		return x.structure(t, x.opaque[t])
	case *types.Interface:
		methods := []int{}
		for i := 0; i < t.NumMethods(); i++ {
			methods = append(methods, x.methodID(t.Method(i)))
		}
		return x.set(record{"k": "iface"}, "im", methods)
	}
	return record{"k": "none"}
}

func (x *export) named(t *types.Named) record {
	short := t.Obj().Name()
	if pkg := t.Obj().Pkg(); pkg != nil {
		short = pkg.Name() + "." + short
	}
	r := record{"k": "named", "n": t.String(), "s": short}
	if args := t.TypeArgs(); args.Len() > 0 {
		texts := []string{}
		for i := 0; i < args.Len(); i++ {
			texts = append(texts, types.TypeString(args.At(i), path))
		}
		r["s"] = short + "[" + strings.Join(texts, ",") + "]"
	}
	if name := x.opaqueName(t); name != "" {
		// A structure of its own, since natives may tell apart what Go finds identical.
		id := len(x.types)
		r["u"], x.types = id, append(x.types, nil)
		x.types[id] = x.structure(t.Underlying().(*types.Struct), name)
		return r
	}
	return x.set(r, "u", t.Underlying())
}

// path is how Go calls a package in the name of a type: a program itself is main.
func path(pkg *types.Package) string {
	if pkg.Name() == "main" {
		return "main"
	}
	return pkg.Path()
}

func fullName(t *types.Named) string { return t.Obj().Pkg().Path() + "." + t.Obj().Name() }

// opaqueName returns the name of the type as which natives know a struct type, or "".
func (x *export) opaqueName(t *types.Named) string {
	st, ok := t.Underlying().(*types.Struct)
	if !ok || t.Obj().Pkg() == nil {
		return ""
	}
	if x.units[t.Obj().Pkg()] != nil {
		if x.says("opaque", fullName(t)) {
			return fullName(t)
		}
		return x.opaque[st]
	}
	for i := 0; i < st.NumFields(); i++ {
		if !st.Field(i).Exported() {
			return fullName(t)
		}
	}
	return ""
}

func (x *export) structure(t *types.Struct, opaque string) record {
	fields := []record{}
	for i := 0; i < t.NumFields(); i++ {
		f := t.Field(i)
		field := record{"n": f.Name(), "t": 0}
		if opaque == "" || f.Exported() {
			x.set(field, "t", f.Type())
		}
		fields = append(fields, x.set(field, "e", f.Embedded()))
	}
	return x.set(record{"k": "struct", "f": fields}, "o", opaque)
}

// methodID returns the index of a method: one for each name and signature.
func (x *export) methodID(f *types.Func) int {
	r := x.set(record{"n": f.Name()}, "t", f.Type())
	if !ast.IsExported(f.Name()) {
		r["p"] = f.Pkg().Path()
	}
	id, _ := x.methods.add(encode(r))
	return id
}

// constant returns the operand of a constant.
func (x *export) constant(t types.Type, pairs ...any) int {
	id, _ := x.consts.add(encode(x.set(x.set(record{}, "t", t), pairs...)))
	return -1 - id
}

func (x *export) constOperand(c *ssa.Const) int {
	basic, _ := c.Type().Underlying().(*types.Basic)
	if c.Value == nil || basic == nil {
		return x.constant(c.Type())
	}
	narrow := basic.Kind() == types.Float32 || basic.Kind() == types.Complex64
	switch {
	case basic.Info()&types.IsFloat != 0:
		return x.constant(c.Type(), "d", bitsOf(c.Value, narrow))
	case basic.Info()&types.IsComplex != 0:
		re, im := constant.Real(c.Value), constant.Imag(c.Value)
		return x.constant(c.Type(), "z", [2]int64{bitsOf(re, narrow), bitsOf(im, narrow)})
	case c.Value.Kind() == constant.Bool:
		return x.constant(c.Type(), "i", map[bool]int{true: 1}[constant.BoolVal(c.Value)])
	case c.Value.Kind() == constant.String:
		s := constant.StringVal(c.Value)
		if utf8.ValidString(s) {
			return x.constant(c.Type(), "s", s)
		}
		return x.constant(c.Type(), "h", hex.EncodeToString([]byte(s)))
	}
	n, exact := constant.Int64Val(constant.ToInt(c.Value))
	if !exact {
		u, _ := constant.Uint64Val(constant.ToInt(c.Value))
		n = int64(u)
	}
	return x.constant(c.Type(), "i", n)
}

// bitsOf returns the bits of a number as a float64, rounded to a float32 before if it is narrow.
func bitsOf(v constant.Value, narrow bool) int64 {
	f, _ := constant.Float64Val(v)
	if g, _ := constant.Float32Val(v); narrow {
		f = float64(g)
	}
	return int64(math.Float64bits(f))
}
