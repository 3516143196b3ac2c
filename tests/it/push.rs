//! `cronograph push` against an engine of our own: what arrives is what the log has, each point once, whatever the engine answers and
//! however the run before ended.

use crate::engine::Engine;
use crate::program::{cronograph, stderr};
use crate::synth::{MIB, Synth};
use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

/// 2026-11-22T00:00:00Z
const DAY: i64 = 1_795_305_600;

struct World {
    folder: tempfile::TempDir,
    engine: Engine,
}

impl World {
    fn new(extra: &str) -> Self {
        let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::start());
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let text = format!(
            "data = {:?}\n[push]\nurl = \"http://127.0.0.1:{}/api/v1/write\"\n{extra}",
            data.to_str().unwrap(),
            engine.port
        );
        let path = folder.path().join("c.toml");
        std::fs::write(&path, text).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
        Self { folder, engine }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn host(&self, name: &str, from: i64, until: i64) -> Synth {
        let host = Synth::new(name, 512.0 * MIB, from, until);
        host.write(&self.data()).unwrap();
        host
    }

    fn command(&self, now: i64) -> Command {
        let mut command = cronograph();
        command.args(["push", "--config"]).arg(self.folder.path().join("c.toml"));
        command.args(["--now", &now.to_string()]);
        command
    }

    /// A run that succeeds and says nothing.
    fn push(&self, now: i64) {
        let output = self.command(now).output().unwrap();
        assert_eq!((stderr(&output), output.status.code()), (String::new(), Some(0)));
        assert!(output.stdout.is_empty());
    }

    /// A run that fails; what it says.
    fn fails(&self, now: i64) -> String {
        let output = self.command(now).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    }
}

/// The lines of a host's log.
fn log(data: &Path, host: &str) -> Vec<Value> {
    let mut files: Vec<_> = std::fs::read_dir(data.join(host).join("samples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let text: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_arrives_is_what_the_log_has() {
    let world = World::new("labels = { site = \"berlin\", job = \"hosts\" }\ntoken = \"hush\"\n");
    let until = DAY + 90_000;
    world.host("web1", DAY + 80_000, until);
    world.host("web2", DAY + 84_000, until);
    world.push(until);
    let lines = log(&world.data(), "web1");
    let labels = "instance=web1;job=hosts;";
    for line in &lines {
        let t = line["t"].as_i64().unwrap();
        let value = |name: &str| world.engine.value(name, t);
        let slab = format!("__name__=node_memory_SUnreclaim_bytes;{labels}site=berlin;");
        assert_eq!(value(&slab), line["meminfo"]["SUnreclaim"].as_f64(), "{t}");
        let idle = format!("__name__=node_cpu_seconds_total;cpu=0;{labels}mode=idle;site=berlin;");
        assert_eq!(value(&idle), line["stat"]["cores"][0][3].as_f64());
        let received = format!("__name__=node_network_receive_bytes_total;device=eth0;{labels}site=berlin;");
        assert_eq!(value(&received), line["netdev"]["eth0"]["rx_bytes"].as_f64());
        let disk = line["filesystem"]["/"].as_object().unwrap();
        let free = format!(
            "__name__=node_filesystem_free_bytes;device={};fstype=ext4;{labels}mountpoint=/;site=berlin;",
            disk["device"].as_str().unwrap()
        );
        assert_eq!(value(&free), Some(disk["total"].as_f64().unwrap() - disk["used"].as_f64().unwrap()));
        let uname = "__name__=node_uname_info;";
        let inner = world.engine.inner();
        assert!(inner.points.keys().any(|(series, at)| series.starts_with(uname) && *at == t * 1000), "{t}");
    }
    let all = world.engine.count("web1") + world.engine.count("web2");
    let head = world.engine.inner().heads[0].to_lowercase();
    for wanted in [
        "content-encoding: snappy",
        "content-type: application/x-protobuf",
        "x-prometheus-remote-write-version: 0.1.0",
        "authorization: bearer hush",
    ] {
        assert!(head.contains(wanted), "{head}");
    }
    world.push(until);
    assert_eq!(world.engine.count("web1") + world.engine.count("web2"), all, "nothing is sent again");
    // What comes late, a day that rsync brings, and what is new.
    world.host("web1", DAY - 3_600, DAY);
    world.host("web2", DAY + 84_000, until + 600);
    world.push(until + 600);
    for host in ["web1", "web2"] {
        let load = format!("__name__=node_load1;instance={host};job=hosts;site=berlin;");
        let inner = world.engine.inner();
        let sent = inner.points.keys().filter(|(series, _)| *series == load).count();
        drop(inner);
        assert_eq!(sent, log(&world.data(), host).len(), "{host}");
        world.engine.count(host);
    }
}

#[test]
fn an_engine_that_is_down_is_left_alone_for_a_while() {
    let world = World::new("");
    let until = DAY + 3_600;
    world.host("web1", DAY, until);
    world.engine.inner().answers = vec!["503 Busy\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"];
    let said = world.fails(until);
    assert_eq!(
        said,
        "cronograph: nothing more was taken: the server answers 503; it is tried again in 10 min\n"
    );
    world.push(until + 300);
    assert_eq!(world.engine.inner().requests, 1, "it is not asked before");
    world.push(until + 601);
    assert_eq!(
        world.engine.inner().points.keys().filter(|(name, _)| name.contains("node_load1;")).count(),
        60
    );
    world.engine.count("web1");
}

#[test]
fn a_wrong_address_or_token_loses_nothing() {
    let world = World::new("");
    let until = DAY + 600;
    world.host("web1", DAY, until);
    world.engine.inner().answers = vec!["401 Unauthorized\r\nContent-Length: 0\r\n\r\n"];
    let said = world.fails(until);
    assert!(
        said.contains("the server answers 401; add `user` and")
            && said.contains("; it is tried again in 60 min"),
        "{said}"
    );
    world.push(until + 3_600);
    assert!(world.engine.count("web1") > 1_000);
}

#[test]
fn what_the_engine_does_not_want_costs_nothing_else() {
    let world = World::new("");
    let until = DAY + 3_600;
    world.host("web1", DAY, until);
    world.host("web2", DAY, until);
    world.engine.inner().refused = Some(("web2", DAY + 1_260));
    let said = world.fails(until);
    let wanted = "cronograph: web2: 21 samples of 22 Nov 2026 00:00 to 22 Nov 2026 00:20 are not wanted and left out: \
                  the server answers 400: out of bounds\n";
    assert_eq!(said, wanted);
    let loads = |instance: &str| {
        let name = format!("__name__=node_load1;instance={instance};job=node;");
        world.engine.inner().points.keys().filter(|(series, _)| *series == name).count()
    };
    assert_eq!((loads("web1"), loads("web2")), (60, 39));
    world.push(until + 60);
    world.engine.count("web1");
    world.engine.count("web2");
}

#[test]
fn a_server_that_refuses_everything_costs_nothing() {
    let world = World::new("");
    let until = DAY + 600;
    world.host("web1", DAY, until);
    world.engine.inner().answers = vec!["400 Bad Request\r\nContent-Length: 0\r\n\r\n"; 100];
    let said = world.fails(until);
    assert!(
        said.contains("it refuses an empty request as well") && said.contains("tried again in 60 min"),
        "{said}"
    );
    world.engine.inner().answers.clear();
    world.push(until + 3_600);
    assert!(world.engine.count("web1") > 1_000, "all of it arrives");
}

#[test]
fn a_dry_run_counts_and_sends_nothing() {
    let world = World::new("");
    world.host("web1", DAY, DAY + 600);
    let output = world.command(DAY + 600).arg("--dry-run").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("web1  10 samples, 1,") && said.ends_with(" numbers\n"), "{said}");
    assert_eq!(world.engine.inner().requests, 0);
    world.push(DAY + 600);
    assert!(world.engine.count("web1") > 1_000);
}

#[test]
fn without_an_engine_it_says_what_is_missing() {
    let output = cronograph().arg("push").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("\nhint: add `[push]`"), "{}", stderr(&output));
}

