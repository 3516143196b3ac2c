//! Services of OpenRC: what it wrote to `/run/openrc` (`started/NAME`, `failed/NAME`, `daemons/NAME/`), enabled by the folders of
//! `/etc/runlevels`. Whether a daemon still runs is told by its pid file and `/proc`, in each sample.

use super::process::{self, Found};
use super::script;
use super::unit::Wanted;
use super::{Kept, Service, View, Wishes};
use crate::sample::{Context, parse};
use std::collections::{BTreeMap, BTreeSet};

const RUN: &str = "run/openrc";

/// The services of the present runlevel and those before it, and those that the user watches.
pub(super) fn wanted(context: &mut Context<'_>, wishes: &Wishes) -> BTreeMap<String, Wanted> {
    let level = context.read_text(&format!("{RUN}/softlevel")).unwrap_or_else(|| "default".to_owned());
    let mut names: BTreeSet<String> = BTreeSet::new();
    for level in ["sysinit", "boot", level.as_str()] {
        names.extend(context.names(&format!("etc/runlevels/{level}")));
    }
    names.extend(context.names("etc/init.d").into_iter().filter(|name| wishes.watches(name)));
    let described = names.into_iter().map(|name| {
        let text = context.read(&format!("etc/init.d/{name}")).ok().flatten();
        let daemon = text.and_then(|text| script::daemon_of(text, &name)).filter(|daemon| !daemon.guessed);
        // What does something once is not missed: in a container half of these are left out.
        let wanted = daemon.unwrap_or(Wanted { rests: true, once: true, ..Wanted::default() });
        (name, wanted)
    });
    described.collect()
}

/// Each service that is wanted, started or has failed.
pub(super) fn view(context: &mut Context<'_>, kept: &Kept) -> View {
    let mut states: BTreeMap<String, &str> = BTreeMap::new();
    for state in ["inactive", "started", "starting", "stopping", "failed"] {
        states.extend(context.names(&format!("{RUN}/{state}")).into_iter().map(|name| (name, state)));
    }
    let mut names: BTreeSet<&str> = kept.wanted.keys().map(String::as_str).collect();
    names.extend(states.keys().map(String::as_str));
    let mut view = View::new();
    for name in names {
        let wanted = kept.wanted.get(name);
        let service = match states.get(name).copied() {
            Some("started") => started(context, name),
            Some("failed") => Service::down("failed", true),
            Some("starting" | "inactive") => Service::of("starting"),
            Some("stopping") => Service::of("stopping"),
            _ if wanted.is_none_or(|wanted| wanted.rests) => continue,
            _ => Service::down("stopped", false),
        };
        view.insert(name.to_owned(), service);
    }
    view
}

/// One that OpenRC has started: its daemons, if it has any.
fn started(context: &mut Context<'_>, name: &str) -> Service {
    let folder = format!("{RUN}/daemons/{name}");
    let since = context.modified(&format!("{RUN}/started/{name}")).map(|time| time.0);
    let mut service = None;
    for entry in context.names(&folder) {
        let Ok(Some(text)) = context.read(&format!("{folder}/{entry}")) else { continue };
        let of = |key| parse::value_of(text, key).map(parse::text).filter(|value| !value.is_empty());
        let pid_files = of("pidfile=").iter().map(|path| script::relative(path)).collect();
        let wanted = Wanted { pid_files, program: of("exec="), ..Wanted::default() };
        match process::find(context, &wanted) {
            Found::Runs(found) => service = service.or(Some(found)),
            Found::Hidden => return Service::running(since, None),
            Found::Died | Found::Nothing => return Service::down("crashed", true),
        }
    }
    service.unwrap_or_else(|| Service {
        failed: Some(0),
        state: "exited".to_owned(),
        ..Service::running(since, None)
    })
}
