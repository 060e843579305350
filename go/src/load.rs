//! The export of a Go package as it is written: see `exporter/FORMAT.md`.

use std::fmt;

use serde::Deserialize;

/// The format that is read here.
pub(crate) const FORMAT: u32 = 1;

/// An export.
#[derive(Deserialize, Debug)]
pub(crate) struct Export {
    pub(crate) format: u32,
    #[serde(default)]
    pub(crate) package: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) lang: String,
    #[serde(default = "word")]
    pub(crate) bits: u32,
    #[serde(default)]
    pub(crate) files: Vec<String>,
    pub(crate) types: Vec<Type>,
    #[serde(default)]
    pub(crate) methods: Vec<Method>,
    #[serde(default)]
    pub(crate) consts: Vec<Const>,
    #[serde(default)]
    pub(crate) globals: Vec<Global>,
    pub(crate) funcs: Vec<Func>,
    #[serde(default)]
    pub(crate) inits: Vec<u32>,
    #[serde(default)]
    pub(crate) tests: Vec<Test>,
    pub(crate) testmain: Option<u32>,
    pub(crate) main: Option<u32>,
    #[serde(default)]
    pub(crate) skipped: Vec<String>,
}

fn word() -> u32 {
    64
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct Type {
    pub(crate) k: String,
    pub(crate) n: String,
    pub(crate) s: String,
    pub(crate) u: u32,
    pub(crate) e: u32,
    pub(crate) len: u64,
    pub(crate) key: u32,
    pub(crate) dir: String,
    pub(crate) p: Vec<u32>,
    pub(crate) r: Vec<u32>,
    pub(crate) v: bool,
    pub(crate) f: Vec<Field>,
    pub(crate) o: Option<String>,
    pub(crate) im: Vec<u32>,
    pub(crate) m: Vec<(u32, i64)>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct Field {
    pub(crate) n: String,
    pub(crate) t: u32,
    pub(crate) e: bool,
}

#[derive(Deserialize, Debug)]
pub(crate) struct Method {
    pub(crate) n: String,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct Const {
    pub(crate) t: u32,
    pub(crate) i: Option<i64>,
    pub(crate) d: Option<i64>,
    pub(crate) z: Option<(i64, i64)>,
    pub(crate) s: Option<String>,
    pub(crate) h: Option<String>,
    pub(crate) g: Option<u32>,
    pub(crate) f: Option<u32>,
    pub(crate) b: Option<String>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct Global {
    pub(crate) n: String,
    pub(crate) s: String,
    pub(crate) t: u32,
    pub(crate) x: bool,
}

#[derive(Deserialize, Debug)]
pub(crate) struct Test {
    pub(crate) n: String,
    pub(crate) f: u32,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct Func {
    pub(crate) n: String,
    pub(crate) s: String,
    pub(crate) x: Option<String>,
    pub(crate) t: u32,
    pub(crate) file: u32,
    pub(crate) p: Option<Position>,
    pub(crate) params: Vec<Variable>,
    pub(crate) free: Vec<Variable>,
    pub(crate) regs: u32,
    pub(crate) rt: Vec<u32>,
    pub(crate) recover: Option<u32>,
    pub(crate) synthetic: bool,
    pub(crate) blocks: Vec<Vec<Ins>>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct Variable {
    pub(crate) n: String,
    pub(crate) t: u32,
}

/// Line, column and file, where that is not the function's.
#[derive(Deserialize, Debug, Clone, Copy)]
#[serde(from = "Vec<u32>")]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) file: Option<u32>,
}

impl From<Vec<u32>> for Position {
    fn from(numbers: Vec<u32>) -> Self {
        Self {
            line: numbers.first().copied().unwrap_or(0),
            column: numbers.get(1).copied().unwrap_or(0),
            file: numbers.get(2).copied(),
        }
    }
}

/// An instruction: the operation `o`, and whatever keys it has.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct Ins {
    pub(crate) o: String,
    pub(crate) d: Option<u32>,
    pub(crate) p: Option<Position>,
    pub(crate) t: u32,
    pub(crate) u: u32,
    pub(crate) x: Option<i64>,
    pub(crate) y: Option<i64>,
    pub(crate) z: Option<i64>,
    pub(crate) op: String,
    pub(crate) ok: bool,
    pub(crate) heap: bool,
    pub(crate) n: Option<NumberOrName>,
    pub(crate) e: Option<String>,
    pub(crate) s: Vec<SelectCase>,
    pub(crate) block: bool,
    pub(crate) a: Vec<i64>,
    pub(crate) f: Option<i64>,
    pub(crate) i: Option<i64>,
    pub(crate) m: Option<u32>,
    pub(crate) b: Option<String>,
    pub(crate) ts: Vec<u32>,
    pub(crate) k: Option<i64>,
    pub(crate) to: Vec<u32>,
    pub(crate) mv: Vec<Vec<(u32, i64)>>,
    pub(crate) lo: Option<i64>,
    pub(crate) hi: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) str: bool,
    pub(crate) daemon: bool,
}

/// The key `n`: a number of a field, or a name for people.
#[derive(Deserialize, Debug)]
#[serde(untagged)]
pub(crate) enum NumberOrName {
    Number(u32),
    Name(String),
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(crate) struct SelectCase {
    pub(crate) x: i64,
    pub(crate) y: Option<i64>,
    pub(crate) t: u32,
    pub(crate) e: Option<String>,
    pub(crate) p: Option<Position>,
}

impl Ins {
    pub(crate) fn number(&self) -> u32 {
        match self.n {
            Some(NumberOrName::Number(number)) => number,
            _ => 0,
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        match &self.n {
            Some(NumberOrName::Name(name)) => Some(name),
            _ => None,
        }
    }
}

/// Why an export cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// The defect, in words.
    pub what: String,
}

impl LoadError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the export of a Go package cannot be read: {}; was it written by the exporter of this \
             version?",
            self.what
        )
    }
}

impl std::error::Error for LoadError {}

impl Export {
    /// Returns true if the language is older than 1.x. An unknown one is new.
    pub(crate) fn lang_is_before(&self, minor: u32) -> bool {
        let own = self
            .lang
            .strip_prefix("1.")
            .and_then(|text| text.split('.').next());
        own.and_then(|text| text.parse::<u32>().ok())
            .is_some_and(|own| own < minor)
    }
}

/// Reads an export.
pub(crate) fn parse(json: &str) -> Result<Export, LoadError> {
    let export: Export =
        serde_json::from_str(json).map_err(|error| LoadError::new(error.to_string()))?;
    if export.format != FORMAT {
        let what = format!("it has format {}, and {FORMAT} is read", export.format);
        return Err(LoadError::new(what));
    }
    Ok(export)
}
