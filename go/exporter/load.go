package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/ssa"
)

// unit is a package that is taken from its source.
type unit struct {
	*listed
	types *types.Package
	files []*ast.File
	ssa   *ssa.Package
}

// loader type-checks packages: from their source those whose bodies may be wanted, the others
// from the compiler's export data.
type loader struct {
	*options
	policy
	byID    map[string]*listed
	source  map[string]bool // packages of the standard library that are taken from source
	fset    *token.FileSet
	prog    *ssa.Program
	parsed  map[string]*ast.File
	marks   map[string]bool           // directives in comments, with the line that they stand for
	loaded  map[string]*types.Package // by ID
	imports map[string]*types.Package // by path
	units   map[*types.Package]*unit
	order   []*unit                  // what is imported first
	opaque  map[*types.Struct]string // of which policy.txt says so
	fail    func(problem)
}

// load loads the packages that go list names, what is imported first.
func load(o *options, all []*listed, fail func(problem)) (*loader, error) {
	l := &loader{options: o, policy: readPolicy(), byID: map[string]*listed{},
		source: map[string]bool{}, fset: token.NewFileSet(), parsed: map[string]*ast.File{},
		marks: map[string]bool{}, loaded: map[string]*types.Package{"unsafe": types.Unsafe},
		imports: map[string]*types.Package{"unsafe": types.Unsafe},
		units:   map[*types.Package]*unit{}, opaque: map[*types.Struct]string{}, fail: fail}
	l.prog = ssa.NewProgram(l.fset, ssa.InstantiateGenerics|ssa.GlobalDebug|ssa.BareInits)
	for _, p := range all {
		l.byID[p.ImportPath] = p
	}
	for _, p := range all {
		for _, path := range p.Imports {
			if !p.Standard {
				l.wantSource(path)
			}
		}
	}
	foreign, paths := map[string]bool{"unsafe": true}, []string{"unsafe"}
	for _, p := range all {
		for _, path := range p.Imports {
			q := l.imported(p, path)
			if q != nil && l.fromSource(p) && !l.fromSource(q) && !foreign[q.ImportPath] {
				foreign[q.ImportPath] = true
				paths = append(paths, q.ImportPath)
			}
		}
	}
	data, err := o.exportData(paths)
	for _, p := range all {
		if err == nil && l.fromSource(p) {
			l.check(p)
		} else if err == nil && foreign[p.ImportPath] && l.loaded[p.ImportPath] == nil {
			l.readData(p, data[p.ImportPath])
		}
	}
	known := map[*types.Package]bool{}
	for _, u := range l.order {
		l.createImports(u.types, known)
	}
	return l, err
}

// createImports makes go/ssa know the packages of which there is no source.
func (l *loader) createImports(pkg *types.Package, known map[*types.Package]bool) {
	for _, q := range pkg.Imports() {
		if !known[q] && l.units[q] == nil {
			known[q] = true
			l.prog.CreatePackage(q, nil, nil, true)
			l.createImports(q, known)
		}
	}
}

// imported returns what an import in p means.
func (l *loader) imported(p *listed, path string) *listed {
	if mapped, ok := p.ImportMap[path]; ok {
		path = mapped
	}
	return l.byID[path]
}

func (l *loader) fromSource(p *listed) bool {
	return l.source[p.ImportPath] || !p.Standard && len(p.CgoFiles) == 0
}

// wantSource adds a package of the standard library, and what it imports, if policy.txt lets it.
func (l *loader) wantSource(path string) {
	if p := l.byID[path]; p != nil && !l.source[path] && l.says("interpret", path) {
		l.source[path] = true
		for _, path := range p.Imports {
			l.wantSource(path)
		}
	}
}

