//! Runs the tests, or `main`, of exported packages through a search: `run FILE.json... [--engine
//! NAME] [--test NAME] [--trace] [--output]`.

use std::process::ExitCode;
use std::time::Instant;

use gordian_checker::{Checker, Engine};

fn main() -> ExitCode {
    let mut files = Vec::new();
    let (mut engine, mut test, mut trace) = (Engine::Auto, None, false);
    let mut output = false;
    let mut time = 60;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--engine" => {
                let name = args.next().unwrap_or_default();
                let Some(known) = Engine::from_name(&name) else {
                    eprintln!("there is no engine `{name}`");
                    return ExitCode::from(2);
                };
                engine = known;
            }
            "--test" => test = args.next(),
            "--trace" => trace = true,
            "--output" => output = true,
            "--time" => time = args.next().and_then(|text| text.parse().ok()).unwrap_or(60),
            _ => files.push(arg),
        }
    }
    for file in files {
        let package = std::fs::read_to_string(&file)
            .map_err(|error| error.to_string())
            .and_then(|json| gordian_go::load(&json).map_err(|error| error.to_string()));
        let package = match package {
            Ok(package) => package,
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::from(2);
            }
        };
        let names: Vec<String> = package.tests().map(str::to_owned).collect();
        let mut subjects: Vec<_> = names
            .into_iter()
            .filter(|name| test.as_ref().is_none_or(|test| test == name))
            .filter_map(|name| Some((name.clone(), package.test(&name)?)))
            .collect();
        if test.is_none() {
            subjects.extend(package.main().map(|main| ("main".to_owned(), main)));
        }
        for (name, subject) in subjects {
            if output {
                match gordian_go::run_once(&subject) {
                    Ok(once) => print!("{}", once.output),
                    Err(fault) => println!("{fault}"),
                }
                continue;
            }
            let checker = Checker::new()
                .engine(engine)
                .time_max(std::time::Duration::from_secs(time));
            let before = Instant::now();
            let report = checker.check_subject(&subject);
            let findings = &report.findings;
            println!(
                "{file} {name}: {} executions {} states {:?} steps {} bad {} goroutines {} in \
                 {:.3} s",
                report.verdict,
                findings.executions,
                findings.states,
                findings.steps,
                findings.bad_executions,
                findings.goroutines,
                before.elapsed().as_secs_f64(),
            );
            for (end, _) in findings.bad.iter().take(5) {
                println!("    {:?} {:?}", end.end, end.goroutines);
            }
            if trace || report.fault.is_some() {
                println!("{report}");
            }
        }
    }
    ExitCode::SUCCESS
}
