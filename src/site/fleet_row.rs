//! A host's row on the pages of all hosts: how it is, its numbers of now as texts, and what the columns are sorted by.

use super::bars;
use super::figures;
use super::fleet_model::{FleetRow, FleetValues};
use super::grouping::Grouping;
use super::host_view::{HostView, host_page};
use super::now::Now;
use super::scene::Scene;
use crate::base::escape::address;
use crate::base::unit::Unit;

/// The row of a host.
pub(crate) fn row(host: &HostView, grouping: &Grouping, scene: &Scene) -> FleetRow {
    let now = host.now.clone().unwrap_or_default();
    let (small, small_alt) = host.small.clone().unzip();
    let picture = small.map(|mut picture| {
        let folder = address(&host.name);
        picture.light = format!("{folder}/{}", picture.light);
        picture.dark = format!("{folder}/{}", picture.dark);
        picture
    });
    FleetRow {
        href: host_page(&host.name),
        name: host.name.clone(),
        state: host.state.clone(),
        memory_bar: bars::memory(&now, scene),
        memory: memory(&now, scene),
        cpu: now.cpu.map(|share| scene.percent(share)).unwrap_or_default(),
        load: now.load_per_core().map(|load| scene.quantity(load, Unit::Count)).unwrap_or_default(),
        filled: now.fullest.as_ref().map(|(_, share)| scene.percent(*share)).unwrap_or_default(),
        filesystem: now.fullest.as_ref().map(|(mount, _)| host.mounts.of(mount)).unwrap_or_default(),
        received: figures::received(&now, scene).unwrap_or_default(),
        sent: figures::sent(&now, scene).unwrap_or_default(),
        up: now.uptime.map(|seconds| scene.duration(seconds)).unwrap_or_default(),
        age: age(host, scene),
        sample_time: host.sampled.map(|time| scene.second(time)),
        picture,
        picture_alt: small_alt.unwrap_or_default(),
        problems: host.problems.clone(),
        tags: grouping.tags(&host.name).into_iter().map(str::to_owned).collect(),
        group: grouping.group(&host.name).unwrap_or_default().to_owned(),
        values: values(host, &now, scene),
    }
}

/// What the columns are sorted by, in as many figures as are shown: the page stays the same while these do.
fn values(host: &HostView, now: &Now, scene: &Scene) -> FleetValues {
    let figures = |value: Option<f64>| value.map(|value| format!("{value:.3e}")).unwrap_or_default();
    let age = host.sampled.map(|sampled| ((scene.now - sampled) / 60).max(0).to_string());
    FleetValues {
        memory: figures(now.memory_share()),
        cpu: figures(now.cpu),
        load: figures(now.load_per_core()),
        filled: figures(now.fullest.as_ref().map(|(_, share)| *share)),
        network: figures(now.received.zip(now.sent).map(|(received, sent)| received + sent)),
        up: figures(now.uptime),
        age: age.unwrap_or_default(),
    }
}

/// How old the last sample was when the page was made: to the minute, so that the page stays the same while it is.
fn age(host: &HostView, scene: &Scene) -> String {
    let Some(sampled) = host.sampled else { return scene.word("fleet.never") };
    let seconds = (scene.now - sampled).max(0);
    let rounded = match seconds {
        0..3_600 => seconds / 60 * 60,
        3_600..86_400 => seconds / 3_600 * 3_600,
        _ => seconds / 86_400 * 86_400,
    };
    if rounded == 0 { scene.word("fleet.fresh") } else { scene.whole_duration(rounded) }
}

fn memory(now: &Now, scene: &Scene) -> String {
    now.memory_used().zip(now.memory_total).map_or_else(String::new, |both| memory_of(both, scene))
}

/// `352 MiB of 496 MiB`.
pub(crate) fn memory_of((used, total): (f64, f64), scene: &Scene) -> String {
    let (used, total) = (scene.quantity(used, Unit::Memory), scene.quantity(total, Unit::Memory));
    scene.words().fill("fleet.memory_of", &[("used", &used), ("total", &total)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;

    fn scene() -> Scene {
        Scene { lang: Lang::En, zone: jiff::tz::TimeZone::UTC, public: false, now: 1_000_000 }
    }

    fn host(sampled: Option<i64>) -> HostView {
        HostView { sampled, ..HostView::unknown("a", &scene(), String::new()) }
    }

    #[test]
    fn an_age_is_coarse_so_that_the_page_stays_the_same() {
        let now = scene().now;
        let cases = [(59, "now"), (119, "1 min"), (3_599, "59 min"), (7_300, "2 h"), (700_000, "8 d")];
        for (seconds, text) in cases {
            assert_eq!(age(&host(Some(now - seconds)), &scene()), text, "{seconds}");
        }
        assert_eq!(age(&host(Some(now + 60)), &scene()), "now", "a clock that is ahead");
    }
}
