//! The log on a real file system: whatever happens to it, no good line is lost and none comes twice.

use cronograph::sample::Sample;
use cronograph::store::{self, Layout, Reader, StoreError};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// 2026-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_795_392_000;
const DAY: Date = date(2026, 11, 23);

fn host() -> (TempDir, Layout) {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    (data, layout)
}

/// A sample of a boot that began at `MIDNIGHT - 1000`.
fn sample(t: i64) -> Sample {
    let uptime = Some((t - MIDNIGHT + 1000) as f64);
    Sample { v: 1, t, boot: Some("0123abcd".to_owned()), uptime, ..Sample::default() }
}

fn line(t: i64) -> Vec<u8> {
    let mut line = serde_json::to_vec(&sample(t)).unwrap();
    line.push(b'\n');
    line
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn put(layout: &Layout, name: &str, bytes: &[u8]) {
    fs_err::create_dir_all(layout.samples()).unwrap();
    fs_err::write(layout.samples().join(name), bytes).unwrap();
}

/// The times of a range, and how many lines were broken.
fn read(layout: &Layout, from: i64, until: i64) -> (Vec<i64>, u64) {
    let mut reader = Reader::range(layout, from, until).unwrap();
    let times = reader.by_ref().map(|sample| sample.t).collect();
    (times, reader.damage().broken_lines)
}

fn read_day(layout: &Layout) -> (Vec<i64>, u64) {
    read(layout, MIDNIGHT, MIDNIGHT + 86_400)
}

#[test]
fn midnight_is_the_clock_of_the_sample() {
    let (_data, layout) = host();
    for t in [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 86_399, MIDNIGHT + 86_400] {
        let appended = store::append(&layout, &sample(t)).unwrap();
        assert_eq!((appended.bytes, appended.mended), (line(t).len() as u64, false));
    }
    let days: Vec<_> = layout.days().unwrap().into_iter().map(|files| files.day.to_string()).collect();
    assert_eq!(days, ["2026-11-22", "2026-11-23", "2026-11-24"]);
    assert_eq!(
        fs_err::read(layout.day_file(DAY)).unwrap(),
        [line(MIDNIGHT), line(MIDNIGHT + 86_399)].concat()
    );
    assert_eq!(read_day(&layout), (vec![MIDNIGHT, MIDNIGHT + 86_399], 0));
}

#[test]
fn a_torn_line_damages_only_itself() {
    let (_data, layout) = host();
    let torn = &line(MIDNIGHT + 60)[..30];
    put(&layout, "2026-11-23.jsonl", &[&line(MIDNIGHT), torn].concat());
    assert!(store::append(&layout, &sample(MIDNIGHT + 120)).unwrap().mended);
    assert!(!store::append(&layout, &sample(MIDNIGHT + 180)).unwrap().mended);
    assert_eq!(read_day(&layout), (vec![MIDNIGHT, MIDNIGHT + 120, MIDNIGHT + 180], 1));
    let mut reader = Reader::range(&layout, MIDNIGHT, MIDNIGHT + 600).unwrap();
    reader.by_ref().for_each(drop);
    let broken = &reader.damage().first[0];
    assert_eq!((broken.path.clone(), broken.line), (layout.day_file(DAY), 2));
}

#[test]
fn a_line_that_is_being_written_is_not_broken() {
    let (_data, layout) = host();
    let torn = &line(MIDNIGHT + 60)[..30];
    put(&layout, "2026-11-23.jsonl", &[&line(MIDNIGHT), torn].concat());
    assert_eq!(read_day(&layout), (vec![MIDNIGHT], 0));
    put(&layout, "2026-11-24.jsonl", &line(MIDNIGHT + 86_400));
    assert_eq!(read_day(&layout), (vec![MIDNIGHT], 1), "a day that is over has no line being written");
}

#[test]
fn two_samplers_at_once_lose_nothing() {
    let (_data, layout) = host();
    std::thread::scope(|scope| {
        for sampler in 0..8 {
            let layout = &layout;
            scope.spawn(move || {
                for round in 0..50 {
                    store::append(layout, &sample(MIDNIGHT + round * 8 + sampler)).unwrap();
                }
            });
        }
    });
    let (mut times, broken) = read_day(&layout);
    times.sort_unstable();
    assert_eq!((times, broken), ((MIDNIGHT..MIDNIGHT + 400).collect(), 0));
}

#[test]
fn a_day_that_is_compressed_while_a_sampler_waits_gets_a_new_file() {
    let (_data, layout) = host();
    store::append(&layout, &sample(MIDNIGHT)).unwrap();
    let path = layout.day_file(DAY);
    let held = cronograph::base::files::lock_path(&path, 0.0).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| store::append(&layout, &sample(MIDNIGHT + 60)).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs_err::write(layout.day_file_gz(DAY), gz(&fs_err::read(&path).unwrap())).unwrap();
        fs_err::remove_file(&path).unwrap();
        drop(held);
        waiting.join().unwrap();
    });
    assert_eq!(read_day(&layout), (vec![MIDNIGHT, MIDNIGHT + 60], 0));
}

