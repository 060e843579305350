//! The cache of exports: it holds as long as nothing changes that an export depends on.

use gordian_go::export::Kind;

use super::*;

const TEST: &str = "package p\n\nimport \"testing\"\n\nfunc TestP(t *testing.T) { P() }\n";

/// A module with an import of its own, one of another module, and an embedded file.
fn code() -> Option<Work> {
    let work = Work::new()?;
    let require = "require example.com/other v0.0.0\n\nreplace example.com/other => ../other\n";
    work.write(
        "m/go.mod",
        &format!("module example.com/m\n\ngo 1.19\n\n{require}"),
    );
    work.write("m/go.sum", "");
    work.write(
        "m/p/p.go",
        "package p\n\nimport (\n\t_ \"embed\"\n\n\t\"example.com/m/q\"\n\t\"example.com/other\"\n\
         )\n\n//go:embed text\nvar text string\n\n\
         // P is P.\nfunc P() { q.Q(); other.O(); print(text) }\n",
    );
    work.write("m/p/text", "text");
    work.write("m/p/ignored.go", "//go:build ignored\n\npackage p\n");
    work.write("m/p/p_test.go", TEST);
    work.write("m/q/q.go", "package q\n\n// Q is Q.\nfunc Q() {}\n");
    work.write("other/go.mod", "module example.com/other\n\ngo 1.19\n");
    work.write("other/o.go", "package other\n\n// O is O.\nfunc O() {}\n");
    Some(work)
}

impl Work {
    /// Exports, and says whether that came from the cache.
    fn is_cached(&mut self, patterns: &[&str]) -> bool {
        let exports = self.export("m", patterns).expect("an export");
        assert_eq!(exports.problems, []);
        assert!(
            exports
                .packages
                .iter()
                .any(|it| it.path == "example.com/m/p")
        );
        exports.cached
    }

    /// Checks that a change is noticed, and that the new state is then kept.
    fn notices(&mut self, what: &str, patterns: &[&str]) {
        assert!(!self.is_cached(patterns), "{what}: not noticed");
        assert!(self.is_cached(patterns), "{what}: not kept afterwards");
    }
}

#[test]
fn whatever_changes_is_noticed() {
    let Some(mut work) = code() else { return };
    let patterns = ["./p"];
    work.notices("the first time", &patterns);
    let files = [
        ("m/p/p.go", "\n// A change.\n"),
        ("m/p/p_test.go", "\n// A change.\n"),
        ("m/p/ignored.go", "\n// A change.\n"),
        ("m/p/text", "more"),
        ("m/q/q.go", "\n// A change.\n"),
        ("other/o.go", "\n// A change.\n"),
        ("m/go.mod", "\n// A change.\n"),
        ("other/go.mod", "\n// A change.\n"),
        ("m/go.sum", "\n"),
    ];
    for (name, more) in files {
        let old = fs::read_to_string(work.path(name)).expect("a file");
        work.write(name, &(old + more));
        work.notices(name, &patterns);
    }
    work.write("m/p/new.go", "package p\n");
    work.notices("a new file", &patterns);
    fs::remove_file(work.path("m/p/new.go")).expect("removed");
    work.notices("a file removed", &patterns);
    work.write("m/p/new_test.go", "package p_test\n");
    work.notices("a new test file", &patterns);
    work.write("m/q/new.go", "package q\n");
    work.notices("a new file in an import", &patterns);
    work.settings.tags = "ignored".into();
    work.notices("build tags", &patterns);
    let uses = "go 1.19\n\nuse ./m\nuse ./other\n";
    work.write("go.work", uses);
    work.notices("a go.work", &patterns);
    work.write("go.work", &format!("{uses}\n// A change.\n"));
    work.notices("another go.work", &patterns);
}

