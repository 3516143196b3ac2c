//! The page of many hosts: what the script that finds and sorts needs, and that nobody else needs it.

use crate::pages;
use crate::synth::Synth;
use cronograph::base::clock::Clock;
use cronograph::site::build;
use std::fs;
use std::path::Path;

/// 2026-11-23T14:07:00Z
const NOW: i64 = 1_795_442_820;
const MIB: f64 = 1024.0 * 1024.0;

fn page_of(hosts: usize) -> (String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("www"));
    fs::create_dir(&data).unwrap();
    for number in 0..hosts {
        let synth = Synth::new(&format!("host-{number}"), 512.0 * MIB, NOW - 1_800, NOW);
        synth.write(&data).unwrap();
    }
    build(&pages::inputs(data, out.clone(), false), Clock::Fixed(NOW)).unwrap();
    let scripts = |path: &Path| path.extension().is_some_and(|extension| extension == "js");
    let scripts =
        fs::read_dir(&out).unwrap().filter(|entry| scripts(&entry.as_ref().unwrap().path())).count();
    (fs::read_to_string(out.join("index.html")).unwrap(), scripts)
}

#[test]
fn many_hosts_can_be_found_and_sorted() {
    let (page, scripts) = page_of(6);
    assert!(page.contains(r#"data-find="Find a host""#), "{page}");
    assert_eq!((page.matches("data-sorts").count(), scripts), (7, 2));
    let values: Vec<&str> =
        page.split("data-value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(values.len(), 6 * 7);
    assert!(values.iter().all(|value| value.parse::<f64>().is_ok_and(f64::is_finite)), "{values:?}");
}

#[test]
fn a_few_need_no_script() {
    let (page, scripts) = page_of(2);
    assert_eq!((page.contains("data-find"), scripts), (false, 1), "but the one that loads the page again");
}
