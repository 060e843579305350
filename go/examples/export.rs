//! Exports Go packages, and says what came of it and how long it took.
//!
//! `cargo run -p gordian-go --example export -- [--offline] [--into FOLDER] FOLDER PATTERN ...`

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use gordian_go::export::{Settings, export};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut settings = Settings::from_environment(|name| std::env::var_os(name))?;
    let (mut rest, mut into) = (vec![], None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--offline" => settings.offline = true,
            "--into" => into = arguments.next().map(PathBuf::from),
            _ => rest.push(argument),
        }
    }
    let [folder, patterns @ ..] = rest.as_slice() else {
        return Err("which folder, and which packages in it?".into());
    };
    let began = Instant::now();
    let say = &mut |text: &str| eprintln!("{text}");
    let exports = export(&settings, folder.as_ref(), patterns, say)?;
    let time = began.elapsed();
    for package in &exports.packages {
        println!("{}: {} bytes", package.path, package.json.len());
        if let Some(into) = &into {
            let name = package.path.replace('/', "_") + ".json";
            std::fs::write(into.join(name), &package.json)?;
        }
    }
    for problem in &exports.problems {
        println!("{problem}");
    }
    let how = if exports.cached { "cached" } else { "exported" };
    println!("{how} with {} in {time:.0?}", exports.toolchain);
    let failed = !exports.problems.is_empty();
    Ok(ExitCode::from(if failed { 2 } else { 0 }))
}
