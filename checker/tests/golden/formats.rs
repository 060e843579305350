//! The formats that other programs read: their required shape.

use std::time::Duration;

use gordian_checker::check;
use gordian_checker::explain::Trace;
use gordian_checker::render::{github, json, junit, sarif};
use serde_json::Value;

use super::{KERNELS, golden, trace};

fn traces() -> Vec<Trace> {
    KERNELS.iter().map(|(_, kernel)| trace(*kernel)).collect()
}

fn texts<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is a string in {value}"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key]
        .as_array()
        .unwrap_or_else(|| panic!("{key} is a list in {value}"))
}

/// Asserts that the output has the properties that the schema of SARIF 2.1.0 requires.
#[test]
fn sarif_has_the_required_shape() {
    let all = traces();
    let document: Value = serde_json::from_str(&sarif::render(&all)).expect("it is JSON");
    assert_eq!(texts(&document, "version"), "2.1.0");
    assert!(texts(&document, "$schema").ends_with("sarif-2.1.0.json"));
    let run = &list(&document, "runs")[0];
    let driver = &run["tool"]["driver"];
    assert!(!texts(driver, "name").is_empty());
    let rules = list(driver, "rules");
    let results = list(run, "results");
    assert_eq!(results.len(), all.len());
    for (result, trace) in results.iter().zip(&all) {
        let rule = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(texts(&rules[rule], "id"), texts(result, "ruleId"));
        assert_eq!(texts(result, "ruleId"), trace.end.name());
        assert!(["none", "note", "warning", "error"].contains(&texts(result, "level")));
        assert!(!texts(&result["message"], "text").is_empty());
        for location in list(result, "locations") {
            physical(&location["physicalLocation"]);
        }
        let flows = list(result, "codeFlows");
        assert_eq!(flows.len(), 1);
        let threads = list(&flows[0], "threadFlows");
        assert_eq!(threads.len(), trace.goroutines.len());
        let mut orders = Vec::new();
        for thread in threads {
            let locations = list(thread, "locations");
            assert!(
                !locations.is_empty(),
                "the schema wants one at least: {thread}"
            );
            for location in locations {
                physical(&location["location"]["physicalLocation"]);
                let order = location["executionOrder"].as_u64().expect("a number");
                assert!(
                    ["important", "essential", "unimportant"]
                        .contains(&texts(location, "importance"))
                );
                orders.push(order as usize);
            }
        }
        for step in &trace.steps {
            assert!(orders.contains(&step.n), "step {} is in a flow", step.n);
        }
    }
}

fn physical(location: &Value) {
    let uri = texts(&location["artifactLocation"], "uri");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-~%:".contains(c);
    assert!(!uri.is_empty() && uri.chars().all(plain), "{uri}");
    let region = &location["region"];
    assert!(region["startLine"].as_u64().expect("a line") >= 1);
    if !region["startColumn"].is_null() {
        assert!(region["startColumn"].as_u64().expect("a column") >= 1);
    }
}

#[test]
fn events_have_version_file_and_line() {
    for trace in traces() {
        let text = json::events(&trace);
        let events: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect();
        assert_eq!(events.len(), trace.steps.len() + 2);
        assert!(events.iter().all(|event| event["version"] == 1));
        let types: Vec<&str> = events.iter().map(|event| texts(event, "type")).collect();
        assert_eq!((types[0], types[types.len() - 1]), ("start", "end"));
        for event in &events[1..events.len() - 1] {
            assert_eq!(texts(event, "type"), "step");
            assert!(list(event, "enabled").contains(&event["choice"]));
            for act in list(event, "by") {
                assert!(!texts(act, "file").is_empty());
                assert!(act["line"].as_u64().expect("a line") > 0);
            }
        }
        let end = &events[events.len() - 1];
        assert_eq!(texts(end, "verdict"), trace.end.name());
        assert_eq!(texts(end, "schedule"), trace.schedule);
    }
}

/// A workflow command is one line, and its properties hold no character that would end them.
#[test]
fn a_workflow_command_is_one_line() {
    for trace in traces() {
        let text = github::render(&trace.named("demo/1", "buggy"));
        assert_eq!(text.lines().count(), 1);
        let rest = text.strip_prefix("::error ").expect("it is an error");
        let (properties, _) = rest.split_once("::").expect("a message follows");
        let keys: Vec<&str> = properties
            .split(',')
            .map(|property| property.split_once('=').expect("key and value").0)
            .collect();
        assert_eq!(keys, ["file", "line", "col", "title"]);
    }
}

fn suites() -> Vec<junit::Suite> {
    let case = |name: &str, outcome: junit::Outcome| junit::TestCase {
        name: name.to_owned(),
        time: Duration::from_millis(1500),
        outcome,
        output: "a <trace> & \"so on\"\u{7}".to_owned(),
    };
    let failed = junit::Outcome::Failed {
        kind: "deadlock".to_owned(),
        message: "1 < 2".to_owned(),
        text: check(super::kernels::leak).to_string(),
    };
    vec![
        junit::Suite {
            name: "demo/1".to_owned(),
            cases: vec![case("buggy", junit::Outcome::Passed), case("fixed", failed)],
        },
        junit::Suite {
            name: "demo/2 & co".to_owned(),
            cases: vec![case(
                "fixed",
                junit::Outcome::Skipped("bounded: NOT a proof".to_owned()),
            )],
        },
    ]
}

#[test]
fn junit_has_the_required_shape() {
    let text = junit::render(&suites());
    golden("suites.junit", &text);
    let elements = elements(&text);
    let root = &elements[0];
    assert_eq!(root.0, "testsuites");
    let count = |name: &str| elements.iter().filter(|(known, _)| known == name).count();
    assert_eq!((count("testsuite"), count("testcase")), (2, 3));
    assert_eq!((count("failure"), count("skipped")), (1, 1));
    let value = |attributes: &[(String, String)], key: &str| {
        let found = attributes.iter().find(|(known, _)| known == key);
        found
            .unwrap_or_else(|| panic!("{key} in {attributes:?}"))
            .1
            .clone()
    };
    assert_eq!(value(&root.1, "tests"), "3");
    for (name, attributes) in &elements {
        let wanted: &[&str] = match name.as_str() {
            "testsuites" | "testsuite" => &["name", "tests", "failures", "errors", "time"],
            "testcase" => &["name", "classname", "time"],
            "failure" => &["type", "message"],
            "skipped" => &["message"],
            _ => &[],
        };
        for key in wanted {
            let _ = value(attributes, key);
        }
    }
}

type Element = (String, Vec<(String, String)>);

/// Returns the elements of an XML text with their attributes. Panics if they are not properly
/// nested, or if a text holds a character that should have been escaped.
fn elements(text: &str) -> Vec<Element> {
    let text = text
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .expect("it is XML");
    assert!(
        !text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
    );
    let mut open: Vec<String> = Vec::new();
    let mut found: Vec<Element> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, between) = part.split_once('>').expect("a tag ends");
        assert!(!between.contains('>'), "{between}");
        for entity in between.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;", "quot;"];
            assert!(
                known.iter().any(|name| entity.starts_with(name)),
                "{entity}"
            );
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((key, more)) = rest.split_once("=\"") {
            let (value, more) = more.split_once('"').expect("a value ends");
            attributes.push((key.trim().to_owned(), value.to_owned()));
            rest = more;
        }
        found.push((name.to_owned(), attributes));
        if !closed {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}
