//! Services of systemd, by files alone: `/run/systemd/units` has a link `invocation:NAME` for each unit that is active (238), made
//! when it was started; which units are to be started is in the folders `*.wants` and `*.requires`. What it was asked for after
//! the sample before holds as long as the unit's link is the one of that time.

use super::systemctl::Answer;
use super::unit::Wanted;
use super::wishes::bare;
use super::{Kept, Service, View, Wishes};
use crate::sample::{Context, parse};
use std::collections::{BTreeMap, BTreeSet};

const UNITS: &str = "run/systemd/units";
/// Where unit files are, the first that has one wins.
const FOLDERS: [&str; 8] = [
    "etc/systemd/system",
    "run/systemd/system",
    "run/systemd/generator.early",
    "run/systemd/generator",
    "run/systemd/generator.late",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];
/// Goals that a running host is not at, or that only hardware reaches: what they want is not missed.
const ELSEWHERE: [&str; 18] = [
    "bluetooth.",
    "emergency.",
    "exit.",
    "factory-reset.",
    "halt.",
    "hibernate.",
    "hybrid-sleep.",
    "initrd",
    "kexec.",
    "poweroff.",
    "printer.",
    "reboot.",
    "rescue.",
    "runlevel",
    "shutdown.",
    "sleep.",
    "suspend",
    "system-update",
];

/// When the link of a unit was made: seconds and nanoseconds.
pub(super) type Link = (i64, u32);

/// Changes when a unit is started or ends; `None` where this systemd keeps no such folder.
pub(super) fn stamp(context: &Context<'_>) -> Option<u64> {
    let (seconds, nanoseconds) = context.modified(UNITS)?;
    // 0 stands for none.
    Some((seconds.unsigned_abs() << 30 ^ u64::from(nanoseconds)).max(1))
}

/// Whether a unit is a service of the host, not a person's session or something that was run once.
pub(crate) fn is_lasting(unit: &str) -> bool {
    let transient = ["user@", "user-runtime-dir@", "run-", "session-"];
    unit.ends_with(".service") && !transient.iter().any(|start| unit.starts_with(start))
}

/// The services that are to be started, and those that the user watches.
pub(super) fn wanted(context: &mut Context<'_>, wishes: &Wishes) -> BTreeMap<String, Wanted> {
    let mut names: BTreeSet<String> =
        wishes.named().filter(|name| !name.contains(' ')).map(str::to_owned).collect();
    let folders = folders(context);
    let graphical = default_goal(context).is_none_or(|goal| goal.starts_with("graphical."));
    for folder in &folders {
        for goal in context.names(folder) {
            let reached = !ELSEWHERE.iter().any(|start| goal.starts_with(start));
            if (goal.ends_with(".wants") || goal.ends_with(".requires"))
                && reached
                && (graphical || !goal.starts_with("graphical."))
            {
                let units = context.names(&format!("{folder}/{goal}"));
                names.extend(units.iter().filter(|unit| is_lasting(unit)).map(|unit| bare(unit).to_owned()));
            }
        }
        if wishes.has_patterns() {
            let units =
                context.names(folder).into_iter().filter(|unit| is_lasting(unit) && !unit.contains("@."));
            names.extend(units.filter(|unit| wishes.watches(unit)).map(|unit| bare(&unit).to_owned()));
        }
    }
    let found =
        names.into_iter().filter_map(|name| Some((name.clone(), describe(context, &folders, &name)?)));
    found.collect()
}