#[cfg(unix)]
#[test]
fn whatever_go_is_told_is_noticed() {
    let Some(mut work) = code() else { return };
    let patterns = ["./p"];
    work.notices("the first time", &patterns);
    let original = work.settings.go.clone();
    work.wrap_go("os", "export GOOS=windows");
    work.notices("GOOS", &patterns);
    work.settings.go = original.clone();
    assert!(work.is_cached(&patterns), "each has its own entry");
    work.wrap_go("arch", "export GOARCH=arm64");
    work.notices("GOARCH", &patterns);
    work.settings.go = original.clone();
    work.wrap_go("flags", "export GOFLAGS=-tags=ignored");
    work.notices("GOFLAGS", &patterns);
    // Another version of Go: all that it says is the same but for that.
    work.settings.go = original;
    let other = "if [ \"$1 $2\" = 'env -json' ]; then\n  \
         go \"$@\" | \
         sed 's/\"GOVERSION\": \"go1[.]\\([0-9]*\\).*\"/\"GOVERSION\": \"go1.\\1.77\"/'\n  \
         exit\nfi\nexport GOTOOLCHAIN=local";
    work.wrap_go("version", other);
    work.notices("the version of Go", &patterns);
}

#[test]
fn another_x_tools_is_noticed() {
    let Some(mut work) = code() else { return };
    let patterns = ["./p"];
    work.notices("the first time", &patterns);
    // The same packages, with a comment more in go/ssa.
    let gopath = work.folder.path().join("gopath");
    let (from, to) = (gopath_of(&work).join("src"), gopath.join("src"));
    for part in [
        "go/ssa",
        "go/types",
        "go/gcexportdata",
        "go/ast",
        "internal",
    ] {
        let part = format!("golang.org/x/tools/{part}");
        copy(&from.join(&part), &to.join(&part));
    }
    let file = to.join("golang.org/x/tools/go/ssa/ssa.go");
    let text = fs::read_to_string(&file).expect("ssa.go");
    fs::write(&file, text + "\n// A change.\n").expect("ssa.go");
    work.settings.gopath = Some(gopath);
    work.notices("another x/tools", &patterns);
}

fn gopath_of(work: &Work) -> PathBuf {
    work.settings.gopath.clone().expect("a GOPATH")
}

/// Copies the Go files of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if path.is_dir() && name != "testdata" {
            copy(&path, &to.join(&name));
        } else if path.extension().is_some_and(|it| it == "go") {
            fs::copy(&path, to.join(&name)).expect("a copy");
        }
    }
}

#[test]
fn packages_that_appear_are_noticed_by_dots() {
    let Some(mut work) = code() else { return };
    let patterns = ["./..."];
    work.write("m/empty/README", "");
    work.notices("the first time", &patterns);
    let test = TEST.replace("P()", "");
    work.write("m/empty/x_test.go", &test);
    work.notices("a package in a folder that was there", &patterns);
    work.write(
        "m/deep/er/x_test.go",
        &TEST.replace("P()", "").replace("package p", "package er"),
    );
    work.notices("a package that is deep", &patterns);
    work.write("m/deep/testdata/x/x.go", "package x\n");
    assert!(work.is_cached(&patterns), "testdata is not entered");
    work.write("m/deep/er/go.mod", "module example.com/er\n");
    work.notices("a package that leaves the module", &patterns);
}

#[test]
fn a_module_that_begins_between_is_noticed() {
    let Some(mut work) = code() else { return };
    work.write("m/in/ner/x_test.go", &TEST.replace("P()", ""));
    let patterns = ["./in/ner"];
    assert_eq!(work.export("m", &patterns).map(|it| it.cached), Ok(false));
    assert_eq!(work.export("m", &patterns).map(|it| it.cached), Ok(true));
    work.write("m/in/go.mod", "module example.com/in\n");
    let exports = work.export("m", &patterns);
    let kinds = exports.map(|it| it.problems.into_iter().map(|it| it.kind).collect());
    assert_eq!(kinds, Ok(vec![Kind::NoModule]));
}

#[test]
fn problems_are_not_kept() {
    let Some(mut work) = code() else { return };
    work.write("m/p/bad.go", "package p\n\nvar X int = \"\"\n");
    for _ in 0..2 {
        let exports = work.export("m", &["./p"]).expect("a manifest");
        assert!(!exports.cached);
        assert_eq!(exports.problems.len(), 1);
    }
}

#[test]
fn a_broken_entry_is_made_anew() {
    let Some(mut work) = code() else { return };
    work.notices("the first time", &["./p"]);
    let entries = fs::read_dir(work.settings.cache.join("exports")).expect("a folder");
    for entry in entries.flatten() {
        fs::write(entry.path().join("0.json"), "").expect("a file");
        fs::write(entry.path().join("index.json"), "{").expect("a file");
    }
    work.notices("a broken entry", &["./p"]);
}
