//! `install` and `uninstall` on a machine of our own: a folder in place of /, and a `crontab` that keeps its text in
//! a file, or fails.

use crate::program::{cronograph, stderr};
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A machine without anything on it.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// With cron: `crontab` keeps the user's text in `spool`.
    fn with_cron() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        let spool = machine.path("spool");
        let spool = spool.display();
        machine.program(
            "usr/bin/crontab",
            &format!(
                "case $1 in\n-l) [ -e {spool} ] || {{ echo no crontab for ada >&2; exit 1; }}; cat {spool};;\n\
                 -) cat > {spool}.new && mv {spool}.new {spool};;\n-r) rm {spool};;\nesac"
            ),
        );
        machine
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn program(&self, relative: &str, script: &str) {
        let path = self.path(relative);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// An ordinary user's run; paths of the machine's folder become ROOT in what it says.
    fn run(&self, arguments: &[&str]) -> Output {
        self.run_as("--ordinary-user", arguments)
    }

    fn run_as(&self, user: &str, arguments: &[&str]) -> Output {
        let mut command = cronograph();
        command.args(arguments).arg("--prefix").arg(self.folder.path());
        command.arg("--config").arg(self.path("etc/cronograph.toml"));
        command.arg("--data").arg(self.path("data")).env("CRONOGRAPH_OUT", self.path("www"));
        if arguments[0] == "install" {
            command.args(["--binary", "/usr/local/bin/cronograph"]);
        }
        if !user.is_empty() {
            command.arg(user);
        }
        let mut output = command.env("HOME", self.path("home")).output().unwrap();
        let folder = self.folder.path().to_str().unwrap();
        for bytes in [&mut output.stdout, &mut output.stderr] {
            *bytes = String::from_utf8(bytes.clone()).unwrap().replace(folder, "ROOT").into_bytes();
        }
        output
    }

    fn crontab(&self) -> Option<Vec<u8>> {
        fs_err::read(self.path("spool")).ok()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn shows_exactly_what_it_writes() {
    let machine = Machine::with_cron();
    fs_err::write(machine.path("spool"), "MAILTO=ada\n# nightly\n\n5 4 * * * backup\n").unwrap();
    let dry = machine.run(&["install", "--dry-run"]);
    assert!(dry.status.success(), "{}", stderr(&dry));
    assert!(!machine.path("etc").exists() && !machine.path("data").exists());
    insta::assert_snapshot!(text(&dry.stdout));
    let done = machine.run(&["install", "--yes"]);
    assert!(done.status.success(), "{}", stderr(&done));
    assert_eq!(done.stdout, dry.stdout, "the dry run shows what is done");
    let anywhere = |text: String| text.replace(machine.folder.path().to_str().unwrap(), "ROOT");
    insta::assert_snapshot!("crontab", anywhere(text(&machine.crontab().unwrap())));
    let written = fs_err::read_to_string(machine.path("etc/cronograph.toml")).unwrap();
    insta::assert_snapshot!("first_configuration", anywhere(written));
    let mode = |name| fs_err::metadata(machine.path(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("data"), mode("www")), (0o750, 0o755));
}

#[test]
fn a_second_install_changes_nothing_and_uninstall_gives_all_back() {
    let machine = Machine::with_cron();
    assert!(machine.run(&["install", "--yes"]).status.success());
    let first = machine.crontab();
    let again = machine.run(&["install", "--yes"]);
    assert!(text(&again.stdout).starts_with("Everything is in place already."), "{}", text(&again.stdout));
    assert_eq!(machine.crontab(), first);
    let gone = machine.run(&["uninstall", "--yes"]);
    assert!(gone.status.success(), "{}", stderr(&gone));
    assert_eq!(machine.crontab(), None, "there was none before");
    assert!(!machine.path("etc/cronograph.toml").exists());
    assert!(machine.path("data").exists());
    assert!(stderr(&gone).contains("The logs stay in ROOT/data"), "{}", stderr(&gone));
}

#[test]
fn a_changed_configuration_is_the_users_and_stays() {
    let machine = Machine::with_cron();
    assert!(machine.run(&["install", "--yes"]).status.success());
    let path = machine.path("etc/cronograph.toml");
    let changed = fs_err::read_to_string(&path).unwrap() + "lang = \"zh\"\n";
    fs_err::write(&path, &changed).unwrap();
    assert!(machine.run(&["install", "--yes"]).status.success());
    let gone = machine.run(&["uninstall", "--yes"]);
    assert!(gone.status.success());
    assert_eq!(fs_err::read_to_string(&path).unwrap(), changed);
}

#[test]
fn without_a_terminal_it_asks_for_a_clear_word() {
    let machine = Machine::with_cron();
    let output = machine.run(&["install"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--yes"));
    assert_eq!(machine.crontab(), None);
    assert!(!machine.path("data").exists());
}

#[test]
fn a_crontab_that_cannot_be_read_or_written_stays_as_it_is() {
    let machine = Machine::with_cron();
    machine.program("usr/bin/crontab", "echo 'ada: not allowed by cron.allow' >&2; exit 1");
    let output = machine.run(&["install", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("not allowed by cron.allow"), "{}", stderr(&output));
    assert!(!machine.path("etc/cronograph.toml").exists(), "nothing else was written either");
    let spool = machine.path("spool");
    fs_err::write(&spool, "@daily tidy\n").unwrap();
    machine.program("usr/bin/crontab", &format!("[ \"$1\" = -l ] && exec cat {}; exit 1", spool.display()));
    assert_eq!(machine.run(&["install", "--yes"]).status.code(), Some(1));
    assert_eq!(machine.crontab().unwrap(), b"@daily tidy\n");
}

#[test]
fn half_a_block_is_named_and_not_guessed_at() {
    let machine = Machine::with_cron();
    fs_err::write(machine.path("spool"), "@daily tidy\n# cronograph begin\n").unwrap();
    for command in ["install", "uninstall"] {
        let output = machine.run(&[command, "--yes"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("your crontab: line 2 "), "{}", stderr(&output));
    }
}

#[test]
fn root_gets_a_file_in_cron_d_with_the_users_field() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let machine = Machine::with_cron();
    fs_err::create_dir_all(machine.path("etc/cron.d")).unwrap();
    let output = machine.run_as("", &["install", "--yes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let file = machine.path("etc/cron.d/cronograph");
    let written = fs_err::read_to_string(&file).unwrap();
    assert!(written.contains("* * * * * root /usr/local/bin/cronograph sample --config "), "{written}");
    assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(machine.crontab(), None);
    assert!(machine.run_as("", &["uninstall", "--yes"]).status.success());
    assert!(!file.exists());
}

#[test]
fn busybox_reads_roots_crontab_and_not_cron_d() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    // Alpine's program for applets of root, a link over another one, a second name of the same file.
    for (program, link) in [
        ("bin/bbsuid", "/bin/bbsuid"),
        ("bin/busybox.static", "/etc/alternatives/crontab"),
        ("bin/busybox", ""),
    ] {
        let machine = Machine::with_cron();
        let crontab = machine.path("usr/bin/crontab");
        fs_err::create_dir_all(machine.path("bin")).unwrap();
        fs_err::create_dir_all(machine.path("etc/alternatives")).unwrap();
        fs_err::rename(&crontab, machine.path(program)).unwrap();
        std::os::unix::fs::symlink(format!("../../{program}"), machine.path("etc/alternatives/crontab"))
            .unwrap();
        match link {
            "" => fs_err::hard_link(machine.path(program), &crontab).unwrap(),
            _ => std::os::unix::fs::symlink(link, &crontab).unwrap(),
        }
        fs_err::create_dir_all(machine.path("etc/cron.d")).unwrap();
        let run = machine.path(program);
        let output = machine.run_as("", &["install", "--yes", "--crontab-program", run.to_str().unwrap()]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(!machine.path("etc/cron.d/cronograph").exists(), "{program}");
        let lines = text(&machine.crontab().unwrap());
        assert!(lines.contains("\n* * * * * /usr/local/bin/cronograph sample --config "), "{lines}");
    }
}

#[test]
fn without_cron_timers_start_the_runs() {
    let machine = Machine { folder: tempfile::tempdir().unwrap() };
    fs_err::create_dir_all(machine.path("run/systemd/system")).unwrap();
    let calls = machine.path("calls");
    machine.program("usr/bin/systemctl", &format!("echo \"$@\" >> {}", calls.display()));
    let output = machine.run(&["install", "--yes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!(text(&output.stdout).split("nginx, as").next().unwrap());
    let again = machine.run(&["install", "--yes"]);
    assert!(text(&again.stdout).starts_with("Everything is in place already."));
    assert!(machine.run(&["uninstall", "--yes"]).status.success());
    let units = fs_err::read_dir(machine.path("home/.config/systemd/user")).unwrap().count();
    assert_eq!(units, 0);
    insta::assert_snapshot!("calls_of_systemctl", fs_err::read_to_string(calls).unwrap());
}

/// A machine that can send, and the options to send with.
fn with_rsync(machine: Machine) -> (Machine, String) {
    machine.program("usr/bin/rsync", "");
    machine.program("usr/bin/flock", "");
    machine.program("usr/bin/touch", "");
    let key = machine.path("key").display().to_string();
    fs_err::write(&key, "").unwrap();
    (machine, key)
}

#[test]
fn a_host_can_send_its_log_and_stop_sending_it() {
    let (machine, key) = with_rsync(Machine::with_cron());
    fs_err::write(machine.path("spool"), "@daily tidy\n").unwrap();
    let ship = ["--ship", "cronograph@hub.example.org:", "--ship-key", &key, "--host", "web1"];
    let dry = machine.run(&[&["install", "--dry-run"], &ship[..]].concat());
    assert!(dry.status.success(), "{}", stderr(&dry));
    let shown = text(&dry.stdout);
    insta::assert_snapshot!(
        "ship",
        shown.lines().filter(|line| line.contains("rsync")).collect::<Vec<_>>().join("\n")
    );
    assert!(machine.run(&[&["install", "--yes"], &ship[..]].concat()).status.success());
    let first = text(&machine.crontab().unwrap());
    assert_eq!(first.matches("rsync -rt").count(), 2, "{first}");
    // Once more, without a word of sending: it goes on.
    let again = machine.run(&["install", "--yes", "--host", "web1"]);
    assert!(text(&again.stdout).starts_with("Everything is in place already."), "{}", text(&again.stdout));
    let other =
        machine.run(&["install", "--yes", "--host", "web1", "--ship", "a@b:c/d", "--ship-minutes", "5"]);
    assert!(other.status.success(), "{}", stderr(&other));
    let changed = text(&machine.crontab().unwrap());
    assert!(
        changed.contains("\n*/5 * * * * sleep 10 && ") && !changed.contains("hub.example.org"),
        "{changed}"
    );
    assert!(machine.run(&["uninstall", "--yes"]).status.success());
    assert_eq!(machine.crontab().unwrap(), b"@daily tidy\n");
}

#[test]
fn what_a_shell_would_read_is_refused_before_anything_is_written() {
    let (machine, _) = with_rsync(Machine::with_cron());
    for (ship, said) in
        [("a@hub:x;reboot", "`;` cannot stand"), ("a@hub:$(id)", "`$` cannot"), ("hub:x", "no user is named")]
    {
        let output = machine.run(&["install", "--yes", "--ship", ship]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let lost = machine.run(&["install", "--yes", "--ship", "a@hub:", "--ship-key", "/nowhere/key"]);
    assert!(stderr(&lost).contains("ssh-keygen"), "{}", stderr(&lost));
    fs_err::remove_file(machine.path("usr/bin/rsync")).unwrap();
    let output = machine.run(&["install", "--yes", "--ship", "a@hub:"]);
    assert!(stderr(&output).contains("has no rsync"), "{}", stderr(&output));
    assert_eq!(machine.crontab(), None);
}

#[test]
fn without_cron_a_timer_sends_the_log() {
    let (machine, _) = with_rsync(Machine { folder: tempfile::tempdir().unwrap() });
    fs_err::create_dir_all(machine.path("run/systemd/system")).unwrap();
    machine.program("usr/bin/systemctl", "");
    let output = machine.run(&["install", "--yes", "--host", "web1", "--ship", "a@hub:logs"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let unit =
        |name: &str| fs_err::read_to_string(machine.path("home/.config/systemd/user").join(name)).unwrap();
    let service = unit("cronograph-ship.service");
    let starts: Vec<&str> = service.lines().filter(|line| line.starts_with("ExecStart=")).collect();
    assert_eq!(starts.len(), 3, "{service}");
    assert!(starts[2].starts_with("ExecStart=/usr/bin/touch ") && starts[2].ends_with("/web1/shipped"));
    assert!(
        starts[0].starts_with("ExecStart=/usr/bin/rsync -rt ")
            && starts[0].ends_with("/web1/samples a@hub:logs")
    );
    assert!(unit("cronograph-ship.timer").contains("OnCalendar=*:0/1:10\n"));
    assert!(machine.run(&["uninstall", "--yes"]).status.success());
    assert_eq!(fs_err::read_dir(machine.path("home/.config/systemd/user")).unwrap().count(), 0);
}

#[test]
fn a_machine_without_either_says_so() {
    let machine = Machine { folder: tempfile::tempdir().unwrap() };
    let output = machine.run(&["install", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("neither cron nor systemd"), "{}", stderr(&output));
}

#[test]
fn a_flag_against_the_file_is_not_lost_silently() {
    let machine = Machine::with_cron();
    fs_err::create_dir_all(machine.path("etc")).unwrap();
    fs_err::write(machine.path("etc/cronograph.toml"), "data = \"/elsewhere\"\n").unwrap();
    let output = machine.run(&["install", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--data says `ROOT/data`"), "{}", stderr(&output));
    assert!(stderr(&output).contains("data is `/elsewhere`"), "{}", stderr(&output));
}

/// Whether nginx takes our snippet is asked of nginx itself, where there is one.
#[test]
fn nginx_takes_the_snippet() {
    if !Path::new("/usr/sbin/nginx").exists() {
        return;
    }
    let machine = Machine::with_cron();
    let shown = text(&machine.run(&["install", "--dry-run"]).stdout);
    let snippet = shown.split("cronograph.conf:\n").nth(1).unwrap().split("\nCaddy").next().unwrap();
    let folder = machine.folder.path().display();
    let whole = format!(
        "pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; client_body_temp_path {folder}/t;\n{} }}",
        snippet
            .replace("listen 80", "listen unix:ROOT/socket")
            .replace("ROOT", machine.folder.path().to_str().unwrap())
    );
    let path = machine.path("nginx.conf");
    fs_err::write(&path, whole).unwrap();
    let mut nginx = assert_cmd::Command::new("/usr/sbin/nginx");
    nginx.arg("-t").arg("-q").arg("-c").arg(path).assert().success();
}

proptest! {
    // A part of the usual number: a case takes long.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 20))]
    #[test]
    fn uninstall_gives_back_any_crontab(lines in "([ -~]{0,30}\n){1,5}", unfinished in any::<bool>()) {
        let machine = Machine::with_cron();
        let mut crontab = lines.into_bytes();
        if unfinished {
            crontab.pop();
        }
        if crontab.is_empty() {
            crontab.push(b'\n');
        }
        fs_err::write(machine.path("spool"), &crontab).unwrap();
        prop_assert!(machine.run(&["install", "--yes"]).status.success());
        prop_assert!(machine.crontab().unwrap().starts_with(&crontab));
        prop_assert!(machine.run(&["uninstall", "--yes"]).status.success());
        prop_assert_eq!(machine.crontab().unwrap(), crontab);
    }
}
