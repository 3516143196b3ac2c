//! `cronograph check` on logs of invented hosts: what holds, what is told once, what is resolved;
//! through the real binary, with a program of the test's own as the channel.

use crate::program::{cronograph, stderr};
use crate::synth::Synth;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// 2026-11-23T14:07:00Z
pub(crate) const NOW: i64 = 1_795_442_820;
const HOUR: i64 = 3_600;
const MIB: f64 = 1024.0 * 1024.0;

/// A data folder with a configuration, and a folder that the channel writes into.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { folder };
        fs::create_dir(world.path("data")).unwrap();
        fs::create_dir(world.path("got")).unwrap();
        let got = world.path("got").display().to_string();
        let program = format!("cat > '{got}'/$(date +%s%N).json");
        let config = format!(
            "data = \"{}\"\nhost = \"hub\"\ntime_zone = \"UTC\"\n{more}\n[[channel]]\nname = \"file\"\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"{program}\"]\n",
            world.path("data").display()
        );
        fs::write(world.path("cronograph.toml"), config).unwrap();
        use std::os::unix::fs::PermissionsExt;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(world.path("cronograph.toml"), private).unwrap();
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, synth: &Synth) {
        synth.write(&self.path("data")).unwrap();
    }

    pub(crate) fn run(&self, now: i64, arguments: &[&str]) -> Output {
        let mut command = cronograph();
        command
            .args(arguments)
            .args(["--now", &now.to_string(), "--config"])
            .arg(self.path("cronograph.toml"));
        command.output().unwrap()
    }

    pub(crate) fn check(&self, now: i64) -> Option<i32> {
        let output = self.run(now, &["check"]);
        assert_eq!((stderr(&output), String::from_utf8_lossy(&output.stdout)), (String::new(), "".into()));
        output.status.code()
    }

    /// The messages that came, in their order; each is taken once.
    pub(crate) fn got(&self) -> Vec<serde_json::Value> {
        let mut files: Vec<_> =
            fs::read_dir(self.path("got")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            fs::remove_file(path).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        files.iter().map(read).collect()
    }

    /// What the only message says: each item's host, rule and change.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut messages = self.got();
        assert_eq!(messages.len(), 1, "{messages:?}");
        let items = messages.pop().unwrap()["items"].as_array().unwrap().clone();
        let text = |item: &serde_json::Value, key: &str| item[key].as_str().unwrap().to_owned();
        items
            .iter()
            .map(|item| format!("{} {} {}", text(item, "host"), text(item, "rule"), text(item, "change")))
            .collect()
    }
}

/// A host whose memory leaks from two hours before `until` on, by 1.02 MiB a minute.
pub(crate) fn leaking(name: &str, until: i64) -> Synth {
    Synth::story(name, until - 5 * HOUR, until, until - 2 * HOUR)
}

pub(crate) fn calm(name: &str, until: i64) -> Synth {
    Synth::new(name, 480.0 * MIB, until - 3 * HOUR, until)
}

#[test]
fn a_healthy_host_is_told_of_to_nobody() {
    let world = World::new("");
    world.write(&calm("web-1", NOW));
    assert_eq!(world.check(NOW), Some(0));
    assert!(world.got().is_empty());
    assert!(!world.path("data/.check/hosts/web-1/alerts.jsonl").exists());
}

#[test]
fn a_leak_is_told_once_with_all_that_is_known_of_it() {
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    assert_eq!(world.check(NOW), Some(3));
    let messages = world.got();
    assert_eq!(messages.len(), 1);
    let item = &messages[0]["items"][0];
    assert_eq!((item["host"].as_str(), item["rule"].as_str()), (Some("web-1"), Some("leak")));
    assert_eq!((item["level"].as_str(), item["change"].as_str()), (Some("critical"), Some("fired")));
    assert!(item["what"].as_str().unwrap().contains("slab leaks: +1.0"), "{item}");
    let labels: Vec<&str> =
        item["facts"].as_array().unwrap().iter().map(|fact| fact["label"].as_str().unwrap()).collect();
    for label in ["How fast", "Until when", "Evidence", "Whose", "Most memory"] {
        assert!(labels.contains(&label), "{label}: {labels:?}");
    }
    assert!(item["command"].as_str().is_some_and(|command| !command.is_empty()), "{item}");
    // The same again, and a minute later: nothing is news.
    assert_eq!((world.check(NOW), world.check(NOW + 60)), (Some(3), Some(3)));
    assert!(world.got().is_empty());
    let history = fs::read_to_string(world.path("data/.check/hosts/web-1/alerts.jsonl")).unwrap();
    assert_eq!(history.lines().count(), 1, "{history}");
}

