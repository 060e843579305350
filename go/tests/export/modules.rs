//! The ways in which Go finds the files of a package: a workspace, a vendor folder, another system,
//! build tags.

use gordian_go::export::Kind;
use serde_json::Value;

use super::*;

const TEST: &str = "import \"testing\"\n\nfunc Test";

/// Returns what the first package says of itself: the texts of its constants, and its files.
fn texts(exports: &Exports) -> (Vec<String>, Vec<String>) {
    let json: Value = serde_json::from_str(&exports.packages[0].json).expect("JSON");
    let list = |table: &str, key: Option<&str>| -> Vec<String> {
        let entries = json[table].as_array().expect("a table").iter();
        let text = |it: &Value| key.map_or(it, |key| &it[key]).as_str().map(str::to_owned);
        entries.filter_map(text).collect()
    };
    (list("consts", Some("s")), list("files", None))
}

/// A workspace of two modules, the first of which uses the second.
fn workspace() -> Option<Work> {
    let work = Work::new()?;
    work.write("go.work", "go 1.19\n\nuse ./a\nuse ./b\n");
    let require = "require example.com/b v0.0.0\n";
    work.write(
        "a/go.mod",
        &format!("module example.com/a\n\ngo 1.19\n\n{require}"),
    );
    work.write("b/go.mod", "module example.com/b\n\ngo 1.19\n");
    let test = "import (\n\t\"testing\"\n\n\t\"example.com/b\"\n)\n\n\
                func TestA(t *testing.T) { t.Log(b.B()) }\n";
    work.write("a/a_test.go", &format!("package a\n\n{test}"));
    let b = "package b\n\n// B is B.\nfunc B() string { return \"of the workspace\" }\n";
    work.write("b/b.go", b);
    Some(work)
}

#[test]
fn a_workspace_gives_a_module_its_neighbour() {
    let Some(mut work) = workspace() else { return };
    // The folder of go.work is in no module. Files are named from it, and from a module's own.
    let places = [
        ("a", ".", ["a_test.go", "../b/b.go"]),
        ("", "example.com/a", ["a/a_test.go", "b/b.go"]),
        ("", "./a/...", ["a/a_test.go", "b/b.go"]),
    ];
    for (folder, pattern, expected) in places {
        let exports = work.export(folder, &[pattern]).expect("an export");
        assert_eq!(exports.problems, [], "{pattern}");
        let (consts, files) = texts(&exports);
        assert!(
            consts.contains(&"of the workspace".to_owned()),
            "{consts:?}"
        );
        for file in expected {
            assert!(files.contains(&file.to_owned()), "{pattern}: {files:?}");
            assert!(exports.root.join(file).is_file(), "{pattern}: {file}");
        }
    }
}

#[test]
fn a_change_in_a_neighbour_is_noticed() {
    let Some(mut work) = workspace() else { return };
    let text = |work: &mut Work| {
        let exports = work.export("a", &["."]).expect("an export");
        (exports.cached, texts(&exports).0)
    };
    assert!(!text(&mut work).0);
    assert!(text(&mut work).0);
    let b = "package b\n\n// B is B.\nfunc B() string { return \"changed\" }\n";
    work.write("b/b.go", b);
    let (cached, consts) = text(&mut work);
    assert!(
        !cached && consts.contains(&"changed".to_owned()),
        "{consts:?}"
    );
}

#[test]
fn what_is_in_no_module_of_a_workspace_is_told_to_be_so() {
    let Some(mut work) = workspace() else { return };
    work.write("c/go.mod", "module example.com/c\n\ngo 1.19\n");
    work.write("c/c.go", "package c\n");
    for (folder, pattern) in [("", "./..."), ("c", ".")] {
        let problem = match work.export(folder, &[pattern]) {
            Ok(exports) => exports.problems.into_iter().next().expect("a problem"),
            Err(problem) => *problem,
        };
        assert_eq!(problem.kind, Kind::Workspace, "{folder}: {problem}");
        assert!(problem.next().contains("./a/..."), "{problem}");
    }
}

