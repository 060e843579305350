//! A page to look at: one HTML file that needs nothing else, neither a server nor the net.
//!
//! It has the [`StateGraph`]s of one or two variants as `data`, and a script that draws them and
//! plays schedules on them. Without the script it has the facts, the text of `run`, all steps and
//! the sources. The script, the style and the frame are files beside this one. They are read by
//! people, so they have no build step.

mod data;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::states::{self, COLOURS, escape};
use super::text::{IMAGINED_LEGEND, Look, base_name, how_often, line_of, seen_legend};
use super::{Sources, table};
use crate::execution::escape::{json, visible, visible_lines};
use crate::explain::StateGraph;
use crate::explain::compare::Why;
use crate::explain::trace::{Facts, Trace};
use data::Data;

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The version of the data in a page. A page has its own script, so no other reader is promised.
const VERSION: u32 = 2;

/// All that a page tells.
#[derive(Debug)]
pub struct Page<'a> {
    /// The name of the kernel, the test or the package.
    pub name: &'a str,
    /// The class of the bug; empty if it has none.
    pub class: &'a str,
    /// The facts of the bug.
    pub facts: Facts,
    /// The parts of the upstream code that were left out.
    pub left_out: &'a str,
    /// The variants, the one with the bug first.
    pub variants: Vec<Variant<'a>>,
    /// The comparison of two variants, if there is one.
    pub why: Option<&'a Why>,
    /// The name of the program in the commands.
    pub program: &'a str,
    /// True if an index lies beside the page.
    pub has_index: bool,
}

/// A variant on a page.
#[derive(Debug)]
pub struct Variant<'a> {
    /// Its name; `buggy` and `fixed` of a kernel.
    pub name: &'a str,
    /// The verdict in one word.
    pub verdict: &'a str,
    /// The ground of the verdict, in a few words.
    pub ground: &'a str,
    /// True if something bad was found.
    pub is_bad: bool,
    /// True if it was proved that nothing bad can happen.
    pub is_proved: bool,
    /// The states.
    pub graph: &'a StateGraph,
    /// The counterexample, or another execution.
    pub trace: Option<&'a Trace>,
    /// The sources of the places that the graph names.
    pub sources: &'a Sources,
    /// The arguments by which commands take it, as a shell reads them; empty if it has none, since
    /// it is a test's own kernel.
    pub command: &'a str,
}

/// A row of an index.
#[derive(Debug)]
pub struct Row<'a> {
    /// The file of the page, beside the index.
    pub file: &'a str,
    /// The name of the kernel, the test or the package.
    pub name: &'a str,
    /// The class of the bug.
    pub class: &'a str,
    /// The variant.
    pub variant: &'a str,
    /// The verdict in one word.
    pub verdict: &'a str,
    /// True if something bad was found.
    pub is_bad: bool,
    /// The difference to what was expected; empty if there is none.
    pub unexpected: &'a str,
    /// The ground of the verdict.
    pub ground: &'a str,
    /// The states; `None` if there is no page for it.
    pub graph: Option<&'a StateGraph>,
}

/// The data of a page.
#[derive(Serialize)]
struct Content<'a> {
    version: u32,
    name: String,
    program: String,
    variants: Vec<VariantContent<'a>>,
    /// The sentences on why the fix works.
    why: Vec<String>,
    ground: &'a str,
}

#[derive(Serialize)]
struct VariantContent<'a> {
    name: String,
    verdict: &'a str,
    ground: String,
    bad: bool,
    proved: bool,
    files: Files,
    command: String,
    graph: Data,
    legends: Vec<String>,
}

fn sentences(why: &Why) -> Vec<String> {
    why.breaks.iter().map(ToString::to_string).collect()
}

/// Returns a page.
#[must_use]
pub fn page(page: &Page<'_>) -> String {
    let (listing, files) = listing(page);
    let content = Content {
        version: VERSION,
        name: visible(page.name),
        program: visible(page.program),
        variants: page
            .variants
            .iter()
            .zip(files)
            .map(|(variant, files)| content(variant, files))
            .collect(),
        why: page.why.map_or_else(Vec::new, sentences),
        ground: page.why.map_or("", |why| &why.ground),
    };
    let data = serde_json::to_string(&content).expect("texts, numbers and lists are JSON");
    fill(
        FRAME,
        &[
            ("title", &escape(&visible(page.name))),
            ("style", &style()),
            ("index", if page.has_index { INDEX_LINK } else { "" }),
            ("class", &escape(&visible(page.class))),
            ("upstream", &link(&page.facts.upstream)),
            ("facts", &facts(page)),
            ("texts", &texts(page)),
            ("steps", &steps(page)),
            ("sources", &listing),
            ("data", &within_script(&data)),
            ("script", SCRIPT),
        ],
    )
}

