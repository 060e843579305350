//! Colours, characters, width; help, completions and the manual.

use crate::support::{gordian, run};

#[test]
fn colours_come_where_they_are_wanted() {
    let coloured = |flags: &[&str], variables: &[(&str, &str)]| {
        let mut command = gordian();
        command.envs(variables.iter().copied());
        run(command, &[&["check", "kubernetes/1321"], flags].concat())
            .out
            .contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&[], &[("FORCE_COLOR", "1")]));
    assert!(!coloured(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn ascii_is_ascii() {
    for args in [
        &["check", "kubernetes/1321"][..],
        &["run", "kubernetes/1321"],
        &["list"],
        &["yardstick", "philosophers", "2"],
    ] {
        let done = run(gordian(), &[args, &["--ascii"]].concat());
        assert!(done.out.is_ascii(), "{}", done.out);
        let mut plain = gordian();
        plain.env("LANG", "C");
        assert!(run(plain, args).out.is_ascii(), "{args:?}");
    }
    assert!(!run(gordian(), &["check", "kubernetes/1321"]).out.is_ascii());
}

#[test]
fn no_line_is_wider_than_it_may_be() {
    for width in [60, 80, 100] {
        for args in [
            &["check", "kubernetes"][..],
            &["run", "kubernetes/1321"],
            &["list"],
        ] {
            let done = run(
                gordian(),
                &[args, &["--width", &width.to_string()]].concat(),
            );
            for line in done.out.lines() {
                let is_command = line.contains("replay");
                assert!(
                    is_command || line.chars().count() <= width,
                    "over {width}: {line}"
                );
            }
        }
    }
}

#[test]
fn two_runs_print_the_same() {
    let once = run(gordian(), &["run", "kubernetes/1321"]).out;
    for _ in 0..3 {
        assert_eq!(run(gordian(), &["run", "kubernetes/1321"]).out, once);
    }
}

#[test]
fn help_tells_the_exit_codes_and_every_command_has_a_page() {
    let done = run(gordian(), &["--help"]);
    assert_eq!(done.code, 0);
    done.says(&["Exit codes:", "bounded under --require-proof"]);
    for command in [
        "list",
        "check",
        "run",
        "replay",
        "why",
        "twin",
        "step",
        "report",
        "yardstick",
        "completions",
        "man",
    ] {
        done.says(&[command]);
        let page = run(gordian(), &["man", command]);
        assert_eq!(page.code, 0);
        assert!(page.out.contains(".TH"), "{}", page.out);
    }
    let page = run(gordian(), &["man"]);
    page.says(&["Exit codes:", "\\-\\-require\\-proof"]);
    assert_eq!(run(gordian(), &["man", "chek"]).code, 2);
    assert_eq!(run(gordian(), &[]).code, 2);
}

#[test]
fn completions_know_every_command_and_kernel() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = run(gordian(), &["completions", shell]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        done.says(&["yardstick", "require-proof"]);
        if ["bash", "zsh", "fish"].contains(&shell) {
            done.says(&["etcd/7443", "kubernetes/1321"]);
        }
    }
}
