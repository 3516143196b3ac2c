//! `[services]`: which services are watched, which are left out, whether systemd may be asked.

use super::field;
use serde::Deserialize;

/// `[services]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServicesConfig {
    /// Names or patterns (`*`) of services to watch though nothing starts them at boot.
    #[serde(deserialize_with = "field::names")]
    pub also: Vec<String>,
    /// Names or patterns of services that are neither shown nor missed.
    #[serde(deserialize_with = "field::names")]
    pub ignore: Vec<String>,
    /// Ask systemd (`systemctl show`, after the line is written) for what files do not tell: failures, restarts, processes.
    pub ask_systemd: bool,
}

impl Default for ServicesConfig {
    fn default() -> Self {
        Self { also: Vec::new(), ignore: Vec::new(), ask_systemd: true }
    }
}
