//! For who compares before and after: the parts of a sample that say where memory is and what holds it, read at once and
//! again and again, by the same collectors. Names every slab cache, not the largest only.
//!
//! Root first has the kernel fold its per-CPU counters (`/proc/sys/vm/stat_refresh`, 4.7), after which numbers at rest
//! stand still to 2 KiB where they else wander by 9.

use super::arcstats::Arcstats;
use super::cgroup::Cgroups;
use super::host::has_made_up_meminfo;
use super::ipc::Ipc;
use super::meminfo::Meminfo;
use super::slabinfo::Slabinfo;
use super::vfs::Vfs;
use super::zoneinfo::Zoneinfo;
use super::zram::Zram;
use super::{Collector, Context, FORMAT_VERSION, Options, Root, Sample, SampleError, State, parse};
use crate::base::clock::Clock;

/// Reads the memory of one tree.
#[derive(Debug)]
pub struct Watcher {
    root: Root,
    state: State,
    clock: Clock,
    /// Whether `/proc/meminfo` is made for a container: does not change while one looks.
    made_up_meminfo: Option<bool>,
}

/// Every slab cache; all that is dear, each time.
const OPTIONS: Options =
    Options { top: 0, command_lines: false, groups: usize::MAX, slow_interval_seconds: 0 };

impl Watcher {
    /// Of this tree.
    pub fn new(root: Root, clock: Clock) -> Self {
        Self { root, state: State::default(), clock, made_up_meminfo: None }
    }

    /// The tree.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Where memory is, and nothing else: some 0.2 ms. What cannot be read is named in `errors`.
    pub fn memory(&mut self) -> Sample {
        let mut sample = self.begin();
        self.with_context(&mut sample, memory);
        sample
    }

    /// Where memory is, then what holds it: slab caches (root), IPC objects, files, groups, mounts. Some 2 ms.
    pub fn all(&mut self) -> Sample {
        let mut sample = self.begin();
        self.with_context(&mut sample, |context, sample| {
            memory(context, sample);
            let mut mounts = 0;
            let listed = context.each_line("proc/self/mountinfo", |_| mounts += 1);
            context.mounts = listed.is_ok_and(|listed| listed).then_some(mounts);
            sample.slabinfo = part(context, sample, "slabinfo", Slabinfo::collect);
            sample.ipc = part(context, sample, "ipc", Ipc::collect);
            sample.vfs = part(context, sample, "vfs", Vfs::collect);
            sample.cgroup = part(context, sample, "cgroup", Cgroups::counted);
        });
        sample
    }

    /// How many keys the kernel holds: `/proc/key-users`, `keyrings(7)`, a line `uid: usage nkeys/nikeys …` for each user.
    pub fn keys(&self) -> Option<u64> {
        let text = fs_err::read(self.root.path("proc/key-users")).ok()?;
        let of_line = |line| parse::number(parse::split_once(parse::fields(line).nth(2)?, b'/')?.0);
        parse::lines(&text).map(of_line).sum()
    }

    /// How many network interfaces there are: `/proc/net/dev`, a line each below two of headings.
    pub fn interfaces(&self) -> Option<u64> {
        let text = fs_err::read(self.root.path("proc/net/dev")).ok()?;
        Some(parse::lines(&text).filter(|line| line.contains(&b':')).count() as u64)
    }

    fn begin(&self) -> Sample {
        Sample { v: FORMAT_VERSION, t: self.clock.now(), ..Sample::default() }
    }

    fn with_context(&mut self, sample: &mut Sample, read: impl FnOnce(&mut Context<'_>, &mut Sample)) {
        let next = match Context::open(&self.root, &OPTIONS, &self.state, sample.t) {
            Ok(mut context) => {
                let boot = self.state.boot.clone();
                context.begin(boot, None);
                let made_up = self.made_up_meminfo;
                let made_up = made_up.unwrap_or_else(|| has_made_up_meminfo(&mut context));
                self.made_up_meminfo = Some(made_up);
                context.next.made_up_meminfo = made_up;
                read(&mut context, sample);
                context.next
            }
            Err(error) => {
                sample.errors.insert("root".to_owned(), error.to_string());
                return;
            }
        };
        // What was found out of slab caches is kept by a reading that did not look at them, too.
        let beat = if sample.slabinfo.is_some() { next.beat } else { std::mem::take(&mut self.state.beat) };
        self.state = State { beat, ..next };
    }
}

fn memory(context: &mut Context<'_>, sample: &mut Sample) {
    // Reading it is what does it; an ordinary user may not, and has its error for an answer.
    let _ = context.read_at_once("proc/sys/vm/stat_refresh");
    sample.meminfo = part(context, sample, "meminfo", Meminfo::collect);
    sample.zoneinfo = part(context, sample, "zoneinfo", Zoneinfo::collect);
    sample.zram = part(context, sample, "zram", Zram::collect);
    sample.arcstats = part(context, sample, "arcstats", Arcstats::collect);
}

fn part<T>(
    context: &mut Context<'_>,
    sample: &mut Sample,
    name: &str,
    collect: impl FnOnce(&mut Context<'_>) -> Result<Option<T>, SampleError>,
) -> Option<T> {
    match collect(context) {
        Ok(part) => part,
        Err(error) => {
            sample.errors.insert(name.to_owned(), error.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_recorded_tree_again_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        };
        write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 900 kB\nSUnreclaim: 40 kB\n");
        write("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
        write(
            "proc/key-users",
            "    0:   104 103/103 100/1000000 2086/25000000\n 1000:  2 2/2 2/200 9/20000\n",
        );
        write("proc/net/dev", "Inter-| Receive\n face |bytes\n    lo: 0 0\n  eth0: 1 2\n");
        let line = |name: &str, slabs: u32| {
            format!("{name} 3 8 4096 8 8 : tunables 0 0 0 : slabdata {slabs} {slabs} 0\n")
        };
        write(
            "proc/slabinfo",
            &["slabinfo - version: 2.1\n".to_owned(), line("kmalloc-4k", 1), line("dentry", 0)].concat(),
        );
        let mut watcher = Watcher::new(Root::recorded(folder.path()), Clock::Fixed(100));
        let all = watcher.all();
        assert_eq!(all.errors, Default::default());
        assert_eq!(all.meminfo.as_ref().unwrap().s_unreclaim, Some(40_960));
        assert_eq!(all.vfs.unwrap_or_default().mounts, Some(1));
        assert_eq!(all.slabinfo.unwrap().caches["kmalloc-4k"].bytes, Some(32_768));
        assert_eq!((watcher.keys(), watcher.interfaces()), (Some(105), Some(2)));
        write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 880 kB\nSUnreclaim: 60 kB\n");
        let memory = watcher.memory();
        assert_eq!((memory.meminfo.unwrap().s_unreclaim, memory.slabinfo), (Some(61_440), None));
        assert!(watcher.all().slabinfo.is_some(), "each time, not on a slow beat only");
    }
}
