//! What of services systemd's files do not tell (failures, restarts, main processes) is asked of `systemctl show` once for all,
//! after the line is written, when something changed or on the slow beat: the next line has it. Never of a recorded tree.
//!
//! systemd answers from its memory; no unit is touched. Where it does not answer within [`SECONDS`] it is killed, that is said
//! in `errors`, and states come from files alone.

use super::kept::Kept;
use super::systemd::{self, Link};
use super::wishes::bare;
use super::{Context, Memory, Service, View};
use crate::sample::command::{self, Outcome};
use crate::sample::{Root, State};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// So long it may take.
pub(crate) const SECONDS: f64 = 3.0;
/// The most of its answer that is read.
const MOST_BYTES: usize = 256 * 1024;
const UNITS: &str = "run/systemd/units";
const PROPERTIES: &str = "--property=Id,LoadState,ActiveState,SubState,Type,RemainAfterExit,NRestarts,MainPID,\
     MemoryCurrent,StateChangeTimestampMonotonic,Result,ConditionResult,ConditionTimestampMonotonic,TriggeredBy";

/// What systemd said of one unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    /// As the log says it.
    pub(super) service: Service,
    /// The unit's link when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<Link>,
    /// It may be inactive without being missed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) rests: bool,
    /// It does its work and ends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) once: bool,
    /// Another name of a unit that has an answer of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_alias: bool,
    /// Its memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<u64>,
    /// When its state changed last, in microseconds of the monotonic clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed: Option<u64>,
}

/// Whether systemd is to be asked after this sample.
pub(super) fn is_wanted(context: &Context<'_>, kept: &Kept, changed: bool, view: &View) -> bool {
    let moves = |service: &Service| matches!(service.state.as_str(), "starting" | "restarting" | "stopping");
    let unanswered = context.previous.service_asked && kept.answered != context.previous.time;
    let news = changed || context.slow || unanswered || view.values().any(moves);
    news && context.root.is_real() && context.previous.services.wishes.ask_systemd
}

/// What is to be asked after a sample.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    memory: &'a Memory,
    names: Vec<String>,
    links: BTreeMap<String, Link>,
    now: i64,
}

/// The question, if there is one.
pub(crate) fn question<'a>(root: &Root, state: &'a State, now: i64) -> Option<Question<'a>> {
    let view = state.services.view.as_ref().filter(|_| state.service_asked)?;
    let kept = state.services.load();
    // Those that rest, too: that they do is what it says.
    let names: BTreeSet<&String> = view.keys().chain(kept.wanted.keys()).collect();
    let names: Vec<String> = names.into_iter().filter(|name| !name.contains(' ')).cloned().collect();
    // Before it is asked: what changes meanwhile has another link then, and is asked again.
    let links = names.iter().filter_map(|name| {
        let link = root.path(&format!("{UNITS}/invocation:{name}.service"));
        let stat = rustix::fs::lstat(link).ok()?;
        Some((name.clone(), crate::sample::context::modified_of(&stat)))
    });
    Some(Question { memory: &state.services, links: links.collect(), names, now })
}

impl Question<'_> {
    /// Asks.
    pub(crate) fn ask(&self) -> Outcome {
        let mut command = vec!["systemctl", "show", "--no-pager", "--state=failed", PROPERTIES, "--"];
        let units: Vec<String> = self.names.iter().map(|name| format!("{name}.service")).collect();
        command.extend(units.iter().map(String::as_str));
        // With the state above, a pattern stands for those that failed: of units that nothing starts by itself, too.
        command.push("*.service");
        let command: Vec<String> = command.into_iter().map(str::to_owned).collect();
        command::run(&command, SECONDS, MOST_BYTES)
    }

    /// Keeps the answer for the next sample.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn learn(&self, outcome: &Outcome) -> std::io::Result<()> {
        let monotonic = clock_gettime(ClockId::Monotonic);
        let booted = Booted { now: self.now, seconds: monotonic.tv_sec };
        let said = said(&outcome.output, &self.links, booted);
        let trouble = trouble(outcome, said.is_empty() && !self.names.is_empty());
        self.memory.learn(|kept| {
            kept.trouble = trouble;
            if kept.trouble.is_none() {
                let older = std::mem::replace(&mut kept.answers, self.with_aliases(said));
                kept.answers.iter_mut().for_each(|(name, answer)| answer.settle(older.get(name)));
                kept.answered = self.now;
            }
        })
    }

    /// It was not asked this time: what it said before holds, unless it is not asked any more.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn leave(&self, for_ever: bool) -> std::io::Result<()> {
        self.memory.learn(|kept| {
            kept.answered = self.now;
            if for_ever {
                (kept.trouble, kept.answers) = (None, BTreeMap::new());
            }
        })
    }

    /// A name that was asked for and that no unit has for its own is another name of one.
    fn with_aliases(&self, mut said: BTreeMap<String, Answer>) -> BTreeMap<String, Answer> {
        for name in &self.names {
            said.entry(name.clone()).or_insert(Answer { is_alias: true, ..Answer::default() });
        }
        said
    }
}

