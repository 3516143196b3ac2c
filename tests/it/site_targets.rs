//! Targets on the pages: a section of their own with pictures and a table; on a public site without their names.

use crate::pages;
use crate::synth::Synth;
use cronograph::base::clock::Clock;
use cronograph::sample::Sample;
use cronograph::sample::target::{TargetRun, Targets};
use cronograph::site::{Inputs, build};
use cronograph::store::{Layout, append};
use std::path::Path;

/// 2026-11-23T14:07:00Z
const NOW: i64 = 1_795_442_820;
const MIB: f64 = 1024.0 * 1024.0;

/// A host of the last two hours that asks three targets: `shop`, down in every fourth minute; `router`, of whose echoes a third is
/// lost; `zone`, which it could not ask. Until an hour ago it asked `secret`, too.
fn inputs(folder: &Path, public: bool) -> Inputs {
    let data = folder.join("data");
    let layout = Layout::new(&data, "web-1").unwrap();
    std::fs::create_dir_all(layout.samples()).unwrap();
    for (minute, sample) in Synth::new("web-1", 512.0 * MIB, NOW - 7200, NOW).samples().enumerate() {
        let t = sample.t - 60;
        let run = |kind: &str, up, seconds| TargetRun {
            t,
            kind: kind.to_owned(),
            up,
            seconds,
            interval: 60,
            ..TargetRun::default()
        };
        let is_up = minute % 4 != 3;
        let shop = TargetRun {
            status: Some(if is_up { 200 } else { 503 }),
            error: (!is_up).then(|| "status 503".to_owned()),
            certificate: Some(9 * 86_400 + 60),
            ..run("http", Some(u64::from(is_up)), is_up.then_some(0.0123))
        };
        let router = TargetRun { loss: Some(1.0 / 3.0), ..run("icmp", Some(1), Some(0.0004)) };
        let zone = TargetRun {
            error: Some("no name server in /etc/resolv.conf".to_owned()),
            ..run("dns", None, None)
        };
        let mut all = vec![("shop", shop), ("<b>router", router), ("zone", zone)];
        if minute < 60 {
            all.push(("secret", run("tcp", Some(1), Some(2.5))));
        }
        let targets = all.into_iter().map(|(name, run)| (name.to_owned(), run)).collect();
        append(&layout, &Sample { target: Some(Targets(targets)), ..sample }).unwrap();
    }
    let out = folder.join("www");
    pages::inputs(data, out, public)
}

fn page(public: bool) -> String {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), public);
    build(&inputs, Clock::Fixed(NOW)).unwrap();
    let page = fs_err::read_to_string(inputs.out.join("web-1/24h.html")).unwrap();
    page.split("<section id=\"reachability\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned()
}

/// The cells of a row of the table, without their marks.
fn row(section: &str, name: &str) -> Vec<String> {
    let table = section.split("id=\"table-targets\"").nth(1).unwrap();
    let row = table.split("<tr").find(|row| row.contains(&format!(">{name}</th>"))).unwrap();
    let cells = row.split("<td").skip(1).map(|cell| cell.split_once('>').unwrap().1);
    cells.map(|cell| cell.split("</td>").next().unwrap().to_owned()).collect()
}

#[test]
fn a_section_with_answer_times_losses_and_a_table() {
    let section = page(false);
    for picture in ["src=\"latency-24h-", "src=\"loss-24h-"] {
        assert!(section.contains(picture), "{picture}\n{section}");
    }
    // The last minute is one in which it was down: nothing of an answer time. The day ends at 14:00, after 113 minutes, 28 of
    // them down; the week and the month hold all 120 minutes, 30 of them down: bins count by their minutes, 40 of 53, 45 of
    // 60 and 5 of 7 in the hours.
    assert_eq!(
        row(&section, "shop"),
        ["HTTP", "down", "", "", "75.22 %", "75.00 %", "75.00 %", "9 d", "14:05", "status 503"]
    );
    let router = row(&section, "&lt;b&gt;router");
    assert_eq!(router[..4], ["Echo (ICMP)", "up", "400 µs", "33.3 %"]);
    assert_eq!(router[4..], ["100 %", "100 %", "100 %", "", "14:05", ""]);
    let zone = row(&section, "zone");
    assert_eq!((zone[1].as_str(), zone[4].as_str()), ("unknown", ""), "nothing is known of it");
    assert!(section.contains("12.3 ms"), "the legend tells milliseconds");
    assert!(!section.contains("secret</th>\n<td"), "nobody asks it any more");
}

#[test]
fn a_public_page_numbers_them_and_a_former_one_has_no_name() {
    let section = page(true);
    for name in ["shop", "router", "zone", "secret"] {
        assert!(!section.contains(name), "{name}\n{section}");
    }
    for label in ["target 1", "target 2", "target 3", "a former target", "status 503"] {
        assert!(section.contains(label), "{label}\n{section}");
    }
}

#[test]
fn a_host_without_targets_has_no_such_section() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Synth::new("web-1", 512.0 * MIB, NOW - 7200, NOW).write(&data).unwrap();
    let out = folder.path().join("www");
    build(&pages::inputs(data, out.clone(), false), Clock::Fixed(NOW)).unwrap();
    assert!(!fs_err::read_to_string(out.join("web-1/24h.html")).unwrap().contains("reachability"));
}
