//! The site's own static files: embedded, published under names that tell their content, so that a web server may let
//! browsers keep them for ever. The user's own style sheet replaces the built-in one.

use super::error::SiteError;
use super::publish::Publisher;
use crate::base::hash;
use crate::config::SiteConfig;

const STYLE: &str = include_str!("../../site/style.css");
const ICON: &str = include_str!("../../site/icon.svg");
const SCRIPT: &str = include_str!("../../site/refresh.js");
const FLEET_SCRIPT: &str = include_str!("../../site/fleet.js");

/// The static files and what they are called.
#[derive(Clone, Debug)]
pub(crate) struct Assets {
    files: [(String, String); 3],
    fleet: (String, String),
}

impl Assets {
    /// The built-in files, and the user's style sheet where there is one.
    ///
    /// # Errors
    /// Where the user's style sheet cannot be read.
    pub(crate) fn load(site: &SiteConfig) -> Result<Self, SiteError> {
        let style = match &site.style {
            Some(path) => fs_err::read_to_string(path)?,
            None => STYLE.to_owned(),
        };
        let style = format!("{}\n{style}", crate::chart::palette::css());
        let named = |stem: &str, extension: &str, text: String| {
            (format!("{stem}-{}.{extension}", hash::name(&[text.as_bytes()])), text)
        };
        let files = [
            named("style", "css", style),
            named("icon", "svg", ICON.to_owned()),
            named("refresh", "js", SCRIPT.to_owned()),
        ];
        Ok(Self { files, fleet: named("fleet", "js", FLEET_SCRIPT.to_owned()) })
    }

    /// File name of the style sheet.
    pub(crate) fn style(&self) -> &str {
        &self.files[0].0
    }

    /// File name of the icon.
    pub(crate) fn icon(&self) -> &str {
        &self.files[1].0
    }

    /// File name of the optional script.
    pub(crate) fn script(&self) -> &str {
        &self.files[2].0
    }

    /// Publishes the optional script of the page of all hosts, and says what it is called.
    pub(crate) fn publish_fleet_script(&self, publisher: &Publisher) -> Result<&str, SiteError> {
        let (name, text) = &self.fleet;
        publisher.file(name, text.as_bytes())?;
        Ok(name)
    }

    /// Publishes what every site has.
    pub(crate) fn publish(&self, publisher: &Publisher) -> Result<(), SiteError> {
        self.files.iter().try_for_each(|(name, text)| publisher.file(name, text.as_bytes()))
    }
}
