//! The line on a terminal while an experiment runs: `run 12 · +11.8 MiB · 48 s left at most`.

use crate::base::format;
use crate::base::unit::Unit;
use crate::base::words::Lang;
use crate::probe::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// The line on standard error; hidden where that is no terminal.
pub(in crate::cli) struct Bar {
    line: ProgressBar,
    prefix: String,
}

impl Bar {
    /// What stands before each line.
    pub(in crate::cli) fn new(prefix: Option<String>) -> Self {
        let line = ProgressBar::new_spinner();
        let line = match ProgressStyle::with_template("{msg}") {
            Ok(style) => line.with_style(style),
            Err(_) => line,
        };
        line.set_message("starting");
        Self { line, prefix: prefix.map(|prefix| prefix + " · ").unwrap_or_default() }
    }

    /// Where the experiment is.
    pub(in crate::cli) fn show(&self, progress: Progress) {
        let growth = format::change(progress.growth, Unit::Memory, false);
        let left = format::duration(progress.seconds_left, Lang::En);
        self.line
            .set_message(format!("{}run {} · {growth} · {left} left at most", self.prefix, progress.runs));
        self.line.tick();
    }

    /// Takes the line away.
    pub(in crate::cli) fn clear(&self) {
        self.line.finish_and_clear();
    }
}
