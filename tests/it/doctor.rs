//! `doctor` on machines with one thing wrong each: what it says, its remedy, its exit code.

use crate::program::{cronograph, stderr};
use crate::synth::{MIB, Synth};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// 2026-11-23T02:00:30Z
const NOW: i64 = 1_795_399_230;

/// A machine in a folder, with cron and cronograph installed, sampled until now, its pages made a minute ago.
struct Machine(tempfile::TempDir);

impl Machine {
    fn healthy() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        fs_err::set_permissions(machine.0.path(), PermissionsExt::from_mode(0o755)).unwrap();
        machine.put("usr/local/bin/cronograph", "");
        machine.put(
            "etc/cron.d/cronograph",
            "# cronograph begin\n* * * * * root /usr/local/bin/cronograph sample\n\
             2-59/5 * * * * root /usr/local/bin/cronograph site\n# cronograph end\n",
        );
        machine.put("proc/1/comm", "systemd\n");
        machine.put("proc/77/comm", "cron\n");
        machine.put("www/status.json", "{\"v\":1,\"made\":\"2026-11-23T01:59:30Z\"}");
        machine.sampled_until(NOW);
        machine
    }

    fn sampled_until(&self, until: i64) {
        let log = Synth::new("web1", 480.0 * MIB, NOW - 10_000, until);
        log.write(&self.path("data")).unwrap();
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    fn put(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn remove(&self, relative: &str) {
        let path = self.path(relative);
        if path.is_dir() { fs_err::remove_dir_all(path).unwrap() } else { fs_err::remove_file(path).unwrap() }
    }

    fn program(&self, relative: &str) {
        self.put(relative, "#!/bin/sh\nexit 1\n");
        fs_err::set_permissions(self.path(relative), PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// A configuration, which may name ROOT.
    fn configure(&self, text: &str) {
        self.put("cronograph.toml", &text.replace("ROOT", self.0.path().to_str().unwrap()));
    }

    /// Its exit code and what it says, with ROOT for the machine's folder.
    fn doctor(&self) -> (i32, String) {
        let mut command = cronograph();
        if self.path("cronograph.toml").exists() {
            command.arg("--config").arg(self.path("cronograph.toml"));
        }
        let output = command
            .args(["doctor", "--host", "web1", "--now", &NOW.to_string(), "--ordinary-user", "--prefix"])
            .arg(self.0.path())
            .arg("--data")
            .arg(self.path("data"))
            .arg("--out")
            .arg(self.path("www"))
            .output()
            .unwrap();
        assert_eq!(stderr(&output), "");
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), said.replace(self.0.path().to_str().unwrap(), "ROOT"))
    }

    /// What it finds wrong.
    fn wrong(&self) -> Vec<String> {
        let (code, said) = self.doctor();
        let lines: Vec<&str> = said.lines().collect();
        let wrong: Vec<String> = lines
            .windows(2)
            .filter(|pair| pair[0].starts_with("WRONG"))
            .map(|pair| format!("{}\n{}", pair[0].trim_start_matches("WRONG  "), pair[1].trim_start()))
            .collect();
        assert_eq!(code, if wrong.is_empty() { 0 } else { 3 }, "{said}");
        wrong
    }
}

#[test]
fn finds_nothing_on_a_healthy_machine() {
    insta::assert_snapshot!(Machine::healthy().doctor().1);
}

#[test]
fn finds_a_log_that_does_not_grow_and_why() {
    let machine = Machine::healthy();
    machine.remove("data");
    machine.sampled_until(NOW - 4000);
    machine.remove("proc/77");
    machine.remove("usr/local/bin/cronograph");
    insta::assert_snapshot!(machine.wrong().join("\n\n"));
}

#[test]
fn finds_that_nothing_was_installed() {
    let machine = Machine::healthy();
    for gone in ["data", "etc/cron.d", "www"] {
        machine.remove(gone);
    }
    insta::assert_snapshot!(machine.wrong().join("\n\n"));
}

#[test]
fn right_after_the_installation_it_says_what_comes_when() {
    let machine = Machine::healthy();
    machine.configure("time_zone = \"UTC\"\n");
    for gone in ["data", "www"] {
        machine.remove(gone);
    }
    let installed = |seconds: i64| {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs((NOW - seconds) as u64);
        let crontab =
            fs_err::OpenOptions::new().append(true).open(machine.path("etc/cron.d/cronograph")).unwrap();
        crontab.into_parts().0.set_modified(time).unwrap();
    };
    installed(20);
    let (code, said) = machine.doctor();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("note   the log of web1 has not begun yet: the first sample comes at 02:01"),
        "{said}"
    );
    assert!(said.contains("starts `cronograph sample`"), "{said}");
    // The samples came, the pages not yet.
    machine.sampled_until(NOW);
    let (code, said) = machine.doctor();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("there are no pages in ROOT/www yet: the first come within five minutes"),
        "{said}"
    );
    // Nothing came of it.
    machine.remove("data");
    installed(1_000);
    assert_eq!(machine.wrong().len(), 1);
    assert!(machine.wrong()[0].starts_with("web1 has no log in ROOT/data"), "{:?}", machine.wrong());
}

