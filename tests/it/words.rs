//! Every key of the words that templates and code name must be in the tables (which have the same keys: a unit test
//! beside them says so).

use cronograph::base::words::{Lang, Words};
use std::fs;
use std::path::Path;

/// A key, or one that `Words::count` completes.
fn exists(key: &str) -> bool {
    let words = Words::of(Lang::En);
    words.find(key).is_some() || words.find(&format!("{key}.other")).is_some()
}

/// Texts in double quotes that could be a key: `word.word`, nothing else.
fn candidates(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('"').skip(1);
    quoted.filter(|text| {
        let mut parts = text.split('.');
        let is_word = |part: &str| {
            !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        text.contains('.') && parts.all(is_word)
    })
}

/// A key of a table of the words; not a metric, not the name of a file.
fn is_key(text: &str) -> bool {
    let table = text.split('.').next().unwrap_or_default();
    let has_table = Words::of(Lang::En).keys().any(|key| key.split('.').next() == Some(table));
    let is_file = ["html", "txt", "json", "css", "js", "svg", "toml", "rs", "md", "service", "timer", "cfg"]
        .iter()
        .any(|extension| text.ends_with(&format!(".{extension}")));
    has_table && !is_file
}

fn each_file(folder: &Path, with: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, with);
        } else if let Ok(text) = fs::read_to_string(&path) {
            with(&path, &text);
        }
    }
}

#[test]
fn templates_and_code_name_words_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut named, mut missing) = (0, Vec::new());
    // The other folders' texts are names of metrics, settings and files.
    for folder in ["templates", "src/base", "src/analysis", "src/site", "src/notify"] {
        each_file(&root.join(folder), &mut |path, text| {
            // Tests may name keys that are missing on purpose.
            let code = text.split("#[cfg(test)]").next().unwrap_or(text);
            for key in candidates(code).filter(|text| is_key(text)) {
                named += 1;
                if !exists(key) {
                    missing.push(format!("{}: {key}", path.display()));
                }
            }
        });
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named > 50, "only {named} keys were found");
}

#[test]
fn keys_are_told_from_metrics_and_files() {
    assert_eq!(candidates(r#"t("site.zone") + "a b.c" + 'x' + "state.""#).collect::<Vec<_>>(), ["site.zone"]);
    assert!(is_key("problem.steal") && !is_key("stat.steal") && !is_key("site.html"));
    assert!(exists("problem.oom") && exists("problem.steal") && !exists("problem.no"));
}
