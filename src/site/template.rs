//! Templates of pages, feeds and messages: embedded, and each replaced by the user's file of the same name. Other files of the
//! user's folder can be included. A mistake in one names its file and line, and costs nothing but what it is for: pages never
//! read a template of messages, nor messages one of pages.
//!
//! Text is escaped where a template's name ends with `.html`, `.xml` or `.json`, and is left as it is in a `.txt`.

use crate::base::escape;
use crate::base::words::{Lang, Words};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The templates of one stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    /// Names and texts.
    pub(crate) built_in: &'static [(&'static str, &'static str)],
    /// What the names begin with; `None`: all names with which no other set's begin.
    pub(crate) prefix: Option<&'static str>,
}

/// The pages'.
pub(crate) const PAGES: Set = Set { built_in: &BUILT_IN, prefix: None };

/// What the names of messages' templates begin with.
pub(crate) const MESSAGE_PREFIX: &str = "message.";

/// Every built-in template of pages; a test compares this list with the folder.
const BUILT_IN: [(&str, &str); 7] = [
    ("alerts.html", include_str!("../../templates/alerts.html")),
    ("base.html", include_str!("../../templates/base.html")),
    ("feed.xml", include_str!("../../templates/feed.xml")),
    ("fleet.html", include_str!("../../templates/fleet.html")),
    ("host.html", include_str!("../../templates/host.html")),
    ("hosts.html", include_str!("../../templates/hosts.html")),
    ("parts.html", include_str!("../../templates/parts.html")),
];

/// What is wrong with a template, built in or the user's own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TemplateError {
    /// The user's folder, or a file in it, cannot be read; the message names it.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// There is a mistake in it.
    #[error("{file}:{line}: {message}")]
    Mistake {
        /// The template's file, or its built-in name.
        file: String,
        /// The line in it.
        line: usize,
        /// What the template engine says.
        message: String,
    },
}

/// The templates of one run.
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// The user's files by template name.
    own: BTreeMap<String, PathBuf>,
}

impl Templates {
    /// Reads and compiles a set, so that a mistake shows before anything is made.
    ///
    /// # Errors
    /// Where the user's folder cannot be read, or a template has a mistake.
    pub(crate) fn load(set: Set, folder: Option<&Path>, lang: Lang) -> Result<Self, TemplateError> {
        Self::load_into(environment(lang), set, folder)
    }

    /// The same with functions and rules of the caller's own.
    ///
    /// # Errors
    /// As [`Templates::load`].
    pub(crate) fn load_into(
        environment: Environment<'static>,
        set: Set,
        folder: Option<&Path>,
    ) -> Result<Self, TemplateError> {
        let mut sources: BTreeMap<String, String> =
            set.built_in.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let own = folder.map(|folder| own_templates(set, folder)).transpose()?.unwrap_or_default();
        for (name, path) in &own {
            sources.insert(name.clone(), fs_err::read_to_string(path)?);
        }
        let mut templates = Self { environment, own };
        for (name, source) in sources {
            let added = templates.environment.add_template_owned(name, source);
            added.map_err(|error| templates.locate(&error))?;
        }
        Ok(templates)
    }

    /// Adds one file that lies anywhere, under its path. A name with `.json` in it escapes for JSON.
    ///
    /// # Errors
    /// Where it cannot be read, or has a mistake.
    pub(crate) fn add(&mut self, path: &Path) -> Result<(), TemplateError> {
        let name = path.display().to_string();
        let added = self.environment.add_template_owned(name, fs_err::read_to_string(path)?);
        added.map_err(|error| self.locate(&error))
    }

    /// Renders a page, or a message.
    ///
    /// # Errors
    /// Where a template asks for what is not there.
    pub(crate) fn render(&self, name: &str, page: &impl serde::Serialize) -> Result<String, TemplateError> {
        let template = self.environment.get_template(name).map_err(|error| self.locate(&error))?;
        template.render(Serde(page)).map_err(|error| self.locate(&error))
    }

