//! How `push` and what reads from an engine log in there: the right header, a refusal in words with the way out, and no secret anywhere
//! but in the request.

use crate::engine::Engine;
use crate::program::{cronograph, stderr};
use crate::synth::{MIB, Synth};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

/// 2026-11-22T00:00:00Z
const DAY: i64 = 1_795_305_600;
/// `ada:hunter2`, in base 64.
const CODED: &str = "YWRhOmh1bnRlcjI=";
/// What must stand nowhere.
const SECRETS: [&str; 3] = ["hunter2", CODED, "tenant7"];
/// What the server says of who it does not know, without them.
const DISCREET: &str =
    "the server answers 401: not ada with (secret) ((secret)), of (secret); look at the login in";
/// An answer of a server that tells everybody what it was told.
const TELLTALE: &str =
    "401 Unauthorized\r\nContent-Length: 51\r\n\r\nnot ada with hunter2 (YWRhOmh1bnRlcjI=), of tenant7";
/// Logins as the configuration has them, and the header that each makes.
const LOGINS: [(&str, &str); 3] = [
    ("user = \"ada\"\npassword = \"hunter2\"\n", "authorization: basic ywrhomh1bnrlcji="),
    ("token = \"hunter2\"\n", "authorization: bearer hunter2"),
    ("headers = { X-Scope-OrgID = \"tenant7\" }\n", "x-scope-orgid: tenant7"),
];

struct World {
    folder: tempfile::TempDir,
    engine: Engine,
}

impl World {
    /// An engine, and a host's log of ten minutes.
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap(), engine: Engine::start() };
        Synth::new("web1", 512.0 * MIB, DAY, DAY + 600).write(&world.data()).unwrap();
        world
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A configuration that its owner only may read.
    fn config(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("c.toml");
        std::fs::write(&path, format!("data = {:?}\n{text}", self.data().to_str().unwrap())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn push(&self, login: &str) -> PathBuf {
        self.config(&format!("[push]\nurl = \"http://127.0.0.1:{}/api/v1/write\"\n{login}", self.engine.port))
    }

    fn source(&self, login: &str) -> PathBuf {
        self.config(&format!("[source]\nprometheus = \"http://127.0.0.1:{}\"\n{login}", self.engine.port))
    }

    /// What the engine was told, in small letters.
    fn heads(&self) -> Vec<String> {
        self.engine.inner().heads.iter().map(|head| head.to_lowercase()).collect()
    }

    /// No file of the data folder holds a secret.
    fn is_discreet(&self) {
        let mut folders = vec![self.data()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                assert!(!SECRETS.iter().any(|secret| text.contains(secret)), "{}: {text}", path.display());
                files += 1;
            }
        }
        assert!(files > 1);
    }
}

/// A run of a command at the end of the log.
fn run(command: &[&str], config: &Path) -> Output {
    let output = cronograph()
        .args(command)
        .arg("--config")
        .arg(config)
        .args(["--now", &(DAY + 660).to_string()])
        .output()
        .unwrap();
    let said = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
    assert!(!SECRETS.iter().any(|secret| said.contains(secret)), "{said}");
    output
}

#[test]
fn a_push_says_who_it_is() {
    for (login, header) in LOGINS {
        let world = World::new();
        let output = run(&["push"], &world.push(login));
        assert_eq!((stderr(&output), output.status.code()), (String::new(), Some(0)));
        assert!(world.heads().iter().all(|head| head.contains(header)), "{:?}", world.heads());
        assert!(world.engine.count("web1") > 1_000);
        world.is_discreet();
    }
}