// check type-checks a package from its source. What it imports has been loaded.
func (l *loader) check(p *listed) {
	failed := false
	fail := func(kind, pos, message string) {
		failed = true
		l.fail(problem{kind, p.path(), message, pos})
	}
	u := &unit{listed: p}
	for _, name := range p.GoFiles {
		u.files = append(u.files, l.parse(p, filepath.Join(p.Dir, name), fail))
	}
	if p.Error != nil && !failed {
		fail("list", p.Error.Pos, p.Error.Err)
	}
	for _, path := range p.Imports {
		q := l.imported(p, path)
		failed = failed || q == nil || l.loaded[q.ImportPath] == nil
	}
	if failed {
		return
	}
	conf := types.Config{
		Importer: importer(func(path string) (*types.Package, error) {
			return l.loaded[l.imported(p, path).ImportPath], nil
		}),
		Sizes: types.SizesFor("gc", l.goarch),
		Error: func(err error) {
			e := err.(types.Error)
			fail("compile", l.fset.Position(e.Pos).String(), e.Msg)
		},
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		conf.GoVersion = "go" + p.Module.GoVersion
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{},
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Instances:  map[*ast.Ident]types.Instance{}}
	addVersions(info)
	pkg, _ := conf.Check(p.path(), l.fset, u.files, info)
	if failed {
		return
	}
	plain := p.path() == p.ImportPath
	if plain {
		l.imports[p.ImportPath] = pkg
	}
	for _, name := range pkg.Scope().Names() {
		st, ok := pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct)
		if full := p.path() + "." + name; ok && l.says("opaque", full) {
			l.opaque[st] = full
		}
	}
	u.types, u.ssa = pkg, l.prog.CreatePackage(pkg, u.files, info, plain)
	l.loaded[p.ImportPath], l.units[pkg], l.order = pkg, u, append(l.order, u)
}

type importer func(path string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }

// parse reads a file, under the name that it has in exports.
func (l *loader) parse(p *listed, name string, fail func(kind, pos, text string)) *ast.File {
	if file, ok := l.parsed[name]; ok {
		return file
	}
	text, err := os.ReadFile(name)
	shown := l.display(p, name)
	file, bad := parser.ParseFile(l.fset, shown, text, parser.SkipObjectResolution)
	if list, ok := bad.(scanner.ErrorList); err != nil {
		fail("list", name, err.Error())
	} else if ok {
		for _, e := range list {
			fail("compile", e.Pos.String(), e.Msg)
		}
	}
	l.parsed[name] = file
	for i, line := range strings.Split(string(text), "\n") {
		for _, directive := range []string{"//gordian:daemon", "//gordian:stub", "//go:embed"} {
			if before, _, found := strings.Cut(line, directive); found {
				l.marks[fmt.Sprint(directive, shown, i+1)] = true
				if strings.TrimSpace(before) == "" {
					l.marks[fmt.Sprint(directive, shown, i+2)] = true
				}
			}
		}
	}
	return file
}

// marked says that a directive stands on the line of a position, or alone on the one above it.
func (l *loader) marked(directive string, pos token.Pos) bool {
	at := l.fset.Position(pos)
	return l.marks[fmt.Sprint(directive, at.Filename, at.Line)]
}

// display returns a file's name as exports have it.
func (l *loader) display(p *listed, name string) string {
	folder, base := p.Dir, filepath.Base(name)
	if p.Standard {
		return "$GOROOT/src/" + p.path() + "/" + base
	} else if m := p.Module; !p.ours() && m == nil {
		return p.path() + "@/" + base
	} else if !p.ours() {
		return m.Path + "@" + m.Version + strings.TrimPrefix(p.path(), m.Path) + "/" + base
	} else if m != nil {
		folder = filepath.Dir(l.gomod)
	}
	if rel, err := filepath.Rel(folder, name); err == nil {
		name = rel
	}
	return filepath.ToSlash(name)
}

// readData reads the compiler's export data of a package.
func (l *loader) readData(p *listed, file string) {
	text, err := os.ReadFile(file)
	var r io.Reader
	if err == nil {
		r, err = gcexportdata.NewReader(bytes.NewReader(text))
	}
	if err == nil {
		l.loaded[p.ImportPath], err = gcexportdata.Read(r, l.fset, l.imports, p.ImportPath)
	}
	if p.Error != nil {
		l.fail(problem{"list", p.path(), p.Error.Err, p.Error.Pos})
	} else if err != nil {
		text := fmt.Sprintf("no export data: %v (read as %s)", err, runtime.Version())
		l.fail(problem{"list", p.path(), text, ""})
	}
}
