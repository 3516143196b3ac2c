//! Services of SysV's init: scripts of `/etc/init.d` that the present runlevel starts (links `SnnNAME`) and that have a daemon.
//! Whether it runs is told by its pid file and `/proc`, in each sample.

use super::process::{self, Found};
use super::script;
use super::unit::Wanted;
use super::{Kept, Service, View, Wishes};
use crate::sample::Context;
use std::collections::{BTreeMap, BTreeSet};

/// Where scripts are, and where the folders of runlevels.
const LAYOUTS: [(&str, &str); 2] = [("etc/init.d", "etc"), ("etc/rc.d/init.d", "etc/rc.d")];
/// The size of a record of `utmp(5)`, and the type of the one that tells the runlevel.
const UTMP_BYTES: usize = 384;
const RUN_LVL: u8 = 1;

/// The services that are started, and those that the user watches. A daemon that only calls of its script name counts once it
/// is seen running; `before` has those of the last time.
pub(super) fn wanted(
    context: &mut Context<'_>,
    wishes: &Wishes,
    before: &BTreeMap<String, Wanted>,
) -> BTreeMap<String, Wanted> {
    let mut found = BTreeMap::new();
    let level = runlevel(context);
    let run = run_folder(context);
    for (scripts, base) in LAYOUTS {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for level in level.map_or_else(|| vec!['2', '3', '4', '5'], |level| vec![level]) {
            let links = context.names(&format!("{base}/rc{level}.d"));
            names.extend(links.iter().filter_map(|link| started(link)).map(str::to_owned));
        }
        let watched: Vec<String> =
            context.names(scripts).into_iter().filter(|name| wishes.watches(name)).collect();
        names.extend(watched.iter().cloned());
        for name in names {
            let Ok(Some(text)) = context.read(&format!("{scripts}/{name}")) else { continue };
            let Some(mut daemon) = script::daemon_of(text, &name) else { continue };
            for path in daemon.pid_files.iter_mut().filter(|path| path.starts_with("run/")) {
                *path = format!("{run}{}", path.trim_start_matches("run"));
            }
            let is_known = !daemon.guessed || before.contains_key(&name) || watched.contains(&name);
            if !is_known && !matches!(process::find(context, &daemon), Found::Runs(_)) {
                continue;
            }
            if let Ok(Some(settings)) = context.read(&format!("etc/default/{name}")) {
                daemon.rests = script::is_off(settings) && !watched.contains(&name);
            }
            found.insert(name, daemon);
        }
    }
    found
}

/// `nginx` of `S01nginx`.
fn started(link: &str) -> Option<&str> {
    let rest = link.strip_prefix('S')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    Some(&rest[digits..]).filter(|name| digits == 2 && !name.is_empty())
}

/// The folder of pid files: systems from before 2011 have no `/run`.
fn run_folder(context: &Context<'_>) -> &'static str {
    if context.exists("run") { "run" } else { "var/run" }
}

/// The runlevel, as init wrote it down.
fn runlevel(context: &mut Context<'_>) -> Option<char> {
    let bytes = context.read(&format!("{}/utmp", run_folder(context))).ok()??;
    let record = bytes.chunks_exact(UTMP_BYTES).rfind(|record| record[0] == RUN_LVL && record[1] == 0)?;
    Some(char::from(record[4])).filter(char::is_ascii_digit)
}

/// Each service and its process.
pub(super) fn view(context: &mut Context<'_>, kept: &Kept) -> View {
    let mut view = View::new();
    for (name, wanted) in &kept.wanted {
        let service = match process::find(context, wanted) {
            Found::Runs(service) => service,
            Found::Died => Service::down("crashed", true),
            Found::Hidden => continue,
            Found::Nothing if wanted.rests => continue,
            Found::Nothing => Service::down("stopped", false),
        };
        view.insert(name.clone(), service);
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_start() {
        assert_eq!(started("S01nginx"), Some("nginx"));
        for link in ["K01nginx", "S1x", "S01", "README", "nginx"] {
            assert_eq!(started(link), None, "{link}");
        }
    }
}
