//! Go packages as programs of Gordian.
//!
//! An exporter, written in Go, writes a package and what it can reach in SSA form, as JSON.
//! [`load()`] reads it. A [`GoSubject`] of it is a test or `main`, and every search of the checker
//! explores it. A goroutine runs in a machine from one operation on something shared to the next.
//!
//! ```text
//! export (JSON) ─▶ load ─▶ types, code ─▶ machine, natives ─▶ GoProgram: Program ─▶ the searches
//! ```

mod bits;
mod bubbles;
mod busiest;
mod clock;
mod code;
mod compile;
mod exchange;
pub mod export;
mod filter;
mod finding;
mod foreign;
mod identity;
mod live;
mod load;
mod machine;
mod memo;
mod names;
mod natives;
mod once;
mod places;
mod program;
mod races;
mod rounds;
mod shown;
mod strings;
mod subject;
mod tidy;
mod told;
mod touched;
mod tree;
mod types;
mod uses;
mod value;
mod witness;

use std::sync::Arc;

use gordian_checker::model::TimerRules;

pub use crate::busiest::Busiest;
use crate::code::Code;
pub use crate::filter::Filter;
pub use crate::finding::Finding;
pub use crate::load::LoadError;
pub use crate::natives::STANDS_STILL;
pub use crate::once::{Once, run_once};
use crate::program::Entry;
pub use crate::program::GoProgram;
pub use crate::subject::GoSubject;
pub use crate::tree::Tree;
use crate::types::Types;
use crate::value::Pool;
pub use crate::witness::witness;

/// A package that was exported.
#[derive(Debug, Clone)]
pub struct Package {
    json: Arc<str>,
    /// The import path.
    pub path: String,
    timers: TimerRules,
    tests: Vec<(String, u32)>,
    test_main: Option<u32>,
    main: Option<u32>,
    skipped: Vec<String>,
    /// The functions above that can come to a bubble of `testing/synctest`.
    bubbled: Vec<u32>,
}

/// Reads an export.
///
/// # Errors
/// If it is none, or is of another version.
pub fn load(json: &str) -> Result<Package, LoadError> {
    let export = load::parse(json)?;
    let tests = export.tests.iter().map(|test| (test.n.clone(), test.f));
    let has_bubbles = |name: &str| natives::BEGIN.contains(&name);
    let bubbled = match export.funcs.iter().any(|func| has_bubbles(&func.n)) {
        true => {
            let entries = export.tests.iter().map(|test| test.f).chain(export.main);
            let comes = |f: &u32| places::comes_to(&export, *f, has_bubbles);
            entries.filter(comes).collect()
        }
        false => Vec::new(),
    };
    let package = Package {
        bubbled,
        path: export.package.clone(),
        timers: match export.lang_is_before(23) {
            true => TimerRules::Go1_22,
            false => TimerRules::Go1_23,
        },
        tests: tests.collect(),
        test_main: export.testmain,
        main: export.main,
        skipped: export.skipped.clone(),
        json: json.into(),
    };
    compiled(&export, false)?;
    Ok(package)
}

/// Compiles an export: if there is a `clock`, with the durations and a variable for the time.
fn compiled(export: &load::Export, clock: bool) -> Result<(Types, Pool, Code), LoadError> {
    let types = Types::new(export)?;
    let mut pool = Pool::default();
    let code = compile::compile(export, &types, &mut pool, clock)?;
    Ok((types, pool, code))
}

impl Package {
    /// Returns the names of its tests, in the order in which `go test` runs them.
    pub fn tests(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().map(|(name, _)| name.as_str())
    }

    /// Returns true if it has a function `main`.
    #[must_use]
    pub fn has_main(&self) -> bool {
        self.main.is_some()
    }

    /// Returns the text of the export.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns a test as a subject of a search; `None` if there is none of this name.
    #[must_use]
    pub fn test(&self, name: &str) -> Option<GoSubject> {
        let (name, f) = self.tests.iter().find(|(known, _)| known == name)?;
        let entry = Entry::Test {
            name: name.clone(),
            f: *f,
            test_main: self.test_main,
        };
        Some(GoSubject::new(self.clone(), entry))
    }

    /// Returns the function `main` as a subject of a search; `None` if there is none.
    #[must_use]
    pub fn main(&self) -> Option<GoSubject> {
        let entry = self.main.map(Entry::Main);
        entry.map(|entry| GoSubject::new(self.clone(), entry))
    }
}
