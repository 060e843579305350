//! The exporter is built when it is first needed: from modules, as users do, and only once.

use std::sync::Mutex;

use gordian_go::export::Kind;

use super::*;

/// A program that makes a folder into a module proxy: golang.org/x/tools of a GOPATH, under the
/// version that is asked for.
const PROXY: &str = r#"
package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	gopath, proxy, version := os.Args[1], os.Args[2], os.Args[3]
	for _, name := range []string{"tools", "mod", "sync"} {
		path := "golang.org/x/" + name
		source, target := filepath.Join(gopath, "src", path), filepath.Join(proxy, path, "@v")
		if _, err := os.Stat(source); err != nil {
			continue
		}
		check(os.MkdirAll(target, 0o777))
		v, mod := "v0.0.1", "module "+path+"\n\n"
		text, err := os.ReadFile(filepath.Join(source, "go.mod"))
		check(err)
		for _, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "go ") {
				mod += line + "\n"
			}
		}
		if name == "tools" {
			v = version
			for _, other := range []string{"mod", "sync"} {
				if _, err := os.Stat(filepath.Join(gopath, "src/golang.org/x", other)); err == nil {
					mod += "\nrequire golang.org/x/" + other + " v0.0.1\n"
				}
			}
		}
		check(os.WriteFile(filepath.Join(target, v+".mod"), []byte(mod), 0o666))
		check(os.WriteFile(filepath.Join(target, v+".info"), []byte(`{"Version":"`+v+`"}`), 0o666))
		check(os.WriteFile(filepath.Join(target, "list"), []byte(v+"\n"), 0o666))
		file, err := os.Create(filepath.Join(target, v+".zip"))
		check(err)
		w := zip.NewWriter(file)
		put := func(name string, text []byte) {
			f, err := w.Create(path + "@" + v + "/" + name)
			check(err)
			_, err = f.Write(text)
			check(err)
		}
		put("go.mod", []byte(mod))
		check(filepath.Walk(source, func(p string, info os.FileInfo, err error) error {
			if err == nil && info.IsDir() && info.Name() == "testdata" {
				return filepath.SkipDir
			}
			if err == nil && strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
				text, err := os.ReadFile(p)
				check(err)
				rel, err := filepath.Rel(source, p)
				check(err)
				put(filepath.ToSlash(rel), text)
			}
			return err
		}))
		check(w.Close())
		check(file.Close())
	}
}
"#;

/// The version of x/tools that go.mod of the exporter asks for, as it is announced.
fn version_in(said: &str) -> &str {
    let (_, rest) = said.split_once("golang.org/x/tools ").expect("a version");
    rest.split(',').next().expect("a version")
}

#[cfg(unix)]
#[test]
fn users_build_it_from_modules() {
    let Some(mut work) = Work::new() else { return };
    let gopath = work.settings.gopath.take().expect("a GOPATH");
    work.settings.cache = work.folder.path().join("own");
    work.write("go.mod", "module example.com/p\n\ngo 1.19\n");
    work.write("main.go", "package main\n\nfunc main() {}\n");
    let (proxy, modules) = (work.path("proxy"), work.path("modules"));
    let environment = format!(
        "export GOPROXY=${{GOPROXY:-file://{}}} GOSUMDB=off GOTOOLCHAIN=local\n\
         export GOMODCACHE={} GOFLAGS=\"$GOFLAGS -modcacherw\"",
        proxy.display(),
        modules.display(),
    );
    work.wrap_go("proxied", &environment);

    // Nothing may be downloaded, and nothing is there.
    let problem = work.export("", &["."]).expect_err("no x/tools");
    assert_eq!(problem.kind, Kind::Tools, "{problem}");
    assert!(problem.to_string().contains("GORDIAN_GOPATH"), "{problem}");
    let said = work.said.pop().expect("an announcement");
    assert!(
        said.starts_with("building the exporter with go1."),
        "{said}"
    );

    // An empty proxy.
    work.settings.offline = false;
    fs::create_dir_all(&proxy).expect("a folder");
    let problem = work.export("", &["."]).expect_err("no x/tools");
    assert_eq!(problem.kind, Kind::Tools, "{problem}");
    work.said.clear();

    let program = work.path("proxy.go");
    fs::write(&program, PROXY).expect("a program");
    let made = Command::new("go")
        .args(["run".as_ref(), program.as_os_str(), gopath.as_os_str()])
        .args([proxy.as_os_str(), version_in(&said).as_ref()])
        .env("GO111MODULE", "off")
        .output()
        .expect("go run");
    fs::remove_file(&program).expect("removed");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let exports = work.export("", &["."]).expect("an export");
    assert_eq!(exports.packages.len(), 1);
    assert_eq!(work.said.len(), 1);

    // What is built needs no network, and neither does what was downloaded once.
    fs::remove_dir_all(&proxy).expect("removed");
    work.settings.offline = true;
    work.export("", &["."]).expect("an export");
    assert_eq!(work.said.len(), 1, "it is built once");
    fs::remove_dir_all(work.settings.cache.join("exporter")).expect("removed");
    fs::remove_dir_all(work.settings.cache.join("exports")).expect("removed");
    work.export("", &["."]).expect("an export");
    assert_eq!(work.said.len(), 2, "it is built again");
}

#[test]
fn two_that_need_it_build_it_once() {
    let Some(mut work) = Work::new() else { return };
    work.settings.cache = work.folder.path().join("own");
    work.write("go.mod", "module example.com/p\n\ngo 1.19\n");
    work.write("main.go", "package main\n\nfunc main() {}\n");
    let said = Mutex::new(vec![]);
    std::thread::scope(|scope| {
        let one = || {
            let say = &mut |text: &str| said.lock().expect("no panic").push(text.to_owned());
            let patterns = [".".to_owned()];
            let exports = export(&work.settings, &work.path(""), &patterns, say);
            assert_eq!(exports.expect("an export").packages.len(), 1);
        };
        scope.spawn(one);
        scope.spawn(one);
    });
    let said = said.into_inner().expect("no panic");
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn a_folder_without_x_tools_is_told_to_be_so() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", "module example.com/p\n\ngo 1.19\n");
    work.settings.gopath = Some(work.path("nothing"));
    let problem = work.export("", &["."]).expect_err("no x/tools");
    assert_eq!(problem.kind, Kind::Tools, "{problem}");
}

#[test]
fn a_cache_that_cannot_be_written_is_told_to_be_so() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", "module example.com/p\n\ngo 1.19\n");
    work.write("file", "");
    work.settings.cache = work.path("file");
    let problem = work.export("", &["."]).expect_err("no cache");
    assert_eq!(problem.kind, Kind::Cache, "{problem}");
    assert!(problem.to_string().contains("GORDIAN_CACHE"), "{problem}");
}
