//! A search of a Go program that is stopped, saved and resumed, again and again, finds what an
//! undisturbed one finds.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gordian_checker::Subject;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{
    Checkpoint, CheckpointKey, Findings, Limits, Meter, Progress, Search,
};
use gordian_go::{GoSubject, load};

/// Units of work between two disturbances.
const SLICE: u64 = 37;

type Make = fn() -> Box<dyn Search>;

fn key() -> CheckpointKey {
    CheckpointKey::new("any", &Limits::default(), None, String::new())
}

/// Runs a search to its end. If `disturbed`, it is saved again and again, and a new one in a new
/// program resumes it. Returns the findings, the work, and the number of disturbances.
fn run(subject: &GoSubject, make: Make, disturbed: bool) -> (Findings, u64, u32) {
    let timers = subject.timers();
    let mut program = subject.program_with(0, timers);
    let mut search = make();
    let mut meter = Meter::new(Limits::default(), Arc::default());
    let mut times = 0;
    loop {
        meter.begin_slice(SLICE);
        let progress = search.advance(program.as_mut(), &mut meter);
        if progress.expect("no fault") == Progress::Done {
            return (search.findings().clone(), meter.spent(), times);
        }
        if !disturbed {
            continue;
        }
        let saved = Checkpoint {
            key: key(),
            known: program.learner().expect("Go is learned").ids(),
            spent: meter.spent(),
            elapsed: meter.elapsed(),
            search: search.save().expect("a search that can be saved"),
        };
        let bytes = postcard::to_stdvec(&saved).expect("it can be written");
        let saved: Checkpoint = postcard::from_bytes(&bytes).expect("it can be read");
        program = subject.program_with(0, timers);
        meter = Meter::new(Limits::default(), Arc::default());
        search = make();
        saved
            .begin(&key(), program.as_mut(), &mut meter)
            .expect("the same settings");
        search
            .restore(program.as_mut(), saved.search)
            .expect("the same program");
        times += 1;
    }
}

#[test]
fn searches_go_on() {
    let searches: [(&str, Make); 2] = [
        ("stateful", || Box::new(Stateful::new())),
        ("stubborn", || Box::new(Stubborn::new())),
    ];
    let mut disturbed = 0;
    for area in ["pools", "races", "conc", "quiet"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
        let json = fs::read_to_string(folder.join(area).join("export.json"));
        let package = load(&json.expect("it is there")).expect("it is an export");
        for test in package.tests() {
            let subject = package.test(test).expect("it is there");
            for subject in [subject.clone(), subject.in_quiet_time()] {
                for (engine, make) in searches {
                    let (one, spent, _) = run(&subject.afresh(), make, false);
                    let (other, spent_then, times) = run(&subject.afresh(), make, true);
                    let name = format!("{area} {test}, {engine}");
                    assert_eq!(format!("{one:?}"), format!("{other:?}"), "{name}");
                    assert_eq!(spent, spent_then, "{name}");
                    disturbed += times;
                }
            }
        }
    }
    assert!(disturbed > 200, "{disturbed} disturbances are few");
}
