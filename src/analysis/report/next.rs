//! What to look at next: commands that are on every host, chosen by the evidence.

use super::super::part::Part;
use super::companion::Companion;
use super::owner::Owner;

/// So many fit on a line, and more nobody runs.
const MOST: usize = 3;

/// Commands that tell more about a part that leaks.
pub(super) fn commands(part: Part, owner: &Owner, sizes: &[Companion], clues: &[Companion]) -> Vec<String> {
    let mut commands = Vec::new();
    let named = |metric: &str| sizes.iter().chain(clues).find(|known| known.metric.starts_with(metric));
    if let Owner::Process(process) = owner {
        commands.push(format!("cat /proc/{}/smaps_rollup", process.pid));
    }
    if *owner == Owner::UncountedBalloon {
        commands.push("lsmod | grep -i balloon".to_owned());
    }
    if let Some(group) = named("cgroup.").filter(|group| !group.instance.is_empty()) {
        commands.push(match unit_of(&group.instance) {
            Some(unit) => format!("systemctl status {unit}"),
            None => "systemd-cgtop -m".to_owned(),
        });
    }
    if named("cgroup.dying").is_some() || named("cgroup.count").is_some() {
        commands.push("cat /sys/fs/cgroup/cgroup.stat".to_owned());
    }
    let of_part = if part == Part::SlabUnreclaimable { of_slab(&named) } else { of_part(part) };
    commands.extend(of_part.iter().map(|command| (*command).to_owned()));
    commands.dedup();
    commands.truncate(MOST);
    commands
}

/// The systemd unit of a control group, if its name is one that a shell takes as it is.
fn unit_of(group: &str) -> Option<&str> {
    let unit = group.rsplit('/').next()?;
    let is_plain = unit.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.@:".contains(letter));
    let is_unit = unit.ends_with(".service") || unit.ends_with(".scope");
    (is_unit && is_plain && !unit.starts_with('-')).then_some(unit)
}

/// What slabtop cannot show is told by what else grows.
fn of_slab<'a>(named: &dyn Fn(&str) -> Option<&'a Companion>) -> &'static [&'static str] {
    let grows = |metric: &str| named(metric).is_some();
    if grows("ipc.semaphores") {
        &["ipcs -s", "slabtop -o -s c"]
    } else if grows("ipc.msg") {
        &["ipcs -q", "slabtop -o -s c"]
    } else if grows("slabinfo.large_kmalloc") && !grows("slabinfo.bytes") {
        &["ipcs -u", "lsmod"]
    } else {
        &["slabtop -o -s c", "ipcs -u"]
    }
}

fn of_part(part: Part) -> &'static [&'static str] {
    match part {
        Part::SlabReclaimable | Part::KernelReclaimable => &["slabtop -o -s c"],
        Part::KernelStacks => &["ps -eo nlwp,pid,comm --sort=-nlwp"],
        Part::PageTables | Part::SecondaryPageTables => &["grep -H VmPTE /proc/[0-9]*/status"],
        Part::PerCpu => &["cat /proc/cgroups", "ip netns"],
        Part::Vmalloc => &["sort -nk 2 /proc/vmallocinfo", "bpftool map"],
        Part::Unaccounted => &["cat /proc/net/sockstat", "ss -m", "lsmod"],
        Part::Anonymous | Part::SwapCache | Part::Zswap | Part::Zram => {
            &["ps -eo rss,pid,lstart,comm --sort=-rss"]
        }
        Part::Shared => &["df -h -t tmpfs", "ipcs -m", "lsof +L1"],
        Part::HugePages => &["grep -i huge /proc/meminfo"],
        _ => &[],
    }
}
