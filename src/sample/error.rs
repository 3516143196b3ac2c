//! Why a part of the sample could not be read. Such an error costs that part only: it is named in `errors`.

use std::io;

/// A kernel's file that is there and did not give what it should.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The file could not be opened or read.
    #[error("cannot read /{path}: {source}")]
    Read {
        /// The file, relative to the root.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The file says something that cannot be understood.
    #[error("/{path}: {value:?} is not {expected}; please report it with the file")]
    Parse {
        /// The file, relative to the root.
        path: String,
        /// What stands there.
        value: String,
        /// What should stand there.
        expected: &'static str,
    },
}

impl SampleError {
    /// Names `value` (its first 60 characters) in the file `path` as not `expected`.
    pub(crate) fn parse(path: &str, value: &[u8], expected: &'static str) -> Self {
        let value = String::from_utf8_lossy(value).chars().take(60).collect();
        Self::Parse { path: path.to_owned(), value, expected }
    }
}
