//! The picture of the terminal at the top of the README: the program's output, as an SVG.

use std::path::Path;
use std::process::Command;

/// Runs the program and writes the picture.
///
/// # Errors
/// Returns a message if the program cannot be run, or the file cannot be written.
pub(crate) fn draw() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let arguments = [
        "run",
        "--release",
        "--quiet",
        "-p",
        "gordian",
        "--",
        "run",
        "kubernetes/1321",
    ];
    let done = Command::new("cargo")
        .args(arguments)
        .args(["--color", "always", "--width", "100"])
        .current_dir(&root)
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    let text = String::from_utf8(done.stdout).map_err(|error| error.to_string())?;
    if text.is_empty() {
        return Err(format!(
            "it printed nothing: {}",
            String::from_utf8_lossy(&done.stderr)
        ));
    }
    let command = "\u{1b}[2m$\u{1b}[0m gordian run kubernetes/1321\n\n";
    let picture = anstyle_svg::Term::new().render_svg(&format!("{command}{text}"));
    let file = root.join("docs/run.svg");
    std::fs::write(&file, picture).map_err(|error| format!("{}: {error}", file.display()))
}
