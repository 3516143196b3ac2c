//! The tables of a host's page, from its last sample and the rates of its last hour. A table without rows is left out.

use super::bars;
use super::evaluate::{fill, last};
use super::model::{Cell, Column, Table};
use super::now::{bytes, memory_limit};
use super::scene::{Aliases, Scene};
use crate::base::unit::Unit;
use crate::sample::filesystem::Filesystem;
use crate::series::Latest;

/// From here on the kernel's numbers mean "as many as you like".
const NO_LIMIT: u64 = 1 << 40;

/// What the tables are made of.
pub(crate) struct Tables<'a> {
    /// Language and what may be shown.
    pub scene: &'a Scene,
    /// The host's last sample and rates.
    pub latest: &'a Latest,
    /// How mount points are shown.
    pub mounts: &'a Aliases,
    /// How targets are shown.
    pub targets: &'a Aliases,
}

impl Tables<'_> {
    /// The largest processes. A public page names none.
    pub(crate) fn processes(&self) -> Option<Table> {
        let processes = self.latest.sample.processes.as_ref().filter(|_| !self.scene.public)?;
        let rows = processes.top.iter().map(|process| {
            let share = process.cpu.zip(processes.interval).map(|(cpu, interval)| cpu / interval);
            vec![
                Cell::text(process.command.as_ref().unwrap_or(&process.name)),
                Cell::text(&process.user),
                Cell::number(process.pid.to_string()),
                self.memory(Some(process.rss)),
                self.memory(process.pss),
                self.memory(process.swap),
                Cell::maybe(share.map(|share| self.scene.percent(share))),
            ]
        });
        let columns = ["name", "user.text", "pid", "rss", "pss", "swap", "cpu"];
        self.table("processes", &columns, rows.collect())
    }

    /// The largest groups of services and containers. A public page names none.
    pub(crate) fn cgroups(&self) -> Option<Table> {
        let cgroups = self.latest.sample.cgroup.as_ref().filter(|_| !self.scene.public)?;
        let mut groups: Vec<_> = cgroups.groups.iter().collect();
        groups.sort_by(|one, other| other.1.memory.cmp(&one.1.memory).then(one.0.cmp(other.0)));
        let rows = groups.into_iter().map(|(path, group)| {
            let cpu = self.rate("cgroup.cpu", path);
            vec![
                Cell::text(path),
                self.memory(group.memory),
                self.memory(group.anon),
                self.memory(group.file),
                self.memory(group.kernel),
                self.memory(group.slab_unreclaimable),
                Cell::maybe(cpu.map(|share| self.scene.percent(share))),
            ]
        });
        let columns = ["group", "memory", "anonymous", "file", "kernel", "unreclaimable", "cpu"];
        self.table("cgroups", &columns, rows.collect())
    }

    /// The largest slab caches, where they can be read.
    pub(crate) fn slab(&self) -> Option<Table> {
        let slab = self.latest.sample.slabinfo.as_ref()?;
        let mut caches: Vec<_> = slab.caches.iter().collect();
        caches.sort_by(|one, other| other.1.bytes.cmp(&one.1.bytes).then(one.0.cmp(other.0)));
        let rows = caches
            .into_iter()
            .map(|(name, cache)| vec![Cell::text(name), self.memory(cache.bytes), self.count(cache.objects)]);
        self.table("slab", &["cache", "memory", "objects"], rows.collect())
    }

    /// File systems, the fullest first.
    pub(crate) fn filesystems(&self) -> Option<Table> {
        let all = &self.latest.sample.filesystem.as_ref()?.0;
        let mut sorted: Vec<_> = all.iter().map(|(mount, found)| (fill_of(found), mount, found)).collect();
        sorted.sort_by(|one, other| {
            other.0.unwrap_or(0.0).total_cmp(&one.0.unwrap_or(0.0)).then(one.1.cmp(other.1))
        });
        let rows = sorted.into_iter().map(|(share, mount, found)| self.filesystem(share, mount, found));
        let columns = ["mount", "device.text", "size", "used", "available", "filled", "inodes"];
        self.table("filesystems", &columns, rows.collect())
    }

    fn filesystem(&self, share: Option<f64>, mount: &str, found: &Filesystem) -> Vec<Cell> {
        let inodes = found.inodes.zip(found.inodes_used).filter(|(all, _)| *all > 0 && !found.is_still());
        let inodes = inodes.map(|(all, used)| bytes(used) / bytes(all));
        let mut device =
            if self.scene.public { found.kind.clone() } else { format!("{} {}", found.device, found.kind) };
        if found.read_only {
            device.push(' ');
            device.push_str(self.scene.words().get("table.read_only"));
        }
        vec![
            Cell::text(self.mounts.of(mount)),
            Cell::text(device),
            self.data(found.total),
            self.data(found.used),
            self.data(found.available),
            share.map_or_else(Cell::default, |share| self.filled(share)),
            inodes.map_or_else(Cell::default, |share| Cell {
                class: fullness(share),
                ..Cell::number(self.scene.percent(share))
            }),
        ]
    }

    fn filled(&self, share: f64) -> Cell {
        let text = self.scene.percent(share);
        let class = fullness(share);
        Cell { class, bar: Some(bars::share(share, class, text.clone())), ..Cell::number(text) }
    }

    /// Disks: what they do now.
    pub(crate) fn disks(&self) -> Option<Table> {
        let all = &self.latest.sample.diskstats.as_ref()?.0;
        let rows = all.keys().map(|name| {
            let rate = |metric: &str| self.rate(metric, name);
            let sum = |one: &str, other: &str| Some(rate(one)? + rate(other)?);
            let requests = sum("diskstats.reads", "diskstats.writes");
            let time = sum("diskstats.read_time", "diskstats.write_time");
            let each =
                time.zip(requests).filter(|(_, number)| *number > 0.0).map(|(time, number)| time / number);
            vec![
                Cell::text(name),
                self.data_rate(rate("diskstats.read_bytes")),
                self.data_rate(rate("diskstats.written_bytes")),
                Cell::maybe(requests.map(|number| self.scene.rate(number, Unit::Count))),
                Cell::maybe(each.map(|time| self.scene.quantity(time, Unit::Seconds))),
                Cell::maybe(rate("diskstats.busy").map(|share| self.scene.percent(share))),
            ]
        });
        self.table("disks", &["disk", "read", "written", "requests", "request_time", "busy"], rows.collect())
    }

    /// Software RAID.
    pub(crate) fn raid(&self) -> Option<Table> {
        let all = &self.latest.sample.mdstat.as_ref()?.0;
        let rows = all.iter().map(|(name, array)| {
            let members = array.members.zip(array.working);
            let is_short = array.is_short() && !array.may_never_have_been_full();
            let class = if is_short { "critical" } else { "" };
            let progress = array.progress.map(|share| self.scene.percent(share)).unwrap_or_default();
            let action = array.action.clone().unwrap_or_default();
            vec![
                Cell::text(name),
                Cell::text(&array.level),
                Cell::text(&array.state),
                Cell { class, ..Cell::maybe(members.map(|(all, working)| format!("{working} / {all}"))) },
                Cell::text(format!("{action} {progress}").trim()),
            ]
        });
        self.table(
            "raid",
            &["array", "level.text", "raid_state.text", "members", "action.text"],
            rows.collect(),
        )
    }

    /// Interfaces: what they do now, and errors since boot.
    pub(crate) fn interfaces(&self) -> Option<Table> {
        let all = &self.latest.sample.netdev.as_ref()?.0;
        let mut sorted: Vec<_> = all.iter().collect();
        sorted.sort_by(|one, other| other.1.rx_bytes.cmp(&one.1.rx_bytes).then(one.0.cmp(other.0)));
        let rows = sorted.into_iter().take(8).map(|(name, interface)| {
            let sum = |one: Option<u64>, other: Option<u64>| {
                self.count(one.zip(other).map(|(one, other)| one.saturating_add(other)))
            };
            vec![
                Cell::text(name),
                self.data_rate(self.rate("netdev.rx_bytes", name)),
                self.data_rate(self.rate("netdev.tx_bytes", name)),
                sum(interface.rx_errors, interface.tx_errors),
                sum(interface.rx_drops, interface.tx_drops),
            ]
        });
        self.table("interfaces", &["interface", "received", "sent", "errors", "drops"], rows.collect())
    }

    /// What the kernel has only so many of.
    pub(crate) fn limits(&self) -> Option<Table> {
        let sample = &self.latest.sample;
        let vfs = sample.vfs.clone().unwrap_or_default();
        let sockets = sample.sockstat.clone().unwrap_or_default();
        let processes = sample.processes.clone().unwrap_or_default();
        let limits = [
            ("file_handles", vfs.file_handles, vfs.file_handles_max),
            ("threads", processes.threads, processes.threads_max),
            ("pids", processes.threads, processes.pid_max),
            ("conntrack", sockets.conntrack, sockets.conntrack_max),
        ];
        let rows = limits.into_iter().filter_map(|(key, used, limit)| {
            // A limit that no machine can reach is none.
            let limit = limit.filter(|limit| (1..NO_LIMIT).contains(limit));
            let share = bytes(used?) / bytes(limit?);
            let name = Cell::text(self.scene.word(&format!("limit.{key}")));
            Some(vec![name, self.count(used), self.count(limit), self.filled(share)])
        });
        let memory = memory_limit(sample).map(|(used, limit)| {
            let amount = |bytes: f64| Cell::number(self.scene.quantity(bytes, Unit::Memory));
            let name = Cell::text(self.scene.word("limit.memory"));
            vec![name, amount(used), amount(limit), self.filled(used / limit.max(1.0))]
        });
        let rows = memory.into_iter().chain(rows).collect();
        self.table("limits", &["limit", "used", "most", "filled"], rows)
    }

    /// A table of the words `table.ID`, with columns `column.KEY`; a key with `.text` stands left.
    pub(crate) fn table(&self, id: &'static str, columns: &[&str], rows: Vec<Vec<Cell>>) -> Option<Table> {
        if rows.is_empty() {
            return None;
        }
        let columns_given = columns.len();
        let head = |(index, key): (usize, &&str)| {
            let name = key.strip_suffix(".text").unwrap_or(key);
            let numeric = index > 0 && name.len() == key.len();
            Column { title: self.scene.word(&format!("column.{name}")), numeric }
        };
        let columns = columns.iter().enumerate().map(head).collect();
        let note = self.scene.words().find(&format!("table_note.{id}")).unwrap_or("").to_owned();
        let title = self.scene.word(&format!("table.{id}"));
        let mut table = Table { id, title, note, wide: false, columns, rows, ..Table::default() };
        drop_empty_columns(&mut table);
        table.wide = table.columns.len() > 5;
        // Names alone say nothing: a disk before there are two samples.
        (table.columns.len() > 1 || columns_given == 1).then_some(table)
    }

    /// The latest rate of one instance.
    fn rate(&self, metric: &str, instance: &str) -> Option<f64> {
        last(self.latest.rates.mean(metric, instance)?)
    }

    /// An amount of memory.
    pub(crate) fn memory(&self, amount: Option<u64>) -> Cell {
        Cell::maybe(amount.map(|amount| self.scene.quantity(bytes(amount), Unit::Memory)))
    }

    fn data(&self, amount: Option<u64>) -> Cell {
        Cell::maybe(amount.map(|amount| self.scene.quantity(bytes(amount), Unit::Data)))
    }

    fn data_rate(&self, rate: Option<f64>) -> Cell {
        Cell::maybe(rate.map(|rate| self.scene.rate(rate, Unit::Data)))
    }

    fn count(&self, number: Option<u64>) -> Cell {
        Cell::maybe(number.map(|number| self.scene.quantity(bytes(number), Unit::Count)))
    }
}

/// Fill level of a file system; of one that stays as it is, nothing that anybody should look at.
fn fill_of(found: &Filesystem) -> Option<f64> {
    let share = fill(bytes(found.used?), bytes(found.available?));
    (share.is_finite() && !found.is_still()).then_some(share)
}

/// The class of a share of something that can run out.
pub(crate) fn fullness(share: f64) -> &'static str {
    if share >= 0.95 {
        "critical"
    } else if share >= 0.85 {
        "warning"
    } else {
        ""
    }
}

/// A column that no row has anything in is noise: PSS as an ordinary user, swap without swap.
fn drop_empty_columns(table: &mut Table) {
    for index in (1..table.columns.len()).rev() {
        if table.rows.iter().all(|row| row.get(index).is_none_or(|cell| cell.text.is_empty())) {
            table.columns.remove(index);
            for row in table.rows.iter_mut().filter(|row| row.len() > index) {
                row.remove(index);
            }
        }
    }
}
