//! The boot, the kernel's release, this program's version, the clock against the uptime, and whether the system asks
//! for a reboot. Mostly from the sample; `/proc/sys/kernel/osrelease` is read after a boot.

use super::look::Sight;
use super::{Event, Kind, MOST_NAMES};
use crate::sample::Reading;

const REBOOT_REQUIRED: &str = "run/reboot-required";

pub(super) fn look(sight: &mut Sight<'_>) {
    boot(sight);
    version(sight);
    let (now, before) = (Reading::of(sight.look.sample), Reading::of_state(sight.look.previous));
    // Without a boot there was no sample before.
    if let Some(step) = before.boot.and_then(|_| now.step_since(&before)) {
        sight.events.push(Event { seconds: Some(step.seconds), ..Event::new(now.t, Kind::Clock) });
    }
    reboot_required(sight);
}

fn boot(sight: &mut Sight<'_>) {
    let boot = sight.look.sample.boot.clone();
    let (now, before) = (Reading::of(sight.look.sample), Reading::of_state(sight.look.previous));
    let restarted = boot == sight.before.boot && before.boot == now.boot && !now.same_boot(&before);
    if boot.is_none() || (!sight.first && boot == sight.before.boot && !restarted) {
        return;
    }
    let release = sight.tree.read("proc/sys/kernel/osrelease", 0, 256).ok().flatten();
    let kernel = release.map(|bytes| String::from_utf8_lossy(bytes.trim_ascii()).into_owned());
    let at = sight.boot_time().unwrap_or(sight.time());
    if sight.before.boot.is_some() {
        sight.events.push(Event::new(at, Kind::Boot));
        if kernel.is_some() && sight.before.kernel.is_some() && kernel != sight.before.kernel {
            let (before, after) = (sight.before.kernel.clone(), kernel.clone());
            sight.events.push(Event { before, after, ..Event::new(at, Kind::Kernel) });
        }
    }
    (sight.now.boot, sight.now.kernel) = (boot, kernel);
}

fn version(sight: &mut Sight<'_>) {
    let version = env!("CARGO_PKG_VERSION");
    if sight.before.version == version {
        return;
    }
    if !sight.before.version.is_empty() {
        let (before, after) = (Some(sight.before.version.clone()), Some(version.to_owned()));
        sight.events.push(Event { before, after, ..Event::new(sight.time(), Kind::Version) });
    }
    version.clone_into(&mut sight.now.version);
}

fn reboot_required(sight: &mut Sight<'_>) {
    let required = sight.look.sample.reboot_required;
    if required == sight.before.reboot_required {
        return;
    }
    sight.now.reboot_required = required;
    if !required || sight.first {
        return;
    }
    let packages = sight.tree.read("run/reboot-required.pkgs", 0, 4096).ok().flatten().unwrap_or_default();
    let mut names: Vec<String> = String::from_utf8_lossy(&packages).lines().map(str::to_owned).collect();
    names.dedup();
    names.truncate(MOST_NAMES);
    let at = sight.moment(sight.tree.stat(REBOOT_REQUIRED).ok().flatten());
    sight.events.push(Event { names, ..Event::new(at, Kind::RebootRequired) });
}
