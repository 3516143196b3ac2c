//! The targets of a run: their results since the last line before it, those whose turn it is after it.

use crate::cli::Context;
use crate::sample::Root;
use crate::sample::reach::{self, Memory, MemoryFile, Target};
use crate::sample::target::TargetRun;
use crate::store::Layout;
use anyhow::Context as _;
use std::collections::BTreeMap;

/// The targets, and what is known of them.
pub(super) struct Targets {
    file: MemoryFile,
    memory: Memory,
    targets: Vec<Target>,
}

impl Targets {
    /// `None` where there are none, where another run still asks them, or where there is no folder yet.
    pub(super) fn open(layout: &Layout, context: &Context) -> Option<Self> {
        let targets = context.targets();
        if targets.is_empty() {
            return None;
        }
        let mut file = MemoryFile::open(&layout.targets())?;
        let mut memory = file.load();
        memory.keep(&targets);
        Some(Self { file, memory, targets })
    }

    /// The results that are in no line yet. They stay in the file until the new ones are there.
    pub(super) fn results(&mut self) -> BTreeMap<String, TargetRun> {
        std::mem::take(&mut self.memory.results)
    }

    /// Asks those whose turn it is, all at the same time, where that is over by `end` seconds from the program's start.
    ///
    /// # Errors
    /// Where the results cannot be kept.
    pub(super) fn ask(mut self, root: &Root, context: &Context, end: f64) -> anyhow::Result<()> {
        let now = context.clock.now();
        let mut due = self.memory.due(&self.targets, now);
        due.retain(|asked| context.started.seconds() + f64::from(asked.timeout_seconds()) <= end);
        if !due.is_empty() {
            self.memory.begin(&due, now);
            self.save()?;
            reach::ask(&due, &mut self.memory, root, now);
        }
        self.save()
    }

    fn save(&mut self) -> anyhow::Result<()> {
        let saved = self.file.save(&self.memory);
        saved.context("the sample was written, what the targets answered was not")
    }
}
