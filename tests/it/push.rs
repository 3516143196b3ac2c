//! `cronograph push` against an engine of our own: what arrives is what the log has, each point once, whatever the engine answers and
//! however the run before ended.

use crate::program::{cronograph, stderr};
use crate::synth::{MIB, Synth};
use assert_cmd::Command;
use cronograph::ship::wire::WriteRequest;
use prost::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// 2026-11-22T00:00:00Z
const DAY: i64 = 1_795_305_600;

/// A series: its labels as text, sorted.
type Series = String;
/// What an engine has: each point with how often it came.
type Points = BTreeMap<(Series, i64), (u64, u32)>;

#[derive(Default)]
struct Inner {
    points: Points,
    requests: u32,
    heads: Vec<String>,
    /// Answers that are given first.
    answers: Vec<&'static str>,
    /// Points of that instance before that time are refused, with their whole request.
    refused: Option<(&'static str, i64)>,
}

/// An engine that takes remote write.
struct Engine {
    inner: Arc<Mutex<Inner>>,
    port: u16,
}

impl Engine {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (inner, port) = (Arc::default(), listener.local_addr().unwrap().port());
        let shared = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &inner));
            }
        });
        Self { inner, port }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// How many points of an instance it has, and that none came twice.
    fn count(&self, instance: &str) -> usize {
        let label = format!("instance={instance};");
        let inner = self.inner();
        let own = inner.points.iter().filter(|((series, _), _)| series.contains(&label));
        own.inspect(|(point, (_, times))| assert_eq!(*times, 1, "{point:?} came twice")).count()
    }

    fn value(&self, series: &str, t: i64) -> Option<f64> {
        self.inner().points.get(&(series.to_owned(), t * 1000)).map(|(bits, _)| f64::from_bits(*bits))
    }
}

fn serve(stream: TcpStream, inner: &Mutex<Inner>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = take(&mut inner.lock().unwrap(), head, &body);
        let text = format!("HTTP/1.1 {answer}");
        if reader.get_mut().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Prometheus' HTTP API, as far as it is asked: the hosts, and all series of one for some seconds.
fn answer(inner: &Inner, form: &str) -> String {
    let (query, time) = form.strip_prefix("query=").unwrap().split_once("&time=").unwrap();
    let time: i64 = time.parse().unwrap();
    let mut found: BTreeMap<BTreeMap<String, String>, Vec<(i64, String)>> = BTreeMap::new();
    let span: Option<i64> = query
        .split("%5D%5B")
        .nth(1)
        .or(query.split("%7D%5B").nth(1))
        .map(|rest| rest.trim_end_matches("s%5D").parse().unwrap());
    for ((series, t), (bits, _)) in &inner.points {
        let labels: BTreeMap<String, String> = series
            .split(';')
            .filter_map(|label| label.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        match span {
            None => {
                drop(found.insert([("instance".to_owned(), labels["instance"].clone())].into(), Vec::new()))
            }
            Some(span) => {
                let is_asked = query.contains(&format!("%22{}%22", labels["instance"].replace('-', "%2D")));
                if is_asked && (time - span..=time).contains(&(t / 1000)) {
                    found.entry(labels).or_default().push((t / 1000, f64::from_bits(*bits).to_string()));
                }
            }
        }
    }
    let result: Vec<Value> = found
        .into_iter()
        .map(|(metric, values)| serde_json::json!({ "metric": metric, "values": values }))
        .collect();
    let body = serde_json::json!({ "status": "success", "data": { "result": result } }).to_string();
    format!("200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn take(inner: &mut Inner, head: String, body: &[u8]) -> String {
    inner.requests += 1;
    inner.heads.push(head);
    if !inner.answers.is_empty() {
        return inner.answers.remove(0).to_owned();
    }
    if inner.heads[inner.heads.len() - 1].starts_with("POST /api/v1/query ") {
        return answer(inner, std::str::from_utf8(body).unwrap());
    }
    let request = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let request = WriteRequest::decode(request.as_slice()).unwrap();
    let mut points = Vec::new();
    for series in request.timeseries {
        let names: Vec<&str> = series.labels.iter().map(|label| label.name.as_str()).collect();
        assert!(names.is_sorted(), "{names:?}");
        let name: Series =
            series.labels.iter().map(|label| format!("{}={};", label.name, label.value)).collect();
        points.extend(
            series.samples.iter().map(|point| ((name.clone(), point.timestamp), point.value.to_bits())),
        );
    }
    assert!(points.len() <= 20_000, "{}", points.len());
    if let Some((instance, before)) = inner.refused {
        let label = format!("instance={instance};");
        if points.iter().any(|((series, t), _)| series.contains(&label) && *t < before * 1000) {
            return "400 Bad Request\r\nContent-Length: 14\r\n\r\nout of bounds\n".to_owned();
        }
    }
    for (point, bits) in points {
        inner.points.entry(point).or_insert((bits, 0)).1 += 1;
    }
    "204 No Content\r\n\r\n".to_owned()
}

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
    assert!(said.contains("the server answers 401; it is tried again in 60 min"), "{said}");
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
