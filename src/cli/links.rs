//! Links from the output to the source, in the form that terminals understand (OSC 8).

use std::env;
use std::path::Path;

/// Links each line number (`:64`) in the text to that line of this file, and the file's name to the
/// file. Returns the text unchanged if the file does not exist.
pub(crate) fn link(text: &str, file: &str) -> String {
    let Ok(folder) = env::current_dir() else {
        return text.to_owned();
    };
    let path = folder.join(file);
    if !path.is_file() {
        return text.to_owned();
    }
    link_to(text, file, &address(&path))
}

fn link_to(text: &str, file: &str, address: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(file) {
            out += &anchor(address, file);
            rest = after;
        } else if let Some(digits) = line_number(&out, rest) {
            let (number, after) = rest.split_at(1 + digits);
            out += &anchor(&format!("{address}#L{}", &number[1..]), number);
            rest = after;
        } else {
            let next = rest.chars().next().map_or(rest.len(), char::len_utf8);
            out += &rest[..next];
            rest = &rest[next..];
        }
    }
    out
}

/// Returns the number of digits of the line number that follows a colon at the beginning of `rest`.
/// Returns `None` if it is something else, such as a time or a case.
fn line_number(before: &str, rest: &str) -> Option<usize> {
    let digits = rest
        .strip_prefix(':')?
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let escape = before.rsplit_once('\u{1b}').map(|(_, sequence)| sequence);
    let after_escape = escape.is_some_and(|sequence| {
        sequence.starts_with('[') && sequence.find('m') == Some(sequence.len() - 1)
    });
    let apart = before.ends_with([' ', '(']) || before.is_empty() || after_escape;
    (digits > 0 && apart).then_some(digits)
}

fn anchor(address: &str, text: &str) -> String {
    format!("\u{1b}]8;;{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}

/// Returns a path as a URI, with special bytes escaped.
fn address(path: &Path) -> String {
    let mut out = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_numbers_are_linked_and_other_colons_are_not() {
        let linked = |text: &str| link_to(text, "src/a.rs", "file:///x/src/a.rs");
        let line = |number: &str| anchor(&format!("file:///x/src/a.rs#L{}", &number[1..]), number);
        assert_eq!(
            linked("lock m :64 (:8)"),
            format!("lock m {} ({})", line(":64"), line(":8"))
        );
        assert_eq!(
            linked("\u{1b}[2m:64\u{1b}[0m"),
            format!("\u{1b}[2m{}\u{1b}[0m", line(":64"))
        );
        assert_eq!(linked("keeper:1, 12:30 a: b"), "keeper:1, 12:30 a: b");
        assert_eq!(
            linked("in src/a.rs"),
            format!("in {}", anchor("file:///x/src/a.rs", "src/a.rs"))
        );
    }

    #[test]
    fn what_is_not_there_is_not_linked() {
        assert_eq!(link("lock :64", "no/such/file.rs"), "lock :64");
    }

    #[test]
    fn addresses_are_escaped() {
        assert_eq!(address(Path::new("/a b/ü.rs")), "file:///a%20b/%C3%BC.rs");
    }
}
