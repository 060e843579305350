//! Files that are none: what is named as a checkpoint or as a schedule.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Done, done, gordian, run};

/// A search of much more than a moment, written down there.
fn search(file: &str) -> Vec<&str> {
    let family = [
        "yardstick",
        "philosophers-ordered",
        "20",
        "--engine",
        "optimal",
    ];
    let flags = ["--json", "--checkpoint-every", "1ms", "--checkpoint", file];
    [&family[..], &flags].concat()
}

#[track_caller]
fn refused(file: &Path, needed: &[&str]) {
    let name = file.to_str().expect("text");
    for resume in [&[][..], &["--resume"]] {
        let done = run(gordian(), &[&search(name)[..], resume].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
        assert_eq!(done.err.lines().count(), 1, "{}", done.err);
        done.says(&["cannot write the search down in", name]);
        done.says(needed);
    }
}

#[test]
fn where_no_file_can_be_written_the_search_does_not_begin() {
    let folder = tempfile::tempdir().expect("a folder");
    refused(
        &folder.path().join("missing/search"),
        &["name another file"],
    );
    refused(folder.path(), &["it is a directory, and a file is wanted"]);
    fs::write(folder.path().join("plain"), "").expect("it can be written");
    refused(&folder.path().join("plain/search"), &[]);
    fs::create_dir(folder.path().join("search.new")).expect("it can be made");
    refused(&folder.path().join("search"), &["it is a directory"]);
}

/// Whoever opens a pipe waits for its other end.
#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_no_checkpoint() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    refused(&pipe, &["it is a pipe, and a file is wanted"]);
    refused(Path::new("/dev/null"), &["it is a device"]);
    // What is written first may be one, too.
    fs::rename(&pipe, folder.path().join("search.new")).expect("it can be renamed");
    refused(&folder.path().join("search"), &["it is a pipe"]);
}

/// Symbolic links lead to a file, also to one that is not there yet, and stay what they are.
#[cfg(unix)]
#[test]
fn a_symbolic_link_leads_to_the_file() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("real")).expect("it can be made");
    symlink("real/search", at("inner")).expect("it can be made");
    symlink(at("inner"), at("link")).expect("it can be made");
    let name = at("link");
    let name = name.to_str().expect("text");
    let short = ["--time-max", "200ms"];
    let stopped = run(gordian(), &[&search(name)[..], &short].concat());
    assert_eq!(stopped.code, 3, "{}", stopped.err);
    assert!(at("link").is_symlink() && at("inner").is_symlink());
    assert!(at("real/search").is_file(), "{}", stopped.err);
    assert!(!at("link.new").exists() && !at("real/search.new").exists());
    let again = run(gordian(), &[&search(name)[..], &short].concat());
    assert_eq!(again.code, 2);
    again.says(&["is there already"]);
    let resumed = [&search(name)[..], &["--resume"], &short].concat();
    assert_eq!(run(gordian(), &resumed).code, 3);
    symlink("round", at("round")).expect("it can be made");
    refused(&at("round"), &["too many symbolic links"]);
}

/// A folder that goes away while it searches: told when it happens, and at the end.
#[cfg(unix)]
#[test]
fn a_search_that_could_not_be_saved_says_so_again_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("it can be made");
    let file = inner.join("search");
    let mut command = gordian();
    command.args(search(file.to_str().expect("text")));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    while !file.exists() {
        assert!(child.try_wait().expect("it can be asked").is_none());
    }
    // It may be written anew while it is removed.
    while fs::remove_dir_all(&inner).is_err() && inner.exists() {}
    let mut told = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut first = String::new();
    told.read_line(&mut first).expect("it says something");
    assert!(first.contains("the search goes on"), "{first}");
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-s", "INT", &pid]).status();
    assert!(kill.expect("kill runs").success());
    let mut rest = String::new();
    told.read_to_string(&mut rest).expect("text");
    let done: Done = done(child.wait_with_output().expect("it ends"));
    assert_eq!(done.code, 3, "{rest}");
    assert!(rest.contains("the search is NOT saved"), "{rest}");
    assert!(!rest.contains("goes on"), "it was told: {rest}");
}

/// Memory over its limit is no answer either: what is known is kept.
#[cfg(target_os = "linux")]
#[test]
fn a_search_that_memory_stopped_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    let name = file.to_str().expect("text");
    let args = [&search(name)[..], &["--memory-max", "1K"]].concat();
    let stopped = run(gordian(), &args);
    assert_eq!(stopped.code, 3, "{}", stopped.err);
    let limit = stopped.json()[0]["limits"][0].to_string();
    assert!(limit.contains("over the limit of 1 KiB"), "{limit}");
    assert!(file.is_file(), "{}", stopped.err);
}

fn replay(schedule: &str) -> Done {
    let args = ["replay", "kubernetes/1321", "--schedule", schedule];
    run(gordian(), &args)
}

#[cfg(unix)]
#[test]
fn a_schedule_is_read_from_a_file_and_from_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    let folder = folder.path().to_str().expect("text");
    let pipe = pipe.to_str().expect("text");
    for (path, what) in [
        ("/dev/zero", "it is a device"),
        (pipe, "it is a pipe"),
        (folder, "it is a directory"),
    ] {
        let done = replay(&format!("@{path}"));
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        done.says(&["cannot read the schedule in", path, what]);
    }
}

#[test]
fn a_schedule_has_no_more_than_a_million_choices_and_its_file_a_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("schedule");
    let path = format!("@{}", file.display());
    // A hole takes no place on the disk.
    let large = fs::File::create(&file).expect("it can be made");
    large.set_len((16 << 20) + 1).expect("it can be long");
    let done = replay(&path);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    done.says(&["larger than 16 MiB"]);
    fs::write(&file, "main*1000000,".repeat(100_000)).expect("it can be written");
    let done = replay(&path);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    done.says(&["more than 1000000 choices"]);
}