#[test]
fn a_vendor_folder_is_taken_as_go_takes_it() {
    let Some(mut work) = Work::new() else { return };
    let module = "module example.com/m\n\ngo 1.19\n\nrequire example.com/dep v1.2.3\n";
    work.write("go.mod", module);
    let list = "# example.com/dep v1.2.3\n## explicit; go 1.19\nexample.com/dep\n";
    work.write("vendor/modules.txt", list);
    let dep = |text: &str| format!("package dep\n\nfunc D() string {{ return \"{text}\" }}\n");
    work.write("vendor/example.com/dep/dep.go", &dep("vendored"));
    let test = "import (\n\t\"testing\"\n\n\t\"example.com/dep\"\n)\n\n\
                func TestM(t *testing.T) { t.Log(dep.D()) }\n";
    work.write("m_test.go", &format!("package m\n\n{test}"));
    for (text, cached) in [("vendored", false), ("vendored", true), ("changed", false)] {
        if !cached {
            work.write("vendor/example.com/dep/dep.go", &dep(text));
        }
        let exports = work.export("", &["./..."]).expect("an export");
        assert_eq!(exports.problems, []);
        assert_eq!(exports.cached, cached, "{text}");
        let (consts, files) = texts(&exports);
        assert!(consts.contains(&text.to_owned()), "{consts:?}");
        let named = "example.com/dep@v1.2.3/dep.go".to_owned();
        assert!(files.contains(&named), "{files:?}");
    }
    // What modules.txt does not name is not there: Go says so itself.
    work.write("vendor/modules.txt", "");
    let problem = match work.export("", &["."]) {
        Ok(exports) => exports.problems.into_iter().next().expect("a problem"),
        Err(problem) => *problem,
    };
    assert_eq!(problem.kind, Kind::Module, "{problem}");
}

/// A package with a file for each system, processor and tag, which say what they are.
fn choices() -> Option<Work> {
    let work = Work::new()?;
    work.write("go.mod", "module example.com/p\n\ngo 1.19\n");
    let file = |name: &str, build: &str, variable: &str, text: &str| {
        let text = format!("{build}package p\n\nconst {variable} = \"is {text}\"\n");
        work.write(name, &text);
    };
    file("x_windows.go", "", "system", "windows");
    file("x_other.go", "//go:build !windows\n\n", "system", "unix");
    file("y_arm.go", "", "processor", "arm");
    file("y_other.go", "//go:build !arm\n\n", "processor", "not arm");
    file("z_slow.go", "//go:build slow\n\n", "speed", "slow");
    file("z_fast.go", "//go:build !slow\n\n", "speed", "fast");
    work.write(
        "p_test.go",
        &format!("package p\n\n{TEST}P(t *testing.T) {{ t.Log(system, processor, speed) }}\n"),
    );
    Some(work)
}

#[cfg(unix)]
#[test]
fn files_are_those_of_the_system_and_the_tags() {
    let Some(mut work) = choices() else { return };
    let original = work.settings.go.clone();
    let ways = [
        ("", "", ["unix", "not arm", "fast"]),
        ("export GOOS=windows", "", ["windows", "not arm", "fast"]),
        ("export GOOS=linux GOARCH=arm", "", ["unix", "arm", "fast"]),
        ("", "slow", ["unix", "not arm", "slow"]),
        (
            "export GOOS=windows",
            "other,slow",
            ["windows", "not arm", "slow"],
        ),
        // Without tags of our own those of GOFLAGS hold, and with such they do not.
        ("export GOFLAGS=-tags=slow", "", ["unix", "not arm", "slow"]),
        (
            "export GOFLAGS=-tags=slow",
            "other",
            ["unix", "not arm", "fast"],
        ),
    ];
    for (index, (environment, tags, expected)) in ways.into_iter().enumerate() {
        work.settings.go = original.clone();
        work.settings.tags = tags.to_owned();
        work.wrap_go(&format!("go{index}"), environment);
        let exports = work.export("", &["."]).expect("an export");
        assert_eq!(exports.problems, [], "{environment} {tags}");
        // Each way has an entry of its own in the cache: none is taken for another.
        assert!(!exports.cached, "{environment} {tags}");
        let (mut consts, _) = texts(&exports);
        consts.retain(|it| it.starts_with("is "));
        consts.sort();
        let mut expected = expected.map(|it| format!("is {it}"));
        expected.sort();
        assert_eq!(consts, expected, "{environment} {tags}");
        assert!(work.export("", &["."]).expect("an export").cached);
    }
}
