// Command exporter writes what the tests and the main of Go packages can reach, in SSA form,
// as JSON. FORMAT.md has the format of an export, and of what is printed.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/go/ssa"
)

// options are what the command line and the go command say.
type options struct {
	goTool, dir, out, tags         string
	goversion, goos, goarch, gomod string
}

// problem keeps a package from being exported.
type problem struct {
	Kind    string `json:"kind"`
	Package string `json:"package,omitempty"`
	Message string `json:"message"`
	Pos     string `json:"pos,omitempty"`
}

// manifest is what is printed.
type manifest struct {
	Format    int               `json:"format"`
	Toolchain string            `json:"toolchain"`
	Platform  string            `json:"platform"`
	Packages  []string          `json:"packages"`
	Errors    []problem         `json:"errors"`
	Listed    []json.RawMessage `json:"listed"`
}

// target is a package to be exported: with its own tests and its external ones, if it has any.
type target struct {
	plain, tested, external *listed
}

func main() {
	var o options
	flag.StringVar(&o.goTool, "go", "go", "the go `command`")
	flag.StringVar(&o.dir, "dir", ".", "`folder` that the patterns are relative to")
	flag.StringVar(&o.out, "out", ".", "`folder` for the exports: 0.json, 1.json, ...")
	flag.StringVar(&o.tags, "tags", "", "build `tags`")
	flag.Parse()
	m := manifest{Format: 1, Packages: []string{}, Errors: []problem{}}
	if err := m.run(&o, flag.Args()); err != nil {
		m.fail(problem{Kind: "list", Message: err.Error()})
	}
	os.Stdout.Write(encode(m))
	if len(m.Errors) > 0 {
		os.Exit(2)
	}
}

// fail notes a problem, unless it is known already: a package has variants.
func (m *manifest) fail(p problem) {
	for _, q := range m.Errors {
		if p == q {
			return
		}
	}
	m.Errors = append(m.Errors, p)
}

func (m *manifest) run(o *options, patterns []string) error {
	env, err := o.run("env", "GOVERSION", "GOOS", "GOARCH", "GOMOD")
	if err != nil {
		return err
	}
	words := strings.Split(string(env), "\n")
	o.goversion, o.goos, o.goarch, o.gomod = words[0], words[1], words[2], words[3]
	m.Toolchain, m.Platform = o.goversion, o.goos+"/"+o.goarch
	all, err := o.list(patterns)
	if err != nil {
		return err
	}
	for _, p := range all {
		if !p.Standard && !strings.HasSuffix(p.ImportPath, ".test") {
			m.Listed = append(m.Listed, p.text)
		}
	}
	l, err := load(o, all, m.fail)
	if err != nil {
		return err
	}
	for _, t := range l.targets() {
		if len(t.plain.CgoFiles) > 0 {
			file := filepath.Join(t.plain.Dir, t.plain.CgoFiles[0])
			m.fail(problem{"cgo", t.plain.path(), `it imports "C"`, file})
			continue
		}
		if l.loaded[t.tested.ImportPath] == nil || t.external != nil && l.loaded[t.external.ImportPath] == nil {
			continue // the problems are known
		}
		if text := l.export(t); text != nil {
			name := filepath.Join(o.out, fmt.Sprintf("%d.json", len(m.Packages)))
			if err := os.WriteFile(name, text, 0o666); err != nil {
				return err
			}
			m.Packages = append(m.Packages, t.plain.path())
		}
	}
	if len(m.Errors)+len(m.Packages) == 0 {
		m.fail(problem{Kind: "nothing-to-run", Message: "no test and no main in " + strings.Join(patterns, " ")})
	}
	return nil
}

// targets returns what the patterns name.
func (l *loader) targets() (found []target) {
	for _, p := range l.byID {
		of := l.byID[strings.TrimSuffix(p.ImportPath, ".test")]
		if p.DepOnly || p.ForTest != "" || of != nil && of != p {
			continue
		}
		mark := " [" + p.ImportPath + ".test]"
		t := target{p, l.byID[p.ImportPath+mark], l.byID[p.path()+"_test"+mark]}
		if t.tested == nil {
			t.tested = p
		}
		found = append(found, t)
	}
	sort.Slice(found, func(i, j int) bool {
		return found[i].plain.ImportPath < found[j].plain.ImportPath
	})
	return found
}

