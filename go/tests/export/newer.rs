//! The language after Go 1.19, if the Go that is here has it.

use super::*;

#[test]
fn newer_statements_are_exported() {
    let Some(work) = Work::new() else { return };
    let folder = testdata().join("newer");
    let result = export(&work.settings, &folder, &[".".to_owned()], &mut |_| {});
    let exports = match result {
        Ok(exports) if exports.problems.is_empty() => exports,
        _ => {
            eprintln!("skipped: the Go that is here is older than 1.23");
            return;
        }
    };
    let json: serde_json::Value = serde_json::from_str(&exports.packages[0].json).expect("JSON");
    assert_eq!(json["lang"], "1.23");
    let functions = json["funcs"].as_array().expect("functions");
    let instructions = |name: &str| -> Vec<&serde_json::Value> {
        let function = functions
            .iter()
            .find(|it| it["s"] == name)
            .expect("a function");
        let blocks = function["blocks"].as_array().expect("blocks");
        blocks
            .iter()
            .filter_map(|it| it.as_array())
            .flatten()
            .collect()
    };
    // A variable for each turn: it is made within the loop.
    let turns = instructions("turns");
    let made = turns
        .iter()
        .filter(|it| it["o"] == "alloc" && it["n"] == "i");
    assert_eq!(
        made.count(),
        2,
        "one for the first turn, one for the others"
    );
    // The deferred call within the body of a range over a function is one of the function around.
    let deferred = instructions("deferred.func1");
    let defer = deferred
        .iter()
        .find(|it| it["o"] == "defer")
        .expect("a deferred call");
    assert!(defer["k"].is_i64(), "{defer}");
    let outer = instructions("deferred");
    assert!(
        outer.iter().any(|it| it["b"] == "ssa:deferstack"),
        "{outer:?}"
    );
    // An alias is the type that it stands for.
    let types = json["types"].as_array().expect("types");
    assert!(types.iter().all(|it| it["s"] != "newer.Alias"));
    assert!(
        functions
            .iter()
            .all(|it| it["blocks"].is_null() || it["x"].is_null())
    );
}
