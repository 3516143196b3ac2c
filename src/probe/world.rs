//! What an experiment acts on: the machine, or in tests a model of one that needs no time.

use super::ProbeError;
use super::reading::{Catalogue, Reading};
use crate::sample::command::Outcome;

/// What a turn runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command.
    Command,
    /// Nothing, started in the same way.
    Control,
}

/// Where turns are run and memory is read.
pub trait World {
    /// Runs the command or nothing, to its end or its timeout, or for so many seconds.
    ///
    /// # Errors
    /// It could not be started, or not be ended.
    fn run(&mut self, kind: Kind, seconds: f64) -> Result<Outcome, ProbeError>;
    /// Waits until what the last run gave back has arrived, then reads.
    fn read(&mut self, catalogue: &mut Catalogue) -> Reading;
    /// Does nothing for a while.
    fn rest(&mut self, seconds: f64);
    /// Has the kernel drop what it can. Says whether it did.
    fn drop_caches(&mut self) -> bool;
    /// Seconds since the beginning.
    fn seconds(&self) -> f64;
    /// Whether the user wants it to end.
    fn is_interrupted(&self) -> bool;
}
