//! Packages that cannot be exported: one clear problem each.

use gordian_go::export::Kind;

use super::*;

/// Returns the only problem.
fn problem(result: Result<Exports, Box<Problem>>) -> Problem {
    match result {
        Err(problem) => *problem,
        Ok(exports) => {
            assert_eq!(exports.problems.len(), 1, "{:#?}", exports.problems);
            exports.problems[0].clone()
        }
    }
}

const MODULE: &str = "module example.com/p\n\ngo 1.19\n";

#[test]
fn without_go_it_is_told_how_to_get_it() {
    let settings = Settings {
        go: "/nowhere/go".into(),
        cache: std::env::temp_dir(),
        gopath: None,
        offline: true,
        tags: String::new(),
    };
    let result = export(&settings, &testdata(), &[".".to_owned()], &mut |_| {});
    let problem = problem(result);
    assert_eq!(problem.kind, Kind::NoGo);
    let text = problem.to_string();
    assert!(text.starts_with("there is no Go here\n"), "{text}");
    assert!(text.contains("/nowhere/go"), "{text}");
    assert!(text.contains("next: install Go"), "{text}");
}

#[test]
fn a_folder_that_is_not_there_is_no_missing_go() {
    let Some(mut work) = Work::new() else { return };
    let problem = problem(work.export("none", &["."]));
    assert_eq!(problem.kind, Kind::NotFound);
}

#[cfg(unix)]
#[test]
fn a_go_that_is_too_old_is_refused() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", MODULE);
    work.wrap_go("old", "echo '{\"GOVERSION\":\"go1.17.3\"}'; exit 0");
    let problem = problem(work.export("", &["."]));
    assert_eq!(problem.kind, Kind::OldGo);
    assert_eq!(
        problem.message,
        "go1.17.3 is too old: the exporter needs go1.19"
    );
}

#[test]
fn a_package_that_does_not_compile_is_told_with_all_places() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", MODULE);
    work.write(
        "p/p.go",
        "package p\n\nfunc F() int {\n\tx := 1\n\treturn y\n}\n",
    );
    work.write(
        "p/p_test.go",
        "package p\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {}\n",
    );
    let exports = work.export("", &["./..."]).expect("a manifest");
    let told: Vec<(Kind, String)> = exports
        .problems
        .iter()
        .map(|it| {
            (
                it.kind,
                format!("{}: {}", it.place.clone().expect("a place"), it.message),
            )
        })
        .collect();
    // Once each, though the package has a variant for its tests.
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|(kind, _)| *kind == Kind::Compile));
    let text = told.map_text();
    assert!(text.contains("p/p.go:4:2: "), "{text}");
    assert!(text.contains("p/p.go:5:9: "), "{text}");
    assert!(exports.packages.is_empty());
    // Seen from within the package, the file is named as it is from there.
    let exports = work.export("p", &["."]).expect("a manifest");
    assert_eq!(
        exports.problems[0].place.as_ref().map(|it| &*it.file),
        Some("p.go")
    );
}

trait MapText {
    fn map_text(&self) -> String;
}

impl MapText for Vec<(Kind, String)> {
    fn map_text(&self) -> String {
        let lines: Vec<&str> = self.iter().map(|(_, text)| text.as_str()).collect();
        lines.join("\n")
    }
}

#[test]
fn a_file_that_is_no_go_is_told_with_its_place() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", MODULE);
    work.write("p.go", "package p\n\nfunc F( {\n");
    let exports = work.export("", &["."]).expect("a manifest");
    let first = &exports.problems[0];
    assert_eq!(first.kind, Kind::Compile);
    assert_eq!(
        first.place.as_ref().map(|it| it.to_string()).as_deref(),
        Some("p.go:3:9")
    );
}

#[test]
fn an_import_that_does_not_compile_is_told_of_itself() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", MODULE);
    work.write("q/q.go", "package q\n\nvar X int = \"\"\n");
    let main = "package main\n\nimport \"example.com/p/q\"\n\nfunc main() { println(q.X) }\n";
    work.write("main.go", main);
    let problem = problem(work.export("", &["."]));
    assert_eq!(problem.kind, Kind::Compile);
    assert_eq!(problem.package.as_deref(), Some("example.com/p/q"));
}

#[test]
fn what_is_in_no_module_is_told_to_be_so() {
    let Some(mut work) = Work::new() else { return };
    work.write("p/p.go", "package p\n");
    for patterns in [["./p"], ["./..."]] {
        let problem = problem(work.export("", &patterns));
        assert_eq!(problem.kind, Kind::NoModule, "{problem}");
    }
}

#[test]
fn no_files_no_package_and_nothing_to_run_are_told_apart() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", MODULE);
    work.write("empty/README", "");
    work.write(
        "other/x.go",
        "//go:build plan9 && !plan9\n\npackage other\n",
    );
    work.write("lib/lib.go", "package lib\n\nfunc F() {}\n");
    let kinds = [
        ("./empty", Kind::NoGoFiles),
        ("./other", Kind::NoGoFiles),
        ("./lib", Kind::NothingToRun),
        ("./none", Kind::NotFound),
        ("no/such/package", Kind::NotFound),
        ("x.go", Kind::NotFound),
    ];
    for (pattern, kind) in kinds {
        let problem = problem(work.export("", &[pattern]));
        assert_eq!(problem.kind, kind, "{pattern}: {problem}");
    }
}

#[test]
fn a_module_that_cannot_be_had_is_named() {
    let Some(mut work) = Work::new() else { return };
    let text = format!("{MODULE}\nrequire example.com/far v1.2.3\n");
    work.write("go.mod", &text);
    let main = "package main\n\nimport _ \"example.com/far/away\"\n\nfunc main() {}\n";
    work.write("main.go", main);
    let problem = problem(work.export("", &["."]));
    assert_eq!(problem.kind, Kind::Module, "{problem}");
    assert!(problem.to_string().contains("example.com/far"), "{problem}");
    assert!(problem.next().contains("go mod"), "{problem}");
}

#[cfg(unix)]
#[test]
fn a_package_that_uses_c_is_refused() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", MODULE);
    work.write("c/c.go", "package main\n\nimport \"C\"\n\nfunc main() {}\n");
    work.wrap_go("cgo", "export CGO_ENABLED=1");
    let problem = problem(work.export("", &["./c"]));
    assert_eq!(problem.kind, Kind::Cgo, "{problem}");
    assert_eq!(problem.place.as_ref().map(|it| &*it.file), Some("c/c.go"));
}

#[cfg(unix)]
#[test]
fn code_for_a_newer_go_is_told_to_be_so() {
    let Some(mut work) = Work::new() else { return };
    work.write("go.mod", "module example.com/p\n\ngo 1.99\n");
    work.write(
        "main.go",
        "package main\n\nfunc main() { for range 3 {} }\n",
    );
    let result = work.export("", &["."]);
    let kind = problem(result).kind;
    // A Go before 1.21 tries, and only finds that it does not compile.
    assert!(matches!(kind, Kind::NewerGo | Kind::Compile), "{kind:?}");
}
