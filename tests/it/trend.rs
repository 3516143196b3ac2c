//! `cronograph trend` as it is typed: CSV in, verdicts out.

use crate::program::cronograph;
use std::fmt::Write;

/// 2026-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_795_392_000;

/// A day of minutes of SUnreclaim: 25 MiB, from noon on 1 MiB a minute more, with a little noise.
fn slab() -> String {
    let mut csv = "unix_time,value\n".to_owned();
    for minute in 0..900_i64 {
        let noise = (minute * 7_919 % 101) * 200;
        let value = (25 << 20) + (minute - 720).max(0) * (1 << 20) + noise;
        writeln!(csv, "{},{value}", MIDNIGHT + minute * 60).unwrap();
    }
    csv
}

fn run(args: &[&str], csv: &str) -> (String, String, Option<i32>) {
    let output =
        cronograph().arg("trend").args(args).env("COLUMNS", "100").write_stdin(csv).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn json(args: &[&str], csv: &str) -> serde_json::Value {
    serde_json::from_str(&run(&[args, &["--json"]].concat(), csv).0).unwrap()
}

#[test]
fn a_leak_of_the_kernel_is_found_within_half_an_hour() {
    let found = json(&["--kind", "kernel", "--limit", "536870912"], &slab());
    assert_eq!((found["leaking"].as_bool(), found["state"].as_str()), (Some(true), Some("leaking")));
    let noon = MIDNIGHT + 720 * 60;
    let detected = found["detected_at"].as_i64().unwrap() - noon;
    assert!((0..=1_800).contains(&detected), "after {detected} s");
    let since = found["since"].as_i64().unwrap() - noon;
    assert!(since.abs() <= 300, "off by {since} s");
    let per_hour = found["per_hour"].as_f64().unwrap() / f64::from(60 << 20);
    assert!((per_hour - 1.0).abs() < 0.05, "{per_hour} of the rate");
    // 487 MiB at 1 MiB a minute from noon.
    let full = found["full_at"].as_i64().unwrap() - noon;
    assert!((full - 487 * 60).abs() < 600, "full {full} s after noon");
}

#[test]
fn the_same_numbers_are_no_leak_of_a_cache() {
    let (text, errors, code) = run(&["--kind", "cache"], &slab());
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{text}");
    let found = json(&["--kind", "cache"], &slab());
    assert_eq!((found["leaking"].as_bool(), found["detected_at"].as_i64()), (Some(false), None));
}

#[test]
fn units_change_the_numbers_and_not_the_verdict() {
    let csv: String = slab()
        .lines()
        .map(|line| match line.split_once(',') {
            Some((time, value)) if value != "value" => {
                format!("{time},{}\n", value.parse::<f64>().unwrap() / 1_048_576.0)
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let (bytes, mib) =
        (json(&["--kind", "kernel"], &slab()), json(&["--kind", "kernel", "--unit", "MiB"], &csv));
    assert_eq!((&bytes["since"], &bytes["detected_at"]), (&mib["since"], &mib["detected_at"]));
    let factor = bytes["per_hour"].as_f64().unwrap() / mib["per_hour"].as_f64().unwrap();
    assert!((factor / 1_048_576.0 - 1.0).abs() < 1e-6, "{factor}");
}

#[test]
fn several_series_are_told_apart() {
    let mut csv = "series,unix_time,value\n".to_owned();
    for row in slab().lines().skip(1) {
        writeln!(csv, "web-1,{row}\nweb-2,{},1000", row.split(',').next().unwrap()).unwrap();
    }
    csv.push_str("web-1,yesterday,5\nweb-2,1795392000,NaN\n");
    let (text, errors, code) = run(&["--kind", "kernel", "--unit", "B"], &csv);
    assert_eq!(code, Some(3));
    insta::assert_snapshot!("trend_text", text);
    insta::assert_snapshot!("trend_broken_rows", errors);
}

/// The leak of [`slab`] on `web-1` and a level on `web-2`, row by row, each made by a function of time and value.
fn two_hosts(header: &str, row: fn(&str, i64, &str) -> String) -> String {
    let mut csv = format!("{header}\n");
    for line in slab().lines().skip(1) {
        let (time, value) = line.split_once(',').unwrap();
        let time = time.parse().unwrap();
        csv += &row("web-1", time, value);
        csv += &row("web-2", time, "1000");
    }
    csv
}

/// Name and verdict of each series.
fn verdicts(csv: &str) -> Vec<(String, bool)> {
    let (text, errors, _) = run(&["--kind", "kernel", "--json"], csv);
    assert_eq!(errors, "");
    let found = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    found
        .map(|line| (line["series"].as_str().unwrap().to_owned(), line["leaking"].as_bool().unwrap()))
        .collect()
}

#[test]
fn any_column_of_text_separates_series() {
    let expected = [("web-1".to_owned(), true), ("web-2".to_owned(), false)];
    for name in ["series", "series_id", "name", "host", "metric", "instance", "id"] {
        let csv = two_hosts(&format!("{name},unix_time,value"), |host, time, value| {
            format!("{host},{time},{value}\n")
        });
        assert_eq!(verdicts(&csv), expected, "{name}");
    }
    for time in ["timestamp", "time", "_time", "date", "ts", "t"] {
        let csv =
            two_hosts(&format!("bytes,host,{time}"), |host, time, value| format!("{value},{host},{time}\n"));
        assert_eq!(verdicts(&csv), expected, "{time}");
    }
    let pids = two_hosts("pid,time,rss", |host, time, value| format!("{},{time},{value}\n", &host[4..]));
    assert_eq!(verdicts(&pids), [("1".to_owned(), true), ("2".to_owned(), false)]);
}

#[test]
fn each_column_of_a_wide_table_is_a_series() {
    let mut csv = "unix_time,used,free,cached\n".to_owned();
    for (minute, line) in slab().lines().skip(1).enumerate() {
        let free = if minute % 2 == 0 { "" } else { "1000" };
        writeln!(csv, "{line},{free},{}", 5_000 + minute % 3).unwrap();
    }
    let expected = [("used", true), ("free", false), ("cached", false)];
    assert_eq!(verdicts(&csv), expected.map(|(name, leaks)| (name.to_owned(), leaks)));
}

#[test]
fn series_that_would_be_merged_are_an_error() {
    let mixed =
        two_hosts("shard,unix_time,used", |host, time, value| format!("{},{time},{value}\n", &host[4..]));
    let (text, errors, code) = run(&["--kind", "kernel"], &mixed);
    assert_eq!((text.as_str(), code), ("", Some(1)));
    insta::assert_snapshot!("trend_mixed_times", errors);
    // A header that says what the column is.
    assert_eq!(verdicts(&mixed.replacen("shard", "series", 1)).len(), 2);

    let mut one_after_the_other = slab();
    for row in slab().lines().skip(1) {
        let (time, _) = row.split_once(',').unwrap();
        writeln!(one_after_the_other, "{},1000", time.parse::<i64>().unwrap() + 30).unwrap();
    }
    let (text, errors, code) = run(&["--kind", "kernel"], &one_after_the_other);
    assert_eq!((text.as_str(), code), ("", Some(1)));
    insta::assert_snapshot!("trend_mixed_periods", errors);
}

#[test]
fn headers_that_do_not_fit_are_named() {
    let all: Vec<String> =
        ["1795392000,12345\n", "a,b\n1,2\n", "time,host\n1795392000,web\n", "time;value\n1;2\n"]
            .map(|csv| run(&[], csv).1)
            .to_vec();
    insta::assert_snapshot!("trend_headers", all.concat());
}

#[test]
fn what_cannot_be_used_is_an_error_with_the_way_out() {
    for csv in ["", "a,b\n1,2\n", "unix_time,value\n", "unix_time,value\nx,1\n"] {
        let (text, errors, code) = run(&[], csv);
        assert_eq!((text.as_str(), code), ("", Some(1)), "{csv:?}");
        assert!(errors.contains("hint: "), "{errors}");
    }
    let (_, errors, code) = run(&["/no/such.csv"], "");
    assert_eq!(code, Some(1));
    assert!(errors.contains("/no/such.csv"), "{errors}");
}
