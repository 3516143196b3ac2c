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
