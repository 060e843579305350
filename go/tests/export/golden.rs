//! The exports of `exporter/testdata/golden`, byte for byte, with Debian's Go 1.19 and x/tools
//! 0.5.0. `UPDATE_EXPORTS=1 cargo test -p gordian-go --test export` writes the files anew.

use std::fs;

use super::*;

const PACKAGES: [&str; 4] = ["flow", "library", "shapes", "suite"];

/// Exports one of the packages, by itself, with nothing cached.
fn export_golden(package: &str) -> Option<(String, String)> {
    let work = Work::new()?;
    let folder = testdata().join("golden");
    let patterns = [format!("./{package}")];
    let exports = export(&work.settings, &folder, &patterns, &mut |_| {}).expect("an export");
    assert_eq!(exports.problems, []);
    assert!(!exports.cached);
    assert_eq!(exports.packages.len(), 1);
    let package = exports.packages.into_iter().next()?;
    Some((exports.toolchain, package.json))
}

#[test]
fn exports_are_as_they_were_and_equal_each_time() {
    for package in PACKAGES {
        let Some((toolchain, text)) = export_golden(package) else {
            return;
        };
        let again = export_golden(package).map(|(_, text)| text);
        assert!(
            again.as_deref() == Some(&text),
            "{package} is not deterministic"
        );
        let file = testdata().join("golden").join(format!("{package}.json"));
        if std::env::var_os("UPDATE_EXPORTS").is_some() {
            fs::write(&file, &text).expect("a golden file");
        }
        if !toolchain.starts_with("go1.19.") {
            eprintln!("not compared: the golden files are of go1.19, this is {toolchain}");
            continue;
        }
        let golden = fs::read_to_string(&file).expect("a golden file");
        let differs = text
            .lines()
            .zip(golden.lines())
            .find(|(new, old)| new != old);
        assert_eq!(differs, None, "{package}: new and golden differ");
        assert_eq!(text.len(), golden.len(), "{package}");
    }
}

#[test]
fn several_packages_are_exported_at_once() {
    let Some(work) = Work::new() else { return };
    let folder = testdata().join("golden");
    let exports = export(&work.settings, &folder, &["./...".to_owned()], &mut |_| {});
    let exports = exports.expect("exports");
    let paths: Vec<&str> = exports.packages.iter().map(|it| it.path.as_str()).collect();
    // Package inner has neither tests nor a main: it is passed over.
    let expected = PACKAGES.map(|it| format!("example.com/golden/{it}"));
    assert_eq!(paths, expected);
    for (package, name) in exports.packages.iter().zip(PACKAGES) {
        let alone = export_golden(name).map(|(_, text)| text);
        assert_eq!(alone.as_deref(), Some(package.json.as_str()), "{name}");
    }
}
