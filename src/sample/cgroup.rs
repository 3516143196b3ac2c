//! Control groups, v2 and v1: memory and CPU of services and containers, `cgroups(7)`, the kernel's cgroup-v2.rst;
//! and how many groups there are and how many are dying, which cron jobs are known to leak.

use super::growth::most_of;
use super::metric::{Record, record};
use super::{Collector, Context, SampleError, parse};
use rustix::fs::FileType;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

record! {
    /// The hierarchy as a whole.
    pub struct Cgroups in "cgroup" {
        /// Groups that exist (v2: `nr_descendants`; v1: `num_cgroups` of the memory controller).
        count "count" u64 Gauge Count;
        /// Groups that were removed and still hold memory (v2).
        dying "dying" u64 Gauge Count;
        /// The limit of the group that this host itself runs in, where it is a container.
        memory_max "memory_max" u64 Gauge Memory;
        /// Memory charged to that group, without file cache that is given back, where it has a limit.
        memory_used "memory_used" u64 Gauge Memory;
        also {
            /// 1 or 2: where memory is accounted.
            version: u8,
            /// Groups of services and containers by path, the largest ones.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            groups: BTreeMap<String, Cgroup>,
        }
    }
}

record! {
    /// One service's or container's group.
    pub struct Cgroup in "cgroup" {
        /// Memory charged to it.
        memory "memory" u64 Gauge Memory;
        /// CPU time used.
        cpu "cpu" f64 Counter Seconds;
        /// Anonymous memory of its processes.
        anon "anon" u64 Gauge Memory;
        /// File cache.
        file "file" u64 Gauge Memory;
        /// Kernel memory (5.18; on version 1 from `memory.kmem.usage_in_bytes`).
        kernel "kernel" u64 Gauge Memory;
        /// Slab that can be given back.
        slab_reclaimable "slab_reclaimable" u64 Gauge Memory;
        /// Slab that is never given back.
        slab_unreclaimable "slab_unreclaimable" u64 Gauge Memory;
        /// Per-CPU memory (5.8).
        percpu "percpu" u64 Gauge Memory;
        /// Socket buffers.
        sock "sock" u64 Gauge Memory;
        /// Shared memory and tmpfs.
        shmem "shmem" u64 Gauge Memory;
        /// Swap.
        swap "swap" u64 Gauge Memory;
    }
}

/// The most folders that a search for groups enters.
const MOST_FOLDERS: usize = 2000;
/// Of how many groups the kernel is asked what their memory is: the largest ones.
const MOST_DETAILED: usize = 40;

/// Where a hierarchy keeps what.
struct Hierarchy {
    version: u8,
    memory: &'static str,
    usage: &'static str,
    limit: &'static str,
    cpu: &'static str,
}

const V2: Hierarchy = Hierarchy {
    version: 2,
    memory: "sys/fs/cgroup",
    usage: "memory.current",
    limit: "memory.max",
    cpu: "sys/fs/cgroup",
};
const V1: Hierarchy = Hierarchy {
    version: 1,
    memory: "sys/fs/cgroup/memory",
    usage: "memory.usage_in_bytes",
    limit: "memory.limit_in_bytes",
    cpu: "sys/fs/cgroup/cpuacct",
};

impl Cgroups {
    /// How many groups there are and how many are dying, without a look at any of them.
    pub(crate) fn counted(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let Some(hierarchy) = Hierarchy::of(context) else { return Ok(None) };
        let mut cgroups = Self { version: hierarchy.version, ..Self::default() };
        hierarchy.count(context, &mut cgroups)?;
        Ok(Some(cgroups))
    }
}

impl Collector for Cgroups {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let Some(hierarchy) = Hierarchy::of(context) else { return Ok(None) };
        let Some(mut cgroups) = Self::counted(context)? else { return Ok(None) };
        // 2^63 less a page means that there is no limit; so does the word `max`.
        let limit = context.limit(&format!("{}/{}", hierarchy.memory, hierarchy.limit));
        cgroups.memory_max = limit.filter(|limit| *limit < 1 << 60);
        if cgroups.memory_max.is_some() {
            cgroups.memory_used = hierarchy.used(context);
        }
        if context.slow {
            let chosen = hierarchy.choose(context)?;
            cgroups.groups = chosen.into_iter().map(|(path, group)| (short(&path), group)).collect();
            return Ok(Some(cgroups));
        }
        for path in context.next.groups.clone() {
            let group = hierarchy.usage(context, &path)?;
            cgroups.groups.extend(group.map(|group| (short(&path), group)));
        }
        Ok(Some(cgroups))
    }
}

impl Hierarchy {
    /// A hybrid hierarchy has version 2 in a folder of its own, and memory in version 1.
    fn of(context: &Context<'_>) -> Option<Self> {
        if context.exists("sys/fs/cgroup/cgroup.controllers") {
            Some(V2)
        } else if context.exists("sys/fs/cgroup/memory/memory.usage_in_bytes") {
            Some(V1)
        } else {
            None
        }
    }

