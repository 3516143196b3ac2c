//! Why "used" differs: one host's memory by the formulas of other tools, beside ours. All of them count a leak of
//! unreclaimable slab as an anonymous rise of "used"; only a breakdown says where it is.
//!
//! Formulas as read in the sources: procps 3.3 and 4.0, htop 3.3 (`LinuxMachine.c`, and `MemoryMeter.c`, which
//! prints used + shared), Netdata's `proc_meminfo.c`, HetrixTools' agent, ServerStatus, and the shell agent of a
//! hosted monitor.

use super::breakdown::Breakdown;
use super::part::Group;
use crate::sample::Sample;
use crate::sample::meminfo::Meminfo;

/// What one tool calls used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedBy {
    /// The tool: its name is `used.KEY` in the words.
    pub key: &'static str,
    /// How it computes, in the kernel's names.
    pub formula: &'static str,
    /// Its figure; absent where this kernel lacks a field.
    pub bytes: Option<u64>,
}

/// "Used" at a sample by every tool, ours first.
pub fn comparison(sample: &Sample) -> Vec<UsedBy> {
    let empty = Meminfo::default();
    let memory = sample.meminfo.as_ref().unwrap_or(&empty);
    // Sums of foreign fields would be nonsense; what the tools show in such a container is nonsense, too.
    let arc = sample.arcstats.as_ref().filter(|_| memory.foreign.is_empty());
    let shrinkable = arc.and_then(|arc| arc.size?.checked_sub(arc.c_min?)).unwrap_or(0);
    let not_free = memory.mem_total.zip(memory.mem_free).map(|(total, free)| total.saturating_sub(free));
    let less = |fields: &[Option<u64>]| {
        fields.iter().try_fold(not_free?, |used, field| Some(used.saturating_sub((*field)?)))
    };
    let (buffers, cached) = (memory.buffers, memory.cached);
    let slab = memory.s_reclaimable;
    let files = cached.zip(memory.shmem).map(|(cached, shared)| cached.saturating_sub(shared));
    let available = memory.mem_total.zip(memory.mem_available);
    let not_available = available.map(|(total, available)| total.saturating_sub(available));
    let row = |key, formula, bytes| UsedBy { key, formula, bytes };
    vec![
        row(
            "cronograph",
            "MemTotal − MemFree − per-CPU lists − Buffers − (Cached − Shmem) − KReclaimable − ZFS ARC",
            ours(sample),
        ),
        row("procps4", "MemTotal − MemAvailable", not_available),
        row(
            "procps3",
            "MemTotal − MemFree − Buffers − Cached − SReclaimable",
            less(&[buffers, cached, slab]),
        ),
        row(
            "htop",
            "MemTotal − MemFree − Buffers − (Cached + SReclaimable − Shmem) − (ARC size − c_min)",
            less(&[buffers, files, slab, Some(shrinkable)]),
        ),
        row(
            "netdata",
            "MemTotal − MemFree − Buffers − (Cached + KReclaimable − Shmem) − (ARC size − c_min)",
            less(&[buffers, files, memory.k_reclaimable.or(slab), Some(shrinkable)]),
        ),
        row("hetrixtools", "MemTotal − MemAvailable", not_available),
        row(
            "serverstatus",
            "MemTotal − MemFree − Buffers − Cached − SReclaimable",
            less(&[buffers, cached, slab]),
        ),
        row("hosted", "MemTotal − MemFree − Buffers − Cached", less(&[buffers, cached])),
    ]
}

/// Everything but what is free and what is given back when needed. Shared memory is used: it cannot be dropped.
fn ours(sample: &Sample) -> Option<u64> {
    let breakdown = Breakdown::of_sample(sample)?;
    let given_back: f64 =
        [Group::Free, Group::FileCache, Group::Reclaimable].map(|group| breakdown.group(group)).iter().sum();
    Some(whole(breakdown.total - given_back))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole bytes, not negative")]
fn whole(bytes: f64) -> u64 {
    bytes.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::{Lang, Words};
    use crate::sample::arcstats::Arcstats;

    const MIB: u64 = 1024 * 1024;

    fn sample() -> Sample {
        let mib = |value: u64| Some(value * MIB);
        let memory = Meminfo {
            mem_total: mib(1000),
            mem_free: mib(100),
            mem_available: mib(400),
            buffers: mib(20),
            cached: mib(300),
            shmem: mib(30),
            s_reclaimable: mib(50),
            k_reclaimable: mib(55),
            s_unreclaim: mib(80),
            anon_pages: mib(400),
            ..Meminfo::default()
        };
        Sample { meminfo: Some(memory), ..Sample::default() }
    }

    fn mib_of(rows: &[UsedBy], key: &str) -> Option<u64> {
        rows.iter().find(|row| row.key == key).and_then(|row| row.bytes).map(|bytes| bytes / MIB)
    }

    #[test]
    fn each_tool_has_its_own_figure() {
        let rows = comparison(&sample());
        for (key, mib) in [
            ("cronograph", 1000 - 100 - 20 - 270 - 55),
            ("procps4", 600),
            ("procps3", 1000 - 100 - 20 - 300 - 50),
            ("htop", 1000 - 100 - 20 - 270 - 50),
            ("netdata", 1000 - 100 - 20 - 270 - 55),
            ("hetrixtools", 600),
            ("serverstatus", 530),
            ("hosted", 580),
        ] {
            assert_eq!(mib_of(&rows, key), Some(mib), "{key}");
        }
    }

    #[test]
    fn htop_and_netdata_take_the_shrinkable_arc_off() {
        let arc = Arcstats { size: Some(90 * MIB), c_min: Some(40 * MIB), c_max: None };
        let rows = comparison(&Sample { arcstats: Some(arc), ..sample() });
        assert_eq!(mib_of(&rows, "htop"), Some(510));
        // Ours takes off all of it: 25 MiB out of the rest, 65 out of the slab.
        assert_eq!(mib_of(&rows, "cronograph"), Some(555 - 90));
        assert_eq!(mib_of(&rows, "procps4"), Some(600));
    }

    #[test]
    fn a_missing_field_is_no_figure() {
        let mut old = sample();
        if let Some(memory) = &mut old.meminfo {
            memory.mem_available = None; // before 3.14
            memory.k_reclaimable = None;
        }
        let rows = comparison(&old);
        assert_eq!(mib_of(&rows, "procps4"), None);
        assert_eq!(mib_of(&rows, "netdata"), Some(1000 - 100 - 20 - 270 - 50));
        assert!(comparison(&Sample::default()).iter().all(|row| row.bytes.is_none()));
    }

    #[test]
    fn every_tool_has_a_name() {
        for row in comparison(&sample()) {
            for lang in [Lang::En, Lang::Zh] {
                assert!(Words::of(lang).find(&format!("used.{}", row.key)).is_some(), "{}", row.key);
            }
        }
    }
}
