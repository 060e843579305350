//! The exporter: built once for each version of Go, in the cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use fd_lock::RwLock;

use super::manifest::{FORMAT, Manifest};
use super::toolchain::{self, Toolchain};
use super::{Kind, Problem, Settings, digest};

/// The sources of the exporter.
const SOURCES: [(&str, &str); 13] = [
    (
        "compat_new.go",
        include_str!("../../exporter/compat_new.go"),
    ),
    (
        "compat_old.go",
        include_str!("../../exporter/compat_old.go"),
    ),
    ("emit.go", include_str!("../../exporter/emit.go")),
    ("instr.go", include_str!("../../exporter/instr.go")),
    ("list.go", include_str!("../../exporter/list.go")),
    ("load.go", include_str!("../../exporter/load.go")),
    ("main.go", include_str!("../../exporter/main.go")),
    ("names.go", include_str!("../../exporter/names.go")),
    ("policy.go", include_str!("../../exporter/policy.go")),
    ("policy.txt", include_str!("../../exporter/policy.txt")),
    ("reach.go", include_str!("../../exporter/reach.go")),
    ("slice.go", include_str!("../../exporter/slice.go")),
    ("types.go", include_str!("../../exporter/types.go")),
];

/// The exporter for one version of Go.
#[derive(Debug)]
pub(super) struct Exporter {
    /// The hash of all that it is made of.
    pub(super) key: String,
    folder: PathBuf,
}

impl Exporter {
    /// Returns where the exporter is to be.
    pub(super) fn new(settings: &Settings, toolchain: &Toolchain) -> Result<Self, Box<Problem>> {
        let tools = match &settings.gopath {
            None => toolchain.tools().to_owned(),
            Some(gopath) => hash_of_tools(gopath)?,
        };
        let host = ["GOHOSTOS", "GOHOSTARCH"].map(|name| toolchain.variable(name));
        let mut parts = vec![toolchain.version.as_str(), &tools, host[0], host[1]];
        parts.extend(SOURCES.iter().flat_map(|(name, text)| [*name, text]));
        let key = digest::of(parts.into_iter().map(str::as_bytes));
        let folder = settings.cache.join("exporter").join(&key[..16]);
        Ok(Self { key, folder })
    }

    fn binary(&self) -> PathBuf {
        self.folder
            .join(format!("exporter{}", std::env::consts::EXE_SUFFIX))
    }

    /// Builds the exporter if there is none, which others wait for.
    pub(super) fn build(
        &self,
        settings: &Settings,
        toolchain: &Toolchain,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Box<Problem>> {
        if self.binary().is_file() {
            return Ok(());
        }
        let in_folder = |error: io::Error| {
            Box::new(Problem::new(
                Kind::Cache,
                &format!("cannot write in {}: {error}", self.folder.display()),
            ))
        };
        fs::create_dir_all(&self.folder).map_err(in_folder)?;
        let file = fs::File::create(self.folder.join("lock")).map_err(in_folder)?;
        let mut lock = RwLock::new(file);
        let _guard = lock.write().map_err(in_folder)?;
        if self.binary().is_file() {
            return Ok(());
        }
        let origin = match &settings.gopath {
            None => format!("golang.org/x/tools {}", toolchain.tools()),
            Some(gopath) => format!("golang.org/x/tools in {}", gopath.display()),
        };
        say(&format!(
            "building the exporter with {} and {origin}, once, in {}",
            toolchain.version,
            self.folder.display()
        ));
        self.write_sources(toolchain).map_err(in_folder)?;
        let output = self.build_command(settings, toolchain).output();
        let output = output.map_err(|error| Problem::new(Kind::Go, &error.to_string()))?;
        let made = self.folder.join("exporter.new");
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(Box::new(Problem::unbuilt(&text, settings.offline)));
        }
        // At once, since others look without the lock.
        fs::rename(made, self.binary()).map_err(in_folder)
    }

    fn write_sources(&self, toolchain: &Toolchain) -> io::Result<()> {
        for (name, text) in SOURCES {
            fs::write(self.folder.join(name), text)?;
        }
        // Of Go 1.21 and later a module may ask for a patch release: x/tools does.
        let version = if toolchain.minor < 21 {
            format!("1.{}", toolchain.minor)
        } else {
            let number = toolchain.version.trim_start_matches("go");
            number.split([' ', '-']).next().unwrap_or(number).to_owned()
        };
        let module = format!(
            "module gordian.invalid/exporter\n\ngo {version}\n\nrequire golang.org/x/tools {}\n",
            toolchain.tools()
        );
        fs::write(self.folder.join("go.mod"), module)
    }

    fn build_command(&self, settings: &Settings, toolchain: &Toolchain) -> Command {
        let mut command = toolchain.go(settings);
        command.current_dir(&self.folder);
        command.args(["build", "-o", "exporter.new", "."]);
        command.env("CGO_ENABLED", "0").env("GOWORK", "off");
        // The exporter runs here, whatever the packages are for.
        command.env("GOOS", toolchain.variable("GOHOSTOS"));
        command.env("GOARCH", toolchain.variable("GOHOSTARCH"));
        if toolchain.minor >= 21 && toolchain.version.starts_with("go1.") {
            // The Go that the packages ask for, which may be another than that of this folder.
            command.env("GOTOOLCHAIN", &toolchain.version);
        }
        match &settings.gopath {
            None => command.env("GO111MODULE", "on").env("GOFLAGS", "-mod=mod"),
            Some(gopath) => command
                .env("GO111MODULE", "off")
                .env("GOFLAGS", "")
                .env("GOPATH", gopath),
        };
        command
    }

    /// Runs the exporter, which writes its files in `out`.
    pub(super) fn run(
        &self,
        settings: &Settings,
        toolchain: &Toolchain,
        folder: &Path,
        patterns: &[String],
        out: &Path,
    ) -> Result<Manifest, Box<Problem>> {
        let mut command = toolchain::command(settings, &self.binary().into());
        command.arg("-go").arg(&toolchain.command);
        command.arg("-dir").arg(folder).arg("-out").arg(out);
        command.arg("-tags").arg(&settings.tags).arg("--");
        let broken = |text: String| Box::new(Problem::new(Kind::Exporter, &text));
        let output = command.args(patterns).output();
        let output = output.map_err(|error| broken(error.to_string()))?;
        let manifest: Manifest = serde_json::from_slice(&output.stdout).map_err(|_| {
            let text = String::from_utf8_lossy(&output.stderr);
            let first: Vec<&str> = text.lines().take(12).collect();
            broken(first.join("\n"))
        })?;
        if manifest.format == FORMAT {
            Ok(manifest)
        } else {
            Err(broken(format!("its format is {}", manifest.format)))
        }
    }
}

/// Returns a hash that tells one x/tools from another.
fn hash_of_tools(gopath: &Path) -> Result<String, Box<Problem>> {
    let folder = gopath.join("src/golang.org/x/tools/go/ssa");
    let hash = |name: &str| digest::of_file(&folder.join(name));
    match (hash("builder.go"), hash("ssa.go")) {
        (Ok(builder), Ok(ssa)) => Ok(builder + &ssa),
        (Err(error), _) | (_, Err(error)) => {
            let text = format!("{} is no x/tools: {error}", folder.display());
            Err(Box::new(Problem::new(Kind::Tools, &text)))
        }
    }
}
