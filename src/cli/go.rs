//! Go packages from the command line: exported, loaded, and taken apart into their tests and mains.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use gordian_checker::catalogue::{Kernel, VariantKind};
use gordian_checker::render::Sources;
use gordian_go::export::{Exports, Kind, Problem, Settings, export};
use gordian_go::{Filter, GoSubject, Package};

use super::Session;
use super::args::{Leaks, Passage, TargetArgs};
use super::failure::Failure;
use super::target::TWIN;

/// A test, or main, of a Go package.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The package, as the command line takes it.
    pub(crate) package: String,
    /// The name of the test, or `main`.
    pub(crate) test: String,
    pub(crate) subject: GoSubject,
    /// The text of the export.
    pub(crate) export: std::sync::Arc<str>,
    /// The judgement on its leaks.
    pub(crate) leaks: Leaks,
    /// The variant of a kernel that it is.
    pub(crate) twin: Option<Twin>,
    /// The folder from which files are named.
    root: PathBuf,
}

/// A variant of a kernel, as it is in Go.
#[derive(Clone, Debug)]
pub(crate) struct Twin {
    pub(crate) kernel: Kernel,
    pub(crate) form: VariantKind,
    /// The file of its source, from the root of the crate that has it.
    pub(crate) file: String,
    source: &'static str,
}

/// The name of the target that is the function main.
const MAIN: &str = "main";

impl Entry {
    /// Returns the same, of which no search has told anything yet.
    pub(crate) fn afresh(&self) -> Self {
        Self {
            subject: self.subject.afresh(),
            ..self.clone()
        }
    }

    /// Returns the same, as the flags ask for it.
    fn asked_for(self, args: &TargetArgs) -> Self {
        let subject = match args.passage {
            Passage::Free => self.subject,
            Passage::Quiet => self.subject.in_quiet_time(),
        };
        let leaks = args.leaks.unwrap_or(self.leaks);
        Self {
            leaks,
            subject,
            ..self
        }
    }

    /// Returns the assumptions about it: those of its searches, and that of quiet time.
    pub(crate) fn assumptions(&self) -> Vec<String> {
        let quiet = self.subject.assumes_quiet_time();
        let quiet = quiet.then(|| "time passes only when nobody else can move".to_owned());
        self.subject
            .assumptions()
            .into_iter()
            .chain(quiet)
            .collect()
    }

    /// Adds the texts of these files, as far as they can be read.
    pub(crate) fn add_sources(&self, files: &[&str], sources: &mut Sources) {
        for file in files {
            if let Some(twin) = &self.twin {
                sources.add(file, twin.source);
            } else if let Ok(text) = fs::read_to_string(self.root.join(file)) {
                sources.add(file, &text);
            }
        }
    }
}

/// Returns all tests and mains of these packages, folders and files that are asked for.
pub(crate) fn entries(
    session: &Session<'_>,
    names: &[String],
    only: Option<&str>,
    args: &TargetArgs,
) -> Result<Vec<Entry>, Failure> {
    let filter = filter(args)?;
    let mut entries = Vec::new();
    let asked_for = |entry: Entry| entry.asked_for(args);
    for place in places(names) {
        for (name, root, package) in packages(session, &place, args)? {
            let tests = of_package(&name, &root, &package, &filter);
            entries.extend(tests.into_iter().map(asked_for));
        }
    }
    if let Some(only) = only {
        entries.retain(|entry| entry.test == only);
    }
    if entries.is_empty() {
        let asked = only.or(args.test.as_deref()).unwrap_or("");
        return Err(Failure::Usage(format!(
            "{}: no test is called `{asked}`",
            names.join(" ")
        )));
    }
    Ok(entries)
}

/// Returns the one test or main that is asked for.
pub(crate) fn one(
    session: &Session<'_>,
    name: &str,
    only: Option<&str>,
    args: &TargetArgs,
) -> Result<Entry, Failure> {
    let mut entries = entries(session, &[name.to_owned()], only, args)?;
    // What is asked for may be the whole name of one, and a part of others.
    let whole = |entry: &Entry| args.test.as_deref() == Some(&entry.test);
    if let Some(at) = entries.iter().position(whole) {
        return Ok(entries.swap_remove(at));
    }
    match entries.len() {
        1 => Ok(entries.remove(0)),
        count => {
            let tests: Vec<&str> = entries.iter().map(|it| it.test.as_str()).collect();
            Err(Failure::Usage(format!(
                "`{name}` has {count} tests, and one is wanted: --test {}",
                tests.join(", --test ")
            )))
        }
    }
}

