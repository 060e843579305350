package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is a package as `go list -json` tells it.
type listed struct {
	ImportPath, Name, Dir, ForTest string
	GoFiles, CgoFiles, Imports     []string
	ImportMap                      map[string]string
	Standard, DepOnly              bool
	Module                         *module
	Error                          *struct{ Pos, Err string }
	text                           json.RawMessage
}

type module struct {
	Path, Version, Dir, GoVersion string
	Main                          bool
	Replace                       *module
}

// The fields above, and what a cache of exports has to watch.
const fields = "-json=ImportPath,Name,Dir,ForTest,GoFiles,CgoFiles,Imports,ImportMap," +
	"Standard,DepOnly,Module,Error,TestGoFiles,XTestGoFiles,IgnoredGoFiles,EmbedFiles," +
	"TestEmbedFiles,XTestEmbedFiles"

// path returns the import path without the mark of a variant for tests: p of "p [p.test]".
func (p *listed) path() string { return strings.Split(p.ImportPath, " ")[0] }

// ours says that the package is of a module that the user works on, not of a dependency. Without
// modules it is one that a pattern names.
func (p *listed) ours() bool {
	m := p.Module
	if p.Standard || m == nil {
		return !p.Standard && !p.DepOnly
	}
	return m.Main || m.Replace != nil && m.Replace.Version == ""
}

// run runs the go command in the folder of the patterns.
func (o *options) run(args ...string) ([]byte, error) {
	cmd := exec.Command(o.goTool, args...)
	cmd.Dir = o.dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if text := strings.TrimSpace(errs.String()); err != nil && text != "" {
		err = errors.New(text)
	}
	return out, err
}

// ask runs go list. Without tags of our own those of GOFLAGS hold, which -tags would replace.
func (o *options) ask(patterns []string, flags ...string) ([]byte, error) {
	args := append([]string{"list", "-e"}, flags...)
	if o.tags != "" {
		args = append(args, "-tags="+o.tags)
	}
	return o.run(append(append(args, "--"), patterns...)...)
}

// list returns the packages that the patterns name and what they import, what is imported first;
// the mains that go makes for tests, whose file is in its cache, are left out.
func (o *options) list(patterns []string) (all []*listed, err error) {
	out, err := o.ask(patterns, "-deps", "-test", fields)
	for d := json.NewDecoder(bytes.NewReader(out)); err == nil && d.More(); {
		p := new(listed)
		if err = d.Decode(&p.text); err == nil {
			err = json.Unmarshal(p.text, p)
		}
		if len(p.GoFiles) == 0 || !filepath.IsAbs(p.GoFiles[0]) {
			all = append(all, p)
		}
	}
	return all, err
}

// exportData returns the files with the compiler's export data of packages. Go makes those that
// there are not yet.
func (o *options) exportData(paths []string) (map[string]string, error) {
	format := "{{.ImportPath}}\t{{.Export}}"
	out, err := o.ask(paths, "-export", "-f", format)
	files := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		path, file, _ := strings.Cut(line, "\t")
		files[path] = file
	}
	return files, err
}
