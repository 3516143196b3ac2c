//! Why something cannot be imported: the file, what is wrong, the way out.

use std::io;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file, as it was named.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A file is none of those that are understood, or is damaged.
    #[error("{path}: {what}\nhint: {hint}")]
    Format {
        /// The file, as it was named.
        path: String,
        /// What is wrong with it.
        what: String,
        /// What the user can do.
        hint: String,
    },
    /// `sadf` or `rrdtool` cannot be started, or fails.
    #[error("{program} cannot read {path}: {what}\nhint: {hint}")]
    Program {
        /// Its name.
        program: &'static str,
        /// The file.
        path: String,
        /// What it said.
        what: String,
        /// What the user can do.
        hint: String,
    },
    /// A `--map` that cannot be understood.
    #[error(
        "--map {text}: {what}\nhint: --map NAME=NUMBER[:INSTANCE][*FACTOR], as in --map free=meminfo.MemFree*1024; docs/metrics.md has the numbers"
    )]
    Map {
        /// What was given.
        text: String,
        /// What is wrong with it.
        what: String,
    },
}

impl ImportError {
    /// A file that is not understood.
    pub(super) fn format(path: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Format { path: path.to_owned(), what: what.into(), hint: hint.into() }
    }
}
