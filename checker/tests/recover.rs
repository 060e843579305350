//! The panic of an operation unwinds through the program, which may recover from it; a fatal error
//! does not.

use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::{Findings, Limits, Meter, Search};
use gordian_checker::model::{
    Arrival, ChanOp, Creation, End, Fault, FileId, GoroutineId, GoroutineInfo, LocalState, Mutex,
    MutexOp, Names, Next, Object, ObjectId, ObjectInfo, Op, Outcome, Panic, Pause, Program, Site,
    ValueId, World,
};

const MUTEX: ObjectId = ObjectId(0);

/// One goroutine that does this operation, and after a panic goes on at its third arrival.
struct Recovers([Arrival; 4]);

impl Recovers {
    fn new(first: Op) -> Self {
        let arrival = |next| Arrival {
            created: Vec::new(),
            next,
            site: Site::NONE,
        };
        let mutex = Creation {
            id: MUTEX,
            object: Object::Mutex(Mutex::new(ValueId::UNIT)),
            timer: None,
        };
        Self([
            Arrival {
                created: vec![mutex],
                ..arrival(Next::Op(first))
            },
            arrival(Next::Return),
            arrival(Next::Op(Op::Pause(Pause::Yield))),
            arrival(Next::Return),
        ])
    }
}

impl Names for Recovers {
    fn goroutine(&self, _: GoroutineId) -> GoroutineInfo {
        GoroutineInfo {
            name: "main".to_owned(),
            parent: None,
            site: Site::NONE,
            timer: false,
            daemon: false,
        }
    }

    fn object(&self, _: ObjectId) -> ObjectInfo {
        ObjectInfo {
            name: "m".to_owned(),
            site: Site::NONE,
        }
    }

    fn value(&self, _: ValueId) -> String {
        "()".to_owned()
    }

    fn file(&self, _: FileId) -> &str {
        ""
    }
}

impl Program for Recovers {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        Ok(vec![(GoroutineId::MAIN, LocalState(0))])
    }

    fn arrival(&self, local: LocalState) -> &Arrival {
        &self.0[local.index()]
    }

    fn resume(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        match (local, outcome) {
            (LocalState(0), Outcome::Panics(panic)) => {
                assert_eq!(panic, Panic::CloseOfNil, "a fatal error is told to nobody");
                Ok(LocalState(2))
            }
            (local, _) => Ok(LocalState(local.0 + 1)),
        }
    }

    fn child(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        Ok(local)
    }
}

/// Returns the findings of each search.
fn findings(first: &Op) -> Vec<Findings> {
    let searches: [Box<dyn Search>; 3] = [
        Box::new(Exhaustive::new()),
        Box::new(Optimal::new()),
        Box::new(Stateful::new()),
    ];
    let found = searches.into_iter().map(|mut search| {
        let mut meter = Meter::new(Limits::default(), Default::default());
        let mut program = Recovers::new(first.clone());
        search.advance(&mut program, &mut meter).expect("no fault");
        search.findings().clone()
    });
    found.collect()
}

#[test]
fn a_goroutine_that_recovers_runs_on() {
    let close_of_nil = Op::Chan(None, ChanOp::Close);
    for findings in findings(&close_of_nil) {
        assert!(findings.complete && findings.bad.is_empty(), "{findings:?}");
        // The close, and the pause after it.
        assert_eq!(findings.steps, 2);
    }
    let mut program = Recovers::new(close_of_nil);
    let mut world = World::start(&mut program).expect("it starts");
    let mut steps = Vec::new();
    for _ in 0..2 {
        world.enabled(&program, &mut steps);
        world.take(&mut program, steps[0]).expect("no fault");
    }
    assert_eq!(world.end(&program), End::Complete);
}

#[test]
fn nobody_recovers_from_a_fatal_error() {
    for findings in findings(&Op::Mutex(MUTEX, MutexOp::Unlock(None))) {
        let ends: Vec<End> = findings.bad.keys().map(|state| state.end).collect();
        assert_eq!(ends, [End::Panic]);
        assert_eq!(findings.steps, 1);
    }
}
