//! Golden tests of the renderings: every rendering of a few small kernels with bugs of different
//! kinds.
//!
//! To see and accept a change: `INSTA_UPDATE=always cargo test -p gordian-checker --test golden`,
//! then look at the diff.

mod alike;
mod changes;
mod choices;
mod formats;
mod imagined;
mod kernels;
mod messages;
mod nil_cases;
mod page;
mod permits;
mod reasons;
mod schedules;

use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::execution::replay::play;
use gordian_checker::execution::schedule::split;
use gordian_checker::explain::compare::Why;
use gordian_checker::explain::trace::{Ending, State};
use gordian_checker::explain::{Releasers, StateGraph, Trace};
use gordian_checker::explore::{Cycle, Limits, Meter};
use gordian_checker::model::End;
use gordian_checker::render::{
    Context, Format, Layout, Look, Sources, compare_text, json, list, snippet, states, table,
};
use gordian_checker::sync::{chan, go, shared};
use gordian_checker::{Subject, check, replay};

type Kernel = (&'static str, fn());

const KERNELS: [Kernel; 7] = [
    ("send_under_lock", kernels::send_under_lock),
    ("leak", kernels::leak),
    ("double_close", kernels::double_close),
    ("double_read_lock", kernels::double_read_lock),
    ("lost_wake_up", kernels::lost_wake_up),
    ("long_way", kernels::long_way),
    ("long_names", kernels::long_names),
];

/// The number of kernels that have golden files of every rendering.
const GOLDEN: usize = 5;

fn trace(kernel: fn()) -> Trace {
    check(kernel).trace().expect("it has a bug").clone()
}

fn narrow() -> Look {
    Look {
        width: 60,
        ascii: true,
        ..Look::default()
    }
}

fn sources() -> Sources {
    let mut sources = Sources::new();
    sources.add(
        "checker/tests/golden/kernels.rs",
        include_str!("kernels.rs"),
    );
    sources
}

/// Returns every rendering with its name.
fn renderings(trace: &Trace) -> Vec<(&'static str, String)> {
    let named = trace.clone().named("demo/1", "buggy");
    let for_people = |layout: Layout| {
        let look = match layout {
            Layout::List => narrow(),
            Layout::Auto | Layout::Table | Layout::Source => Look::default(),
        };
        let context = Context {
            look,
            layout,
            sources: sources(),
            graph: None,
        };
        // A failed test prints a trace without a name in its source.
        let drawn = match layout {
            Layout::Source => trace,
            Layout::Auto | Layout::Table | Layout::List => &named,
        };
        (layout.name(), Format::Human.render(drawn, &context))
    };
    let of_a_trace = |it: &Format| ![Format::Human, Format::SvgStates].contains(it);
    let others = Format::ALL.into_iter().filter(of_a_trace);
    let others = others.map(|it| (it.name(), it.render(&named, &Context::default())));
    let layouts = [Layout::Table, Layout::List, Layout::Source];
    layouts.into_iter().map(for_people).chain(others).collect()
}

fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_rendering_is_as_it_was() {
    for (name, kernel) in &KERNELS[..GOLDEN] {
        for (rendering, text) in renderings(&trace(*kernel)) {
            golden(&format!("{name}.{rendering}"), &text);
        }
    }
}

#[test]
fn the_states_are_drawn_as_they_were() {
    for (name, kernel) in &KERNELS[..GOLDEN] {
        let mut program = Rc::new(*kernel).program(gordian_checker::STACK_BYTES);
        let meter = Meter::new(Limits::default(), Arc::default());
        let graph = StateGraph::collect(program.as_mut(), &[], &meter).expect("it has no fault");
        golden(&format!("{name}.svg-states"), &states::render(&graph));
    }
}

/// Steps of one goroutine that nobody could interfere with fold into one row, unless all are asked
/// for. The steps that lead to the end are always shown.
#[test]
fn quiet_steps_fold() {
    let trace = trace(kernels::long_way);
    golden("long_way.table", &table::render(&trace, &Look::default()));
    let all = Look {
        all: true,
        ..Look::default()
    };
    let unfolded = table::render(&trace, &all);
    assert_eq!(
        table::render(&trace, &Look::default())
            .matches("unlock first's own")
            .count(),
        1
    );
    assert_eq!(unfolded.matches("unlock first's own").count(), 8);
}

#[test]
fn why_a_fix_works_is_as_it_was() {
    for (name, buggy, fixed) in pairs() {
        let text = compare_text::render(&why(buggy, fixed), &Look::default());
        golden(&format!("{name}.why"), &text);
    }
}

type Pair = (&'static str, fn(), fn());

fn pairs() -> [Pair; 2] {
    [
        (
            "send_under_lock",
            kernels::send_under_lock,
            kernels::send_or_stopped,
        ),
        (
            "lost_wake_up",
            kernels::lost_wake_up,
            kernels::flag_under_lock,
        ),
    ]
}

fn why(buggy: fn(), fixed: fn()) -> Why {
    let trace = trace(buggy).named("demo/1", "buggy");
    let [mut bug, mut program] = [buggy, fixed].map(|kernel| Rc::new(kernel).program(1 << 20));
    let report = check(fixed);
    let sources = ("same\nold\nsame\n", "same\nnew 1\nnew 2\nsame\n");
    let (bug, program) = (bug.as_mut(), program.as_mut());
    Why::build(&trace, bug, program, &report.ground(), Some(sources)).expect("no fault")
}

/// In the state in which the buggy variant is stuck, the fixed one can go on, and ends well.
#[test]
fn the_fixed_variant_goes_on_where_the_buggy_one_is_stuck() {
    let why = why(kernels::send_under_lock, kernels::send_or_stopped);
    assert_eq!(why.parted, None);
    assert_eq!(why.pairs.len(), why.buggy.steps.len());
    assert_eq!(why.now.enabled, ["watcher"]);
    assert_eq!(why.fixed.end, Ending::Complete);
}

/// The waits that a fix ends are reported once for each goroutine, and truly: one that waits where
/// it did waits nowhere else, and one that has only not returned yet is named.
#[test]
fn what_a_fix_breaks_is_said_once() {
    let breaks = |buggy, fixed| {
        let breaks = why(buggy, fixed).breaks;
        // The places of operations move with the file, so they are cut.
        let cut = |text: String| match text.split_once(" (:") {
            Some((before, line)) => match line.split_once(')') {
                Some((_, after)) => format!("{before}{after}"),
                None => text,
            },
            None => text,
        };
        let texts = breaks.iter().map(ToString::to_string);
        texts.map(cut).collect::<Vec<_>>()
    };
    assert_eq!(
        breaks(kernels::send_under_lock, kernels::send_or_stopped),
        [
            "loop -(w.result)-> watcher: loop has another way out: recv w.stopped",
            "watcher -(m.lock)-> loop: watcher does not wait: it can go on with close w.stopped",
            "so loop -> watcher -> loop is no cycle here",
        ]
    );
    assert_eq!(
        breaks(kernels::never_told, kernels::told),
        ["main has not returned yet: it can go on with close cancel"]
    );
    assert_eq!(
        breaks(kernels::never_told, kernels::told_otherwise),
        [
            "worker has another way out: recv gone",
            "main has not returned yet: it can go on with close gone",
        ]
    );
}

/// Both sides are shown at the point where the fixed variant cannot follow: the step that is next,
/// not the end that comes many steps later.
#[test]
fn where_the_two_part_both_stand_at_the_same_step() {
    let why = why(kernels::lost_wake_up, kernels::flag_under_lock);
    let parted = why.parted.as_ref().expect("the signal comes later").step;
    let text = compare_text::render(&why, &Look::default());
    let now: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("  now"))
        .take_while(|line| !line.starts_with(" then"))
        .collect();
    assert!(
        now.join("\n").contains(&format!("step {parted} is next:")),
        "{now:?}"
    );
    assert!(!now[0].contains("nobody"), "{now:?}");
    assert_eq!(text.matches("can move: nobody").count(), 0, "{text}");
}

#[test]
fn no_line_is_wider_than_the_look() {
    for (name, kernel) in KERNELS {
        let trace = trace(kernel).named("demo/1", "buggy");
        for width in [40, 60, 80, 100, 140] {
            for (ascii, colour) in [(false, false), (true, false), (false, true), (true, true)] {
                let look = Look {
                    width,
                    ascii,
                    colour,
                    ..Look::default()
                };
                let texts = [
                    table::render(&trace, &look),
                    list::render(&trace, &look),
                    snippet::render(&trace, &sources(), &look),
                ];
                for line in texts.iter().flat_map(|text| text.lines()) {
                    let plain = without_colour(line);
                    let columns = plain.chars().count();
                    let fits = columns <= width || is_one_word_of_a_command(&plain);
                    assert!(fits, "{name} at {width}: {columns}: {line}");
                    assert!(!ascii || line.is_ascii(), "{name}: {line}");
                }
            }
        }
    }
    for (name, buggy, fixed) in pairs() {
        let why = why(buggy, fixed);
        for width in [40, 60, 80, 100] {
            let look = Look {
                width,
                ..Look::default()
            };
            for line in compare_text::render(&why, &look).lines() {
                assert!(line.chars().count() <= width, "{name} at {width}: {line}");
            }
        }
    }
}

/// Returns true if the line is of a command or a call that could not have been wrapped: text to be
/// pasted is never cut, and a word that is too long runs over.
fn is_one_word_of_a_command(line: &str) -> bool {
    let starts = [
        "gordian replay",
        "gordian step",
        "gordian why",
        "gordian::replay(KERNEL,",
    ];
    let word = line.trim_start().trim_start_matches("= ");
    let word = word.trim_end_matches([' ', '\\', ',', '\'', ')', '"']);
    let begins = starts.iter().any(|start| line.contains(start));
    begins && line.trim_end().ends_with(['\\', '"', '\''])
        || !word.is_empty() && !word.contains([' ', ','])
}

#[test]
fn two_runs_print_the_same() {
    for (name, kernel) in KERNELS {
        let (once, again) = (renderings(&trace(kernel)), renderings(&trace(kernel)));
        assert_eq!(once, again, "{name}");
    }
}

/// Colour adds escapes and nothing else.
#[test]
fn colour_can_be_stripped() {
    for (name, kernel) in KERNELS {
        let trace = trace(kernel);
        let look = Look {
            colour: true,
            ..Look::default()
        };
        for width in [40, 100] {
            let look = Look {
                width,
                ..look.clone()
            };
            let plain = Look {
                colour: false,
                ..look.clone()
            };
            let draw = |look: &Look| {
                [
                    table::render(&trace, look),
                    list::render(&trace, look),
                    snippet::render(&trace, &sources(), look),
                ]
            };
            for (coloured, expected) in draw(&look).iter().zip(draw(&plain)) {
                assert!(coloured.contains("\u{1b}["), "{name}");
                let stripped = without_colour(coloured);
                let trimmed: Vec<&str> = stripped.lines().map(str::trim_end).collect();
                assert_eq!(trimmed, expected.lines().collect::<Vec<_>>(), "{name}");
            }
        }
    }
}

/// Returns the text without the escapes that set colours.
fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').expect("an escape has an end").1);
    }
    plain
}

