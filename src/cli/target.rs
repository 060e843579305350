//! Targets of a check: a variant of a kernel, or a test or the main of a Go package. All commands
//! go one way for both.

use gordian_checker::catalogue::{Expected, Kernel, TimerRules, VariantKind};
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::{Ending, Facts, Standing};
use gordian_checker::render::Sources;
use gordian_checker::render::fingerprint::digest;
use gordian_checker::{Checker, Engine, Subject, Verdict};

use super::args::TargetArgs;
use super::failure::Failure;
use super::search::facts;

use super::{Session, select_kernels};
#[cfg(feature = "go")]
use super::{findings, go};

/// A variant of a kernel, or a test or the main of a Go package.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Kernel(Box<Kernel>, VariantKind),
    #[cfg(feature = "go")]
    Go(Box<go::Entry>),
}

impl Target {
    /// Returns the name of the kernel; of Go, the package as the command line takes it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Kernel(kernel, _) => kernel.name,
            #[cfg(feature = "go")]
            Self::Go(entry) => &entry.package,
        }
    }

    /// Returns the variant; of Go, the test.
    pub(crate) fn form(&self) -> String {
        match self {
            Self::Kernel(_, form) => form.to_string(),
            #[cfg(feature = "go")]
            Self::Go(entry) => entry.test.clone(),
        }
    }

    /// Returns true if it is Go.
    pub(crate) fn is_go(&self) -> bool {
        match self {
            Self::Kernel(..) => false,
            #[cfg(feature = "go")]
            Self::Go(_) => true,
        }
    }

    /// Returns true if it is a test or the main of a package, and no variant of a kernel.
    pub(crate) fn is_package(&self) -> bool {
        match self {
            Self::Kernel(..) => false,
            #[cfg(feature = "go")]
            Self::Go(entry) => entry.twin.is_none(),
        }
    }

    /// Returns the expected verdict. A program is expected to have no bug.
    pub(crate) fn expected(&self) -> Expected {
        match self {
            Self::Kernel(kernel, form) => kernel.variant(*form).expected,
            #[cfg(feature = "go")]
            Self::Go(entry) => match &entry.twin {
                Some(twin) => twin.kernel.variant(twin.form).expected,
                None => Expected::Proved,
            },
        }
    }

    /// Returns the goroutines that are stuck by the facts.
    pub(crate) fn stuck(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Kernel(kernel, form) => kernel.variant(*form).stuck,
            #[cfg(feature = "go")]
            Self::Go(_) => &[],
        }
    }

    /// Returns the class of the bug: `Mixed / channel & lock`.
    pub(crate) fn class(&self) -> &str {
        match self {
            Self::Kernel(kernel, _) => kernel.class,
            #[cfg(feature = "go")]
            Self::Go(_) => "",
        }
    }

    /// Returns the parts of the upstream code that were left out.
    pub(crate) fn left_out(&self) -> &str {
        match self {
            Self::Kernel(kernel, _) => kernel.left_out,
            #[cfg(feature = "go")]
            Self::Go(_) => "",
        }
    }

    /// Returns `channel & lock` of `Mixed / channel & lock`.
    pub(crate) fn subclass(&self) -> &str {
        let class = self.class();
        class.split_once('/').map_or(class, |(_, sub)| sub.trim())
    }

    /// Returns the file that it is in, as far as that is known.
    pub(crate) fn file(&self) -> &str {
        match self {
            Self::Kernel(kernel, form) => kernel.variant(*form).file,
            #[cfg(feature = "go")]
            Self::Go(entry) => entry
                .twin
                .as_ref()
                .map_or(&entry.package, |twin| &twin.file),
        }
    }

    /// Returns the whole source, where it is one text.
    pub(crate) fn source(&self) -> Option<&'static str> {
        match self {
            Self::Kernel(kernel, form) => Some(kernel.variant(*form).source),
            #[cfg(feature = "go")]
            Self::Go(_) => None,
        }
    }

    /// Returns the sources, of Go those of these files.
    pub(crate) fn sources(&self, _files: &[&str]) -> Sources {
        let mut sources = Sources::new();
        match self {
            Self::Kernel(kernel, form) => {
                let variant = kernel.variant(*form);
                sources.add(variant.file, variant.source);
            }
            #[cfg(feature = "go")]
            Self::Go(entry) => entry.add_sources(_files, &mut sources),
        }
        sources
    }

    /// Returns a digest of all that it is made of.
    pub(crate) fn digest(&self) -> String {
        match self {
            Self::Kernel(kernel, form) => digest(kernel.variant(*form).source),
            #[cfg(feature = "go")]
            Self::Go(entry) => digest(&entry.export),
        }
    }

    /// Returns the rules of its timers, unless somebody asks for others.
    pub(crate) fn timers(&self) -> TimerRules {
        match self {
            Self::Kernel(kernel, _) => kernel.timers,
            #[cfg(feature = "go")]
            Self::Go(entry) => entry.subject.timers(),
        }
    }

    /// Returns the facts that a trace has.
    pub(crate) fn facts(&self) -> Option<Facts> {
        match self {
            Self::Kernel(kernel, _) => Some(facts(kernel)),
            #[cfg(feature = "go")]
            Self::Go(_) => None,
        }
    }

    /// Returns the search that is taken if none is asked for: for races all states are needed.
    pub(crate) fn engine(&self) -> Engine {
        match self.is_go() {
            true => Engine::Stubborn,
            false => Checker::new().selected_engine(),
        }
    }

    /// Returns a verdict on it, as it is said: a proof under assumptions is not a plain one.
    pub(crate) fn said(&self, verdict: Verdict) -> String {
        said(verdict, &self.assumptions())
    }

    /// Returns the assumptions about it, in all searches so far.
    pub(crate) fn assumptions(&self) -> Vec<String> {
        match self {
            Self::Kernel(..) => Vec::new(),
            #[cfg(feature = "go")]
            Self::Go(entry) => entry.assumptions(),
        }
    }

    /// Returns the line on which goroutines stood in most of their states, with the share of these,
    /// in words.
    pub(crate) fn busiest(&self) -> Option<String> {
        match self {
            Self::Kernel(..) => None,
            #[cfg(feature = "go")]
            Self::Go(entry) => {
                let busiest = entry.subject.busiest()?;
                let (place, there, of) = (busiest.place, busiest.there, busiest.of);
                let line = format!("{}:{}", place.file, place.line);
                Some(format!("{line} ({there} of {of} states of goroutines)"))
            }
        }
    }

    /// Returns the same, of which no search has told anything yet.
    pub(crate) fn afresh(&self) -> Self {
        match self {
            Self::Kernel(..) => self.clone(),
            #[cfg(feature = "go")]
            Self::Go(entry) => Self::Go(Box::new(entry.afresh())),
        }
    }

    /// Returns true if it is in quiet time.
    pub(crate) fn is_quiet(&self) -> bool {
        match self {
            Self::Kernel(..) => false,
            #[cfg(feature = "go")]
            Self::Go(entry) => entry.subject.is_quiet(),
        }
    }

    /// Returns what asks for quiet time.
    pub(crate) fn asks_for_quiet_time(&self) -> &'static str {
        match self {
            #[cfg(feature = "go")]
            Self::Go(entry) if !entry.subject.assumes_quiet_time() => "testing/synctest",
            _ => "--time quiet",
        }
    }

    /// Returns the subject that is searched.
    pub(crate) fn subject(&self) -> Box<dyn Subject> {
        match self {
            Self::Kernel(kernel, form) => Box::new(kernel.variant(*form).subject()),
            #[cfg(feature = "go")]
            Self::Go(entry) => Box::new(entry.subject.clone()),
        }
    }

    /// Returns the ending that a panic stands for, where goroutines stand so.
    pub(crate) fn ending(&self, end: Ending, _last: &[Standing]) -> Ending {
        match self {
            Self::Kernel(..) => end,
            #[cfg(feature = "go")]
            Self::Go(_) => findings::ending(end, _last),
        }
    }

    /// Gives a trace the ending that its panic stands for.
    pub(crate) fn tell_apart(&self, _trace: &mut Trace) {
        match self {
            Self::Kernel(..) => {}
            #[cfg(feature = "go")]
            Self::Go(_) => _trace.end = findings::ending(_trace.end, &_trace.last),
        }
    }

    /// Returns a trace with the names of this target, and with the rules by which its timers went
    /// if they are not its own.
    pub(crate) fn named(&self, trace: Trace, timers: TimerRules) -> Trace {
        let mut trace = trace.named(self.name(), &self.form());
        trace.facts = self.facts();
        self.tell_apart(&mut trace);
        if timers != self.timers() {
            trace.timers = Some(timers.name().to_owned());
        }
        trace
    }
}