#[test]
fn a_day_in_both_files_comes_once() {
    let (_data, layout) = host();
    let all: Vec<u8> = (0..5).flat_map(|minute| line(MIDNIGHT + minute * 60)).collect();
    let expected = (0..5).map(|minute| MIDNIGHT + minute * 60).collect::<Vec<_>>();
    // A crash between compressing and removing; an rsync that brought the whole day again; one that came late.
    for (packed, plain) in [(5, 0), (3, 0), (3, 3)] {
        let split = |count: usize| count * line(MIDNIGHT).len();
        put(&layout, "2026-11-23.jsonl.gz", &gz(&all[..split(packed)]));
        put(&layout, "2026-11-23.jsonl", &all[split(plain)..]);
        assert_eq!(read_day(&layout), (expected.clone(), 0), "{packed} {plain}");
        let tail: Vec<_> = store::tail(&layout, 2).unwrap().into_iter().map(|sample| sample.t).collect();
        assert_eq!(tail, expected[3..]);
    }
}

#[test]
fn a_compressed_day_of_several_members_or_cut_short_is_read() {
    let (_data, layout) = host();
    let members = [gz(&line(MIDNIGHT)), gz(&line(MIDNIGHT + 60))].concat();
    put(&layout, "2026-11-23.jsonl.gz", &members);
    assert_eq!(read_day(&layout), (vec![MIDNIGHT, MIDNIGHT + 60], 0));
    put(&layout, "2026-11-23.jsonl.gz", &members[..members.len() - 4]);
    let (times, broken) = read_day(&layout);
    assert_eq!((times[0], broken), (MIDNIGHT, 1));
    put(&layout, "2026-11-23.jsonl.gz", b"no gzip at all");
    assert_eq!(read_day(&layout), (vec![], 1));
}

#[test]
fn a_range_opens_only_its_days() {
    let (_data, layout) = host();
    put(&layout, "2026-11-21.jsonl", b"broken\n");
    put(&layout, "2026-11-25.jsonl.gz", b"broken\n");
    put(&layout, "2026-11-22.jsonl", &line(MIDNIGHT - 60));
    put(&layout, "2026-11-23.jsonl", &[line(MIDNIGHT), line(MIDNIGHT + 60)].concat());
    assert_eq!(read(&layout, MIDNIGHT - 60, MIDNIGHT + 60), (vec![MIDNIGHT - 60, MIDNIGHT], 0));
    assert_eq!(read(&layout, MIDNIGHT + 600, MIDNIGHT), (vec![], 0));
    assert!(matches!(Reader::range(&layout, i64::MIN, 0), Err(StoreError::Time { .. })));
}

#[test]
fn a_host_without_a_log_is_empty() {
    let (_data, layout) = host();
    assert_eq!(read_day(&layout), (vec![], 0));
    assert_eq!(store::tail(&layout, 3).unwrap(), []);
}

#[test]
fn the_tail_is_found_behind_long_and_broken_lines() {
    let (_data, layout) = host();
    let mut log: Vec<u8> = (0..2000).flat_map(|second| line(MIDNIGHT + second)).collect();
    log.extend(vec![b'x'; 1_200_000]);
    log.extend_from_slice(b"\n\n\0\0\n");
    log.extend(line(MIDNIGHT + 5000));
    log.extend_from_slice(b"{\"v\":1,\"t\":");
    put(&layout, "2026-11-23.jsonl", &log);
    put(&layout, "2026-11-22.jsonl.gz", &gz(&[line(MIDNIGHT - 120), line(MIDNIGHT - 60)].concat()));
    let tail = |count| -> Vec<i64> {
        store::tail(&layout, count).unwrap().into_iter().map(|sample| sample.t - MIDNIGHT).collect()
    };
    assert!(tail(0).is_empty());
    assert_eq!(tail(3), [1998, 1999, 5000]);
    assert_eq!(tail(2002)[..3], [-60, 0, 1]);
    assert_eq!(tail(9999).len(), 2003);
    let before = store::tail_until(&layout, MIDNIGHT - 1, 1).unwrap();
    assert_eq!(before[0].t, MIDNIGHT - 60);
}

