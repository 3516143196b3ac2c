//! What can go wrong between the logs and the published pages; each error names the file and the way out.

use super::template::TemplateError;
use crate::base::format::duration;
use crate::base::words::Lang;
use std::path::PathBuf;

/// Why the site was not built. What was published before stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The logs could not be listed or read.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The series could not be made.
    #[error(transparent)]
    Series(#[from] crate::series::SeriesError),
    /// A picture could not be drawn.
    #[error(transparent)]
    Chart(#[from] crate::chart::ChartError),
    /// A file or folder of the site could not be written or read; the message names it.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The configured zone is not in the tz database.
    #[error(
        "there is no time zone {0:?}\nhint: time_zone in the configuration takes names such as Europe/Berlin or UTC"
    )]
    TimeZone(String),
    /// A rule of the configuration cannot be understood.
    #[error("{0}\nhint: docs/rules.md says what a rule may say")]
    Rule(#[from] crate::alert::RuleError),
    /// A template, built in or the user's own; the message names file and line.
    #[error(
        "{0}\nhint: mend the template or take it out of the templates folder; the pages already published stay"
    )]
    Template(String),
    /// The output folder holds an index.html that cronograph did not write.
    #[error("{} is not a page of cronograph\nhint: choose another folder with --out, or move that file away", .0.display())]
    Foreign(PathBuf),
    /// The output folder holds the pages that cron keeps up to date, and those of a stretch of the past were asked for.
    #[error(
        "{} holds the pages of now, which a run for the past would replace\nhint: name another folder with --out; a new one is made",
        .0.display()
    )]
    Live(PathBuf),
    /// Another run has the lock of the output folder, for so many seconds.
    #[error(
        "no pages were made: another program has held the lock {} for {}\nhint: `fuser -v` on that file shows which; end it if it hangs, \
         or let cron start the site less often",
        super::lock_of(.0).display(), duration(*.1, Lang::En)
    )]
    Busy(PathBuf, f64),
}

impl From<TemplateError> for SiteError {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::File(error) => Self::File(error),
            TemplateError::Mistake { .. } => Self::Template(error.to_string()),
        }
    }
}
