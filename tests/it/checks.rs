//! `[[check]]` through the real binary: what a plugin measures, what it leaves running.

use crate::program::{cronograph, stdout};
use cronograph::sample::Sample;
use cronograph::series;
use cronograph::store::Layout;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// 2026-11-23T12:50:00Z
const NOW: i64 = 1_795_438_200;

/// A small tree with one check, a script.
fn host(script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    };
    put("proc/meminfo", "MemTotal: 500000 kB\nMemFree: 200000 kB\n");
    put("check.sh", script);
    let path = folder.path().join("check.sh");
    put(
        "cronograph.toml",
        &format!(
            "time_zone = \"UTC\"\n[[check]]\nname = \"disk /\"\ncommand = [\"sh\", \"{}\"]\ninterval_seconds = 0\n",
            path.display()
        ),
    );
    folder
}

fn sample(folder: &Path, minute: i64) -> Sample {
    let mut command = cronograph();
    command.args(["sample", "--host", "x", "--now", &(NOW + 60 * minute).to_string(), "--root"]).arg(folder);
    command.arg("--data").arg(folder.join("data")).arg("--config").arg(folder.join("cronograph.toml"));
    assert_eq!(stdout(&mut command), "");
    let log = fs_err::read_to_string(folder.join("data/x/samples/2026-11-23.jsonl")).unwrap();
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

/// As `check_disk -w 40% -c 20% -p /` of Debian's monitoring-plugins prints it.
const DISK: &str = "DISK WARNING - free space: / 59736MiB (36% inode=97%);| \
                    /=34933309440B;32466303713;43288404950;0;54110506188";

#[test]
fn numbers_of_plugins_are_in_the_next_line_and_on_the_page() {
    let folder = host(&format!("echo '{DISK}'\nexit 1\n"));
    // The first makes the folder that the results are kept in.
    sample(folder.path(), 0);
    assert!(sample(folder.path(), 1).perfdata.is_none());
    let line = sample(folder.path(), 2);
    let run = &line.check.unwrap().0["disk /"];
    assert_eq!(run.output.as_deref(), Some("DISK WARNING - free space: / 59736MiB (36% inode=97%);"));
    let value = &line.perfdata.unwrap().0["disk / /"];
    assert_eq!((value.value, value.critical), (Some(34_933_309_440.0), Some(43_288_404_950.0)));
    assert_eq!((value.check.as_str(), value.unit.as_str()), ("disk /", "B"));

    // It gives another number now, and what it no longer gives is gone.
    fs_err::write(folder.path().join("check.sh"), "echo 'DISK OK | /boot=1KB'\n").unwrap();
    sample(folder.path(), 3);
    sample(folder.path(), 4);
    let layout = Layout::new(folder.path().join("data"), "x").unwrap();
    let latest = series::latest(&layout, NOW + 250).unwrap().unwrap();
    let values = latest.sample.perfdata.unwrap().0;
    assert_eq!(values.keys().collect::<Vec<_>>(), ["disk / /boot"]);
    assert!(
        latest.rates.mean("perfdata.value", "disk / /boot").is_some(),
        "rules and charts have it by that name"
    );

    let mut command = cronograph();
    command.args(["site", "--now", &(NOW + 250).to_string(), "--data"]).arg(folder.path().join("data"));
    command
        .arg("--out")
        .arg(folder.path().join("www"))
        .arg("--config")
        .arg(folder.path().join("cronograph.toml"));
    stdout(&mut command);
    let page = fs_err::read_to_string(folder.path().join("www/x/index.html")).unwrap();
    let table = &page[page.find("id=\"table-checks\"").unwrap()..];
    assert!(table.contains(">OK</td>") && table.contains("boot 1.02 kB"), "{table}");
}

#[test]
fn what_went_into_a_session_of_its_own_is_ended_too() {
    let folder = host(
        "setsid sh -c 'echo $$ >\"$0\"; exec sleep 600' \"$(dirname \"$0\")/pid\" &\nwhile [ ! -s \"$(dirname \"$0\")/pid\" ]; do sleep 0.01; done\n",
    );
    sample(folder.path(), 0);
    sample(folder.path(), 1);
    let pid = fs_err::read_to_string(folder.path().join("pid")).unwrap();
    let left = format!("/proc/{}/stat", pid.trim());
    let is_gone = || fs_err::read_to_string(&left).map_or(true, |stat| stat.contains(") Z "));
    assert!((0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        is_gone()
    }));
}
