//! Go packages as programs of Gordian.
//!
//! An exporter, written in Go, writes a package and what it can reach in SSA form, as JSON. [`load`] reads it; a [`Subject`] of it is a test or `main`, and
//! every search of the checker explores it: a goroutine runs in a machine from one operation on something shared to the next.
//!
//! ```text
//! export (JSON) ─▶ load ─▶ types, code ─▶ machine, natives ─▶ GoProgram: Program ─▶ the searches
//! ```

mod code;
mod compile;
pub mod export;
mod live;
mod load;
mod machine;
mod natives;
mod places;
mod program;
mod tidy;
mod types;
mod value;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{LazyLock, Mutex};

use gordian_checker::Subject;
use gordian_checker::model::{Next, Phase, Program, TimerRules, World};
use rustc_hash::FxHashSet;

use crate::code::Code;
pub use crate::load::LoadError;
use crate::machine::{Machine, Things};
use crate::program::Entry;
pub use crate::program::GoProgram;
use crate::types::Types;
use crate::value::{Interner, Pool};

/// A package that was exported.
#[derive(Debug, Clone)]
pub struct Package {
    json: Rc<str>,
    /// The import path.
    pub path: String,
    tests: Vec<(String, u32)>,
    test_main: Option<u32>,
    main: Option<u32>,
    skipped: Vec<String>,
}

/// Reads an export.
///
/// # Errors
/// If it is none, or is of another version.
pub fn load(json: &str) -> Result<Package, LoadError> {
    let export = load::parse(json)?;
    let package = Package {
        path: export.package.clone(),
        tests: export
            .tests
            .iter()
            .map(|test| (test.n.clone(), test.f))
            .collect(),
        test_main: export.testmain,
        main: export.main,
        skipped: export.skipped.clone(),
        json: json.into(),
    };
    compiled(&export)?;
    Ok(package)
}

fn compiled(export: &load::Export) -> Result<(Types, Pool, Code), LoadError> {
    let types = Types::new(export)?;
    let mut pool = Pool::default();
    let code = compile::compile(export, &types, &mut pool)?;
    Ok((types, pool, code))
}

impl Package {
    /// The names of its tests, in the order in which `go test` runs them.
    pub fn tests(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().map(|(name, _)| name.as_str())
    }

    /// Whether it has a function `main`.
    #[must_use]
    pub fn has_main(&self) -> bool {
        self.main.is_some()
    }

    /// A test as a subject of a search; `None` if there is none of this name.
    #[must_use]
    pub fn test(&self, name: &str) -> Option<GoSubject> {
        let (name, f) = self.tests.iter().find(|(known, _)| known == name)?;
        Some(self.subject(Entry::Test {
            name: name.clone(),
            f: *f,
            test_main: self.test_main,
        }))
    }

    /// The function `main` as a subject of a search; `None` if there is none.
    #[must_use]
    pub fn main(&self) -> Option<GoSubject> {
        self.main.map(|f| self.subject(Entry::Main(f)))
    }

    fn subject(&self, entry: Entry) -> GoSubject {
        GoSubject {
            package: self.clone(),
            entry,
            visible: Rc::default(),
            assumptions: Rc::default(),
        }
    }
}

/// A test, or `main`, of a package.
#[derive(Clone, Debug)]
pub struct GoSubject {
    package: Package,
    entry: Entry,
    /// Instructions whose accesses to memory are operations.
    visible: Rc<RefCell<FxHashSet<(u32, u32)>>>,
    assumptions: Rc<RefCell<BTreeSet<String>>>,
}

impl GoSubject {
    /// The program, from the start.
    ///
    /// # Panics
    /// If the export cannot be compiled: [`load`] has looked.
    #[must_use]
    pub fn go_program(&self, timers: TimerRules) -> GoProgram {
        let export = load::parse(&self.package.json).expect("the export was read before");
        let (types, pool, mut code) = compiled(&export).expect("the export was compiled before");
        let (entry, test_main) = match self.entry {
            Entry::Main(f) => (f, None),
            Entry::Test { f, test_main, .. } => (f, test_main),
        };
        let roots = export.inits.iter().copied().chain([entry]).chain(test_main);
        places::rank(&mut code, &export, &roots.collect::<Vec<u32>>());
        let things = Things::new(&code);
        let machine = Machine {
            code: Rc::new(code),
            types: Rc::new(types),
            pool,
            things,
            frames: Interner::default(),
            timers: if export.lang_is_before(23) {
                TimerRules::Go1_22
            } else {
                timers
            },
            visible: self.visible.borrow().clone(),
            assumptions: self
                .package
                .skipped
                .iter()
                .map(|path| format!("the initialisers of {path} do nothing that matters"))
                .collect(),
            foreign: BTreeSet::new(),
            by_count: false,
            output: None,
        };
        let inits: Rc<[u32]> = export.inits.into();
        GoProgram::new(machine, self.entry.clone(), inits)
    }

    /// What was assumed or cut, in all that was run of this subject.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        self.assumptions.borrow().iter().cloned().collect()
    }
}

impl Subject for GoSubject {
    fn program_with(&self, _: usize, timers: TimerRules) -> Box<dyn Program> {
        Box::new(self.go_program(timers))
    }
}

/// Names of files live for ever, since a place in the source names its file so. Each is kept once.
fn keep(text: &str) -> &'static str {
    static KEPT: LazyLock<Mutex<BTreeSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    match kept.get(text) {
        Some(known) => known,
        None => {
            let leaked: &'static str = Box::leak(text.to_owned().into_boxed_str());
            kept.insert(leaked);
            leaked
        }
    }
}

/// What came of one execution.
#[derive(Clone, Debug)]
pub struct Once {
    /// What the program wrote.
    pub output: String,
    /// How it ended.
    pub end: gordian_checker::model::End,
    /// The message of the first goroutine that panicked.
    pub panic: Option<String>,
}

/// Runs a subject once: in each state the first goroutine that can goes on.
///
/// # Errors
/// If the program cannot go on for a reason that is no behaviour of it, in words.
pub fn run_once(subject: &GoSubject) -> Result<Once, String> {
    const STEPS_MAX: usize = 1_000_000;
    let mut program = subject.go_program(TimerRules::default());
    program.keep_output();
    let words = |fault| gordian_checker::execution::words::fault(&fault);
    let mut world = World::start(&mut program).map_err(words)?;
    let mut steps = Vec::new();
    for _ in 0..STEPS_MAX {
        world.enabled(&program, &mut steps);
        let Some(&step) = steps.first() else { break };
        world.take(&mut program, step).map_err(words)?;
    }
    let panic = world.goroutines().iter().find_map(|goroutine| {
        matches!(goroutine.phase, Phase::Panicked(_)).then(|| {
            match (&program.arrival(goroutine.local).next, goroutine.phase) {
                (Next::Panic(message), _) => message.clone(),
                (_, Phase::Panicked(panic)) => panic.message().unwrap_or("").to_owned(),
                _ => String::new(),
            }
        })
    });
    Ok(Once {
        output: program.output().to_owned(),
        end: world.end(&program),
        panic,
    })
}
