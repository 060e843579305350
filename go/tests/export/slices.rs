//! Of a dependency, what is reached is exported, and of its init what that needs.

use serde_json::Value;

use super::*;

/// A module with two dependencies, which are vendored so that nothing is downloaded.
fn code() -> Option<Work> {
    let work = Work::new()?;
    let require = "require example.com/dep v1.2.3\n";
    work.write(
        "go.mod",
        &format!("module example.com/m\n\ngo 1.19\n\n{require}"),
    );
    work.write(
        "main.go",
        "package main\n\nimport \"example.com/dep\"\n\nfunc main() { dep.Use() }\n",
    );
    let listed = "example.com/dep\nexample.com/dep/side\n";
    work.write(
        "vendor/modules.txt",
        &format!("# example.com/dep v1.2.3\n## explicit; go 1.19\n{listed}"),
    );
    work.write(
        "vendor/example.com/dep/dep.go",
        "package dep\n\nimport _ \"example.com/dep/side\"\n\n\
         var (\n\tused = map[string]int{\"used\": number()}\n\tother = unused(&used)\n\
         \tfar = unused(nil)\n)\n\n\
         func init() { used[\"init\"] = 2 }\n\n\
         func number() int { return 1 }\n\n\
         func unused(*map[string]int) int { return 3 }\n\n\
         func Use() int { return used[\"used\"] }\n\n\
         func Unreached() int { return other + far }\n",
    );
    let side = "package side\n\nvar n int\n\nfunc init() { n = 1 }\n";
    work.write("vendor/example.com/dep/side/side.go", side);
    Some(work)
}

fn named<'a>(json: &'a Value, name: &str) -> Option<&'a Value> {
    json["funcs"].as_array()?.iter().find(|it| it["n"] == name)
}

#[test]
fn the_init_of_a_dependency_is_sliced() {
    let Some(mut work) = code() else { return };
    let exports = work.export("", &["."]).expect("an export");
    let json: Value = serde_json::from_str(&exports.packages[0].json).expect("JSON");
    let init = named(&json, "example.com/dep.init").expect("an init");
    let all = init["blocks"][0].as_array().expect("a block");
    let count = |o: &str| all.iter().filter(|it| it["o"] == o).count();
    // The map with its entry, what takes its address, and the function named init.
    assert_eq!(
        (count("map"), count("mapupdate"), count("store")),
        (1, 1, 1),
        "{init:#}"
    );
    assert_eq!(count("call"), 3, "number, unused(&used), init: {init:#}");
    assert!(named(&json, "example.com/dep.init#1").is_some());
    assert!(named(&json, "example.com/dep.Unreached").is_none());
    // Nothing of this one is reached: its function named init is left out, which is told.
    assert!(named(&json, "example.com/dep/side.init#1").is_none());
    assert_eq!(json["skipped"], serde_json::json!(["example.com/dep/side"]));
    let globals = json["globals"].as_array().expect("variables");
    let names: Vec<&Value> = globals.iter().map(|it| &it["s"]).collect();
    assert_eq!(names, ["dep.used"]);
    let files = json["files"].as_array().expect("files");
    assert!(
        files.contains(&"example.com/dep@v1.2.3/dep.go".into()),
        "{files:?}"
    );
}

#[test]
fn the_init_of_the_users_own_packages_is_whole() {
    let Some(mut work) = code() else { return };
    // The same packages, in the module itself.
    fs::remove_dir_all(work.path("vendor")).expect("removed");
    work.write("go.mod", "module example.com/m\n\ngo 1.19\n");
    let main = "package main\n\nimport \"example.com/m/dep\"\n\nfunc main() { dep.Use() }\n";
    work.write("main.go", main);
    let dep =
        "package dep\n\nvar far = unused()\n\nfunc unused() int { return 3 }\n\nfunc Use() {}\n";
    work.write("dep/dep.go", dep);
    let exports = work.export("", &["."]).expect("an export");
    let json: Value = serde_json::from_str(&exports.packages[0].json).expect("JSON");
    assert!(named(&json, "example.com/m/dep.unused").is_some());
    let position = |name: &str| {
        let functions = json["funcs"].as_array().expect("functions");
        functions.iter().position(|it| it["n"] == name)
    };
    let order = ["example.com/m/dep.init", "example.com/m.init"].map(position);
    assert_eq!(
        json["inits"],
        serde_json::json!(order),
        "what is imported comes first"
    );
}

#[test]
fn a_variable_that_is_embedded_is_unknown() {
    let Some(mut work) = code() else { return };
    fs::remove_dir_all(work.path("vendor")).expect("removed");
    work.write("go.mod", "module example.com/m\n\ngo 1.19\n");
    work.write("text", "text");
    let main = "package main\n\nimport _ \"embed\"\n\n//go:embed text\nvar text string\n\n\
                var plain string\n\nfunc main() { println(text, plain) }\n";
    work.write("main.go", main);
    let exports = work.export("", &["."]).expect("an export");
    let json: Value = serde_json::from_str(&exports.packages[0].json).expect("JSON");
    let unknown = |name: &str| {
        let globals = json["globals"].as_array().expect("variables");
        let found = globals.iter().find(|it| it["s"] == name);
        found.expect("a variable")["x"] == true
    };
    assert!(unknown("text"));
    assert!(!unknown("plain"));
}
