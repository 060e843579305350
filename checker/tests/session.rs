//! A session from the outside: whoever plays it sees what the rules say, and can go anywhere.

use std::sync::Arc;

use gordian_checker::execution::replay::play;
use gordian_checker::execution::schedule;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::reach::Ahead;
use gordian_checker::explore::{Limits, Meter};
use gordian_checker::model::TimerRules;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::session::NoMove;
use gordian_checker::sync::{chan, choose, go, mutex, timer};
use gordian_checker::{STACK_BYTES, Session, Subject, select};

/// Two locks in opposite orders.
fn crossed() {
    let (a, b) = (mutex("a", ()), mutex("b", ()));
    go("other", move || {
        let of_b = b.lock();
        let of_a = a.lock();
        drop((of_a, of_b));
    });
    let of_a = a.lock();
    let of_b = b.lock();
    drop((of_a, of_b));
}

fn start(kernel: impl Fn() + 'static) -> Session {
    Session::new(kernel).expect("it has no fault")
}

fn words(session: &Session) -> Vec<String> {
    let moves = session.moves().into_iter();
    moves
        .map(|it| format!("{}: {}", it.choice, it.words))
        .collect()
}

#[test]
fn a_move_is_named_by_a_choice_a_name_or_a_number() {
    let mut session = start(crossed);
    assert_eq!(words(&session), ["main: main go other"]);
    let step = session.forward("main").expect("it can");
    assert_eq!((step.n, step.choice.as_str()), (1, "main"));
    assert_eq!(session.goroutines()[1], (2, "other".to_owned()));
    let step = session.forward("2").expect("it can");
    assert_eq!(step.by[0].goroutine, "other");
    assert_eq!(
        (session.at(), session.schedule().as_str()),
        (2, "main,other")
    );
}

#[test]
fn who_cannot_move_is_told_apart_from_who_is_not_there() {
    let mut session = start(crossed);
    for who in ["main", "main", "other"] {
        session.forward(who).expect("it can");
    }
    let enabled = Vec::new();
    assert_eq!(
        session.forward("1"),
        Err(NoMove::Blocked {
            name: "main".to_owned(),
            enabled: enabled.clone()
        })
    );
    let choice = "nobody".to_owned();
    let unknown = session.forward("nobody");
    assert_eq!(unknown, Err(NoMove::Unknown { choice, enabled }));
    let why = unknown.expect_err("nobody is called so").to_string();
    assert_eq!(why, "`nobody` is no goroutine or choice; nothing can");
    assert_eq!(session.at(), 3);
}

#[test]
fn several_ways_are_offered() {
    let mut session = start(|| {
        let (a, b) = (chan("a", 1), chan("b", 1));
        let t = timer("t");
        a.send(choose(2));
        select! {
            recv(a) -> _ => {},
            send(b, 0) => {},
            recv(t.c) -> _ => {},
        }
    });
    assert_eq!(
        words(&session),
        ["main:0: main choose = 0", "main:1: main choose = 1"]
    );
    let ways = vec!["main:0".to_owned(), "main:1".to_owned()];
    let choice = "main".to_owned();
    assert_eq!(
        session.forward("main"),
        Err(NoMove::Ambiguous { choice, ways })
    );
    session.forward("main:1").expect("it can");
    session.forward("main").expect("it can");
    assert_eq!(
        words(&session),
        [
            "main:0: main recv a",
            "main:1: main send b",
            "t+main: t fire t, main recv t.C"
        ]
    );
    assert_eq!(session.timers().len(), 1);
    session.forward("t").expect("its one step");
    assert_eq!(session.timers(), []);
    assert_eq!(session.trace().expect("no fault").end, Ending::Complete);
}

#[test]
fn undone_steps_stay_until_another_is_taken() {
    let mut session = start(crossed);
    assert!(!session.back());
    for who in ["main", "main", "other"] {
        session.forward(who).expect("it can");
    }
    let deadlock = session.trace().expect("no fault").clone();
    assert_eq!(deadlock.end, Ending::Deadlock);
    assert!(session.back() && session.back());
    assert_eq!((session.at(), session.last()), (1, 3));
    assert!(session.jump(3) && !session.jump(4));
    assert_eq!(session.trace().expect("no fault"), &deadlock);
    assert!(session.jump(1));
    session.forward("other").expect("it can");
    assert_eq!((session.at(), session.last()), (2, 2));
    assert_eq!(session.schedule(), "main,other");
}

#[test]
fn what_can_come_is_known_here_and_after_each_move() {
    let mut session = start(crossed);
    let Ahead::Bad(way) = session.ahead() else {
        panic!("a deadlock can come")
    };
    let steps = session.to_bad_end().expect("no fault").expect("a way");
    assert_eq!(steps.len(), way.steps);
    let trace = session.trace().expect("no fault");
    assert_eq!((trace.end, &trace.steps), (Ending::Deadlock, &steps));
    assert_eq!(session.to_bad_end().expect("no fault"), Some(Vec::new()));
    session.jump(1);
    session.forward("main").expect("it can");
    session.forward("main").expect("it can");
    assert_eq!(session.ahead(), Ahead::Nothing);
    assert_eq!(session.to_bad_end().expect("no fault"), None);
}

/// Wherever somebody goes, the moves are what the rules enable, what is said to come after one
/// comes, the schedule leads there, and a way back leads to the same trace.
#[test]
fn random_sessions_of_random_programs_agree_with_the_rules() {
    let mut taken = 0;
    for seed in 0..150_u64 {
        let script = random::script(seed, Mix::default());
        let meter = Meter::new(Limits::default(), Arc::default());
        let rules = TimerRules::default();
        let mut session = Session::of(&script, rules, 2_000, &meter).expect("no fault");
        let mut program = script.program_with(STACK_BYTES, rules);
        let mut drawn = seed;
        for turn in 0..12 {
            drawn = drawn
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let tokens = schedule::split(&session.schedule()).expect("it can be read");
            let played = play(program.as_mut(), &tokens).expect("no fault");
            assert!(
                played.divergence.is_none() && played.path.len() == session.at(),
                "seed {seed}: {:?} {} {:?}\n{}",
                played.divergence,
                session.schedule(),
                session.goroutines(),
                script.to_rust()
            );
            let enabled = played.world.steps(program.as_ref());
            let moves = session.moves();
            assert_eq!(moves.len(), enabled.len(), "seed {seed}");
            if moves.is_empty() || turn == 6 {
                session.jump((drawn >> 40) as usize % (session.last() + 1));
                continue;
            }
            let chosen = &moves[(drawn >> 33) as usize % moves.len()];
            let promised = session.ahead_of(chosen.step).expect("no fault");
            session.forward(&chosen.choice).expect("it can");
            assert_eq!(session.ahead(), promised, "seed {seed}");
            let trace = session.trace().expect("no fault").clone();
            assert!(session.back() && session.jump(session.at() + 1));
            assert_eq!(session.trace().expect("no fault"), &trace, "seed {seed}");
            taken += 1;
        }
    }
    assert!(taken > 500, "only {taken}");
}
