//! A value that must never be shown: a password, a token, an address that is as good as one. Its `Debug` does not tell it, and it
//! has no `Display`, so that it cannot get into a message by oversight.

use serde::Deserialize;
use std::fmt;

/// What stands for a secret where the configuration is shown.
pub(super) const SET: &str = "(set)";

/// A secret of the configuration.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text for a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself: for whom it is sent to, and for nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Of an address, what anybody may see: `https://ntfy.sh/(set)`. Path and query are what tells a webhook from a guess.
    pub fn shown_address(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return SET.to_owned() };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let host = rest[..end].rsplit('@').next().unwrap_or_default();
        let hidden = if rest.len() > end + 1 { format!("/{SET}") } else { rest[end..].to_owned() };
        format!("{scheme}://{host}{hidden}")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(SET)
    }
}

/// Secrets that a server may say back in its answer.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// These; each is hidden as a whole before another that is a part of it.
    pub fn of(secrets: impl IntoIterator<Item = String>) -> Self {
        // A word of three letters would make holes in every text.
        let mut secrets: Vec<String> = secrets.into_iter().filter(|secret| secret.len() > 3).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// A text of which none of them is a part.
    pub fn hidden_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "(secret)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_hidden_where_somebody_says_it() {
        let secrets = Secrets::of(["hush", "hush-hush", "no"].map(str::to_owned));
        assert_eq!(secrets.hidden_in("no hush-hush, hush"), "no (secret), (secret)");
    }

    #[test]
    fn is_never_told() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some((set))");
    }

    #[test]
    fn of_an_address_only_the_server_is_shown() {
        for (address, shown) in [
            ("https://ntfy.sh/topic", "https://ntfy.sh/(set)"),
            ("https://ada:hunter2@example.org:8443/", "https://example.org:8443/"),
            ("http://[::1]:80?key=1", "http://[::1]:80/(set)"),
            ("https://example.org", "https://example.org"),
            ("hunter2", "(set)"),
        ] {
            assert_eq!(Secret::new(address).shown_address(), shown);
        }
    }
}