#[test]
fn finds_broken_lines_a_clock_set_back_and_days_to_come() {
    let machine = Machine::healthy();
    let log = machine.path("data/web1/samples/2026-11-23.jsonl");
    let text = fs_err::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mixed = [lines[0], "{\"v\":1,\u{1b}[31m", lines[2], lines[1], lines[3], lines[lines.len() - 1], ""];
    fs_err::write(&log, mixed.join("\n")).unwrap();
    machine.put("data/web1/samples/2099-01-01.jsonl", lines[0]);
    insta::assert_snapshot!(machine.wrong().join("\n\n"));
}

#[test]
fn finds_pages_that_are_old_or_that_nobody_can_read() {
    let machine = Machine::healthy();
    machine.put("www/status.json", "{\"v\":1,\"made\":\"2026-11-22T23:00:00Z\"}");
    fs_err::set_permissions(machine.path("www"), PermissionsExt::from_mode(0o750)).unwrap();
    insta::assert_snapshot!(machine.wrong().join("\n\n"));
}

#[test]
fn a_host_that_only_collects_is_not_wrong() {
    let machine = Machine::healthy();
    fs_err::rename(machine.path("data/web1"), machine.path("data/web2")).unwrap();
    machine.put("etc/cron.d/cronograph", "2-59/5 * * * * root /usr/local/bin/cronograph site\n");
    let (_, said) = machine.doctor();
    assert!(said.contains("note   web1 has no log in ROOT/data: other hosts send theirs"), "{said}");
    assert!(!said.contains("nothing starts `cronograph sample`"), "{said}");
}

#[test]
fn timers_of_systemd_count() {
    let machine = Machine::healthy();
    machine.remove("etc/cron.d");
    for command in ["sample", "site"] {
        machine.put(
            &format!("etc/systemd/system/cronograph-{command}.service"),
            &format!("[Service]\nExecStart=/usr/local/bin/cronograph {command}\n"),
        );
        let wants = machine.path("etc/systemd/system/timers.target.wants");
        fs_err::create_dir_all(&wants).unwrap();
        let timer = format!("cronograph-{command}.timer");
        std::os::unix::fs::symlink(format!("../{timer}"), wants.join(timer)).unwrap();
    }
    assert_eq!(machine.wrong(), Vec::<String>::new());
}

