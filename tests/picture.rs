//! The pictures of the README and the docs show what the program prints or draws, and can be read
//! in a light and in a dark theme.

use std::collections::BTreeMap;
use std::process::Command;

const PICTURE: &str = include_str!("../docs/run.svg");
const README: &str = include_str!("../README.md");

/// Least contrast of text: level AA of the Web Content Accessibility Guidelines 2.1.
const CONTRAST_MIN: f64 = 4.5;

/// Returns the style of the picture: outside the rules for dark themes, and inside.
fn style() -> (&'static str, &'static str) {
    let (_, rest) = PICTURE.split_once("<style>").expect("a style");
    let (style, _) = rest.split_once("</style>").expect("its end");
    let media = "@media (prefers-color-scheme: dark) {";
    let (_, rest) = style.split_once(media).expect("rules for dark themes");
    (style, rest.split_once("\n    }\n").expect("their end").0)
}

/// Returns the fill of each class. Rules of dark themes come after the others and override them.
fn fills(dark: bool) -> BTreeMap<&'static str, &'static str> {
    let (light_rules, dark_rules) = style();
    let light_rules = light_rules.split("@media").next().expect("a style");
    let rules = [light_rules, if dark { dark_rules } else { "" }];
    let lines = rules.into_iter().flat_map(str::lines);
    let fills = lines.filter_map(|line| {
        let (class, rule) = line.trim().strip_prefix('.')?.split_once(" { fill: ")?;
        Some((class, rule.trim_end_matches(" }")))
    });
    fills.collect()
}

/// Returns the relative luminance of a colour `#rrggbb`, as the guidelines define it.
fn luminance(colour: &str) -> f64 {
    let digits = colour.strip_prefix('#').expect("a colour");
    assert_eq!(digits.len(), 6, "{colour}");
    let weights = [0.2126, 0.7152, 0.0722];
    let channels = weights.iter().enumerate().map(|(index, weight)| {
        let digits = &digits[2 * index..2 * index + 2];
        let value = f64::from(u8::from_str_radix(digits, 16).expect("a number")) / 255.0;
        let linear = if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        };
        weight * linear
    });
    channels.sum()
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn the_contrast_of_known_pairs_is_right() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.001);
    assert!((contrast("#777777", "#ffffff") - 4.478).abs() < 0.001);
    assert!((contrast("#ff0000", "#ffffff") - 3.998).abs() < 0.001);
}

#[test]
fn all_text_of_the_picture_stands_out_in_both_themes() {
    assert!(!PICTURE.contains("opacity"), "opacity lowers the contrast");
    for dark in [false, true] {
        let fills = fills(dark);
        let background = fills["bg"];
        let mut texts = 0;
        for element in PICTURE.split('<').filter(|it| it.starts_with('t')) {
            let Some((_, classes)) = element.split_once("class=\"") else {
                continue;
            };
            let classes = classes.split('"').next().expect("classes").split(' ');
            // Of an element without a fill the parent has one, and is looked at.
            for fill in classes.filter_map(|class| fills.get(class)) {
                texts += 1;
                let contrast = contrast(fill, background);
                let theme = if dark { "dark" } else { "light" };
                assert!(
                    contrast >= CONTRAST_MIN,
                    "{fill} on {background}, {theme}: {contrast:.2}"
                );
            }
        }
        assert!(texts > 50, "only {texts} texts were looked at");
    }
    assert!(luminance(fills(false)["bg"]) > 0.5 && luminance(fills(true)["bg"]) < 0.1);
}

