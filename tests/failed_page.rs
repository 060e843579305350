//! A failed assertion writes a page, if a folder is named for it.

use std::env;
use std::fs;
use std::process::Command;

use gordian::sync::{chan, go};

fn leak() {
    let reply = chan("reply", 0);
    for server in ["east", "west"] {
        go(server, move || reply.send(42));
    }
    reply.recv();
}

/// Fails; the other tests run it in a process of its own.
#[test]
#[ignore = "it fails on purpose"]
fn the_first_answer_is_enough() {
    gordian::check(leak).assert_proved();
}

/// Runs the failing test, with a folder for pages or without. Returns what it printed.
fn fails(folder: Option<&str>) -> String {
    let mut command = Command::new(env::current_exe().expect("a test has a path"));
    command.args(["--ignored", "--exact", "the_first_answer_is_enough"]);
    command.env_remove("GORDIAN_REPORT");
    command.envs(folder.map(|folder| ("GORDIAN_REPORT", folder)));
    let output = command.output().expect("it runs");
    assert!(!output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn it_says_where_the_page_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("new/pages");
    let printed = fails(place.to_str());
    let path = place.join("the_first_answer_is_enough.html");
    assert!(
        printed.contains(path.to_str().expect("a plain path")),
        "{printed}"
    );
    let page = fs::read_to_string(path).expect("a page");
    for part in [
        "error[leak]",
        "reply.send(42)",
        "the_first_answer_is_enough",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn without_a_folder_there_is_none_and_a_wrong_one_is_said() {
    assert!(!fails(None).contains("page "), "{}", fails(None));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    assert!(fails(file.to_str()).contains("cannot write"));
}