/// Returns a verdict under these assumptions, as it is said.
pub(crate) fn said(verdict: Verdict, assumptions: &[String]) -> String {
    match verdict {
        Verdict::Proved if !assumptions.is_empty() => format!("{verdict}, assuming"),
        _ => verdict.to_string(),
    }
}

/// Returns the targets of these names; all kernels if there is none. Of a kernel only this variant,
/// if one is asked for; of a Go package only this test.
pub(crate) fn several(
    session: &Session<'_>,
    names: &[String],
    variant: Option<&str>,
    _args: &TargetArgs,
) -> Result<Vec<Target>, Failure> {
    let (packages, kernels): (Vec<String>, Vec<String>) =
        names.iter().cloned().partition(|name| is_go(session, name));
    let mut targets = Vec::new();
    if !kernels.is_empty() || names.is_empty() {
        let form = variant
            .map(|variant| form_of(variant, "the kernels"))
            .transpose()?;
        let forms = || {
            let all = VariantKind::ALL.into_iter();
            all.filter(move |it| form.is_none_or(|form| form == *it))
        };
        let (twins, kernels): (Vec<String>, Vec<String>) = kernels
            .into_iter()
            .partition(|name| of_twin(session, name).is_some());
        if twins.is_empty() || !kernels.is_empty() {
            for kernel in select_kernels::several(session, &kernels)? {
                targets.extend(forms().map(|form| Target::Kernel(Box::new(kernel), form)));
            }
        }
        for kernel in twins.iter().filter_map(|name| of_twin(session, name)) {
            for form in forms() {
                targets.push(twin(kernel, form, _args)?);
            }
        }
    }
    if !packages.is_empty() {
        #[cfg(feature = "go")]
        targets.extend(
            go::entries(session, &packages, variant, _args)?
                .into_iter()
                .map(|entry| Target::Go(Box::new(entry))),
        );
        #[cfg(not(feature = "go"))]
        return Err(without_go(&packages[0]));
    }
    Ok(targets)
}

