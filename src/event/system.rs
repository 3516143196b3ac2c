//! The boot, the kernel's release, this program's version, the clock against the uptime, and whether the system asks
//! for a reboot. Mostly from the sample; `/proc/sys/kernel/osrelease` is read after a boot.

use super::look::Sight;
use super::{Event, Kind, MOST_NAMES};
use crate::sample::{Sample, State};

/// A clock that is set right by so many seconds is not worth a word.
const TOLERANCE_SECONDS: f64 = 60.0;

const REBOOT_REQUIRED: &str = "run/reboot-required";

pub(super) fn look(sight: &mut Sight<'_>) {
    boot(sight);
    version(sight);
    let jump = clock_jump(sight.look.previous, sight.look.sample);
    sight.events.extend(
        jump.map(|seconds| Event { seconds: Some(seconds), ..Event::new(sight.look.sample.t, Kind::Clock) }),
    );
    reboot_required(sight);
}

fn boot(sight: &mut Sight<'_>) {
    let boot = sight.look.sample.boot.clone();
    if boot.is_none() || (!sight.first && boot == sight.before.boot) {
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

/// How far the clock moved against the uptime since the sample before; over a boot only a step back is known.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a jump is at most some thousand years"
)]
fn clock_jump(previous: &State, sample: &Sample) -> Option<i64> {
    previous.boot.as_ref()?;
    let step = (sample.t - previous.time) as f64;
    let jump =
        if previous.boot == sample.boot { step - (sample.uptime? - previous.uptime?) } else { step.min(0.0) };
    (jump.abs() > TOLERANCE_SECONDS).then_some(jump.round() as i64)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: i64, uptime: f64, boot: &str) -> (State, Sample) {
        let state = State { time, uptime: Some(uptime), boot: Some(boot.to_owned()), ..State::default() };
        let sample =
            Sample { t: time, uptime: Some(uptime), boot: Some(boot.to_owned()), ..Sample::default() };
        (state, sample)
    }

    #[test]
    fn the_clock_jumps_against_the_uptime() {
        let (before, _) = at(1000, 500.0, "a");
        let jump = |time, uptime, boot| clock_jump(&before, &at(time, uptime, boot).1);
        assert_eq!(jump(1060, 560.0, "a"), None);
        assert_eq!(jump(1120, 560.0, "a"), None, "a minute is no jump");
        assert_eq!(jump(4660, 560.0, "a"), Some(3600));
        assert_eq!(jump(-2540, 560.0, "a"), Some(-3600));
        assert_eq!(jump(9000, 20.0, "b"), None, "it was off for long");
        assert_eq!(jump(500, 20.0, "b"), Some(-500));
        assert_eq!(clock_jump(&State::default(), &at(9000, 5.0, "a").1), None, "there was none before");
    }
}