/// The schedule, as printed, leads to the same last row and the same reasons.
#[test]
fn the_printed_schedule_leads_to_the_same_end() {
    for (name, kernel) in KERNELS {
        let trace = trace(kernel);
        let for_test = list::render(&trace, &Look::default());
        let (_, call) = for_test
            .split_once("gordian::replay(KERNEL, \"")
            .expect("it is printed");
        let (in_test, _) = call.rsplit_once("\")").expect("it ends");
        let for_shell = list::render(&trace.clone().named("demo/1", "buggy"), &narrow());
        let (_, call) = for_shell.split_once("--schedule '").expect("it is printed");
        let (in_shell, _) = call.rsplit_once("'\n  step").expect("it ends");
        for schedule in [in_test, &in_shell.replace("'\\''", "'")] {
            let again = replay(kernel, schedule).expect("it fits");
            assert_eq!(again.last, trace.last, "{name}");
            assert_eq!(again.waits, trace.waits, "{name}");
            assert_eq!(again.steps, trace.steps, "{name}");
            assert_eq!(again.schedule, trace.schedule, "{name}");
        }
    }
}

#[test]
fn json_is_enough_to_draw_the_text_again() {
    for (name, kernel) in KERNELS {
        let trace = trace(kernel);
        let again = json::read(&json::render(&trace)).expect("it is a trace");
        assert_eq!(renderings(&again), renderings(&trace), "{name}");
    }
    let other = json::render(&trace(kernels::leak)).replace("\"version\": 1", "\"version\": 2");
    let error = json::read(&other).expect_err("another version is refused");
    assert!(error.to_string().contains("version 2"), "{error}");
}

