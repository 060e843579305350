package main

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// instruction fills the record of an instruction.
func (x *export) instruction(r record, b *ssa.BasicBlock, in ssa.Instruction) {
	set := func(o string, pairs ...any) { x.set(x.set(r, "o", o), pairs...) }
	switch in := in.(type) {
	case *ssa.Call:
		set("call")
		if f := in.Call.StaticCallee(); f != nil && x.why(f) != "" {
			set("call", "n", nameOf(in, 3))
		}
		x.callee(r, &in.Call, in.Pos())
	case *ssa.Go:
		set("go", "daemon", x.marked("//gordian:daemon", in.Pos()))
		x.callee(r, &in.Call, in.Pos())
	case *ssa.Defer:
		set("defer")
		// In newer versions of go/ssa: whose deferred call it is.
		if k := reflect.ValueOf(in).Elem().FieldByName("DeferStack"); k.IsValid() {
			set("defer", "k", k.Interface())
		}
		x.callee(r, &in.Call, in.Pos())
	case *ssa.Select:
		cases := []record{}
		for _, s := range in.States {
			c := x.set(record{}, "x", s.Chan, "y", s.Send, "t", elem(s.Chan.Type()),
				"e", x.channelAt(s.Pos))
			if s.Pos.IsValid() {
				c["p"] = x.place(s.Pos)
			}
			cases = append(cases, c)
		}
		set("select", "s", cases, "block", in.Blocking)
	case *ssa.Send:
		set("send", "x", in.Chan, "y", in.X, "t", elem(in.Chan.Type()), "e", x.channelAt(in.Pos()))
	case *ssa.Jump:
		set("jump")
		x.edges(r, b)
	case *ssa.If:
		set("if", "x", in.Cond)
		x.edges(r, b)
	case *ssa.Return:
		set("return", "a", in.Results)
	case *ssa.RunDefers:
		set("rundefers")
	case *ssa.Panic:
		set("panic", "x", in.X)
	case *ssa.Store:
		set("store", "x", in.Addr, "y", in.Val, "t", elem(in.Addr.Type()))
	case *ssa.MapUpdate:
		set("mapupdate", "x", in.Map, "y", in.Key, "z", in.Value, "t", in.Map.Type())
	default:
		if !x.maker(set, in) && !x.pure(set, in) {
			set("unsupported", "n", strings.TrimPrefix(fmt.Sprintf("%T", in), "*ssa."))
		}
	}
}

// maker is for what makes or looks into objects.
func (x *export) maker(set func(o string, pairs ...any), in ssa.Instruction) bool {
	switch in := in.(type) {
	case *ssa.Alloc:
		set("alloc", "t", elem(in.Type()), "heap", in.Heap, "n", nameOf(in, 3))
	case *ssa.MakeChan:
		set("chan", "t", in.Type(), "x", in.Size, "n", nameOf(in, 3))
	case *ssa.MakeMap:
		set("map", "t", in.Type(), "x", in.Reserve, "n", nameOf(in, 3))
	case *ssa.MakeSlice:
		set("slice", "t", in.Type(), "x", in.Len, "y", in.Cap, "n", nameOf(in, 3))
	case *ssa.MakeClosure:
		set("closure", "f", x.funcs.ids[in.Fn.(*ssa.Function)], "a", in.Bindings)
	case *ssa.MakeInterface:
		set("iface", "x", in.X, "t", in.X.Type())
	case *ssa.FieldAddr:
		set("fieldaddr", "x", in.X, "n", in.Field, "t", elem(in.X.Type()))
	case *ssa.IndexAddr:
		set("indexaddr", "x", in.X, "y", in.Index, "t", in.X.Type())
	case *ssa.Slice:
		set("reslice", "x", in.X, "lo", in.Low, "hi", in.High, "max", in.Max, "t", in.X.Type())
	case *ssa.Lookup:
		o := "lookup"
		if _, isMap := in.X.Type().Underlying().(*types.Map); !isMap {
			o = "index" // of a string, in older versions of go/ssa
		}
		set(o, "x", in.X, "y", in.Index, "t", in.X.Type(), "ok", in.CommaOk)
	case *ssa.Range:
		set("range", "x", in.X, "t", in.X.Type())
	case *ssa.Next:
		set("next", "x", in.Iter, "str", in.IsString)
	default:
		return false
	}
	return true
}

// pure is for what makes a value of values; loads and receives have the form of one.
func (x *export) pure(set func(o string, pairs ...any), in ssa.Instruction) bool {
	switch in := in.(type) {
	case *ssa.UnOp:
		switch in.Op {
		case token.MUL:
			set("load", "x", in.X, "t", elem(in.X.Type()))
		case token.ARROW:
			set("recv", "x", in.X, "t", elem(in.X.Type()), "ok", in.CommaOk,
				"e", x.channelAt(in.Pos()))
		default:
			set("un", "op", in.Op.String(), "x", in.X, "t", in.X.Type())
		}
	case *ssa.BinOp:
		set("bin", "op", in.Op.String(), "x", in.X, "y", in.Y, "t", in.X.Type(), "u", in.Y.Type())
	case *ssa.Field:
		set("field", "x", in.X, "n", in.Field, "t", in.X.Type())
	case *ssa.Index:
		set("index", "x", in.X, "y", in.Index, "t", in.X.Type())
	case *ssa.Extract:
		set("extract", "x", in.Tuple, "n", in.Index)
	case *ssa.Convert:
		set("convert", "x", in.X, "t", in.Type(), "u", in.X.Type())
	case *ssa.SliceToArrayPointer:
		set("arrayptr", "x", in.X, "t", in.Type())
	case *ssa.TypeAssert:
		set("assert", "x", in.X, "t", in.AssertedType, "u", in.X.Type(), "ok", in.CommaOk)
	default:
		return false
	}
	return true
}

// callee sets what is called, and with what.
func (x *export) callee(r record, c *ssa.CallCommon, pos token.Pos) {
	x.set(r, "a", c.Args)
	f := c.StaticCallee()
	b, builtin := c.Value.(*ssa.Builtin)
	switch {
	case builtin:
		ts := []int{}
		for _, a := range c.Args {
			ts = append(ts, x.typeID(a.Type()))
		}
		x.set(r, "b", b.Name(), "ts", ts)
		if results := c.Signature().Results(); results.Len() == 1 {
			x.set(r, "t", results.At(0).Type())
		}
	case c.IsInvoke():
		x.set(r, "i", c.Value, "m", x.methodID(c.Method))
	default:
		x.set(r, "f", c.Value)
	}
	works := builtin && (b.Name() == "close" || b.Name() == "len" || b.Name() == "cap")
	if works || c.IsInvoke() || f != nil && f.Signature.Recv() != nil && x.why(f) != "" {
		x.set(r, "e", x.textAt(pos, builtin))
	}
}