/// Log, push, engine, fetch, log: numbers and facts are the same, but for what is not sent.
#[test]
fn what_comes_back_is_what_was_sent() {
    let world = World::new("");
    let until = DAY + 7_200;
    let mut host = Synth::new("web-1", 8.0 * 1024.0 * MIB, DAY, until);
    host.leak = Some((DAY + 1_800, 1.02 * MIB / 60.0));
    host.write(&world.data()).unwrap();
    world.push(until);
    let other = world.folder.path().join("other");
    let config = world.folder.path().join("source.toml");
    let source = format!("[source]\nprometheus = \"http://127.0.0.1:{}\"\n", world.engine.port);
    std::fs::write(&config, format!("data = {:?}\n{source}", other.to_str().unwrap())).unwrap();
    let explain = |config: &[&std::ffi::OsStr]| {
        let mut command = cronograph();
        command
            .args(["explain", "--json", "--host", "web-1", "--now", &(until + 120).to_string()])
            .args(config);
        let output = command.output().unwrap();
        assert_eq!((stderr(&output), output.status.code()), (String::new(), Some(3)));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let back = explain(&["--config".as_ref(), config.as_os_str()]);
    let (sent, mut read) = (log(&world.data(), "web-1"), log(&other, "web-1"));
    assert_eq!(sent.len(), read.len());
    for (sent, read) in sent.iter().zip(&mut read) {
        let mut sent = sent.clone();
        // What is not sent: lists of processes and users; and the invented host has a limit that no double holds exactly.
        let not_sent = [
            ("processes", "top"),
            ("processes", "interval"),
            ("sessions", "users"),
            ("vfs", "file_handles_max"),
        ];
        read.get_mut("vfs").and_then(Value::as_object_mut).map(|vfs| vfs.remove("file_handles_max"));
        for (section, key) in not_sent {
            if let Some(section) = sent.get_mut(section).and_then(Value::as_object_mut) {
                section.remove(key);
            }
        }
        assert_eq!(&sent, read);
    }
    let here = explain(&["--data".as_ref(), world.data().as_os_str()]);
    assert!(here["parts"].is_array());
    assert_eq!(here["parts"], back["parts"]);
    assert_eq!(here["findings"][0]["growth"], back["findings"][0]["growth"]);
    assert!(here["findings"][0]["growth"].is_object());
    assert_eq!(here["findings"][0]["subject"], back["findings"][0]["subject"]);
    // Nothing twice, nothing again.
    explain(&["--config".as_ref(), config.as_os_str()]);
    assert_eq!(log(&other, "web-1").len(), sent.len());
}

/// A database of a level each 300 s, from a time on.
fn database(from: i64, rows: usize) -> String {
    let last = from + 300 * rows as i64;
    let rows = "<row><v>4.2e+07</v></row>".repeat(rows);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rrd><version>0003</version><step>300</step>
        <lastupdate>{last}</lastupdate><ds><name> 42 </name><type> GAUGE </type></ds><rra><cf>AVERAGE</cf>
        <pdp_per_row>1</pdp_per_row><database>{rows}</database></rra></rrd>"
    )
}