const INDEX_LINK: &str = "<a href=\"index.html\">all</a>";

/// Replaces each `{{name}}` of a frame by its text.
fn fill(frame: &str, texts: &[(&str, &str)]) -> String {
    let mut parts = frame.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("a name ends");
        let text = texts.iter().find(|(known, _)| *known == name);
        out.push_str(
            text.unwrap_or_else(|| panic!("the frame has no text `{name}`"))
                .1,
        );
        out.push_str(rest);
    }
    out
}

/// Returns the style of a page, with the colours of both themes.
fn style() -> String {
    let of = |dark: bool| {
        let colours = COLOURS
            .iter()
            .map(|(name, light, other)| format!("--{name}:{};", if dark { other } else { light }));
        colours.collect::<String>()
    };
    fill(STYLE, &[("light", &of(false)), ("dark", &of(true))])
}

/// Returns JSON such that no part of it ends the script element that it stands in.
fn within_script(text: &str) -> String {
    json(text)
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// Returns a link to an address, if it is one of the web.
fn link(address: &str) -> String {
    if !["https://", "http://"]
        .iter()
        .any(|start| address.starts_with(start))
    {
        return escape(&visible(address));
    }
    let address = escape(&visible(address));
    format!("<a href=\"{address}\" rel=\"noreferrer\">upstream</a>")
}

fn content<'a>(variant: &Variant<'a>, files: Files) -> VariantContent<'a> {
    let graph = variant.graph;
    let mut legends = vec![seen_legend(graph.looked_at)];
    let waits = graph.states.iter().flat_map(|node| &node.waits.edges);
    if waits.flat_map(|wait| &wait.ways).any(|way| way.imagined) {
        legends.push(IMAGINED_LEGEND.to_owned());
    }
    VariantContent {
        name: visible(variant.name),
        verdict: variant.verdict,
        ground: visible(variant.ground),
        bad: variant.is_bad,
        proved: variant.is_proved,
        files,
        command: visible(variant.command),
        graph: Data::of(graph, &graph.files()),
        legends,
    }
}

/// Returns what is known of the bug, as a list of terms.
fn facts(page: &Page<'_>) -> String {
    let facts = &page.facts;
    let of = |name: &str, text: &str| match text {
        "" => String::new(),
        text => format!(
            "<div><dt>{name}</dt><dd>{}</dd></div>",
            escape(&visible(text))
        ),
    };
    let mut out = of("The bug", &facts.mechanism) + &of("The fix", &facts.fix);
    for variant in &page.variants {
        let class = match (variant.is_bad, variant.is_proved) {
            (true, _) => "bad",
            (_, true) => "ok",
            _ => "hold",
        };
        let _ = write!(
            out,
            "<div><dt>{}</dt><dd><b class=\"{class}\">{}</b>: {}</dd></div>",
            escape(&visible(variant.name)),
            escape(variant.verdict),
            escape(&visible(&ground(variant))),
        );
    }
    out + &of("Bound", &facts.bound) + &of("Left out", page.left_out)
}

/// Returns the ground of a verdict, and how often it ends badly, if that is known.
fn ground(variant: &Variant<'_>) -> String {
    let chance = variant.trace.and_then(|trace| {
        let search = trace.search.as_ref()?;
        Some(how_often(trace, search.chance.as_ref()?))
    });
    match chance {
        Some(chance) => format!("{}; {chance}", variant.ground),
        None => variant.ground.to_owned(),
    }
}

/// Returns the text of `run` of each variant that has one.
fn texts(page: &Page<'_>) -> String {
    let mut out = String::new();
    let look = Look {
        program: page.program.to_owned(),
        ..Look::default()
    };
    for variant in page.variants.iter().filter(|variant| variant.is_bad) {
        let Some(trace) = variant.trace else { continue };
        let text = table::render(trace, &look);
        let _ = write!(
            out,
            "<details class=\"panel wide fold\" open><summary>The counterexample as text: \
             {}</summary><pre class=\"scroll\" tabindex=\"0\">{}</pre></details>",
            escape(&visible(variant.name)),
            escape(&text)
        );
    }
    out
}