    /// Share of its limit that the group of this host uses, as `docker stats` counts: inactive file cache is given back.
    fn used(&self, context: &mut Context<'_>) -> Option<u64> {
        let charged = context.read_number(&format!("{}/{}", self.memory, self.usage))?;
        let stat = context.read(&format!("{}/memory.stat", self.memory)).ok().flatten().unwrap_or_default();
        let value = |key| parse::value_of(stat, key).and_then(parse::number);
        let keys = if self.version == 2 {
            ["inactive_file ", "file "]
        } else {
            ["total_inactive_file ", "total_cache "]
        };
        Some(charged.saturating_sub(keys.into_iter().find_map(value).unwrap_or(0)))
    }

    fn count(&self, context: &mut Context<'_>, cgroups: &mut Cgroups) -> Result<(), SampleError> {
        if self.version == 2 {
            if let Some(stat) = context.read_at_once("sys/fs/cgroup/cgroup.stat")? {
                let value = |key| parse::value_of(stat, key).and_then(parse::number);
                cgroups.count = value("nr_descendants ");
                cgroups.dying = value("nr_dying_descendants ");
            }
        } else if let Some(table) = context.read_at_once("proc/cgroups")? {
            // subsys_name hierarchy num_cgroups enabled
            let memory = parse::value_of(table, "memory\t");
            cgroups.count = memory.and_then(|line| parse::numbers(line).nth(1));
        }
        Ok(())
    }

    /// The groups with the most memory, which are shown each time; and on this beat those with the most kernel memory,
    /// or the most growth of it: of a small service that would be missed.
    fn choose(&self, context: &mut Context<'_>) -> Result<Vec<(String, Cgroup)>, SampleError> {
        let most = context.options.groups;
        let mut sizes: Vec<(String, u64)> = Vec::new();
        let found = self.find(context);
        context.next.found_groups = Some(found.clone());
        for path in found {
            let size = context.read_number(&format!("{}/{path}/{}", self.memory, self.usage));
            sizes.extend(size.map(|size| (path, size)));
        }
        sizes.sort_unstable_by(|a, b| (b.1, &b.0).cmp(&(a.1, &a.0)));
        context.group_sizes.clone_from(&sizes);
        let before = std::mem::take(&mut context.beat.groups);
        let growing = most_of(sizes.get(MOST_DETAILED..).unwrap_or_default(), most, |(path, size)| {
            before.growth(path, *size)
        });
        context.next.beat.groups = before.after(sizes.iter().cloned());
        sizes.truncate(MOST_DETAILED);
        context.next.groups = sizes.iter().take(most).map(|(path, _)| path.clone()).collect();
        let mut detailed = Vec::new();
        for (path, _) in sizes.into_iter().chain(growing) {
            if let Some(mut group) = self.usage(context, &path)? {
                self.details(context, &path, &mut group)?;
                detailed.push((path, group));
            }
        }
        let before = std::mem::take(&mut context.beat.groups_kernel);
        let mut shown: BTreeSet<String> = context.next.groups.iter().cloned().collect();
        let name = |(path, _): (String, Cgroup)| path;
        shown.extend(most_of(&detailed, most / 2, |(_, group)| group.in_kernel()).into_iter().map(name));
        let growth = |(path, group): &(String, Cgroup)| before.growth(path, group.in_kernel());
        shown.extend(most_of(&detailed, most / 2, growth).into_iter().map(name));
        let kernel = detailed.iter().map(|(path, group)| (path.clone(), group.in_kernel()));
        context.next.beat.groups_kernel = before.after(kernel);
        detailed.retain(|(path, _)| shown.contains(path));
        Ok(detailed)
    }

    /// The groups that are a service, a session or a container: those that systemd calls so, all of a user's as one,
    /// and elsewhere the innermost ones. `docker`, `lxc`, `*.slice` and so on only hold others.
    fn find(&self, context: &Context<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![String::new()];
        let mut entered = 0;
        while let Some(folder) = open.pop() {
            entered += 1;
            if entered > MOST_FOLDERS {
                break;
            }
            let mut inner = Vec::new();
            context.each_name(&format!("{}/{folder}", self.memory), |name, kind| {
                if let (FileType::Directory, Ok(name)) = (kind, std::str::from_utf8(name)) {
                    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                    inner.push(path);
                }
                ControlFlow::Continue(())
            });
            if inner.is_empty() && !folder.is_empty() && !folder.ends_with(".slice") {
                found.push(folder);
                continue;
            }
            for path in inner {
                if is_whole(&path) { found.push(path) } else { open.push(path) }
            }
        }
        found
    }

