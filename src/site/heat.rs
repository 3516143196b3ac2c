//! The heat map of the page of all hosts: a small cell for each, by memory, by CPU, or by how it is. One link a host with three
//! classes; which of them colours it, the style sheet decides by the choice above the map, so that no script is needed and
//! two thousand hosts stay light. A host in trouble has its mark whatever is chosen, and every cell says its numbers.

use super::grouping::{Grouping, Section};
use super::host_view::{HostView, host_page};
use super::now::Now;
use super::problems;
use super::scene::Scene;
use crate::analysis::Level;
use serde::Serialize;

/// Fewer hosts are seen at a glance without a map.
const LEAST_HOSTS: usize = 12;
/// Where one colour ends and the next begins: shares of one.
const LIMITS: [f64; 4] = [0.25, 0.5, 0.75, 0.9];
/// What the last class of a scale is called: nothing is known.
const UNKNOWN: &str = "x";

/// The map.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeatMap {
    /// What it can be coloured by; the first at first.
    pub modes: Vec<HeatMode>,
    /// The cells, group by group.
    pub blocks: Vec<HeatBlock>,
}

/// What the cells are coloured by.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeatMode {
    /// `memory`, `cpu`, `state`.
    pub key: &'static str,
    /// What it is called, with its unit.
    pub label: String,
    /// What each colour means.
    pub steps: Vec<HeatStep>,
}

/// One colour.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeatStep {
    /// The class of cells.
    pub class: String,
    /// What it means.
    pub label: String,
}

/// The cells of a group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeatBlock {
    /// The group; empty where there are none.
    pub title: String,
    /// Its hosts, by name.
    pub cells: Vec<HeatCell>,
}

/// One host.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeatCell {
    /// Its three classes.
    pub class: String,
    /// Its page.
    pub href: String,
    /// Its name and numbers, and its tags.
    pub title: String,
}

/// The map of these hosts; none where they are few.
pub(crate) fn map(sections: &[Section<'_>], grouping: &Grouping, scene: &Scene) -> Option<HeatMap> {
    let hosts: usize = sections.iter().map(|section| section.hosts.len()).sum();
    if hosts < LEAST_HOSTS {
        return None;
    }
    let block = |section: &Section<'_>| HeatBlock {
        title: super::fleet::title_of(section, grouping, scene),
        cells: section.hosts.iter().map(|host| cell(host, grouping, scene)).collect(),
    };
    Some(HeatMap { modes: modes(scene), blocks: sections.iter().map(block).collect() })
}

fn modes(scene: &Scene) -> Vec<HeatMode> {
    let shares = |key: &'static str, prefix: &str| HeatMode {
        key,
        label: scene.word(&format!("heat.{key}")),
        steps: (0..=LIMITS.len())
            .map(|index| step(prefix, index, scene))
            .chain([unknown(prefix, scene)])
            .collect(),
    };
    let states = [Level::Ok, Level::Warning, Level::Critical, Level::Silent].map(|level| HeatStep {
        class: format!("s{}", digit(level.key())),
        label: problems::shown(level, scene).word,
    });
    let state = HeatMode { key: "state", label: scene.word("heat.state"), steps: states.into() };
    vec![shares("memory", "m"), shares("cpu", "c"), state]
}

/// `< 25 %`, `25–50 %`, `≥ 90 %`.
fn step(prefix: &str, index: usize, scene: &Scene) -> HeatStep {
    let percent = |share: f64| scene.percent(share);
    let label = match (index.checked_sub(1).map(|below| LIMITS[below]), LIMITS.get(index)) {
        (None, Some(until)) => format!("< {}", percent(*until)),
        (Some(from), Some(until)) => format!("{:.0}–{}", from * 100.0, percent(*until)),
        (Some(from), None) => format!("≥ {}", percent(from)),
        (None, None) => String::new(),
    };
    HeatStep { class: format!("{prefix}{index}"), label }
}

fn unknown(prefix: &str, scene: &Scene) -> HeatStep {
    HeatStep { class: format!("{prefix}{UNKNOWN}"), label: scene.word("heat.unknown") }
}

fn cell(host: &HostView, grouping: &Grouping, scene: &Scene) -> HeatCell {
    // What a silent host had is not what it has.
    let now = host.now.as_ref().filter(|_| host.state.class != "silent");
    let memory = now.and_then(Now::memory_share);
    let cpu = now.and_then(|now| now.cpu);
    let said = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| scene.percent(share));
    let mut title = scene.words().fill(
        "heat.cell",
        &[("host", &host.name), ("memory", &said(memory)), ("cpu", &said(cpu)), ("state", &host.state.word)],
    );
    for tag in grouping.tags(&host.name) {
        title.push_str(" · ");
        title.push_str(tag);
    }
    HeatCell {
        class: format!("m{} c{} s{}", class(memory), class(cpu), digit(host.state.class)),
        href: host_page(&host.name),
        title,
    }
}

/// The colour of a share.
fn class(share: Option<f64>) -> String {
    share.filter(|share| share.is_finite()).map_or_else(
        || UNKNOWN.to_owned(),
        |share| LIMITS.iter().filter(|limit| share >= **limit).count().to_string(),
    )
}

/// The colour of a state.
fn digit(state: &str) -> u8 {
    match state {
        "warning" => 1,
        "silent" => 2,
        "critical" => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;

    fn scene() -> Scene {
        Scene { lang: Lang::En, zone: jiff::tz::TimeZone::UTC, public: false, now: 0 }
    }

    #[test]
    fn shares_fall_into_five_colours_or_none() {
        let classes =
            [Some(0.0), Some(0.249), Some(0.25), Some(0.5), Some(0.899), Some(0.9), Some(1.2), None];
        assert_eq!(classes.map(class), ["0", "0", "1", "2", "3", "4", "4", "x"]);
        assert_eq!(class(Some(f64::NAN)), "x");
    }

    #[test]
    fn the_legend_names_each_colour_with_its_unit() {
        let labels: Vec<String> = modes(&scene())
            .remove(0)
            .steps
            .into_iter()
            .map(|step| format!("{} {}", step.class, step.label))
            .collect();
        assert_eq!(
            labels,
            ["m0 < 25 %", "m1 25–50 %", "m2 50–75 %", "m3 75–90 %", "m4 ≥ 90 %", "mx not known"]
        );
    }

    #[test]
    fn what_a_silent_host_had_is_not_shown_as_what_it_has() {
        let now = Now { cpu: Some(0.6), ..Now::default() };
        let mut host = HostView { now: Some(now), ..HostView::unknown("a", &scene(), String::new()) };
        let shown = |host: &HostView| {
            let cell = cell(host, &Grouping::default(), &scene());
            (cell.class, cell.title)
        };
        assert_eq!(shown(&host), ("mx cx s2".into(), "a: memory –, CPU –, silent".into()));
        host.state = problems::shown(Level::Ok, &scene());
        assert_eq!(shown(&host), ("mx c2 s0".into(), "a: memory –, CPU 60 %, ok".into()));
    }
}