#[test]
fn a_clock_that_jumps_is_reported_once_each_way_and_nothing_is_lost() {
    let (_data, layout) = host();
    let at = |t: i64, uptime: f64| Sample { uptime: Some(uptime), ..sample(t) };
    let year_2099 = 4_070_908_800;
    let steps = [
        (MIDNIGHT, 1000.0, None),
        (MIDNIGHT + 60, 1060.0, None),
        (year_2099, 1120.0, Some(true)),
        (year_2099 + 60, 1180.0, None),
        (MIDNIGHT + 240, 1240.0, Some(false)),
        (MIDNIGHT + 300, 1300.0, None),
        (0, 1360.0, Some(false)),
        (MIDNIGHT + 420, 1420.0, None),
        (MIDNIGHT + 86_400, 87_400.0, None),
    ];
    for (t, uptime, ahead) in steps {
        let clock = store::append(&layout, &at(t, uptime)).unwrap().clock;
        assert_eq!(clock.map(|jump| jump.now > jump.before), ahead, "{t}");
    }
    assert_eq!(read_day(&layout).0.len(), 5);
    let rebooted = Sample { boot: Some("4567cdef".to_owned()), ..at(MIDNIGHT + 86_520, 60.0) };
    let jump = store::append(&layout, &rebooted).unwrap().clock.unwrap();
    insta::assert_snapshot!(jump, @"the clock has jumped back: the sample before was taken at 2099-01-01T00:01:00Z, and after a boot it is 2026-11-24T00:02:00Z; the sample was kept; see that the clock is synchronised (`timedatectl`)");
}

#[test]
fn samples_after_a_clock_set_back_are_counted_as_out_of_order() {
    let (_data, layout) = host();
    for t in [0, 3600, 60, 120] {
        store::append(&layout, &sample(MIDNIGHT + t)).unwrap();
    }
    let mut reader = Reader::range(&layout, MIDNIGHT, MIDNIGHT + 86_400).unwrap();
    assert_eq!(reader.by_ref().count(), 4);
    assert_eq!(reader.damage().out_of_order, 1);
    assert!(reader.damage().is_none());
}

#[test]
fn says_what_to_do_where_it_cannot_write() {
    let (data, layout) = host();
    fs_err::write(data.path().join("web1"), "a file where the folder should be").unwrap();
    let error = store::append(&layout, &sample(MIDNIGHT)).unwrap_err();
    assert!(error.to_string().contains("web1/samples"), "{error}");
    if rustix::process::geteuid().is_root() {
        return; // root may write everywhere: the kernel's own folders are read-only even for it
    }
    fs_err::remove_file(data.path().join("web1")).unwrap();
    fs_err::set_permissions(data.path(), PermissionsExt::from_mode(0o555)).unwrap();
    let error = store::append(&layout, &sample(MIDNIGHT)).unwrap_err();
    assert!(error.to_string().contains("run as the user who owns"), "{error}");
}

/// The kernel lets the file grow to 5,000 bytes and no further, so that it takes a part of the line: the disk is full.
#[test]
fn a_line_that_the_disk_takes_in_part_is_taken_back() {
    let (data, layout) = host();
    let before: Vec<u8> = (0..).flat_map(|second| line(MIDNIGHT + second)).take(4990).collect();
    let before = [&before[..before.iter().rposition(|byte| *byte == b'\n').unwrap()], b"\n"].concat();
    put(&layout, "2026-11-23.jsonl", &before);
    let tree = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hosts/debian12-vps");
    let mut command = assert_cmd::Command::new("prlimit");
    command.args([
        "--fsize=5000",
        env!("CARGO_BIN_EXE_cronograph"),
        "sample",
        "--host",
        "web1",
        "--root",
        tree,
    ]);
    command.args(["--now", &(MIDNIGHT + 7200).to_string(), "--data"]).arg(data.path());
    let output = command.env_clear().env("HOME", "/nonexistent").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("the disk is full: make room; what was logged before is whole"), "{said}");
    assert!(fs_err::read(layout.day_file(DAY)).unwrap() == before);
}

