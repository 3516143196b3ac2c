//! The arrows between the stages: each folder under `src/` uses only the earlier ones that the table allows, and
//! of the crate's root nothing. Read from the source, so a new path shows at once.

use std::fs;
use std::path::{Path, PathBuf};

/// Each stage and what it may use, in the order of the data's path.
const ARROWS: [(&str, &[&str]); 15] = [
    ("base", &[]),
    ("config", &["base"]),
    ("sample", &["base"]),
    ("event", &["base", "sample"]),
    ("store", &["base", "sample", "event"]),
    ("import", &["base", "sample", "store"]),
    ("series", &["base", "sample", "event", "store"]),
    ("ship", &["base", "config", "sample", "event", "store", "series"]),
    ("analysis", &["base", "config", "sample", "event", "store", "series"]),
    ("alert", &["base", "config", "sample", "event", "store", "series", "analysis"]),
    ("probe", &["base", "sample", "analysis"]),
    ("chart", &["base"]),
    ("site", &["base", "config", "sample", "event", "store", "series", "analysis", "alert", "chart"]),
    (
        "notify",
        &["base", "config", "sample", "event", "store", "series", "analysis", "alert", "chart", "site"],
    ),
    (
        "cli",
        &[
            "base", "config", "sample", "event", "store", "series", "analysis", "alert", "probe", "chart",
            "site", "notify", "ship", "import",
        ],
    ),
];

#[test]
fn every_stage_uses_only_earlier_ones() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    let mut files = 0;
    for (stage, allowed) in ARROWS {
        for path in rust_files(&source.join(stage)) {
            files += 1;
            let text = fs::read_to_string(&path).unwrap();
            let is_root = path == source.join(stage).join("mod.rs");
            for used in used_stages(&text, is_root) {
                if used != stage && !allowed.contains(&used.as_str()) {
                    faults.push(format!("{} uses crate::{used}", path.display()));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{stage_table}\n{}",
        faults.join("\n"),
        stage_table = "arrows point backwards:"
    );
    assert!(files > 60, "only {files} files were found");
}

#[test]
fn every_folder_is_a_stage_with_an_arrow() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(ARROWS.iter().any(|(stage, _)| *stage == name), "src/{name} is in no arrow");
        }
    }
}

/// The stages that a file names: `crate::x`, `crate::{x, y::z}`, and `super::x` in a stage's own `mod.rs`.
/// Comments do not count.
fn used_stages(text: &str, is_stage_root: bool) -> Vec<String> {
    let code: String = text.lines().map(|line| without_comment(line).to_owned() + "\n").collect();
    let mut used: Vec<String> = after(&code, "crate::").flat_map(first_names).collect();
    if is_stage_root {
        let stages = after(&code, "super::").flat_map(first_names);
        used.extend(stages.filter(|name| ARROWS.iter().any(|(stage, _)| stage == name)));
    }
    used.sort();
    used.dedup();
    used
}

/// What follows each occurrence of a path's start, where it is a word of its own (`$crate::` of macros, too).
fn after<'a>(code: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(start).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let inside_a_word =
            before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':');
        (!inside_a_word).then(|| &code[at + start.len()..])
    })
}

/// The first name of a path, or those of each path in braces.
fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else { return vec![name_at(path)] };
    let (mut names, mut depth, mut expects_name) = (Vec::new(), 0, true);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            _ if expects_name && !letter.is_whitespace() => {
                names.push(name_at(&group[at..]));
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

fn name_at(path: &str) -> String {
    path.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// A line up to its comment. A `//` in a string cuts too much, which hides nothing but what follows on that line.
fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_checker_sees_each_way_to_name_a_stage() {
    let names = |text: &str| used_stages(text, false);
    assert_eq!(names("use crate::site::page;"), ["site"]);
    assert_eq!(names("fn f() -> crate::cli::Args { crate::base::x() }"), ["base", "cli"]);
    assert_eq!(names("use crate::{base::{clock, files}, site::page,\n  chart};"), ["base", "chart", "site"]);
    assert_eq!(names("pub(in crate::store) fn x() {} pub(crate) fn y() {}"), ["store"]);
    assert_eq!(names("$crate::sample::metric::Unit"), ["sample"]);
    assert_eq!(names("// use crate::site;\n/// crate::cli\n//! crate::chart"), [""; 0]);
    assert_eq!(names("mycrate::site::x(); use super::site;"), [""; 0]);
    assert_eq!(used_stages("use super::site::x; use super::clock;", true), ["site"]);
}
