//! The findings of parts of a search, put together, are those of the whole, in whatever order.

use std::time::Duration;

use gordian_checker::explore::{Findings, Limit};
use gordian_checker::model::{Event, Program, Step, World};
use gordian_checker::script::Script;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::{STACK_BYTES, Subject, TimerRules};

/// Numbers that look random.
struct Draw(u64);

impl Draw {
    fn below(&mut self, max: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % max
    }
}

/// An execution: its steps, and the limit that cut it, if it has not come to its end.
struct Execution {
    path: Vec<Step>,
    world: World,
    cut: Option<Limit>,
}

/// All executions of at most so many steps; `None` if there are more than a thousand.
fn executions(program: &mut dyn Program, steps_max: usize) -> Option<Vec<Execution>> {
    let start = World::start(program).expect("no fault");
    let mut todo = vec![(start, Vec::new())];
    let mut all = Vec::new();
    let mut enabled = Vec::new();
    while let Some((world, path)) = todo.pop() {
        world.enabled(program, &mut enabled);
        if enabled.is_empty() || path.len() >= steps_max {
            let cut = (!enabled.is_empty()).then_some(Limit::Steps(steps_max));
            all.push(Execution { path, world, cut });
        } else {
            for &step in enabled.iter().rev() {
                let mut after = world.clone();
                let _: Event = after.take(program, step).expect("no fault");
                todo.push((after, [&path[..], &[step]].concat()));
            }
        }
        if all.len() + todo.len() > 1_000 {
            return None;
        }
    }
    Some(all)
}

fn findings(program: &dyn Program, of: &[&Execution]) -> Findings {
    let mut findings = Findings {
        kept: Some(Vec::new()),
        complete: true,
        ..Findings::default()
    };
    for execution in of {
        let (world, path) = (&execution.world, &execution.path);
        findings.steps += path.len() as u64;
        match execution.cut {
            None => drop(findings.ended(program, world, path)),
            Some(limit) => findings.cut(program, world, path, limit),
        }
    }
    findings
}

/// Merges parts two by two, in an order that is drawn.
fn merged(mut parts: Vec<Findings>, draw: &mut Draw) -> Findings {
    while parts.len() > 1 {
        let one = parts.swap_remove(draw.below(parts.len()));
        let other = parts.swap_remove(draw.below(parts.len()));
        parts.push(one.merge(other));
    }
    parts.remove(0)
}

/// Splits the executions of a script, and says how many limits and bad ends there are.
fn split_and_merge(script: &Script, seed: u64) -> Option<(usize, usize)> {
    let mut program = script.program_with(STACK_BYTES, TimerRules::default());
    let all = executions(
        program.as_mut(),
        if seed.is_multiple_of(2) { 14 } else { 7 },
    )?;
    let program = program.as_ref();
    let whole = findings(program, &all.iter().collect::<Vec<_>>());
    let mut draw = Draw(seed);
    for _ in 0..4 {
        let mut groups: Vec<Vec<&Execution>> = vec![Vec::new(); 1 + draw.below(6)];
        for execution in &all {
            let group = draw.below(groups.len());
            groups[group].push(execution);
        }
        let parts: Vec<Findings> = groups.iter().map(|of| findings(program, of)).collect();
        let together = merged(parts.clone(), &mut draw);
        for _ in 0..4 {
            assert_eq!(merged(parts.clone(), &mut draw), together, "seed {seed}");
        }
        let first_bad = parts.iter().filter_map(|part| part.first_bad).min();
        assert_eq!(together.first_bad, first_bad, "seed {seed}");
        for (key, bad) in &together.bad {
            let known = &whole.bad[key];
            assert!(bad.path.len() <= known.path.len(), "seed {seed}");
            assert!(
                all.iter().any(|execution| execution.path == bad.path),
                "seed {seed}"
            );
        }
        let mut same = together;
        same.first_bad = whole.first_bad;
        for (key, bad) in &mut same.bad {
            bad.path.clone_from(&whole.bad[key].path);
        }
        let mut whole = whole.clone();
        whole.kept.iter_mut().for_each(|kept| kept.sort());
        same.kept.iter_mut().for_each(|kept| kept.sort());
        assert_eq!(same, whole, "seed {seed}");
    }
    Some((whole.limits.len(), whole.bad.len()))
}

#[test]
fn parts_of_random_searches_make_up_the_whole_in_any_order() {
    let (mut searches, mut limited, mut bad) = (0, 0, 0);
    for seed in 0..400 {
        let script = random::script(seed, Mix::default());
        if let Some((limits, ends)) = split_and_merge(&script, seed) {
            searches += 1;
            limited += usize::from(limits > 0);
            bad += usize::from(ends > 1);
        }
    }
    assert!(
        searches > 150 && limited > 40 && bad > 30,
        "{searches}, {limited}, {bad}"
    );
}

fn with(limits: &[Limit], states: Option<u64>, complete: bool) -> Findings {
    Findings {
        limits: limits.to_vec(),
        states,
        complete,
        ..Findings::default()
    }
}

#[test]
fn limits_of_parts_are_told_once_and_in_one_order() {
    let memory = |used| Limit::Memory { max: 100, used };
    let parts = [
        with(
            &[Limit::Time(Duration::from_secs(1)), memory(120)],
            None,
            true,
        ),
        with(
            &[memory(150), Limit::Random(30), Limit::Steps(9)],
            Some(3),
            true,
        ),
        with(&[Limit::Steps(9), Limit::Random(12)], Some(4), false),
        with(&[Limit::Ticks, Limit::Interrupt], None, true),
    ];
    for seed in 0..50 {
        let together = merged(parts.to_vec(), &mut Draw(seed));
        let expected = [
            Limit::Steps(9),
            Limit::Ticks,
            Limit::Time(Duration::from_secs(1)),
            Limit::Interrupt,
            Limit::Random(42),
            memory(150),
        ];
        assert_eq!(together.limits, expected, "seed {seed}");
        assert_eq!((together.states, together.complete), (Some(7), false));
        assert_eq!(together.kept, None);
    }
}

/// Each part keeps a thousand bad ends, and so do they together: the same ones in any order.
#[test]
fn a_thousand_bad_ends_are_kept_of_all_parts() {
    let kernel = || {
        let number = gordian_checker::sync::choose(1_500);
        panic!("number {number}");
    };
    let mut program = std::rc::Rc::new(kernel).program(1 << 16);
    let program = program.as_mut();
    let start = World::start(program).expect("no fault");
    let enabled = start.steps(program);
    let mut all = Vec::new();
    for &step in &enabled {
        let mut world = start.clone();
        world.take(program, step).expect("no fault");
        let path = vec![step];
        all.push(Execution {
            path,
            world,
            cut: None,
        });
    }
    let all: Vec<&Execution> = all.iter().collect();
    let parts: Vec<Findings> = all.chunks(300).map(|of| findings(program, of)).collect();
    let together = merged(parts.clone(), &mut Draw(0));
    assert_eq!(
        (together.bad_executions, together.bad.len()),
        (1_500, 1_000)
    );
    assert!(!together.knows_all_bad_ends());
    for seed in 1..20 {
        assert_eq!(merged(parts.clone(), &mut Draw(seed)), together);
    }
}
