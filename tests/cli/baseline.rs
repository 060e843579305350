//! `check --baseline`, `--write-baseline` and `--total-time`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::schema;
use crate::support::{Done, misbehaving, run};

/// A folder for a baseline.
struct Place(TempDir, PathBuf);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baseline.json");
        Self(folder, path)
    }

    fn path(&self) -> &str {
        self.1.to_str().expect("a plain path")
    }

    /// Checks these kernels with this flag and the file after it.
    fn check(&self, flag: &str, args: &[&str]) -> Done {
        run(
            misbehaving(),
            &[&["check", flag, self.path()], args].concat(),
        )
    }

    fn written(&self) -> Value {
        let text = fs::read_to_string(&self.1).expect("it is written");
        serde_json::from_str(&text).expect("it is JSON")
    }
}

/// `bad/lies` says that it is proved, and it deadlocks.
#[test]
fn a_known_finding_does_not_fail_under_any_engine() {
    let place = Place::new();
    let written = place.check("--write-baseline", &["bad/lies"]);
    assert_eq!(written.code, 0, "{}", written.err);
    written.says(&["UNEXPECTED", "1 finding written to"]);
    let finding = &place.written()["findings"][0];
    assert_eq!(finding["kernel"], "bad/lies");
    assert_eq!(finding["end"], "deadlock");
    for engine in ["auto", "optimal", "stateful", "exhaustive", "loom"] {
        let known = place.check("--baseline", &["bad/lies", "--engine", engine]);
        assert_eq!(
            (known.code, known.err.as_str()),
            (0, ""),
            "{engine}: {}",
            known.out
        );
        known.says(&["all of it is in the baseline", "1 known, 0 unexpected"]);
    }
}