    /// Memory and CPU of a group.
    fn usage(&self, context: &mut Context<'_>, path: &str) -> Result<Option<Cgroup>, SampleError> {
        let (memory, cpu) = (format!("{}/{path}", self.memory), format!("{}/{path}", self.cpu));
        let Some(used) = context.read_number(&format!("{memory}/{}", self.usage)) else { return Ok(None) };
        let mut group = Cgroup { memory: Some(used), ..Cgroup::default() };
        if self.version == 2 {
            let stat = context.read_at_once(&format!("{cpu}/cpu.stat"))?.unwrap_or_default();
            let microseconds = parse::value_of(stat, "usage_usec ").and_then(parse::number);
            group.cpu = microseconds.map(parse::milliseconds_of);
        } else {
            let nanoseconds = context.read_number(&format!("{cpu}/cpuacct.usage"));
            group.cpu = nanoseconds.map(|nanoseconds| parse::milliseconds_of(nanoseconds / 1000));
        }
        Ok(Some(group))
    }

    /// What its memory is. Dear: the kernel has to gather it.
    fn details(&self, context: &mut Context<'_>, path: &str, group: &mut Cgroup) -> Result<(), SampleError> {
        let folder = format!("{}/{path}", self.memory);
        let stat = context.read(&format!("{folder}/memory.stat"))?.unwrap_or_default();
        if self.version == 2 {
            group.details(stat);
            group.swap = context.read_number(&format!("{folder}/memory.swap.current"));
        } else {
            group.details_v1(stat);
            // 0 where it is not counted, as on 3.10 without a limit.
            let kernel = context.read_number(&format!("{folder}/memory.kmem.usage_in_bytes"));
            group.kernel = kernel.filter(|bytes| *bytes > 0);
        }
        Ok(())
    }
}

impl Cgroup {
    /// Lines `slab_unreclaimable 123`, by the names that they have here, too.
    fn details(&mut self, stat: &[u8]) {
        for line in parse::lines(stat) {
            let mut fields = parse::fields(line);
            if let (Some(key), Some(value)) = (fields.next(), fields.next().and_then(parse::number)) {
                self.set(key, value);
            }
        }
    }

    /// Kernel memory, as far as this kernel tells; buffers of sockets are beside it.
    fn in_kernel(&self) -> u64 {
        let parts = [self.slab_reclaimable, self.slab_unreclaimable, self.percpu];
        let kernel = self.kernel.unwrap_or_else(|| parts.into_iter().flatten().fold(0, u64::saturating_add));
        kernel.saturating_add(self.sock.unwrap_or(0))
    }

    /// Version 1 has other names, and `total_` for a group with those inside it.
    fn details_v1(&mut self, stat: &[u8]) {
        let value = |key| parse::value_of(stat, key).and_then(parse::number);
        self.anon = value("total_rss ");
        self.file = value("total_cache ");
        self.shmem = value("total_shmem ");
        self.swap = value("total_swap ");
    }
}

/// Whether a group is shown as a whole, whatever groups it holds.
fn is_whole(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let user = name.starts_with("user-") && name.ends_with(".slice");
    user || name.ends_with(".service") || name.ends_with(".scope") || name.starts_with("lxc.payload")
}

/// A container's id of 64 hexadecimal digits is cut to the 12 that people know it by.
fn short(path: &str) -> String {
    let mut short = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (kept, length) = if digits == 64 { (12, 64) } else { (digits.max(1), digits.max(1)) };
        // A character that is no digit may be longer than a byte.
        let (kept, length) = if digits == 0 { (first.len_utf8(), first.len_utf8()) } else { (kept, length) };
        short.push_str(&rest[..kept]);
        rest = &rest[length..];
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_containers_are_cut() {
        let id = "0123456789abcdef".repeat(4);
        assert_eq!(
            short(&format!("system.slice/docker-{id}.scope")),
            "system.slice/docker-0123456789ab.scope"
        );
        assert_eq!(short("system.slice/cron.service"), "system.slice/cron.service");
        assert_eq!(short("é/ab"), "é/ab");
    }

    #[test]
    fn details_of_both_versions() {
        let mut group = Cgroup::default();
        group.details(b"anon 1\nfile 2\nkernel_stack 9\nslab_unreclaimable 3\n");
        assert_eq!((group.anon, group.file, group.slab_unreclaimable), (Some(1), Some(2), Some(3)));
        let mut group = Cgroup::default();
        group.details_v1(b"cache 1\nrss 2\ntotal_cache 10\ntotal_rss 20\n");
        assert_eq!((group.anon, group.file, group.swap), (Some(20), Some(10), None));
    }

    #[test]
    fn what_stands_for_a_service() {
        assert!(is_whole("system.slice/cron.service") && is_whole("user.slice/user-0.slice"));
        assert!(!is_whole("system.slice") && !is_whole("docker"));
    }
}
