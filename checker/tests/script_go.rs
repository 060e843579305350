//! Scripts as Go source. `cargo xtask conform-go` checks that Go obeys the rules, and needs Go;
//! these tests do not.

use std::collections::HashSet;

use gordian_checker::model::{
    ChanOp, GoroutineId, MutexOp, OnceOp, Op, Pending, RwLockOp, WaitGroupOp, World,
};
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Case, Interpreter, Kind, Memory, Operand, Script, Start, Statement};

#[test]
fn a_script_is_printed_as_go() {
    let mut script = Script::new();
    let c = script.chan("c", 1);
    let rw = script.rwlock("rw");
    let timer = script.declare("timer", Kind::Timer);
    script.goroutine(
        "main",
        [
            Statement::Select {
                arms: vec![
                    (
                        Case::Recv(timer),
                        vec![Statement::Send(c, Operand::Last(1))],
                    ),
                    (Case::Recv(c), vec![]),
                ],
                default: None,
            },
            Statement::Go(1),
        ],
    );
    script.goroutine("reader", [Statement::RLock(rw), Statement::RUnlock(rw)]);
    let expected = "\
func program(r *harness.Run) harness.Objects {
	c := make(chan int64, 1)
	rw := new(harness.RWMutex)
	timer := time.NewTimer(r.Duration())
	var do_main, do_reader func(g *harness.Goroutine)
	do_main = func(g *harness.Goroutine) {
		g.Pause()
		select { // #0
		case <-timer.C: // #0
			g.Last = 0
			g.Pause()
			c <- g.Last + 1 // #1
		case g.Last = <-c: // #0
		}
		g.Pause()
		g.Go(\"reader\", do_reader)
	}
	do_reader = func(g *harness.Goroutine) {
		g.Pause()
		rw.RLock() // #3
		g.Last = rw.V.Load()
		g.Pause()
		rw.RUnlock()
	}
	r.Go(\"main\", do_main)
	return harness.Objects{
		\"c\", c,
		\"rw\", rw,
		\"timer\", timer,
	}
}
";
    assert_eq!(script.to_go("program").expect("all of it is Go"), expected);
}

#[test]
fn a_select_with_one_case_stays_a_select_in_go() {
    let mut script = Script::new();
    let c = script.chan("c", 0);
    let one = |arms, default| Statement::Select { arms, default };
    let receive = || vec![(Case::Recv(c), vec![])];
    let body = [one(receive(), None), one(receive(), Some(vec![]))];
    script.goroutine("main", body);
    let go = script.to_go("program").expect("all of it is Go");
    assert!(go.contains("\t\tcase <-(chan int64)(nil): // #0\n"), "{go}");
    assert_eq!(go.matches("nil").count(), 1, "{go}");
}

#[test]
fn a_recovery_is_a_function_of_its_own_in_go() {
    let mut script = Script::new();
    let c = script.chan("c", 0);
    script.goroutine(
        "main",
        [Statement::Recover(vec![
            Statement::Recv(c),
            Statement::Goexit,
        ])],
    );
    let body = "\
		func() {
			defer func() { recover() }()
			g.Pause()
			g.Last = <-c // #1
			runtime.Goexit()
		}()
";
    let go = script.to_go("program").expect("all of it is Go");
    assert!(go.contains(body), "{go}");
}

#[test]
fn what_go_does_not_have_is_refused() {
    let mut script = Script::new();
    script.declare("ticker", Kind::Ticker { ticks_max: 1 });
    script.goroutine("main", []);
    assert_eq!(script.to_go("program"), Err("a ticker with a last tick"));
    let mut script = Script::new();
    script.semaphore("sem", 1);
    script.goroutine("main", []);
    let why = "a semaphore, which Go's own packages do not have";
    assert_eq!(script.to_go("program"), Err(why));
}

/// At every position of a goroutine, the line of the statement that the interpreter names does the
/// pending operation.
#[test]
fn the_numbers_of_statements_are_the_interpreters() {
    let mut looked_at = 0;
    for seed in 0..150 {
        let script = random::script(seed, Mix::default());
        let Ok(go) = script.to_go("program") else {
            continue;
        };
        let mut program = script.interpreter(Start::Together, Memory::Forgetful);
        let start = World::start(&mut program).expect("no fault");
        let mut seen = HashSet::from([start.clone()]);
        let mut todo = vec![start];
        let mut enabled = Vec::new();
        while let Some(world) = todo.pop() {
            looked_at += look(&program, &world, &go);
            world.enabled(&program, &mut enabled);
            for &step in &enabled {
                let mut next = world.clone();
                next.take(&mut program, step).expect("no fault");
                if seen.len() < 2_000 && seen.insert(next.clone()) {
                    todo.push(next);
                }
            }
        }
    }
    assert!(looked_at > 3_000, "only {looked_at}");
}

/// Compares the goroutines' pending operations with the lines of those numbers. Returns the number
/// of comparisons.
fn look(program: &Interpreter, world: &World, go: &str) -> usize {
    let mut count = 0;
    for (index, goroutine) in world.goroutines().iter().enumerate() {
        let Pending::Op(op) = world.pending(program, GoroutineId::from_index(index)) else {
            continue;
        };
        let what: &[&str] = match op {
            Op::Chan(_, ChanOp::Send(_)) | Op::Chan(_, ChanOp::Recv) => &["<-"],
            Op::Select { .. } => &["select {"],
            Op::Mutex(_, MutexOp::Lock) | Op::RwLock(_, RwLockOp::Lock) => &[".Lock()"],
            Op::RwLock(_, RwLockOp::RLock) => &[".RLock()"],
            Op::WaitGroup(_, WaitGroupOp::Wait) | Op::CondWait { .. } => &[".Wait()"],
            Op::Once(_, OnceOp::Begin) => &[".Do("],
            _ => continue,
        };
        let number = program.statement(goroutine.local).expect("it blocks first");
        let mark = format!("// #{number}");
        let mut lines = go.lines().filter(|line| line.ends_with(&mark));
        let fits = lines.any(|line| what.iter().all(|word| line.contains(word)));
        assert!(fits, "{op:?} is not statement {number} of\n{go}");
        count += 1;
    }
    count
}