#[test]
fn silence_of_another_host_is_told_and_that_it_is_over() {
    let world = World::new("");
    world.write(&calm("web-1", NOW));
    assert_eq!(world.check(NOW), Some(0));
    assert_eq!(world.check(NOW + 301), Some(3));
    assert_eq!(world.told(), ["web-1 silent fired"]);
    assert_eq!(world.check(NOW + 900), Some(3));
    assert!(world.got().is_empty());
    fs::remove_dir_all(world.path("data/web-1")).unwrap();
    world.write(&calm("web-1", NOW + 1200));
    assert_eq!(world.check(NOW + 1200), Some(0));
    let messages = world.got();
    assert_eq!(messages[0]["items"][0]["change"], "resolved");
    assert_eq!(messages[0]["replies_to"].as_array().unwrap().len(), 1, "it closes the thread");
}

#[test]
fn what_came_and_went_between_two_looks_is_told_as_over() {
    let world = World::new("[[rule]]\nname = \"busy\"\nwhen = \"loadavg.load1 > 5\"\n");
    let log = |until, load: &dyn Fn(i64) -> f64| {
        let path = world.path("data/web-1/samples");
        let _ = fs::remove_dir_all(&path);
        world.write(&calm("web-1", until));
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let changed = text.lines().map(|line| {
                let mut sample: serde_json::Value = serde_json::from_str(line).unwrap();
                let t = sample["t"].as_i64().unwrap();
                sample["loadavg"]["load1"] = load(t).into();
                sample.to_string() + "\n"
            });
            fs::write(&path, changed.collect::<String>()).unwrap();
        }
    };
    log(NOW, &|_| 0.1);
    assert_eq!(world.check(NOW), Some(0));
    log(NOW + 1800, &|t| if (NOW + 600..NOW + 900).contains(&t) { 8.0 } else { 0.1 });
    assert_eq!(world.check(NOW + 1800), Some(0));
    assert_eq!(world.told(), ["web-1 busy passed"]);
    assert_eq!(world.check(NOW + 1801), Some(0));
    assert!(world.got().is_empty());
}

#[test]
fn several_hosts_are_one_message_and_a_channel_may_want_some() {
    let world = World::new(
        "[[channel]]\nname = \"db\"\nkind = \"command\"\ncommand = [\"false\"]\nhosts = [\"db*\"]\n",
    );
    world.write(&leaking("web-1", NOW));
    world.write(&leaking("web-2", NOW));
    assert_eq!(world.check(NOW), Some(3));
    assert_eq!(world.told(), ["web-1 leak fired", "web-2 leak fired"]);
}

#[test]
fn a_channel_that_takes_nothing_is_tried_again_later_and_said() {
    let world = World::new("");
    let config = fs::read_to_string(world.path("cronograph.toml")).unwrap();
    fs::write(world.path("cronograph.toml"), config.replace("\"sh\", \"-c\"", "\"/bin/false\"")).unwrap();
    world.write(&leaking("web-1", NOW));
    let output = world.run(NOW, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("channel \"file\" did not take a message"), "{}", stderr(&output));
    // Not yet due: nothing is tried, nothing is said.
    assert_eq!(world.check(NOW + 10), Some(3));
    fs::write(world.path("cronograph.toml"), config).unwrap();
    assert_eq!(world.check(NOW + 3_700), Some(3));
    assert_eq!(world.got().len(), 1 + 1, "the leak, and the silence of a host that nobody sampled since");
}

