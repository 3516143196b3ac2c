//! Events on the pages: the list with its numbers, the marks of the memory chart, `status.json`; and nothing private on a
//! public site.

use crate::pages;
use crate::synth::Synth;
use cronograph::base::clock::Clock;
use cronograph::event::{Change, Event, Kind};
use cronograph::site::{Inputs, Report, build};
use cronograph::store::{Layout, append_events};
use std::collections::BTreeSet;
use std::path::Path;

/// 2026-11-23T14:07:00Z
const NOW: i64 = 1_795_442_820;
const MIB: f64 = 1024.0 * 1024.0;

/// A host of the last hours, alone on its site.
fn inputs(folder: &Path, public: bool) -> (Inputs, Layout) {
    let data = folder.join("data");
    Synth::new("web-1", 512.0 * MIB, NOW - 5 * 3600, NOW).write(&data).unwrap();
    let layout = Layout::new(&data, "web-1").unwrap();
    let out = folder.join("www");
    let inputs = pages::inputs(data, out, public);
    (inputs, layout)
}

fn run(inputs: &Inputs) -> Report {
    build(inputs, Clock::Fixed(NOW)).unwrap()
}

fn note(t: i64, text: &str) -> Event {
    Event { subject: text.to_owned(), ..Event::new(t, Kind::Note) }
}

/// The files of pictures whose names begin so.
fn pictures(inputs: &Inputs, start: &str) -> BTreeSet<String> {
    let names = fs_err::read_dir(inputs.out.join("web-1")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(start)).collect()
}

#[test]
fn what_changed_is_listed_newest_first_and_marked_on_the_memory_chart() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, layout) = inputs(folder.path(), false);
    run(&inputs);
    let (memory, cpu) = (pictures(&inputs, "memory-24h"), pictures(&inputs, "cpu-24h"));
    assert!(!std::fs::read_to_string(inputs.out.join("web-1/24h.html")).unwrap().contains("table-changes"));
    let crontab = Event::of(NOW - 7000, Kind::Crontab, Change::Changed, "/etc/cron.d/<b>");
    append_events(&layout, &[crontab, note(NOW - 600, "before")]).unwrap();
    run(&inputs);
    let page = fs_err::read_to_string(inputs.out.join("web-1/24h.html")).unwrap();
    let list = page.split("id=\"table-changes\"").nth(1).unwrap().split("</table>").next().unwrap();
    let (newer, older) =
        (list.find("note &quot;before&quot;"), list.find("crontab /etc/cron.d/&lt;b&gt; changed"));
    assert!(newer.unwrap() < older.unwrap(), "{list}");
    assert!(list.contains("<th scope=\"row\">2</th>") && list.contains("13:57"), "{list}");
    assert_ne!(pictures(&inputs, "memory-24h"), memory, "it has marks now");
    assert_eq!(pictures(&inputs, "cpu-24h"), cpu, "others are as they were");
    let hour = fs_err::read_to_string(inputs.out.join("web-1/1h.html")).unwrap();
    assert!(hour.contains("before") && !hour.contains("cron.d"), "each page has those of its window");
    let status = fs_err::read_to_string(inputs.out.join("status.json")).unwrap();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let events = &status["hosts"][0]["events"];
    assert_eq!((events[0]["t"].as_i64(), events[0]["kind"].as_str()), (Some(NOW - 600), Some("note")));
    assert_eq!(run(&inputs).published.written, 0);
}

#[test]
fn a_public_site_tells_no_names() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, layout) = inputs(folder.path(), true);
    let package = Event::of(NOW - 900, Kind::Package, Change::Upgraded, "secret-package");
    append_events(&layout, &[note(NOW - 600, "secret note"), package]).unwrap();
    run(&inputs);
    for file in ["web-1/24h.html", "index.html", "status.json"] {
        let text = fs_err::read_to_string(inputs.out.join(file)).unwrap();
        assert!(!text.contains("secret"), "{file}");
        assert!(text.contains("one package upgraded"), "{file}");
    }
}

#[test]
fn a_broken_log_of_events_is_shown_and_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, layout) = inputs(folder.path(), false);
    append_events(&layout, &[note(NOW - 600, "kept")]).unwrap();
    let mut bytes = fs_err::read(layout.events()).unwrap();
    bytes.extend_from_slice(b"broken\n");
    fs_err::write(layout.events(), bytes).unwrap();
    assert_eq!(run(&inputs).failed, []);
    let page = fs_err::read_to_string(inputs.out.join("web-1/24h.html")).unwrap();
    assert!(page.contains("kept") && page.contains("events.jsonl"));
    fs_err::remove_file(layout.events()).unwrap();
    fs_err::create_dir(layout.events()).unwrap();
    assert_eq!(run(&inputs).failed, [], "a folder of that name is a flaw of the events alone");
}
