//! What can be wrong with the configuration: the file, the line, the value, and the right key where one is near.

use super::channel::Fault;
use super::{origin, shown};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system said, with the path.
        source: std::io::Error,
    },
    /// A place in the file is not what it should be.
    #[error("{}:{line}:{column}: {message}, in `{text}`", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// The line itself.
        text: String,
        /// The way out.
        hint: Option<String>,
    },
    /// The file holds secrets, and others may read it.
    #[error("{} holds secrets, and others may read it (mode {mode:04o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// No such zone, here or in the data that the program carries.
    #[error("{origin}: there is no time zone `{name}`")]
    TimeZone {
        /// The name.
        name: String,
        /// Where it stands.
        origin: String,
    },
}

impl ConfigError {
    /// The way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { path, source } if source.kind() == std::io::ErrorKind::NotFound => Some(format!(
                "`cronograph config > {}` writes one with the defaults (without --config and CRONOGRAPH_CONFIG)",
                path.display()
            )),
            Self::Read { .. } => None,
            Self::Invalid { hint, .. } => hint.clone(),
            Self::Exposed { path, .. } => Some(format!("chmod 600 {}", path.display())),
            Self::TimeZone { .. } => {
                Some("`timedatectl list-timezones` lists them; like \"Europe/Berlin\" or \"UTC\"".to_owned())
            }
        }
    }

    /// What the parser says about a place in `text`, in our words.
    pub(super) fn invalid(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        let (line, column, line_text) = place(text, &span);
        let (message, hint) = match unknown_key(error.message()) {
            Some((key, expected)) => (format!("unknown key `{key}`"), nearest(&key, &expected)),
            None => (plain(error.message()), list(error.message(), line_text)),
        };
        let (text, is_hidden) = shown::line(text, line);
        let message = if is_hidden { shown::without_values(&message) } else { message };
        Self::Invalid { path: path.to_owned(), line, column, message, text, hint }
    }

    /// What is wrong with a channel.
    pub(super) fn fault(path: &Path, text: &str, fault: Fault) -> Self {
        let (line, column) = origin::place_of(text, &fault.key).unwrap_or((1, 1));
        let (text, _) = shown::line(text, line);
        Self::Invalid {
            path: path.to_owned(),
            line,
            column,
            message: fault.message,
            text,
            hint: Some(fault.hint),
        }
    }
}

/// Line and column, from 1, of the beginning of a span, and that line. A span may lie at the very end.
pub(super) fn place<'a>(text: &'a str, span: &Range<usize>) -> (usize, usize, &'a str) {
    let before = text.get(..span.start).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column, line)
}

/// The key that serde does not know, and those that it does: "unknown field `a`, expected one of `b`, `c`".
fn unknown_key(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, expected) = rest.split_once('`')?;
    let expected = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((key.to_owned(), expected))
}

/// The parser's words without those of the programming language.
fn plain(message: &str) -> String {
    let words = ["usize", "u32", "u8"].into_iter().find_map(|name| message.strip_suffix(name));
    words.map_or_else(|| message.to_owned(), |rest| format!("{rest}a whole number, not below 0"))
}

/// Lists are what nobody gets right at first.
fn list(message: &str, line: &str) -> Option<String> {
    if message.ends_with("sequence, expected a string") {
        return Some("write one text in quotes, without brackets".to_owned());
    }
    if !message.ends_with("expected a sequence") {
        return None;
    }
    let line = line.trim();
    if line.starts_with("command") {
        return Some(
            "no shell reads it: write each word by itself, `command = [\"service\", \"--status-all\"]`"
                .to_owned(),
        );
    }
    line.starts_with('[').then(|| format!("there can be several: write `[{line}]`, with two brackets"))
}

/// The right key: one of the same name in another table, or the one that looks most alike.
fn nearest(key: &str, expected: &[String]) -> Option<String> {
    if let Some(table) = origin::table_of(key) {
        return Some(format!("`{key}` belongs {table}"));
    }
    let alike = |candidate: &String| strsim::jaro_winkler(candidate, key);
    let best = expected.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    if alike(best) < 0.75 {
        return Some(format!("known here: {}", expected.join(", ")));
    }
    Some(format!("did you mean `{best}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        assert_eq!(place("a\nüb = 1\n", &(5..6)), (2, 3, "üb = 1"));
        assert_eq!(place("", &(0..0)), (1, 1, ""));
        assert_eq!(place("a\n", &(2..2)), (2, 1, ""));
        assert_eq!(place("a", &(9..9)), (1, 2, "a"));
    }

    #[test]
    fn serde_says_which_keys_it_knows() {
        let (key, expected) = unknown_key("unknown field `tpo`, expected one of `top`, `groups`").unwrap();
        assert_eq!((key.as_str(), expected), ("tpo", vec!["top".to_owned(), "groups".to_owned()]));
        assert_eq!(unknown_key("invalid type: string"), None);
    }
}
