//! The words of pages and messages, in each language: two tables with the same keys, embedded, written by people.
//! A key names a place (`state.ok`), not an English phrase; `{name}` in a text is filled in by the caller.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A language of pages and messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// The language's tag for HTML (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }
}

/// One language's table.
#[derive(Debug, Default)]
pub struct Words {
    lang: Lang,
    table: BTreeMap<String, String>,
}

static EN: LazyLock<Words> = LazyLock::new(|| Words::parse(Lang::En, include_str!("words/en.toml")));
static ZH: LazyLock<Words> = LazyLock::new(|| Words::parse(Lang::Zh, include_str!("words/zh.toml")));

impl Words {
    /// The table of a language.
    pub fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }

    /// Which language this is.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The text of a key. A key that the table lacks stands for itself, so that a mistake shows and breaks nothing;
    /// tests look for such keys.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.find(key).unwrap_or(key)
    }

    /// The text of a key, if the table has it.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.table.get(key).map(String::as_str)
    }

    /// The text of a key with its `{name}`s replaced. One pass: what is filled in is not looked at again.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut rest = self.get(key);
        let mut filled = String::with_capacity(rest.len() + 16);
        while let Some((before, name, after)) = next_placeholder(rest) {
            filled.push_str(before);
            match values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => filled.push_str(value),
                None => filled.extend(["{", name, "}"]),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// The text for a number of things: `key.one` for exactly one where the language has such a form, else `key`.
    /// `{n}` is the number; `values` fill the rest.
    pub fn count(&self, key: &str, n: u64, values: &[(&str, &str)]) -> String {
        let digits = n.to_string();
        let mut all = vec![("n", digits.as_str())];
        all.extend_from_slice(values);
        let one = format!("{key}.one");
        let other = format!("{key}.other");
        let key = if n == 1 && self.find(&one).is_some() { &one } else { &other };
        self.fill(key, &all)
    }

    /// Every key, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.table.keys().map(String::as_str)
    }

    /// Reads a table; tests make sure that the embedded ones can be read.
    fn parse(lang: Lang, text: &str) -> Self {
        let mut words = Self { lang, table: BTreeMap::new() };
        if let Ok(table) = text.parse::<toml::Table>() {
            flatten("", table, &mut words.table);
        }
        words
    }
}

/// Turns `[state] ok = "…"` into `state.ok`.
fn flatten(prefix: &str, table: toml::Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::String(text) => {
                into.insert(key, text);
            }
            toml::Value::Table(inner) => flatten(&key, inner, into),
            // The tables hold nothing else, a test says.
            _ => {}
        }
    }
}

/// Splits at the next `{name}`: what is before it, the name, what is after it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('{')?;
    let close = open + text[open..].find('}')?;
    Some((&text[..open], &text[open + 1..close], &text[close + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn placeholders(text: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut rest = text;
        while let Some((_, name, after)) = next_placeholder(rest) {
            names.insert(name.to_owned());
            rest = after;
        }
        names
    }

    #[test]
    fn both_tables_are_read_and_have_the_same_keys() {
        let en: BTreeSet<&str> = Words::of(Lang::En).keys().collect();
        let zh: BTreeSet<&str> = Words::of(Lang::Zh).keys().collect();
        assert!(en.len() > 40, "the English table was not read: {} keys", en.len());
        let missing: Vec<_> = en.symmetric_difference(&zh).collect();
        assert!(missing.is_empty(), "keys that only one table has: {missing:?}");
    }

    #[test]
    fn the_tables_hold_nothing_but_texts() {
        fn leaves(table: &toml::Table) -> usize {
            table.values().map(|value| value.as_table().map_or(1, leaves)).sum()
        }
        for (lang, text) in
            [(Lang::En, include_str!("words/en.toml")), (Lang::Zh, include_str!("words/zh.toml"))]
        {
            let table: toml::Table = text.parse().unwrap();
            assert_eq!(leaves(&table), Words::of(lang).keys().count(), "{lang:?}");
        }
    }

    #[test]
    fn both_tables_have_the_same_placeholders() {
        let (en, zh) = (Words::of(Lang::En), Words::of(Lang::Zh));
        for key in en.keys() {
            assert_eq!(placeholders(en.get(key)), placeholders(zh.get(key)), "{key}");
            assert!(!en.get(key).is_empty() && !zh.get(key).is_empty(), "{key} is empty");
        }
    }

    #[test]
    fn a_missing_key_stands_for_itself() {
        assert_eq!(Words::of(Lang::En).get("no.such.key"), "no.such.key");
    }

    #[test]
    fn fill_replaces_once_and_only_what_it_knows() {
        let words = Words::parse(Lang::En, "a = \"{x} and {y}, {x}{\"\nb = \"plain\"");
        assert_eq!(words.fill("a", &[("x", "{y}"), ("z", "no")]), "{y} and {y}, {y}{");
        assert_eq!(words.fill("a", &[("x", "1"), ("y", "2")]), "1 and 2, 1{");
        assert_eq!(words.fill("b", &[]), "plain");
    }

    #[test]
    fn count_takes_the_form_of_the_language() {
        let words = Words::parse(Lang::En, "[host]\none = \"{n} host\"\nother = \"{n} hosts\"");
        assert_eq!(words.count("host", 1, &[]), "1 host");
        assert_eq!(words.count("host", 2, &[]), "2 hosts");
        assert_eq!(words.count("host", 0, &[]), "0 hosts");
    }
}
