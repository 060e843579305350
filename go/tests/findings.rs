//! The exports of the tests whose verdicts are known are what the exporter writes of them.
//! `UPDATE_EXPORTS=1 cargo test -p gordian-go --test findings` writes it anew.

mod support;

use std::fs;
use std::path::Path;

use gordian_go::Finding;
use gordian_go::export::export;

#[test]
fn the_message_of_a_panic_tells_findings_apart() {
    for (message, finding) in [
        ("the test fails", Some(Finding::Fail)),
        ("the test fails: no good", Some(Finding::Fail)),
        ("os.Exit(3)", Some(Finding::Exit)),
        ("log.Fatal: bye", Some(Finding::Exit)),
        ("sync: negative WaitGroup counter", Some(Finding::Misuse)),
        (
            "Log in goroutine after TestX has completed: late",
            Some(Finding::LateLog),
        ),
        ("panic: the test fails", None),
        ("send on closed channel", None),
        ("", None),
    ] {
        assert_eq!(Finding::of(message), finding, "{message}");
    }
}

#[test]
fn the_exports_are_what_the_exporter_writes() {
    let Some(settings) = support::settings("findings") else {
        return;
    };
    for folder in [
        "findings",
        "verdicts",
        "bubbles",
        "leaks/one",
        "leaks/all",
        "wide",
        "walks",
        "../../tests/go_pass",
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(folder);
        let exports = export(&settings, &folder, &[".".to_owned()], &mut |_| ());
        let exports = exports.unwrap_or_else(|problem| panic!("{problem}"));
        assert!(exports.problems.is_empty(), "{:?}", exports.problems);
        let json = &exports.packages[0].json;
        let file = folder.join("export.json");
        if std::env::var_os("UPDATE_EXPORTS").is_some() {
            fs::write(&file, json).expect("it can be written");
        }
        let kept = fs::read_to_string(&file).expect("it is kept");
        assert!(*json == kept, "{} is not as it was kept", file.display());
    }
}