impl Answer {
    /// A time that was reckoned once stays, whatever the clock does.
    fn settle(&mut self, older: Option<&Self>) {
        if let Some(older) = older.filter(|older| older.changed.is_some() && older.changed == self.changed) {
            self.service.since = older.service.since;
        }
    }
}

/// Why there is no answer.
fn trouble(outcome: &Outcome, empty: bool) -> Option<String> {
    if let Some(error) = &outcome.error {
        return Some(format!("cannot run systemctl: {error}"));
    }
    if outcome.killed {
        return Some(format!(
            "systemctl did not answer in {SECONDS} s: states of services come from files alone"
        ));
    }
    empty.then(|| {
        let code = outcome.code.map_or_else(String::new, |code| format!(" (exit code {code})"));
        format!("systemctl said nothing of any service{code}: states of services come from files alone")
    })
}

/// By which monotonic times become unix times.
#[derive(Clone, Copy, Debug)]
struct Booted {
    now: i64,
    seconds: i64,
}

/// Reads the answer: blocks of lines `KEY=value`, a blank line between them. A unit may come twice.
fn said(output: &[u8], links: &BTreeMap<String, Link>, booted: Booted) -> BTreeMap<String, Answer> {
    let text = String::from_utf8_lossy(output);
    let mut answers = BTreeMap::new();
    for block in text.split("\n\n") {
        let values: BTreeMap<&str, &str> = block.lines().filter_map(|line| line.split_once('=')).collect();
        let Some(unit) = values.get("Id").filter(|unit| systemd::is_lasting(unit)) else { continue };
        // Cut off in the middle, or never there.
        if !values.contains_key("ActiveState") || !values.contains_key("SubState") {
            continue;
        }
        let name = bare(unit).to_owned();
        let answer = answer(&values, links.get(&name).copied(), booted);
        answers.insert(name, answer);
    }
    answers
}

fn answer(values: &BTreeMap<&str, &str>, link: Option<Link>, booted: Booted) -> Answer {
    let of = |key: &str| values.get(key).copied().unwrap_or_default();
    let number = |key: &str| of(key).parse::<u64>().ok();
    let once = of("Type") == "oneshot";
    let remains = of("RemainAfterExit") == "yes";
    // Nobody tried to start it in this boot, or what it depends on says no.
    let untried = number("ConditionTimestampMonotonic") == Some(0) || of("ConditionResult") == "no";
    let rests = (once && !remains) || untried || !of("TriggeredBy").is_empty();
    let state = state(of("ActiveState"), of("SubState"));
    let ended_well = matches!(of("Result"), "success" | "");
    let failed = state == "failed" || (state == "restarting" && !ended_well);
    let up = match state {
        "running" | "exited" => Some(1),
        "failed" | "restarting" => Some(0),
        "stopped" if of("LoadState") == "not-found" => Some(0),
        "stopped" if !rests => Some(0),
        _ => None,
    };
    let changed = number("StateChangeTimestampMonotonic").filter(|time| *time > 0);
    let since = changed.and_then(|time| i64::try_from(time / 1_000_000).ok());
    let since = since.map(|seconds| booted.now - (booted.seconds - seconds).max(0));
    let service = Service {
        up,
        failed: Some(u64::from(failed)),
        restarts: number("NRestarts"),
        // Of a unit that is active its link has the time, of which the clock of the boot knows nothing when it is set.
        since: link.filter(|_| up == Some(1)).map(|link| link.0).or(since),
        pid: number("MainPID").and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0),
        ..Service::of(state)
    };
    let memory = number("MemoryCurrent").filter(|bytes| *bytes < u64::MAX);
    Answer { service, link, rests, once, is_alias: false, memory, changed }
}

