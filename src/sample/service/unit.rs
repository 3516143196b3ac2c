//! What should run, as the slow beat finds it out and as it is kept for the samples in between.

use serde::{Deserialize, Serialize};

/// A service that its manager starts by itself, or that the user watches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// It may be inactive without being missed: it does its work and ends, or starts when it is called.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) rests: bool,
    /// It has no process when it is active: it did its work.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) once: bool,
    /// Found by calls in its script, which may be made or not: missed only after it has been seen running.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) guessed: bool,
    /// Where the number of its process may stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pid_files: Vec<String>,
    /// Its program, a path or a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<String>,
}
