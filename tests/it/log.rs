//! `cronograph log` prints samples as they were written, whatever form their day has.

use crate::program::{cronograph, stderr, stdout};
use std::path::Path;

/// 2025-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_763_856_000;

fn line(minute: i64) -> String {
    let t = MIDNIGHT + 60 * minute;
    format!(
        "{{\"v\":1,\"t\":{t},\"boot\":\"0123abcd\",\"uptime\":{minute}.5,\"meminfo\":{{\"MemFree\":{}}}}}\n",
        4096 * minute
    )
}

fn write(data: &Path, lines: &str) {
    let samples = data.join("web1/samples");
    fs_err::create_dir_all(&samples).unwrap();
    fs_err::write(samples.join("2025-11-23.jsonl"), lines).unwrap();
}

fn log(data: &Path, from: i64, to: i64) -> assert_cmd::Command {
    let mut command = cronograph();
    command
        .args(["log", "--host", "web1", "--now", &(MIDNIGHT + 30 * 86_400).to_string(), "--data"])
        .arg(data);
    command.args(["--from", &from.to_string(), "--to", &to.to_string()]);
    command
}

#[test]
fn a_stretch_is_printed_byte_by_byte_also_when_its_day_became_columns() {
    let data = tempfile::tempdir().unwrap();
    let lines: String = (0..60).map(line).collect();
    write(data.path(), &lines);
    let some: String = (10..20).map(line).collect();
    let stretch = || stdout(&mut log(data.path(), MIDNIGHT + 600, MIDNIGHT + 1200));
    assert_eq!(stretch(), some);
    let now = (MIDNIGHT + 20 * 86_400).to_string();
    stdout(
        cronograph()
            .args(["compact", "--now", &now, "--data"])
            .arg(data.path())
            .env("CRONOGRAPH_HOST", "web1"),
    );
    assert!(data.path().join("web1/samples/2025-11-23.columns.gz").is_file());
    assert_eq!(stretch(), some);
    assert_eq!(stdout(&mut log(data.path(), MIDNIGHT, MIDNIGHT + 86_400)), lines);
}

#[test]
fn a_stretch_without_samples_is_said() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &line(0));
    let output = log(data.path(), MIDNIGHT + 3600, MIDNIGHT + 7200).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
    let said = stderr(&output);
    assert!(said.contains("there is no sample of web1 from ") && said.contains("01:00"), "{said}");
    let output = log(data.path(), MIDNIGHT, MIDNIGHT + 60).output().unwrap();
    assert!(output.stderr.is_empty());
}

#[test]
fn what_is_broken_is_said_beside_it() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), &[line(0), "{\"v\":1,\"t\":17\n".to_owned(), line(1)].concat());
    let output = log(data.path(), MIDNIGHT, MIDNIGHT + 86_400).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout.clone()).unwrap(), [line(0), line(1)].concat());
    let said = stderr(&output);
    assert!(said.contains("1 broken") && said.contains("2025-11-23.jsonl:2: "), "{said}");
    let output = log(data.path(), MIDNIGHT + 60, MIDNIGHT).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--from is the earlier time"));
}
