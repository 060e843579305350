//! `--checkpoint`: a file that is not one of this search, or is damaged, is refused with a reason.

use std::fs;
use std::path::Path;

use crate::support::{gordian, misbehaving, run};

/// Runs a search that is cut short by its time limit, so that its file stays.
fn leave(kernel: &str, variant: &str, file: &Path) {
    let file = file.to_str().expect("text");
    let done = run(
        gordian(),
        &[
            "yardstick",
            kernel,
            variant,
            "3",
            "0",
            "--engine",
            "optimal",
            "--time-max",
            "300ms",
            "--checkpoint-every",
            "1ms",
            "--checkpoint",
            file,
        ],
    );
    assert_eq!(done.code, 3, "{}", done.err);
}

#[test]
fn the_search_of_another_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    leave("fan-in", "5", &file);
    let name = file.to_str().expect("text");
    let refused = |arguments: &[&str]| {
        let done = run(gordian(), &[arguments, &["--checkpoint", name]].concat());
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.out);
        done.err
    };
    let optimal = ["--engine", "optimal"];
    let same = [&["yardstick", "fan-in", "5", "3", "0"], &optimal[..]].concat();
    assert!(refused(&same).contains("is there already"));
    let other = [
        &["yardstick", "fan-in", "5", "2", "0", "--resume"],
        &optimal[..],
    ]
    .concat();
    assert!(refused(&other).contains("kernel"));
    let other = ["run", "kubernetes/1321", "--resume"];
    assert!(refused(&other).contains("kernel"));
    let other = ["yardstick", "fan-in", "5", "3", "0", "--resume"];
    assert!(refused(&other).contains("engine"));
    let other = [&same[..], &["--resume", "--steps-max", "77"]].concat();
    assert!(refused(&other).contains("77 steps"));
    let other = [&same[..], &["--resume", "--goroutines-max", "7"]].concat();
    assert!(refused(&other).contains("7 goroutines"));
    let other = [&same[..], &["--resume", "--preemptions", "3"]].concat();
    assert!(refused(&other).contains("3 preemptions"));
    let other = [&same[..], &["--resume", "--timers", "1.22"]].concat();
    assert!(refused(&other).contains("timers as in Go 1.22"));

    let text = fs::read(&file).expect("it is there");
    let resume = [&same[..], &["--resume"]].concat();
    let refused_as = |bytes: &[u8], why: &str| {
        fs::write(&file, bytes).expect("it can be written");
        let told = refused(&resume);
        assert!(told.contains(why), "{told}");
    };
    refused_as(&text[..text.len() - 9], "checksum");
    refused_as(b"no such thing", "no checkpoint");
    let line = text.iter().position(|byte| *byte == b'\n').expect("a line");
    refused_as(&text[..line + 4], "cut short");
    let header = String::from_utf8(text[..line].to_vec()).expect("text");
    let version = format!("\"gordian\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let older = header.replace(&version, "\"gordian\":\"0.0.1\"");
    assert_ne!(older, header);
    refused_as(&[older.as_bytes(), &text[line..]].concat(), "version");
    let other = header.replace("\"source\":\"\"", "\"source\":\"0123\"");
    assert_ne!(other, header);
    refused_as(&[other.as_bytes(), &text[line..]].concat(), "digest");
    let other = header.replace("\"variant\":\"yardstick\"", "\"variant\":\"fixed\"");
    assert_ne!(other, header);
    refused_as(&[other.as_bytes(), &text[line..]].concat(), "variant");
    let other = header.replace("\"format\":7", "\"format\":5");
    assert_ne!(other, header);
    refused_as(
        &[other.as_bytes(), &text[line..]].concat(),
        "it has format 5",
    );
}

/// The kernel's other variant, and another seed.
#[test]
fn the_other_variant_and_another_seed_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    let name = file.to_str().expect("text");
    let search = ["run", "bad/four", "--engine", "random", "--json"];
    let flags = ["--executions-max", "100000000", "--checkpoint", name];
    let begin = [&search[..], &flags, &["--time-max", "200ms"]].concat();
    let done = run(misbehaving(), &begin);
    assert!(file.exists(), "{}{}", done.out, done.err);
    for (other, why) in [
        (&["--variant", "fixed"][..], "its variant is buggy"),
        (&["--seed", "5"], "Uniform 5"),
        (&["--priorities", "2"], "Priorities"),
    ] {
        let done = run(
            misbehaving(),
            &[&search[..], &flags, &["--resume"], other].concat(),
        );
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
        assert!(done.err.contains(why), "{}", done.err);
    }
}

/// One changed byte, or a truncated end, at any position.
#[test]
fn whatever_is_damaged_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    leave("fan-in", "5", &file);
    let whole = fs::read(&file).expect("it is there");
    let line = whole
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line");
    let args = [
        "yardstick",
        "fan-in",
        "5",
        "3",
        "0",
        "--engine",
        "optimal",
        "--json",
        "--resume",
        "--checkpoint",
        file.to_str().expect("text"),
    ];
    let assert_refused = |bytes: &[u8], what: &str| {
        fs::write(&file, bytes).expect("it can be written");
        let done = run(gordian(), &args);
        assert_eq!(
            (done.code, done.out.as_str()),
            (2, ""),
            "{what}: {}",
            done.err
        );
        assert!(
            done.err.contains("cannot go on with"),
            "{what}: {}",
            done.err
        );
        assert!(!done.err.contains("panicked"), "{what}: {}", done.err);
    };
    let places = (0..=line + 3)
        .step_by(3)
        .chain((line..whole.len()).step_by(whole.len() / 40))
        .chain(whole.len() - 8..whole.len());
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        assert_refused(&damaged, &format!("byte {place} flipped"));
    }
    let cuts = [0, 1, line, line + 1, line + 8, line + 9, line + 10];
    for length in cuts.into_iter().chain([whole.len() / 2, whole.len() - 1]) {
        assert_refused(&whole[..length], &format!("cut at {length}"));
    }
    // A search that was refused never touched the file: whole again, it is resumed.
    fs::write(&file, &whole).expect("it can be written");
    let done = run(gordian(), &[&args[..], &["--time-max", "1ms"]].concat());
    assert_eq!(done.code, 3, "{}", done.err);
}