// export returns the export of a package, or nil if there is nothing in it to run.
func (l *loader) export(t target) []byte {
	lang := strings.Join(strings.Split(l.goversion[2:]+"..", ".")[:2], ".")
	if mod := t.plain.Module; mod != nil && mod.GoVersion != "" {
		lang = mod.GoVersion
	}
	word := types.SizesFor("gc", l.goarch).Sizeof(types.Typ[types.Int])
	top := record{"format": 1, "package": t.plain.path(), "name": t.plain.Name, "lang": lang,
		"bits": 8 * word}
	entries := l.entries(t, top)
	if len(entries) == 0 {
		return nil
	}
	x := newExport(l, t)
	// Methods 0 and 1.
	x.methodID(types.Universe.Lookup("error").Type().Underlying().(*types.Interface).Method(0))
	text := types.NewTuple(types.NewVar(0, nil, "", types.Typ[types.String]))
	x.methodID(types.NewFunc(0, nil, "String", types.NewSignature(nil, nil, text, false)))
	x.reachAll(entries)
	return x.write(top)
}

// entries returns the functions to begin with: they are the first of the export, in this order.
func (l *loader) entries(t target, top record) (entries []*ssa.Function) {
	tests := []record{}
	for _, u := range l.order {
		for _, file := range u.files {
			name := l.fset.Position(file.Pos()).Filename
			if u.listed != t.tested && u.listed != t.external || !strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, decl := range file.Decls {
				d, ok := decl.(*ast.FuncDecl)
				if !ok || d.Recv != nil || !isTest(d.Name.Name) {
					continue
				}
				f := u.ssa.Func(d.Name.Name)
				if takes(f, "M") && f.Name() == "TestMain" {
					top["testmain"] = len(entries)
				} else if takes(f, "T") {
					tests = append(tests, record{"n": f.Name(), "f": len(entries)})
				} else {
					continue
				}
				entries = append(entries, f)
			}
		}
		if f := u.ssa.Func("main"); f != nil && u.listed == t.tested && u.Name == "main" {
			top["main"], entries = len(entries), append(entries, f)
		}
	}
	top["tests"] = tests
	return entries
}

func isTest(name string) bool {
	next, _ := utf8.DecodeRuneInString(strings.TrimPrefix(name, "Test"))
	return strings.HasPrefix(name, "Test") && !unicode.IsLower(next)
}

// takes says that a function's only parameter is a *testing.T, or M.
func takes(f *ssa.Function, name string) bool {
	params := f.Signature.Params()
	return params.Len() == 1 && params.At(0).Type().String() == "*testing."+name
}

func encode(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// write returns the export's text, with a line for each entry of a table.
func (x *export) write(top record) []byte {
	funcs, globals, skipped, inits := []record{}, []record{}, []string{}, []int{}
	for _, f := range x.funcs {
		funcs = append(funcs, x.functionRecord(f))
	}
	x.function = function{}
	for _, g := range x.globals {
		r := x.set(record{"n": g.String(), "s": g.Name()}, "t", elem(g.Type()))
		if path := g.Pkg.Pkg.Path(); path != top["package"] {
			r["s"] = g.Pkg.Pkg.Name() + "." + g.Name()
		}
		if u := x.units[g.Pkg.Pkg]; u != nil {
			x.set(r, "p", x.place(g.Pos()), "x", x.marked("//go:embed", g.Pos()))
		} else {
			r["x"] = true
		}
		globals = append(globals, r)
	}
	for _, u := range x.parts {
		if id, ok := x.funcID[u.ssa.Func("init")]; ok {
			inits = append(inits, id)
		}
		if s := x.slices[u.ssa]; s != nil && !s.used && len(s.inits) > 0 && !u.Standard {
			skipped = append(skipped, u.path())
		}
	}
	x.methodTables()
	files := make([]string, len(x.files))
	for name, id := range x.files {
		files[id] = name
	}
	text := encode(x.set(top, "inits", inits, "files", files, "skipped", skipped))
	for _, table := range []struct {
		name string
		list []record
	}{{"types", x.types}, {"methods", x.methods}, {"consts", x.consts}, {"globals", globals},
		{"funcs", funcs}} {
		text = append(text[:len(text)-2], ",\n\""+table.name+"\":["...)
		for i, r := range table.list {
			if i > 0 {
				text = append(text, ',')
			}
			text = append(append(text, '\n'), bytes.TrimSpace(encode(r))...)
		}
		text = append(text, "]}\n"...)
	}
	return text
}