/// Returns the one target of this name.
pub(crate) fn one(
    session: &Session<'_>,
    name: &str,
    variant: Option<&str>,
    _args: &TargetArgs,
) -> Result<Target, Failure> {
    if !is_go(session, name) {
        let in_go = of_twin(session, name);
        let kernel = match in_go {
            Some(kernel) => kernel,
            None => select_kernels::one(session, name)?,
        };
        let form = variant.map_or(Ok(VariantKind::Buggy), |variant| {
            form_of(variant, kernel.name)
        })?;
        return match in_go {
            Some(kernel) => twin(kernel, form, _args),
            None => Ok(Target::Kernel(Box::new(kernel), form)),
        };
    }
    #[cfg(not(feature = "go"))]
    return Err(without_go(name));
    #[cfg(feature = "go")]
    go::one(session, name, variant, _args).map(|entry| Target::Go(Box::new(entry)))
}

/// Returns a variant of a kernel.
pub(crate) fn of_kernel(kernel: Kernel, variant: &str) -> Result<Target, Failure> {
    let form = form_of(variant, kernel.name)?;
    Ok(Target::Kernel(Box::new(kernel), form))
}

fn form_of(variant: &str, of: &str) -> Result<VariantKind, Failure> {
    let form = VariantKind::ALL
        .into_iter()
        .find(|form| form.to_string() == variant);
    form.ok_or_else(|| {
        Failure::Usage(format!(
            "`{variant}` is no variant of {of}: buggy and fixed are"
        ))
    })
}

/// Returns the kernel whose source in Go is called so: `kubernetes/1321.go`.
fn of_twin(session: &Session<'_>, name: &str) -> Option<Kernel> {
    let name = name.strip_suffix(TWIN)?;
    let mut kernels = session.catalogue.iter();
    kernels.find(|kernel| kernel.name == name).copied()
}

/// The end of the name of a kernel in Go.
pub(crate) const TWIN: &str = ".go";

/// Returns a variant of a kernel, as it is in Go.
fn twin(kernel: Kernel, form: VariantKind, _args: &TargetArgs) -> Result<Target, Failure> {
    #[cfg(not(feature = "go"))]
    return Err(without_go(&format!("{} {form}", kernel.name)));
    #[cfg(feature = "go")]
    go::twin(kernel, form, _args).map(|entry| Target::Go(Box::new(entry)))
}

/// Returns true if a name is that of a Go package, folder or file, or of an export.
pub(crate) fn is_go(session: &Session<'_>, name: &str) -> bool {
    if of_twin(session, name).is_some() {
        return false;
    }
    let starts = ["./", "../", "/"].iter().any(|it| name.starts_with(it));
    let ends = [".go", ".json", "..."].iter().any(|it| name.ends_with(it));
    let is_path = starts || ends || [".", ".."].contains(&name);
    let first = name.split('/').next().unwrap_or("");
    is_path || (first.contains('.') && !select_kernels::is_known(session, name))
}

#[cfg(not(feature = "go"))]
fn without_go(name: &str) -> Failure {
    Failure::Usage(format!(
        "`{name}` is Go, which this program was built without (feature `go`)"
    ))
}
