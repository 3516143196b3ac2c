//! Why samples could not be sent, where it is not the engine's doing: that is a [`crate::base::refusal::Refusal`].

use crate::config::ConfigError;
use crate::store::StoreError;

/// Why a run of `push` failed.
#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// The file holds secrets, and others may read it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of ours.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Cannot happen with requests of this size.
    #[error("a request cannot be compressed")]
    Compress(#[from] snap::Error),
}
