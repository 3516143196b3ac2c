//! What a command leaves running. This process is made the one to which orphans go (`PR_SET_CHILD_SUBREAPER`, 3.4), so that
//! a daemon that forked itself away is still found, and ended with the rest.

use crate::base::clock::Stopwatch;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, wait};
use std::collections::BTreeSet;
use std::time::Duration;

/// So long what is left has to end by itself after it was asked to.
const GRACE_SECONDS: f64 = 0.5;
/// So long it is killed again and again.
const KILL_SECONDS: f64 = 5.0;
const POLL: Duration = Duration::from_millis(5);

/// The processes that the command's runs left behind.
#[derive(Debug)]
pub(crate) struct Leftover {
    own: i32,
}

impl Leftover {
    pub(crate) fn new() -> Self {
        let own = rustix::process::getpid();
        // A kernel before 3.4 cannot; then only what stays in the run's own group is found.
        let _ = set_child_subreaper(Some(own));
        Self { own: own.as_raw_pid() }
    }

    /// Takes in the exit codes of orphans that have ended. No child whose own code is wanted may be running.
    pub(crate) fn reap() {
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
    }

    /// All that descends from this process.
    pub(crate) fn processes(&self) -> BTreeSet<i32> {
        if !self.has_children() {
            return BTreeSet::new();
        }
        let parents = parents();
        let mut found: BTreeSet<i32> = BTreeSet::new();
        loop {
            let before = found.len();
            for (pid, parent) in &parents {
                if *parent == self.own || found.contains(parent) {
                    found.insert(*pid);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// Whether there is any, at the cost of one small file. Where the kernel does not tell, there may be.
    fn has_children(&self) -> bool {
        let Ok(tasks) = fs_err::read_dir(format!("/proc/{}/task", self.own)) else { return true };
        tasks.flatten().any(|task| {
            fs_err::read_to_string(task.path().join("children")).map_or(true, |text| !text.trim().is_empty())
        })
    }

    /// Ends all of them but `spared`: asks, then kills. Says how many that ended.
    pub(crate) fn end(&self, spared: &BTreeSet<i32>) -> usize {
        Self::reap();
        let first = self.others(spared);
        let watch = Stopwatch::start();
        let mut signal = Signal::TERM;
        while watch.seconds() < KILL_SECONDS {
            let left = self.others(spared);
            if left.is_empty() {
                break;
            }
            if watch.seconds() > GRACE_SECONDS {
                signal = Signal::KILL;
            }
            for pid in left {
                if let Some(pid) = Pid::from_raw(pid) {
                    let _ = kill_process(pid, signal);
                }
            }
            std::thread::sleep(POLL);
            Self::reap();
        }
        first.difference(&self.others(spared)).count()
    }

    fn others(&self, spared: &BTreeSet<i32>) -> BTreeSet<i32> {
        self.processes().difference(spared).copied().collect()
    }
}

/// Each process and its parent.
fn parents() -> Vec<(i32, i32)> {
    let Ok(entries) = fs_err::read_dir("/proc") else { return Vec::new() };
    let of = |name: &str| {
        let pid: i32 = name.parse().ok()?;
        let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may hold anything; behind its last parenthesis stand the state and the parent.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        (state != "Z").then_some((pid, parent))
    };
    entries.flatten().filter_map(|entry| of(entry.file_name().to_str()?)).collect()
}