/// The folders of units; `/lib` is mostly `/usr/lib`.
fn folders(context: &Context<'_>) -> Vec<&'static str> {
    let merged = context.link("lib").is_some();
    FOLDERS.into_iter().filter(|folder| !(merged && folder.starts_with("lib/"))).collect()
}

/// What is to be reached at boot.
fn default_goal(context: &Context<'_>) -> Option<String> {
    let link = FOLDERS.iter().find_map(|folder| context.link(&format!("{folder}/default.target")))?;
    let name = link.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    Some(parse::text(name))
}

/// What the unit's file says of a service: `None` where it is masked.
fn describe(context: &mut Context<'_>, folders: &[&str], name: &str) -> Option<Wanted> {
    let template = name.split_once('@').map(|(name, _)| format!("{name}@.service"));
    let files = std::iter::once(format!("{name}.service")).chain(template);
    let mut wanted = Wanted::default();
    for (file, folder) in files.flat_map(|file| folders.iter().map(move |folder| (file.clone(), folder))) {
        let path = format!("{folder}/{file}");
        if context.link(&path).is_some_and(|target| target == b"/dev/null") {
            return None;
        }
        let Ok(Some(text)) = context.read(&path) else { continue };
        // A service without a type that has no program to start, or is said to be `oneshot`, does its work and ends.
        wanted.once = parse::value_of(text, "Type=") == Some(b"oneshot");
        let remains = parse::value_of(text, "RemainAfterExit=")
            .is_some_and(|value| matches!(value, b"yes" | b"true" | b"1" | b"on"));
        let called = ["socket", "timer", "path"].map(|kind| format!("{folder}/{name}.{kind}"));
        let conditional = parse::lines(text).any(|line| line.starts_with(b"Condition"));
        wanted.rests =
            (wanted.once && !remains) || conditional || called.iter().any(|path| context.exists(path));
        break;
    }
    Some(wanted)
}

/// A systemd that does not answer is busy, and after so many seconds not to be heard any more.
const BELIEVED_SECONDS: i64 = 600;

/// Every service that is wanted, active, or known to have failed.
pub(super) fn view(context: &mut Context<'_>, kept: &Kept) -> View {
    let active = active(context, kept);
    let troubled =
        kept.answers.iter().filter(|(_, answer)| answer.service.failed == Some(1)).map(|(name, _)| name);
    let names: BTreeSet<&String> = kept.wanted.keys().chain(active.keys()).chain(troubled).collect();
    let is_lately = context.now - kept.answered <= BELIEVED_SECONDS;
    let answers = is_lately && context.previous.services.wishes.ask_systemd;
    let mut view = View::new();
    for name in names.into_iter().filter(|name| !name.contains(' ')) {
        let link = active.get(name).copied();
        let answer = kept.answers.get(name);
        // Another name of a unit that is listed under its own.
        if answer.is_some_and(|answer| answer.is_alias) {
            continue;
        }
        let mut service = service(kept.wanted.get(name), answer, link, answers);
        // A clock that was set back since.
        service.since = service.since.map(|since| since.min(context.now));
        if context.slow && service.up == Some(1) {
            service.memory = memory(context, name, &service, answer);
        }
        view.insert(name.clone(), service);
    }
    view
}

/// Units that are active, by their links, or by their control groups where there are no links.
fn active(context: &Context<'_>, kept: &Kept) -> BTreeMap<String, Link> {
    if context.exists(UNITS) {
        let names = context.names(UNITS);
        let units = names.iter().filter_map(|link| {
            let unit = link.strip_prefix("invocation:").filter(|unit| is_lasting(unit))?;
            Some((bare(unit).to_owned(), context.modified(&format!("{UNITS}/{link}"))?))
        });
        return units.collect();
    }
    let Some(groups) = &context.next.found_groups else {
        let known = kept.written.iter().filter(|(_, service)| service.up == Some(1));
        return known.map(|(name, service)| (name.clone(), (service.since.unwrap_or(0), 0))).collect();
    };
    let services = groups.iter().filter_map(|path| Some((path, path.rsplit('/').next()?)));
    let services = services.filter(|(_, name)| is_lasting(name)).filter_map(|(path, name)| {
        let bases = ["sys/fs/cgroup", "sys/fs/cgroup/memory"];
        let time = bases.iter().find_map(|base| context.modified(&format!("{base}/{path}")));
        Some((bare(name).to_owned(), (time?.0, 0)))
    });
    services.collect()
}

/// One service: what systemd said of it if nothing has happened since, else what its link says. One that restarts in a loop has a
/// new link whenever it is looked at: as long as systemd `answers`, it is in the loop until that says that it runs, or its link is
/// gone. So is the count of its restarts what systemd said last.
fn service(wanted: Option<&Wanted>, answer: Option<&Answer>, link: Option<Link>, answers: bool) -> Service {
    let is_told = answers && link.is_some();
    let holds = |answer: &&Answer| answer.link == link || (is_told && answer.service.state == "restarting");
    if let Some(answer) = answer.filter(holds) {
        return answer.service.clone();
    }
    let restarts = answer.filter(|_| is_told).and_then(|answer| answer.service.restarts);
    Service { restarts, ..by_files(wanted, answer, link) }
}

fn by_files(wanted: Option<&Wanted>, answer: Option<&Answer>, link: Option<Link>) -> Service {
    let rests = answer.map_or_else(|| wanted.is_none_or(|wanted| wanted.rests), |answer| answer.rests);
    let once = answer.map_or_else(|| wanted.is_some_and(|wanted| wanted.once), |answer| answer.once);
    match link {
        Some((since, _)) if once => {
            Service { state: "exited".to_owned(), ..Service::running(Some(since), None) }
        }
        Some((since, _)) => Service::running(Some(since), None),
        None if rests => Service::of("stopped"),
        None => Service { failed: None, ..Service::down("stopped", false) },
    }
}

/// Of its control group, else what systemd said, else of its main process.
fn memory(context: &mut Context<'_>, name: &str, service: &Service, answer: Option<&Answer>) -> Option<u64> {
    let unit = format!("{name}.service");
    let group = context.group_sizes.iter().find(|(path, _)| path.rsplit('/').next() == Some(&unit));
    let size = group.map(|(_, size)| *size).or_else(|| answer?.memory);
    size.or_else(|| super::process::resident(context, service.pid?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(service: Service, link: Option<Link>) -> Answer {
        Answer { service, link, ..Answer::default() }
    }

    #[test]
    fn what_was_said_holds_as_long_as_the_link_is_the_same() {
        let said =
            answer(Service { restarts: Some(3), ..Service::running(Some(50), Some(7)) }, Some((50, 1)));
        let of = |link| service(Some(&Wanted::default()), Some(&said), link, true);
        assert_eq!(of(Some((50, 1))), said.service);
        let anew = of(Some((60, 0)));
        assert_eq!((anew.since, anew.up, anew.restarts, anew.pid), (Some(60), Some(1), Some(3), None));
        let gone = of(None);
        assert_eq!((gone.state.as_str(), gone.up, gone.failed), ("stopped", Some(0), None));
    }

    #[test]
    fn a_loop_of_restarts_is_one_though_each_look_finds_another_link() {
        let loops = Service { restarts: Some(12), ..Service::down("restarting", true) };
        let said = answer(loops, Some((50, 1)));
        let of = |link, answers| service(Some(&Wanted::default()), Some(&said), link, answers);
        assert_eq!(of(Some((110, 0)), true), said.service);
        // It was stopped.
        let gone = of(None, true);
        assert_eq!((gone.state.as_str(), gone.up, gone.restarts), ("stopped", Some(0), None));
        // Nobody would say that it runs again.
        let unheard = of(Some((110, 0)), false);
        assert_eq!((unheard.state.as_str(), unheard.up, unheard.restarts), ("running", Some(1), None));
    }

    #[test]
    fn work_that_is_done_is_not_missed() {
        let resting = Wanted { rests: true, once: true, ..Wanted::default() };
        assert_eq!(service(Some(&resting), None, None, true), Service::of("stopped"));
        let works = service(Some(&resting), None, Some((5, 0)), true);
        assert_eq!((works.state.as_str(), works.up), ("exited", Some(1)));
        // Never enabled, so nobody misses it.
        assert_eq!(service(None, None, None, true).up, None);
        assert_eq!(service(Some(&Wanted::default()), None, None, true).up, Some(0));
    }

    #[test]
    fn sessions_and_what_was_run_once_are_no_services() {
        assert!(is_lasting("nginx.service") && is_lasting("getty@tty1.service"));
        for unit in ["user@0.service", "run-u5.service", "session-3.scope", "cron.timer"] {
            assert!(!is_lasting(unit), "{unit}");
        }
    }
}
