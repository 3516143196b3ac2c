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

#[cfg(test)]
mod tests {
    use super::*;

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
