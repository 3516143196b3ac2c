//! The integration tests, one crate: each module is a theme.

mod synth;