fn filter(args: &TargetArgs) -> Result<Filter, Failure> {
    let filter = args.test.as_deref().map(Filter::new).transpose();
    let wrong = |error| Failure::Usage(format!("--test takes what `go test -run` does: {error}"));
    Ok(filter.map_err(wrong)?.unwrap_or_default())
}

/// Returns the tests of a package, and its main.
fn of_package(name: &str, root: &Path, package: &Package, filter: &Filter) -> Vec<Entry> {
    let tests = package.tests().map(str::to_owned);
    let main = package.has_main().then(|| MAIN.to_owned());
    let export: std::sync::Arc<str> = package.json().into();
    let passing = tests.chain(main).filter(|test| filter.lets_pass(&[test]));
    let subject = |test: &str| match package.test(test) {
        Some(subject) => Some(subject),
        None => package.main(),
    };
    let entry = |test: String| {
        let leaks = match test == MAIN {
            true => Leaks::Warn,
            false => Leaks::Fail,
        };
        Some(Entry {
            leaks,
            package: name.to_owned(),
            subject: subject(&test)?.with_filter(filter),
            test,
            export: export.clone(),
            twin: None,
            root: root.to_owned(),
        })
    };
    passing.filter_map(entry).collect()
}

/// Returns a variant of a kernel, as it is in Go.
pub(crate) fn twin(kernel: Kernel, form: VariantKind, args: &TargetArgs) -> Result<Entry, Failure> {
    let name = format!("{}{TWIN}", kernel.name);
    let Some(in_go) = kernel.variant(form).in_go else {
        return Err(Failure::Usage(format!(
            "{name}: there is no {form} variant in Go"
        )));
    };
    let package = loaded(in_go.file, in_go.export)?;
    let Some(subject) = package.main() else {
        return Err(Failure::Usage(format!("{}: there is no main", in_go.file)));
    };
    let entry = Entry {
        package: name,
        test: form.to_string(),
        subject,
        export: in_go.export.into(),
        leaks: Leaks::Fail,
        twin: Some(Twin {
            kernel,
            form,
            file: in_go.file.to_owned(),
            source: in_go.source,
        }),
        root: PathBuf::new(),
    };
    Ok(entry.asked_for(args))
}

/// The folder in which `go` is called with these patterns; or an export.
#[derive(Debug, PartialEq, Eq)]
enum Where {
    Folder {
        typed: String,
        patterns: Vec<String>,
    },
    Export(PathBuf),
}

/// Returns the places that names stand for, in their order. Files of one folder are one package.
fn places(names: &[String]) -> Vec<Where> {
    let mut places: Vec<Where> = Vec::new();
    for name in names {
        let (folder, file) = match name.rsplit_once('/') {
            Some(("", file)) => ("/", file),
            Some((folder, file)) => (folder, file),
            None => (".", name.as_str()),
        };
        if name.ends_with(".json") {
            places.push(Where::Export(name.into()));
        } else if name.ends_with(".go") {
            // A file joins the files of its folder, but not a folder that is named itself.
            let of_folder = places.iter_mut().find_map(|place| match place {
                Where::Folder { typed, patterns } if typed == folder => patterns
                    .iter()
                    .all(|it| it.ends_with(".go"))
                    .then_some(patterns),
                _ => None,
            });
            match of_folder {
                Some(patterns) => patterns.push(file.to_owned()),
                None => places.push(Where::Folder {
                    typed: folder.to_owned(),
                    patterns: vec![file.to_owned()],
                }),
            }
        } else {
            let all = name.strip_suffix("/...");
            let typed = all.unwrap_or(name);
            let is_path = typed.starts_with(['.', '/']);
            let pattern = if !is_path {
                name.clone()
            } else if all.is_some() {
                "./...".to_owned()
            } else {
                ".".to_owned()
            };
            places.push(Where::Folder {
                typed: if is_path { typed } else { "." }.to_owned(),
                patterns: vec![pattern],
            });
        }
    }
    places
}