/// History that is imported after the own samples were sent arrives once, and nothing comes again: before the first sample of an open
/// day, into gaps of a compressed one, and on a day that has nothing.
#[test]
fn what_is_imported_later_is_sent_once() {
    let world = World::new("");
    let until = DAY + 2 * 86_400;
    for (name, gaps) in [("web1", vec![]), ("web2", vec![(DAY + 50_000, DAY + 60_000)])] {
        let mut host = Synth::new(name, 512.0 * MIB, DAY + 40_000, until - 40_000);
        host.gaps = gaps;
        host.gzip = name == "web2";
        host.write(&world.data()).unwrap();
    }
    world.push(until);
    let loads = |host: &str| {
        let name = format!("__name__=node_load1;instance={host};job=node;");
        world.engine.inner().points.keys().filter(|(series, _)| *series == name).count()
    };
    let own = ["web1", "web2"].map(loads);
    // A day and more before, up to the middle of the first one.
    let history = world.folder.path().join("free.xml");
    std::fs::write(&history, database(DAY - 30_000, 300)).unwrap();
    // One that has nothing but history, too.
    for host in ["web1", "web2", "web3"] {
        let mut command = cronograph();
        command.args(["import", "--map", "free=meminfo.MemFree", "--host", host, "--data"]).arg(world.data());
        let output = command.args(["--now", &until.to_string()]).arg(&history).output().unwrap();
        assert_eq!((stderr(&output), output.status.code()), (String::new(), Some(0)));
    }
    world.push(until);
    world.push(until);
    for (host, own) in ["web1", "web2"].into_iter().zip(own) {
        let free = format!("__name__=node_memory_MemFree_bytes;instance={host};job=node;");
        let inner = world.engine.inner();
        let imported = inner.points.iter().filter(|((series, _), (bits, _))| {
            *series == free && f64::from_bits(*bits).to_bits() == 4.2e7_f64.to_bits()
        });
        // Up to the first own sample; those of web2 have a gap of 10,000 s as well.
        let expected = if host == "web1" { 233 } else { 233 + 33 };
        assert_eq!(imported.count(), expected, "{host}");
        drop(inner);
        assert_eq!(loads(host), own);
        world.engine.count(host);
    }
    // And back, marked as what it is.
    let (other, config) = (world.folder.path().join("other"), world.folder.path().join("source.toml"));
    let source = format!("[source]\nprometheus = \"http://127.0.0.1:{}\"\n", world.engine.port);
    std::fs::write(&config, format!("data = {:?}\n{source}", other.to_str().unwrap())).unwrap();
    let mut command = cronograph();
    command.args(["explain", "--host", "web1", "--now", &(until + 120).to_string(), "--config"]);
    assert_eq!(stderr(&command.arg(&config).output().unwrap()), "");
    let mut command = cronograph();
    command.args(["explain", "--host", "web3", "--now", &(until + 120).to_string(), "--config"]);
    command.arg(&config).output().unwrap();
    assert_eq!(log(&other, "web3").len(), 300);
    let (own, imported): (Vec<Value>, Vec<Value>) =
        log(&other, "web1").into_iter().partition(|line| line["imported"].is_null());
    assert_eq!(own.len(), loads("web1"));
    let is_free = |line: &Value| line["meminfo"]["MemFree"] == 42_000_000 && line["host"].is_null();
    assert!(
        imported.len() == 233
            && imported.iter().all(is_free)
            && imported.iter().all(|line| line["imported"] == "rrd")
    );
}
