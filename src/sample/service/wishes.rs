//! What the user wants of services: which to watch though nothing starts them, which to leave out, whether systemd may be
//! asked.

use crate::base::glob;

/// `[services]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Names or patterns (`*`) of services to watch though they are not enabled.
    pub also: Vec<String>,
    /// Names or patterns of services to leave out.
    pub ignore: Vec<String>,
    /// Whether systemd may be asked for what files do not tell.
    pub ask_systemd: bool,
}

impl Wishes {
    /// The services to watch that are called by their whole names.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        self.also.iter().map(|name| bare(name)).filter(|name| !name.contains('*'))
    }

    /// Whether a service is to be watched.
    pub(super) fn watches(&self, name: &str) -> bool {
        self.also.iter().any(|pattern| glob::matches(bare(pattern), bare(name)))
    }

    /// Whether there are patterns, for which all that could be started has to be looked through.
    pub(super) fn has_patterns(&self) -> bool {
        self.also.iter().any(|name| name.contains('*'))
    }

    /// Whether a service is to be left out.
    pub(super) fn ignores(&self, name: &str) -> bool {
        self.ignore.iter().any(|pattern| glob::matches(bare(pattern), bare(name)))
    }
}

/// `nginx` of `nginx.service`.
pub(super) fn bare(name: &str) -> &str {
    name.strip_suffix(".service").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_of_systemd_may_be_written_or_not() {
        let wishes = Wishes {
            also: vec!["redis.service".to_owned(), "app-*".to_owned()],
            ignore: vec!["getty@*".to_owned()],
            ask_systemd: false,
        };
        assert_eq!(wishes.named().collect::<Vec<_>>(), ["redis"]);
        assert!(wishes.watches("redis") && wishes.watches("app-1.service") && !wishes.watches("web"));
        assert!(wishes.ignores("getty@tty1.service") && !wishes.ignores("nginx"));
    }
}
