//! Reasons why a package cannot be exported, each with its place, the likely cause, and advice.

use std::fmt;
use std::path::Path;

use super::manifest::Told;
use super::toolchain::OLDEST;

/// A kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no Go.
    NoGo,
    /// The Go that there is is too old.
    OldGo,
    /// The go command fails in a way that is not known.
    Go,
    /// The code asks for a newer Go.
    NewerGo,
    /// The folder is in no module, or in another one.
    NoModule,
    /// The folder is that of a `go.work`, or in a module that `go.work` does not name.
    Workspace,
    /// A module that is needed cannot be had.
    Module,
    /// There is no such file, folder or package.
    NotFound,
    /// The folder has no Go files for this system and these tags.
    NoGoFiles,
    /// The packages have neither a test nor a main.
    NothingToRun,
    /// A package does not compile.
    Compile,
    /// A package uses C.
    Cgo,
    /// `golang.org/x/tools`, which the exporter is built with, cannot be had.
    Tools,
    /// The exporter cannot be built, or breaks.
    Exporter,
    /// The cache cannot be written.
    Cache,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as seen from the folder that was asked about.
    pub file: String,
    /// The line, from 1; 0 if it is not known.
    pub line: u32,
    /// The column in bytes, from 1; 0 if it is not known.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column] {
            if number > 0 {
                write!(f, ":{number}")?;
            }
        }
        Ok(())
    }
}

/// The reason why a package cannot be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind.
    pub kind: Kind,
    /// The import path of the package, if it is about one.
    pub package: Option<String>,
    /// The event, in words.
    pub message: String,
    /// The place in the source, if there is one.
    pub place: Option<Place>,
}

impl Problem {
    /// Returns a problem of this kind.
    pub fn new(kind: Kind, message: &str) -> Self {
        Self {
            kind,
            package: None,
            message: message.to_owned(),
            place: None,
        }
    }

    /// Makes a problem of what the go command says.
    pub(super) fn said(text: &str) -> Self {
        Self::new(kind_of(text).unwrap_or(Kind::Go), text)
    }

    /// Makes a problem of what the exporter tells of packages in `folder`.
    pub(super) fn told(told: &Told, module: Option<&Path>, folder: &Path) -> Self {
        let kind = match told.kind.as_str() {
            "compile" => kind_of_compile(&told.message),
            "cgo" => Kind::Cgo,
            "nothing-to-run" => Kind::NothingToRun,
            // What go says of one place in the source is that it does not compile.
            _ => kind_of(&told.message).unwrap_or(if told.pos.is_empty() {
                Kind::Go
            } else {
                Kind::Compile
            }),
        };
        Self {
            kind,
            package: Some(told.package.clone()).filter(|it| !it.is_empty()),
            message: told.message.trim().to_owned(),
            place: place_of(&told.pos, module, folder),
        }
    }

    /// Makes a problem of what `go build` says of the exporter.
    pub(super) fn unbuilt(text: &str, offline: bool) -> Self {
        let missing = offline || kind_of(text) == Some(Kind::Module);
        // What is missing is said of each file that imports it.
        let lines = if missing { 2 } else { 12 };
        let first: Vec<&str> = text.trim().lines().take(lines).collect();
        let kind = if missing { Kind::Tools } else { Kind::Exporter };
        Self::new(kind, &first.join("\n"))
    }

    /// Returns what it is, in a few words.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::NoGo => "there is no Go here",
            Kind::OldGo => "this Go is too old",
            Kind::Go => "the go command fails",
            Kind::NewerGo => "the code asks for a newer Go",
            Kind::NoModule => "this is not in a Go module",
            Kind::Workspace => "this is in no module of the workspace",
            Kind::Module => "a Go module cannot be had",
            Kind::NotFound => "there is no such package",
            Kind::NoGoFiles => "there are no Go files for this system and these tags",
            Kind::NothingToRun => "there is nothing to run: no test and no main",
            Kind::Compile => "the package does not compile",
            Kind::Cgo => "the package uses C, which cannot be explored",
            Kind::Tools => "golang.org/x/tools cannot be had, which the exporter is built with",
            Kind::Exporter => "the exporter cannot be built, or breaks",
            Kind::Cache => "the cache cannot be used",
        }
    }

    /// Returns what to do about it.
    pub fn next(&self) -> String {
        match self.kind {
            Kind::NoGo => "install Go (https://go.dev/dl), or name it with GORDIAN_GO".to_owned(),
            Kind::OldGo => format!("install Go 1.{OLDEST} or newer, or name it with GORDIAN_GO"),
            Kind::Go => "go env; go list ./...".to_owned(),
            Kind::NewerGo => "install the Go that go.mod names, or name it with GORDIAN_GO".into(),
            Kind::NoModule => "go to the folder of its go.mod, or make one: go mod init".to_owned(),
            Kind::Workspace => {
                "name its modules, as ./a/... ./b/...; or add this one to go.work: go work use ."
                    .to_owned()
            }
            Kind::Module => {
                "go mod tidy; go mod download (without --offline; GOPROXY says where from)".into()
            }
            Kind::NotFound => {
                "go list ./... shows the packages there are; a newer Go may have more of its own"
                    .into()
            }
            Kind::NoGoFiles => "see //go:build in its files; try --tags, GOOS, GOARCH".to_owned(),
            Kind::NothingToRun => {
                "write a func TestXxx(t *testing.T) in a _test.go file".to_owned()
            }
            // By its import path go finds it only within its module.
            Kind::Compile => "go vet . (in the folder of the package)".to_owned(),
            Kind::Cgo => {
                "put the C behind a build tag, and leave it out with --tags or CGO_ENABLED=0".into()
            }
            Kind::Tools => "once with a network and without --offline; or take the distribution's \
                 (Debian: golang-golang-x-tools-dev): GORDIAN_GOPATH=/usr/share/gocode"
                .to_owned(),
            Kind::Exporter => "try another Go with GORDIAN_GO; report it with this text".to_owned(),
            Kind::Cache => "name a folder that can be written with GORDIAN_CACHE".to_owned(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what())?;
        if let Some(package) = &self.package {
            write!(f, " ({package})")?;
        }
        let mut lines = self.message.lines();
        let first = lines.next().unwrap_or("");
        match &self.place {
            Some(place) => write!(f, "\n  {place}: {first}")?,
            None => write!(f, "\n  {first}")?,
        }
        for line in lines {
            write!(f, "\n  {line}")?;
        }
        write!(f, "\n  next: {}", self.next())
    }
}