/// A log of each released format reads to the same numbers for ever.
#[test]
fn the_kept_log_of_format_1_reads_as_it_did() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/logs/v1");
    assert_eq!(store::hosts(std::path::Path::new(kept)).unwrap(), ["web1"]);
    let layout = Layout::new(kept, "web1").unwrap();
    let mut reader = Reader::range(&layout, MIDNIGHT - 86_400, MIDNIGHT + 86_400).unwrap();
    let number = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
    let mut seen: Vec<String> = reader
        .by_ref()
        .map(|sample| {
            let meminfo = sample.meminfo.unwrap();
            let received = sample.netdev.unwrap().0["eth0"].rx_bytes;
            format!("{} SUnreclaim {} rx_bytes {}", sample.t, number(meminfo.s_unreclaim), number(received))
        })
        .collect();
    let damage = reader.damage();
    seen.push(format!("broken {}, out of order {}", damage.broken_lines, damage.out_of_order));
    seen.extend(damage.first.iter().map(|broken| format!("line {}: {}", broken.line, broken.reason)));
    insta::assert_snapshot!(seen.join("\n"));
}

/// What a log may contain beside our own lines.
fn remains() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>().prop_filter("one line", |byte| *byte != b'\n'), 0..80),
        (1..50usize).prop_map(|length| line(MIDNIGHT)[..length].to_vec()),
        (1..40usize).prop_map(|length| vec![0; length]),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just("名前 ✓ \u{202e}".as_bytes().to_vec()),
        Just(b"[[[[[[[[[[".to_vec()),
    ]
}

proptest! {
    /// Any bytes: no panic, and what is good is found.
    #[test]
    fn any_bytes_between_good_lines_cost_no_good_line(parts in proptest::collection::vec(remains(), 1..8), crlf: bool) {
        let (_data, layout) = host();
        let mut log = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            log.extend_from_slice(part);
            log.push(b'\n');
            log.extend_from_slice(line(MIDNIGHT + 1000 + index as i64).trim_ascii_end());
            log.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
        }
        put(&layout, "2026-11-23.jsonl", &log);
        let (times, _) = read_day(&layout);
        let good: Vec<i64> = times.into_iter().filter(|t| *t >= MIDNIGHT + 1000).collect();
        prop_assert_eq!(&good, &(0..parts.len() as i64).map(|index| MIDNIGHT + 1000 + index).collect::<Vec<_>>());
        let last = store::tail(&layout, 1).unwrap();
        prop_assert_eq!(last[0].t, MIDNIGHT + 1000 + parts.len() as i64 - 1);
    }

    /// Append, cut the file anywhere, append: only the line that was cut is gone.
    #[test]
    fn append_cut_append(before in 1..6i64, cut in 0..2000u64, after in 1..4i64) {
        let (_data, layout) = host();
        for minute in 0..before {
            store::append(&layout, &sample(MIDNIGHT + minute)).unwrap();
        }
        let path = layout.day_file(DAY);
        let length = fs_err::metadata(&path).unwrap().len();
        let kept = length.saturating_sub(cut % (length + 1));
        std::fs::File::options().write(true).open(&path).unwrap().set_len(kept).unwrap();
        for minute in 0..after {
            store::append(&layout, &sample(MIDNIGHT + 100 + minute)).unwrap();
        }
        let size = line(MIDNIGHT).len() as u64;
        // A line that lost its newline only is whole.
        let whole = ((kept + 1) / size) as i64;
        let torn = !(kept.is_multiple_of(size) || (kept + 1).is_multiple_of(size));
        let expected = (0..whole).map(|minute| MIDNIGHT + minute).chain((0..after).map(|minute| MIDNIGHT + 100 + minute));
        prop_assert_eq!(read_day(&layout), (expected.collect::<Vec<_>>(), u64::from(torn)));
    }

    /// A compressed file cut or spoilt anywhere never panics and gives no sample that was not written.
    #[test]
    fn a_spoilt_compressed_day_never_panics(at in 0..4000usize, byte: u8, cut in 0..4000usize) {
        let (_data, layout) = host();
        let log: Vec<u8> = (0..100).flat_map(|minute| line(MIDNIGHT + minute)).collect();
        let mut bytes = gz(&log);
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut % bytes.len());
        put(&layout, "2026-11-23.jsonl.gz", &bytes);
        let _ = read_day(&layout);
        let _ = store::tail(&layout, 3);
    }
}
