//! The pictures of the README and the docs. That of the terminal is the program's output as an SVG;
//! the others are what the program draws.
//!
//! Their colours follow the reader's theme, light or dark. The test `picture` of the root package
//! computes their contrast, and compares them with the program.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The colours of each class of text and of the background: in a light theme, and in a dark one.
const COLOURS: [(&str, &str, &str); 5] = [
    ("bg", "#ffffff", "#0d1117"),
    ("fg", "#1f2328", "#d1d7e0"),
    ("fg-red", "#b3261e", "#ff8a80"),
    ("fg-yellow", "#7a4f01", "#e3b341"),
    ("dimmed", "#57606a", "#9aa4af"),
];

/// Text at the lines that have a callout, in order. The README explains each number.
const CALLOUTS: [&str; 6] = [
    "error[deadlock]",
    " step │",
    "├─▶",
    "stuck │",
    "  cycle ",
    "  replay ",
];

/// Width that the callouts add, in pixels.
const MARGIN: u32 = 30;

/// The pictures that the program draws, each with the form that is asked for.
const DRAWN: [(&str, &str); 2] = [("states.svg", "svg-states"), ("lanes.svg", "svg")];

/// Runs the program and writes the pictures.
///
/// # Errors
/// Returns a message if the program cannot be run, or the file cannot be written.
pub(crate) fn draw() -> Result<(), String> {
    let text = run(&["--color", "always", "--width", "100"])?;
    let command = "\u{1b}[2m$\u{1b}[0m gordian run kubernetes/1321\n\n";
    let picture = anstyle_svg::Term::new().render_svg(&format!("{command}{text}"));
    write("run.svg", &with_callouts(&in_both_themes(&picture)?)?)?;
    for (file, form) in DRAWN {
        write(file, &run(&["--format", form])?)?;
    }
    Ok(())
}

/// Returns the output of `run kubernetes/1321` with these arguments.
fn run(arguments: &[&str]) -> Result<String, String> {
    let done = Command::new("cargo")
        .args("run --release --quiet -p gordian -- run kubernetes/1321".split(' '))
        .args(arguments)
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    let text = String::from_utf8(done.stdout).map_err(|error| error.to_string())?;
    if text.is_empty() {
        return Err(format!(
            "it printed nothing: {}",
            String::from_utf8_lossy(&done.stderr)
        ));
    }
    Ok(text)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn write(file: &str, picture: &str) -> Result<(), String> {
    let file = root().join("docs").join(file);
    std::fs::write(&file, picture).map_err(|error| format!("{}: {error}", file.display()))
}

/// Replaces the style of the picture by one with the colours of both themes.
fn in_both_themes(picture: &str) -> Result<String, String> {
    let around = picture.split_once("  <style>\n");
    let around = around.and_then(|(head, rest)| Some((head, rest.split_once("  </style>\n")?.1)));
    let (head, body) = around.ok_or("the picture has no style")?;
    for classes in body.split("class=\"").skip(1) {
        let classes = classes.split('"').next().unwrap_or_default();
        let known = |class: &str| {
            ["container", "bold"].contains(&class)
                || COLOURS.iter().any(|(name, ..)| *name == class)
        };
        if let Some(class) = classes.split(' ').find(|class| !known(class)) {
            return Err(format!("the class `{class}` has no colours in COLOURS"));
        }
    }
    let mut style = String::new();
    for (name, light, _) in COLOURS {
        let _ = writeln!(style, "    .{name} {{ fill: {light} }}");
    }
    style.push_str("    .ring { fill: none; stroke: currentColor; color: #8c959f }\n");
    style.push_str("    @media (prefers-color-scheme: dark) {\n");
    for (name, _, dark) in COLOURS {
        let _ = writeln!(style, "      .{name} {{ fill: {dark} }}");
    }
    style.push_str("    }\n");
    style.push_str("    .callout { text-anchor: middle }\n");
    let font = "SFMono-Regular, Consolas, Liberation Mono, Menlo, monospace";
    let _ = writeln!(style, "    .bold {{ font-weight: bold }}");
    let _ = writeln!(style, "    text {{ font: 14px {font}; white-space: pre }}");
    Ok(format!("{head}  <style>\n{style}  </style>\n{body}"))
}

/// Widens the picture and adds a number beside each line that has a callout.
fn with_callouts(picture: &str) -> Result<String, String> {
    let size = |name: &str| -> Option<u32> {
        let (_, rest) = picture.split_once(&format!("{name}=\""))?;
        rest.split_once("px\"")?.0.parse().ok()
    };
    let (width, height) = size("width").zip(size("height")).ok_or("no size")?;
    let wide = width + MARGIN;
    let mut callouts = String::new();
    for (index, text) in CALLOUTS.iter().enumerate() {
        let line = picture
            .lines()
            .find(|line| without_tags(line).contains(text));
        let (_, place) = line
            .and_then(|line| line.split_once(" y=\""))
            .ok_or(text.to_string())?;
        let y: u32 = place
            .split("px")
            .next()
            .unwrap_or_default()
            .parse()
            .map_err(|_| "no line")?;
        let (x, number) = (width + MARGIN / 2 - 5, index + 1);
        let _ = writeln!(
            callouts,
            "  <circle cx=\"{x}\" cy=\"{}\" r=\"9\" class=\"ring\" />",
            y - 5
        );
        let _ = writeln!(
            callouts,
            "  <text x=\"{x}\" y=\"{y}\" class=\"fg bold callout\">{number}</text>"
        );
    }
    let old = format!("width=\"{width}px\" height=\"{height}px\"");
    let new = format!("width=\"{wide}px\" height=\"{height}px\" viewBox=\"0 0 {wide} {height}\"");
    Ok(picture
        .replacen(&old, &new, 1)
        .replace("</svg>", &format!("{callouts}</svg>")))
}

/// Returns the text of a line of the picture.
fn without_tags(line: &str) -> String {
    let parts = line
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect()
}
