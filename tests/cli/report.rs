//! `report`: the pages, as far as they can be looked at without a browser.

use std::fs;
use std::path::Path;

use gordian_checker::catalogue::VariantKind;
use gordian_checker::explain::StateGraph;
use gordian_checker::{Checker, Engine};
use gordian_kernels::CATALOGUE;
use serde_json::Value;

use crate::support::{Done, gordian, hostile, misbehaving, run};

/// Most bytes of a page of the catalogue.
const BYTES_MAX: usize = 150_000;

fn report(names: &[&str], html: &Path) -> Done {
    let mut arguments = vec!["report"];
    arguments.extend(names);
    arguments.extend(["--html", html.to_str().expect("a plain path")]);
    run(gordian(), &arguments)
}

/// Returns the data of a page.
pub(crate) fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").expect("the data");
    let (json, _) = rest.split_once("</script>").expect("their end");
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn the_whole_catalogue_has_pages_and_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join("new/pages");
    let done = report(&[], &html);
    assert_eq!(done.code, 0, "{}", done.err);
    let index = fs::read_to_string(html.join("index.html")).expect("an index");
    assert_eq!(done.out.lines().count(), CATALOGUE.len() + 1);
    for kernel in CATALOGUE {
        let file = format!("{}.html", kernel.name.replace('/', "-"));
        let page = fs::read_to_string(html.join(&file)).expect("a page");
        assert!(page.len() < BYTES_MAX, "{file}: {} bytes", page.len());
        assert!(index.contains(&format!("{file}#v=buggy")), "{file}");
        assert!(index.contains(&format!("{file}#v=fixed")), "{file}");
        let data = data(&page);
        for (index, form) in VariantKind::ALL.into_iter().enumerate() {
            let checker = Checker::new().engine(Engine::Stateful).keep_going(true);
            let graph = &data["variants"][index]["graph"];
            let states = graph["states"].as_str().expect("states");
            let states = states.split('|').count();
            assert_eq!(graph["outlook"].as_str().map(str::len), Some(states));
            if graph["whole"] == false {
                assert!(graph["visited"].as_u64() > Some(StateGraph::STATES_MAX as u64));
                continue;
            }
            let subject = kernel.variant(form).subject();
            let findings = checker
                .timers(kernel.timers)
                .check_subject(&subject)
                .findings;
            assert_eq!(Some(states as u64), findings.states, "{file}");
            assert_eq!(graph["edges"].as_u64(), Some(findings.steps), "{file}");
        }
    }
}

#[test]
fn a_page_is_one_file_with_everything_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join("page.html");
    let done = report(&["kubernetes/1321"], &html);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let page = fs::read_to_string(&html).expect("a page");
    for part in [
        "kubernetes/1321",
        "error[deadlock]",
        "distribute holds m.lock",
        "w.result.send(event)",
        "default-src 'none'",
        "<noscript>",
        "href=\"https://github.com/kubernetes/kubernetes/pull/1321\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["src=\"", "@import", "url(http", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let data = data(&page);
    assert_eq!(
        data["variants"][0]["graph"]["ways"][0]
            .as_array()
            .map(Vec::len),
        Some(4)
    );
    // The same inputs make the same page.
    report(&["kubernetes/1321"], &html);
    assert_eq!(fs::read_to_string(&html).expect("a page"), page);
}

#[test]
fn names_that_play_tricks_stay_texts() {
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join("pages");
    let html = html.to_str().expect("a plain path");
    run(hostile(), &["report", "--html", html]);
    let mut pages = 0;
    for entry in fs::read_dir(html).expect("a folder").flatten() {
        let page = fs::read_to_string(entry.path()).expect("a page");
        let scripts = page.matches("<script").count();
        let is_index = entry.file_name() == "index.html";
        assert_eq!(scripts, if is_index { 0 } else { 2 }, "{entry:?}");
        assert!(
            !page.contains('\u{1b}') && !page.contains('\u{202e}'),
            "{entry:?}"
        );
        pages += 1;
    }
    assert!(pages > 1);
}

#[test]
fn what_cannot_be_written_or_made_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let below = file.join("pages");
    for place in [&below, &below.join("page.html"), &file] {
        let done = report(&["kubernetes/1321"], place);
        assert_eq!(done.code, 2, "{}", done.err);
        let path = place.to_str().expect("a plain path");
        assert!(done.err.contains(path), "{}", done.err);
    }
    // A folder stands where the page would be.
    let html = folder.path().join("pages");
    fs::create_dir_all(html.join("kubernetes-1321.html")).expect("a folder");
    let done = report(&["kubernetes/1321"], &html);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("cannot write"), "{}", done.err);
    let done = report(&["no/such"], &folder.path().join("page.html"));
    assert_eq!(done.code, 4);
    let done = report(&["kubernetes"], &folder.path().join("page.html"));
    assert_eq!(done.code, 2);
    assert!(done.err.contains("name a folder"), "{}", done.err);
    assert_eq!(run(gordian(), &["report"]).code, 2);
    let html = folder.path().join("pages");
    let html = html.to_str().expect("a plain path");
    let done = run(
        misbehaving(),
        &["report", "bad/nondeterministic", "--html", html],
    );
    assert_eq!(done.code, 3, "{}", done.err);
    assert!(done.err.contains("there is no page of"), "{}", done.err);
}

#[test]
fn of_a_kernel_that_is_too_large_a_part_is_shown_and_said_to_be_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join("page.html");
    let done = report(&["etcd/7443"], &html);
    assert_eq!(done.code, 0, "{}", done.err);
    let page = fs::read_to_string(&html).expect("a page");
    let data = data(&page);
    let [buggy, fixed] = [0, 1].map(|index| &data["variants"][index]["graph"]);
    // All states of the first were visited, and not all of the second.
    for (graph, complete, visited) in [(buggy, true, "31 181"), (fixed, false, "100 000")] {
        assert_eq!(graph["whole"], false);
        assert_eq!(graph["complete"], complete);
        assert!(graph["executions"].is_null());
        let states = graph["states"].as_str().expect("states");
        let count = states.split('|').count();
        assert!((300..=400).contains(&count), "{count} states");
        let least = if complete { "" } else { "at least " };
        let hint = format!("a page has at most 2 000 states; it has {count} of {least}{visited}");
        // Digits stand in groups of three, with a narrow blank between them.
        let said = done.err.replace(char::is_whitespace, " ");
        assert!(said.contains(&hint), "{hint}: {said}");
        // Either every state says what can still come, or none does.
        let outlook = graph["outlook"].as_str().expect("a text");
        assert_eq!(outlook.contains(['p', 'u']), !complete, "{outlook}");
        assert_eq!(outlook.contains(['a', 'd', 's']), complete, "{outlook}");
    }
}