#[test]
fn all_formats_know_it_by_the_same_fingerprint() {
    let place = Place::new();
    place.check("--write-baseline", &["bad/lies"]);
    let fingerprint = &place.written()["findings"][0]["fingerprint"];
    let json = place.check("--baseline", &["bad/lies", "--json"]);
    let rows = json.json();
    rows.iter().for_each(|row| schema::assert_is(row, "row"));
    assert_eq!(rows[0]["known"], true);
    assert_eq!(rows[0]["as_expected"], false);
    assert_eq!(rows[0]["fingerprints"], json!([fingerprint]));
    assert_eq!(
        (&rows[1]["known"], &rows[1]["fingerprints"]),
        (&Value::Null, &Value::Null)
    );
    let sarif = |done: Done| done.json_whole()["runs"][0]["results"][0].clone();
    let known = sarif(place.check("--baseline", &["bad/lies", "--format", "sarif"]));
    assert_eq!(
        known["partialFingerprints"]["gordianBadEnd/v1"],
        *fingerprint
    );
    assert_eq!(known["baselineState"], "unchanged");
    fs::write(&place.1, r#"{"version": 1, "findings": []}"#).expect("it can be written");
    let new = sarif(place.check("--baseline", &["bad/lies", "--format", "sarif"]));
    assert_eq!(new["baselineState"], "new");
    place.check("--write-baseline", &["bad/lies"]);
    let junit = place.check("--baseline", &["bad/lies", "--format", "junit"]);
    assert_eq!(junit.code, 0);
    junit.says(&["failures=\"0\"", "<skipped message=\"in the baseline: "]);
    let github = place.check("--baseline", &["bad/lies", "--format", "github"]);
    assert_eq!((github.code, github.out.as_str()), (0, ""));
}

/// The facts of `facts/typo` name a goroutine's operation wrongly.
#[test]
fn a_new_finding_fails_beside_known_ones() {
    let place = Place::new();
    place.check("--write-baseline", &["bad/lies"]);
    let done = place.check("--baseline", &["bad/lies", "facts/typo"]);
    assert_eq!(done.code, 1);
    done.says(&[
        "error: 1 variant did not do",
        "not in the baseline: facts/typo buggy: deadlock",
    ]);
    assert!(!done.err.contains("bad/lies"), "{}", done.err);
}

#[test]
fn a_finding_that_is_gone_is_reported_and_fails_nothing() {
    let place = Place::new();
    place.check("--write-baseline", &["bad/lies"]);
    let mut file = place.written();
    file["findings"][0]["kernel"] = json!("facts/right");
    file["findings"][0]["fingerprint"] = json!("0000000000000000");
    let mut other = file["findings"][0].clone();
    other["kernel"] = json!("no/such-kernel");
    other["fingerprint"] = json!("1111111111111111");
    file["findings"]
        .as_array_mut()
        .expect("an array")
        .push(other);
    fs::write(&place.1, file.to_string()).expect("it can be written");
    let done = place.check("--baseline", &["facts/right"]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&[
        "2 findings of the baseline no longer there",
        "facts/right buggy: deadlock: main at lock b",
        "no/such-kernel buggy",
    ]);
    // Of a variant that is not looked at, or not to its end, nothing is known.
    let unseen = place.check("--baseline", &["bad/close-twice"]);
    assert!(!unseen.err.contains("facts/right"), "{}", unseen.err);
    let stopped = [
        "facts/right",
        "--engine",
        "exhaustive",
        "--executions-max",
        "1",
    ];
    let stopped = place.check("--baseline", &stopped);
    assert!(
        !stopped.err.contains("facts/right buggy: deadlock:"),
        "{}",
        stopped.err
    );
}

#[test]
fn a_file_that_is_no_baseline_is_an_error() {
    let place = Place::new();
    let missing = place.check("--baseline", &["bad/lies"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
    missing.says(&["cannot read the baseline in", "`--write-baseline"]);
    for (content, said) in [
        (
            r#"{"version": 2, "findings": []}"#,
            "of version 2, and this program reads version 1",
        ),
        ("schedule: main", "this is no baseline: "),
        ("{}", "it has no version"),
    ] {
        fs::write(&place.1, content).expect("it can be written");
        let done = place.check("--baseline", &["bad/lies"]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{content}");
        done.says(&[said]);
    }
    let folder = place.0.path().to_str().expect("a plain path");
    let done = run(misbehaving(), &["check", "bad/lies", "--baseline", folder]);
    assert_eq!(done.code, 2);
    done.says(&["it is a directory"]);
    let done = run(
        misbehaving(),
        &["check", "bad/lies", "--write-baseline", folder],
    );
    assert_eq!(done.code, 2);
    done.says(&["cannot write the baseline to"]);
}

/// A microsecond is over before `bad/large` is explored: the variants after it are not run.
#[test]
fn the_time_for_all_rows_leaves_some_not_run_and_proves_none_of_them() {
    let args = [
        "check",
        "bad/large",
        "facts/right",
        "--total-time",
        "0.001ms",
    ];
    let done = run(misbehaving(), &args);
    assert_eq!(done.code, 3, "{}", done.err);
    done.says(&[
        "- not run",
        "not run, since --total-time was over: NOT a proof",
        "no answer for",
    ]);
    assert!(done.out.contains("0 proved"), "{}", done.out);
    let json = run(misbehaving(), &[&args[..], &["--json"]].concat());
    let rows = json.json();
    rows.iter().for_each(|row| schema::assert_is(row, "row"));
    assert_eq!(rows.len(), 4);
    for row in &rows[1..] {
        assert_eq!(
            (&row["verdict"], &row["complete"]),
            (&json!("bounded"), &json!(false))
        );
        assert_eq!(row["reason"], "not run, since --total-time was over");
    }
    let junit = run(misbehaving(), &[&args[..], &["--format", "junit"]].concat());
    junit.says(&["<skipped message=\"expected proved, found bounded (not run, since"]);
    let place = Place::new();
    let done = place.check("--write-baseline", &args[1..]);
    assert_eq!(done.code, 3);
    done.says(&["no baseline is written"]);
    assert!(!place.1.exists());
}
