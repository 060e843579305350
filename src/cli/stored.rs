//! Schedules in files.
//!
//! A stored schedule names the kernel, the variant, the version of the program and a digest of the
//! kernel's source. So an outdated schedule can be told from a mistyped one. The file is text with
//! one `key: value` per line. A file without any key is just a schedule.
//!
//! ```text
//! # A schedule for `gordian replay --schedule @FILE`.
//! kernel: kubernetes/1321
//! variant: buggy
//! timers: 1.23
//! gordian: 0.1.0
//! source: 3b1f0c2a9d8e7f65
//! schedule: main*2,main+loop,loop
//! ```

use gordian_checker::execution::escape::visible;
use std::fs;
use std::path::Path;

use gordian_checker::catalogue::{TimerRules, VariantKind};

use super::failure::Failure;
use super::files;
use super::target::Target;

/// A schedule, and the kernel that it was made for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stored {
    pub(crate) kernel: Option<String>,
    pub(crate) variant: Option<String>,
    /// The rules of timers. Files from before these could be chosen have none.
    pub(crate) timers: Option<TimerRules>,
    pub(crate) version: Option<String>,
    pub(crate) digest: Option<String>,
    pub(crate) schedule: String,
}

impl Stored {
    /// Makes the stored schedule of this target.
    pub(crate) fn new(target: &Target, timers: TimerRules, schedule: String) -> Self {
        Self {
            kernel: Some(visible(target.name())),
            variant: Some(target.form()),
            timers: Some(timers),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            digest: Some(target.digest()),
            schedule,
        }
    }

    /// Reads the flag: the schedule itself, or `@` and a file.
    pub(crate) fn of_flag(text: &str) -> Result<Self, Failure> {
        let Some(path) = text.strip_prefix('@') else {
            return Ok(Self {
                schedule: text.to_owned(),
                ..Self::default()
            });
        };
        let content = files::read(Path::new(path)).map_err(|error| {
            Failure::Usage(format!("cannot read the schedule in {path}: {error}"))
        })?;
        Self::parse(&content).map_err(|what| Failure::Usage(format!("{path}: {what}")))
    }

    fn parse(content: &str) -> Result<Self, String> {
        let lines = || content.lines().map(str::trim).enumerate();
        let said = |line: &str| !line.is_empty() && !line.starts_with('#');
        let mut stored = Self::default();
        let mut schedules = Vec::new();
        for (index, line) in lines().filter(|(_, line)| said(line)) {
            // Schedules have colons, too: only a word that a colon and a space follow is a key.
            let (key, value) = match line.split_once(": ") {
                Some((key, value)) if !key.contains([',', '+', '*']) => (key, value.trim()),
                _ => ("schedule", line.strip_prefix("schedule:").unwrap_or(line)),
            };
            let value = value.to_owned();
            match key {
                "kernel" => stored.kernel = Some(value),
                "variant" => {
                    let forms = VariantKind::ALL.map(|form| form.to_string());
                    let is_test = value == "main" || value.starts_with("Test");
                    if !is_test && !forms.contains(&value) {
                        return Err(format!("line {}: `{value}` is no variant", index + 1));
                    }
                    stored.variant = Some(value);
                }
                "timers" => {
                    let rules = TimerRules::from_name(&value);
                    let wrong = format!("line {}: `{value}` is neither 1.22 nor 1.23", index + 1);
                    stored.timers = Some(rules.ok_or(wrong)?);
                }
                "gordian" => stored.version = Some(value),
                "source" => stored.digest = Some(value),
                "schedule" => schedules.push(value),
                _ => {
                    return Err(format!(
                        "line {}: `{key}` is none of kernel, variant, timers, gordian, source, \
                         schedule",
                        index + 1
                    ));
                }
            }
        }
        if schedules.is_empty() {
            return Err("there is no schedule in it".to_owned());
        }
        stored.schedule = schedules.join(",");
        Ok(stored)
    }

    /// Writes the file.
    pub(crate) fn save(&self, path: &Path) -> Result<(), Failure> {
        fs::write(path, self.text()).map_err(|error| {
            Failure::Usage(format!(
                "cannot store the schedule in {}: {error}",
                path.display()
            ))
        })
    }

    fn text(&self) -> String {
        let mut text = "# A schedule for `gordian replay --schedule @FILE`.\n".to_owned();
        let mut line = |key: &str, value: Option<&str>| {
            if let Some(value) = value {
                text += &format!("{key}: {value}\n");
            }
        };
        line("kernel", self.kernel.as_deref());
        line("variant", self.variant.as_deref());
        line("timers", self.timers.map(TimerRules::name));
        line("gordian", self.version.as_deref());
        line("source", self.digest.as_deref());
        line("schedule", Some(&self.schedule));
        text
    }

    /// Returns a description of a relevant change since it was stored, if there is one.
    pub(crate) fn stale(&self, target: &Target) -> Option<String> {
        let now = target.digest();
        let then = self.digest.as_deref()?;
        (then != now).then(|| {
            let version = self.version.as_deref().unwrap_or("?");
            format!(
                "the source of {} {} is not that for which the schedule was stored (digest {then} \
                 by version {version}, now {now})",
                target.name(),
                target.form()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let stored = Stored {
            kernel: Some("kubernetes/1321".to_owned()),
            variant: Some("fixed".to_owned()),
            timers: Some(TimerRules::Go1_22),
            version: Some("0.1.0".to_owned()),
            digest: Some("0123456789abcdef".to_owned()),
            schedule: "main*2,keeper:1,main:default".to_owned(),
        };
        assert_eq!(Stored::parse(&stored.text()), Ok(stored));
    }

    #[test]
    fn a_schedule_alone_will_do_and_may_take_lines() {
        let stored = Stored::parse("main*2\n# then\nkeeper:1,loop\n").unwrap();
        assert_eq!(stored.schedule, "main*2,keeper:1,loop");
        assert_eq!(stored.kernel, None);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line() {
        let wrong = |text: &str| Stored::parse(text).unwrap_err();
        assert_eq!(wrong("# nothing\n"), "there is no schedule in it");
        assert_eq!(
            wrong("schedule: main\nvariant: broken\n"),
            "line 2: `broken` is no variant"
        );
        assert_eq!(
            wrong("timers: 1.21\nmain\n"),
            "line 1: `1.21` is neither 1.22 nor 1.23"
        );
        assert!(wrong("colour: red\n").starts_with("line 1: `colour` is none of"));
    }
}