/// systemd's two words as one.
fn state(active: &str, sub: &str) -> &'static str {
    match active {
        "active" | "reloading" | "refreshing" if sub == "exited" => "exited",
        "active" | "reloading" | "refreshing" => "running",
        "failed" => "failed",
        "activating" if sub.starts_with("auto-restart") => "restarting",
        "activating" => "starting",
        "deactivating" => "stopping",
        _ => "stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &[u8] = include_bytes!("../../../tests/fixtures/services/systemctl-show-252.txt");
    /// 14052 s after that machine's boot.
    const BOOTED: Booted = Booted { now: 1_795_650_030, seconds: 14_052 };

    fn recorded() -> BTreeMap<String, Answer> {
        said(RECORDED, &BTreeMap::from([("nginx".to_owned(), (1_795_649_968, 5))]), BOOTED)
    }

    #[test]
    fn what_a_booted_debian_said() {
        let answers = recorded();
        let of = |name: &str| {
            let service = &answers[name].service;
            (service.state.as_str(), service.up, service.failed, service.restarts)
        };
        assert_eq!(of("nginx"), ("running", Some(1), Some(0), Some(0)));
        assert_eq!(answers["nginx"].service.since, Some(1_795_649_968));
        assert_eq!((answers["nginx"].service.pid, answers["nginx"].memory), (Some(40), None));
        // 13989.9 s after the boot, 62 s before it was asked.
        assert_eq!(answers["cron"].service.since, Some(1_795_649_967));
        let (state, up, failed, restarts) = of("loop");
        assert_eq!((state, up, failed), ("restarting", Some(0), Some(1)));
        assert!(restarts > Some(0));
        assert_eq!(of("broken"), ("failed", Some(0), Some(1), Some(0)));
        assert_eq!(of("stat"), ("failed", Some(0), Some(1), Some(0)), "found by the pattern");
        assert_eq!(of("systemd-sysctl"), ("exited", Some(1), Some(0), Some(0)));
    }

    #[test]
    fn a_time_is_reckoned_once() {
        let older = &recorded()["broken"];
        let mut newer = answer_of("broken", Booted { now: BOOTED.now + 3, seconds: BOOTED.seconds });
        assert_ne!(newer.service.since, older.service.since);
        newer.settle(Some(older));
        assert_eq!(newer.service.since, older.service.since);
        let mut changed = Answer { changed: Some(1), service: Service::of("x"), ..Answer::default() };
        changed.settle(Some(older));
        assert_eq!(changed.service.since, None);
    }

    fn answer_of(name: &str, booted: Booted) -> Answer {
        said(RECORDED, &BTreeMap::new(), booted).remove(name).unwrap()
    }

    #[test]
    fn what_never_had_to_run_is_not_missed() {
        let answers = recorded();
        for name in ["e2scrub_reap", "getty@tty1", "systemd-tmpfiles-clean"] {
            let answer = &answers[name];
            assert_eq!((answer.service.state.as_str(), answer.service.up), ("stopped", None), "{name}");
            assert_eq!(answer.service.since, None);
        }
        // What was asked for and is not there is missed.
        assert_eq!(answers["nosuch"].service.up, Some(0));
        // The own name of the one that was asked for by another.
        assert!(
            answers.contains_key("systemd-logind") && !answers.contains_key("dbus-org.freedesktop.login1")
        );
    }

    #[test]
    fn an_older_systemd_and_a_torn_answer() {
        let old = b"Id=nginx.service\nActiveState=active\nSubState=running\nMainPID=5\nMemoryCurrent=18446744073709551615\n\n\
                    Id=cron.service\nActiveSta";
        let answers = said(old, &BTreeMap::new(), BOOTED);
        assert_eq!(answers.keys().collect::<Vec<_>>(), ["nginx"]);
        let nginx = &answers["nginx"];
        assert_eq!((nginx.service.up, nginx.service.restarts, nginx.memory), (Some(1), None, None));
        assert!(said(b"\xff\n\n=\nId=\n", &BTreeMap::new(), BOOTED).is_empty());
    }

    #[test]
    fn a_service_that_was_stopped_is_down_and_one_that_waits_for_a_call_is_not() {
        let block = |more: &str| {
            format!(
                "Id=x.service\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nType=simple\nResult=success\n\
                     ConditionResult=yes\nConditionTimestampMonotonic=5000000\n{more}\n"
            )
        };
        let up = |more: &str| said(block(more).as_bytes(), &BTreeMap::new(), BOOTED)["x"].service.up;
        assert_eq!(up("TriggeredBy="), Some(0));
        assert_eq!(up("TriggeredBy=x.socket"), None);
        assert_eq!(up("Type=oneshot"), None);
    }

    #[test]
    fn an_answer_is_kept_a_failure_said_and_what_is_asked_no_more_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::at(folder.path().join("services"), super::super::Wishes::default());
        let names = vec!["nginx".to_owned(), "httpd".to_owned()];
        let question = Question { memory: &memory, names, links: BTreeMap::new(), now: 50 };
        question.learn(&Outcome { output: RECORDED.to_vec(), code: Some(0), ..Outcome::default() }).unwrap();
        let kept = memory.load();
        assert_eq!((kept.answered, kept.trouble), (50, None));
        assert!(kept.answers["httpd"].is_alias && !kept.answers["nginx"].is_alias);

        Question { now: 60, ..question }.learn(&Outcome { killed: true, ..Outcome::default() }).unwrap();
        let kept = memory.load();
        assert!(kept.trouble.is_some() && kept.answers.contains_key("nginx") && kept.answered == 50);

        let question = Question { memory: &memory, names: Vec::new(), links: BTreeMap::new(), now: 70 };
        question.leave(false).unwrap();
        assert!(memory.load().answers.contains_key("nginx"));
        question.leave(true).unwrap();
        let kept = memory.load();
        assert_eq!((kept.answered, kept.trouble, kept.answers.len()), (70, None, 0));
    }

    #[test]
    fn no_answer_is_said() {
        let hung = Outcome { killed: true, ..Outcome::default() };
        assert!(trouble(&hung, true).unwrap().contains("did not answer"));
        let none = Outcome { code: Some(1), ..Outcome::default() };
        assert!(trouble(&none, true).unwrap().contains("exit code 1"));
        assert_eq!(trouble(&Outcome { code: Some(0), ..Outcome::default() }, false), None);
    }
}
