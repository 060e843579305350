//! `list`: lists the catalogue.

use gordian_checker::catalogue::Kernel;
use gordian_checker::execution::escape::visible;
use serde::Serialize;

use super::args::ListArgs;
use super::expectation::wanted;
use super::failure::Failure;
use super::stuck::{Stuck, stated};
use super::terminal::{Tone, count, cut};
use super::{Session, exit, select_kernels};

/// A kernel as one JSON object.
#[derive(Serialize)]
pub(crate) struct Entry<'a> {
    version: u32,
    kernel: &'a str,
    class: &'a str,
    upstream: &'a str,
    mechanism: &'a str,
    fix: &'a str,
    bound: &'a str,
    left_out: &'a str,
    timers: &'static str,
    buggy: Half<'a>,
    fixed: Half<'a>,
}

#[derive(Serialize)]
struct Half<'a> {
    file: &'a str,
    expected: String,
    stuck: Vec<Stuck>,
}

pub(crate) fn list(session: &mut Session<'_>, args: &ListArgs) -> Result<u8, Failure> {
    let kernels = select_kernels::several(session, &args.kernels)?;
    if args.json {
        for kernel in &kernels {
            session.write_json(&entry(kernel))?;
        }
    } else {
        table(session, &kernels)?;
    }
    Ok(exit::AS_EXPECTED)
}

fn table(session: &mut Session<'_>, kernels: &[Kernel]) -> Result<(), Failure> {
    let terminal = session.terminal;
    let longest = |text: fn(&Kernel) -> &str| {
        kernels
            .iter()
            .map(|kernel| visible(text(kernel)).chars().count())
            .max()
            .unwrap_or(0)
    };
    let names = longest(|kernel| kernel.name);
    // A narrow terminal first loses the reason, then parts of the class.
    let classes =
        longest(|kernel| kernel.class).min(terminal.width.saturating_sub(names + 14).max(8));
    let room = terminal.width.saturating_sub(names + classes + 16);
    for kernel in kernels {
        let name = terminal.paint(Tone::Name, &format!("{:names$}", visible(kernel.name)));
        let expected = wanted(kernel.buggy.expected).to_string();
        let why = cut(&visible(kernel.mechanism), room, &terminal);
        let class = cut(&visible(kernel.class), classes, &terminal);
        let line = format!("  {name}  {class:classes$}  {expected:8}");
        match room {
            ..20 => writeln!(session.out, "{line}")?,
            _ => writeln!(session.out, "{line}  {}", terminal.paint(Tone::Faint, &why))?,
        }
    }
    session.hint(&format!(
        "{}; {} show KERNEL tells all of one, why KERNEL explains the fix",
        count(kernels.len(), "kernel"),
        session.program
    ));
    Ok(())
}

/// Returns a kernel as JSON.
pub(crate) fn entry(kernel: &Kernel) -> Entry<'_> {
    let half = |variant: &gordian_checker::catalogue::Variant| Half {
        file: variant.file,
        expected: wanted(variant.expected).to_string(),
        stuck: stated(variant.stuck),
    };
    Entry {
        version: 1,
        kernel: kernel.name,
        class: kernel.class,
        upstream: kernel.upstream,
        mechanism: kernel.mechanism,
        fix: kernel.fix,
        bound: kernel.bound,
        left_out: kernel.left_out,
        timers: kernel.timers.name(),
        buggy: half(&kernel.buggy),
        fixed: half(&kernel.fixed),
    }
}
