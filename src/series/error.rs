//! What can go wrong between the log and a window of it.

use crate::store::{StoreError, way_out};
use std::io;
use std::path::PathBuf;

/// Why numbers over time cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SeriesError {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A rollup or the cache cannot be read or written.
    #[error(
        "cannot keep rollups in {}: {source}; {} (pages are made without them, slower)",
        path.display(), way_out(source, path)
    )]
    Rollup {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}
