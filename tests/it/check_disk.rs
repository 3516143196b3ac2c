//! Faults of the disk: nothing can be written (a limit of no byte for files stands for a disk that is full), and what killed runs left.

use crate::check::{NOW, World, leaking};
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, SystemTime};

/// A world whose channel needs no room: each message becomes a folder that is named by its subject.
fn world() -> World {
    let world = World::new("");
    let config = fs::read_to_string(world.path("cronograph.toml")).unwrap();
    let (start, _) = config.split_once("command = ").unwrap();
    let subject = "$(printf %s \\\"$CRONOGRAPH_SUBJECT\\\" | tr / _ | cut -c 1-100)";
    let program = format!("mkdir \\\"{}/$(date +%s%N) {subject}\\\"", world.path("got").display());
    fs::write(world.path("cronograph.toml"), format!("{start}command = [\"sh\", \"-c\", \"{program}\"]\n"))
        .unwrap();
    world
}

/// A run on a disk that takes no byte.
fn check_on_full_disk(world: &World, now: i64) -> Output {
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let mut command = assert_cmd::Command::new("sh");
    command.args(["-c", limited]).arg(assert_cmd::cargo::cargo_bin("cronograph"));
    command.args(["check", "--now", &now.to_string(), "--config"]).arg(world.path("cronograph.toml"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").output().unwrap()
}

/// The subjects of the messages that came; each is taken once.
fn got(world: &World) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(world.path("got"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let take = |name: &String| {
        fs::remove_dir(world.path("got").join(name)).unwrap();
        name.split_once(' ').unwrap().1.to_owned()
    };
    names.iter().map(take).collect()
}

/// A run of another command on the same disk; what it says.
fn said_on_full_disk(world: &World, arguments: &[&str]) -> String {
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let mut command = assert_cmd::Command::new("sh");
    command.args(["-c", limited]).arg(assert_cmd::cargo::cargo_bin("cronograph")).args(arguments);
    command.args(["--now", &NOW.to_string(), "--config"]).arg(world.path("cronograph.toml"));
    let output = command.env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_full_disk_is_called_so() {
    let world = world();
    // Three days, of which two are over.
    let synth = crate::synth::Synth::new("web-1", 480.0 * 1024.0 * 1024.0, NOW - 2 * 86_400, NOW);
    world.write(&synth);
    let said = said_on_full_disk(&world, &["compact"]);
    assert!(
        said.contains("cannot keep rollups in ") && said.contains("the disk is full: make room"),
        "{said}"
    );
    assert!(!said.contains("run as the user"), "{said}");
    let said = said_on_full_disk(&world, &["note", "--host", "web-1", "a new kernel"]);
    assert!(said.contains("no event was written to ") && said.contains("web-1/events.jsonl: "), "{said}");
    assert!(!said.contains("sample") && said.contains("the disk is full: make room"), "{said}");
}

#[test]
fn a_full_disk_is_told_of_once_an_hour_with_all_that_holds() {
    let world = world();
    world.write(&leaking("web-1", NOW));
    let output = check_on_full_disk(&world, NOW);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let subjects = got(&world);
    assert_eq!(subjects.len(), 1, "{subjects:?} {output:?}");
    assert!(subjects[0].starts_with("[2 alerts, critical] hub: The disk is full: "), "{subjects:?}");
    for minute in [1, 2, 30, 59] {
        check_on_full_disk(&world, NOW + minute * 60);
    }
    assert!(got(&world).is_empty());
    check_on_full_disk(&world, NOW + 3_600);
    assert_eq!(got(&world).len(), 1);
    // The disk takes bytes again: what is news is remembered, and that it is over is said with it.
    assert_eq!(world.check(NOW + 7_200), Some(3));
    let subjects = got(&world);
    assert!(subjects.len() == 1 && subjects[0].contains("alerts, "), "{subjects:?}");
    world.check(NOW + 7_260);
    assert!(got(&world).is_empty());
}

#[test]
fn what_killed_runs_left_goes_from_every_folder() {
    let world = world();
    // The folder of a host that sends its log is not touched.
    let config = fs::read_to_string(world.path("cronograph.toml")).unwrap();
    fs::write(world.path("cronograph.toml"), config.replace("host = \"hub\"", "host = \"web-1\"")).unwrap();
    // Three days, of which two are over: `site` has something to compress.
    world.write(&crate::synth::Synth::new("web-1", 480.0 * 1024.0 * 1024.0, NOW - 2 * 86_400, NOW));
    world.check(NOW);
    let (host, check, out) = (world.path("data/web-1"), world.path("data/.check"), world.path("www"));
    let mut left = Vec::new();
    let mut leave = |folder: PathBuf| {
        fs::create_dir_all(&folder).unwrap();
        left.push(folder.join(".cronograph-a1b2c3"));
        let file = fs::File::create(left.last().unwrap()).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(NOW - 3_600).unwrap());
        file.set_modified(time).unwrap();
    };
    for folder in ["", "samples", "seen"] {
        leave(host.join(folder));
    }
    leave(world.path("data/.derived/web-1/cache"));
    for folder in ["", "hosts/web-1", "spool", "spool/queue"] {
        leave(check.join(folder));
    }
    leave(out.join(".cronograph"));
    world.check(NOW + 60);
    let site = world.run(NOW + 60, &["site", "--out", out.to_str().unwrap()]);
    assert!(site.status.success(), "{site:?}");
    // What `sample` remembers of this machine's changes.
    let sample = world.run(NOW + 60, &["sample", "--host", "web-1"]);
    assert!(sample.status.success(), "{sample:?}");
    left.retain(|path| path.exists());
    assert!(left.is_empty(), "{left:?}");
}
