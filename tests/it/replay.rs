//! Recorded days looked at as they came, and looked at once when they were over: what became of the alerts is the same, and is
//! told from beginning to end.

use crate::synth::Synth;
use cronograph::alert::{Entry, Place, Rules, Shelf, Subject, Turn};
use cronograph::config::RuleConfig;
use cronograph::sample::Sample;
use cronograph::series::latest;
use cronograph::store::{Layout, append};
use std::collections::BTreeMap;

/// 2026-11-23T00:00:00Z
const MONDAY: i64 = 1_795_392_000;
const HOUR: i64 = 3_600;

/// Rules that hold now and then on an invented host, beside the built-in ones.
const OWN: &str = "
rule = [
    { name = \"busy\", when = \"cpu.busy_percent > 14\", critical = \"> 22\", clear = \"< 13\", for = \"2m\", clear_for = \"1m\" },
    { name = \"slab\", when = \"meminfo.SUnreclaim > 100 MiB\", for = \"1m\" },
    { name = \"received\", when = \"mean(netdev.rx_bytes, 10m) > 30 kB/s\", clear_for = \"3m\" },
]";

/// A day with a leak, a gap and a reboot.
fn day() -> Vec<Sample> {
    let mut synth = Synth::story("web-1", MONDAY, MONDAY + 12 * HOUR, MONDAY + 5 * HOUR);
    synth.gaps = vec![(MONDAY + 3 * HOUR, MONDAY + 3 * HOUR + 2_000)];
    synth.reboots = vec![MONDAY + 9 * HOUR];
    synth.samples().collect()
}

fn rules() -> Rules {
    #[derive(serde::Deserialize)]
    struct Own {
        rule: Vec<RuleConfig>,
    }
    Rules::new(&toml::from_str::<Own>(OWN).unwrap().rule).unwrap()
}

/// The history after the log has grown by so many samples between two looks.
fn looked_each(samples: &[Sample], stride: usize) -> Vec<Entry> {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web-1").unwrap();
    let rules = rules().of("web-1");
    let look = |now: i64| {
        let latest = latest(&layout, now).unwrap().unwrap();
        let mut shelf = Shelf::open(&layout, true);
        let (layout, report, traffic, waiting) = (&layout, None, None, None);
        let subject = Subject {
            layout,
            rules: &rules,
            latest: &latest,
            report,
            traffic,
            waiting,
            unreadable: None,
            now,
        };
        shelf.look(&subject, &|_| String::new()).unwrap();
        shelf.save().unwrap();
    };
    // Both begin after the same hour.
    let first = 60;
    samples[..first].iter().for_each(|sample| drop(append(&layout, sample).unwrap()));
    look(samples[first - 1].t);
    for chunk in samples[first..].chunks(stride) {
        chunk.iter().for_each(|sample| drop(append(&layout, sample).unwrap()));
        look(chunk[chunk.len() - 1].t);
    }
    let mut entries = Place::of(&layout, true).read();
    // What is known of the moment of a look only: a boot was seen if somebody looked soon after it.
    entries.retain(|entry| entry.rule != "reboot");
    entries
}

fn told(entries: &[Entry]) -> Vec<(i64, String, String, Turn)> {
    entries.iter().map(|entry| (entry.t, entry.rule.clone(), entry.instance.clone(), entry.change)).collect()
}

#[test]
fn however_often_somebody_looks_the_same_is_found() {
    let samples = day();
    let each = told(&looked_each(&samples, 5));
    assert!(each.len() >= 8, "{each:?}");
    for rule in ["slab", "received"] {
        assert!(
            each.iter().any(|(_, known, _, change)| known == rule && *change == Turn::Resolved),
            "{rule}: {each:?}"
        );
    }
    for stride in [17, 90, samples.len()] {
        let other = told(&looked_each(&samples, stride));
        let missing: Vec<_> = each.iter().filter(|one| !other.contains(one)).collect();
        let more: Vec<_> = other.iter().filter(|one| !each.contains(one)).collect();
        assert!(missing.is_empty() && more.is_empty(), "each {stride}: missing {missing:?}, more {more:?}");
    }
}

#[test]
fn what_fires_is_resolved_before_it_fires_again() {
    let mut open: BTreeMap<(String, String), Turn> = BTreeMap::new();
    for entry in looked_each(&day(), 3) {
        let before = open.insert((entry.rule.clone(), entry.instance.clone()), entry.change);
        let may = match entry.change {
            Turn::Fired => matches!(before, None | Some(Turn::Resolved)),
            Turn::Worsened => before == Some(Turn::Fired),
            Turn::Resolved => matches!(before, Some(Turn::Fired | Turn::Worsened)),
        };
        assert!(may, "{entry:?} after {before:?}");
        assert!(entry.since <= entry.t, "{entry:?}");
    }
    assert!(!open.is_empty());
}