/// Returns the steps of each counterexample as a table.
fn steps(page: &Page<'_>) -> String {
    let mut out = String::new();
    for variant in page.variants.iter().filter(|variant| variant.is_bad) {
        let Some(trace) = variant.trace else { continue };
        let trace = trace.for_people();
        let files = trace.files();
        let _ = write!(
            out,
            "<details class=\"panel wide fold\" open><summary>The counterexample step by step: \
             {}</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"steps\">\
             <table><thead><tr><th>step</th><th>who</th><th>does</th><th>at</th><th>locks held \
             after it</th></tr></thead><tbody>",
            escape(&visible(variant.name))
        );
        for step in &trace.steps {
            for (index, act) in step.by.iter().enumerate() {
                let held = step.held.iter().filter(|_| index == 0);
                let held = held.map(|(who, locks)| format!("{who}: {}", locks.join(", ")));
                let number = if index == 0 {
                    step.n.to_string()
                } else {
                    String::new()
                };
                let _ = write!(
                    out,
                    "<tr><td>{number}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    escape(&act.goroutine),
                    escape(&act.text()),
                    escape(&line_of(&act.place, &files)),
                    escape(&held.collect::<Vec<_>>().join("; "))
                );
            }
        }
        out.push_str("</tbody></table></div></details>");
    }
    out
}

/// The element with the lines of each file, and the lines to be left out there.
type Files = BTreeMap<String, (String, &'static str)>;

/// Returns the sources, and for each variant where the lines of its files are. Two variants of one
/// file each stand there as a difference.
fn listing(page: &Page<'_>) -> (String, Vec<Files>) {
    if let [buggy, fixed] = &page.variants[..]
        && let ([old], [new]) = (&buggy.sources.names()[..], &fixed.sources.names()[..])
    {
        let texts = (buggy.sources.get(old), fixed.sources.get(new));
        let (before, after) = (texts.0.unwrap_or_default(), texts.1.unwrap_or_default());
        let title = format!("Source: {} (−) and {} (+)", base_name(old), base_name(new));
        let out = fold(&title, "src", &diff(before, after));
        let of = |file: &str, left_out| {
            BTreeMap::from([(file.to_owned(), ("src".to_owned(), left_out))])
        };
        return (out, vec![of(old, "INS"), of(new, "DEL")]);
    }
    let mut out = String::new();
    let mut all = Vec::new();
    for (index, variant) in page.variants.iter().enumerate() {
        let mut files = Files::new();
        for (number, name) in variant.sources.names().into_iter().enumerate() {
            let id = format!("src-{index}-{number}");
            let text = variant.sources.get(name).unwrap_or_default();
            let text = escape(&visible_lines(text));
            out.push_str(&fold(&format!("Source: {name}"), &id, &text));
            files.insert(name.to_owned(), (id, ""));
        }
        all.push(files);
    }
    (out, all)
}

fn fold(title: &str, id: &str, content: &str) -> String {
    format!(
        "<details class=\"panel wide fold\" open><summary>{}</summary><pre class=\"scroll src\" \
         tabindex=\"0\" id=\"{id}\">{content}</pre></details>",
        escape(&visible(title))
    )
}

/// Returns two texts as one: lines that only one of them has are marked as deleted or inserted.
fn diff(old: &str, new: &str) -> String {
    let mut out = String::new();
    for change in TextDiff::from_lines(old, new).iter_all_changes() {
        let line = escape(&visible_lines(change.value().trim_end_matches('\n')));
        let _ = match change.tag() {
            ChangeTag::Equal => writeln!(out, "{line}"),
            ChangeTag::Delete => write!(out, "<del>{line}\n</del>"),
            ChangeTag::Insert => write!(out, "<ins>{line}\n</ins>"),
        };
    }
    out
}

/// Returns an index of pages: the table of `check`, with a picture of the states in each row.
#[must_use]
pub fn index(rows: &[Row<'_>]) -> String {
    let mut body = String::new();
    for row in rows {
        let name = escape(&visible(row.name));
        let variant = escape(&visible(row.variant));
        let link = match row.graph {
            Some(_) => format!(
                "<a href=\"{}#v={variant}\">{name} {variant}</a>",
                escape(row.file)
            ),
            None => format!("{name} {variant}"),
        };
        let class = if row.is_bad { "bad" } else { "ok" };
        let unexpected = match row.unexpected {
            "" => String::new(),
            text => format!("<br><b class=\"hold\">{}</b>", escape(&visible(text))),
        };
        let _ = write!(
            body,
            "<tr><th scope=\"row\">{link}</th><td>{}</td><td><b class=\"{class}\">{}</b>\
             {unexpected}</td><td>{}</td><td>{}</td></tr>",
            escape(&visible(row.class)),
            escape(row.verdict),
            row.graph.map_or_else(String::new, states::small),
            escape(&visible(row.ground)),
        );
    }
    fill(
        include_str!("index.html"),
        &[("style", &style()), ("rows", &body)],
    )
}