impl std::error::Error for Problem {}

/// Messages of go, by their meaning. The first line whose parts all occur in the text counts.
const SAYINGS: &[(Kind, &[&str])] = &[
    (Kind::NoGoFiles, &["no Go files in"]),
    (Kind::NoGoFiles, &["build constraints exclude all Go files"]),
    (Kind::NoGoFiles, &["matched no packages"]),
    (Kind::NewerGo, &["requires go >="]),
    (Kind::NewerGo, &["requires go1."]),
    (Kind::NewerGo, &["requires newer Go version"]),
    (Kind::NewerGo, &["toolchain not available"]),
    (Kind::NewerGo, &["invalid go version"]),
    (Kind::NoModule, &["go.mod file not found"]),
    (Kind::NoModule, &["cannot find main module"]),
    (Kind::NoModule, &["does not contain main module"]),
    (
        Kind::Workspace,
        &["does not contain modules listed in go.work"],
    ),
    (Kind::Workspace, &["is not one of the workspace modules"]),
    (Kind::NoModule, &["outside main module"]),
    (Kind::NoModule, &["outside available modules"]),
    (
        Kind::NoModule,
        &["main module (", "does not contain package"],
    ),
    (
        Kind::NotFound,
        &["no required module provides package", ".go;"],
    ),
    (Kind::Module, &["no required module provides package"]),
    (Kind::Module, &["cannot find module"]),
    (Kind::Module, &["missing go.sum entry"]),
    (Kind::Module, &["module lookup disabled"]),
    (Kind::Module, &["disabled by GOPROXY"]),
    (Kind::Module, &["dial tcp"]),
    (Kind::Module, &["reading http"]),
    (Kind::Module, &["reading file:"]),
    (Kind::Module, &["Get \"http"]),
    (Kind::Module, &["unrecognized import path"]),
    (Kind::Module, &["unknown revision"]),
    (Kind::Module, &["checksum mismatch"]),
    (Kind::Module, &["inconsistent vendoring"]),
    (Kind::Module, &["updates to go."]),
    (Kind::Module, &["errors parsing go."]),
    (Kind::NotFound, &["directory not found"]),
    (Kind::NotFound, &["no such file or directory"]),
    (Kind::NotFound, &["cannot find the file"]),
    (Kind::NotFound, &["is not in std"]),
    (Kind::NotFound, &["is not in GOROOT"]),
    (Kind::NotFound, &["cannot find package"]),
];

fn kind_of(text: &str) -> Option<Kind> {
    let fits = |parts: &[&str]| parts.iter().all(|part| text.contains(part));
    let found = SAYINGS.iter().find(|(_, parts)| fits(parts));
    found.map(|(kind, _)| *kind)
}

/// Returns the kind of a complaint of the type checker, which may be of the version of the
/// language.
fn kind_of_compile(text: &str) -> Kind {
    match kind_of(text) {
        Some(Kind::NewerGo) => Kind::NewerGo,
        _ => Kind::Compile,
    }
}

/// Reads `file:line:column`; a file within the module is named as it is seen from a folder.
fn place_of(text: &str, module: Option<&Path>, folder: &Path) -> Option<Place> {
    let mut rest = text;
    let mut numbers = [0; 2];
    let mut count = 0;
    while count < 2 {
        let Some((before, after)) = rest.rsplit_once(':') else {
            break;
        };
        let Ok(number) = after.parse() else { break };
        numbers[1 - count] = number;
        rest = before;
        count += 1;
    }
    if count == 1 {
        numbers.swap(0, 1);
    }
    let inside = module
        .map(|module| module.join(rest))
        .filter(|it| it.exists());
    let seen = inside.as_ref().and_then(|it| it.strip_prefix(folder).ok());
    let file = match (seen, &inside) {
        (Some(seen), _) => seen.display().to_string(),
        (None, Some(inside)) => inside.display().to_string(),
        (None, None) => rest.to_owned(),
    };
    (!rest.is_empty()).then_some(Place {
        file,
        line: numbers[0],
        column: numbers[1],
    })
}
