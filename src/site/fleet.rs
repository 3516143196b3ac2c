//! The fleet page: one row a host, worst first, then by name; what is wrong stands under its host.

use super::alerts;
use super::bars;
use super::error::SiteError;
use super::evaluate::colour_of;
use super::figures;
use super::fleet_model::{FleetPage, FleetRow, FleetValues};
use super::host::{HostView, Workshop};
use super::model::LegendRow;
use super::muted;
use super::now::Now;
use super::scene::Scene;
use super::window::bare_row;
use crate::analysis::{Group, Level};
use crate::base::escape::address;
use crate::base::format;
use crate::base::unit::Unit;

/// From so many hosts on, somebody wants to find one and to sort.
const MANY: usize = 6;
/// From worst to best.
const ORDER: [Level; 4] = [Level::Critical, Level::Silent, Level::Warning, Level::Ok];

/// Makes and publishes the page.
pub(crate) fn publish(workshop: &Workshop, hosts: &[HostView]) -> Result<(), SiteError> {
    let scene = workshop.scene;
    let mut sorted: Vec<&HostView> = hosts.iter().collect();
    sorted.sort_by(|one, other| rank(one).cmp(&rank(other)).then(one.name.cmp(&other.name)));
    let script = match hosts.len() {
        MANY.. => workshop.assets.publish_fleet_script(workshop.publisher)?.to_owned(),
        _ => String::new(),
    };
    let page = FleetPage {
        page: workshop.page("", ""),
        summary: match workshop.inputs.span {
            Some(_) => then(&summary(hosts, scene), scene),
            None => summary(hosts, scene),
        },
        past: alerts::past(hosts.iter().map(|host| &host.watched), scene),
        muted: muted::of_all(workshop.mutes, scene),
        script,
        rows: sorted.into_iter().map(|host| row(host, scene)).collect(),
        legend: legend(scene),
        empty: if hosts.is_empty() { empty(scene) } else { Vec::new() },
    };
    workshop.publish("fleet.html", "index.html", &page)
}

/// What leaks comes first: it ends in a crash, and the sooner it is seen the longer is the time left.
fn rank(host: &HostView) -> (bool, usize) {
    let leaks = host.problems.iter().any(|problem| problem.leaks && problem.state.class != "note");
    let level = ORDER.iter().position(|level| level.key() == host.state.class).unwrap_or(ORDER.len());
    (!leaks, level)
}

/// `12 hosts: 1 critical, 11 ok`.
fn summary(hosts: &[HostView], scene: &Scene) -> String {
    if hosts.is_empty() {
        return String::new();
    }
    let words = scene.words();
    let counted = ORDER.iter().map(|level| level.key()).filter_map(|class| {
        let number = hosts.iter().filter(|host| host.state.class == class).count();
        (number > 0).then(|| format!("{number} {}", words.get(&format!("state.{class}"))))
    });
    let counted: Vec<String> = counted.collect();
    let all = words.count("fleet.hosts", hosts.len() as u64, &[]);
    words.fill(
        "fleet.summary",
        &[("hosts", &all), ("states", &counted.join(words.get("alt.separator_short")))],
    )
}

/// Of a page about the past: `7 hosts: 7 ok, on 24 Nov 2026 15:40`.
fn then(summary: &str, scene: &Scene) -> String {
    let time = format::date_time(scene.now, &scene.zone, scene.lang);
    scene.words().fill("fleet.then", &[("summary", summary), ("time", &time)])
}

fn row(host: &HostView, scene: &Scene) -> FleetRow {
    let now = host.now.clone().unwrap_or_default();
    let (small, small_alt) = host.small.clone().unzip();
    let picture = small.map(|mut picture| {
        let folder = address(&host.name);
        picture.light = format!("{folder}/{}", picture.light);
        picture.dark = format!("{folder}/{}", picture.dark);
        picture
    });
    FleetRow {
        href: format!("{}/index.html", address(&host.name)),
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
        values: values(host, &now, scene),
    }
}

/// What the columns are sorted by, in as many figures as are shown: the page stays the same while these do.
fn values(host: &HostView, now: &Now, scene: &Scene) -> FleetValues {
    let figures = |value: Option<f64>| value.map(|value| format!("{value:.3e}")).unwrap_or_default();
    let share = now.memory_used().zip(now.memory_total).map(|(used, total)| used / total.max(1.0));
    let age = host.sampled.map(|sampled| ((scene.now - sampled) / 60).max(0).to_string());
    FleetValues {
        memory: figures(share),
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
    if rounded == 0 { scene.word("fleet.fresh") } else { scene.duration(seconds_as_float(rounded)) }
}

#[expect(clippy::cast_precision_loss, reason = "an age in seconds")]
fn seconds_as_float(seconds: i64) -> f64 {
    seconds as f64
}

fn memory(now: &Now, scene: &Scene) -> String {
    let Some((used, total)) = now.memory_used().zip(now.memory_total) else { return String::new() };
    let (used, total) = (scene.quantity(used, Unit::Memory), scene.quantity(total, Unit::Memory));
    scene.words().fill("fleet.memory_of", &[("used", &used), ("total", &total)])
}

/// The colours of the bars and what they mean.
fn legend(scene: &Scene) -> Vec<LegendRow> {
    let row = |group: &Group| {
        let colour = colour_of(*group).map_or("", |colour| colour.name());
        bare_row(colour, scene.group(*group))
    };
    Group::ALL.iter().map(row).collect()
}

/// What to do where there is no host yet.
fn empty(scene: &Scene) -> Vec<String> {
    ["fleet.empty", "fleet.empty_sample", "fleet.empty_rsync"].map(|key| scene.word(key)).to_vec()
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
