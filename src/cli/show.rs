//! `show`: shows all facts of a kernel.

use gordian_checker::catalogue::{Kernel, Variant};
use gordian_checker::execution::escape::{visible, visible_lines};

use super::args::FactsArgs;
use super::expectation::wanted;
use super::failure::Failure;
use super::list::entry;
use super::search::facts;
use super::terminal::Tone;
use super::{Session, exit, select_kernels};

/// Columns before the text of a fact.
const INDENT: usize = 12;

pub(crate) fn show(session: &mut Session<'_>, args: &FactsArgs) -> Result<u8, Failure> {
    let kernel = select_kernels::one(session, &args.kernel)?;
    if args.json {
        session.write_json(&entry(&kernel))?;
        return Ok(exit::AS_EXPECTED);
    }
    let name = session.terminal.paint(Tone::Name, &visible(kernel.name));
    writeln!(session.out, "{name}  {}", visible(kernel.class))?;
    for (name, text) in facts(&kernel).rows() {
        session.write_under(name, INDENT, text)?;
    }
    for (name, text) in more_facts(&kernel) {
        session.write_under(name, INDENT, &text)?;
    }
    if args.source {
        for variant in [&kernel.buggy, &kernel.fixed] {
            let file = session.terminal.paint(Tone::Name, &visible(variant.file));
            writeln!(session.out, "\n{file}\n{}", visible_lines(variant.source))?;
        }
    }
    Ok(exit::AS_EXPECTED)
}

/// Returns the facts of a kernel that a trace does not have, each with its name.
fn more_facts(kernel: &Kernel) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("left out", kernel.left_out.to_owned()),
        ("timers", format!("as in Go {}", kernel.timers.name())),
        ("buggy", variant(&kernel.buggy)),
        ("fixed", variant(&kernel.fixed)),
    ];
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

/// Describes the expected behaviour of a variant, and its stuck goroutines.
fn variant(variant: &Variant) -> String {
    let stuck = variant.stuck.iter();
    let stuck: Vec<String> = stuck
        .map(|(who, what)| format!("{who} at {what}"))
        .collect();
    let expected = wanted(variant.expected);
    match stuck.len() {
        0 => format!("{expected}; {}", variant.file),
        _ => format!("{expected}: {}; {}", stuck.join(", "), variant.file),
    }
}