/// Returns the packages at a place: each with its name for the command line and the folder from
/// which its files are named.
fn packages(
    session: &Session<'_>,
    place: &Where,
    args: &TargetArgs,
) -> Result<Vec<(String, PathBuf, Package)>, Failure> {
    let (typed, patterns) = match place {
        Where::Export(path) => {
            let json = fs::read_to_string(path).map_err(|error| {
                Failure::Usage(format!("cannot read {}: {error}", path.display()))
            })?;
            let name = path.display().to_string();
            let package = loaded(&name, &json)?;
            return Ok(vec![(name, PathBuf::new(), package)]);
        }
        Where::Folder { typed, patterns } => (typed, patterns),
    };
    let folder = Path::new(typed);
    let exports = exported(session, folder, patterns, args)?;
    let module = module_of(&exports.root);
    let mut found = Vec::new();
    for package in &exports.packages {
        let name = match &patterns[..] {
            [pattern] if pattern == "." => typed.clone(),
            [file, ..] if file.ends_with(".go") => within(folder, file),
            _ => named_by_path(&package.path, module.as_deref(), &exports.root),
        };
        let loaded = loaded(&name, &package.json)?;
        found.push((name, exports.root.clone(), loaded));
    }
    Ok(found)
}

fn loaded(name: &str, json: &str) -> Result<Package, Failure> {
    gordian_go::load(json).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}

/// Calls the exporter. Whatever keeps a package from being exported is an error.
fn exported(
    session: &Session<'_>,
    folder: &Path,
    patterns: &[String],
    args: &TargetArgs,
) -> Result<Exports, Failure> {
    let failure = |problem: &Problem| Failure::Usage(problem.to_string());
    let mut settings =
        Settings::from_environment(|name| env::var_os(name)).map_err(|it| failure(&it))?;
    settings.offline = args.offline;
    settings.tags = args.tags.clone().unwrap_or_default();
    let say = &mut |text: &str| session.hint(text);
    let exports = export(&settings, folder, patterns, say).map_err(|it| failure(&it))?;
    if let [first, rest @ ..] = &exports.problems[..] {
        let rest = rest.iter().map(|problem| format!("\n{problem}"));
        let text: String = std::iter::once(first.to_string()).chain(rest).collect();
        return Err(Failure::Usage(text));
    }
    if exports.packages.is_empty() {
        let problem = Problem::new(Kind::NothingToRun, &patterns.join(" "));
        return Err(failure(&problem));
    }
    Ok(exports)
}

/// Returns the path of the module in a folder, as its go.mod has it.
fn module_of(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("go.mod")).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("module "))?;
    Some(line.trim().trim_matches('"').to_owned())
}

/// Returns a file of a folder as it was typed.
fn within(folder: &Path, file: &str) -> String {
    match folder.to_str() {
        Some(".") => file.to_owned(),
        _ => folder.join(file).display().to_string(),
    }
}

/// Returns a package of the module by its folder, as seen from here; another one by its path.
fn named_by_path(path: &str, module: Option<&str>, root: &Path) -> String {
    let Some(rest) = module.and_then(|module| path.strip_prefix(module)) else {
        return path.to_owned();
    };
    let folder = root.join(rest.trim_start_matches('/'));
    let here = env::current_dir().ok();
    let from_here = here
        .as_ref()
        .and_then(|here| folder.strip_prefix(here).ok());
    match from_here {
        Some(from_here) if from_here.as_os_str().is_empty() => ".".to_owned(),
        Some(from_here) => format!("./{}", from_here.display()),
        None => folder.display().to_string(),
    }
}

/// Names that stand for the same place, for tests of where names lead.
#[cfg(test)]
mod tests {
    use super::*;

    fn folder(typed: &str, patterns: &[&str]) -> Where {
        Where::Folder {
            typed: typed.to_owned(),
            patterns: patterns.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    #[test]
    fn names_lead_to_folders_and_what_go_is_asked_there() {
        let of =
            |names: &[&str]| places(&names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["./pkg/watch"]), [folder("./pkg/watch", &["."])]);
        assert_eq!(of(&["./..."]), [folder(".", &["./..."])]);
        assert_eq!(of(&["/a/..."]), [folder("/a", &["./..."])]);
        assert_eq!(
            of(&["a.go", "x/b.go", "c.go"]),
            [folder(".", &["a.go", "c.go"]), folder("x", &["b.go"])]
        );
        assert_eq!(of(&["example.com/p"]), [folder(".", &["example.com/p"])]);
        assert_eq!(of(&["x.json"]), [Where::Export("x.json".into())]);
    }

    #[test]
    fn packages_of_the_module_are_named_by_their_folders() {
        let here = env::current_dir().unwrap();
        let name = |path, module| named_by_path(path, module, &here);
        assert_eq!(name("m.org/a/b", Some("m.org/a")), "./b");
        assert_eq!(name("m.org/a", Some("m.org/a")), ".");
        assert_eq!(name("other.org/x", Some("m.org/a")), "other.org/x");
        assert_eq!(name("other.org/x", None), "other.org/x");
    }
}
