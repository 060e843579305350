//! The tables of the README, and of the figures, agree with the program.

use std::fs;
use std::path::Path;

use gordian_checker::catalogue::{Kernel, Variant};
use gordian_checker::explore::Limits;
use gordian_checker::render::Format;
use gordian_checker::{Checker, Engine, Verdict};
use gordian_kernels::CATALOGUE;

const README: &str = include_str!("../README.md");
const FIGURES: &str = include_str!("../docs/figures.md");

/// Most executions or states that are counted again here. Larger numbers take too long for a test.
const COUNTED_MAX: u64 = 10_000;

/// Returns the cells of the page's table that begins with this row, without its two header lines.
fn table(page: &'static str, head: &str) -> Vec<Vec<&'static str>> {
    let begin = page.find(head).expect("the table is there");
    let rows = page[begin..].lines().skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn every_engine_has_a_row() {
    let rows = table(README, "| engine | what it does");
    let named: Vec<String> = rows.iter().map(|row| row[0].replace('`', "")).collect();
    assert_eq!(named, Engine::ALL.map(Engine::name));
}

#[test]
fn every_form_of_output_has_a_row() {
    let rows = table(README, "| form | what it is");
    let named: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
    let forms = Format::ALL.map(|format| format!("`{}` {}", format.name(), format.about()));
    assert_eq!(named, forms);
}

#[test]
fn every_verdict_has_a_row() {
    let rows = table(README, "| verdict | meaning");
    let named: Vec<String> = rows.iter().map(|row| row[0].replace('`', "")).collect();
    let verdicts = [
        Verdict::Proved,
        Verdict::Deadlock,
        Verdict::Leak,
        Verdict::Panic,
        Verdict::Race,
        Verdict::Within,
        Verdict::Bounded,
        Verdict::Unsupported,
        Verdict::Fault,
    ]
    .map(Verdict::name);
    assert_eq!(named, verdicts);
}

/// Returns the first sentence of a kernel's page, without the name before it.
fn sentence_of(kernel: &Kernel) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let variant = root.join(kernel.buggy.file);
    let folder = variant.parent().expect("the folder of the kernel");
    let source = fs::read_to_string(folder.join("mod.rs")).expect("the kernel's page");
    let lines = source.lines().map_while(|line| line.strip_prefix("//! "));
    let text: Vec<&str> = lines.collect();
    let text = text.join(" ");
    let (_, sentence) = text.split_once(": ").expect("the name, and the sentence");
    let mut letters = sentence.chars();
    let first = letters.next().expect("a sentence");
    first.to_uppercase().chain(letters).collect()
}

#[test]
fn every_kernel_has_a_row_with_its_sentence() {
    let rows = table(README, "| kernel | bug");
    let rows: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
    let row = |kernel: &Kernel| {
        let Kernel { name, upstream, .. } = kernel;
        format!("[{name}]({upstream}) {}", sentence_of(kernel))
    };
    assert_eq!(rows, CATALOGUE.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn every_kernel_has_a_row_with_its_figures() {
    let rows = table(FIGURES, "| kernel | optimal: buggy, fixed");
    let names: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let kernels: Vec<&str> = CATALOGUE.iter().map(|kernel| kernel.name).collect();
    assert_eq!(names, kernels);
    let engines = [
        Engine::Optimal,
        Engine::Stateful,
        Engine::Exhaustive,
        Engine::Loom,
    ];
    let mut compared = 0;
    for (row, kernel) in rows.iter().zip(CATALOGUE) {
        for (cell, engine) in row[1..].iter().zip(engines) {
            let variants = [&kernel.buggy, &kernel.fixed];
            let figures = figures(cell);
            for (variant, figure) in variants.into_iter().zip(figures) {
                let Some(figure) = figure else { continue };
                let counted = count(kernel, variant, engine);
                assert_eq!(counted, figure, "{} under {}", variant.file, engine.name());
                compared += 1;
            }
        }
    }
    assert!(compared > 80, "only {compared} figures were compared");
}

/// The figures are those of a search that learns from the steps that are drawn.
#[test]
fn what_is_drawn_leaves_fewer_states() {
    let kernel = CATALOGUE.iter().find(|kernel| kernel.name == "etcd/7443");
    let kernel = kernel.expect("it is in the catalogue");
    let rows = table(FIGURES, "| kernel | `stubborn` (states)");
    assert_eq!(rows.len(), 2);
    for (row, variant) in rows.iter().zip([&kernel.buggy, &kernel.fixed]) {
        let told = row[1..].iter().map(|cell| cell.replace(',', ""));
        let counted = [Engine::Stubborn, Engine::Auto].map(|engine| {
            let report = Checker::new().engine(engine).check(variant.main);
            report
                .findings
                .states
                .expect("it counts states")
                .to_string()
        });
        assert_eq!(told.collect::<Vec<_>>(), counted, "{}", row[0]);
    }
}

/// Returns the figure of the buggy variant and that of the fixed one, if they can be counted here:
/// `1,336, 1,336`, `1, 48`, `361, endless`.
fn figures(cell: &str) -> Vec<Option<u64>> {
    let count = |text: &str| {
        let number = text.replace(',', "").parse().ok();
        number.filter(|&number| number <= COUNTED_MAX)
    };
    cell.split(", ").map(count).collect()
}

/// Returns the number of executions of the variant, or of states if the engine counts these.
fn count(kernel: &Kernel, variant: &Variant, engine: Engine) -> u64 {
    let limits = Limits {
        executions_max: Some(2 * COUNTED_MAX),
        ..Limits::default()
    };
    let checker = Checker::new().engine(engine).limits(limits);
    let report = checker.timers(kernel.timers).check(variant.main);
    assert_ne!(report.verdict, Verdict::Fault, "{}: {report}", variant.file);
    report.findings.states.unwrap_or(report.findings.executions)
}
