//! Kills for want of memory: the counter `oom_kill` of `/proc/vmstat` (4.13), which the sample has; who was killed from
//! `/dev/kmsg`, dev-kmsg in the kernel's ABI documentation, where the counter rose and this user may read it.

use super::look::Sight;
use super::{Event, Kind, MOST_NAMES};
use crate::sample::parse;
use rustix::buffer::spare_capacity;
use rustix::fs::{Mode, OFlags};

/// The ring buffer of kernels is rarely larger; a record is a read.
const MOST_RECORDS: usize = 20_000;

pub(super) fn look(sight: &mut Sight<'_>) {
    let Some(kills) = sight.look.sample.vmstat.as_ref().and_then(|vmstat| vmstat.oom_kill) else { return };
    let before = sight.before.oom_kills.replace(kills);
    sight.now.oom_kills = Some(kills);
    let Some(before) = before else { return };
    // After a boot the kernel counts from 0.
    let new = if sight.now.boot == sight.before.boot { kills.saturating_sub(before) } else { kills };
    // In a container the counter is its host's, and so are most of the kills.
    if new == 0 || sight.look.state.made_up_meminfo || is_container(sight) {
        return;
    }
    let since = sight.look.previous.uptime.filter(|_| sight.now.boot == sight.before.boot).unwrap_or(0.0);
    let victims = victims(sight, since);
    let names: Vec<String> = victims.iter().map(|(_, name)| name.clone()).take(MOST_NAMES).collect();
    let booted = sight.boot_time();
    let last = booted.zip(victims.last()).map(|(booted, (seconds, _))| booted + seconds);
    let at = last.unwrap_or(sight.time()).min(sight.time());
    let subject = names.first().filter(|_| new == 1).cloned().unwrap_or_default();
    let names = if new == 1 { Vec::new() } else { names };
    sight.events.push(Event { count: Some(new), subject, names, ..Event::new(at, Kind::OutOfMemory) });
}

fn is_container(sight: &Sight<'_>) -> bool {
    let marks = ["run/systemd/container", ".dockerenv", "run/.containerenv"];
    marks.iter().any(|mark| matches!(sight.tree.stat(mark), Ok(Some(_))))
}

/// Who was killed since an uptime, each with the uptime in seconds.
fn victims(sight: &Sight<'_>, since: f64) -> Vec<(i64, String)> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let path = sight.look.root.path("dev/kmsg");
    let Ok(file) = rustix::fs::open(path, flags, Mode::empty()) else { return Vec::new() };
    let mut victims = Vec::new();
    let mut buffer = Vec::with_capacity(8192);
    for _ in 0..MOST_RECORDS {
        buffer.clear();
        match rustix::io::read(&file, spare_capacity(&mut buffer)) {
            Ok(0) => break,
            // A record that was overwritten meanwhile; the next read goes on.
            Err(rustix::io::Errno::PIPE | rustix::io::Errno::INTR) => continue,
            Err(_) => break,
            // A recorded tree has a plain file, with several records in what is read.
            Ok(_) => victims.extend(parse::lines(&buffer).filter_map(|record| victim(record, since))),
        }
    }
    victims
}

/// `3,1040,5123456789,-;Out of memory: Killed process 812 (mysqld) total-vm:…`; "Memory cgroup out of memory: …", and
/// "Kill process" before 5.0.
#[expect(clippy::cast_precision_loss, reason = "microseconds since boot")]
fn victim(record: &[u8], since: f64) -> Option<(i64, String)> {
    let (head, text) = parse::split_once(record, b';')?;
    let microseconds = parse::number(head.split(|byte| *byte == b',').nth(2)?)?;
    let seconds = microseconds / 1_000_000;
    if (seconds as f64) < since.floor() {
        return None;
    }
    let text = String::from_utf8_lossy(text);
    let at = text.find("ut of memory: Kill")?;
    let (_, rest) = text[at..].split_once(" (")?;
    // The name may hold parentheses itself; what follows it is a blank or a comma.
    let end = rest.find(") ").or_else(|| rest.find("),")).or_else(|| rest.rfind(')'))?;
    Some((i64::try_from(seconds).ok()?, rest[..end].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn victims_are_read_from_the_kernels_words() {
        let record = b"3,1040,5123456789,-;Out of memory: Killed process 812 (mysqld) total-vm:1kB";
        assert_eq!(victim(record, 5000.0), Some((5123, "mysqld".to_owned())));
        assert_eq!(victim(record, 6000.0), None, "that was before");
        let group = b"3,9,7000000,-;Memory cgroup out of memory: Killed process 9 (tmux: (a)), UID 0";
        assert_eq!(victim(group, 0.0), Some((7, "tmux: (a)".to_owned())));
        let old = b"3,9,7000000,-;Out of memory: Kill process 9 (java) score 900 or sacrifice child";
        assert_eq!(victim(old, 0.0), Some((7, "java".to_owned())));
        assert_eq!(victim(b"6,1,1,-;usb 1-1: new device", 0.0), None);
        assert_eq!(victim(b"", 0.0), None);
    }
}