/// Every stuck goroutine has a reason or waits for somebody. Every holder of a lock has a step that
/// took it.
#[test]
fn the_last_row_agrees_with_the_steps() {
    for (name, kernel) in KERNELS {
        let trace = trace(kernel);
        for standing in trace.stuck() {
            let who = &standing.goroutine;
            let explained = trace.waits.reasons.iter().any(|r| r.members.contains(who))
                || trace.waits.of(who).next().is_some();
            assert!(explained, "{name}: {who}");
        }
        for standing in &trace.last {
            for held in &standing.holds {
                let step = &trace.steps[held.step - 1];
                let takes = |act: &gordian_checker::explain::trace::Act| {
                    act.goroutine == standing.goroutine && act.takes.contains(&held.lock)
                };
                assert!(step.by.iter().any(takes), "{name}: {held:?}");
            }
        }
    }
}

/// The trace of a panic has only the events that happen before it, in the order of happens-before,
/// and none of a bystander's.
#[test]
fn a_panic_is_cut_to_its_causes() {
    let kernel = || {
        let results = chan::<u8>("results", 1);
        let other = shared("other", 0);
        go("bystander", move || {
            for turn in 0..3 {
                other.set(turn);
            }
        });
        go("closer", move || results.close());
        results.send(1);
    };
    let mut program = Rc::new(kernel).program(1 << 20);
    let tokens = split("main,bystander,main,bystander,closer,bystander,main").expect("a schedule");
    let played = play(program.as_mut(), &tokens).expect("no fault");
    assert_eq!(played.divergence, None);
    let none = Releasers::none();
    let trace = Trace::build(
        program.as_mut(),
        End::Panic,
        &played.path,
        &Cycle::default(),
        &none,
    );
    let trace = trace.expect("no fault");
    assert_eq!(trace.end, Ending::Panic);
    assert_eq!(trace.schedule, "main*2,closer,main");
    let main = trace.standing("main").expect("main is there");
    assert_eq!(main.state, State::Panicked);
    assert_eq!(main.reason, "send on closed channel: results");
    assert!(main.place.line > 0);
}

/// A schedule that does not fit says at which step, and names the steps that were possible.
#[test]
fn a_schedule_that_does_not_fit_says_where() {
    let error = replay(kernels::send_under_lock, "main*2,loop").expect_err("loop cannot move");
    let text = error.to_string();
    let expected = "step 3 of the schedule, `loop`, cannot be taken; these can: main+loop, watcher";
    assert_eq!(text.lines().next(), Some(expected));
}