#[test]
fn the_readme_explains_each_callout() {
    let (_, after) = README.split_once("(docs/run.svg)").expect("the picture");
    let lines = after.lines().skip_while(|line| !line.starts_with("1. "));
    let items: Vec<&str> = lines
        .take_while(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    let callouts: Vec<&str> = PICTURE
        .split(" callout\">")
        .skip(1)
        .map(|rest| rest.split('<').next().expect("a number"))
        .collect();
    assert!(!callouts.is_empty());
    let numbers = items
        .iter()
        .map(|item| item.split('.').next().expect("a number"));
    assert_eq!(numbers.collect::<Vec<_>>(), callouts);
}

/// Returns the lines of text of the picture, without the callouts and the empty lines.
fn lines_of_picture() -> Vec<String> {
    let (_, rest) = PICTURE.split_once("<text").expect("a text");
    let text = rest.split_once("</text>").expect("its end").0;
    let parts = text.split('<').skip(1);
    let text: String = parts
        .map(|part| part.split_once('>').expect("a tag").1)
        .collect();
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    let text = text
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&");
    lines_of(&text)
}

fn lines_of(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// Returns what `run kubernetes/1321` prints with these arguments.
fn run(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_gordian"))
        .args(["run", "kubernetes/1321"])
        .args(arguments)
        .output()
        .expect("the program runs");
    String::from_utf8(output.stdout).expect("text")
}

/// Compares the picture with the program; `cargo xtask picture` draws it again.
#[test]
fn the_picture_shows_what_the_program_prints() {
    let printed = run(&["--color", "never", "--width", "100"]);
    let drawn = lines_of_picture();
    assert_eq!(drawn[0], "$ gordian run kubernetes/1321");
    assert_eq!(drawn[1..], lines_of(&printed));
}

/// The pictures that the program draws itself, each with the form that is asked for.
const DRAWN: [(&str, &str, &str); 2] = [
    (
        "states.svg",
        include_str!("../docs/states.svg"),
        "svg-states",
    ),
    ("lanes.svg", include_str!("../docs/lanes.svg"), "svg"),
];

/// A reader makes them by the command beside them; `cargo xtask picture` draws them again.
#[test]
fn the_other_pictures_are_what_the_program_draws() {
    let page = include_str!("../docs/page.md");
    for (file, picture, form) in DRAWN {
        assert!(picture == run(&["--format", form]), "{file} is another");
        let command = format!("gordian run kubernetes/1321 --format {form} > {file}");
        assert!(page.contains(&command), "{command}");
        assert!(page.contains(&format!("]({file})")), "{file}");
    }
    assert!(README.contains("](docs/states.svg)"));
}

/// Returns the colours of a drawn picture by their names: of the light theme, and of the dark one.
fn colours(picture: &str) -> [BTreeMap<&str, &str>; 2] {
    let (_, rest) = picture.split_once("<style>").expect("a style");
    let (style, _) = rest.split_once("</style>").expect("its end");
    let (light, dark) = style
        .split_once("prefers-color-scheme:dark")
        .expect("both themes");
    [light, dark].map(|rules| {
        let rules = rules.split("--").skip(1);
        let pairs = rules.filter_map(|rule| rule.split_once(';')?.0.split_once(':'));
        pairs
            .filter(|(_, colour)| colour.starts_with('#'))
            .collect()
    })
}

#[test]
fn all_text_of_the_other_pictures_stands_out_in_both_themes() {
    for (file, picture, _) in DRAWN {
        let [light, dark] = colours(picture);
        assert!(
            luminance(light["bg"]) > 0.5 && luminance(dark["bg"]) < 0.1,
            "{file}"
        );
        let texts = picture.split("<text").skip(1);
        let names = texts.map(|text| {
            let tag = text.split('>').next().expect("a tag");
            let class = tag.split_once("class=\"").map(|(_, rest)| rest);
            class.map_or("fg", |rest| rest.split('"').next().expect("a class"))
        });
        let names: Vec<&str> = names.collect();
        assert!(names.len() > 2, "{file} has {} texts", names.len());
        for name in names {
            for colours in [&light, &dark] {
                let contrast = contrast(colours[name], colours["bg"]);
                assert!(contrast >= CONTRAST_MIN, "{file}: {name}: {contrast:.2}");
            }
        }
    }
}
