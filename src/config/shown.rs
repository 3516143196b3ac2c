//! What of a line of the file may be shown in an error: of a channel and of `[push]`, only the values of keys that are known to hold no secret.

/// Keys of a channel whose values anybody may see.
const HARMLESS: [&str; 13] = [
    "name",
    "kind",
    "least",
    "hosts",
    "to",
    "from",
    "user",
    "password_file",
    "ca_file",
    "chat",
    "method",
    "template",
    "command",
];

/// The same of `[push]` and `[source]`.
const HARMLESS_TO_PUSH: [&str; 3] = ["days", "labels", "user"];

/// Keys of a channel whose values nobody may see, wherever somebody wrote them by mistake.
const SECRET: [&str; 6] = ["password", "url", "token", "secret", "headers", "smtp"];

/// A line, from 1, with what must not be shown left out; and whether something was.
pub(super) fn line(text: &str, number: usize) -> (String, bool) {
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
    let before = text.lines().take(number).map(str::trim);
    let table = before.filter(|line| line.starts_with('[')).last().unwrap_or_default();
    let (key, value) = line.split_once('=').unwrap_or(("", line));
    let key = key.trim();
    // `[channel.headers]` holds nothing but values; `channel = [{ … }]` holds all of them.
    let in_channel = table.trim_start_matches(['[', ' ']).starts_with("channel");
    let in_push = table.trim_start_matches(['[', ' ']).starts_with("push")
        || table.trim_start_matches(['[', ' ']).starts_with("source");
    let in_headers = (in_channel || in_push) && table.contains("headers");
    let is_secret = if in_channel {
        in_headers || !HARMLESS.contains(&key)
    } else if in_push {
        in_headers || !HARMLESS_TO_PUSH.contains(&key)
    } else {
        key.starts_with("channel")
            || key.starts_with("push")
            || key.starts_with("source")
            || SECRET.contains(&key)
    };
    if is_secret && !value.trim().is_empty() && !line.starts_with('[') {
        let key = if key.is_empty() { String::new() } else { format!("{key} = ") };
        return (format!("{key}…"), true);
    }
    (line.to_owned(), false)
}

/// The parser's words without the value that they quote: `invalid type: integer `1`, expected a string`.
pub(super) fn without_values(message: &str) -> String {
    match (message.split_once(": "), message.split_once(", expected ")) {
        (Some((what, _)), Some((_, expected))) => format!("{what}: expected {expected}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_channels_are_left_out() {
        let text = "lang = \"xx\"\n[[channel]]\nname = \"a\"\npassword = \"hush\n[channel.headers]\nX = \"hush\n[site]\ntitle = 1";
        let shown = |number| line(text, number);
        assert_eq!(shown(1), ("lang = \"xx\"".to_owned(), false));
        assert_eq!(shown(2), ("[[channel]]".to_owned(), false));
        assert_eq!(shown(3), ("name = \"a\"".to_owned(), false));
        assert_eq!(shown(4), ("password = …".to_owned(), true));
        assert_eq!(shown(6), ("X = …".to_owned(), true));
        assert_eq!(shown(8), ("title = 1".to_owned(), false));
        assert_eq!(line("password = 1", 1), ("password = …".to_owned(), true));
        assert_eq!(line("channel = [{ token = 1 }]", 1), ("channel = …".to_owned(), true));
        assert_eq!(line("[[channel]]\nheaders = {\n\"hush", 3).0, "…".to_owned());
    }

    #[test]
    fn the_parsers_words_lose_the_value() {
        let words = "invalid type: string \"hush, expected \", expected a map";
        assert!(!without_values(words).contains("hush"));
        assert_eq!(
            without_values("invalid type: integer `1`, expected a string"),
            "invalid type: expected a string"
        );
        assert_eq!(without_values("invalid basic string"), "invalid basic string");
    }
}
