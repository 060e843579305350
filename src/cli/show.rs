//! `show`: all that is known of a kernel.

use gordian_checker::catalogue::{Kernel, Variant};
use gordian_checker::execution::escape::{visible, visible_lines};
use gordian_checker::render::text::wrap;

use super::args::FactsArgs;
use super::failure::Failure;
use super::judge::wanted;
use super::list::entry;
use super::look::Tone;
use super::{Session, exit, pick};

/// Columns before the text of a fact.
const INDENT: usize = 12;

pub(crate) fn show(session: &mut Session<'_>, args: &FactsArgs) -> Result<u8, Failure> {
    let kernel = pick::one(session, &args.kernel)?;
    if args.json {
        session.write_json(&entry(&kernel))?;
        return Ok(exit::AS_EXPECTED);
    }
    let name = session.look.paint(Tone::Name, &visible(kernel.name));
    writeln!(session.out, "{name}  {}", visible(kernel.class))?;
    for (name, text) in facts(&kernel) {
        row(session, name, &text)?;
    }
    if args.source {
        for variant in [&kernel.buggy, &kernel.fixed] {
            let file = session.look.paint(Tone::Name, &visible(variant.file));
            writeln!(session.out, "\n{file}\n{}", visible_lines(variant.source))?;
        }
    }
    Ok(exit::AS_EXPECTED)
}

/// Each fact with its name.
fn facts(kernel: &Kernel) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("mechanism", kernel.mechanism.to_owned()),
        ("the fix", kernel.fix.to_owned()),
        ("upstream", kernel.upstream.to_owned()),
        ("bound", kernel.bound.to_owned()),
        ("left out", kernel.left_out.to_owned()),
        ("timers", format!("as in Go {}", kernel.timers.name())),
        ("buggy", variant(&kernel.buggy)),
        ("fixed", variant(&kernel.fixed)),
    ];
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

/// What a variant is expected to do, and who is stuck in it.
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

fn row(session: &mut Session<'_>, name: &str, text: &str) -> Result<(), Failure> {
    let look = session.report_look(false);
    let room = session.look.width.saturating_sub(INDENT).max(20);
    for (index, text) in wrap(&visible(text), room, &look).iter().enumerate() {
        let name = if index == 0 { name } else { "" };
        writeln!(session.out, "  {name:10}{text}")?;
    }
    Ok(())
}
