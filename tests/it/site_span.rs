//! `site --from … --to …`: the past in all detail, and nothing of it is remembered.

use crate::program::cronograph;
use crate::synth::Synth;
use std::fs;
use std::path::Path;

/// 2026-11-23T14:07:00Z
const NOW: i64 = 1_795_442_820;
const HOUR: i64 = 3_600;
const MIB: f64 = 1024.0 * 1024.0;

fn site(data: &Path, out: &Path, from: i64, to: i64) -> assert_cmd::assert::Assert {
    let mut command = cronograph();
    command.args(["site", "--now", &NOW.to_string(), "--from", &from.to_string(), "--to", &to.to_string()]);
    command.arg("--data").arg(data).arg("--out").arg(out).env("TZ", "UTC").assert()
}

/// The files below a folder.
fn tree(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(tree(&path)) } else { files.push(path.display().to_string()) }
    }
    files.sort();
    files
}

#[test]
fn a_stretch_of_the_past_has_a_window_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("night"));
    fs::create_dir(&data).unwrap();
    // It leaks from an hour before the end on: at that time nothing was known of it.
    let leak = Some((NOW - HOUR, MIB / 60.0 * 2.0));
    let synth = Synth { leak, ..Synth::new("web-1", 512.0 * MIB, NOW - 30 * HOUR, NOW) };
    synth.write(&data).unwrap();
    Synth::new("web-2", 512.0 * MIB, NOW - 30 * HOUR, NOW).write(&data).unwrap();
    cronograph().args(["mute", "load", "--data"]).arg(&data).assert().success();
    let remembered = tree(&data);
    site(&data, &out, NOW - 5 * HOUR, NOW - 4 * HOUR).success().stdout("").stderr("");
    let page = fs::read_to_string(out.join("web-1/index.html")).unwrap();
    assert_eq!(page, fs::read_to_string(out.join("web-1/span.html")).unwrap(), "it is what one sees first");
    assert!(page.contains("What was asked for, Mon 23 Nov 09:07 to Mon 23 Nov 10:07"), "{page}");
    assert!(page.contains(">10:07:00<"), "the host as it was then: {page}");
    assert!(!page.contains("Leaking"), "what came later is not known");
    assert!(out.join("web-1/24h.html").exists());
    assert!(
        !page.contains("Muted") && !page.contains("data-seconds"),
        "what is muted now; a page that changes"
    );
    let fleet = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(fleet.contains("2 hosts: 2 ok, on 23 Nov 2026 10:07"), "{fleet}");
    let cache = |path: &String| !path.contains("/cache/");
    assert!(tree(&data).into_iter().filter(cache).eq(remembered), "nothing is remembered");
    assert!(
        !data.join(".derived/web-1/5m").exists() && !data.join("web-1/samples/2026-11-22.jsonl.gz").exists()
    );
}

#[test]
fn a_stretch_that_is_none_is_an_error_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("night"));
    fs::create_dir(&data).unwrap();
    let refused = site(&data, &out, NOW - 5 * HOUR, NOW - 6 * HOUR).code(1);
    let error = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(error.contains("is no stretch") && error.contains("--from lies before --to"), "{error}");
    // Of a time that is not kept the page says so.
    let synth = Synth::new("web-1", 512.0 * MIB, NOW - HOUR, NOW);
    synth.write(&data).unwrap();
    site(&data, &out, NOW - 500 * HOUR, NOW - 499 * HOUR).success();
    let page = fs::read_to_string(out.join("web-1/index.html")).unwrap();
    assert!(page.contains("No sample of that time is kept."), "{page}");
    cronograph().args(["site", "--from", "1"]).assert().code(2);
}

