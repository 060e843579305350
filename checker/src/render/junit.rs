//! Results as JUnit XML, which continuous integration reads: a suite for each kernel, a case for
//! each variant.

use std::time::Duration;

use crate::execution::escape::visible_lines;

/// A suite: a kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A case: a variant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// How long it took.
    pub time: Duration,
    /// What came of it.
    pub outcome: Outcome,
    /// What there is to read about it, such as the trace of a bug that was expected.
    pub output: String,
}

/// What came of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It did what it was expected to do.
    Passed,
    /// It did not: of which kind that is, in one line, and the whole text.
    Failed {
        /// The kind: `deadlock`.
        kind: String,
        /// One line.
        message: String,
        /// The whole.
        text: String,
    },
    /// It was not run, or not to its end: why.
    Skipped(String),
}

/// The suites as one document.
#[must_use]
pub fn render(suites: &[Suite]) -> String {
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuites name=\"gordian\"{}>\n",
        counts(cases(), false)
    ));
    for suite in suites {
        let name = escape(&suite.name);
        out.push_str(&format!(
            "  <testsuite name=\"{name}\"{}>\n",
            counts(suite.cases.iter(), true)
        ));
        for case in &suite.cases {
            out.push_str(&case_text(&name, case));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// The counts of a suite; those of all suites have none of the skipped, for which the schema that
/// Jenkins reads has no place there.
fn counts<'a>(cases: impl Iterator<Item = &'a Case> + Clone, of_suite: bool) -> String {
    let failed = |case: &&Case| matches!(case.outcome, Outcome::Failed { .. });
    let skipped = |case: &&Case| matches!(case.outcome, Outcome::Skipped(_));
    let time: Duration = cases.clone().map(|case| case.time).sum();
    let skipped = match of_suite {
        true => format!(" skipped=\"{}\"", cases.clone().filter(skipped).count()),
        false => String::new(),
    };
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"0\"{skipped} time=\"{:.3}\"",
        cases.clone().count(),
        cases.filter(failed).count(),
        time.as_secs_f64()
    )
}

fn case_text(suite: &str, case: &Case) -> String {
    let mut out = format!(
        "    <testcase name=\"{}\" classname=\"{suite}\" time=\"{:.3}\">\n",
        escape(&case.name),
        case.time.as_secs_f64()
    );
    match &case.outcome {
        Outcome::Passed => {}
        Outcome::Failed {
            kind,
            message,
            text,
        } => out.push_str(&format!(
            "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
            escape(kind),
            escape(message),
            escape(text)
        )),
        Outcome::Skipped(why) => {
            out.push_str(&format!("      <skipped message=\"{}\"/>\n", escape(why)));
        }
    }
    if !case.output.is_empty() {
        out.push_str(&format!(
            "      <system-out>{}</system-out>\n",
            escape(&case.output)
        ));
    }
    out.push_str("    </testcase>\n");
    out
}

/// A text in which nothing is taken for markup. XML 1.0 can hold no control characters, whatever
/// they are written as: they, and all others that are not seen, are written as in other texts for
/// people.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in visible_lines(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
