//! How a chat marks up text: what must be escaped so that a foreign name is shown and not obeyed, and how a word becomes bold,
//! code, a link. One short template serves all of them.

/// The markup of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Markup {
    /// None.
    Plain,
    /// Slack's mrkdwn.
    Slack,
    /// Markdown, as Discord and Gotify read it.
    Markdown,
    /// The HTML of Telegram.
    Telegram,
}

impl Markup {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Plain, Self::Slack, Self::Markdown, Self::Telegram];

    /// Text that is shown as it is.
    pub(super) fn escape(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Slack => replace(text, |letter| match letter {
                '&' => Some("&amp;"),
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                _ => None,
            }),
            Self::Telegram => replace(text, |letter| match letter {
                '&' => Some("&amp;"),
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                '"' => Some("&quot;"),
                _ => None,
            }),
            Self::Markdown => markdown(text),
        }
    }

    /// Text that must be seen.
    pub(super) fn strong(self, text: &str) -> String {
        let escaped = self.escape(text);
        match self {
            Self::Plain => escaped,
            Self::Slack => format!("*{escaped}*"),
            Self::Markdown => format!("**{escaped}**"),
            Self::Telegram => format!("<b>{escaped}</b>"),
        }
    }

    /// A command, in one line.
    pub(super) fn code(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            // There is no way to write a backtick between backticks; a command that has one is shown as text.
            Self::Slack | Self::Markdown if text.contains('`') => self.escape(text),
            Self::Slack => format!("`{}`", self.escape(text)),
            Self::Markdown => format!("`{text}`"),
            Self::Telegram => format!("<code>{}</code>", self.escape(text)),
        }
    }

    /// An address to follow. One that could end the markup around it is shown as text.
    pub(super) fn link(self, address: &str, text: &str) -> String {
        let is_plain =
            address.chars().all(|letter| letter.is_ascii_graphic() && !"<>|()\"`\\".contains(letter));
        match self {
            _ if !is_plain => self.escape(address),
            Self::Plain => address.to_owned(),
            Self::Slack => format!("<{}|{}>", self.escape(address), self.escape(text).replace('|', "/")),
            Self::Markdown => format!("[{}]({address})", self.escape(text)),
            Self::Telegram => format!("<a href=\"{}\">{}</a>", self.escape(address), self.escape(text)),
        }
    }
}

fn replace(text: &str, by: impl Fn(char) -> Option<&'static str>) -> String {
    let mut replaced = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match by(letter) {
            Some(entity) => replaced.push_str(entity),
            None => replaced.push(letter),
        }
    }
    replaced
}

/// A backslash before every letter that could mean something, wherever it stands (CommonMark 2.4).
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if "\\`*_{}[]()#+-.!|~><&".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::Markup::{Markdown, Plain, Slack, Telegram};

    #[test]
    fn what_a_service_would_obey_is_shown() {
        assert_eq!(Plain.escape("<!channel> & *x*"), "<!channel> & *x*");
        assert_eq!(Slack.escape("<!channel> & x"), "&lt;!channel&gt; &amp; x");
        assert_eq!(Telegram.escape("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
        assert_eq!(Markdown.escape("a_b* [x](y) @all"), "a\\_b\\* \\[x\\]\\(y\\) @all");
    }

    #[test]
    fn words_that_stand_out() {
        assert_eq!(Slack.strong("a<b"), "*a&lt;b*");
        assert_eq!(Markdown.strong("a*b"), "**a\\*b**");
        assert_eq!(Telegram.strong("a<b"), "<b>a&lt;b</b>");
        assert_eq!(Plain.strong("a"), "a");
    }

    #[test]
    fn commands() {
        assert_eq!(Markdown.code("ps -e | sort"), "`ps -e | sort`");
        assert_eq!(Markdown.code("echo `id`"), "echo \\`id\\`");
        assert_eq!(Slack.code("a && b"), "`a &amp;&amp; b`");
        assert_eq!(Telegram.code("a < b"), "<code>a &lt; b</code>");
    }

    #[test]
    fn links() {
        let address = "https://example.org/web1/?a=1&b=2";
        assert_eq!(Slack.link(address, "a|b"), "<https://example.org/web1/?a=1&amp;b=2|a/b>");
        assert_eq!(Markdown.link(address, "web_1"), format!("[web\\_1]({address})"));
        assert_eq!(Telegram.link(address, "x"), "<a href=\"https://example.org/web1/?a=1&amp;b=2\">x</a>");
        assert_eq!(Plain.link(address, "x"), address);
        assert_eq!(Markdown.link("https://a/(b)", "x"), "https://a/\\(b\\)");
    }
}