#[test]
fn a_login_in_the_address_is_one() {
    let world = World::new();
    let config = world
        .config(&format!("[push]\nurl = \"http://ada:hunter2@127.0.0.1:{}/write\"\n", world.engine.port));
    assert_eq!(run(&["push"], &config).status.code(), Some(0));
    assert!(world.heads()[0].contains(LOGINS[0].1), "{:?}", world.heads());
    world.is_discreet();

    let world = World::new();
    world.engine.inner().answers = vec![TELLTALE];
    let address = format!("http://ada:hunter2@127.0.0.1:{}/write?tenant=tenant7", world.engine.port);
    let output = run(&["push"], &world.config(&format!("[push]\nurl = \"{address}\"\n")));
    assert!(world.heads()[0].contains(LOGINS[0].1), "{:?}", world.heads());
    let told =
        format!("cronograph: nothing more was taken: {DISCREET} `[push]`; it is tried again in 60 min\n");
    assert_eq!((stderr(&output), output.status.code()), (told, Some(1)));
    world.is_discreet();
}

#[test]
fn who_reads_says_who_it_is() {
    for (login, header) in LOGINS {
        let world = World::new();
        run(&["push"], &world.push(""));
        let pushed = world.heads().len();
        let back = tempfile::tempdir().unwrap();
        let config = world.source(login);
        let output = run(&["explain", "--host", "web1", "--data", back.path().to_str().unwrap()], &config);
        assert_eq!((stderr(&output), output.status.code()), (String::new(), Some(0)));
        let heads = world.heads().split_off(pushed);
        assert!(heads.len() > 1 && heads.iter().all(|head| head.contains(header)), "{heads:?}");
        assert!(back.path().join("web1/samples/2026-11-22.jsonl").exists());
    }
}

#[test]
fn an_engine_that_wants_another_login_is_told_with_the_way_out() {
    let all = "user = \"ada\"\npassword = \"hunter2\"\nheaders = { X-Scope-OrgID = \"tenant7\" }\n";
    let world = World::new();
    world.engine.inner().answers = vec![TELLTALE];
    let config = world.push(all);
    let output = run(&["push"], &config);
    let told =
        format!("cronograph: nothing more was taken: {DISCREET} `[push]`; it is tried again in 60 min\n");
    assert_eq!((stderr(&output), output.status.code()), (told, Some(1)));
    let doctor = String::from_utf8(run(&["doctor", "--host", "web1"], &config).stdout).unwrap();
    assert!(doctor.contains("look at the login in `[push]`"), "{doctor}");
    world.is_discreet();

    let config = world.source(all);
    world.engine.inner().answers = vec![TELLTALE];
    let output = run(&["explain", "--host", "web1"], &config);
    let engine = format!("http://127.0.0.1:{}", world.engine.port);
    let told = format!("cronograph: nothing was read from {engine}: {DISCREET} `[source]`\n");
    assert_eq!(
        (stderr(&output), output.status.code()),
        (told, Some(0)),
        "what is there is read all the same"
    );
    world.is_discreet();

    for (table, command) in [("[source]", "explain"), ("[push]", "push")] {
        let world = World::new();
        world.engine.inner().answers = vec!["403 Forbidden\r\nContent-Length: 0\r\n\r\n"];
        let config = if command == "push" { world.push("") } else { world.source("") };
        let told = stderr(&run(&[command, "--host", "web1"], &config));
        let way_out = format!("answers 403; add `user` and `password`, or `token`, to `{table}`");
        assert!(told.contains(&way_out), "{told}");
    }
}

#[test]
fn a_login_that_others_may_read_is_not_used_and_config_shows_none() {
    let world = World::new();
    for (config, command) in [
        (World::push as fn(&World, &str) -> PathBuf, ["push", "--host", "web1"]),
        (World::source, ["explain", "--host", "web1"]),
    ] {
        for (login, _) in LOGINS {
            let path = config(&world, login);
            let shown = String::from_utf8(run(&["config"], &path).stdout).unwrap();
            assert!(shown.contains("(set)"), "{shown}");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            let output = run(&command, &path);
            assert_eq!(output.status.code(), Some(1));
            assert!(stderr(&output).contains("\nhint: chmod 600 "), "{}", stderr(&output));
        }
    }
    assert_eq!(world.engine.inner().requests, 0);
}
