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

fn days(days: BTreeMap<Date, DayPlace>) -> HostPlace {
    HostPlace { days, ..HostPlace::default() }
}

fn note(places: &mut Places, host: &str, place: HostPlace) {
    places.note([(host, place)].into_iter()).unwrap();
}

#[test]
fn what_was_noted_is_there_whatever_happens_to_the_last_line() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Places::open(folder.path(), folder.path(), TODAY).unwrap();
    let (mut places, hosts) = open();
    assert!(hosts.is_empty());
    let (first, second) = (date(2026, 11, 22), date(2026, 11, 23));
    let facts = Some(Facts { day: first, at: 0 });
    note(&mut places, "web1", HostPlace { facts, ..days(at(first, 10)) });
    let doubt = HostPlace { doubt: Some(5), ..HostPlace::default() };
    let both = [("web1", days(at(second, 20))), ("web2", doubt)];
    places.note(both.into_iter()).unwrap();
    drop(places);
    let path = folder.path().join("places.jsonl");
    let whole = fs_err::read(&path).unwrap();
    let both: BTreeMap<Date, DayPlace> = at(first, 10).into_iter().chain(at(second, 20)).collect();
    // The second one ends inside of the letter `ü`.
    for end in [&b"{\"host\":\"web1\",\"days\":{\"2026-11-23\":[9"[..], b"{\"host\":\"B\xc3"] {
        fs_err::write(&path, [&whole, end].concat()).unwrap();
        let (_, hosts) = open();
        assert_eq!(hosts["web1"], HostPlace { facts, ..days(both.clone()) });
        assert_eq!(hosts["web2"].doubt, Some(5));
    }
    let (mut places, _) = open();
    note(&mut places, "web2", days(at(second, 30)));
    let (hosts, _) = read(&path).unwrap();
    assert_eq!((hosts["web2"].days[&second].plain, hosts["web2"].doubt), (30, None));
    note(&mut places, "web2", HostPlace { folder: Some(77), ..HostPlace::default() });
    note(&mut places, "web2", days(at(first, 40)));
    let (hosts, _) = read(&path).unwrap();
    assert_eq!((hosts["web2"].folder, hosts["web2"].days.len()), (Some(77), 2));
}

#[test]
fn old_days_take_a_short_form_and_what_went_long_ago_is_forgotten() {
    let data = tempfile::tempdir().unwrap();
    let noted: BTreeMap<Date, DayPlace> = (0..500)
        .map(|back| TODAY - back.days())
        .map(|day| (day, place(day, u64::from(day.day().unsigned_abs()))))
        .collect();
    let (mut places, _) = Places::open(data.path(), data.path(), TODAY).unwrap();
    note(&mut places, "web1", days(noted.clone()));
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
        assert_eq!(record.sent, noted[&day].sent, "{day}");
        assert!(record.is_of((7, noted[&day].plain)));
    }
    let path = data.path().join("places.jsonl");
    assert!(fs_err::metadata(&path).unwrap().len() < 398 * 12 + 500);
    // It is the same to who reads it.
    drop(places);
    assert_eq!(read(&path).unwrap(), (hosts, 1));
}

#[test]
fn one_old_day_of_each_host_is_not_worth_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Places::open(folder.path(), folder.path(), TODAY).unwrap();
    let path = folder.path().join("places.jsonl");
    let (mut places, _) = open();
    // Of six days two could have the short form.
    (0..6).for_each(|back| note(&mut places, "web1", days(at(TODAY - back.days(), 5))));
    drop(open());
    assert_eq!(read(&path).unwrap().1, 1, "two are");
    note(&mut open().0, "web1", days(at(TODAY - 4.days(), 6)));
    let (_, hosts) = open();
    assert_eq!((read(&path).unwrap().1, hosts["web1"].days.len()), (2, 5));
}

#[test]
fn a_long_run_makes_the_file_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (mut places, _) = Places::open(folder.path(), folder.path(), TODAY).unwrap();
    for step in 0..=SPARE_LINES as u64 {
        note(&mut places, "web1", days(at(TODAY, step)));
    }
    note(&mut places, "web1", days(at(TODAY, 123_456)));
    let (hosts, lines) = read(&folder.path().join("places.jsonl")).unwrap();
    assert_eq!((lines, hosts["web1"].days[&TODAY].plain), (2, 123_456));
}