#[test]
fn a_rule_that_cannot_be_understood_names_its_line() {
    let world = World::new("[[rule]]\nname = \"mine\"\nwhen = \"memory.availible < 5\"\n");
    world.write(&calm("web-1", NOW));
    for command in ["check", "site"] {
        let output = world.run(NOW, &[command]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(stderr(&output).contains("did you mean `memory.available`?"), "{}", stderr(&output));
    }
    let output = world.run(NOW, &["check"]);
    assert!(stderr(&output).contains("cronograph.toml:6: rule `mine`: when:"), "{}", stderr(&output));
}

#[test]
fn a_rule_speaks_in_the_users_words_and_names_his_command() {
    let world = World::new(
        "[[rule]]\nname = \"leak\"\ntext = \"Call Ada: {instance} grows\"\ncommand = \"slabtop -o\"\n\
         [[rule]]\nname = \"exact\"\nwhen = \"processes.zombies == 0\"\n",
    );
    world.write(&leaking("web-1", NOW));
    assert_eq!(world.check(NOW), Some(3));
    let items = world.got()[0]["items"].as_array().unwrap().clone();
    let of = |rule: &str| items.iter().find(|item| item["rule"] == rule).unwrap().clone();
    let leak = of("leak");
    assert_eq!(
        (leak["what"].as_str(), leak["command"].as_str()),
        (Some("Call Ada: slab_unreclaimable grows"), Some("slabtop -o"))
    );
    assert!(leak["facts"].as_array().unwrap().len() > 3, "its evidence is told all the same");
    assert_eq!(of("exact")["what"], "exact is 0");
    let out = world.path("www");
    let site = || assert!(world.run(NOW, &["site", "--out", out.to_str().unwrap()]).status.success());
    site();
    let page = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert!(page("alerts.html").contains("Call Ada") && page("status.json").contains("Call Ada"));
    let config = fs::read_to_string(world.path("cronograph.toml")).unwrap();
    fs::write(
        world.path("cronograph.toml"),
        config.replace("[[channel]]", "[site]\npublic = true\n[[channel]]"),
    )
    .unwrap();
    site();
    assert!(!page("alerts.html").contains("Call Ada") && !page("status.json").contains("Call Ada"));
}

#[test]
fn a_misspelt_name_of_a_rule_names_its_line() {
    let world = World::new("[[rule]]\nname = \"memroy\"\nenabled = false\n");
    let output = world.run(NOW, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("cronograph.toml:5: rule `memroy`: ") && said.contains("did you mean `memory`?"),
        "{said}"
    );
}

#[test]
fn a_run_that_was_cut_short_is_finished_and_repeats_nothing() {
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    assert_eq!(world.check(NOW), Some(3));
    assert_eq!(world.got().len(), 1);
    // As if it had been killed after the spool had the message and before the book knew.
    let book = world.path("data/.check/hosts/web-1/book.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&book).unwrap()).unwrap();
    let told = json["alerts"][0].as_object_mut().unwrap().remove("told").unwrap();
    fs::write(&book, json.to_string()).unwrap();
    let notice = told["notices"][0].as_str().unwrap();
    let ledger = find(&world.path("data/.check/spool"), "sent.jsonl");
    assert!(fs::read_to_string(ledger).unwrap().contains(notice));
    let mark = serde_json::json!({
        "notices": [],
        "marks": [{"host": "web-1", "rule": "leak", "instance": json["alerts"][0]["instance"], "at": NOW,
            "notices": [notice], "what": {"holds": {"level": told["level"], "since": told["since"]}}}],
    });
    fs::write(world.path("data/.check/outbox.json"), mark.to_string()).unwrap();
    assert_eq!(world.check(NOW + 60), Some(3));
    assert!(world.got().is_empty(), "it was told");
    assert!(!world.path("data/.check/outbox.json").exists());
}

fn find(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    assert!(path.exists(), "{}", path.display());
    path
}

#[test]
fn the_pages_show_what_holds_and_what_held() {
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    world.write(&calm("web-2", NOW));
    let out = world.path("www");
    let site = |now: i64| {
        let output = world.run(now, &["site", "--out", out.to_str().unwrap()]);
        assert!(output.status.success(), "{}", stderr(&output));
    };
    site(NOW);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let status: serde_json::Value = serde_json::from_str(&read("status.json")).unwrap();
    let of = |status: &serde_json::Value, host: &str| {
        let hosts = status["hosts"].as_array().unwrap();
        hosts.iter().find(|known| known["name"] == host).unwrap().clone()
    };
    assert_eq!(of(&status, "web-1")["alerts"][0]["rule"], "leak");
    assert!(of(&status, "web-2").get("alerts").is_none());
    assert!(read("alerts.html").contains("slab leaks"));
    assert!(read("web-2/alerts.html").contains("Nothing has been wrong"));
    let feed = read("feed.xml");
    assert_eq!(feed.matches("<entry>").count(), 1, "{feed}");
    assert!(feed.contains("[critical] web-1: Kernel, unreclaimable slab leaks"), "{feed}");
    // Silent for a while: another entry, and the leak is not known to go on.
    site(NOW + 1200);
    assert_eq!(read("feed.xml").matches("<entry>").count(), 3, "both hosts are silent");
    assert!(read("index.html").contains("nothing known of it lately"));
    // What the pages found, check tells.
    assert_eq!(world.check(NOW + 1200), Some(3));
    assert_eq!(world.told(), ["web-1 silent fired", "web-2 silent fired"]);
}

#[test]
fn on_a_page_for_everyone_the_history_has_no_names() {
    let world = World::new("[site]\npublic = true\n");
    world.write(&leaking("web-1", NOW));
    let out = world.path("www");
    assert!(world.run(NOW, &["site", "--out", out.to_str().unwrap()]).status.success());
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert!(read("alerts.html").contains("Memory leaks") && read("feed.xml").contains("web-1: Memory leaks"));
    let status: serde_json::Value = serde_json::from_str(&read("status.json")).unwrap();
    assert!(status["hosts"][0]["alerts"][0].get("text").is_none());
}
