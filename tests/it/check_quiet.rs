//! `cronograph check --dry-run` and `mute`: what would be sent, what is held back, and that it is said.

use crate::check::{NOW, World, calm, leaking};
use crate::program::stderr;
use std::fs;

#[test]
fn muting_holds_back_and_ending_it_lets_through() {
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    let output = world.run(NOW, &["mute", "leek"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no rule `leek`"), "{}", stderr(&output));
    let muted = world.run(NOW, &["mute", "leak", "--for", "2h", "--host", "web-*"]);
    assert_eq!(String::from_utf8_lossy(&muted.stdout), "leak on web-* until 16:07\n");
    assert_eq!(world.check(NOW), Some(3), "it holds all the same");
    assert!(world.got().is_empty());
    assert_eq!(world.run(NOW, &["mute", "leak", "--host", "web-*", "--end"]).status.code(), Some(0));
    assert_eq!(world.check(NOW + 60), Some(3));
    assert_eq!(world.told(), ["web-1 leak fired"]);
}

#[test]
fn mutes_are_listed_shown_on_the_pages_and_ended_together() {
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    world.write(&calm("web-2", NOW));
    let run = |arguments: &[&str]| {
        let output = world.run(NOW, arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output))
    };
    assert_eq!(run(&["mute", "leak", "--for", "1d", "--host", "web-1"]).0, Some(0));
    assert_eq!(run(&["mute", "swap", "--for", "1w"]).0, Some(0));
    let (code, said) = run(&["mute", "swap", "--host", "wbe-*"]);
    assert!(code == Some(1) && said.contains("there is no host wbe-*"), "{said}");
    assert_eq!(run(&["mute"]).1.lines().count(), 2);
    let out = world.path("www");
    assert_eq!(run(&["site", "--out", out.to_str().unwrap()]).0, Some(0));
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert!(
        read("index.html").contains("Muted until Tue 24 Nov 14:07: leak on web-1"),
        "{}",
        read("index.html")
    );
    assert!(read("web-1/index.html").contains("Muted until Tue 24 Nov 14:07: leak<"));
    assert!(!read("web-2/index.html").contains(": leak<") && read("web-2/index.html").contains(": swap<"));
    let status: serde_json::Value = serde_json::from_str(&read("status.json")).unwrap();
    let host = &status["hosts"][0];
    assert_eq!(
        host["mutes"],
        serde_json::json!([{"rule": "leak", "until": NOW + 86_400}, {"rule": "swap", "until": NOW + 604_800}])
    );
    // All times of it are of one kind.
    assert_eq!(host["problems"][0]["since"], host["alerts"][0]["since"]);
    assert!(host["problems"][0]["since"].is_i64());
    assert_eq!(run(&["mute", "leak", "--end"]).1, "swap on all hosts until Mon 30 Nov 14:07\n");
    assert_eq!(run(&["mute", "--end"]), (Some(0), "Nothing is muted.\n".to_owned()));
    assert!(run(&["mute", "--end"]).1.contains("nothing is muted"));
}

#[test]
fn a_dry_run_shows_and_remembers_nothing() {
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    let first = world.run(NOW, &["check", "--dry-run"]);
    assert_eq!(first.status.code(), Some(3));
    let text = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(text.starts_with("==> file: [critical] web-1: Kernel, unreclaimable slab leaks"), "{text}");
    assert!(text.contains("(with a picture)"), "{text}");
    assert_eq!(first.stdout, world.run(NOW, &["check", "--dry-run"]).stdout);
    assert!(world.got().is_empty());
    assert_eq!(world.check(NOW), Some(3));
    assert_eq!(world.got().len(), 1);
}

#[test]
fn a_dry_run_says_why_nothing_is_sent() {
    let dry = |world: &World| {
        let output = world.run(NOW, &["check", "--dry-run"]);
        assert_eq!(stderr(&output), "");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let world =
        World::new("[messages]\nquiet = \"14:00-15:00\"\n[[rule]]\nname = \"leak\"\ncritical = \"> 9\"\n");
    world.write(&calm("web-1", NOW));
    assert_eq!(dry(&world), "Nothing would be sent: nothing holds on the one host.\n");
    world.write(&leaking("web-2", NOW));
    let quiet = "Held back in quiet hours (14:00-15:00): web-2 leak slab_unreclaimable\n";
    assert_eq!(dry(&world), format!("Nothing would be sent.\n{quiet}"));
    world.run(NOW, &["mute", "leak"]);
    assert_eq!(dry(&world), "Nothing would be sent.\nMuted: web-2 leak slab_unreclaimable\n");
    // Nothing new.
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    assert_eq!(world.check(NOW), Some(3));
    assert_eq!(dry(&world), "Nothing would be sent.\nNothing new: web-1 leak slab_unreclaimable\n");
    // Nobody to tell.
    let world = World::new("");
    world.write(&leaking("web-1", NOW));
    let config = fs::read_to_string(world.path("cronograph.toml")).unwrap();
    let mute = config.split("[[channel]]").next().unwrap();
    fs::write(world.path("cronograph.toml"), mute).unwrap();
    let text = dry(&world);
    assert!(
        text.starts_with("No channel is set up") && text.contains("==> (with a channel): [critical]"),
        "{text}"
    );
}

#[test]
fn a_dry_run_shows_a_message_once_with_all_who_get_it() {
    let world = World::new(
        "[[channel]]\nname = \"all\"\nkind = \"command\"\ncommand = [\"false\"]\n\
         [[channel]]\nname = \"db\"\nkind = \"command\"\ncommand = [\"false\"]\nhosts = [\"db*\"]\n",
    );
    world.write(&leaking("web-1", NOW));
    world.write(&leaking("db-1", NOW));
    let text = String::from_utf8_lossy(&world.run(NOW, &["check", "--dry-run"]).stdout).into_owned();
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("==> ")).collect();
    assert_eq!(heads.len(), 2, "{text}");
    assert!(heads[0].starts_with("==> all, file: ") && heads[1].starts_with("==> db: "), "{heads:?}");
}

#[test]
fn a_host_that_is_not_there_is_said_with_those_that_are() {
    let world = World::new("");
    world.write(&calm("web-1", NOW));
    world.write(&calm("web-2", NOW));
    let output = world.run(NOW, &["check", "--dry-run", "--host", "web-3"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("there is no host web-3 in /") && said.contains("hint: there are web-1, web-2"),
        "{said}"
    );
}