#[test]
fn the_pages_that_cron_keeps_are_not_replaced_by_those_of_the_past() {
    let folder = tempfile::tempdir().unwrap();
    let (data, live, night) =
        (folder.path().join("data"), folder.path().join("www"), folder.path().join("night"));
    fs::create_dir(&data).unwrap();
    Synth::new("web-1", 512.0 * MIB, NOW - 7 * HOUR, NOW).write(&data).unwrap();
    let now = |out: &Path| {
        let mut command = cronograph();
        command.args(["site", "--now", &NOW.to_string(), "--data"]).arg(&data).arg("--out").arg(out).assert()
    };
    now(&live).success();
    let before = (tree(&live), fs::read(live.join("index.html")).unwrap());
    let refused = site(&data, &live, NOW - 5 * HOUR, NOW - 4 * HOUR).code(1);
    let error = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(
        error.contains("holds the pages of now") && error.contains("hint: name another folder with --out"),
        "{error}"
    );
    now(&live).success();
    assert_eq!((tree(&live), fs::read(live.join("index.html")).unwrap()), before, "cron goes on");
    // A folder of the past can show another stretch of it.
    site(&data, &night, NOW - 5 * HOUR, NOW - 4 * HOUR).success();
    site(&data, &night, NOW - 4 * HOUR, NOW - 3 * HOUR).success();
    let page = fs::read_to_string(night.join("web-1/index.html")).unwrap();
    assert!(
        page.contains(">last</th>") && !page.contains(">now</th>"),
        "what was last then is not now: {page}"
    );
}

/// The rows of the legend of the first chart that has such a row, as text: last, min, mean, max.
fn legend(page: &str, label: &str) -> Vec<String> {
    let is_it = |row: &&str| row.contains(&format!(" {label}</th><td class=\"now\">"));
    let row = page.split("<tr>").find(is_it).unwrap_or_default();
    let row = row.split("</tr>").next().unwrap_or_default();
    let cells = row.split("<td").skip(1);
    cells.map(|cell| cell.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn a_stretch_whose_samples_are_gone_is_drawn_from_what_is_left_of_them() {
    const DAY: i64 = 24 * HOUR;
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("night"));
    fs::create_dir(&data).unwrap();
    // A sample in each bin: the figures of both are the same.
    let end = NOW - 420;
    let synth = Synth { interval: 300, ..Synth::new("web-1", 512.0 * MIB, end - 9 * DAY, NOW) };
    synth.write(&data).unwrap();
    let config = folder.path().join("config.toml");
    let compact = |retain: &str| {
        fs::write(&config, format!("[retain]\n{retain}\n")).unwrap();
        let mut command = cronograph();
        command.args(["compact", "--now", &NOW.to_string(), "--config"]).arg(&config);
        command.arg("--data").arg(&data).assert().success();
    };
    let page = |from: i64, to: i64| {
        site(&data, &out, from, to).success().stderr("");
        fs::read_to_string(out.join("web-1/span.html")).unwrap()
    };
    let charts = |page: &str| page.matches("-span-").count();
    // Six days ago, and a stretch of which the first half goes.
    let stretches = [(end - 6 * DAY - 3 * HOUR, end - 6 * DAY), (end - 5 * DAY, end - 2 * DAY)];
    let before = stretches.map(|(from, to)| page(from, to));
    compact("samples = \"2d\"");
    let kept = fs::read_dir(data.join("web-1/samples")).unwrap().count();
    assert_eq!(kept, 5, "two days, two more for a host that sends them, and the open one");
    for ((from, to), before) in stretches.into_iter().zip(&before) {
        let found = page(from, to);
        assert!(found.contains("Not all samples of it are kept: each point stands for 5 min."), "{found}");
        assert_eq!(charts(&found), charts(before));
        for label in ["Free", "Major faults", "Received"] {
            let (found, before) = (legend(&found, label), legend(before, label));
            assert_eq!(found.len(), 4, "{label}");
            assert_eq!(found, before, "{label}");
        }
    }
    let within_a_bin = page(stretches[0].0 + 100, stretches[0].0 + 200);
    assert!(within_a_bin.contains("what is shown is made of bins"), "{within_a_bin}");
    let gone = page(stretches[0].0, stretches[0].1);
    assert!(gone.contains("No sample of that time is kept: what is shown is made of bins, and what was wrong then is not known."), "{gone}");
    // Without bins of 5 minutes hours are left.
    fs::remove_dir_all(data.join(".derived/web-1/5m")).unwrap();
    let found = page(stretches[0].0, stretches[0].1);
    assert!(found.contains("each point stands for 1 h.") && charts(&found) > 20, "{found}");
    let status = fs::read_to_string(out.join("status.json")).unwrap();
    assert!(status.contains("\"state\": \"ok\"") || status.contains("\"state\":\"ok\""), "{status}");
}
