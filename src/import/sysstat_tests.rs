//! On what sadf 12.6.1 of a real machine printed (`tests/fixtures/import/`), and on it as other versions would have.

use super::*;

fn document() -> Json {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/import/sysstat-12.6.json");
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

fn read_one(document: &Json) -> Found {
    read("sa26", document).unwrap().pop().unwrap()
}

fn value(found: &Found, t: i64, id: &str, instance: &str) -> Option<f64> {
    found.points[&t].get(&Number::named(id, instance).unwrap()).map(|value| value.value)
}

/// 2026-11-26 09:22:38 UTC
const FIRST: i64 = 1_795_684_958;

#[test]
fn units_are_those_of_the_log() {
    let found = read_one(&document());
    assert_eq!(found.name.as_deref(), Some("vm"));
    assert_eq!(found.points.keys().copied().collect::<Vec<_>>(), [FIRST, FIRST + 5, FIRST + 11]);
    let at = |id: &str| value(&found, FIRST, id, "").unwrap();
    let near = |id: &str, expected: f64| {
        assert!((at(id) - expected).abs() < 1e-9 * expected.max(1.0), "{id}: {} is not {expected}", at(id));
    };
    // KiB.
    near("meminfo.MemFree", 24_077_628.0 * 1024.0);
    near("meminfo.Slab", 231_460.0 * 1024.0);
    near("vmstat.pgpgin", 8211.2 * 1024.0);
    // MemTotal of this machine.
    near("meminfo.MemTotal", 24_684_092.0 * 1024.0);
    // Percent of two CPUs.
    near("stat.user", 0.061);
    near("stat.idle", 1.6578);
    near("stat.softirq", 0.0062);
    near("stat.ctxt", 3827.8);
    near("pressure.io_full", 0.0991);
    near("loadavg.load15", 4.95);
    near("sockstat.tcp", 2.0);
    let disk = |id: &str| value(&found, FIRST, id, "vda").unwrap();
    assert!((disk("diskstats.read_bytes") - 16430.4 * 512.0).abs() < 1e-6);
    assert!((disk("diskstats.busy") - 0.1296).abs() < 1e-12);
}

#[test]
fn what_is_not_known_is_absent_and_counted() {
    let found = read_one(&document());
    for (id, instance) in [
        ("meminfo.SUnreclaim", ""),
        ("meminfo.Shmem", ""),
        ("diskstats.reads", "vda"),
        ("diskstats.read_bytes", "loop0"),
        ("netdev.rx_bytes", "lo"),
        ("netdev.rx_bytes", "ifb0"),
    ] {
        assert_eq!(value(&found, FIRST, id, instance), None, "{id} {instance}");
    }
    assert_eq!(found.left_out["interrupts"], 3 * 8);
    assert_eq!(found.left_out["memory.active"], 3);
    assert_eq!(found.left_out["filesystems (by device: sadf needs -F MOUNT)"], 3);
    assert!(!found.left_out.contains_key("memory.memfree") && !found.left_out.contains_key("memory.memused"));
}

#[test]
fn file_systems_by_where_they_are_mounted() {
    let mut document = document();
    let record = &mut document["sysstat"]["hosts"][0]["statistics"][0];
    record["filesystems"] = serde_json::json!([{
        "mountpoint": "/", "MBfsfree": 300, "MBfsused": 100, "%fsused": 25.0, "%ufsused": 30.0, "Ifree": 7, "Iused": 3
    }]);
    let found = read_one(&document);
    let at = |id: &str| value(&found, FIRST, id, "/").unwrap();
    assert_eq!((at("filesystem.total"), at("filesystem.used")), (400.0 * 1_048_576.0, 100.0 * 1_048_576.0));
    assert_eq!((at("filesystem.available"), at("filesystem.inodes")), (280.0 * 1_048_576.0, 10.0));
}

#[test]
fn an_older_version_counts_all_that_is_not_free_as_used() {
    let mut document = document();
    for record in document["sysstat"]["hosts"][0]["statistics"].as_array_mut().unwrap() {
        let memory = &mut record["memory"];
        memory["memused"] = (24_684_092 - memory["memfree"].as_u64().unwrap()).into();
        let cpus = record["cpu-load"].take();
        record.as_object_mut().unwrap().remove("cpu-load");
        record["cpu-load-all"] = cpus;
    }
    let found = read_one(&document);
    assert_eq!(value(&found, FIRST, "meminfo.MemTotal", ""), Some(24_684_092.0 * 1024.0));
    assert!((value(&found, FIRST, "stat.user", "").unwrap() - 0.061).abs() < 1e-12);
}

#[test]
fn since_12_7_8_used_is_what_is_not_available() {
    let mut document = document();
    let total = 24_684_092;
    for (at, record) in (0..).zip(document["sysstat"]["hosts"][0]["statistics"].as_array_mut().unwrap()) {
        let memory = &mut record["memory"];
        let used = 4_000_000_u64 + 1000 * at;
        memory["avail"] = (total - used).into();
        memory["memused"] = used.into();
        memory["memused-percent"] = ((10_000.0 * used as f64 / total as f64).round() / 100.0).into();
    }
    assert_eq!(value(&read_one(&document), FIRST, "meminfo.MemTotal", ""), Some(24_684_092.0 * 1024.0));
    // Nothing changed from one time to the next: the percentage tells the sums apart, or nothing does.
    let records = document["sysstat"]["hosts"][0]["statistics"].as_array_mut().unwrap();
    let first = records[0]["memory"].clone();
    records.iter_mut().for_each(|record| record["memory"] = first.clone());
    assert_eq!(value(&read_one(&document), FIRST, "meminfo.MemTotal", ""), Some(24_684_092.0 * 1024.0));
    let records = document["sysstat"]["hosts"][0]["statistics"].as_array_mut().unwrap();
    records
        .iter_mut()
        .for_each(|record| _ = record["memory"].as_object_mut().unwrap().remove("memused-percent"));
    assert_eq!(value(&read_one(&document), FIRST, "meminfo.MemTotal", ""), None);
}

#[test]
fn a_sum_that_stays_the_same_by_chance_is_no_total() {
    let mut document = document();
    let records = document["sysstat"]["hosts"][0]["statistics"].as_array_mut().unwrap();
    let first = records[0].clone();
    *records = (0..9)
        .map(|at| {
            let mut record = first.clone();
            record["memory"]["memused"] = (1000 * (at / 2)).into();
            record["memory"]["avail"] = (10_000_000 - 3000 * at).into();
            record["memory"]["memfree"] = (9_000_000 - 1000 * (at / 2) - 500 * u64::from(at > 2)).into();
            record["memory"]["slab"] = (100 + 7 * at).into();
            record
        })
        .collect();
    assert_eq!(Total::of(records), Some(Total::Eleven), "but once");
    for (at, record) in records.iter_mut().enumerate() {
        record["memory"]["memfree"] = (9_000_000 + 1000 * (at as u64 / 3)).into();
    }
    assert_eq!(Total::of(records), None);
}

#[test]
fn where_no_sum_stays_the_same_the_total_is_absent() {
    let mut document = document();
    for (at, record) in
        document["sysstat"]["hosts"][0]["statistics"].as_array_mut().unwrap().iter_mut().enumerate()
    {
        record["memory"]["memused"] = (at * 1000).into();
    }
    assert_eq!(value(&read_one(&document), FIRST, "meminfo.MemTotal", ""), None);
}

#[test]
fn a_boot_is_one_of_its_time() {
    let mut document = document();
    document["sysstat"]["hosts"][0]["restarts"] =
        serde_json::json!([{"boot": {"date": "2026-11-26", "time": "09:22:40", "utc": 1, "cpu_count": 2}}]);
    assert_eq!(read_one(&document).restarts, [FIRST + 2]);
}

#[test]
fn local_times_are_refused_with_the_way_out() {
    let mut document = document();
    document["sysstat"]["hosts"][0]["statistics"][0]["timestamp"]["utc"] = 0.into();
    let said = read("sa26", &document).unwrap_err().to_string();
    assert!(
        said.contains("2026-11-26 09:22:38 is a local time") && said.contains("without -t and -T"),
        "{said}"
    );
}

#[test]
fn pages_of_an_unknown_size_are_left_out() {
    let mut document = document();
    document["sysstat"]["hosts"][0]["machine"] = "aarch64".into();
    let found = read_one(&document);
    assert_eq!(value(&found, FIRST, "vmstat.pswpin", ""), None);
    assert_eq!(found.left_out["swap-pages.pswpin"], 3);
}