#[test]
fn finds_programs_and_templates_that_do_not_work_and_rules_about_nothing() {
    let machine = Machine::healthy();
    machine.configure(
        "[site]\ntemplates = \"ROOT/templates\"\n\
         [[check]]\nname = \"gone\"\ncommand = [\"/opt/gone\"]\n\
         [[check]]\nname = \"plain\"\ncommand = [\"plain\"]\n\
         [[check]]\nname = \"well\"\ncommand = [\"well\", \"-x\"]\n\
         [[channel]]\nname = \"pager\"\nkind = \"command\"\ncommand = [\"pager\"]\n\
         [[channel]]\nname = \"mail\"\nkind = \"mail\"\nto = [\"a@example.org\"]\n\
         [[rule]]\nname = \"odd\"\nwhen = \"filesystem[/nowhere].used_percent > 1\"\n\
         [[rule]]\nname = \"off\"\nwhen = \"filesystem[/nowhere].used_percent > 1\"\nenabled = false\n\
         [[rule]]\nname = \"fits\"\nwhen = \"loadavg.load1 per core > 1000\"\n\
         [[rule]]\nname = \"fact\"\nwhen = \"traffic.used_percent > 50\"\n",
    );
    machine.put("usr/local/bin/plain", "");
    machine.program("usr/bin/well");
    machine.put("templates/message.txt", "Dear all,\n{{ nonsense.more }}\n");
    machine.put("templates/fleet.html", "{% if %}");
    let (_, said) = machine.doctor();
    for line in [
        "WRONG  check \"gone\" cannot be started: there is no /opt/gone",
        "WRONG  check \"plain\" cannot be started: ROOT/usr/local/bin/plain is not executable",
        "WRONG  channel \"pager\" cannot be started: there is no pager in /usr/local/sbin:",
        "WRONG  channel \"mail\" cannot send: there is no sendmail in ",
        "WRONG  no pages are made, a template has a mistake: ROOT/templates/fleet.html:1: ",
        "WRONG  messages wait, a template has a mistake: ROOT/templates/message.txt:2: ",
        "note   rule \"odd\" finds nothing to look at: ",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!((said.matches("\"well\"").count(), said.matches("note   rule").count()), (0, 1), "{said}");
}

#[test]
fn finds_messages_that_wait_and_why() {
    let machine = Machine::healthy();
    machine.program("usr/bin/false");
    machine.configure(
        "[[channel]]\nname = \"pager\"\nkind = \"command\"\ncommand = [\"false\"]\n\
         [[rule]]\nname = \"always\"\nwhen = \"loadavg.load1 >= 0\"\n",
    );
    let mut check = cronograph();
    check.args(["check", "--now", &(NOW - 600).to_string(), "--config"]).arg(machine.path("cronograph.toml"));
    let output = check.arg("--data").arg(machine.path("data")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let before = fs_err::read_dir(machine.path("data/.check/spool/queue")).unwrap().count();
    let wrong = machine.wrong();
    let waits = "a message waits for channel \"pager\", the oldest made 10 min ago; it was not taken: false ended with 1";
    assert!(wrong.iter().any(|wrong| wrong.starts_with(waits)), "{wrong:?}");
    assert_eq!(
        fs_err::read_dir(machine.path("data/.check/spool/queue")).unwrap().count(),
        before,
        "it only looks"
    );
}

#[test]
fn tells_samples_by_hand_from_those_of_a_clock() {
    let machine = Machine::healthy();
    machine.remove("etc/cron.d");
    machine.put("etc/cron.d/cronograph", "2-59/5 * * * * root /usr/local/bin/cronograph site\n");
    assert_eq!(machine.wrong(), Vec::<String>::new(), "something starts it, by whatever means");
    machine.remove("data");
    machine.sampled_until(NOW - 4000);
    let log = machine.path("data/web1/samples/2026-11-23.jsonl");
    let hand: String = [130, 121, 60].map(|ago| format!("{{\"v\":1,\"t\":{}}}\n", NOW - ago)).concat();
    fs_err::write(&log, fs_err::read_to_string(&log).unwrap() + &hand).unwrap();
    let wrong = machine.wrong();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(
        wrong[0].starts_with("nothing starts `cronograph sample`") && wrong[0].contains("as by hand"),
        "{wrong:?}"
    );
    assert!(
        wrong[0].ends_with("-> run `cronograph install --data ROOT/data --host web1 --out ROOT/www`"),
        "{wrong:?}"
    );
}

#[test]
fn a_mistake_in_the_configuration_is_told_beside_the_rest() {
    let machine = Machine::healthy();
    machine.put("www/status.json", "{\"v\":1,\"made\":\"2026-11-22T23:00:00Z\"}");
    machine.configure("lang = \"en\"\ntime_zone = \"Mars/Olympus\"\n[site]\nstyle = \"/nowhere.css\"\n[[rule]]\nname = \"x\"\nwhen = \"a >\"\n");
    let wrong = machine.wrong();
    for (start, way_out) in [
        (
            "the configuration: ROOT/cronograph.toml:2: there is no time zone `Mars/Olympus`",
            "-> `timedatectl",
        ),
        ("the configuration: ROOT/cronograph.toml:7: ", "-> docs/rules.md"),
        ("the configuration: site.style: there is no /nowhere.css", "-> correct the path"),
        (
            "the pages in ROOT/www are out of date",
            "`cronograph site --config ROOT/cronograph.toml --data ROOT/data --out ROOT/www`",
        ),
    ] {
        assert!(
            wrong.iter().any(|wrong| wrong.starts_with(start) && wrong.contains(way_out)),
            "{start}: {wrong:?}"
        );
    }
    // Not even TOML: the rest is looked at by the defaults.
    machine.configure("lang = [\n");
    let wrong = machine.wrong();
    assert!(wrong[0].starts_with("the configuration: ROOT/cronograph.toml:"), "{wrong:?}");
    assert!(
        wrong.iter().any(|wrong| wrong.starts_with("the pages in ROOT/www are out of date")),
        "{wrong:?}"
    );
}

#[test]
fn tells_of_caches_that_cannot_be_read() {
    let machine = Machine::healthy();
    machine.put("data/.derived/web1/cache/series/days.jsonl", "{\"v\":1}\n{\"v\":");
    let (code, said) = machine.doctor();
    let line = "note   ROOT/data/.derived/web1/cache/series/days.jsonl line 2 cannot be read; it is made anew from the log";
    assert!(code == 0 && said.contains(line), "{said}");
}

#[test]
fn looks_after_the_line_that_sends_the_log() {
    let machine = Machine::healthy();
    let line = |folder: &str, key: &str| {
        format!(
            "* * * * * root sleep 10 && /usr/bin/flock -n {folder} /usr/bin/rsync -rt --timeout=60 \
             '--rsh=ssh -o BatchMode=yes -i {key} -o IdentitiesOnly=yes' --append-verify {folder}/samples a@hub: && true\n"
        )
    };
    let data = machine.path("data").display().to_string();
    machine.program("usr/bin/rsync");
    machine.program("usr/bin/flock");
    machine.put("root/key", "");
    machine.put("etc/cron.d/ship", &line(&format!("{data}/web1"), "/root/key"));
    let (code, said) = machine.doctor();
    assert!(said.contains("ok     ROOT/etc/cron.d/ship sends the log of web1 to a@hub:\n"), "{said}");
    assert_eq!(code, 0);
    machine.put("etc/cron.d/ship", &line(&format!("{data}/web7"), "/root/key"));
    assert!(
        machine.wrong()[0].contains("sends ROOT/data/web7, but the log of web1 lies in"),
        "{:?}",
        machine.wrong()
    );
    machine.remove("root/key");
    assert!(machine.wrong()[0].contains("but there is no /root/key"), "{:?}", machine.wrong());
}

#[test]
fn a_log_that_does_not_arrive_is_named_here_and_there() {
    let machine = Machine::healthy();
    let folder = machine.path("data/web1");
    let (shown, marker) = (folder.display(), folder.join("shipped"));
    machine.program("usr/bin/rsync");
    let line = format!(
        "*/5 * * * * root sleep 10 && /usr/bin/rsync -rt --append-verify {shown}/samples a@hub: && /usr/bin/touch {shown}/shipped\n"
    );
    machine.put("etc/cron.d/ship", &line);
    assert!(machine.wrong()[0].contains("but it has not arrived yet"), "{:?}", machine.wrong());
    let sent = |at: i64| {
        let time =
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(at).unwrap());
        fs_err::File::create(&marker).unwrap().set_modified(time).unwrap();
    };
    sent(NOW - 3 * 86_400);
    assert!(machine.wrong()[0].contains("but it has not arrived since 3 d ago"), "{:?}", machine.wrong());
    sent(NOW - 600);
    let (code, said) = machine.doctor();
    assert!(code == 0 && said.contains("ROOT/etc/cron.d/ship sends the log of web1 to a@hub:\n"), "{said}");
    // On the machine that renders.
    fs_err::create_dir_all(machine.path("data/web8/samples")).unwrap();
    fs_err::create_dir(machine.path("data/web9")).unwrap();
    let wrong = machine.wrong();
    assert!(wrong[0].contains("no sample has ever come into web8, web9 of ROOT/data"), "{wrong:?}");
}
