//! What the tests of the pages make their sites of.

use cronograph::config::{Config, SiteConfig};
use cronograph::site::Inputs;
use std::path::PathBuf;

/// A site with the defaults, in English, its times in UTC.
pub(crate) fn inputs(data: PathBuf, out: PathBuf, public: bool) -> Inputs {
    let site = SiteConfig { public, ..SiteConfig::default() };
    let config = Config { data, out, site, time_zone: "UTC".to_owned(), ..Config::default() };
    Inputs::of(&config, None).unwrap()
}
