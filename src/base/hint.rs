//! Commands of ours that a hint, a message or a page names, made to work where they are pasted: a run that was given another
//! configuration or data folder names them in its hints, too.

use std::borrow::Cow;
use std::path::Path;

/// Commands that read the configuration or the logs, whatever they are asked.
const BOUND: [&str; 13] = [
    "sample",
    "site",
    "check",
    "mute",
    "note",
    "explain",
    "push",
    "compact",
    "log",
    "import",
    "doctor",
    "install",
    "uninstall",
];
/// Only with these words are others bound to a configuration.
const BINDING: [&str; 1] = ["probe --check"];

/// What is typed behind our commands so that they see what this run saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    common: String,
    host: String,
    out: String,
}

impl Typed {
    /// The configuration file and the data folder that this run was given; neither where it was left to the defaults.
    pub fn new(config: Option<&Path>, data: Option<&Path>) -> Self {
        Self { common: option("--config", config) + &option("--data", data), ..Self::default() }
    }

    /// Also the name of the host, for commands that sample, and the folder of the pages, for those that make them.
    #[must_use]
    pub fn and(self, host: Option<&str>, out: Option<&Path>) -> Self {
        Self {
            host: host.and_then(word).map_or_else(String::new, |host| format!(" --host {host}")),
            out: option("--out", out),
            ..self
        }
    }

    /// The text with the options behind each of our commands.
    pub fn complete<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if *self == Self::default() || !text.contains("cronograph ") {
            return Cow::Borrowed(text);
        }
        let mut whole = String::new();
        for (index, part) in text.split("cronograph ").enumerate() {
            if index == 0 {
                whole.push_str(part);
                continue;
            }
            whole.push_str("cronograph ");
            let end = part.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(part.len());
            whole.push_str(&part[..end]);
            whole.push_str(&self.behind(&part[..end], part));
            whole.push_str(&part[end..]);
        }
        Cow::Owned(whole)
    }

    fn behind(&self, command: &str, text: &str) -> String {
        if !BOUND.contains(&command) && !BINDING.iter().any(|binding| text.starts_with(binding)) {
            return String::new();
        }
        let has = |option: &str| text.lines().next().is_some_and(|line| line.contains(option));
        let mut options = if has("--config") { String::new() } else { self.common.clone() };
        if matches!(command, "sample" | "install") && !has("--host") {
            options.push_str(&self.host);
        }
        if matches!(command, "site" | "install") {
            options.push_str(&self.out);
        }
        options
    }
}

/// An option with a path that holds wherever it is pasted.
fn option(name: &str, path: Option<&Path>) -> String {
    let path = path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let path = path.and_then(|path| word(path.to_str()?));
    path.map_or_else(String::new, |path| format!(" {name} {path}"))
}

/// A word of the shell's; none where it has control characters, which a terminal would obey.
pub fn word(word: &str) -> Option<String> {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:@+,=".contains(letter);
    if word.is_empty() || word.starts_with('-') || word.chars().any(char::is_control) {
        return None;
    }
    if word.chars().all(plain) {
        return Some(word.to_owned());
    }
    Some(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_sees_what_the_run_saw() {
        let typed = Typed::new(Some(Path::new("/srv/my conf.toml")), Some(Path::new("/data")));
        assert_eq!(
            typed.complete("run `cronograph site` by hand"),
            "run `cronograph site --config '/srv/my conf.toml' --data /data` by hand"
        );
        let typed = Typed::new(Some(Path::new("/c")), None);
        assert_eq!(typed.complete("cronograph probe --check a"), "cronograph probe --config /c --check a");
        assert_eq!(
            typed.complete("cronograph mute x; cronograph explain"),
            "cronograph mute --config /c x; cronograph explain --config /c"
        );
        assert_eq!(
            typed.complete("cronograph log --host a | cronograph import x"),
            "cronograph log --config /c --host a | cronograph import --config /c x"
        );
        // These need neither, or are to be run without.
        for text in [
            "cronograph probe -- ls",
            "cronograph bisect",
            "cronograph config > x",
            "/usr/local/bin/cronograph",
            "cronograph",
        ] {
            assert_eq!(typed.complete(text), text);
        }
        assert_eq!(Typed::default().complete("cronograph site"), "cronograph site");
    }

    #[test]
    fn the_host_and_the_pages_are_named_where_they_matter() {
        let typed = Typed::default().and(Some("web1"), Some(Path::new("/www")));
        assert_eq!(typed.complete("cronograph sample"), "cronograph sample --host web1");
        assert_eq!(typed.complete("cronograph site"), "cronograph site --out /www");
        assert_eq!(typed.complete("cronograph install"), "cronograph install --host web1 --out /www");
        assert_eq!(typed.complete("cronograph check"), "cronograph check");
    }
}