    fn locate(&self, error: &Error) -> TemplateError {
        // The innermost error that knows its place: a macro's own line, not the line that calls it.
        let mut innermost = error;
        let mut cause = std::error::Error::source(error);
        while let Some(source) = cause {
            if let Some(inner) = source.downcast_ref::<Error>().filter(|inner| inner.name().is_some()) {
                innermost = inner;
            }
            cause = source.source();
        }
        let name = innermost.name().unwrap_or("template");
        let file = self.own.get(name).map_or_else(|| name.to_owned(), |path| path.display().to_string());
        let what = innermost.detail().map_or_else(|| innermost.kind().to_string(), str::to_owned);
        TemplateError::Mistake { file, line: innermost.line().unwrap_or(0), message: what }
    }
}

/// The engine with the words of a language: a template that asks for what is not there is a mistake.
pub(crate) fn environment(lang: Lang) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(write_escaped);
    let words = Words::of(lang);
    environment.add_function("t", move |key: &str| {
        let missing = || Error::new(ErrorKind::UndefinedError, format!("there are no words for {key:?}"));
        words.find(key).map(str::to_owned).ok_or_else(missing)
    });
    environment
}

/// Escapes what HTML needs, in text and in quoted attributes. The engine's own escapes `/`, too, which is in every
/// address and mount point, so that nobody could read a page's source. Control characters and those that turn the direction of text,
/// by which a foreign name can show something else than it is, are made visible.
fn write_escaped(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let Some(text) =
        value.as_str().filter(|_| !value.is_safe() && matches!(state.auto_escape(), AutoEscape::Html))
    else {
        return minijinja::escape_formatter(out, state, value);
    };
    let text = escape::lines(text);
    let mut rest = &*text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    Ok(out.write_str(rest)?)
}

/// The files of the user's folder that are of this set.
fn own_templates(set: Set, folder: &Path) -> Result<BTreeMap<String, PathBuf>, TemplateError> {
    let mut own = BTreeMap::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if set.holds(name) {
            own.insert(name.to_owned(), path.clone());
        }
    }
    Ok(own)
}

impl Set {
    /// Whether a file of the user's belongs to it.
    fn holds(self, name: &str) -> bool {
        let is_template = [".html", ".txt", ".xml"].iter().any(|extension| name.ends_with(extension));
        is_template
            && match self.prefix {
                Some(prefix) => name.starts_with(prefix),
                None => !name.starts_with(MESSAGE_PREFIX),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_lists_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| PAGES.holds(name))
            .collect();
        let table: BTreeSet<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(files, table);
    }

    fn broken(name: &str, text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        let templates = Templates::load(PAGES, Some(folder.path()), Lang::En);
        let rendered = templates.and_then(|templates| templates.render(name, &BTreeMap::<String, u8>::new()));
        rendered.unwrap_err().to_string().replace(&folder.path().display().to_string(), "")
    }

    #[test]
    fn a_mistake_names_file_and_line() {
        assert!(broken("host.html", "one\n{% if %}\n").starts_with("/host.html:2: "), "syntax");
        assert!(broken("host.html", "one\ntwo\n{{ nothing }}\n").starts_with("/host.html:3: "), "undefined");
        assert!(broken("host.html", "{{ t(\"no.such\") }}").contains("no words for \"no.such\""), "words");
    }

    #[test]
    fn a_template_of_messages_costs_no_page() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("message.html"), "{% if %}").unwrap();
        assert!(Templates::load(PAGES, Some(folder.path()), Lang::En).is_ok());
    }

    #[test]
    fn foreign_text_is_escaped() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.html"), "{{ name }}").unwrap();
        let templates = Templates::load(PAGES, Some(folder.path()), Lang::En).unwrap();
        let page = BTreeMap::from([("name", "<script>\"'&")]);
        let text = templates.render("x.html", &page).unwrap();
        assert!(!text.contains('<') && !text.contains('"'), "{text}");
        let page = BTreeMap::from([("name", "a\u{202e}gnp.<\u{1b}\n\u{9b}")]);
        assert_eq!(templates.render("x.html", &page).unwrap(), "a\\u{202e}gnp.&lt;\\u{1b}\n\\u{9b}");
    }
}
