//! Selection of kernels by the names that people type.

use std::path::Path;

use gordian_checker::catalogue::Kernel;
use gordian_checker::execution::escape::visible;
use gordian_checker::render::commands::shell_word;

use super::Session;
use super::failure::Failure;

/// Most similar names that are suggested.
const NEAR_MAX: usize = 3;

/// Returns the kernels with these names, or with these beginnings or ends of names. Each is
/// returned once, in the order of the catalogue. If no name is given, all are returned.
pub(crate) fn several(session: &Session<'_>, names: &[String]) -> Result<Vec<Kernel>, Failure> {
    let catalogue = session.catalogue;
    let mut picked = vec![names.is_empty(); catalogue.len()];
    for name in names {
        let found = matching(catalogue, name);
        if found.is_empty() {
            return Err(unknown(session, name));
        }
        for index in found {
            picked[index] = true;
        }
    }
    let all = catalogue.iter().zip(picked);
    Ok(all
        .filter(|(_, picked)| *picked)
        .map(|(kernel, _)| *kernel)
        .collect())
}

/// Returns the one kernel with this name, or this beginning or end of its name.
pub(crate) fn one(session: &Session<'_>, name: &str) -> Result<Kernel, Failure> {
    let catalogue = session.catalogue;
    match matching(catalogue, name)[..] {
        [] => Err(unknown(session, name)),
        [index] => Ok(catalogue[index]),
        ref several => {
            let names: Vec<&str> = several.iter().map(|&index| catalogue[index].name).collect();
            Err(Failure::Usage(format!(
                "`{name}` names {} kernels, and one is wanted: {}",
                names.len(),
                names.join(", ")
            )))
        }
    }
}

/// Returns the positions of the matching kernels. A full name takes precedence over beginnings, and
/// these over ends after a slash. A name may also be written with its invisible characters escaped,
/// as it is shown.
fn matching(catalogue: &[Kernel], name: &str) -> Vec<usize> {
    let is_it = |kernel: &Kernel| kernel.name == name || visible(kernel.name) == name;
    if let Some(index) = catalogue.iter().position(is_it) {
        return vec![index];
    }
    let begins = |index: &usize| {
        let of = catalogue[*index].name;
        !name.is_empty() && (of.starts_with(name) || visible(of).starts_with(name))
    };
    let begun: Vec<usize> = (0..catalogue.len()).filter(begins).collect();
    if !begun.is_empty() {
        return begun;
    }
    let ends = |index: &usize| {
        let of = catalogue[*index].name;
        let is_end = |of: &str| {
            of.strip_suffix(name)
                .is_some_and(|rest| rest.ends_with('/'))
        };
        is_end(of) || is_end(&visible(of))
    };
    (0..catalogue.len()).filter(ends).collect()
}

/// Returns true if a name is that of a kernel, or of several.
pub(crate) fn is_known(session: &Session<'_>, name: &str) -> bool {
    !matching(session.catalogue, name).is_empty()
}

fn unknown(session: &Session<'_>, name: &str) -> Failure {
    let near = near(session.catalogue, name);
    let hint = match near[..] {
        _ if Path::new(name).exists() => format!(
            "a Go folder or file is written with its path: {}",
            shell_word(&format!("./{name}"))
        ),
        [] => format!("`{} list` names all kernels", shell_word(&session.program)),
        _ => format!("did you mean {}?", near.join(", ")),
    };
    Failure::NoKernel(format!("no kernel is named `{name}`\n  {hint}"))
}

/// Returns similar names, the most similar first. The full name, the project and the number are
/// compared.
fn near(catalogue: &[Kernel], name: &str) -> Vec<&'static str> {
    let name = name.to_lowercase();
    let likeness = |kernel: &Kernel| {
        let parts = kernel.name.split('/').filter(|_| !name.contains('/'));
        std::iter::once(kernel.name)
            .chain(parts)
            .map(|part| strsim::normalized_damerau_levenshtein(&name, part))
            .fold(0.0, f64::max)
    };
    let mut found: Vec<(f64, &'static str)> = catalogue
        .iter()
        .map(|kernel| (likeness(kernel), kernel.name))
        .filter(|(likeness, _)| *likeness > 0.6)
        .collect();
    found.sort_by(|(a, first), (b, second)| b.total_cmp(a).then(first.cmp(second)));
    found
        .into_iter()
        .take(NEAR_MAX)
        .map(|(_, name)| name)
        .collect()
}
