//! The invented hosts must be possible ones.

use super::{GIB, MIB, Synth};
use cronograph::sample::Sample;
use std::fs;

const START: i64 = 1_795_392_000; // 2026-11-23T00:00:00Z

/// What no field of meminfo holds.
fn unaccounted(sample: &Sample) -> f64 {
    let memory = sample.meminfo.clone().unwrap_or_default();
    let lists = sample.zoneinfo.as_ref().and_then(|zones| zones.per_cpu_pages);
    let parts = [
        memory.mem_free,
        lists,
        memory.anon_pages,
        memory.cached,
        memory.buffers,
        memory.swap_cached,
        memory.s_reclaimable,
        memory.s_unreclaim,
        memory.page_tables,
        memory.percpu,
        memory.vmalloc_used,
    ];
    let sum: u64 = parts.into_iter().flatten().sum();
    memory.mem_total.unwrap_or(0) as f64 - sum as f64
}

#[test]
fn the_same_seed_gives_the_same_host() {
    let synth = Synth::new("a", 480.0 * MIB, START, START + 3_600);
    let (one, two): (Vec<_>, Vec<_>) = (synth.samples().collect(), synth.samples().collect());
    assert_eq!(one, two);
    assert_eq!(one.len(), 60);
}

#[test]
fn memory_adds_up_on_every_size() {
    for ram in [480.0 * MIB, 968.0 * MIB, 62.0 * GIB] {
        let synth = Synth::new("a", ram, START, START + 86_400);
        for sample in synth.samples() {
            let rest = unaccounted(&sample);
            assert!(rest > 0.0 && rest < 6.0 * MIB + ram * 0.004, "{ram}: {rest} at {}", sample.t);
        }
    }
}

#[test]
fn the_story_leaks_a_mebibyte_a_minute_until_memory_is_full() {
    let leak = START + 15 * 3_600;
    let samples: Vec<Sample> = Synth::story("web-1", START, START + 86_400, leak).samples().collect();
    let slab =
        |sample: &Sample| sample.meminfo.as_ref().and_then(|memory| memory.s_unreclaim).unwrap_or(0) as f64;
    let at = |minute: usize| slab(&samples[minute]) / MIB;
    assert!((20.0..30.0).contains(&at(900)), "{}", at(900));
    assert!((at(960) - at(900) - 61.2).abs() < 0.5, "{}", at(960) - at(900));
    let swap = |sample: &Sample| sample.vmstat.as_ref().and_then(|paging| paging.pswpout).unwrap_or(0);
    assert_eq!(swap(&samples[900]), 0);
    assert!(swap(&samples[1_439]) > 0);
}

#[test]
fn reboots_and_gaps_are_holes() {
    let mut synth = Synth::new("a", 480.0 * MIB, START, START + 7_200);
    synth.reboots = vec![START + 3_650];
    synth.gaps = vec![(START + 600, START + 1_200)];
    let samples: Vec<Sample> = synth.samples().collect();
    let times: Vec<i64> = samples.iter().map(|sample| (sample.t - START) / 60).collect();
    assert!(!times.contains(&10) && !times.contains(&19) && times.contains(&20));
    // Down from 3560 s to 3650 s, the first sample 10 s later: minute 60 is lost, 59 is before.
    assert!(times.contains(&59) && !times.contains(&60) && times.contains(&61));
    assert_ne!(samples[0].boot, samples.last().unwrap().boot);
    assert_eq!(samples.iter().filter(|sample| sample.host.is_some()).count(), 2);
}

#[test]
fn a_log_is_written_as_sample_would() {
    let folder = tempfile::tempdir().unwrap();
    let mut synth = Synth::new("db", 62.0 * GIB, START - 3_600, START + 3_600);
    synth.gzip = true;
    synth.broken_every = 7;
    assert_eq!(synth.write(folder.path()).unwrap(), 120);
    let samples = folder.path().join("db/samples");
    assert!(samples.join("2026-11-22.jsonl.gz").exists());
    let open = fs::read_to_string(samples.join("2026-11-23.jsonl")).unwrap();
    let whole = open.lines().filter(|line| serde_json::from_str::<Sample>(line).is_ok()).count();
    // Lines 63, 70, … 119 of the log are broken: 9 of the second day's 60.
    assert_eq!((open.lines().count(), whole), (60, 51));
    let median = open.lines().map(str::len).max().unwrap_or(0);
    assert!(median < 9_000, "{median}");
}
