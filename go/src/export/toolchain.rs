//! The user's Go.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Kind, Problem, Settings, digest};

/// The oldest Go, 1.19, that the exporter builds with.
pub(super) const OLDEST: u32 = 19;

/// The versions of golang.org/x/tools, each from which Go on, 1.N. They have to be of about one
/// age: an x/tools needs some Go, and a Go some x/tools, which reads what its compiler writes.
const TOOLS: [(u32, &str); 5] = [
    (19, "v0.22.0"),
    (22, "v0.28.0"),
    (23, "v0.34.0"),
    (25, "v0.39.0"),
    (26, "v0.52.0"),
];

/// The variables that `go env` is asked for. They decide which files a package has, and which Go it
/// is for. Asked for everything, it runs the C compiler.
const VARIABLES: [&str; 26] = [
    "CGO_ENABLED",
    "GO111MODULE",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOHOSTARCH",
    "GOHOSTOS",
    "GOMIPS",
    "GOMIPS64",
    "GOMOD",
    "GOMODCACHE",
    "GOOS",
    "GOPATH",
    "GOPPC64",
    "GORISCV64",
    "GOROOT",
    "GOTOOLCHAIN",
    "GOTOOLDIR",
    "GOVERSION",
    "GOWASM",
    "GOWORK",
];

/// A Go, as it is for one folder: go.mod may ask for another.
#[derive(Debug)]
pub(super) struct Toolchain {
    /// The command.
    pub(super) command: OsString,
    /// The version, `go1.24.1`.
    pub(super) version: String,
    /// The N of 1.N.
    pub(super) minor: u32,
    /// The answer of `go env`.
    environment: BTreeMap<String, String>,
}

impl Toolchain {
    /// Asks Go about itself.
    pub(super) fn find(settings: &Settings, folder: &Path) -> Result<Self, Box<Problem>> {
        let mut command = command(settings, &settings.go);
        let output = command
            .args(["env", "-json"])
            .args(VARIABLES)
            .current_dir(folder)
            .output();
        let output = output.map_err(|error| {
            // The error is the same if the folder is missing and if Go is.
            if !folder.is_dir() {
                let text = format!("there is no folder {}", folder.display());
                return Problem::new(Kind::NotFound, &text);
            }
            let missing = error.kind() == ErrorKind::NotFound;
            let kind = if missing { Kind::NoGo } else { Kind::Go };
            let text = format!("cannot run {}: {error}", settings.go.to_string_lossy());
            Problem::new(kind, &text)
        })?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(Box::new(Problem::said(text.trim())));
        }
        let parsed: Result<BTreeMap<String, String>, _> = serde_json::from_slice(&output.stdout);
        let environment = parsed.map_err(|error| {
            Problem::new(
                Kind::Go,
                &format!("go env -json is not understood: {error}"),
            )
        })?;
        let version = environment.get("GOVERSION").cloned().unwrap_or_default();
        let minor = minor_of(&version).filter(|minor| *minor >= OLDEST);
        let Some(minor) = minor else {
            let text = format!("{version} is too old: the exporter needs go1.{OLDEST}");
            return Err(Box::new(Problem::new(Kind::OldGo, &text)));
        };
        Ok(Self {
            command: settings.go.clone(),
            version,
            minor,
            environment,
        })
    }

    /// Returns what `go env` says of a variable.
    pub(super) fn variable(&self, name: &str) -> &str {
        self.environment.get(name).map_or("", String::as_str)
    }

    /// Returns the folder of the module; where there is none, that of the workspace.
    pub(super) fn module_folder(&self) -> Option<&Path> {
        let files = [("GOMOD", "go.mod"), ("GOWORK", "")];
        let folder = |(variable, name): &(&str, &str)| {
            let file = Path::new(self.variable(variable));
            let fits = file.is_absolute() && (name.is_empty() || file.ends_with(name));
            file.parent().filter(|_| fits)
        };
        files.iter().find_map(folder)
    }

    /// Returns the files that decide on modules, whether there are such files or not.
    pub(super) fn module_files(&self) -> Vec<PathBuf> {
        let mut files = vec![];
        for name in ["GOMOD", "GOWORK"] {
            let file = Path::new(self.variable(name));
            let Some(folder) = file.parent().filter(|_| file.is_absolute()) else {
                continue;
            };
            files.extend([
                file.to_owned(),
                file.with_extension("sum"),
                folder.join("go.work.sum"),
                folder.join("vendor").join("modules.txt"),
            ]);
        }
        files
    }

    /// Returns the hash of all that `go env` says.
    pub(super) fn digest(&self) -> String {
        let pairs = self.environment.iter();
        digest::of(pairs.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]))
    }

    /// Returns the version of golang.org/x/tools that goes with this Go.
    pub(super) fn tools(&self) -> &'static str {
        let fitting = TOOLS.iter().rev().find(|(from, _)| *from <= self.minor);
        fitting.map_or(TOOLS[0].1, |(_, version)| version)
    }

    /// Returns a command that runs Go, or asks it, as the settings want it.
    pub(super) fn go(&self, settings: &Settings) -> Command {
        command(settings, &self.command)
    }
}

/// Returns a command that does not download if it may not.
pub(super) fn command(settings: &Settings, program: &OsString) -> Command {
    let mut command = Command::new(program);
    if settings.offline {
        command.env("GOPROXY", "off").env("GOSUMDB", "off");
        command.env("GOVCS", "*:off");
        // A Go that is there already is used, another is not fetched.
        if std::env::var_os("GOTOOLCHAIN").is_none() {
            command.env("GOTOOLCHAIN", "path");
        }
    }
    command
}

/// Returns the N of a version, `go1.N`, `go1.N.M`, `devel go1.N-abc`.
fn minor_of(version: &str) -> Option<u32> {
    let (_, rest) = version.split_once("go1.")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_versions_of_all_forms_are_read() {
        assert_eq!(minor_of("go1.19.8"), Some(19));
        assert_eq!(minor_of("go1.24"), Some(24));
        assert_eq!(minor_of("go1.27rc1"), Some(27));
        assert_eq!(minor_of("devel go1.28-4f1a2b Tue"), Some(28));
        assert_eq!(minor_of("gccgo"), None);
    }

    #[test]
    fn each_go_has_the_tools_of_its_age() {
        let tools = |minor| {
            let toolchain = Toolchain {
                command: "go".into(),
                version: String::new(),
                minor,
                environment: BTreeMap::new(),
            };
            toolchain.tools()
        };
        assert_eq!(tools(19), "v0.22.0");
        assert_eq!(tools(21), "v0.22.0");
        assert_eq!(tools(22), "v0.28.0");
        assert_eq!(tools(24), "v0.34.0");
        assert_eq!(tools(25), "v0.39.0");
        // A Go newer than the table gets the newest.
        assert_eq!(tools(40), "v0.52.0");
    }
}
