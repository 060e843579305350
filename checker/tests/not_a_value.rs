//! The message of the compiler about a type that is no `Value`. A `compile_fail` test of the docs
//! cannot see it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The parts of the message that a user needs: what is wrong, what would do, and what to do.
const PARTS: [&str; 4] = [
    "`f64` is not a value that goroutines can share or exchange",
    "not a `Value`",
    "a value is `Clone + Eq + Hash + Debug + 'static`",
    "wrap a closure, a float or an error in `sync::Opaque`",
];

/// Compiles a program against a build of the library. Nothing is linked, so it takes no second.
fn compile(source: &str, library: &Path, folder: &Path) -> Output {
    let file = folder.join("main.rs");
    fs::write(&file, source).expect("the folder can be written");
    let dependencies = library.parent().expect("it is in a folder").display();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Command::new(rustc)
        .args(["--edition=2024", "--emit=metadata", "--color=never"])
        .arg(format!("-Ldependency={dependencies}"))
        .arg(format!("--extern=gordian_checker={}", library.display()))
        .arg("--out-dir")
        .args([folder, &file])
        .output()
        .expect("rustc runs")
}

/// Returns a kernel that sends this value.
fn sends(value: &str) -> String {
    format!(
        "use gordian_checker::sync::chan;\n\
         fn main() {{ gordian_checker::check(|| chan(\"ch\", 1).send({value})); }}\n"
    )
}

/// Returns the builds of the library beside this test, the newest first. The newest is of the
/// sources of today: if they had changed since, cargo had just built it anew.
fn libraries() -> Vec<PathBuf> {
    let test = env::current_exe().expect("a test has a path");
    let folder = fs::read_dir(test.parent().expect("it is in a folder")).expect("it can be read");
    let mut found: Vec<PathBuf> = folder.filter_map(|it| Some(it.ok()?.path())).collect();
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libgordian_checker-") && name.ends_with(".rlib")
    });
    let built = |path: &PathBuf| path.metadata().and_then(|it| it.modified()).ok();
    found.sort_by_key(|path| std::cmp::Reverse(built(path)));
    found
}

#[test]
fn the_compiler_says_what_a_value_needs() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("not_a_value");
    fs::create_dir_all(&folder).expect("there is room");
    let libraries = libraries();
    // One that another compiler has built cannot be used.
    let library = libraries
        .iter()
        .find(|library| compile(&sends("1_u8"), library, &folder).status.success());
    let library = library.unwrap_or_else(|| panic!("none of {libraries:?} can be used"));
    let told = compile(&sends("0.5_f64"), library, &folder);
    assert!(!told.status.success());
    let told = String::from_utf8_lossy(&told.stderr);
    for part in PARTS {
        assert!(told.contains(part), "no `{part}` in:\n{told}");
    }
}
