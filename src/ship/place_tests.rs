//! What is noted of hosts, over kills and over making the file anew.

use super::*;
use jiff::civil::date;

const TODAY: Date = date(2026, 11, 23);

fn place(day: Date, plain: u64) -> DayPlace {
    let start = start_of(day);
    DayPlace {
        plain,
        compressed: 7,
        sent: Sent { lines: plain + 1, stretches: vec![(start, start + 86_399)] },
    }
}

fn at(day: Date, plain: u64) -> BTreeMap<Date, DayPlace> {
    BTreeMap::from([(day, place(day, plain))])
}

#[test]
fn what_was_noted_is_there_whatever_happens_to_the_last_line() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Places::open(folder.path(), folder.path(), TODAY).unwrap();
    let (mut places, hosts) = open();
    assert!(hosts.is_empty());
    let (first, second) = (date(2026, 11, 22), date(2026, 11, 23));
    let facts = Some(Facts { day: first, at: 0 });
    places.note([("web1", at(first, 10), facts, None)].into_iter()).unwrap();
    let both = [("web1", at(second, 20), None, None), ("web2", BTreeMap::new(), None, Some(5))];
    places.note(both.into_iter()).unwrap();
    drop(places);
    let path = folder.path().join("places.jsonl");
    let mut torn = fs_err::read(&path).unwrap();
    torn.extend(b"{\"host\":\"web1\",\"days\":{\"2026-11-23\":[9");
    fs_err::write(&path, torn).unwrap();
    let (mut places, hosts) = open();
    let days = at(first, 10).into_iter().chain(at(second, 20)).collect();
    assert_eq!(hosts["web1"], HostPlace { days, facts, ..HostPlace::default() });
    assert_eq!(hosts["web2"].doubt, Some(5));
    places.note([("web2", at(second, 30), None, None)].into_iter()).unwrap();
    let (hosts, _) = read(&path).unwrap();
    assert_eq!((hosts["web2"].days[&second].plain, hosts["web2"].doubt), (30, None));
    places.note_folders([("web2", 77)].into_iter()).unwrap();
    places.note([("web2", at(first, 40), None, None)].into_iter()).unwrap();
    let (hosts, _) = read(&path).unwrap();
    assert_eq!((hosts["web2"].folder, hosts["web2"].days.len()), (Some(77), 2));
}

#[test]
fn old_days_take_a_short_form_and_what_went_long_ago_is_forgotten() {
    let data = tempfile::tempdir().unwrap();
    let days: BTreeMap<Date, DayPlace> = (0..500)
        .map(|back| TODAY - back.days())
        .map(|day| (day, place(day, u64::from(day.day().unsigned_abs()))))
        .collect();
    let (mut places, _) = Places::open(data.path(), data.path(), TODAY).unwrap();
    places.note([("web1", days.clone(), None, None)].into_iter()).unwrap();
    drop(places);
    // Of the days that may go, one is still there.
    let (layout, kept) = (Layout::new(data.path(), "web1").unwrap(), TODAY - 450.days());
    fs_err::create_dir_all(layout.samples()).unwrap();
    fs_err::write(layout.day_file(kept), "").unwrap();
    let (places, hosts) = Places::open(data.path(), data.path(), TODAY).unwrap();
    let web1 = &hosts["web1"];
    assert_eq!(web1.days.keys().copied().collect::<Vec<_>>(), [3, 2, 1, 0].map(|back| TODAY - back.days()));
    let records = web1.settled.records();
    assert_eq!(records.len(), 400 - 3 + 1);
    for (day, record) in records {
        let record = settled::decode(day, record).unwrap();
        assert_eq!(record.sent, days[&day].sent, "{day}");
        assert!(record.is_of((7, days[&day].plain)));
    }
    let path = data.path().join("places.jsonl");
    assert!(fs_err::metadata(&path).unwrap().len() < 398 * 12 + 500);
    // It is the same to who reads it.
    drop(places);
    assert_eq!(read(&path).unwrap(), (hosts, 1));
}

#[test]
fn a_long_run_makes_the_file_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (mut places, _) = Places::open(folder.path(), folder.path(), TODAY).unwrap();
    for step in 0..=SPARE_LINES as u64 {
        places.note([("web1", at(TODAY, step), None, None)].into_iter()).unwrap();
    }
    places.note([("web1", at(TODAY, 123_456), None, None)].into_iter()).unwrap();
    let (hosts, lines) = read(&folder.path().join("places.jsonl")).unwrap();
    assert_eq!((lines, hosts["web1"].days[&TODAY].plain), (2, 123_456));
}
