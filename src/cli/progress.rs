//! How far a run over many hosts or files is: a line on a terminal's standard error, where it takes longer than a second. Nowhere else.

use crate::base::clock::Stopwatch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// What takes less needs no bar.
const PATIENCE_SECONDS: f64 = 1.0;

/// The line, hidden at first.
pub(super) struct Progress {
    bar: ProgressBar,
    started: Stopwatch,
}

impl Progress {
    /// Of a run that has started then, over so many of what is named.
    pub(super) fn new(started: Stopwatch, what: &str) -> Self {
        let bar = ProgressBar::hidden();
        let bar = match ProgressStyle::with_template(&format!(
            "{{bar:30}} {{pos}} of {{len}} {what}, {{eta}} left"
        )) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { bar, started }
    }

    /// So many are done, of so many.
    pub(super) fn done(&self, done: usize, all: usize) {
        if self.bar.is_hidden()
            && self.started.seconds() > PATIENCE_SECONDS
            && std::io::stderr().is_terminal()
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
        }
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }

    /// Does something that prints, without the line in between.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
