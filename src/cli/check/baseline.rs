//! The findings that are known already: `--baseline FILE` and `--write-baseline FILE`.
//!
//! A finding is a bad end of a variant that does not do what its kernel says. Where there is no bad
//! end, it is the variant's verdict. A finding is known by its [`fingerprint`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gordian_checker::catalogue::Kernel;
use gordian_checker::render::fingerprint;
use gordian_checker::render::text::ends_in;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::row::Row;
use crate::cli::expectation::Judgement;
use crate::cli::failure::Failure;
use crate::cli::files;

/// The version of the file. It changes with the way in which fingerprints are made.
const VERSION: u64 = 1;

/// A finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Finding {
    pub(super) fingerprint: String,
    kernel: String,
    variant: String,
    /// The kind of end, or the verdict.
    end: String,
    /// Lists who is stuck at what, for people: nothing reads it.
    text: String,
}

impl Finding {
    /// Returns the finding in one line.
    pub(super) fn line(&self) -> String {
        let Self {
            kernel,
            variant,
            end,
            text,
            ..
        } = self;
        match text.is_empty() {
            true => format!("{kernel} {variant}: {end}"),
            false => format!("{kernel} {variant}: {end}: {text}"),
        }
    }
}

impl Row {
    /// Makes an unexpected result a known one, if all findings about it are in the baseline.
    pub(super) fn compare_with(&mut self, baseline: &Baseline) {
        let all = findings(self);
        if !all.is_empty() && all.iter().all(|it| baseline.knows(&it.fingerprint)) {
            self.judgement = Judgement::Known;
        }
    }
}

/// Returns the findings about a variant: none if it does what its kernel says.
pub(super) fn findings(row: &Row) -> Vec<Finding> {
    if !matches!(row.judgement, Judgement::Unexpected | Judgement::Known) {
        return Vec::new();
    }
    let (kernel, variant) = (&row.about.name, &row.about.form);
    let finding = |fingerprint: String, end: String, text: String| Finding {
        fingerprint,
        kernel: kernel.to_owned(),
        variant: variant.clone(),
        end,
        text,
    };
    let traces = &row.traces;
    if traces.is_empty() {
        let verdict = row.verdict.to_string();
        let fingerprint = fingerprint::of_kind(kernel, variant, &verdict);
        return vec![finding(fingerprint, verdict, String::new())];
    }
    let of = |trace| {
        finding(
            fingerprint::of(trace),
            trace.end.to_string(),
            ends_in(trace),
        )
    };
    let mut all: Vec<Finding> = traces.iter().map(of).collect();
    let mut told = Vec::new();
    all.retain(|finding| {
        let fresh = !told.contains(&finding.fingerprint);
        told.push(finding.fingerprint.clone());
        fresh
    });
    all
}

/// The known findings, by their fingerprints.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Baseline(BTreeMap<String, Finding>);

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    findings: Vec<Finding>,
}

impl Baseline {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let content = files::read(path).map_err(|error| {
            Failure::Usage(format!(
                "cannot read the baseline in {shown}: {error}\n  `--write-baseline {shown}` writes \
                 one"
            ))
        })?;
        Self::parse(&content).map_err(|what| Failure::Usage(format!("{shown}: {what}")))
    }

    fn parse(content: &str) -> Result<Self, String> {
        let write = "`check --write-baseline FILE` writes one";
        let wrong = |error| format!("this is no baseline: {error}; {write}");
        let value: Value = serde_json::from_str(content).map_err(wrong)?;
        match value["version"].as_u64() {
            Some(VERSION) => {}
            Some(other) => {
                return Err(format!(
                    "this is a baseline of version {other}, and this program reads version \
                     {VERSION}; {write}"
                ));
            }
            None => return Err(format!("this is no baseline: it has no version; {write}")),
        }
        let document: Document = serde_json::from_value(value).map_err(wrong)?;
        let findings = document.findings.into_iter();
        Ok(Self(
            findings
                .map(|finding| (finding.fingerprint.clone(), finding))
                .collect(),
        ))
    }

    /// Returns the findings about all these variants.
    pub(super) fn of(rows: &[Row]) -> Self {
        let all = rows.iter().flat_map(findings);
        Self(all.map(|it| (it.fingerprint.clone(), it)).collect())
    }

    /// Writes the file, in an order that depends on nothing but the findings.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut findings: Vec<Finding> = self.0.values().cloned().collect();
        let order = |it: &Finding| {
            (
                it.kernel.clone(),
                it.variant.clone(),
                it.fingerprint.clone(),
            )
        };
        findings.sort_by_key(order);
        let document = Document {
            version: VERSION,
            findings,
        };
        let text = serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?;
        fs::write(path, text + "\n").map_err(|error| {
            let shown = path.display();
            Failure::Usage(format!("cannot write the baseline to {shown}: {error}"))
        })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn knows(&self, fingerprint: &str) -> bool {
        self.0.contains_key(fingerprint)
    }

    /// Returns the known findings that are gone. Their variants were explored to the end and do not
    /// show them any more, or there are no such kernels.
    pub(super) fn gone(&self, rows: &[Row], catalogue: &[Kernel]) -> Vec<&Finding> {
        let found = Self::of(rows);
        let is_gone = |known: &&Finding| {
            let mut same = rows
                .iter()
                .filter(|row| row.about.name == known.kernel && row.about.form == known.variant);
            let explored = same.any(|row| row.knows_all_bad_ends);
            let exists = catalogue.iter().any(|kernel| kernel.name == known.kernel);
            (explored || !exists) && !found.knows(&known.fingerprint)
        };
        self.0.values().filter(is_gone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_or_version_is_refused() {
        let wrong = |text: &str| Baseline::parse(text).unwrap_err();
        assert!(wrong("").starts_with("this is no baseline: EOF"));
        assert!(wrong("{}").contains("it has no version"));
        assert!(wrong("[1]").contains("it has no version"));
        let newer = wrong(r#"{"version": 2, "findings": {}}"#);
        assert!(newer.contains("of version 2") && newer.contains("reads version 1"));
        assert!(wrong(r#"{"version": 1}"#).contains("missing field `findings`"));
        let other = wrong(r#"{"version": 1, "findings": [], "more": 1}"#);
        assert!(other.contains("unknown field `more`"));
        let empty = Baseline::parse(r#"{"version": 1, "findings": []}"#);
        assert_eq!(empty, Ok(Baseline::default()));
    }
}
