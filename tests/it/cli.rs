//! The commands together, as a newcomer meets them.

use crate::program::{cronograph, stderr};
use crate::synth::{GIB, Synth};

/// A Monday in November.
const NOW: i64 = 1_795_305_600;

#[test]
fn a_try_ends_with_a_page_to_open() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a look");
    let mut command = cronograph();
    let output = command.args(["try", "--seconds", "1", "--out"]).arg(&out).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    let (page, url) = said.trim_end().split_once('\n').unwrap();
    let site = out.canonicalize().unwrap().join("site");
    assert!(page.starts_with(site.to_str().unwrap()) && page.ends_with("/1h.html"), "{said}");
    assert_eq!(url, format!("file://{page}").replace(' ', "%20"));
    assert!(site.join("index.html").exists());
    assert!(fs_err::read_to_string(page).unwrap().contains("<main"));
    assert!(!stderr(&output).contains('\u{1b}'), "no bar where there is no terminal");
    let names = fs_err::read_dir(out.join("data")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.filter(|name| name != ".check" && name != ".derived").count(), 1);
}

#[test]
fn a_run_with_nothing_to_say_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    Synth::new("web1", GIB, NOW - 600, NOW).write(&folder.path().join("data")).unwrap();
    let run = |command: &str| {
        let mut program = cronograph();
        program.arg(command).arg("--data").arg(folder.path().join("data"));
        program.env("CRONOGRAPH_OUT", folder.path().join("site")).output().unwrap()
    };
    for command in ["sample", "site"] {
        let output = run(command);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{command}: {}", stderr(&output));
    }
}

/// A second `site` while one is at work, or while an rsync copies the folder under its lock.
#[test]
fn a_second_site_waits_for_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("site"));
    Synth::new("web1", GIB, NOW - 600, NOW).write(&data).unwrap();
    fs_err::create_dir_all(out.join(".cronograph")).unwrap();
    let lock = std::fs::File::create(out.join(".cronograph/lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    let mut command = cronograph();
    command.arg("site").arg("--data").arg(&data).arg("--out").arg(&out);
    let run = std::thread::spawn(move || command.output().unwrap());
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!run.is_finished(), "it waits");
    assert!(!out.join("index.html").exists());
    drop(lock);
    let output = run.join().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    assert!(out.join("index.html").exists());
}

#[test]
fn an_error_is_one_line_and_a_hint() {
    let output = cronograph().args(["site", "--config", "/nowhere/c.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.starts_with("cronograph: cannot read the configuration: "), "{said}");
    assert!(said.lines().nth(1).unwrap().starts_with("hint: "), "{said}");
}
