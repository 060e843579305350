// Command exporter writes what the tests and the main of Go packages can reach, in SSA form,
// as JSON. FORMAT.md has the format of an export, and of what is printed.
package main

import (
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
	fmt.Println(encode(m))
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
	env, err := o.run("env", "GOVERSION", "GOOS", "GOARCH", "GOMOD", "GOWORK")
	if err != nil {
		return err
	}
	words := strings.Split(string(env), "\n")
	o.goversion, o.goos, o.goarch, o.gomod = words[0], words[1], words[2], words[3]
	if work := words[4]; o.gomod == os.DevNull && filepath.IsAbs(work) {
		o.gomod = work // The folder of a workspace may be no module's.
	}
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
	sort.Slice(all, func(i, j int) bool { return all[i].ImportPath < all[j].ImportPath })
	for _, p := range all {
		if p.DepOnly || p.ForTest != "" {
			continue
		}
		if len(p.CgoFiles) > 0 {
			file := filepath.Join(p.Dir, p.CgoFiles[0])
			m.fail(problem{"cgo", p.path(), `it imports "C"`, file})
			continue
		}
		text := l.export(p)
		if text == nil {
			continue // the problems are known, or there is nothing to run
		}
		name := filepath.Join(o.out, fmt.Sprintf("%d.json", len(m.Packages)))
		if err := os.WriteFile(name, text, 0o666); err != nil {
			return err
		}
		m.Packages = append(m.Packages, p.path())
	}
	if len(m.Errors)+len(m.Packages) == 0 {
		text := "no test and no main in " + strings.Join(patterns, " ")
		m.fail(problem{Kind: "nothing-to-run", Message: text})
	}
	return nil
}

// export returns the export of a package with its tests, be they within it or outside, or nil.
func (l *loader) export(p *listed) []byte {
	mark := " [" + p.ImportPath + ".test]"
	tested, external := l.byID[p.ImportPath+mark], l.byID[p.path()+"_test"+mark]
	parts := []*listed{p}
	if tested != nil {
		parts[0] = tested
	}
	if external != nil {
		parts = append(parts, external)
	}
	top := record{"format": 1, "package": p.path(), "name": p.Name}
	lang := l.goversion[2:]
	if p.Module != nil && p.Module.GoVersion != "" {
		lang = p.Module.GoVersion
	}
	top["lang"] = strings.Join(strings.SplitN(lang+".", ".", 3)[:2], ".")
	top["bits"] = 8 * types.SizesFor("gc", l.goarch).Sizeof(types.Typ[types.Int])
	entries, tests := []*ssa.Function{}, []record{}
	for _, part := range parts {
		u := l.units[l.loaded[part.ImportPath]]
		if u == nil {
			return nil
		}
		for _, f := range u.tests() {
			if takes(f, "M") {
				top["testmain"] = len(entries)
			} else {
				tests = append(tests, record{"n": f.Name(), "f": len(entries)})
			}
			entries = append(entries, f)
		}
	}
	if f := l.units[l.loaded[parts[0].ImportPath]].ssa.Func("main"); f != nil && p.Name == "main" {
		top["main"], entries = len(entries), append(entries, f)
	}
	if len(entries) == 0 {
		return nil
	}
	top["tests"] = tests
	x := newExport(l, parts)
	// Methods 0 and 1.
	x.methodID(types.Universe.Lookup("error").Type().Underlying().(*types.Interface).Method(0))
	text := types.NewTuple(types.NewVar(0, nil, "", types.Typ[types.String]))
	x.methodID(types.NewFunc(0, nil, "String", types.NewSignature(nil, nil, text, false)))
	x.reachAll(entries)
	return x.write(top)
}

// tests returns the tests of a package, and TestMain, in the order of the source.
func (u *unit) tests() (tests []*ssa.Function) {
	for i, file := range u.files {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || d.Recv != nil || !strings.HasSuffix(u.GoFiles[i], "_test.go") {
				continue
			}
			f := u.ssa.Func(d.Name.Name)
			if isTest(d.Name.Name) && takes(f, "T") || d.Name.Name == "TestMain" && takes(f, "M") {
				tests = append(tests, f)
			}
		}
	}
	return tests
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

// encode returns JSON on one line.
func encode(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(out.String())
}

// write returns the export's text, with a line for each entry of a table.
func (x *export) write(top record) []byte {
	funcs, globals, types, skipped, inits := []string{}, []string{}, []string{}, []string{}, []int{}
	for _, f := range x.funcs.list {
		funcs = append(funcs, encode(x.functionRecord(f)))
	}
	x.function = function{}
	for _, g := range x.globals.list {
		r := x.set(record{"n": g.String(), "s": g.Name()}, "t", elem(g.Type()),
			"x", x.units[g.Pkg.Pkg] == nil || x.marked("//go:embed", g.Pos()))
		if path := g.Pkg.Pkg.Path(); path != top["package"] {
			r["s"] = g.Pkg.Pkg.Name() + "." + g.Name()
		}
		globals = append(globals, encode(r))
	}
	x.methodTables()
	for _, r := range x.types {
		types = append(types, encode(r))
	}
	for _, u := range x.parts {
		if id, ok := x.funcs.ids[u.ssa.Func("init")]; ok {
			inits = append(inits, id)
		}
		s := x.slices[u.ssa]
		if s != nil && s.init == nil && !u.Standard && u.ssa.Func("init#1") != nil {
			skipped = append(skipped, u.path())
		}
	}
	text := encode(x.set(top, "inits", inits, "files", x.files.list, "skipped", skipped))
	for i, lines := range [][]string{types, x.methods.list, x.consts.list, globals, funcs} {
		name := [...]string{"types", "methods", "consts", "globals", "funcs"}[i]
		table := ",\n\"" + name + "\":[\n" + strings.Join(lines, ",\n") + "]}"
		text = strings.TrimSuffix(text, "}") + table
	}
	return []byte(text + "\n")
}
