//! The pages of all hosts: what the script that finds and sorts needs, groups and tags, the map, what changed lately, and the further
//! pages of many hosts.

use crate::pages;
use crate::synth::Synth;
use cronograph::base::clock::Clock;
use cronograph::config::GroupConfig;
use cronograph::event::{Change, Event, Kind};
use cronograph::site::{Inputs, build};
use cronograph::store::{Layout, append_events};
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

/// Hosts of one sample each.
fn small(data: &Path, names: &[String]) {
    let known = |name: &String| data.join(name).exists();
    for name in names.iter().filter(|name| !known(name)) {
        Synth::new(name, 512.0 * MIB, NOW - 60, NOW).write(data).unwrap();
    }
}

fn named(name: &str, hosts: &[&str]) -> GroupConfig {
    GroupConfig { name: name.to_owned(), hosts: hosts.iter().map(|host| (*host).to_owned()).collect() }
}

fn read(out: &Path, page: &str) -> String {
    fs::read_to_string(out.join(page)).unwrap()
}

/// What of a page lies between two texts.
fn between<'a>(page: &'a str, from: &str, until: &str) -> &'a str {
    page.split_once(from).unwrap().1.split_once(until).unwrap().0
}

#[test]
fn groups_and_tags_are_shown_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("www"));
    fs::create_dir(&data).unwrap();
    small(&data, &["db-1", "mail", "web-1", "web-2"].map(str::to_owned));
    let inputs = Inputs {
        groups: vec![named("Web & shop", &["web-*"]), named("nobody", &["x"]), named("db", &["*-1"])],
        tags: vec![named("production", &["*-1"])],
        ..pages::inputs(data, out.clone(), false)
    };
    build(&inputs, Clock::Fixed(NOW)).unwrap();
    let page = read(&out, "index.html");
    let headings: Vec<&str> = page
        .split(r#"<tbody class="group" id=""#)
        .skip(1)
        .map(|rest| rest.split(" <").next().unwrap())
        .collect();
    assert_eq!(
        headings,
        [
            r#"group-Web---shop"><tr><th scope="rowgroup" colspan="10">Web &amp; shop"#,
            r#"group-db"><tr><th scope="rowgroup" colspan="10">db"#,
            r#"others"><tr><th scope="rowgroup" colspan="10">Others"#,
        ]
    );
    assert!(!page.contains("class=\"map\""), "four hosts are seen at a glance");
    let host = read(&out, "web-1/index.html");
    assert!(host.contains(r#"<a href="../index.html#group-Web---shop">Web &amp; shop</a>"#), "{host}");
    assert!(host.contains("<span>production</span>"));
    let status: serde_json::Value = serde_json::from_str(&read(&out, "status.json")).unwrap();
    assert_eq!(
        (&status["hosts"][0]["group"], &status["hosts"][0]["tags"][0]),
        (&"db".into(), &"production".into())
    );
    assert_eq!(status["hosts"][1].get("group"), None, "mail is in none");
}

#[test]
fn many_hosts_have_pages_of_their_own_that_go_when_they_are_few_again() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("www"));
    fs::create_dir(&data).unwrap();
    let names: Vec<String> = (1..=201).map(|number| format!("host-{number:03}")).collect();
    small(&data, &names);
    for name in &names[..40] {
        let upgraded = Event::of(NOW - 600, Kind::Package, Change::Upgraded, "openssl");
        append_events(&Layout::new(&data, name).unwrap(), &[upgraded]).unwrap();
    }
    build(&pages::inputs(data.clone(), out.clone(), false), Clock::Fixed(NOW)).unwrap();
    let page = read(&out, "index.html");
    assert!(!page.contains("<table class=\"fleet\">"), "the first page has no rows");
    assert_eq!(between(&page, "<p class=\"cells\">", "</p>").matches("<a class=").count(), 201);
    assert!(page.contains(r#"<a href="hosts.2.html">host-101 – host-200</a>"#), "{page}");
    let lately = between(&page, "<table class=\"lately\">", "</table>");
    assert_eq!(lately.matches("package openssl upgraded").count(), 1, "{lately}");
    assert!(lately.contains(r#"40 hosts: <a href="host-001/index.html">host-001</a>, "#), "{lately}");
    let links = |page: &str| {
        let page = read(&out, page);
        let rels = page.matches("rel=\"prev\"").count() * 10 + page.matches("rel=\"next\"").count();
        (page.matches("<tr class=\"why\">").count() <= 100, page.matches("class=\"c-name\"><a").count(), rels)
    };
    // The links stand above and below the rows.
    assert_eq!(links("hosts.html"), (true, 100, 2));
    assert_eq!(links("hosts.2.html"), (true, 100, 22));
    assert_eq!(links("hosts.3.html"), (true, 1, 20));
    for name in &names[100..] {
        fs::remove_dir_all(data.join(name)).unwrap();
    }
    let report = build(&pages::inputs(data, out.clone(), false), Clock::Fixed(NOW + 60)).unwrap();
    assert_eq!(report.hosts, 100);
    assert!(["hosts.html", "hosts.2.html", "hosts.3.html"].iter().all(|page| !out.join(page).exists()));
    assert_eq!(read(&out, "index.html").matches("class=\"c-name\"><a").count(), 100);
}
